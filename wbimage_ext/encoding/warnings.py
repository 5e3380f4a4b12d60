"""Warnings about what a picture could not keep, at the line of the caller.

In: what happened. Out: a warning; within OneOfEach one of each kind, whichever thread gave it.
"""

from __future__ import annotations

import sys
import warnings
from contextvars import ContextVar
from typing import Any

_PACKAGE = __package__.partition(".")[0] + "."

# What waits for the end of a batch: messages, as keys, and their categories.
_collected: ContextVar[dict[str, type[Warning]] | None] = ContextVar("_collected", default=None)


class OneOfEach:
    """A block in which warnings are collected; they are given at its end, unless it failed.

    The threads that it starts belong to it where they run in copies of its context.
    """

    def __enter__(self) -> None:
        self._warnings: dict[str, type[Warning]] = {}
        self._outside = _collected.set(self._warnings)

    def __exit__(self, kind: Any, *exception: object) -> None:
        _collected.reset(self._outside)
        if kind is None:
            for message, category in self._warnings.items():
                warn(message, category)


def warn(message: str, category: type[Warning]) -> None:
    """Warn at the line outside this package that led here."""
    collected = _collected.get()
    if collected is not None:
        collected[message] = category
        return
    level = 1
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        level += 1
        frame = frame.f_back
    warnings.warn(message, category, stacklevel=level + 1)


def warn_nan() -> None:
    """Say that values were no numbers."""
    warn("the image holds NaN, which becomes 0", RuntimeWarning)


def warn_dropped_alpha(file_type: str) -> None:
    """Say once that a file type has no alpha, through wandb where it is imported."""
    name = "BMP" if file_type == "bmp" else "JPEG"
    message = f"{name} format does not support transparency. Ignoring alpha channel."
    wandb = sys.modules.get("wandb")
    if wandb is not None and hasattr(wandb, "termwarn"):
        wandb.termwarn(message, repeat=False)
    else:
        warn(message, UserWarning)

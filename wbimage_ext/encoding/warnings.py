"""Warnings about what a picture could not keep, at the line of the caller.

In: what happened. Out: a warning; within one_of_each one of each kind, whichever thread gave it.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

from ..imported import imported
from .file_types import FILE_TYPES

Result = TypeVar("Result")

_PACKAGE = __package__.partition(".")[0] + "."

# What waits for the end of a batch: the first message of each kind, and its category.
_collected: ContextVar[dict[str, tuple[str, type[Warning]]] | None] = ContextVar(
    "_collected", default=None
)


def one_of_each(work: Callable[[], Result]) -> Result:
    """The result of `work`; its warnings are given once each at its end, unless it fails.

    The threads that it starts belong to it where they run in copies of its context.
    """
    collected: dict[str, tuple[str, type[Warning]]] = {}

    def collect() -> Result:
        _collected.set(collected)
        return work()

    # In a context of its own, so that nothing has to be put back, not even after an interrupt.
    result = copy_context().run(collect)
    for message, category in collected.values():
        warn(message, category)
    return result


def warn(message: str, category: type[Warning], *, kind: str | None = None) -> None:
    """Warn at the line outside this package that led here.

    Args:
        message: text of the warning.
        category: its class.
        kind: what messages have in common of which a batch gives one; None: the message itself.
    """
    collected = _collected.get()
    if collected is not None:
        collected.setdefault(kind or message, (message, category))
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


# In float32, which holds 1.1 as a little more.
_LITTLE = 0.1000001


def warn_of_range(value_range: tuple[float, float] | None, bit_depth: int = 8) -> None:
    """Say what the rule makes of floats that lie nearly in 0..1, or in 16 bits below 256.

    Args:
        value_range: the smallest and largest value where the rule looked at them.
        bit_depth: 8, or 16, where values such as depth in metres are as dark.
    """
    if value_range is None:
        return
    lo, hi = value_range
    most = 65535 if bit_depth == 16 else 255
    instead = "normalize=(0, 1) takes them as 0..1"
    if lo >= 0 and 1 < hi <= 1 + _LITTLE:
        becomes = f"are taken as 0..{most}, so the picture is nearly black"
    elif lo >= 0 and bit_depth == 16 and 1 < hi < 256:
        becomes = f"are taken as 0..{most}, so the picture is nearly black"
        instead = "normalize=(lo, hi) scales them"
    elif -_LITTLE <= lo < 0 and hi <= 1:
        becomes = f"are stretched to 0..{most}"
    else:
        return
    text = f"values from {lo:.7g} to {hi:.7g} {becomes}; {instead}"
    warn(text, UserWarning, kind=becomes)


def warn_of_clipping(lo: int, hi: int, most: int, *, may_be_deeper: bool = True) -> None:
    """Say that integers from `lo` to `hi` do not fit 0..most, if so.

    Args:
        lo, hi: the smallest and largest integer.
        most: 255 or 65535, as much as the file holds.
        may_be_deeper: whether the caller could ask for more bits.
    """
    if lo >= 0 and hi <= most:
        return
    instead = "normalize=(lo, hi) scales them"
    if may_be_deeper and lo >= 0 and most < hi <= 65535:
        instead = f"bit_depth=16 keeps them in a PNG, {instead}"
    text = f"values from {lo} to {hi} are clipped to 0..{most}; {instead}"
    warn(text, UserWarning, kind="clipping")


def warn_dropped_alpha(file_type: str) -> None:
    """Say once that a file type has no alpha, through wandb where it is imported."""
    title = FILE_TYPES[file_type].title
    message = f"{title} format does not support transparency. Ignoring alpha channel."
    termwarn = imported("wandb", "termwarn")
    if termwarn is not None:
        termwarn(message, repeat=False)
    else:
        warn(message, UserWarning)

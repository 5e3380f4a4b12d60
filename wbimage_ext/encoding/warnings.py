"""Warnings about what a picture could not keep, at the line of the caller."""

from __future__ import annotations

import sys
import warnings
from typing import Any

_PACKAGE = __package__.partition(".")[0] + "."


def warn(message: str, category: type[Warning]) -> None:
    """Warn at the line outside this package that led here."""
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

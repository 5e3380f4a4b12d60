"""Colormaps: what the caller named -> the RGB rows of a palette.

In: a table, a matplotlib colormap or its name, an RGB triple. Out: their bytes, or an exception
that names what came and what would be right.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..wording import shown


def colormap_table(colormap: Any) -> bytes | None:
    """The 256 RGB rows of a colormap, as 768 bytes.

    Args:
        colormap: None, an array of shape (256, 3) of uint8 values, a matplotlib colormap or its
            name, or the bytes that this function returned.

    Raises:
        ValueError: another shape, values that are no uint8, or an unknown name.
        ImportError: a name without matplotlib installed.
    """
    if colormap is None or (isinstance(colormap, bytes) and len(colormap) == 768):
        return colormap
    if isinstance(colormap, str):
        colormap = _named_by_matplotlib(colormap)
    try:
        if callable(colormap):
            table = np.asarray(colormap(np.linspace(0.0, 1.0, 256), bytes=True))[:, :3]
        else:
            table = np.asarray(colormap)
    except (TypeError, ValueError, IndexError, UserWarning) as error:
        # A function of another kind, or lists that are no table, of which NumPy before 1.24 warns.
        raise _refusal(colormap) from error
    is_uint8 = table.dtype.kind in "ui" and table.size and 0 <= table.min() <= table.max() <= 255
    if table.shape != (256, 3) or not is_uint8:
        raise _refusal(table if table.ndim else colormap)
    return table.astype(np.uint8).tobytes()


def _refusal(colormap: Any) -> ValueError:
    return ValueError(
        "colormap must be a (256, 3) table of uint8 values, a matplotlib colormap or its name, "
        f"not {shown(colormap)}"
    )


def _named_by_matplotlib(name: str) -> Any:
    try:
        from matplotlib import colormaps
    except ImportError as error:
        raise ImportError(
            f"the colormap name {shown(name)} needs matplotlib. "
            "To get it, run: pip install matplotlib"
        ) from error
    try:
        return colormaps[name]
    except KeyError:
        raise ValueError(f"matplotlib has no colormap {shown(name)}; viridis is one") from None


def rgb_triple(color: Any) -> bytes | None:
    """Three bytes of an RGB triple.

    Raises:
        ValueError: it is not three integers from 0 to 255.
    """
    if color is None:
        return None
    try:
        triple = bytes(operator.index(value) for value in color)
    except (TypeError, ValueError):
        triple = b""
    if len(triple) != 3:
        raise ValueError(f"nan_color must be three integers from 0 to 255, not {shown(color)}")
    return triple

"""matplotlib figures as pixels: what savefig would write, without the file.

In: a figure, axes, any other artist or container, or pyplot. Out: RGBA pixels.
The figure is drawn and left as savefig leaves it: open, with its own canvas and settings.
"""

from __future__ import annotations

import io
import threading
from typing import Any

import numpy as np

from ..encoding.options import EncodeOptions
from ..wording import describe
from .kinds import Array, Pixels

# matplotlib draws for one thread at a time. Not a Lock: from CPython 3.14 on an interrupt may leave
# it taken, and the thread that was interrupted would wait for itself.
_drawing = threading.RLock()


class _Sink(io.RawIOBase):
    """A file that keeps the last thing written to it: the whole canvas."""

    pixels: Array | None = None

    def writable(self) -> bool:
        return True

    def write(self, canvas: Any) -> int:
        # A copy, because the next drawing of the figure reuses the renderer's memory.
        self.pixels = np.array(canvas)
        return self.pixels.nbytes


def read_figure(source: Any, options: EncodeOptions) -> Pixels:
    """A figure as drawn.

    Raises:
        ValueError: there is no figure behind `source`, or 16 bits are asked for.
    """
    if options.checked().bit_depth == 16:
        raise ValueError("a figure is drawn in 8 bits; bit_depth=16 is for arrays of values")
    drawn = draw(source)
    if not options.type_of_file.has_alpha and (drawn[:, :, 3] == 255).all():
        # Nothing is lost, so there is nothing to warn of.
        drawn = drawn[:, :, :3]
    return Pixels(drawn, source, is_scaled=True, keeps_sides=True)


def draw(source: Any) -> Array:
    """The pixels of `savefig(..., format="png")` with the settings in force.

    Returns:
        uint8 array of shape (H, W, 4), RGBA.

    Raises:
        ValueError: there is no figure behind `source`.
    """
    sink = _Sink()
    with _drawing:
        figure_of(source).savefig(sink, format="rgba")
    assert sink.pixels is not None
    return sink.pixels


def figure_of(source: Any) -> Any:
    """The figure that an artist, a container of artists or pyplot's state stands for."""
    from matplotlib.figure import Figure

    found = source
    if hasattr(found, "gcf"):
        found = found.gcf()
    elif isinstance(found, tuple) and hasattr(found, "get_children"):
        children = found.get_children()
        found = children[0] if children else None
    # A subfigure's figure is the one around it, a figure's is itself.
    while found is not None and not isinstance(found, Figure):
        found = getattr(found, "figure", None)
    if found is None:
        raise ValueError(
            f"{describe(source)} belongs to no figure: a matplotlib figure, axes, an artist in a "
            "figure, or pyplot is needed"
        )
    return found

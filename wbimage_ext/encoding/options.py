"""The options of an image as one object.

In: arguments of Image, as the caller gave them. Out: the same, checked and in the core's form.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..integers import as_integer
from ..threads import checked_count
from ..wording import shown
from .colormaps import colormap_table, rgb_triple
from .file_types import FILE_TYPES, FileType

MODES_IN_C = ("L", "LA", "RGB", "RGBA", "I;16")
PILLOW_MODES = frozenset(
    "1 L LA La P PA RGB RGBA RGBX RGBa CMYK YCbCr LAB HSV I F I;16 I;16L I;16B".split()
)


@dataclass(slots=True, eq=False)
class EncodeOptions:
    """What the caller asked for; see Image for what each means.

    They are checked by whoever encodes: for an encoded file they have no effect.
    """

    file_type: str = "png"
    mode: str | None = None
    normalize: Any = True
    quality: int = 75
    compress_level: int | None = None
    colormap: Any = None
    nan_color: Any = None
    bit_depth: int = 8
    num_threads: int | None = None

    def checked(self) -> EncodeOptions:
        """The options with `colormap` as 768 bytes of RGB rows and `nan_color` as three bytes.

        Raises:
            ValueError: an unknown file type, colormap or colour, or a number out of range. What
                `mode` may be depends on the input.
        """
        if not isinstance(self.file_type, str) or self.file_type not in FILE_TYPES:
            raise ValueError(
                f"file_type must be one of {list(FILE_TYPES)}, not {shown(self.file_type)}"
            )
        quality = _checked_quality(self.quality)
        compress_level = _checked_level(self.compress_level)
        bit_depth = _checked_bit_depth(self.bit_depth)
        num_threads = checked_count(self.num_threads)
        is_in_form = (
            quality is self.quality
            and compress_level is self.compress_level
            and bit_depth is self.bit_depth
            and num_threads is self.num_threads
            and self.colormap is None
            and self.nan_color is None
        )
        if is_in_form:
            return self
        return replace(
            self,
            quality=quality,
            compress_level=compress_level,
            bit_depth=bit_depth,
            num_threads=num_threads,
            colormap=colormap_table(self.colormap),
            nan_color=rgb_triple(self.nan_color),
        )

    @property
    def type_of_file(self) -> FileType:
        """The row of `file_type`, once that is checked."""
        return FILE_TYPES[self.file_type]

    @property
    def needs_values(self) -> bool:
        """Whether samples are values to be scaled or coloured, also those of a PIL image."""
        return self.has_limits or self.colormap is not None or self.bit_depth == 16

    @property
    def has_limits(self) -> bool:
        """Whether `normalize` is (lo, hi)."""
        return hasattr(self.normalize, "__iter__")


def _checked_quality(given: Any) -> int:
    quality = as_integer(given)
    if quality is None or not 1 <= quality <= 100:
        raise ValueError(f"quality must be an integer from 1 to 100, not {shown(given)}")
    return quality


def _checked_level(given: Any) -> int | None:
    if given is None:
        return None
    level = as_integer(given)
    if level is None or not 0 <= level <= 9:
        raise ValueError(
            f"compress_level must be None or an integer from 0 to 9, not {shown(given)}"
        )
    return level


def _checked_bit_depth(given: Any) -> int:
    bit_depth = as_integer(given)
    if bit_depth is None or bit_depth not in (8, 16):
        raise ValueError(f"bit_depth must be 8 or 16, not {shown(given)}")
    return bit_depth

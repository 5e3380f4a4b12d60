"""The file types that Image writes: one row for each, with all that Python knows of it.

In: the name of a file type. Out: its row. The core has such a table, too: FORMATS in core/image.c.
Formats that are only checked and copied are in core/probe.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .icc import in_jpeg, in_png


@dataclass(frozen=True)
class FileType:
    """What there is to say of a file type.

    Attributes:
        title: the format's name, for people and for Pillow's savers.
        mime_type: as browsers name it.
        core_modes: Pillow's modes that the core encodes.
        pillow_modes: those that the file can hold; as Pillow's savers say, but for RGBA as JPEG, of
            which the core drops the alpha.
        substitutes: what becomes of other modes, where that is not L or RGB.
        has_color_key: whether one colour can stand for transparent, which the core cannot write.
        has_alpha: whether readers see the alpha of RGBA.
        is_lossless: whether the samples of the file are those that were encoded.
        with_icc_profile: puts a profile into a file; None where the file type has no place for it.
    """

    title: str
    mime_type: str
    core_modes: frozenset[str]
    pillow_modes: frozenset[str]
    substitutes: dict[str, str]
    has_color_key: bool
    has_alpha: bool
    is_lossless: bool
    with_icc_profile: Callable[[Any, bytes], bytes] | None


_PNG = FileType(
    title="PNG",
    mime_type="image/png",
    core_modes=frozenset(["L", "LA", "RGB", "RGBA"]),
    pillow_modes=frozenset(["1", "L", "LA", "P", "RGB", "RGBA", "I;16"]),
    # 16-bit gray for integers, and alpha for modes that keep it in a way of their own.
    substitutes={
        **dict.fromkeys(["I", "I;16B", "I;16L", "I;16N"], "I;16"),
        "La": "LA",
        "PA": "RGBA",
        "RGBa": "RGBA",
    },
    has_color_key=True,
    has_alpha=True,
    is_lossless=True,
    with_icc_profile=in_png,
)
_JPEG = FileType(
    title="JPEG",
    mime_type="image/jpeg",
    core_modes=frozenset(["L", "RGB", "RGBA"]),
    pillow_modes=frozenset(["1", "L", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"]),
    substitutes={},
    has_color_key=False,
    has_alpha=False,
    is_lossless=False,
    with_icc_profile=in_jpeg,
)
_BMP = FileType(
    title="BMP",
    mime_type="image/bmp",
    core_modes=frozenset(["L", "RGB", "RGBA"]),
    pillow_modes=frozenset(["1", "L", "P", "RGB", "RGBA"]),
    substitutes={},
    has_color_key=False,
    has_alpha=False,  # it is written, as by Pillow, but readers take it for padding
    is_lossless=True,
    with_icc_profile=None,  # Pillow has none for it
)

FILE_TYPES = {"png": _PNG, "jpg": _JPEG, "jpeg": _JPEG, "bmp": _BMP}

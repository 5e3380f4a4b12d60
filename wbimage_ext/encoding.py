"""Pixels -> an image file in memory: by the core where it can, else by Pillow.

In: Pixels or PillowImage (see inputs.py) and an EncodeOptions. Out: the bytes of a file and its
size in pixels. Warnings about what could not be kept are given here.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from . import _core, colors
from .inputs import PillowImage, Pixels, describe

FILE_TYPES = ("png", "jpg", "jpeg", "bmp")

MODES_IN_C = ("L", "LA", "RGB", "RGBA")
_PILLOW_MODES = frozenset(
    "1 L LA La P PA RGB RGBA RGBX RGBa CMYK YCbCr LAB HSV I F I;16 I;16L I;16B".split()
)


@dataclass(frozen=True)
class EncodeOptions:
    """What the caller asked for; `colormap` is 768 bytes of RGB rows, `nan_color` three bytes."""

    file_type: str = "png"
    mode: str | None = None
    normalize: bool | tuple[float, float] = True
    quality: int = 75
    compress_level: int | None = None
    colormap: bytes | None = None
    nan_color: bytes | None = None

    @classmethod
    def of(
        cls,
        file_type: str | None,
        mode: str | None,
        normalize: Any,
        quality: int,
        compress_level: int | None,
        colormap: Any = None,
        nan_color: Sequence[int] | None = None,
    ) -> EncodeOptions:
        """Options from the arguments of Image.

        Raises:
            ValueError: an unknown file type, colormap or colour. The core checks the rest.
        """
        if file_type is None:
            file_type = "png"
        elif file_type not in FILE_TYPES:
            raise ValueError(f"file_type must be one of {list(FILE_TYPES)}, not {file_type!r}")
        return cls(
            file_type,
            mode,
            normalize,
            quality,
            compress_level,
            colors.colormap_table(colormap),
            colors.rgb_triple(nan_color),
        )

    @property
    def is_jpeg(self) -> bool:
        return self.file_type in ("jpg", "jpeg")


@dataclass(frozen=True)
class EncodedImage:
    """A file in memory, as a bytes-like object, and the image's size in pixels."""

    data: Any
    width: int
    height: int


def encode(source: Pixels | PillowImage, options: EncodeOptions, given: Any) -> EncodedImage:
    """Encode an image; `given` is what the caller passed, to be named in refusals.

    Raises:
        TypeError, ValueError: pixels that make no image, or options that are none.
        ImportError: a mode that needs Pillow, where that is not installed.
    """
    if isinstance(source, PillowImage):
        return _encode_pillow(source.image, options)
    try:
        if options.mode is None or options.mode in MODES_IN_C:
            return _encode_pixels(source, options, options.mode)
        return _encode_in_rare_mode(source, options, options.mode)
    except ValueError as error:
        raise _explained(error, source, given) from None


def _explained(error: ValueError, source: Pixels, given: Any) -> ValueError:
    """The error with the type, shape and dtype of what was given, where its shape is at fault."""
    if isinstance(given, Pixels):
        given = given.array
    if str(error).startswith("Un-supported shape"):
        would_work = "(H, W), (H, W, 3) and (H, W, 4) are images"
        if source.is_tensor:
            would_work = "tensors are (H, W), (C, H, W) or (N, C, H, W) with C up to 4"
        return ValueError(f"{error}; {would_work}; given {describe(given)}")
    if 0 in source.array.shape:
        return ValueError(f"{error}; given {describe(given)}")
    return error


# The core.


def _encode_pixels(source: Pixels, options: EncodeOptions, mode: str | None) -> EncodedImage:
    if source.is_drawn:
        options = replace(options, normalize=False)
        if options.is_jpeg and (source.array[:, :, 3] == 255).all():
            # Nothing is lost, so there is nothing to warn of.
            source = Pixels(source.array[:, :, :3])
    drops_alpha = mode == "LA" and options.file_type != "png"
    encoded = _call_core(source, options, "L" if drops_alpha else mode)
    if encoded.found_nan and options.nan_color is None:
        warn_nan()
    if encoded.dropped_alpha or drops_alpha:
        warn_dropped_alpha(options.file_type)
    return EncodedImage(encoded, encoded.width, encoded.height)


def _call_core(source: Pixels, options: EncodeOptions, mode: str | None) -> _core.Encoded:
    arguments: dict[str, Any] = {
        "mode": mode,
        "normalize": options.normalize,
        "quality": options.quality,
        "compress_level": options.compress_level,
        "bfloat16": source.is_bfloat16,
    }
    if source.is_tensor and options.colormap is None:
        if source.dataformats is None and not 2 <= source.array.ndim <= 4:
            raise ValueError(f"Un-supported shape for image conversion {list(source.array.shape)}")
        return _core.encode_grid(
            source.array, options.file_type, dataformats=source.dataformats, **arguments
        )
    if source.is_tensor and source.array.squeeze().ndim > 2:
        raise ValueError(
            "a colormap needs two-dimensional data, not a tensor of shape "
            f"{list(source.array.shape)}"
        )
    return _core.encode(
        source.array,
        options.file_type,
        colormap=options.colormap,
        nan_color=options.nan_color,
        tensor_rule=source.is_tensor,
        **arguments,
    )


# Pillow.


def _encode_in_rare_mode(source: Pixels, options: EncodeOptions, mode: str) -> EncodedImage:
    """What the core makes of the pixels, converted to the mode and saved by Pillow."""
    if mode not in _PILLOW_MODES:
        raise ValueError(
            f"mode must be None or one of Pillow's, such as L, RGB, RGBA, P, 1 and CMYK, "
            f"not {mode!r}"
        )
    if options.colormap is not None:
        raise ValueError("mode and colormap exclude each other")
    from . import pillow_input

    pillow_input.require_pillow(f"mode {mode!r}")
    plain = replace(options, file_type="png", compress_level=0)
    encoded = _encode_pixels(source, plain, None)
    image = pillow_input.converted(pillow_input.opened(encoded.data), mode)
    return _encode_pillow(image, replace(options, normalize=True))


def _encode_pillow(image: Any, options: EncodeOptions) -> EncodedImage:
    """A PIL image keeps its mode and its values, and ignores `mode`."""
    from . import pillow_input

    image.load()
    if options.colormap is not None or not isinstance(options.normalize, bool):
        return _encode_pixels(Pixels(pillow_input.values(image)), options, None)
    width, height = image.size
    if not (0 < width <= _core.MAX_DIMENSION and 0 < height <= _core.MAX_DIMENSION):
        raise ValueError(
            f"the image is {width} x {height} pixels; a side may have 1 to {_core.MAX_DIMENSION}"
        )
    image, lost_alpha = pillow_input.fitted(image, options.file_type)
    if lost_alpha:
        warn_dropped_alpha(options.file_type)
    if pillow_input.is_for_core(image, options.file_type):
        pixels = Pixels(pillow_input.view(image))
        return _encode_pixels(pixels, replace(options, normalize=False), image.mode)
    data = pillow_input.saved(image, options.file_type, options.quality, options.compress_level)
    return EncodedImage(data, width, height)


# Warnings.


def warn(message: str, category: type[Warning]) -> None:
    """Warn at the line outside this package that led here."""
    level = 1
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(__package__ + "."):
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

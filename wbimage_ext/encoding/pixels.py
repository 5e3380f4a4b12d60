"""Pixels -> an image file in memory: the call of the core.

In: Pixels and EncodeOptions. Out: an EncodedImage. Warnings about what could not be kept are given
here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .. import _core
from ..inputs.kinds import EncodedImage, Pixels
from ..threads import thread_count_for
from ..wording import describe, shown
from .options import MODES_IN_C, PILLOW_MODES, EncodeOptions
from .warnings import warn_dropped_alpha, warn_nan, warn_of_clipping, warn_of_range

# Of PNG and JPEG.
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def encode(pixels: Pixels, options: EncodeOptions) -> EncodedImage:
    """Encode pixels.

    Raises:
        TypeError, ValueError: pixels that make no image, or options that are none.
        ImportError: a mode that needs Pillow, where that is not installed.
    """
    options = options.checked()
    mode = pixels.mode or options.mode
    try:
        if mode is None or (isinstance(mode, str) and mode in MODES_IN_C):
            return _encode(pixels, options)
        return _encode_in_rare_mode(pixels, options, mode)
    except ValueError as error:
        raise _explained(error, pixels) from None


def _encode(pixels: Pixels, options: EncodeOptions) -> EncodedImage:
    mode = pixels.mode or options.mode
    bit_depth = 16 if mode == "I;16" else options.bit_depth
    file_type = options.type_of_file
    drops_alpha = mode == "LA" and mode not in file_type.core_modes
    encoded = _call_core(pixels, options, "L" if drops_alpha else mode, bit_depth)
    if encoded.found_nan and options.nan_color is None and not pixels.is_nan_masked:
        warn_nan()
    warn_of_range(encoded.value_range, bit_depth)
    if encoded.is_clipped or pixels.is_masked_integers:
        _warn_of_clipping(encoded, pixels, options, bit_depth)
    if encoded.dropped_alpha or drops_alpha:
        warn_dropped_alpha(options.file_type)
    data: Any = encoded
    if pixels.icc_profile is not None and file_type.with_icc_profile is not None:
        data = file_type.with_icc_profile(encoded, pixels.icc_profile)
    # The samples of a lossy file are only near those that were encoded.
    scale = _scale_of(encoded, options) if file_type.is_lossless else None
    return EncodedImage(data, encoded.width, encoded.height, scale)


def _scale_of(encoded: _core.Encoded, options: EncodeOptions) -> dict[str, float] | None:
    """The values that sample 0 and the largest sample stand for; None where samples are values."""
    if options.nan_color is None and not encoded.is_scaled:
        return None
    lo, hi = encoded.scale
    scale = {"lo": lo, "hi": hi}
    return scale if options.nan_color is None else {**scale, "nan_index": 255}


def _call_core(
    pixels: Pixels, options: EncodeOptions, mode: str | None, bit_depth: int
) -> _core.Encoded:
    keeps_values = pixels.is_scaled
    if bit_depth == 16:
        # Masked integers are floats by now, but keep their values as integers do.
        keeps_values = keeps_values or (pixels.is_masked_integers and not options.has_limits)
    if options.colormap is not None:
        if pixels.is_tensor and pixels.array.squeeze().ndim > 2:
            raise ValueError(
                "a colormap needs two-dimensional data, not a tensor of shape "
                f"{list(pixels.array.shape)}"
            )
        if pixels.mode is not None:
            # What the image is, not what the caller asked for.
            mode = None
    # By place: as keywords they would take a microsecond more.
    arguments: tuple[Any, ...] = (
        pixels.array,
        options.file_type,
        mode,
        bit_depth,
        False if keeps_values else options.normalize,
        options.quality,
        options.compress_level,
        options.num_threads or thread_count_for(pixels.array.size * bit_depth // 8),
    )
    if options.colormap is None and pixels.is_tensor:
        if pixels.dataformats is None and not 2 <= pixels.array.ndim <= 4:
            raise ValueError(f"Un-supported shape for image conversion {list(pixels.array.shape)}")
        return _core.encode_grid(
            *arguments, bfloat16=pixels.is_bfloat16, dataformats=pixels.dataformats
        )
    is_plain = not (pixels.is_bfloat16 or pixels.is_tensor or pixels.keeps_sides)
    if is_plain and options.colormap is None and options.nan_color is None:
        return _core.encode(*arguments)
    return _core.encode(
        *arguments,
        bfloat16=pixels.is_bfloat16,
        colormap=options.colormap,
        nan_color=options.nan_color,
        tensor_rule=pixels.is_tensor,
        keeps_sides=pixels.keeps_sides,
    )


def _warn_of_clipping(
    encoded: _core.Encoded, pixels: Pixels, options: EncodeOptions, bit_depth: int
) -> None:
    """Say that integers were cut off, which is known unless masked ones made floats of them all."""
    values = pixels.array
    if not encoded.is_clipped:
        values = values[~np.isnan(values)]
        is_stretched = encoded.value_range is not None and encoded.value_range[0] < 0
        if values.size == 0 or is_stretched or options.has_limits:
            return
    most = 65535 if bit_depth == 16 else 255
    may_be_deeper = options.colormap is None
    warn_of_clipping(int(values.min()), int(values.max()), most, may_be_deeper=may_be_deeper)


def _encode_in_rare_mode(pixels: Pixels, options: EncodeOptions, mode: str) -> EncodedImage:
    """What the core makes of the pixels as a PIL image, converted by Pillow."""
    if not isinstance(mode, str) or mode not in PILLOW_MODES:
        raise ValueError(
            "mode must be None or one of Pillow's, such as L, RGB, RGBA, P, 1 and CMYK, "
            f"not {shown(mode)}"
        )
    if options.colormap is not None:
        raise ValueError("mode and colormap exclude each other")
    if options.bit_depth == 16:
        raise ValueError(f"no mode {mode} has 16 bits; mode=None goes by the shape")
    from ..inputs import pillow

    pillow.require_pillow(f"mode {mode!r}")
    plain = replace(options, mode=None, file_type="png", compress_level=0)
    image = pillow.opened(_encode(pixels, plain).data)
    converted = pillow.converted(image, mode)
    source = pillow.read_image(converted, replace(options, normalize=True))
    return source if isinstance(source, EncodedImage) else _encode(source, options)


def _explained(error: ValueError, pixels: Pixels) -> ValueError:
    """The error with the type, shape and dtype of what was given, where its shape is at fault."""
    array = pixels.array
    if array.ndim == 1 and array.dtype == np.uint8 and array[:8].tobytes().startswith(_SIGNATURES):
        to_bytes = ".numpy().tobytes()" if pixels.is_tensor else ".tobytes()"
        return ValueError(f"{describe(pixels.given)} looks like an encoded image: pass {to_bytes}")
    if str(error).startswith("Un-supported shape"):
        would_work = "(H, W), (H, W, 3) and (H, W, 4) are images"
        if pixels.is_tensor:
            would_work = "tensors are (H, W), (C, H, W) or (N, C, H, W) with C up to 4"
        return ValueError(f"{error}; {would_work}; given {describe(pixels.given)}")
    if 0 in pixels.array.shape:
        return ValueError(f"{error}; given {describe(pixels.given)}")
    return error

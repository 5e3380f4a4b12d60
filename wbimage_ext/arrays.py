"""The functions over arrays that need no Image: to_uint8, guess_mode, make_grid, encode.

In: arrays, tensors, nested lists; encode takes Pillow images and figures too. Out: arrays or bytes.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from . import _core, inputs
from .encoding.options import EncodeOptions
from .encoding.pixels import encode as encode_pixels
from .encoding.warnings import warn_dropped_alpha, warn_nan, warn_of_range
from .inputs.arrays import as_masked, widened_bfloat16
from .inputs.kinds import EncodedFile, EncodedImage, Reference, values_refusal
from .threads import thread_count_for
from .wording import shown


def to_uint8(
    data: Any, normalize: bool | tuple[float, float] = True
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Convert values of any bool, integer or float dtype and any shape to uint8.

    With `lo` and `hi` the smallest and largest value: where lo < 0, data becomes
    (data - lo) / (hi - lo); where hi is then at most 1, trunc(data * 255); the result is clipped to
    0..255 and truncated. The arithmetic runs in the array's own float type, integers divide in
    double, and nothing wraps. NaN and masked values take no part and become 0.

    Args:
        data: an array or anything with an array view.
        normalize: True: the rule above. False: clip and truncate. (lo, hi): lo becomes 0, hi 255.

    Returns:
        uint8 array of the same shape.

    Raises:
        TypeError: values that are not bool, integer or float.
        ValueError: an empty array, or limits that are not two finite numbers with lo < hi.
    """
    pixels = inputs.as_pixels(data, values_refusal)
    converted, found_nan, value_range = _core.to_uint8(
        pixels.array,
        normalize=normalize,
        bfloat16=pixels.is_bfloat16,
        num_threads=thread_count_for(pixels.array.size),
    )
    if found_nan and not pixels.is_nan_masked:
        warn_nan()
    warn_of_range(value_range)
    return converted


def guess_mode(data: Any, file_type: str | None = None) -> str:
    """The mode that an array's shape stands for: "L", "RGB" or "RGBA".

    Args:
        data: an array of shape (H, W), (H, W, 3) or (H, W, 4); sides of length 1 are squeezed away.
        file_type: "jpg" and "jpeg" turn "RGBA" into "RGB", with a warning.

    Raises:
        ValueError: any other shape.
    """
    mode: str = _core.guess_mode(inputs.as_pixels(data, values_refusal).array)
    if mode == "RGBA" and file_type in ("jpg", "jpeg"):  # as wandb does
        warn_dropped_alpha(file_type)
        return "RGB"
    return mode


def make_grid(
    data: Any,
    nrow: int = 8,
    padding: int = 2,
    pad_value: float = 0,
    dataformats: str = "NCHW",
) -> np.ndarray[Any, Any]:
    """Lay a batch of images out as one, as torchvision.utils.make_grid does.

    Args:
        data: array, tensor or nested lists of shape (N, C, H, W), or as `dataformats` says; of any
            bool, integer or float dtype. One channel becomes three.
        nrow: images in a row, at least 1.
        padding: pixels around and between the images. A batch of one is that image without any.
        pad_value: value of those pixels.
        dataformats: names the axes of `data`: "NCHW", "NHWC", "NHW", "CHW", "HWC" or "HW".

    Returns:
        array of shape (H, W, C) and the same dtype, masked where `data` was; bfloat16 tensors, for
        which NumPy has no dtype, become float32.

    Raises:
        TypeError: values that are not bool, integer or float.
        ValueError: `dataformats` does not fit the array's dimensions, an empty array, or a grid of
            no size.
    """
    masked = as_masked(data)
    if masked is not None:
        grid = make_grid(masked.data, nrow, padding, pad_value, dataformats)
        mask = make_grid(np.ma.getmaskarray(masked), nrow, padding, False, dataformats)
        return np.ma.MaskedArray(grid, mask)
    pixels = inputs.as_pixels(data, values_refusal)
    if not pixels.is_bfloat16:
        return _core.make_grid(pixels.array, nrow, padding, pad_value, dataformats)
    grid = _core.make_grid(widened_bfloat16(pixels.array), nrow, padding, pad_value, dataformats)
    return grid if pixels.is_tensor else grid.astype(data.dtype)


def encode(
    data: Any,
    file_type: str = "png",
    *,
    mode: str | None = None,
    normalize: bool | tuple[float, float] = True,
    quality: int = 75,
    compress_level: int | None = None,
    bit_depth: int = 8,
    num_threads: int | None = None,
) -> bytes:
    """Encode pixels as the bytes of an image file; arguments as for Image.

    Args:
        num_threads: of this call. None: see set_num_threads.

    Raises:
        TypeError, ValueError: as Image; also for what is encoded already.
    """
    if isinstance(data, (str, os.PathLike, bytes, bytearray)):
        raise TypeError(f"encode takes pixels; {shown(data)} is encoded already")
    options = EncodeOptions(
        file_type,
        mode,
        normalize,
        quality,
        compress_level,
        bit_depth=bit_depth,
        num_threads=num_threads,
    )
    source = inputs.resolve(data, options)
    if isinstance(source, (EncodedFile, Reference)):
        raise TypeError(f"encode takes pixels; {shown(data)} is encoded already")
    encoded = source if isinstance(source, EncodedImage) else encode_pixels(source, options)
    return bytes(encoded.data)

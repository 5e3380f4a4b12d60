"""The NumPy twin of the conversion: what the C core computes, written as plainly as NumPy allows.

`numpy_to_uint8` is the expression of `wandb.Image.to_uint8`, word for word. `to_uint8` is the same
where that is defined, and what this project defines where NumPy wraps, overflows or meets NaN.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]


def numpy_to_uint8(data: Array) -> Bytes:
    """`wandb.Image.to_uint8` (wandb 0.16.4), unchanged but for the names."""
    smallest = np.min(data)
    if smallest < 0:
        data = (data - np.min(data)) / np.ptp(data)
    if np.max(data) <= 1.0:
        data = (data * 255).astype(np.int32)
    return data.clip(0, 255).astype(np.uint8)


def is_defined(data: Array) -> bool:
    """Whether `numpy_to_uint8` has a defined result: nothing wraps, overflows or is NaN."""
    if data.dtype.kind == "f":
        if not np.isfinite(data).all():
            return False
        with np.errstate(over="ignore"):
            smallest, span = data.min(), np.ptp(data)
        return bool(smallest >= 0 or (span > 0 and np.isfinite(span)))
    smallest, largest = int(data.min()), int(data.max())
    if data.dtype.kind == "i":
        # An int8 cannot hold 255, and NumPy 2 says so.
        fits = largest - smallest <= np.iinfo(data.dtype).max
        return smallest < largest and fits if smallest < 0 else data.dtype.itemsize > 1
    return True


def truncated(values: Array, ceiling: int = 255) -> Bytes:
    """Clips floats of any shape to [0, ceiling] and truncates; NaN becomes 0."""
    values = np.where(np.isnan(values), 0, values)
    return np.clip(values, 0, ceiling).astype(np.uint8)


def _native(data: Array) -> Array:
    if data.dtype == np.longdouble:
        data = data.astype(np.float64)
    return data.astype(data.dtype.newbyteorder("="))


def _integers_to_uint8(data: Array) -> Bytes:
    smallest, largest = int(data.min()), int(data.max())
    if smallest < 0:
        # The difference needs the unsigned type of 64 bits; taken modulo 2**64 it is exact.
        bits = data.astype(np.int64).view(np.uint64)
        shifted = bits - np.uint64(smallest % 2**64)
        span = np.float64(max(largest - smallest, 1))
        return truncated(shifted.astype(np.float64) / span * 255)
    if largest <= 1:
        scaled: Bytes = (data > 0).astype(np.uint8) * np.uint8(255)
        return scaled
    clipped: Array = np.clip(data, 0, min(255, np.iinfo(data.dtype).max))
    return clipped.astype(np.uint8)


def _floats_to_uint8(data: Array) -> Bytes:
    number = data.dtype.type
    finite = data[np.isfinite(data)]
    smallest, largest = (finite.min(), finite.max()) if finite.size else (number(2), number(2))
    if smallest < 0:
        if not np.isfinite(largest - smallest):
            half = number(0.5)
            data, smallest, largest = data * half, smallest * half, largest * half
        span = largest - smallest
        data = (data - smallest) / (span if span > 0 else number(1))
        largest = number(1)
    if largest <= 1:
        data = data * number(255)
    return truncated(data)


def _limits_to_uint8(data: Array, lo: float, hi: float, top: int) -> Bytes:
    values = data.astype(np.float64)
    if not math.isfinite(hi - lo):
        values, lo, hi = values / 2, lo / 2, hi / 2
    return truncated((values - lo) / np.float64(hi - lo) * np.float64(top), top)


def to_uint8(
    data: Array,
    normalize: bool | tuple[float, float] = True,
    *,
    nan_value: int = 0,
    top_value: int = 255,
) -> Bytes:
    """Converts an array of bool, integers or floats, of any shape, layout and byte order.

    With `top_value` the default rule's result is scaled to trunc(result * top_value / 255), limits
    scale to it, and `normalize=False` clips to it. NaN becomes `nan_value`.
    """
    data = _native(data)
    is_nan = np.isnan(data) if data.dtype.kind == "f" else np.zeros(data.shape, bool)
    with np.errstate(all="ignore"):
        if isinstance(normalize, tuple):
            result = _limits_to_uint8(data, *normalize, top_value)
        elif not normalize:
            if data.dtype.kind == "f":
                result = truncated(data, top_value)
            elif data.dtype.kind == "b":
                result = data.astype(np.uint8)
            else:
                limit = min(top_value, np.iinfo(data.dtype).max)
                result = np.clip(data, 0, limit).astype(np.uint8)
        else:
            if data.dtype.kind == "b":
                result = data.astype(np.uint8) * np.uint8(255)
            elif data.dtype.kind == "f":
                result = _floats_to_uint8(data)
            else:
                result = _integers_to_uint8(data)
            result = (result.astype(np.uint16) * top_value // 255).astype(np.uint8)
    return np.where(is_nan, np.uint8(nan_value), result)


def torch_to_uint8(data: Array) -> Bytes:
    """The values of `make_grid(data, normalize=True)`, then `mul(255).clamp(0, 255).byte()`.

    float16 and float32 run in single, everything else in double. NaN and infinities take no part in
    the range; NaN becomes 0.
    """
    data = _native(data)
    number = np.float32 if data.dtype in (np.float16, np.float32) else np.float64
    values = data.astype(number)
    finite = values[np.isfinite(values)].astype(np.float64)
    lo, hi = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    with np.errstate(all="ignore"):
        if hi - lo > float(np.finfo(number).max):
            values, lo, hi = values * number(0.5), lo / 2, hi / 2
        span = max(hi - lo, 1e-5)
        return truncated((values - number(lo)) / number(span) * number(255))


def squeezed_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape after squeezing: over two dimensions sides of length 1 go.

    Where fewer than two are left, the last three sides stay height, width and channels.
    """
    if len(shape) <= 2:
        return shape
    squeezed = tuple(side for side in shape if side != 1)
    if len(squeezed) >= 2 or any(side != 1 for side in shape[:-3]):
        return squeezed
    return shape[-3:-1] if shape[-1] == 1 else shape[-3:]


def guess_mode(shape: tuple[int, ...]) -> str:
    """The PIL mode for a shape that has been squeezed."""
    if len(shape) == 2:
        return "L"
    if len(shape) == 3 and shape[-1] in (3, 4):
        return {3: "RGB", 4: "RGBA"}[shape[-1]]
    raise ValueError(f"Un-supported shape for image conversion {list(shape)}")


def make_grid(batch: Array, nrow: int = 8, padding: int = 2, pad_value: float = 0) -> Array:
    """torchvision's layout of an NHWC batch of any dtype; returns HWC."""
    if batch.shape[3] == 1:
        batch = np.repeat(batch, 3, axis=3)
    count, height, width, channels = batch.shape
    if count == 1:
        return batch.reshape(height, width, channels)
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    cell_height, cell_width = height + padding, width + padding
    shape = (rows * cell_height + padding, columns * cell_width + padding, channels)
    grid = np.full(shape, pad_value, batch.dtype)
    for index, image in enumerate(batch):
        y = index // columns * cell_height + padding
        x = index % columns * cell_width + padding
        grid[y : y + height, x : x + width] = image
    return grid

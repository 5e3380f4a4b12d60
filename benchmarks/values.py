"""to_uint8 beside NumPy's expression and a memory copy; masks beside the way wandb takes.

In: arrays drawn here, the corpus's masks. Out: a Row each. What is compared is equal first.
"""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from wbimage_ext import _core, to_uint8

from .corpus import Pixels
from .files import decoded
from .peers import OURS, file_bytes
from .rows import Array, Options, Row, make_row, require_equal, with_progress
from .timing import Call, time_in_turn

NUMPY, COPY = "NumPy", "copy"
NUMPY_AND_PILLOW = "NumPy and Pillow"

# Those that are no larger than the largest picture are measured, and the first in any case.
SHAPES = [(32, 32, 3), (512, 512, 3), (1080, 1920, 3)]

# (dtype, smallest, largest value) of uniformly random arrays.
RANGES: list[tuple[npt.DTypeLike, float, float]] = [
    (np.float32, 0, 1),
    (np.float32, -1, 1),
    (np.float32, 0, 255),
    (np.float64, 0, 1),
    (np.float64, -1, 1),
    (np.float16, 0, 1),
    (np.int64, 0, 256),
    (np.int64, -1000, 1000),
    (np.uint16, 0, 4096),
    (np.uint8, 0, 256),
    (np.uint8, 0, 2),
]


def numpy_to_uint8(data: Array) -> Pixels:
    """The expression that wandb documents, as NumPy computes it."""
    if data.min() < 0:
        data = (data - data.min()) / np.ptp(data)
    if data.max() <= 1:
        data = (data * 255).astype(np.int32)
    return data.clip(0, 255).astype(np.uint8)


def conversion_rows(options: Options) -> tuple[list[Row], list[str]]:
    """to_uint8 for each dtype and range."""
    random = np.random.default_rng(0)
    largest = max(picture.pixels.size for picture in options.pictures)
    rows = []
    for shape in SHAPES:
        if math.prod(shape) > largest and shape != SHAPES[0]:
            continue
        for dtype, low, high in RANGES:
            array = _uniform(random, shape, dtype, low, high)
            name = f"{np.dtype(dtype)} {low:g} to {high:g}, {'x'.join(map(str, shape))}"
            rows.append(_conversion_row(name, array, options))
    return rows, []


def _uniform(
    random: np.random.Generator,
    shape: tuple[int, ...],
    dtype: npt.DTypeLike,
    low: float,
    high: float,
) -> Array:
    if np.issubdtype(dtype, np.integer):
        return random.integers(int(low), int(high), shape, dtype=dtype)
    return (random.random(shape) * (high - low) + low).astype(dtype)


def _conversion_row(name: str, array: Array, options: Options) -> Row:
    with np.errstate(all="ignore"):
        expected = numpy_to_uint8(array)
        require_equal(OURS, name, to_uint8(array), expected)
        target = np.empty_like(array)
        calls: dict[str, Call] = {
            NUMPY: lambda: numpy_to_uint8(array),
            COPY: lambda: np.copyto(target, array),
            OURS: lambda: to_uint8(array),
        }
        timings = time_in_turn(calls, options.rounds, options.clock)
    return make_row(name, str(array.dtype), "", array, timings)


def mask_rows(options: Options) -> tuple[list[Row], list[str]]:
    """Masks of some integer dtypes: range check, labels that occur, conversion, PNG."""
    rows = []
    for picture in with_progress(options.pictures, "masks"):
        if picture.kind != "mask" or picture.pixels.ndim != 2:
            continue
        for dtype in (np.uint8, np.int32, np.int64):
            name = f"{picture.name} {np.dtype(dtype)}"
            mask = picture.pixels.astype(dtype)
            rows.append(_mask_row(name, picture.set, mask, options))
    return rows, []


def _mask_row(name: str, set_name: str, mask: Array, options: Options) -> Row:
    calls: dict[str, Call] = {
        NUMPY_AND_PILLOW: lambda: numpy_mask(mask),
        OURS: lambda: _core.encode_mask(mask),
    }
    sizes = {}
    labels = np.unique(mask)
    for peer, call in calls.items():
        encoded, present = call()
        data = file_bytes(encoded)
        require_equal(peer, name, decoded(data), mask.astype(np.uint8))
        if peer == OURS:
            require_equal(peer, name, _labels(present), labels)
        sizes[peer] = len(data)
    timings = time_in_turn(calls, options.rounds, options.clock)
    return make_row(name, "mask", set_name, mask, timings, sizes)


def _labels(present: bytes) -> Array:
    return np.flatnonzero(np.frombuffer(present, np.uint8))


def numpy_mask(mask: Array) -> tuple[Any, list[int]]:
    """What wandb's ImageMask does: labels by sorting, range check, conversion, Pillow."""
    from PIL import Image

    labels = np.unique(mask).astype(np.int32).tolist()
    if not ((mask >= 0).all() and (mask <= 255).all() and np.issubdtype(mask.dtype, np.integer)):
        raise TypeError("Mask data must be integers between 0 and 255")
    buffer = io.BytesIO()
    Image.fromarray(mask.astype(np.int8)).convert("L").save(buffer, "PNG")
    return buffer.getbuffer(), labels

"""The conversion to uint8 against NumPy: generated arrays of every dtype, layout and byte order."""

from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from wbimage_ext import _core

from .. import reference
from ..generated import generated

DTYPES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]
ARRAYS_PER_DTYPE = 2500

Array = NDArray[Any]
Limits = tuple[float, float]


def random_integers(rng: np.random.Generator, dtype: np.dtype[Any], count: int) -> Array:
    """Values that reach each branch of the rule: 0 and 1, bytes, negative, the ends of the type."""
    info = np.iinfo(dtype)
    edges = np.array([info.min, info.min + 1, 0, 1, info.max - 1, info.max], dtype)
    choices: list[Array] = [
        rng.integers(0, 2, count),
        rng.integers(0, min(256, info.max), count),
        rng.integers(0, min(1000, info.max), count),
        rng.integers(max(info.min, -1), 2, count),
        rng.integers(max(info.min, -300), min(300, info.max), count),
        rng.choice(edges, count),
        np.frombuffer(rng.bytes(count * dtype.itemsize), dtype),
    ]
    return choices[rng.integers(len(choices))].astype(dtype)


def random_floats(rng: np.random.Generator, dtype: np.dtype[Any], count: int) -> Array:
    """As above; with infinities, NaN, subnormal numbers, and differences that overflow."""
    info = np.finfo(dtype)
    edges = [info.max, info.min, info.tiny, info.smallest_subnormal, -info.smallest_subnormal, 0, 1]
    choices: list[Array] = [
        rng.random(count),
        rng.random(count) * 2 - 1,
        rng.random(count) * 255,
        rng.integers(0, 256, count) / 255,
        rng.integers(-5, 300, count).astype(float),
        rng.normal(size=count) * 10.0 ** rng.integers(-7, 4),
        rng.choice(np.array(edges, dtype), count),
        rng.choice([0.0, -0.0, 0.5, 1, -1, 255, 256, np.inf, -np.inf, np.nan], count),
        np.frombuffer(rng.bytes(count * dtype.itemsize), dtype),
    ]
    with np.errstate(over="ignore", invalid="ignore"):
        return choices[rng.integers(len(choices))].astype(dtype)


def random_values(rng: np.random.Generator, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    count = int(np.prod(shape))
    if dtype.kind == "b":
        return rng.integers(0, 2, count).astype(bool).reshape(shape)
    make = random_floats if dtype.kind == "f" else random_integers
    return make(rng, dtype, count).reshape(shape)


def random_array(rng: np.random.Generator, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    """An array of that shape: transposed, with steps, reversed, broadcast, swapped or unaligned."""
    order = rng.permutation(len(shape)) if rng.random() < 0.4 else np.arange(len(shape))
    steps = rng.choice([1, 1, 1, 1, 2, 3, -1, -2], len(shape))
    base_shape = tuple(int(shape[axis] * abs(steps[axis])) for axis in order)
    base = random_values(rng, dtype, base_shape)
    array: Array = base.transpose(np.argsort(order))[
        tuple(slice(None, None, step) for step in steps)
    ]
    kind = rng.random()
    if kind < 0.1:
        axis = int(rng.integers(len(shape)))
        array = np.broadcast_to(array.take([0], axis), shape)
    elif kind < 0.3:
        array = array.astype(dtype.newbyteorder())
    elif kind < 0.4:
        memory = bytearray(array.nbytes + 1)
        unaligned: Array = np.frombuffer(memory, dtype, array.size, 1).reshape(shape)
        unaligned[...] = array
        return unaligned
    return array


def random_shape(rng: np.random.Generator) -> tuple[int, int]:
    """Mostly small, sometimes wider than the chunks that rows are converted in."""
    if rng.random() < 0.03:
        return int(rng.integers(1, 4)), int(rng.integers(250, 1200))
    return int(rng.integers(1, 24)), int(rng.integers(1, 40))


def differences(array: Array, actual: Array, expected: Array) -> str:
    different = actual != expected
    return (
        f"{array.dtype} {array.shape} strides {array.strides}: {array[different][:4]} became "
        f"{actual[different][:4]}, not {expected[different][:4]}"
    )


def check_to_uint8(array: Array, normalize: bool | Limits = True) -> None:
    actual, found_nan, _ = _core.to_uint8(array, normalize=normalize)
    expected = reference.to_uint8(array, normalize)
    assert actual.dtype == np.uint8
    assert actual.shape == array.shape
    assert np.array_equal(actual, expected), differences(array, actual, expected)
    assert found_nan == (array.dtype.kind == "f" and bool(np.isnan(array).any()))


@pytest.mark.parametrize("code", DTYPES)
def test_generated_arrays_equal_the_reference(code: str) -> None:
    dtype = np.dtype(code)
    rng = np.random.default_rng(DTYPES.index(code))
    defined = 0
    for _ in range(ARRAYS_PER_DTYPE):
        array = random_array(rng, dtype, random_shape(rng))
        check_to_uint8(array)
        if reference.is_defined(array):
            defined += 1
            actual = _core.to_uint8(array)[0]
            expected = reference.numpy_to_uint8(array)
            assert np.array_equal(actual, expected), differences(array, actual, expected)
    # Enough is compared with NumPy itself; it has an answer for few int8, which cannot hold 255.
    assert defined > ARRAYS_PER_DTYPE // (8 if code == "i1" else 2)


@pytest.mark.parametrize("code", DTYPES)
def test_other_normalizations_equal_the_reference(code: str) -> None:
    dtype = np.dtype(code)
    rng = np.random.default_rng(100 + DTYPES.index(code))
    limits = [(0.0, 1.0), (-3.5, 17.25), (0.0, 0.7), (-1e308, 1.7e308), (0.0, 5e-324)]
    for i in range(300):
        array = random_array(rng, dtype, random_shape(rng))
        check_to_uint8(array, False)
        check_to_uint8(array, limits[i % len(limits)])


@pytest.mark.parametrize("code", DTYPES)
def test_the_upper_limit_becomes_the_largest_value(code: str) -> None:
    """(hi - lo) times the reciprocal of itself is below 1 for 15 percent of ranges."""
    dtype = np.dtype(code)
    rng = np.random.default_rng(400 + DTYPES.index(code))
    for _ in range(1000):
        if dtype.kind == "f":
            lo, hi = sorted(float(value) for value in rng.normal(0, 100, 2).astype(dtype))
        elif dtype.kind == "b":
            lo, hi = 0, 1
        else:
            info = np.iinfo(dtype)
            least, most = max(info.min, -(2**53)), min(info.max, 2**53)
            lo, hi = sorted(int(value) for value in rng.integers(least, most, 2, endpoint=True))
        if lo < hi:
            array = np.array([[lo, hi]], dtype)
            np.testing.assert_array_equal(_core.to_uint8(array, normalize=(lo, hi))[0], [[0, 255]])
            if dtype.kind == "f":
                indices = _core.encode(
                    array, normalize=(lo, hi), colormap=bytes(768), nan_color=bytes(3)
                )
                np.testing.assert_array_equal(decoded(indices), [[0, 254]])


def test_limits_of_a_whole_dtype_keep_every_value() -> None:
    every = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(_core.to_uint8(every, normalize=(0, 255))[0], every)
    np.testing.assert_array_equal(
        _core.to_uint8(every * np.uint16(257), normalize=(0, 65535))[0], every
    )


def decoded(encoded: _core.Encoded) -> Array:
    pixels: Array = _core.decode(encoded)[0]
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels


@pytest.mark.parametrize("code", DTYPES)
def test_generated_images_equal_the_reference(code: str) -> None:
    """Three dimensions, through the encoder: its rows are converted straight from the layout."""
    dtype = np.dtype(code)
    rng = np.random.default_rng(200 + DTYPES.index(code))
    for _ in range(150):
        height, width = (side + 1 for side in random_shape(rng))
        array = random_array(rng, dtype, (height, width, int(rng.choice([3, 4]))))
        actual = decoded(_core.encode(array, "png", compress_level=0))
        expected = reference.to_uint8(array)
        assert np.array_equal(actual, expected), differences(array, actual, expected)


@pytest.mark.parametrize("code", DTYPES)
def test_generated_grids_equal_the_reference(code: str) -> None:
    dtype = np.dtype(code)
    rng = np.random.default_rng(300 + DTYPES.index(code))
    for _ in range(100):
        shape = tuple(int(rng.integers(1, side)) for side in (11, 5, 9, 12))
        batch = random_array(rng, dtype, shape)
        nrow, padding = int(rng.integers(1, 9)), int(rng.integers(0, 4))
        images = batch.transpose(0, 2, 3, 1)
        grid = _core.make_grid(batch, nrow, padding, 1)
        assert grid.tobytes() == reference.make_grid(images, nrow, padding, 1).tobytes()
        encoded = _core.encode_grid(batch, "png", nrow=nrow, padding=padding, compress_level=0)
        expected = reference.make_grid(reference.torch_to_uint8(images), nrow, padding)
        assert np.array_equal(decoded(encoded), expected)


@generated(250)
@given(st.data())
def test_any_array_equals_the_reference(data: st.DataObject) -> None:
    code = data.draw(st.sampled_from(DTYPES))
    dtype = np.dtype(code).newbyteorder(data.draw(st.sampled_from("<>")))
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=4, max_side=8))
    array = data.draw(hnp.arrays(dtype, shape))
    check_to_uint8(array)


def test_longdouble_is_taken_as_float64() -> None:
    check_to_uint8(np.linspace(-1, 1, 12, dtype=np.longdouble).reshape(3, 4))


def test_limits_of_integers_do_not_wrap() -> None:
    for code in ("i1", "i2", "i4", "i8"):
        info = np.iinfo(code)
        array = np.array([info.min, 0, info.max], code)
        assert _core.to_uint8(array)[0].tolist()[::2] == [0, 255]


DIGEST_PROGRAM = """
from tests.core.test_convert import digest_of_generated_arrays
print(digest_of_generated_arrays())
"""


def digest_of_generated_arrays() -> str:
    rng = np.random.default_rng(7)
    digest = hashlib.sha256()
    for i in range(40 * len(DTYPES)):
        array = random_array(rng, np.dtype(DTYPES[i % len(DTYPES)]), random_shape(rng))
        digest.update(_core.to_uint8(array)[0].tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("disabled", ["avx512", "avx2", "sse2"])
def test_kernels_give_equal_bytes(disabled: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", DIGEST_PROGRAM],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "WBIMAGE_CPU_DISABLE": disabled},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == digest_of_generated_arrays()


def some_shapes() -> list[tuple[int, ...]]:
    sides = (1, 2, 3, 4, 5)
    shapes: list[tuple[int, ...]] = [(), (3,), (1, 1, 1, 1, 3), (5, 1, 1, 1, 1)]
    for height, width, last in itertools.product(sides, sides, sides):
        shapes += [(height, width), (height, width, last)]
        shapes += [(1, height, width, last), (2, height, width, last)]
    return shapes


def outcome(function: Callable[[Any], str], argument: object) -> str:
    """What the function returns, or the text of its ValueError."""
    try:
        return function(argument)
    except ValueError as error:
        return str(error)


def test_shapes_equal_the_reference() -> None:
    for shape in some_shapes():
        expected = outcome(reference.guess_mode, reference.squeezed_shape(shape))
        actual = outcome(_core.guess_mode, np.zeros(shape, np.uint8))
        assert actual.split(";")[0] == expected  # a hint may follow


def test_an_empty_array_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[0, 4\] is empty"):
        _core.guess_mode(np.zeros((0, 4)))
    with pytest.raises(ValueError, match="empty"):
        _core.to_uint8(np.zeros((0, 4)))


@pytest.mark.parametrize("limits", [(1, 1), (2, 1), (np.nan, 1), (0, np.inf)])
def test_wrong_limits_are_refused(limits: Limits) -> None:
    with pytest.raises(ValueError, match="two finite numbers"):
        _core.to_uint8(np.zeros((2, 2)), normalize=limits)


@pytest.mark.parametrize("code", DTYPES)
def test_masks_equal_the_reference(code: str) -> None:
    dtype = np.dtype(code)
    rng = np.random.default_rng(400 + DTYPES.index(code))
    refused = 0
    for i in range(200):
        mask = random_array(rng, dtype, random_shape(rng))
        if i % 2:
            bytes_only = rng.integers(0, 2 if code == "?" else 128, mask.shape)
            mask = bytes_only.astype(mask.dtype)[:, ::-1]
        fits = np.array_equal(reference.to_uint8(mask, False), mask)
        if not fits:
            refused += 1
            with pytest.raises(TypeError, match=r"^Mask data must be integers between 0 and 255"):
                _core.encode_mask(mask)
            continue
        encoded, present = _core.encode_mask(mask)
        assert np.array_equal(decoded(encoded), mask)
        assert [i for i, seen in enumerate(present) if seen] == np.unique(mask).astype(int).tolist()
    assert refused == 0 if code in ("?", "u1") else refused > 30

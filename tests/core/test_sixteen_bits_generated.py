"""16-bit PNG of generated arrays, read by libpng, Pillow, OpenCV and a decoder of a few lines."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PILImage

from wbimage_ext import _core

from ..generated import generated
from .test_sixteen_bits import Array, decoded, decoded_by_hand

LEVELS = st.sampled_from([None, None, None, 0, 1, 6, 9])
DTYPES = st.sampled_from([o + kind for o in "<>" for kind in ("u2", "i2", "u4", "i4", "u8")])
CONTENTS = ("slope", "spread", "narrow", "steps", "any")


def values(content: str, shape: tuple[int, ...], random: np.random.Generator) -> Array:
    """Values of each kind that the encoder has plans for, some of them out of range."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    x, y = (side.reshape(side.shape + (1,) * (len(shape) - 2)) for side in (x, y))
    a, b = random.integers(0, 300, 2)
    if content == "slope":
        return np.broadcast_to(x * a + y * b, shape).copy()
    if content == "spread":
        return (x * x // 50 + y + random.integers(0, 8, shape)) * 77
    if content == "narrow":
        return 20_000 + random.integers(0, 1 + a // 8, shape)
    if content == "steps":
        return np.broadcast_to(x // 9 % 2 * 65535 + y // 40, shape).copy()
    return random.integers(-70_000, 140_000, shape)


@st.composite
def arrays(draw: Any) -> tuple[Array, Array]:
    """An array behind any strides and byte order, and the samples that it has to become."""
    side = st.one_of(st.integers(1, 9), st.integers(10, 90))
    shape = (draw(side), draw(side), *draw(st.sampled_from([(), (), (3,), (4,)])))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    dtype = np.dtype(draw(DTYPES))
    limits = np.iinfo(dtype)
    plain = values(draw(st.sampled_from(CONTENTS)), shape, random)
    array = np.clip(plain, limits.min, min(limits.max, 2**40)).astype(dtype)
    steps = tuple(draw(st.sampled_from([-2, -1, 1, 1, 2, 3])) for _ in shape)
    room = np.zeros([side * abs(step) for side, step in zip(shape, steps, strict=True)], dtype)
    order = draw(st.permutations(range(len(shape))))
    view = np.ascontiguousarray(room.transpose(order)).transpose(np.argsort(order))
    view = view[tuple(slice(None, None, step) for step in steps)]
    view[...] = array
    return view, np.clip(array.astype(np.int64), 0, 65535).astype(np.uint16)


def by_libpng(data: bytes, expected: Array) -> None:
    np.testing.assert_array_equal(decoded(data).reshape(expected.shape), expected)


def by_hand(data: bytes, expected: Array) -> None:
    np.testing.assert_array_equal(decoded_by_hand(data).reshape(expected.shape), expected)


def by_pillow(data: bytes, expected: Array) -> None:
    """Pillow keeps 16 bits of gray, and the upper 8 of colour."""
    with PILImage.open(io.BytesIO(data)) as image:
        found = np.asarray(image)
    np.testing.assert_array_equal(found, expected if expected.ndim == 2 else expected >> 8)


def by_opencv(data: bytes, expected: Array) -> None:
    cv2 = pytest.importorskip("cv2")
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert found.dtype == np.uint16
    if expected.ndim == 3:
        found = found[..., [2, 1, 0, 3][: expected.shape[2]]]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("check", [by_libpng, by_hand, by_pillow, by_opencv])
@generated(60)
@given(made=arrays(), level=LEVELS)
def test_every_decoder_reads_the_same(
    check: Callable[[bytes, Array], None], made: tuple[Array, Array], level: int | None
) -> None:
    view, expected = made
    data = _core.encode(view, bit_depth=16, keeps_sides=True, compress_level=level)
    check(bytes(data), expected)

"""16-bit PNG beside NumPy's arithmetic, read back by libpng and by a decoder of a few lines."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage

from wbimage_ext import _core

Array = np.ndarray[Any, Any]

INTEGERS = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"]
FLOATS = ["f2", "f4", "f8"]
SHAPES = [(1, 1), (5, 7), (64, 65), (300, 1), (33, 40, 3), (31, 29, 4), (2, 500, 3)]


def decoded_by_hand(data: bytes) -> Array:
    """A PNG's samples: chunks, inflate, the five filters (PNG third edition, section 9)."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, chunks = 8, []
    while place < len(data):
        (size,) = struct.unpack(">I", data[place : place + 4])
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + size]))
        assert zlib.crc32(data[place + 4 : place + 8 + size]) == int.from_bytes(
            data[place + 8 + size : place + 12 + size], "big"
        )
        place += 12 + size
    width, height, depth, color_type = struct.unpack(">IIBB", chunks[0][1][:10])
    assert depth == 16
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[color_type]
    step, row_bytes = 2 * channels, 2 * channels * width
    lines = zlib.decompress(b"".join(content for name, content in chunks if name == b"IDAT"))
    assert len(lines) == height * (row_bytes + 1)
    above = [0] * (row_bytes + step)
    rows = []
    for y in range(height):
        kind, *filtered = lines[y * (row_bytes + 1) : (y + 1) * (row_bytes + 1)]
        row = [0] * step
        for i, residual in enumerate(filtered):
            left, up, corner = row[i], above[i + step], above[i]
            nearest = min((left, up, corner), key=lambda n: abs(left + up - corner - n))
            predicted = [0, left, up, (left + up) // 2, nearest][kind]
            row.append((residual + predicted) & 255)
        rows.append(row[step:])
        above = row
    samples = np.array(rows, np.uint8).tobytes()
    return np.frombuffer(samples, ">u2").reshape(height, width, channels)


def decoded(data: bytes) -> Array:
    pixels, _, sample_bytes = _core.decode(data, keep_16_bits=True)
    assert sample_bytes == 2
    return pixels.view(np.uint16)


def check(array: Array, expected: Array, **options: Any) -> None:
    encoded = _core.encode(array, keeps_sides=True, bit_depth=16, **options)
    channels = expected.shape[2] if expected.ndim == 3 else 1
    assert encoded.mode == {1: "I;16", 3: "RGB;16", 4: "RGBA;16"}[channels]
    np.testing.assert_array_equal(decoded(bytes(encoded)).reshape(expected.shape), expected)


def layouts(array: Array) -> list[Array]:
    """The same values behind other strides and byte orders."""
    padded = np.zeros([side + 3 for side in array.shape], array.dtype)
    padded[tuple(slice(1, 1 + side) for side in array.shape)] = array
    inside = padded[tuple(slice(1, 1 + side) for side in array.shape)]
    other_order = array.dtype.newbyteorder()
    return [
        array,
        array.astype(other_order),
        inside,
        np.asfortranarray(array),
        np.ascontiguousarray(array[::-1, ::-1])[::-1, ::-1],
        np.asfortranarray(array.astype(other_order))[...],
    ]


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_integers_keep_their_values(dtype: str, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(len(shape))
    limits = np.iinfo(dtype)
    for lo, hi in [(limits.min, limits.max), (max(limits.min, -5), min(limits.max, 70000))]:
        array = random.integers(lo, hi, shape, dtype, endpoint=True)
        expected = np.clip(array.astype(object), 0, 65535).astype(np.uint16)
        for view in layouts(array):
            check(view, expected)


def numpy_rule(array: Array) -> Array:
    """The documented rule with 65535 for 255; float16 is computed in single."""
    values = array.astype(np.float32) if array.dtype == np.float16 else array
    number = values.dtype.type
    lo, hi = np.nanmin(values), np.nanmax(values)
    if lo < 0:
        values = (values - lo) / (hi - lo)
        hi = number(1)
    if hi <= 1:
        values = values * number(65535)
    return np.nan_to_num(np.clip(np.trunc(values), 0, 65535)).astype(np.uint16)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("lo", "hi"), [(0, 1), (0, 40000), (-3, 1), (-2000, 5000)])
def test_floats_by_the_rule(dtype: str, shape: tuple[int, ...], lo: float, hi: float) -> None:
    random = np.random.default_rng(7)
    array = random.uniform(lo, hi, shape).astype(dtype)
    array.flat[-1] = np.nan if array.size > 1 else array.flat[-1]
    if np.nanmin(array) == np.nanmax(array):
        return
    for view in layouts(array):
        check(view, numpy_rule(array))


@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
@pytest.mark.parametrize("limits", [(0, 4095), (-100, 100), (0.25, 0.75), (3, 1e9)])
def test_limits(dtype: str, limits: tuple[float, float]) -> None:
    """hi becomes 65535 exactly, lo 0, whatever lies beyond is clipped."""
    lo, hi = limits
    random = np.random.default_rng(3)
    values = random.uniform(lo - (hi - lo), hi + (hi - lo), (40, 50))
    values.flat[:3] = lo, hi, (lo + hi) / 2
    if dtype[0] in "iu":
        values = np.clip(values, np.iinfo(dtype).min, np.iinfo(dtype).max)
    if dtype == "f2":
        values = np.clip(values, -60000, 60000)
    array = values.astype(dtype)
    scaled = np.nan_to_num((array.astype(float) - lo) / (hi - lo) * 65535)
    check(array, np.clip(np.trunc(scaled), 0, 65535).astype(np.uint16), normalize=limits)
    if float(array.flat[1]) == hi:
        encoded = _core.encode(array[:1, 1:2], bit_depth=16, normalize=limits, keeps_sides=True)
        assert decoded(bytes(encoded)).item() == 65535


@pytest.mark.parametrize("level", [None, 0, 1, 4, 6, 9])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_levels_by_an_independent_decoder(level: int | None, channels: int) -> None:
    y, x, c = np.mgrid[:37, :45, :channels]
    random = np.random.default_rng(channels)
    pictures = [
        (x * 700 + y * 31 + c * 9000) % 65536,
        1000 + x // 7 * 300 + random.integers(0, 12, x.shape),
        random.integers(0, 65536, x.shape),
        np.where(x // 5 % 2, 65535, 0),
    ]
    for picture in pictures:
        array = picture.astype(np.uint16)
        data = bytes(_core.encode(array, bit_depth=16, compress_level=level, keeps_sides=True))
        np.testing.assert_array_equal(decoded_by_hand(data), array)
        np.testing.assert_array_equal(decoded(data).reshape(array.shape), array)


@pytest.mark.parametrize("kind", ["slope", "slope down", "slope across", "spread", "narrow"])
def test_files_are_no_larger_than_those_of_libpng(kind: str) -> None:
    """At level 6 with all filters. One filter for all rows, or none, is better here."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:480, :480]
    array, libpng_bytes = {
        "slope": (x * 61 + y * 17, 6268),
        "slope down": (x * 30 + y * 77, 6088),
        "slope across": (x * 88 + y * 21, 4156),
        "spread": (((x * x + y * y) // 900 % 800 + random.integers(0, 8, x.shape)) * 77, 198774),
        "narrow": (20000 + random.integers(0, 32, x.shape) * 3, 241387),
    }[kind]
    assert len(_core.encode(array.astype(np.uint16), bit_depth=16)) <= libpng_bytes * 0.95


def test_pillow_and_opencv_read_the_same(photo: Array) -> None:
    deep = photo.astype(np.uint16) * 257 - photo[..., ::-1]
    data = bytes(_core.encode(deep[..., 0], bit_depth=16))
    with PILImage.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(np.asarray(image), deep[..., 0])
    opencv = pytest.importorskip("cv2")
    data = bytes(_core.encode(deep, bit_depth=16))
    read = opencv.imdecode(np.frombuffer(data, np.uint8), opencv.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(read[..., ::-1], deep)


def test_bools_take_the_whole_range() -> None:
    check(np.array([[True, False]]), np.array([[65535, 0]], np.uint16))


def test_mode_i16_is_the_same() -> None:
    array = np.arange(6000, dtype=np.uint16).reshape(60, 100)
    data = bytes(_core.encode(array, bit_depth=16))
    assert bytes(_core.encode(array, mode="I;16")) == data
    with pytest.raises(ValueError, match="3 channels stays RGB"):
        _core.encode(np.zeros((4, 4, 3)), mode="I;16")


def test_the_default_stays_8_bits() -> None:
    array = np.arange(6000, dtype=np.uint16).reshape(60, 100)
    assert _core.encode(array).mode == "L"
    assert bytes(_core.encode(array, bit_depth=8)) == bytes(_core.encode(array))


def test_a_single_gray_tensor_stays_gray() -> None:
    array = np.arange(6000, dtype=np.uint16).reshape(60, 100)
    encoded = _core.encode_grid(array, bit_depth=16)
    assert encoded.mode == "I;16"
    np.testing.assert_array_equal(decoded(bytes(encoded))[..., 0], array)


def test_a_grid_of_16_bits() -> None:
    batch = np.random.default_rng(0).integers(0, 65536, (5, 1, 6, 7), np.uint16)
    encoded = _core.encode_grid(batch, nrow=3, padding=1, bit_depth=16)
    expected = _core.make_grid(batch, 3, 1)
    np.testing.assert_array_equal(decoded(bytes(encoded)), expected)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"bit_depth": 12}, "bit_depth must be 8 or 16, not 12"),
        ({"bit_depth": 17}, "bit_depth must be 8 or 16, not 17"),
        ({"bit_depth": 16, "file_type": "jpg"}, "bit_depth=16 needs file_type 'png', not 'jpg'"),
        ({"bit_depth": 8, "mode": "I;16"}, "mode 'I;16' has a bit_depth of 16, not 8"),
        ({"bit_depth": 16, "mode": "RGB"}, "stays L: mode RGB is not possible"),
        ({"bit_depth": 16, "colormap": bytes(768)}, "bit_depth=16 and colormap exclude each other"),
    ],
)
def test_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text.replace("(", r"\(")):
        _core.encode(np.zeros((3, 4)), **options)


@pytest.mark.parametrize("bit_depth", ["16", 16.0, True])
def test_bit_depth_is_an_integer(bit_depth: Any) -> None:
    with pytest.raises(TypeError, match="bit_depth must be 8 or 16"):
        _core.encode(np.zeros((3, 4)), bit_depth=bit_depth)


def test_colours_are_reduced_to_8_bits_unless_they_are_kept() -> None:
    array = np.full((2, 3, 3), 0xABCD, np.uint16)
    data = bytes(_core.encode(array, bit_depth=16))
    pixels, mode, sample_bytes = _core.decode(data)
    assert (mode, sample_bytes) == ("RGB", 1)
    assert (pixels == 0xAB).all()
    assert _core.decode(data, keep_16_bits=True)[1] == "RGB;16"

"""Arrays to encoded files: what another decoder reads back is what went in."""

from __future__ import annotations

import io
import threading
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage

import wbimage_ext
from wbimage_ext import _core

SHAPES = [(1, 1), (1, 7), (7, 1), (28, 28), (33, 65), (5, 9, 3), (64, 48, 4), (3, 257, 3)]


def decoded(data: bytes) -> np.ndarray[Any, Any]:
    with PILImage.open(io.BytesIO(data)) as image:
        image.load()
        return np.asarray(image)


def sample(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    array = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    array.flat[0] = 200  # over 1, so that the values stay as they are
    return array


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_png_holds_the_pixels(shape: tuple[int, ...]) -> None:
    array = sample(shape)
    np.testing.assert_array_equal(decoded(wbimage_ext.encode(array)), array)


@pytest.mark.filterwarnings("ignore:BMP format does not support transparency")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_bmp_is_what_pillow_writes(shape: tuple[int, ...]) -> None:
    array = sample(shape)
    theirs = io.BytesIO()
    PILImage.fromarray(array).save(theirs, "BMP")
    expected = bytearray(theirs.getvalue())
    if array.ndim == 2:
        # Each colour's fourth byte is reserved; Pillow before 11.2 does not write 0.
        expected[57 : 54 + 1024 : 4] = bytes(256)
    assert wbimage_ext.encode(array, "bmp") == expected


@pytest.mark.parametrize("level", range(10))
def test_every_compress_level_holds_the_pixels(level: int, photo: Any) -> None:
    data = wbimage_ext.encode(photo, compress_level=level)
    np.testing.assert_array_equal(decoded(data), photo)


@pytest.mark.parametrize("quality", [1, 40, 75, 100])
def test_jpeg_is_what_pillow_writes(quality: int, photo: Any, gray_photo: Any) -> None:
    for array in (photo, gray_photo):
        theirs = io.BytesIO()
        PILImage.fromarray(array).save(theirs, "JPEG", quality=quality)
        ours = wbimage_ext.encode(array, "jpg", quality=quality)
        difference = decoded(ours).astype(int) - decoded(theirs.getvalue())
        # Library versions may round the transform differently.
        assert abs(difference).max() <= 3
        assert abs(len(ours) - len(theirs.getvalue())) <= 0.01 * len(ours)


@pytest.mark.parametrize(
    "layout",
    [
        lambda a: a[::-1],
        lambda a: a[:, ::-1],
        lambda a: a[::2, ::3],
        lambda a: a.transpose(1, 0, 2),
        lambda a: np.ascontiguousarray(a.transpose(2, 0, 1)).transpose(1, 2, 0),
        lambda a: np.asfortranarray(a),
        lambda a: a[..., ::-1],
        lambda a: np.broadcast_to(a[:1], a.shape),
        lambda a: a[..., 0],
        lambda a: a[10:20, 5:105],
    ],
)
def test_layouts(layout: Any, photo: Any) -> None:
    array = layout(photo)
    np.testing.assert_array_equal(decoded(wbimage_ext.encode(array)), array)


def test_read_only_and_unaligned_data(photo: Any) -> None:
    read_only = photo.copy()
    read_only.flags.writeable = False
    np.testing.assert_array_equal(decoded(wbimage_ext.encode(read_only)), photo)
    raw = b"x" + photo[..., 0].astype("<f8").tobytes()
    unaligned = np.frombuffer(raw, "<f8", offset=1).reshape(photo.shape[:2])
    np.testing.assert_array_equal(decoded(wbimage_ext.encode(unaligned)), photo[..., 0])


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("shape", [(40, 31), (40, 31, 3), (40, 31, 4)], ids=str)
def test_mode_converts_as_pillow_does(mode: str, shape: tuple[int, ...]) -> None:
    array = sample(shape)
    expected = np.asarray(PILImage.fromarray(array).convert(mode))
    np.testing.assert_array_equal(decoded(wbimage_ext.encode(array, mode=mode)), expected)


def test_same_input_gives_same_bytes(photo: Any) -> None:
    assert wbimage_ext.encode(photo) == wbimage_ext.encode(photo.copy(order="F"))


def test_squeezed_shapes() -> None:
    assert decoded(wbimage_ext.encode(sample((1, 20, 3)))).shape == (20, 3)
    assert decoded(wbimage_ext.encode(sample((20, 30, 1)))).shape == (20, 30)
    assert decoded(wbimage_ext.encode(sample((1, 1, 20, 30, 3)))).shape == (20, 30, 3)
    assert decoded(wbimage_ext.encode(sample((1, 1, 3)))).shape == (1, 1, 3)
    assert decoded(wbimage_ext.encode(sample((5, 1, 1)))).shape == (5, 1)


@pytest.mark.parametrize(
    ("shape", "hint"),
    [((4, 4, 2), ""), ((3, 20, 30), "transpose(1, 2, 0)"), ((8, 20, 30, 3), "from_batch")],
)
def test_unsupported_shapes_are_named(shape: tuple[int, ...], hint: str) -> None:
    text = f"Un-supported shape for image conversion {list(shape)}"
    with pytest.raises(ValueError, match="Un-supported") as raised:
        wbimage_ext.encode(np.zeros(shape))
    assert text in str(raised.value)
    assert hint in str(raised.value)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0, 3), (5, 5, 0)])
def test_empty_arrays_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError):
        wbimage_ext.encode(np.zeros(shape))


@pytest.mark.parametrize("dtype", [complex, object, "U3", "datetime64[s]", [("r", "u1")]])
def test_dtypes_without_pixels_are_named(dtype: Any) -> None:
    array = np.zeros((4, 4), dtype)
    with pytest.raises(TypeError) as raised:
        wbimage_ext.encode(array)
    assert str(array.dtype) in str(raised.value)


def test_a_side_over_the_limit_is_named() -> None:
    with pytest.raises(ValueError, match="65501") as raised:
        wbimage_ext.encode(np.zeros((1, 65501), np.uint8))
    assert "65500" in str(raised.value)
    assert decoded(wbimage_ext.encode(np.full((65500, 1), 7, np.uint8))).shape == (65500, 1)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"file_type": "gif"}, "'gif'"),
        ({"quality": 0}, "0"),
        ({"quality": 101}, "101"),
        ({"compress_level": 10}, "10"),
        ({"compress_level": -1}, "-1"),
        ({"normalize": (1, 1)}, "(1, 1)"),
        ({"normalize": (0, float("nan"))}, "nan"),
        ({"normalize": "yes"}, "'yes'"),
        ({"mode": "Q"}, "'Q'"),
    ],
)
def test_bad_options_are_named(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError) as raised:
        wbimage_ext.encode(np.zeros((4, 4)), **arguments)
    assert named in str(raised.value)


def test_nan_warns_once_and_is_black() -> None:
    array = np.full((4, 4), 0.5, np.float32)
    array[0, 0] = np.nan
    with pytest.warns(RuntimeWarning, match="NaN") as warned:
        pixels = decoded(wbimage_ext.encode(array))
    assert len(warned) == 1
    assert pixels[0, 0] == 0
    assert pixels[1, 1] == 127


def test_threads_encode_at_the_same_time(photo: Any) -> None:
    expected = wbimage_ext.encode(photo)
    results: list[bytes] = []

    def encode() -> None:
        results.extend(wbimage_ext.encode(photo) for _ in range(5))

    threads = [threading.Thread(target=encode) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 40


def test_encoded_keeps_its_buffer_while_it_is_viewed(photo: Any) -> None:
    encoded = _core.encode(photo)
    view = memoryview(encoded)
    assert view.readonly
    expected = bytes(view)
    del encoded
    _core.encode(photo[::-1])
    assert bytes(view) == expected


def test_the_core_decodes_what_it_encodes(photo: Any, gray_photo: Any) -> None:
    for array, mode in ((photo, "RGB"), (gray_photo, "L")):
        pixels, found, sample_bytes = _core.decode(_core.encode(array))
        assert (found, sample_bytes) == (mode, 1)
        np.testing.assert_array_equal(pixels.squeeze(), array)


def test_build_info_says_what_is_in_use() -> None:
    info = wbimage_ext.build_info()
    assert info["wbimage_ext"] == wbimage_ext.__version__
    assert all(isinstance(value, str) and value for value in info.values())


# Numbers


@pytest.mark.parametrize("kind", [int, np.int64, np.uint8, np.int8], ids=str)
def test_any_integer_is_a_level_and_a_quality(kind: Any, photo: Any) -> None:
    data = wbimage_ext.encode(photo, compress_level=kind(6))
    assert data == wbimage_ext.encode(photo, compress_level=6)
    data = wbimage_ext.encode(photo, "jpg", quality=kind(90))
    assert data == wbimage_ext.encode(photo, "jpg", quality=90)


@pytest.mark.parametrize("mode", ["RGB", "P", "CMYK"])
@pytest.mark.parametrize(
    "arguments",
    [
        {"compress_level": True},
        {"compress_level": np.True_},
        {"compress_level": 10},
        {"compress_level": -1},
        {"compress_level": 1.5},
        {"quality": 0},
        {"quality": 101},
        {"quality": 2.5},
    ],
    ids=str,
)
def test_what_is_no_level_and_no_quality(arguments: dict[str, Any], mode: str) -> None:
    for image in (PILImage.new(mode, (4, 5)), np.zeros((4, 5, 3), np.uint8)):
        for file_type in ("png", "jpg"):
            with pytest.raises((TypeError, ValueError)):
                wbimage_ext.Image(image, file_type=file_type, **arguments)


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        (np.True_, True),
        (1, True),
        (np.int64(1), True),
        (np.False_, False),
        (0, False),
        (None, False),
        (np.array([0, 2]), (0, 2)),
        ([np.float32(0), 2], (0, 2)),
    ],
    ids=repr,
)
def test_what_python_takes_for_a_bool_is_one(given: Any, plain: Any) -> None:
    values = np.linspace(0, 2, 600).reshape(20, 30)
    gray = PILImage.fromarray(values.astype(np.float32))
    for data in (values, values.astype(np.uint8), gray, gray.convert("L").convert("RGB")):
        one, other = (wbimage_ext.Image(data, normalize=rule) for rule in (given, plain))
        assert one._sha256 == other._sha256
        if np.ndim(data) == 2:
            images = wbimage_ext.Image.from_batch([data], dataformats="NHW", normalize=given)
            assert images[0]._sha256 == other._sha256
    expected = wbimage_ext.to_uint8(values, plain)
    np.testing.assert_array_equal(wbimage_ext.to_uint8(values, given), expected)


@pytest.mark.parametrize(
    ("data", "arguments", "words"),
    [
        (np.zeros((4, 5)), {"quality": np.array([1, 2])}, "quality must be .* not numpy.ndarray"),
        (np.zeros((4, 5)), {"compress_level": np.array([1, 2])}, "compress_level .* numpy.ndarray"),
        (np.zeros((4, 5)), {"bit_depth": np.array([8, 16])}, "bit_depth .* not numpy.ndarray"),
        (np.zeros((4, 5)), {"mode": ["L"]}, r"mode must be .* not \['L'\]"),
        (np.zeros((4, 5)), {"mode": np.array(["L", "RGB"])}, "mode must be .* not numpy.ndarray"),
        (np.zeros((4, 5)), {"file_type": ["png"]}, r"file_type must be .* not \['png'\]"),
        (np.zeros((4, 5)), {"quality": 10**5000}, "not <int of 16610 bits>"),
        (np.zeros((4, 5)), {"quality": "x" * 10**6}, "quality must be an integer"),
        (np.zeros((4, 5)), {"compress_level": "6"}, "compress_level must be None or an integer"),
        (np.zeros((4, 5)), {"classes": 5}, "classes must be a sequence"),
        ("a\0b", {}, r"'a\\x00b' contains a NUL"),
        (b"", {}, "the bytes are empty"),
    ],
)
def test_refusals_name_the_argument(data: Any, arguments: dict[str, Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words) as raised:
        wbimage_ext.Image(data, **arguments)
    assert len(str(raised.value)) < 300


def test_no_warning_comes_before_a_refusal() -> None:
    with pytest.raises(ValueError, match="Un-supported shape"):
        wbimage_ext.Image(np.full((5, 5, 2), 300, np.uint16))

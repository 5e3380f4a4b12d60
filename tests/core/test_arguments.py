"""What the core's functions take as arguments, and what a refusal says."""

from __future__ import annotations

import inspect
import io
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage

from wbimage_ext import _core

GRAY = np.arange(600, dtype=np.uint8).reshape(20, 30)
FLOATS = GRAY / np.float32(100)
BATCH = np.ones((2, 3, 4, 5), np.float32)


@pytest.mark.parametrize("encode", [_core.encode, _core.encode_grid])
@pytest.mark.parametrize(
    ("given", "meant"),
    [
        *((given, True) for given in (np.True_, 1, np.int64(1))),
        *((given, False) for given in (np.False_, 0, np.uint8(0), None)),
    ],
)
def test_normalize_takes_what_means_true_or_false(
    encode: Callable[..., Any], given: Any, meant: bool
) -> None:
    assert bytes(encode(FLOATS, normalize=given)) == bytes(encode(FLOATS, normalize=meant))
    given_values = _core.to_uint8(FLOATS, normalize=given)[0]
    np.testing.assert_array_equal(given_values, _core.to_uint8(FLOATS, normalize=meant)[0])


@pytest.mark.parametrize("limits", [np.array([0, 3]), [0, np.float32(3)], (np.int8(0), 3.0)])
def test_normalize_takes_any_two_numbers(limits: Any) -> None:
    expected = _core.to_uint8(FLOATS, normalize=(0.0, 3.0))[0]
    np.testing.assert_array_equal(_core.to_uint8(FLOATS, normalize=limits)[0], expected)


@pytest.mark.parametrize("wrong", [2, -1, np.int64(7), 0.5, "yes", (1,), np.arange(3), {}, GRAY])
def test_other_values_of_normalize_are_named(wrong: Any) -> None:
    with pytest.raises(ValueError, match="normalize must be True, False or two finite") as raised:
        _core.encode(FLOATS, normalize=wrong)
    assert repr(wrong)[:40] in str(raised.value)


class Index:
    """An integer that is no int."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


@pytest.mark.parametrize("kind", [np.int64, np.uint8, Index, np.array])
def test_integers_of_any_kind(kind: Any) -> None:
    color = np.dstack([GRAY] * 3)
    at_level = _core.encode(color, compress_level=kind(9))
    assert bytes(at_level) == bytes(_core.encode(color, compress_level=9))
    at_quality = _core.encode(color, "jpg", quality=kind(90))
    assert bytes(at_quality) == bytes(_core.encode(color, "jpg", quality=90))


INTEGERS = {
    "compress_level": "compress_level must be None or an integer from 0 to 9",
    "quality": "quality must be an integer from 1 to 100",
    "num_threads": "num_threads must be an integer of 1 or more",
}


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("wrong", [True, np.True_, False, "6", 6.0, np.float32(6), [6]])
def test_what_is_no_integer_is_a_type_error(name: str, wrong: Any) -> None:
    with pytest.raises(TypeError) as raised:
        _core.encode(GRAY, **{name: wrong})
    assert str(raised.value) == f"{INTEGERS[name]}, not {wrong!r}"


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("wrong", [-1, 10**30, -(10**30), np.int64(-7), 2**31])
def test_an_integer_out_of_range_is_a_value_error(name: str, wrong: Any) -> None:
    with pytest.raises(ValueError) as raised:
        _core.encode(GRAY, **{name: wrong})
    assert str(raised.value) == f"{INTEGERS[name]}, not {wrong!r}"


@pytest.mark.parametrize("name", ["normalize", "quality", "compress_level", "mode"])
def test_refusals_are_short(name: str) -> None:
    with pytest.raises((TypeError, ValueError)) as raised:
        _core.encode(GRAY, **{name: bytes(10**6)})
    assert len(str(raised.value)) < 400


def test_channels_do_not_wrap() -> None:
    """2**32 + 3 of them are not 3."""
    planes = np.broadcast_to(np.uint8(7), (2**32 + 3, 2, 2))
    for function in (_core.encode_grid, _core.make_grid):
        with pytest.raises(ValueError, match="4294967299 channels"):
            function(planes, dataformats="CHW")


def test_sides_of_one_are_kept_where_that_is_asked() -> None:
    for shape in ((1, 5, 3), (5, 1, 3), (1, 1, 3), (5, 1, 4), (1, 5)):
        array = np.arange(1, np.prod(shape) + 1, dtype=np.uint8).reshape(shape)
        encoded = _core.encode(array, keeps_sides=True)
        assert (encoded.height, encoded.width) == shape[:2]
        pixels = _core.decode(encoded)[0]
        np.testing.assert_array_equal(pixels.reshape(shape), array)
    with pytest.raises(ValueError, match="Un-supported shape"):
        _core.encode(np.zeros((1, 5, 7)), keeps_sides=True)


def test_the_range_of_floats_is_told() -> None:
    values = np.array([[-0.5, 0.25], [np.nan, 2.0]])
    for dtype in (np.float16, np.float32, np.float64):
        assert _core.encode(values.astype(dtype)).value_range == (-0.5, 2.0)
        assert _core.to_uint8(values.astype(dtype))[2] == (-0.5, 2.0)
    # One that was scanned to its end although values over 1 came first.
    ramp = np.linspace(1.05, 1.1, 10**5)[None]
    assert _core.encode(ramp.reshape(100, -1)).value_range == (1.05, 1.1)
    assert _core.to_uint8(ramp)[2] == (1.05, 1.1)


@pytest.mark.parametrize("normalize", [False, (0, 1)])
def test_no_range_is_told_where_the_values_do_not_matter(normalize: Any) -> None:
    assert _core.encode(FLOATS, normalize=normalize).value_range is None
    assert _core.to_uint8(FLOATS, normalize=normalize)[2] is None
    assert _core.encode(GRAY).value_range is None
    assert _core.encode(np.full((2, 2), np.nan)).value_range is None
    assert _core.encode_mask(GRAY)[0].value_range is None


# A JPEG of 209 bytes with arithmetic codes: a scan of any size of one colour.
def arithmetic_jpeg(width: int, height: int) -> bytes:
    sides = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    table = b"\xff\xdb\x00\x43\x00" + bytes([1] * 64)
    frame = b"\xff\xc9\x00\x0b\x08" + sides + b"\x01\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + bytes(16)
    return b"\xff\xd8" + table + frame + scan + b"\xff\xd9"


def test_arithmetic_codes_are_bounded_as_any_others() -> None:
    assert _core.decode(arithmetic_jpeg(64, 32))[0].shape == (32, 64, 1)
    with pytest.raises(ValueError, match="65500 x 65500 pixels, over the limit of 268435456"):
        _core.decode(arithmetic_jpeg(65500, 65500))


def test_the_limit_of_pixels_is_an_argument() -> None:
    buffer = io.BytesIO()
    PILImage.fromarray(GRAY).save(buffer, "PNG")
    for limit in (600, np.int64(601), 10**30, None):
        assert _core.decode(buffer.getvalue(), max_pixels=limit)[0].size == 600
    with pytest.raises(ValueError, match="30 x 20 pixels, over the limit of 599"):
        _core.decode(buffer.getvalue(), max_pixels=599)
    with pytest.raises(ValueError, match="max_pixels must be None or a count of pixels, not -1"):
        _core.decode(buffer.getvalue(), max_pixels=-1)
    with pytest.raises(TypeError):
        _core.decode(buffer.getvalue(), max_pixels="many")


DECODE_LARGE = """
import numpy as np
from wbimage_ext import _core

def most_kb():
    # Not ru_maxrss, which begins with what the process that started this one holds.
    lines = dict(line.split(":") for line in open("/proc/self/status"))
    return int(lines["VmHWM"].split()[0])

file = bytes(_core.encode(np.zeros((6000, 6000, 3), np.uint8)))
before = most_kb()
pixels = _core.decode(file)[0]
print((most_kb() - before) * 1024 / pixels.nbytes)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is asked of Linux's /proc")
def test_decoded_pixels_are_not_copied() -> None:
    """They are large, and a copy would be made while all other threads wait."""
    run = subprocess.run(
        [sys.executable, "-c", DECODE_LARGE], capture_output=True, text=True, check=True
    )
    assert 0.5 < float(run.stdout) < 1.5


@pytest.mark.parametrize("name", [name for name in dir(_core) if callable(getattr(_core, name))])
def test_signatures_can_be_asked_for(name: str) -> None:
    function = getattr(_core, name)
    if name == "Encoded":
        return
    signature = inspect.signature(function)
    assert all(parameter.name for parameter in signature.parameters.values())
    assert function.__doc__


def test_defaults_of_signatures_are_true() -> None:
    calls: list[tuple[Callable[..., Any], Any]] = [
        (_core.encode, FLOATS),
        (_core.encode_grid, BATCH),
        (_core.make_grid, BATCH),
        (_core.to_uint8, FLOATS),
        (_core.decode, bytes(_core.encode(GRAY))),
    ]
    for function, data in calls:
        parameters = list(inspect.signature(function).parameters.values())[1:]
        spelled_out = {parameter.name: parameter.default for parameter in parameters}
        if function is _core.make_grid:
            np.testing.assert_array_equal(function(data, **spelled_out), function(data))
            continue
        result, expected = function(data, **spelled_out), function(data)
        if isinstance(result, tuple):
            result, expected = result[0], expected[0]
        assert bytes(result) == bytes(expected)


def test_build_info_names_libpng() -> None:
    version = _core.build_info()["libpng"]
    assert [int(part) for part in version.split(".")[:2]] >= [1, 6]

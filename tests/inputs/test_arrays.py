"""Inputs: each kind of the README's table, what is read in place, what is refused in what words."""

from __future__ import annotations

import datetime
import os
import tracemalloc
from multiprocessing import shared_memory
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext import Image, inputs

from .. import reference
from . import cases
from .cases import InputCase, WithArrayInterface, WithArrayMethod, WithDlpack

Array = np.ndarray[Any, Any]


@pytest.mark.parametrize("case", cases.INPUTS, ids=lambda case: case.name)
def test_every_kind_of_input(case: InputCase, tmp_path: Path) -> None:
    if not case.is_possible():
        pytest.skip(f"needs {case.needs}")
    for data, expected in case.examples(tmp_path):
        image = Image(data)
        if isinstance(expected, str):
            assert image._path == expected
        elif isinstance(expected, bytes):
            assert Path(str(image._path)).read_bytes() == expected
        else:
            np.testing.assert_array_equal(image.to_data_array(), expected)
        if not isinstance(expected, str):
            assert image._sha256 is not None
            assert image.image.size == (image._width, image._height)
        if callable(getattr(data, "close", None)):
            data.close()


@pytest.mark.source_tree
def test_the_readme_has_the_table() -> None:
    assert cases.table_in_readme() == cases.table()


# Nothing is copied where nothing has to be.


def address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])


def big() -> Array:
    """(1000, 1000, 3) uint8, whose encoded file is small."""
    return np.full((1000, 1000, 3), 7, np.uint8)


IN_PLACE = {
    "array": lambda values: values,
    "reversed": lambda values: values[::-1],
    "transposed": lambda values: values.transpose(1, 0, 2),
    "memoryview": memoryview,
    "interface": WithArrayInterface,
    "array method": WithArrayMethod,
}
if hasattr(np, "from_dlpack"):
    IN_PLACE["dlpack"] = WithDlpack


def test_numpy_that_reads_no_dlpack_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(np, "from_dlpack", raising=False)
    with pytest.raises(TypeError, match=r"only __dlpack__.* NumPy 1\.23 does"):
        inputs.as_pixels(WithDlpack(big()))


@pytest.mark.parametrize("wrap", IN_PLACE.values(), ids=IN_PLACE)
def test_arrays_are_read_in_place(wrap: Any) -> None:
    values = big()
    assert np.shares_memory(inputs.as_pixels(wrap(values)).array, values)


@pytest.mark.parametrize("wrap", IN_PLACE.values(), ids=IN_PLACE)
def test_logging_an_array_allocates_no_second_one(wrap: Any) -> None:
    data = wrap(big())
    Image(data)
    tracemalloc.start()
    try:
        Image(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100_000, "three million bytes of pixels were copied"


def test_read_only_arrays_in_shared_memory() -> None:
    # What Ray hands out: read-only arrays over a block of shared memory.
    block = shared_memory.SharedMemory(create=True, size=600)
    try:
        writable: Array = np.ndarray((10, 20, 3), np.uint8, block.buf)
        writable[:] = np.arange(600).reshape(10, 20, 3) % 256
        values = writable.view()
        values.flags.writeable = False
        assert inputs.as_pixels(values).array is values
        np.testing.assert_array_equal(Image(values).to_data_array(), values)
        del writable, values
    finally:
        block.close()
        block.unlink()


def test_memory_maps_are_read_in_place(tmp_path: Path) -> None:
    path = tmp_path / "pixels"
    path.write_bytes(bytes(range(240)))
    mapped = np.memmap(path, np.uint8, "r", shape=(8, 10, 3))
    assert np.shares_memory(inputs.as_pixels(mapped).array, mapped)
    np.testing.assert_array_equal(Image(mapped).to_data_array(), mapped)


def test_pandas_frames_are_read_in_place() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(np.random.default_rng(0).random((6, 5)))
    array = inputs.as_pixels(frame).array
    assert np.shares_memory(array, frame.to_numpy())
    np.testing.assert_array_equal(Image(frame).to_data_array(), reference.to_uint8(array))


@pytest.mark.parametrize(
    "dtype", ["uint8", "int32", "bool", "float16", "bfloat16", "float32", "float8_e4m3fn"]
)
def test_jax_arrays_of_every_kind(dtype: str) -> None:
    numpy = pytest.importorskip("jax.numpy")
    values = numpy.asarray((np.arange(48).reshape(6, 8) % 5) * 0.25).astype(getattr(numpy, dtype))
    array = inputs.as_pixels(values).array
    if not dtype.startswith("float8"):
        assert address(array) == values.unsafe_buffer_pointer()
    plain = np.asarray(values.astype(numpy.float32)) if "float" in dtype else np.asarray(values)
    np.testing.assert_array_equal(Image(values).to_data_array(), reference.to_uint8(plain))


def test_bfloat16_arrays_keep_their_dtype_in_a_grid() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values = np.arange(24).reshape(2, 3, 2, 2).astype(ml_dtypes.bfloat16)
    grid = wbimage_ext.make_grid(values, pad_value=0.5)
    assert grid.dtype == ml_dtypes.bfloat16
    expected = reference.make_grid(np.moveaxis(values.astype(np.float32), 1, -1), pad_value=0.5)
    np.testing.assert_array_equal(grid, expected)


# make_grid


@pytest.mark.parametrize("dtype", ["u1", "?", "i2", ">i4", "f2", "<f4", ">f8"])
@pytest.mark.parametrize(
    "shape", [(1, 3, 4, 5), (5, 1, 4, 5), (11, 3, 4, 5), (3, 4, 2, 2)], ids=str
)
def test_make_grid_of_arrays(shape: tuple[int, ...], dtype: str) -> None:
    batch = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    channels_last = np.moveaxis(batch, 1, -1)
    expected = reference.make_grid(channels_last)
    grid = wbimage_ext.make_grid(batch)
    assert grid.dtype == batch.dtype
    np.testing.assert_array_equal(grid, expected)
    np.testing.assert_array_equal(
        wbimage_ext.make_grid(channels_last, dataformats="NHWC"), expected
    )
    np.testing.assert_array_equal(wbimage_ext.make_grid(batch.tolist()), expected)


def test_make_grid_names_wrong_arguments() -> None:
    batch = np.zeros((2, 3, 4, 5))
    with pytest.raises(ValueError, match="'NHW'"):
        wbimage_ext.make_grid(batch, dataformats="NHW")
    with pytest.raises(ValueError, match="nrow"):
        wbimage_ext.make_grid(batch, nrow=0)
    with pytest.raises(ValueError, match="padding"):
        wbimage_ext.make_grid(batch, padding=-1)
    with pytest.raises(TypeError, match=r"^nrow must be an integer of 1 or more, not 2\.5$"):
        wbimage_ext.make_grid(batch, nrow=2.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^padding must be an integer of 0 or more, not '2'$"):
        wbimage_ext.make_grid(batch, padding="2")  # type: ignore[arg-type]
    for wrong in ("a", [1, 2]):
        with pytest.raises(ValueError, match=r"^pad_value must be one value of the array.s dtype"):
            wbimage_ext.make_grid(batch, pad_value=wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="complex"):
        wbimage_ext.make_grid(batch.astype(complex))


# encode


def test_encode_takes_every_kind_of_pixels(tmp_path: Path) -> None:
    values = cases.color()
    data = wbimage_ext.encode(values)
    assert Path(str(Image(values)._path)).read_bytes() == data
    assert wbimage_ext.encode(values.tolist()) == data
    pillow = pytest.importorskip("PIL.Image")
    assert wbimage_ext.encode(pillow.fromarray(values)) == data
    for encoded in (data, bytearray(data), memoryview(data), "photo.png", tmp_path / "photo.png"):
        with pytest.raises(TypeError, match=r"^encode takes pixels; .* is encoded already$"):
            wbimage_ext.encode(encoded)
    with pytest.raises(TypeError, match=r"encode takes pixels; 'p1\.png' is encoded already"):
        wbimage_ext.encode("p1.png")


# Values


@pytest.mark.filterwarnings("ignore:values from .* are clipped")
@pytest.mark.parametrize("file_type", ["png", "bmp"])
@pytest.mark.parametrize("normalize", [True, False, (-3.0, 9.5), [0, 1]], ids=str)
@pytest.mark.parametrize("dtype", ["f4", ">f8", "i2", "u1", "?"])
def test_normalize_for_every_dtype(dtype: str, normalize: Any, file_type: str) -> None:
    values = np.random.default_rng(0).normal(3, 4, (6, 5, 3))
    data = values.clip(0).astype(dtype) if dtype in ("u1", "?") else values.astype(dtype)
    expected = reference.to_uint8(
        data, normalize if isinstance(normalize, bool) else tuple(normalize)
    )
    image = Image(data, normalize=normalize, file_type=file_type)
    np.testing.assert_array_equal(image.to_data_array(), expected)
    np.testing.assert_array_equal(wbimage_ext.to_uint8(data, normalize), expected)


# Refusals


class Nothing:
    """An object of no use, with the same name in every process."""

    def __repr__(self) -> str:
        return "Nothing()"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "cannot make an image of None: "),
        (np, "image of module: "),
        (os, "image of module: "),
        (np.float32, "image of type: "),
        (3.5, r"Un-supported shape.*\[\].*float"),
        ({"a": 1}, "dict"),
        (Nothing(), "Nothing"),
        (object, "type"),
        ([[1, 2], [3]], "list"),
        ([["a"]], "list"),
        ([[1j]], r"list.*complex128"),
        (np.zeros((4, 5), complex), r"numpy.ndarray of shape \[4, 5\] and dtype complex128"),
        (np.zeros((4, 5), object), r"numpy.ndarray of shape \[4, 5\] and dtype object"),
        (np.zeros((4, 5), "U3"), r"of shape \[4, 5\] and dtype <U3"),
        (np.zeros((4, 5), "M8[s]"), r"of shape \[4, 5\] and dtype datetime64"),
        (np.zeros((4, 5), [("r", "u1"), ("g", "u1")]), r"of shape \[4, 5\]"),
        ([[datetime.date(2024, 1, 1)]], "list"),
    ],
    ids=repr,
)
def test_what_holds_no_pixels_is_named(data: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words) as raised:
        Image(data)
    if not isinstance(data, float):
        assert raised.type is TypeError
        assert "is needed" in str(raised.value)


@pytest.mark.parametrize("paths", [["a.png", "b.png"], (Path("a.png"),)], ids=str)
def test_paths_are_one_a_call(paths: Any) -> None:
    with pytest.raises(TypeError, match=r"one image per call: \[Image\(path\) for path in paths\]"):
        Image(paths)


@pytest.mark.parametrize("data", [b"abc", "abc", None, ["a.png"], [[1, 2], [3]]], ids=repr)
@pytest.mark.parametrize("function", ["to_uint8", "guess_mode", "make_grid"])
def test_functions_of_values_name_what_they_take(function: str, data: Any) -> None:
    with pytest.raises(TypeError, match="an array or tensor of bool, integer or float") as raised:
        getattr(wbimage_ext, function)(data)
    assert "None" in str(raised.value) if data is None else type(data).__name__ in str(raised.value)
    assert not any(word in str(raised.value) for word in ("path", "Pillow", "image"))


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ((4, 4, 2), ""),
        ((3, 8, 9), "transpose(1, 2, 0)"),
        ((4, 8, 9), "transpose(1, 2, 0)"),
        ((2, 8, 9, 3), "Image.from_batch"),
        ((5,), ""),
        ((2, 2, 2, 2, 2), ""),
    ],
    ids=str,
)
def test_shapes_are_named_with_what_would_work(shape: tuple[int, ...], hint: str) -> None:
    with pytest.raises(ValueError, match="Un-supported shape for image conversion") as raised:
        Image(np.zeros(shape, np.float32))
    message = str(raised.value)
    assert message.startswith(f"Un-supported shape for image conversion {list(shape)}")
    assert hint in message
    assert "numpy.ndarray" in message
    assert "float32" in message
    assert "(H, W, 3)" in message


class Talkative:
    """What explains at length why it is no array, as JAX's tracers do."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError("for this reason: " + "x" * 10**6)


def test_the_reason_of_a_refusal_is_short() -> None:
    for take in (wbimage_ext.Image, wbimage_ext.to_uint8):
        with pytest.raises(TypeError, match=r"Talkative \(for this reason: x") as raised:
            take(Talkative())
        assert len(str(raised.value)) < 500

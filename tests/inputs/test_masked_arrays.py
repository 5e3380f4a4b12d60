"""NumPy's masked arrays: masked values have no part in the range, and are black."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext import Image, ImageMask

from .. import reference

Array = np.ndarray[Any, Any]

DTYPES = ["u1", "i2", "u2", ">i4", "i8", "f2", "f4", ">f8", "?"]


def masked(dtype: str, *shape: int) -> tuple[Any, Array]:
    """A masked array with extreme values under its mask, and what has to become of it."""
    rng = np.random.default_rng(0)
    values = (rng.random(shape) * 100 - 20).clip(0 if dtype in ("u1", "u2", "?") else -20)
    data = values.astype(dtype)
    mask = rng.random(shape) < 0.3
    expected = np.zeros(shape, np.uint8)
    expected[~mask] = reference.to_uint8(data[~mask])
    extreme = np.iinfo(data.dtype).max if data.dtype.kind in "ui" else 1
    data[mask] = np.finfo(data.dtype).max if data.dtype.kind == "f" else extreme
    return np.ma.MaskedArray(data, mask), expected


@pytest.mark.parametrize("shape", [(9, 11), (9, 11, 3), (9, 11, 4)], ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_masked_values_are_black_and_outside_the_range(dtype: str, shape: tuple[int, ...]) -> None:
    data, expected = masked(dtype, *shape)
    before = data.copy()
    image = Image(data)
    np.testing.assert_array_equal(image.to_data_array(), expected)
    np.testing.assert_array_equal(wbimage_ext.to_uint8(data), expected)
    assert wbimage_ext.encode(data) == wbimage_ext.encode(expected, normalize=False)
    np.testing.assert_array_equal(data.data, before.data)
    np.testing.assert_array_equal(data.mask, before.mask)


@pytest.mark.filterwarnings("ignore:values from .* are clipped")
@pytest.mark.parametrize("normalize", [False, (-5, 50)], ids=str)
def test_other_rules_leave_masked_values_black(normalize: Any) -> None:
    data, _ = masked("i2", 9, 11)
    expected = np.where(data.mask, 0, reference.to_uint8(data.data, normalize))
    np.testing.assert_array_equal(Image(data, normalize=normalize).to_data_array(), expected)


def test_a_mask_that_hides_nothing_copies_nothing() -> None:
    data = np.arange(12, dtype=np.float32).reshape(3, 4)
    for mask in (np.ma.nomask, np.zeros((3, 4), bool)):
        pixels = wbimage_ext.inputs.as_pixels(np.ma.MaskedArray(data, mask))
        assert np.shares_memory(pixels.array, data)


def test_all_values_masked() -> None:
    data = np.ma.masked_all((3, 4), np.float32)
    np.testing.assert_array_equal(Image(data).to_data_array(), np.zeros((3, 4)))


def test_only_nan_that_can_be_seen_warns() -> None:
    data = np.ma.masked_invalid(np.array([[0.0, np.nan, 1.0]]))
    Image(data)
    wbimage_ext.to_uint8(data)
    data.mask = [[True, False, False]]
    with pytest.warns(RuntimeWarning, match="NaN"):
        Image(data)


@pytest.mark.parametrize("dtype", ["u1", "f4"])
def test_masked_values_have_the_color_of_nan(dtype: str) -> None:
    table = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    data = np.ma.MaskedArray(np.array([[0, 50, 99, 255]], dtype), [[False, False, False, True]])
    image = Image(data, colormap=table, nan_color=(1, 2, 3), normalize=(0, 99))
    colors = np.asarray(image.image.convert("RGB"))
    assert colors[0, 3].tolist() == [1, 2, 3]
    assert colors[0, 2].tolist() == [254] * 3


def test_lists_of_masked_arrays() -> None:
    data, expected = masked("f4", 4, 9, 11)
    np.testing.assert_array_equal(wbimage_ext.to_uint8(list(data)), expected)
    rows = list(data[0])
    assert Image(rows)._sha256 == Image(data[0])._sha256


def test_batches_of_masked_arrays() -> None:
    data, _ = masked("f4", 3, 9, 11, 3)
    alone = [Image(item)._sha256 for item in data]
    assert [image._sha256 for image in Image.from_batch(data)] == alone
    assert [image._sha256 for image in Image.from_batch(list(data))] == alone
    first = np.ma.MaskedArray(np.moveaxis(data.data, -1, 1), np.moveaxis(data.mask, -1, 1))
    assert [i._sha256 for i in Image.from_batch(first, dataformats="NCHW")] == alone


def test_a_grid_is_masked_where_its_images_are() -> None:
    data, _ = masked("u1", 3, 1, 5, 6)
    for given in (data, list(data)):
        grid = wbimage_ext.make_grid(given, nrow=2, padding=1, pad_value=9)
        assert grid.dtype == np.uint8
        np.testing.assert_array_equal(
            grid.data,
            reference.make_grid(np.moveaxis(data.data, 1, -1), nrow=2, padding=1, pad_value=9),
        )
        np.testing.assert_array_equal(grid.mask[1:6, 1:7, 0], data.mask[0, 0])
        assert not grid.mask[0].any()


def test_masks_of_classes() -> None:
    ids = np.ma.MaskedArray(np.array([[1, 2], [3, 400]]), [[False, True], [False, True]])
    mask = ImageMask({"mask_data": ids}, "m")
    assert mask._val["class_labels"] == {0: "class_0", 1: "class_1", 3: "class_3"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Image(np.zeros((2, 2)), masks={"m": {"mask_data": ids}})

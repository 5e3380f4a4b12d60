"""Integers that no sample holds are clipped, as wandb's rule has it, and one warning says so."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext import Image

INTEGERS = [order + kind for kind in ("u2", "u4", "u8", "i2", "i4", "i8") for order in "<>"]

LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "packed": lambda values: values,
    "transposed": lambda values: values.T.copy().T,
    "every second column": lambda values: np.repeat(values, 2, axis=1)[:, ::2],
    "reversed": lambda values: values[::-1].copy()[::-1],
    "channels": lambda values: np.stack([values, values, values], axis=-1),
    "planes": lambda values: np.stack([values, values, values]).transpose(1, 2, 0),
    "large": lambda values: np.tile(values, (300, 200)),
}


def clipped(dtype: str) -> np.ndarray[Any, Any]:
    return np.array([[0, 3, 7], [255, 256, 4095]], dtype)


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_over_255(dtype: str, layout: str, normalize: bool) -> None:
    data = LAYOUTS[layout](clipped(dtype))
    for make in (
        lambda: Image(data, normalize=normalize),
        lambda: Image(data, file_type="bmp", normalize=normalize),
        lambda: wbimage_ext.encode(data, normalize=normalize),
        lambda: wbimage_ext.encode(data, normalize=normalize, num_threads=3),
        lambda: Image.from_batch(
            [data, data, data // 2], dataformats="NHWC"[: data.ndim + 1], normalize=normalize
        )[0],
    ):
        with pytest.warns(UserWarning, match=r"0 to \d+ are clipped to 0\.\.255") as caught:
            made = make()
        assert len(caught) == 1
        assert "bit_depth=16" in str(caught[0].message)
        assert "normalize=(lo, hi)" in str(caught[0].message)
        assert caught[0].filename == __file__
        if isinstance(made, Image):
            pixels = made.to_data_array()
            np.testing.assert_array_equal(pixels, np.clip(data, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("dtype", ["i1", "<i2", ">i4", "i8"])
def test_integers_below_0(dtype: str) -> None:
    data = np.array([[-5, 0, 100]], dtype)
    with pytest.warns(UserWarning, match=r"-5 to 100 are clipped") as caught:
        image = Image(data, normalize=False)
    assert "bit_depth" not in str(caught[0].message)
    assert image.to_data_array() == [[0, 0, 100]]
    with pytest.warns(UserWarning, match=r"-5 to 100 are clipped to 0\.\.65535"):
        Image(data, bit_depth=16)


def test_sixteen_bits_are_named_where_they_would_do() -> None:
    data = np.array([[0, 70_000, 300]], np.uint32)
    with pytest.warns(UserWarning, match="clipped") as caught:
        Image(data)
    assert "bit_depth" not in str(caught[0].message)
    with pytest.warns(UserWarning, match="clipped") as caught:
        Image(data % 999, colormap=np.zeros((256, 3), np.uint8))
    assert "bit_depth" not in str(caught[0].message)


@pytest.mark.parametrize("dtype", ["i2", "i4", "i8", "u2", "u4", "u8"])
def test_masked_integers(dtype: str) -> None:
    data = np.ma.MaskedArray(clipped(dtype), clipped(dtype) > 1000)
    for normalize in (True, False):
        with pytest.warns(UserWarning, match="0 to 256 are clipped") as caught:
            Image(data, normalize=normalize)
        assert len(caught) == 1


@pytest.mark.parametrize("dtype", ["int16", "int32", "int64"])
def test_tensors(dtype: str) -> None:
    torch = pytest.importorskip("torch")
    data = torch.from_numpy(clipped(dtype))
    with pytest.warns(UserWarning, match="0 to 4095 are clipped") as caught:
        Image(data, normalize=False)
    assert len(caught) == 1


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", *INTEGERS])
def test_what_fits_does_not_warn(dtype: str) -> None:
    signed = np.array([[-100, 0, 100]]).astype(dtype)
    fitting = np.array([[0, 1, 127]]).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for data in (
            fitting,
            np.tile(fitting, (300, 300)),
            np.ma.MaskedArray(fitting, [[1, 0, 0]]),
        ):
            for options in ({}, {"normalize": False}, {"bit_depth": 16}):
                Image(data, **options)
        Image.from_batch([fitting, fitting], dataformats="NHW")
        if signed[0, 0] < 0:
            # The rule stretches them.
            Image(signed)
            Image(signed * np.array(3).astype(dtype))
            Image(np.ma.MaskedArray(signed, [[0, 1, 0]]))
        Image(clipped("i8"), normalize=(0, 100))
        Image(clipped("i8"), bit_depth=16)
        wbimage_ext.to_uint8(clipped("i8"))


def test_a_batch_of_different_ranges_warns_once() -> None:
    batch = [np.array([[0, 1000 + i]]) for i in range(20)]
    with pytest.warns(UserWarning, match="are clipped") as caught:
        Image.from_batch(batch, dataformats="NHW")
    assert len(caught) == 1
    batch = [np.array([[0, 1 + i / 1000]]) for i in range(20)]
    with pytest.warns(UserWarning, match="nearly black") as caught:
        Image.from_batch(batch, dataformats="NHW")
    assert len(caught) == 1

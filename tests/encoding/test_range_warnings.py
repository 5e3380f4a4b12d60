"""Floats that lie nearly in 0..1: the rule holds, and one warning says what it makes of them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext import Image

from .. import reference


def ramp(lo: float, hi: float, dtype: str, *shape: int) -> np.ndarray[Any, Any]:
    return np.linspace(lo, hi, int(np.prod(shape))).astype(dtype).reshape(shape)


@pytest.mark.parametrize("shape", [(30, 40), (30, 40, 3)], ids=str)
@pytest.mark.parametrize("dtype", ["f2", "f4", ">f8"])
@pytest.mark.parametrize(
    ("lo", "hi", "words"),
    [
        (0, 1.002, "from 0 to 1.00.* nearly black"),
        (0.2, 1.1, "nearly black"),
        (-0.1, 1, "from -0.* to 1 are stretched"),
        (-0.002, 0.5, "are stretched"),
    ],
)
def test_one_warning_and_the_same_pixels(
    lo: float, hi: float, words: str, dtype: str, shape: tuple[int, ...]
) -> None:
    data = ramp(lo, hi, dtype, *shape)
    expected = reference.to_uint8(data)
    for convert in (lambda: Image(data).to_data_array(), lambda: wbimage_ext.to_uint8(data)):
        with pytest.warns(UserWarning, match=words) as caught:
            np.testing.assert_array_equal(convert(), expected)
        assert len(caught) == 1
        assert "normalize=(0, 1)" in str(caught[0].message)
        assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("lo", "hi", "dtype"),
    [
        (0, 1, "f4"),
        (0, 1.2, "f4"),
        (-0.2, 1, "f4"),
        (-0.05, 1.05, "f4"),
        (0, 255, "f4"),
        (-0.01, 300, "f8"),
        (0, 1, "u1"),
        (0, 2, "i4"),
        (-1, 1, "i2"),
    ],
)
def test_other_ranges_do_not_warn(lo: float, hi: float, dtype: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Image(ramp(lo, hi, dtype, 5, 6))


@pytest.mark.parametrize("normalize", [False, (0, 1)], ids=str)
def test_who_says_what_is_meant_is_not_warned(normalize: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Image(ramp(0, 1.01, "f4", 5, 6), normalize=normalize)

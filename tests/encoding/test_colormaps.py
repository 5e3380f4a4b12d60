"""Colormaps: indexed PNGs, and a colour for NaN."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from wbimage_ext import Image

from .. import reference

Array = np.ndarray[Any, Any]


def table() -> Array:
    return np.random.default_rng(5).integers(0, 256, (256, 3), dtype=np.uint8)


@pytest.mark.filterwarnings("ignore:values from .* are clipped")
@pytest.mark.parametrize("dtype", ["u1", "i2", "f2", "f4", "f8", "?"])
@pytest.mark.parametrize("normalize", [True, False, (-1, 4)], ids=str)
def test_a_colormap_makes_an_indexed_png(dtype: str, normalize: Any) -> None:
    values = np.random.default_rng(0).normal(0, 2, (40, 31))
    data = abs(values).astype(dtype) if dtype in ("u1", "?") else values.astype(dtype)
    image = Image(data, colormap=table(), normalize=normalize)
    assert image.image.mode == "P"
    indices = reference.to_uint8(data, normalize)
    np.testing.assert_array_equal(np.asarray(image.image), indices)
    np.testing.assert_array_equal(np.asarray(image.image.convert("RGB")), table()[indices])


def test_nan_has_a_color_of_its_own() -> None:
    values = np.linspace(0, 1, 256).reshape(16, 16)
    values[3, 4] = np.nan
    image = Image(values, colormap=table(), nan_color=(1, 2, 3), normalize=(0, 1))
    colors = np.asarray(image.image.convert("RGB"))
    assert tuple(colors[3, 4]) == (1, 2, 3)
    indices = np.asarray(image.image)
    assert indices[3, 4] == 255
    assert indices[15, 15] == 254
    assert np.delete(indices.ravel(), 3 * 16 + 4).max() == 254


def test_a_colormap_by_name() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    colors = np.asarray(Image(values, colormap="viridis").image.convert("RGB"))
    expected = matplotlib.colormaps["viridis"](values.astype(int), bytes=True)[..., :3]
    np.testing.assert_array_equal(colors, expected)


@pytest.mark.parametrize("name", ["viridis", "tab10", "Reds_r"])
def test_a_colormap_object_is_as_good_as_its_name(name: str) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    given = matplotlib.colormaps[name]
    assert Image(values, colormap=given)._sha256 == Image(values, colormap=name)._sha256
    batch = Image.from_batch([values], dataformats="NHW", colormap=given)
    assert batch[0]._sha256 == Image(values, colormap=name)._sha256


def test_numpys_integers_are_a_color() -> None:
    values = np.array([[0.0, np.nan, 1.0]])
    one, other = (
        Image(values, colormap=table(), nan_color=color)
        for color in ((1, 2, 3), np.array([1, 2, 3], np.uint8))
    )
    assert one._sha256 == other._sha256


def test_an_indexed_png_is_about_as_small_as_a_gray_one(gray_photo: Array) -> None:
    heat = gray_photo / 300.0
    plain, colored = Image(heat), Image(heat, colormap=table())
    assert colored._size is not None
    assert plain._size is not None
    assert colored._size <= plain._size + 1024


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"colormap": np.zeros((255, 3), np.uint8)}, r"\(256, 3\).*\[255, 3\]"),
        ({"colormap": np.zeros((256, 3))}, r"uint8.*float64"),
        ({"colormap": np.full((256, 3), 256)}, r"uint8"),
        ({"colormap": 5}, "matplotlib colormap or its name, not 5$"),
        ({"colormap": b"viridis"}, "its name, not b'viridis'"),
        ({"colormap": lambda x: x}, "its name, not <function.*lambda"),
        ({"colormap": lambda x, bytes: x}, "its name, not <function.*lambda"),
        ({"colormap": [[1, 2], [3]]}, "its name, not "),
        ({"nan_color": (0, 0, 0)}, "nan_color needs a colormap"),
        ({"colormap": table(), "nan_color": (0, 0)}, "nan_color must be three"),
        ({"colormap": table(), "nan_color": (0, 0, 256)}, "nan_color must be three"),
        ({"colormap": table(), "nan_color": 7}, "nan_color must be three"),
        ({"colormap": table(), "nan_color": b"abcd"}, "nan_color must be three .* not b'abcd'"),
        (
            {"colormap": table(), "nan_color": (1.0, 0.5, 0)},
            r"nan_color must be three integers from 0 to 255, not \(1.0, 0.5, 0\)",
        ),
        ({"colormap": table(), "file_type": "jpg"}, "colormap needs file_type 'png'"),
        ({"colormap": table(), "mode": "RGB"}, "exclude each other"),
        ({"colormap": table(), "mode": "P"}, "exclude each other"),
    ],
)
def test_wrong_colormaps_are_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Image(np.zeros((4, 4)), **arguments)


def test_a_colormap_needs_two_dimensions() -> None:
    with pytest.raises(ValueError, match="two-dimensional"):
        Image(np.zeros((4, 4, 3)), colormap=table())


def test_an_unknown_colormap_name_is_named() -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(ValueError, match="'no such map'"):
        Image(np.zeros((4, 4)), colormap="no such map")


def test_a_colormap_name_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"'viridis'.*matplotlib"):
        Image(np.zeros((4, 4)), colormap="viridis")

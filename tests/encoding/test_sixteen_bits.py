"""16-bit PNGs from every kind of input, read back by the package and by OpenCV."""

from __future__ import annotations

import io
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage

import wbimage_ext
from wbimage_ext import Image

from .. import reference

Array = np.ndarray[Any, Any]


def deep(*shape: int) -> Array:
    return np.random.default_rng(0).integers(0, 65536, shape, dtype=np.uint16)


def stored(image: Any) -> Array:
    """The values in the image's file, as OpenCV reads them; RGB order."""
    cv2 = pytest.importorskip("cv2")
    data = np.frombuffer(Path(image._path).read_bytes(), np.uint8)
    values = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    assert values.dtype == np.uint16
    order = {2: slice(None), 3: [2, 1, 0], 4: [2, 1, 0, 3]}[
        values.ndim if values.ndim == 2 else values.shape[2]
    ]
    return values if values.ndim == 2 else values[..., order]


def by_the_rule(values: Array) -> Array:
    """Section 3's rule with 65535 in place of 255, in the array's own type."""
    lo, hi = values.min(), values.max()
    if lo < 0:
        values = (values - lo) / (hi - lo)
    if values.max() <= 1:
        values = np.trunc(values * values.dtype.type(65535))
    return np.clip(values, 0, 65535).astype(np.uint16)


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3), (20, 30, 4)], ids=str)
@pytest.mark.parametrize("dtype", ["u2", ">u2", "i4", "u1", "u8"])
def test_integers_keep_their_values(dtype: str, shape: tuple[int, ...]) -> None:
    values = deep(*shape).astype(dtype)
    image = Image(values, bit_depth=16)
    np.testing.assert_array_equal(stored(image), values)
    np.testing.assert_array_equal(image.to_data_array(), values)
    assert wbimage_ext.encode(values, bit_depth=16) == Path(str(image._path)).read_bytes()
    assert image == Image(values.copy(order="F"), bit_depth=np.int64(16))
    if len(shape) == 2:
        assert image == Image(values, mode="I;16")


def test_integers_outside_are_clipped() -> None:
    values = np.array([[-1, 0, 65535, 65536, 10**6]])
    for options in ({"bit_depth": 16}, {"mode": "I;16"}, {"bit_depth": 16, "normalize": False}):
        with pytest.warns(UserWarning, match=r"-1 to 1000000.* 0\.\.65535; normalize") as caught:
            image = Image(values, **options)
        assert image.to_data_array() == [[0, 0, 65535, 65535, 65535]]
        assert len(caught) == 1
    masked = np.ma.MaskedArray(values, values < 0)
    with pytest.warns(UserWarning, match="values from 0 to 1000000 are clipped"):
        Image(masked, bit_depth=16)


@pytest.mark.parametrize("dtype", ["f2", "f4", ">f8"])
@pytest.mark.parametrize(
    ("lo", "hi", "words"),
    [
        (0, 1.05, r"nearly black; normalize=\(0, 1\)"),
        (0.5, 8.5, r"from 0\.5 to 8\.5 are taken.*nearly black; normalize=\(lo, hi\)"),
        (0, 255.5, r"nearly black; normalize=\(lo, hi\)"),
        (-0.05, 1, r"stretched.*normalize=\(0, 1\)"),
    ],
)
def test_dark_floats_warn_once(lo: float, hi: float, words: str, dtype: str) -> None:
    values = np.linspace(lo, hi, 20).reshape(4, 5).astype(dtype)
    with pytest.warns(UserWarning, match=words) as caught:
        Image(values, bit_depth=16)
    assert len(caught) == 1
    assert "0..65535" in str(caught[0].message)


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f4"])
@pytest.mark.parametrize(("lo", "hi"), [(0, 1), (-2, 3), (0, 4000)])
def test_floats_go_by_the_rule(lo: float, hi: float, dtype: str) -> None:
    values = np.linspace(lo, hi, 600).reshape(20, 30).astype(dtype)
    expected = by_the_rule(values.astype(values.dtype.newbyteorder("=")))
    np.testing.assert_array_equal(stored(Image(values, bit_depth=16)), expected)


@pytest.mark.parametrize("dtype", ["i2", "u2", "f4", "f8"])
def test_the_upper_limit_is_65535(dtype: str) -> None:
    values = np.array([[0, 1, 2048, 4095, 5000]], dtype)
    ours = stored(Image(values, bit_depth=16, normalize=(0, 4095)))
    assert ours.tolist() == [[0, 16, 32775, 65535, 65535]]


def test_data_comes_back_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    values = deep(9, 8, 3)
    monkeypatch.setitem(sys.modules, "PIL", None)
    image, other = Image(values, bit_depth=16), Image(values, bit_depth=16, compress_level=6)
    np.testing.assert_array_equal(image.to_data_array(), values)
    assert image._sha256 != other._sha256
    assert image == other
    values[0, 0, 0] ^= 1
    assert image != Image(values, bit_depth=16), "the lowest bit counts"


def test_batches() -> None:
    values = deep(3, 9, 8, 3)
    images = Image.from_batch(values, bit_depth=16)
    for image, expected in zip(images, values, strict=True):
        np.testing.assert_array_equal(image.to_data_array(), expected)
    first = np.moveaxis(values, -1, 1)
    images = Image.from_batch(list(first), dataformats="NCHW", bit_depth=16)
    np.testing.assert_array_equal(images[2].to_data_array(), values[2])


def test_tensors() -> None:
    torch = pytest.importorskip("torch")
    values = np.random.default_rng(0).random((3, 9, 8)).astype(np.float32)
    ours = np.array(Image(torch.from_numpy(values), bit_depth=16).to_data_array())
    scaled = np.trunc((values - values.min()) / max(values.max() - values.min(), 1e-5) * 65535)
    assert abs(ours - np.moveaxis(scaled, 0, -1)).max() <= 1
    assert (ours.min(), ours.max()) == (0, 65535)


def test_grids_keep_their_dtype() -> None:
    grid = wbimage_ext.make_grid(deep(3, 3, 5, 6), pad_value=65535)
    assert grid.dtype == np.uint16
    np.testing.assert_array_equal(Image(grid, bit_depth=16).to_data_array(), grid)


@pytest.mark.parametrize("dtype", ["u2", "i4", "f4"])
def test_masked_values_are_black(dtype: str) -> None:
    values = (deep(9, 8) // 2).astype(dtype)
    mask = np.random.default_rng(1).random((9, 8)) < 0.3
    image = Image(np.ma.MaskedArray(values, mask), bit_depth=16)
    np.testing.assert_array_equal(image.to_data_array(), np.where(mask, 0, values))
    small = np.ma.MaskedArray(np.array([[0, 1, 900]]), [[False, False, True]])
    assert Image(small, bit_depth=16).to_data_array() == [[0, 1, 0]], "integers are not scaled"


# Pillow


@pytest.mark.parametrize("kind", ["I;16", "I"])
def test_deep_pillow_images(kind: str) -> None:
    values = deep(9, 8)
    image = PILImage.fromarray(values if kind == "I;16" else values.astype(np.int32))
    assert image.mode == kind
    for options in ({}, {"bit_depth": 16}, {"mode": "L"}):
        np.testing.assert_array_equal(stored(Image(image, **options)), values)
    limited = Image(image, bit_depth=16, normalize=(0, 32767.5))
    expected = np.clip(values / 32767.5 * 65535, 0, 65535).astype(np.uint16)
    np.testing.assert_array_equal(stored(limited), expected)
    assert stored(Image(image.crop((0, 0, 1, 9)))).shape == (9, 1)


def test_deep_pillow_images_keep_their_profile_and_color_key() -> None:
    image = PILImage.fromarray(deep(9, 8))
    image.info["icc_profile"] = bytes(range(200))
    assert Image(image).image.info["icc_profile"] == bytes(range(200))
    image.info["transparency"] = 7
    theirs = io.BytesIO()
    image.save(theirs, "PNG")
    kept = Image(image).image
    # Pillow 9.1 knows no such key for 16 bits.
    assert kept.info.get("transparency") == PILImage.open(theirs).info.get("transparency")
    assert kept.info["icc_profile"] == bytes(range(200))


def test_other_pillow_images_with_16_bits() -> None:
    color = PILImage.fromarray(np.arange(60, dtype=np.uint8).reshape(4, 5, 3))
    np.testing.assert_array_equal(stored(Image(color, bit_depth=16)), np.asarray(color))
    floats = PILImage.fromarray(np.linspace(0, 1, 20, dtype=np.float32).reshape(4, 5))
    np.testing.assert_array_equal(
        stored(Image(floats, bit_depth=16)), by_the_rule(np.asarray(floats))
    )
    with pytest.raises(ValueError, match=r"bit_depth=16 need.*not P"):
        Image(color.convert("P"), bit_depth=16)


# Refusals and warnings


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"bit_depth": 16, "file_type": "jpg"}, "png"),
        ({"bit_depth": 16, "file_type": "bmp"}, "png"),
        ({"mode": "I;16", "file_type": "jpg"}, "png"),
        ({"bit_depth": 12}, "8 or 16.*12"),
        ({"bit_depth": True}, "8 or 16.*True"),
        ({"bit_depth": "16"}, "8 or 16"),
        ({"bit_depth": 16, "mode": "P"}, "mode P"),
        ({"bit_depth": 16, "colormap": np.zeros((256, 3), np.uint8)}, "colormap"),
    ],
)
def test_what_has_no_16_bits_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Image(np.zeros((4, 5), np.uint16), **arguments)
    with pytest.raises(ValueError, match="stays RGB"):
        Image(np.zeros((4, 5, 3), np.uint16), mode="I;16")


def test_a_figure_has_no_16_bits() -> None:
    figures = pytest.importorskip("matplotlib.figure")
    with pytest.raises(ValueError, match="figure is drawn in 8 bits"):
        Image(figures.Figure(), bit_depth=16)


@pytest.mark.parametrize("normalize", [True, False])
def test_a_deep_array_in_8_bits_warns_once(normalize: bool) -> None:
    values = np.array([[0, 256, 4095]], np.uint16)
    with pytest.warns(UserWarning, match="4095.*clipped.*bit_depth=16.*normalize") as caught:
        image = Image(values, normalize=normalize)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert image.to_data_array() == [[0, 255, 255]]
    with pytest.warns(UserWarning, match="clipped") as caught:
        Image.from_batch([values] * 3, dataformats="NHW", normalize=normalize)
    assert len(caught) == 1


def test_a_masked_deep_array_warns_of_what_is_seen() -> None:
    values = np.ma.MaskedArray(np.array([[0, 300, 4095]], ">u2"), [[False, False, True]])
    with pytest.warns(UserWarning, match="0 to 300 are clipped"):
        assert Image(values).to_data_array() == [[0, 255, 0]]
    values.mask = [[False, True, True]]
    assert Image(values).to_data_array() == [[0, 0, 0]]
    values.mask = True
    assert Image(values).to_data_array() == [[0, 0, 0]]


def test_what_fits_or_says_what_is_meant_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Image(np.array([[0, 255]], np.uint16))
        Image(deep(4, 5), normalize=(0, 65535))
        Image(deep(4, 5), bit_depth=16)
        Image(np.array([[0, 65535]]), bit_depth=16)
        Image(np.array([[-1, 70000]]), bit_depth=16, normalize=(-1, 70000))
        for hi in (1.0, 256.0, 4000.0):
            Image(np.array([[0, hi]]), bit_depth=16)
        Image(np.array([[0, 8.5]]), bit_depth=16, normalize=(0, 10))
        Image(np.array([[0, 8.5]]))


# Where such data come from


def test_a_dicom_slice() -> None:
    pydicom = pytest.importorskip("pydicom")
    from pydicom.data import get_testdata_file

    slices = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    values = slices.pixel_array
    np.testing.assert_array_equal(
        Image(values, bit_depth=16).to_data_array(), values.clip(0, 65535)
    )
    ours = stored(Image(values, bit_depth=16, normalize=(0, 4095)))
    np.testing.assert_array_equal(ours, (values.clip(0, 4095) / 4095 * 65535).astype(np.uint16))
    windowed = Image(values, normalize=(900, 1300)).to_data_array()
    np.testing.assert_array_equal(windowed, reference.to_uint8(values, (900, 1300)))


@pytest.mark.parametrize("shape", [(9, 8), (9, 8, 3)], ids=str)
def test_a_tiff_of_a_microscope(shape: tuple[int, ...]) -> None:
    tifffile = pytest.importorskip("tifffile")
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer, deep(*shape), byteorder=">", photometric="rgb" if len(shape) == 3 else "minisblack"
    )
    buffer.seek(0)
    values = tifffile.imread(buffer)
    np.testing.assert_array_equal(stored(Image(values, bit_depth=16)), deep(*shape))

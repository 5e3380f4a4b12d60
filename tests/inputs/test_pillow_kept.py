"""What a PIL image keeps: its size, its colour profile, its values; and what it leaves behind."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage

from wbimage_ext import Image

from .. import reference

Array = np.ndarray[Any, Any]


def noise(*shape: int) -> Array:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def logged(image: Any, **arguments: Any) -> Any:
    """The image as its file holds it, read by Pillow."""
    ours = Image(image, **arguments)
    with PILImage.open(str(ours._path)) as opened:
        loaded = opened.copy()
    assert (ours._width, ours._height) == loaded.size
    return loaded


# Memory


@pytest.mark.parametrize("shape", [(30, 40), (30, 40, 3), (30, 40, 4)], ids=str)
def test_images_over_the_memory_of_an_array(shape: tuple[int, ...]) -> None:
    # Pillow 11.2.1 to 12.3.0 end the process when they are asked to export such memory.
    values = noise(*shape)
    np.testing.assert_array_equal(np.asarray(logged(PILImage.fromarray(values))), values)
    frozen = PILImage.frombuffer("L", (40, 30), values.tobytes()[:1200], "raw", "L", 0, 1)
    np.testing.assert_array_equal(np.asarray(logged(frozen)), np.asarray(frozen))


@pytest.mark.parametrize(("mode", "name"), [("L", "a.ppm"), ("L", "a.bmp"), ("RGB", "a.ppm")])
def test_images_that_map_their_file(mode: str, name: str, tmp_path: Path) -> None:
    PILImage.fromarray(noise(64, 64, 3)).convert(mode).save(tmp_path / name)
    with PILImage.open(tmp_path / name) as image:
        np.testing.assert_array_equal(np.asarray(logged(image)), np.asarray(image))


# Size


@pytest.mark.parametrize("file_type", ["png", "jpg", "bmp"])
@pytest.mark.parametrize("size", [(5, 1), (1, 5), (1, 1), (3, 1), (1, 3), (4, 1)], ids=str)
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "1", "P", "I;16", "F"])
def test_no_side_is_squeezed(mode: str, size: tuple[int, int], file_type: str) -> None:
    if file_type != "png" and mode in ("LA", "RGBA"):
        mode = mode[:-1]
    image = PILImage.new(mode, size, {"RGB": (10, 20, 30), "RGBA": (9, 8, 7, 6)}.get(mode, 1))
    if mode == "P":
        image.putpalette(bytes(range(256)) * 3)
    ours = logged(image, file_type=file_type)
    assert ours.size == size
    if mode == "RGB" and file_type != "jpg":
        assert ours.mode == mode
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(image))


def test_limits_squeeze_no_side_either() -> None:
    ours = logged(PILImage.new("RGB", (5, 1), (10, 20, 30)), normalize=(0, 40))
    assert ours.size == (5, 1)
    assert ours.getpixel((4, 0)) == (63, 127, 191)


@pytest.mark.parametrize("figsize", [(0.05, 0.01), (0.01, 0.05), (0.01, 0.01)], ids=str)
def test_a_tiny_figure_keeps_its_size(figsize: tuple[float, float]) -> None:
    figures = pytest.importorskip("matplotlib.figure")
    image = Image(figures.Figure(figsize=figsize, dpi=100))
    assert (image._width, image._height) == tuple(round(100 * side) for side in figsize)


# Colour


PROFILE = bytes(range(256)) * 600


@pytest.mark.parametrize("file_type", ["png", "jpg"])
@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1", "LA", "RGBA", "CMYK"])
def test_the_color_profile_is_kept(mode: str, file_type: str) -> None:
    image = PILImage.fromarray(noise(20, 30, 3)).convert(mode)
    image.info["icc_profile"] = PROFILE
    theirs = io.BytesIO()
    if file_type == "png" and mode != "CMYK":
        image.save(theirs, "PNG")
    elif file_type == "jpg" and mode in ("L", "RGB", "1", "CMYK"):
        image.save(theirs, "JPEG", icc_profile=PROFILE)
    else:
        pytest.skip("the file type holds no such mode")
    ours = logged(image, file_type=file_type)
    assert ours.info["icc_profile"] == PROFILE
    assert PILImage.open(theirs).info["icc_profile"] == PROFILE
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(PILImage.open(theirs)))


def test_a_profile_stands_where_pillow_puts_it() -> None:
    image = PILImage.fromarray(noise(20, 30, 3))
    image.info["icc_profile"] = PROFILE
    for file_type, marker in (("png", b"iCCP"), ("jpg", b"\xff\xe2")):
        theirs = io.BytesIO()
        image.save(theirs, {"png": "PNG", "jpg": "JPEG"}[file_type], icc_profile=PROFILE)
        data = Path(str(Image(image, file_type=file_type)._path)).read_bytes()
        assert data.index(marker) == theirs.getvalue().index(marker)
        assert data.count(b"ICC") == theirs.getvalue().count(b"ICC")


def test_a_profile_of_another_color_space_is_left_behind() -> None:
    image = PILImage.new("CMYK", (4, 5))
    image.info["icc_profile"] = PROFILE[:16] + b"CMYK" + PROFILE
    assert "icc_profile" not in logged(image).info
    assert logged(image, file_type="jpg").info["icc_profile"] == image.info["icc_profile"]
    converted = PILImage.new("RGBa", (4, 5))
    converted.info["icc_profile"] = PROFILE[:16] + b"RGB " + PROFILE
    assert logged(converted).info["icc_profile"] == converted.info["icc_profile"]


@pytest.mark.parametrize(
    ("mode", "key"),
    [
        ("L", (1, 2, 3)),
        ("L", b"\0\1"),
        ("RGB", 7),
        ("RGB", b"\0\1"),
        ("P", (1, 2, 3)),
        ("1", b"\0"),
        ("I;16", (1, 2, 3)),
        ("RGBA", 7),
        ("LA", (1, 2, 3)),
    ],
)
def test_a_transparency_of_another_mode_is_dropped(mode: str, key: Any) -> None:
    plain = PILImage.fromarray(noise(20, 30, 3))
    plain = plain.convert("L").convert("I").convert(mode) if mode == "I;16" else plain.convert(mode)
    image = plain.copy()
    image.info["transparency"] = key
    ours = logged(image)
    assert "transparency" not in ours.info
    # Pillow before 11 reads 16 bits as I.
    assert ours.mode == mode or (ours.mode, mode) == ("I", "I;16")
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(plain))
    assert image.info["transparency"] == key, "the caller's image is as it was"


# Values


@pytest.mark.parametrize("file_type", ["png", "bmp"])
@pytest.mark.parametrize("normalize", [True, False, (0, 2)], ids=str)
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (0, 300)])
def test_floats_go_by_the_rule(low: float, high: float, normalize: Any, file_type: str) -> None:
    values = np.linspace(low, high, 600, dtype=np.float32).reshape(20, 30)
    ours = logged(PILImage.fromarray(values), normalize=normalize, file_type=file_type)
    assert ours.mode == "L"
    np.testing.assert_array_equal(np.asarray(ours), reference.to_uint8(values, normalize))


@pytest.mark.parametrize(
    ("mode", "file_type", "values", "most"),
    [
        ("I;16", "jpg", (0, 256), 255),
        ("I;16", "bmp", (0, 4000), 255),
        ("I", "png", (0, 65536), 65535),
        ("I", "png", (-1, 9), 65535),
        ("I", "bmp", (-1, 9), 255),
    ],
)
def test_values_that_do_not_fit_warn(
    mode: str, file_type: str, values: tuple[int, int], most: int
) -> None:
    array = np.array([[*values, 5]], np.uint16 if mode == "I;16" else np.int32)
    with pytest.warns(UserWarning, match=rf"{values[0]} to {values[1]}.* 0\.\.{most};.*normalize"):
        ours = logged(PILImage.fromarray(array), file_type=file_type)
    if file_type != "jpg":
        np.testing.assert_array_equal(np.asarray(ours), array.clip(0, most))


@pytest.mark.parametrize("mode", ["I;16", "I"])
def test_values_that_fit_do_not_warn(mode: str) -> None:
    array = np.array([[0, 255, 5]], np.uint16 if mode == "I;16" else np.int32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for file_type in ("png", "bmp"):
            ours = logged(PILImage.fromarray(array), file_type=file_type)
            np.testing.assert_array_equal(np.asarray(ours), array)
    assert logged(PILImage.fromarray(array)).mode in ("I;16", "I")


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.gif", "a.pbm"])
def test_one_bit_a_pixel_is_0_and_255(name: str, tmp_path: Path) -> None:
    bits = np.eye(6, dtype=bool)
    PILImage.fromarray(bits).save(tmp_path / name)
    data = Image(tmp_path / name).to_data_array()
    if name == "a.gif":
        data = (np.array(data) * 255 // np.max(data)).tolist()
    assert data == (bits * 255).tolist()
    assert type(data[0][0]) is int


def test_any_mode_is_ignored() -> None:
    image = PILImage.fromarray(noise(4, 5, 3))
    assert logged(image, mode="nonsense").mode == "RGB"

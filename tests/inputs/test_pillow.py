"""PIL images of every mode, and `mode` for arrays: compared with what Pillow converts and saves."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage

from wbimage_ext import Image, _core
from wbimage_ext.inputs import pillow as pillow_input

Array = np.ndarray[Any, Any]

PILLOW_FORMATS = {"png": "PNG", "jpg": "JPEG", "bmp": "BMP"}


def noise(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def images() -> dict[str, Any]:
    """One image of every mode that Pillow can make here, by its mode."""
    color = PILImage.fromarray(noise(21, 31, 3))
    with_alpha = PILImage.fromarray(noise(21, 31, 4))
    deep = PILImage.fromarray(np.arange(21 * 31, dtype=np.uint16).reshape(21, 31) * 100)
    made = {mode: color.convert(mode) for mode in ("1", "L", "P", "RGB", "RGBX", "CMYK")}
    made |= {mode: color.convert(mode) for mode in ("YCbCr", "HSV", "F")}
    made |= {mode: with_alpha.convert(mode) for mode in ("LA", "RGBA", "RGBa")}
    made["La"] = made["LA"].convert("La")
    made["PA"] = color.convert("P").convert("PA")
    with contextlib.suppress(ValueError):
        lab = PILImage.new("LAB", (31, 21), (100, 10, 20))
        lab.convert("RGB")  # which Pillow 9 cannot
        made["LAB"] = lab
    made["I;16"] = deep
    made["I"] = deep.convert("I")
    made["I;16B"] = made["I"].convert("I;16B")
    return made


def saved_by_pillow(image: Any, file_type: str) -> Any:
    """What Pillow saves and reads back, or None where the format cannot hold the mode."""
    buffer = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Pillow 12: I as PNG
            image.save(buffer, PILLOW_FORMATS[file_type])
    except OSError:
        return None
    return PILImage.open(buffer)


def logged(image: Any, file_type: str = "png", **arguments: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return Image(image, file_type=file_type, **arguments).image


@pytest.mark.parametrize("file_type", PILLOW_FORMATS)
@pytest.mark.parametrize("mode", images())
def test_mode_and_pixels_are_those_pillow_saves(mode: str, file_type: str) -> None:
    image = images()[mode]
    theirs = saved_by_pillow(image, file_type)
    ours = logged(image, file_type)
    assert ours.size == image.size
    if theirs is not None:
        assert ours.mode == theirs.mode
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
        assert ours.getpalette() == theirs.getpalette()


CONVERTED = {
    ("CMYK", "png"): "RGB",
    ("CMYK", "bmp"): "RGB",
    ("YCbCr", "png"): "RGB",
    ("HSV", "png"): "RGB",
    ("HSV", "bmp"): "RGB",
    ("RGBX", "png"): "RGB",
    ("P", "jpg"): "RGB",
    ("F", "png"): "L",
    ("F", "jpg"): "L",
    ("I", "png"): "I;16",
    ("I", "bmp"): "L",
    ("I;16", "jpg"): "L",
    ("I;16", "bmp"): "L",
    ("La", "png"): "LA",
    ("PA", "png"): "RGBA",
    ("RGBa", "png"): "RGBA",
}


@pytest.mark.parametrize(("mode", "file_type"), CONVERTED)
def test_what_a_file_type_cannot_hold_is_converted(mode: str, file_type: str) -> None:
    image = images()[mode]
    theirs = image.convert(CONVERTED[mode, file_type])
    ours = logged(image, file_type)
    # Pillow before 11 reads 16 bits as I.
    assert ours.mode == theirs.mode or (ours.mode, theirs.mode) == ("I", "I;16")
    if file_type == "jpg":
        theirs = saved_by_pillow(theirs, file_type)
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


@pytest.fixture
def without_wandb(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings go through Python, as they do where wandb is not imported."""
    monkeypatch.delitem(sys.modules, "wandb", raising=False)


@pytest.mark.usefixtures("without_wandb")
@pytest.mark.parametrize(
    ("mode", "file_type", "becomes"),
    [
        ("RGBA", "jpg", "RGB"),
        ("LA", "jpg", "L"),
        ("LA", "bmp", "L"),
        ("La", "jpg", "L"),
        ("PA", "bmp", "RGB"),
        ("RGBa", "jpg", "RGB"),
    ],
)
def test_lost_alpha_warns_once(mode: str, file_type: str, becomes: str) -> None:
    name = PILLOW_FORMATS[file_type]
    message = f"{name} format does not support transparency. Ignoring alpha channel."
    with pytest.warns(UserWarning, match=name) as warned:
        image = Image(images()[mode], file_type=file_type)
    assert [str(warning.message) for warning in warned] == [message]
    assert warned[0].filename == __file__
    assert image.image.mode == becomes


def test_mode_is_ignored() -> None:
    image = images()["L"]
    assert logged(image, mode="RGB").mode == "L"


@pytest.mark.usefixtures("without_wandb")
def test_a_palette_keeps_its_transparency() -> None:
    palette = images()["P"]
    palette.info["transparency"] = bytes([0, 100, 200])
    ours = logged(palette)
    assert ours.mode == "P"
    np.testing.assert_array_equal(
        np.asarray(ours.convert("RGBA")), np.asarray(palette.convert("RGBA"))
    )
    with pytest.warns(UserWarning, match="transparency") as warned:
        assert Image(palette, file_type="jpg").image.mode == "RGB"
    assert len(warned) == 1


def test_a_color_key_is_kept() -> None:
    image = images()["RGB"]
    image.info["transparency"] = image.getpixel((3, 4))
    np.testing.assert_array_equal(
        np.asarray(logged(image).convert("RGBA")), np.asarray(image.convert("RGBA"))
    )


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_pixels_are_pillows_own_memory(mode: str) -> None:
    if not hasattr(PILImage.Image, "__arrow_c_array__"):
        pytest.skip("this Pillow exports no memory")
    image = images()[mode]
    view = pillow_input.view(image)
    before = view.copy()
    image.putpixel((2, 1), 99 if mode == "L" else (99,) * len(mode))
    assert (view[1, 2] == 99).all()
    assert not np.array_equal(view, before)
    np.testing.assert_array_equal(view[2:], before[2:])


def test_pixels_outlive_their_image() -> None:
    values = noise(40, 50, 4)
    view = pillow_input.view(PILImage.fromarray(values))
    other = [PILImage.new("RGBA", (50, 40)) for _ in range(50)]
    np.testing.assert_array_equal(view, values)
    assert other


def test_only_bytes_are_taken_from_arrow() -> None:
    image = images()["F"]
    if not hasattr(image, "__arrow_c_array__"):
        pytest.skip("this Pillow exports no memory")
    with pytest.raises(TypeError, match="uint8"):
        _core.arrow_bytes(*image.__arrow_c_array__())
    schema, _array = image.__arrow_c_array__()
    for wrong in ((1, 2), (schema, schema)):
        with pytest.raises(ValueError, match="PyCapsule"):
            _core.arrow_bytes(*wrong)


def test_an_image_in_several_blocks() -> None:
    # Pillow keeps at most 16 MB in one piece.
    values = np.tile(noise(3, 1500, 3), (1000, 1, 1))
    np.testing.assert_array_equal(np.asarray(logged(PILImage.fromarray(values))), values)


def test_a_pillow_that_exports_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(PILImage.Image, "__arrow_c_array__", raising=False)
    for mode in ("L", "LA", "RGB", "RGBA"):
        image = images()[mode]
        np.testing.assert_array_equal(np.asarray(logged(image)), np.asarray(image))


def test_images_that_are_not_loaded_yet(tmp_path: Path, photo: Array) -> None:
    path = tmp_path / "photo.png"
    PILImage.fromarray(photo).save(path)
    with PILImage.open(path) as lazy:
        np.testing.assert_array_equal(np.asarray(logged(lazy)), photo)
    path.write_bytes(path.read_bytes()[:5000])
    with PILImage.open(path) as lazy, pytest.raises(OSError, match="truncated"):
        Image(lazy)


def test_layouts_of_crops_and_frames(photo: Array) -> None:
    image = PILImage.fromarray(photo)
    for changed in (image.crop((-3, -4, 50, 60)), image.transpose(PILImage.Transpose.ROTATE_90)):
        np.testing.assert_array_equal(np.asarray(logged(changed)), np.asarray(changed))
    buffer = io.BytesIO()
    frames = [PILImage.fromarray(noise(8, 9, seed=n)) for n in range(3)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    with PILImage.open(buffer) as animation:
        animation.seek(2)
        np.testing.assert_array_equal(np.asarray(logged(animation)), np.asarray(animation))


@pytest.mark.parametrize("mode", ["I;16", "I", "F", "L"])
def test_limits_scale_the_values_of_an_image(mode: str) -> None:
    image = images()[mode]
    values = np.asarray(image).astype(np.float64)
    top = float(values.max())
    expected = np.clip(values / top * 255, 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(np.asarray(logged(image, normalize=(0, top))), expected)


def test_limits_need_values() -> None:
    with pytest.raises(ValueError, match=r"mode L, RGB.*not P"):
        Image(images()["P"], normalize=(0, 100))


def test_a_colormap_colors_an_image() -> None:
    table = noise(256, 3, seed=4)
    image = images()["L"]
    ours = logged(image, colormap=table)
    assert ours.mode == "P"
    np.testing.assert_array_equal(np.asarray(ours.convert("RGB")), table[np.asarray(image)])


def test_quality_and_level_reach_pillows_savers() -> None:
    cmyk = images()["CMYK"]
    sizes = [Image(cmyk, file_type="jpg", quality=quality)._size for quality in (5, 95)]
    assert sizes[0] < sizes[1]
    palette = PILImage.fromarray(np.zeros((64, 64), np.uint8)).convert("P")
    sizes = [Image(palette, compress_level=level)._size for level in (9, 0)]
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("size", [(0, 5), (65501, 1)])
@pytest.mark.parametrize("mode", ["L", "P"])
def test_sides_without_pixels_or_over_the_limit(mode: str, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"65501|0 x 5"):
        Image(PILImage.new(mode, size))


# `mode` for arrays


@pytest.mark.parametrize("normalize", [True, False, (0, 100)], ids=str)
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("shape", [(33, 41), (33, 41, 3), (33, 41, 4)], ids=str)
def test_modes_in_c_are_bit_equal_to_pillows(
    shape: tuple[int, ...], mode: str, normalize: Any
) -> None:
    from .. import reference

    values = noise(*shape)
    theirs = PILImage.fromarray(reference.to_uint8(values, normalize)).convert(mode)
    ours = Image(values, mode=mode, normalize=normalize).image
    assert ours.mode == mode
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def test_every_color_becomes_pillows_gray() -> None:
    # All values of each channel against steps of the others.
    steps = np.array([0, 1, 77, 128, 254, 255], np.uint8)
    every = np.arange(256, dtype=np.uint8)
    colors = np.stack(np.meshgrid(every, steps, steps, indexing="ij"), -1).reshape(-1, 3)
    colors = np.concatenate([np.roll(colors, n, axis=1) for n in range(3)]).reshape(96, -1, 3)
    theirs = np.asarray(PILImage.fromarray(colors).convert("L"))
    np.testing.assert_array_equal(np.asarray(Image(colors, mode="L").image), theirs)


@pytest.mark.parametrize("mode", ["1", "P", "CMYK", "YCbCr", "HSV", "I", "F"])
@pytest.mark.parametrize("shape", [(21, 31), (21, 31, 3)], ids=str)
def test_other_modes_are_pillows(shape: tuple[int, ...], mode: str) -> None:
    values = noise(*shape)
    image = PILImage.fromarray(values)
    try:
        theirs = image.convert(mode)
    except ValueError:
        with pytest.raises(ValueError, match=f"cannot convert mode {image.mode} to {mode}"):
            Image(values, mode=mode)
        return
    ours = logged(theirs)
    again = Image(values, mode=mode).image
    assert again.mode == ours.mode
    np.testing.assert_array_equal(np.asarray(again), np.asarray(ours))


@pytest.mark.parametrize("mode", ["Q", "rgb", "", 3])
def test_an_unknown_mode_lists_the_usual_ones(mode: Any) -> None:
    with pytest.raises(ValueError, match="L, RGB, RGBA") as raised:
        Image(noise(4, 4), mode=mode)
    assert repr(mode) in str(raised.value)


def test_without_pillow_the_package_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    for mode in ("L", "LA", "RGB", "RGBA"):
        Image(noise(4, 4), mode=mode)
    with pytest.raises(ImportError, match=r"'CMYK'.*pillow"):
        Image(noise(4, 4), mode="CMYK")

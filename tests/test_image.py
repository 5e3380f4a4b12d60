"""Image: arguments, files, JSON, equality, copies, and what it refuses."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import pickle
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage

import wbimage_ext
from wbimage_ext import BoundingBoxes2D, Classes, Image, ImageMask
from wbimage_ext import image as image_module

from .conftest import PlainRun, files_below

BOXES = {
    "box_data": [
        {"position": {"minX": 0.1, "maxX": 0.4, "minY": 0.2, "maxY": 0.3}, "class_id": 1},
        {
            "position": {"middle": [20, 10], "width": 5, "height": 4},
            "domain": "pixel",
            "class_id": 0,
            "box_caption": "cat",
            "scores": {"iou": 0.5},
        },
    ],
    "class_labels": {0: "cat", 1: "dog"},
}


def mask_values() -> np.ndarray[Any, Any]:
    return np.tile(np.array([[0, 2], [7, 255]], np.uint8), (10, 12))


def test_documented_constants() -> None:
    assert Image.MAX_ITEMS == 108
    assert Image.MAX_DIMENSION == 65500
    assert Image.get_media_subdir() == os.path.join("media", "images")


def test_array_becomes_a_file_and_its_json(plain_run: PlainRun, photo: Any) -> None:
    image = Image(photo, caption="an astronaut", grouping=3)
    image.bind_to_run(plain_run, "train/photo", 7)
    described = image.to_json(plain_run)
    data = (Path(plain_run.dir) / described["path"]).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    assert described == {
        "_type": "image-file",
        "sha256": digest,
        "size": len(data),
        "path": f"media/images/train/photo_7_{digest[:20]}.png",
        "format": "png",
        "width": 512,
        "height": 512,
        "grouping": 3,
        "caption": "an astronaut",
    }
    with PILImage.open(Path(plain_run.dir) / described["path"]) as decoded:
        np.testing.assert_array_equal(np.asarray(decoded), photo)
    assert files_below(plain_run.dir) == [described["path"]]


def test_grouping_zero_is_left_out_and_an_empty_caption_kept(plain_run: PlainRun) -> None:
    image = Image(np.zeros((4, 4)), caption="", grouping=0)
    image.bind_to_run(plain_run, "k", 0)
    described = image.to_json(plain_run)
    assert "grouping" not in described
    assert described["caption"] == ""


@pytest.mark.parametrize("file_type", ["png", "jpg", "jpeg", "bmp"])
def test_file_types(file_type: str, plain_run: PlainRun, photo: Any) -> None:
    image = Image(photo, file_type=file_type)
    image.bind_to_run(plain_run, "k", 0, id_="chosen")
    assert image.to_json(plain_run)["path"] == f"media/images/k_0_chosen.{file_type}"
    assert image.format == file_type
    pillow_name = {"png": "PNG", "bmp": "BMP"}.get(file_type, "JPEG")
    with PILImage.open(image._path) as decoded:
        assert decoded.format == pillow_name


@pytest.mark.usefixtures("nothing_stays")
def test_unknown_file_type_lists_the_four() -> None:
    with pytest.raises(ValueError, match=r"'png', 'jpg', 'jpeg', 'bmp'.*'tiff'"):
        Image(np.zeros((4, 4)), file_type="tiff")


def test_nested_lists() -> None:
    image = Image([[0, 128], [255, 64], [1, 2]])
    assert (image._width, image._height) == (2, 3)
    assert image.to_data_array() == [[0, 128], [255, 64], [1, 2]]
    with pytest.raises(TypeError, match="list"):
        Image([[1, 2], [3]])
    with pytest.raises(TypeError, match="dict"):
        Image({"a": 1})


def test_mode_through_pillow(plain_run: PlainRun, photo: Any) -> None:
    image = Image(photo, mode="P")
    assert image.image.mode == "P"
    image = Image(photo, mode="1")
    assert image.image.mode == "1"
    with pytest.raises(ValueError, match="'Q'"):
        Image(photo, mode="Q")


def test_mode_without_pillow_names_it(monkeypatch: pytest.MonkeyPatch, photo: Any) -> None:
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(ImportError, match=r"'CMYK'.*pillow"):
        Image(photo, mode="CMYK")
    with pytest.raises(ImportError, match="pillow"):
        _ = Image(photo).image
    assert len(Image(photo).to_data_array()) == 512


def test_rgba_as_jpeg_warns_and_drops_alpha(monkeypatch: pytest.MonkeyPatch) -> None:
    # Where wandb is imported, its own terminal says it.
    monkeypatch.setitem(sys.modules, "wandb", None)
    rgba = np.full((8, 8, 4), 200, np.uint8)
    with pytest.warns(UserWarning, match="JPEG format does not support transparency"):
        image = Image(rgba, file_type="jpg")
    assert image.image.mode == "RGB"
    with pytest.warns(UserWarning, match="transparency"):
        assert wbimage_ext.guess_mode(rgba, "jpeg") == "RGB"


@pytest.mark.parametrize("as_pillow", [False, True])
def test_rgba_as_bmp_warns_since_no_reader_sees_the_alpha(
    as_pillow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    rgba = np.full((8, 8, 4), 200, np.uint8)
    given = PILImage.fromarray(rgba) if as_pillow else rgba
    with pytest.warns(UserWarning, match="BMP format does not support transparency"):
        image = Image(given, file_type="bmp")
    assert image.image.mode == "RGB"
    assert wbimage_ext.guess_mode(rgba, "bmp") == "RGBA"  # as in wandb


# Paths and references.


def test_a_path_is_checked_copied_and_left_alone(
    tmp_path: Path, plain_run: PlainRun, photo: Any
) -> None:
    path = tmp_path / "photo.jpg"
    PILImage.fromarray(photo[:100]).save(path)
    data = path.read_bytes()
    for given in (path, str(path)):
        image = Image(given, caption="c", file_type="bmp")
        assert (image.format, image._width, image._height) == ("jpg", 512, 100)
        image.bind_to_run(plain_run, "k", 1)
        described = image.to_json(plain_run)
        assert described["sha256"] == hashlib.sha256(data).hexdigest()
        assert described["size"] == len(data)
        assert described["path"].endswith(".jpg")
        assert (Path(plain_run.dir) / described["path"]).read_bytes() == data
        assert path.read_bytes() == data


def test_a_path_without_extension_takes_the_contents(tmp_path: Path, plain_run: PlainRun) -> None:
    path = tmp_path / "no_extension"
    path.write_bytes(wbimage_ext.encode(np.zeros((3, 4))))
    image = Image(path)
    assert image.format == "png"
    image.bind_to_run(plain_run, "k", 0)
    assert image.to_json(plain_run)["path"].endswith(".png")


def test_bad_paths_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.png"):
        Image(tmp_path / "missing.png")
    with pytest.raises(OSError):
        Image(tmp_path)
    whole = wbimage_ext.encode(np.arange(10000).reshape(100, 100) % 251)
    cases = {
        "empty.png": b"",
        "text.png": b"this is no image at all",
        "truncated.png": whole[:-20],
        "damaged.png": whole[:60] + bytes([whole[60] ^ 1]) + whole[61:],
        "truncated.jpg": wbimage_ext.encode(np.zeros((50, 50)), "jpg")[:-2],
        "truncated.bmp": wbimage_ext.encode(np.zeros((50, 50)), "bmp")[:-1],
    }
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=name):
            Image(tmp_path / name)


def test_bytes_after_the_end_are_allowed(tmp_path: Path) -> None:
    path = tmp_path / "trailing.png"
    path.write_bytes(wbimage_ext.encode(np.zeros((3, 4))) + b"more")
    assert Image(path)._width == 4


def test_a_rare_format_is_taken_when_pillow_opens_it(tmp_path: Path, photo: Any) -> None:
    path = tmp_path / "photo.tiff"
    PILImage.fromarray(photo).save(path)
    image = Image(path)
    assert (image._width, image._height, image.format) == (512, 512, "tiff")
    assert image._sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("url", ["gs://b/x.png", "s3://b/a/x.jpg", "https://h/x.png?q=1"])
def test_references(url: str, plain_run: PlainRun) -> None:
    image = Image(url)
    assert image._path == url
    assert image._sha256 == hashlib.sha256(url.encode()).hexdigest()
    assert image.format in ("png", "jpg")
    assert image.image is None
    with pytest.raises(ValueError, match="reference to external storage"):
        image.bind_to_run(plain_run, "k", 0)
    assert Image(url) == image
    assert Image("gs://other/x.png") != image


# Copies, equality, pickling.


def test_image_of_an_image_copies_image_and_file_only(plain_run: PlainRun, photo: Any) -> None:
    first = Image(photo, caption="one", grouping=2, masks={"m": {"mask_data": mask_values()}})
    second = Image(first, caption="two")
    assert (second._caption, second._grouping) == ("two", 2)
    assert second._masks is None
    assert second._sha256 == first._sha256
    first.bind_to_run(plain_run, "a", 0)
    second.bind_to_run(plain_run, "b", 0)
    assert len(files_below(Path(plain_run.dir) / "media/images")) == 3


def test_equality(photo: Any) -> None:
    image = Image(photo)
    assert image == Image(photo)
    assert image == Image(photo, compress_level=9)
    assert image == Image(photo, file_type="bmp")
    assert image != Image(photo, caption="c")
    assert image != Image(photo, grouping=1)
    assert image != Image(photo[:, ::-1])
    assert image != Image(photo, classes=[{"id": 0, "name": "cat"}])
    assert image != "an image"


def test_repr_names_size_format_and_caption() -> None:
    assert repr(Image(np.zeros((30, 40)))) == "<Image 40x30 png>"
    assert repr(Image(np.zeros((4, 5)), caption="a cat", file_type="jpg")) == (
        "<Image 5x4 jpg 'a cat'>"
    )
    assert repr(Image("gs://bucket/a.png")) == "<Image 'gs://bucket/a.png'>"
    assert len(repr(Image(np.zeros((4, 5)), caption="x" * 10**6))) < 120


def test_to_data_array_is_pillows(photo: Any, gray_photo: Any) -> None:
    for array in (photo[:20, :30], gray_photo[:20, :30]):
        data = array.tolist()
        expected = data if array.ndim == 2 else [[tuple(p) for p in row] for row in data]
        assert Image(array).to_data_array() == expected
    assert Image("s3://bucket/x.png").to_data_array() == []


@pytest.mark.parametrize("kept", ["in memory", "staged"])
def test_an_image_survives_its_object_its_staged_file_and_pickling(
    kept: str, plain_run: PlainRun, photo: Any, request: pytest.FixtureRequest
) -> None:
    if kept == "staged":
        request.getfixturevalue("nothing_in_memory")
    image = Image(photo, caption="c", masks={"m": {"mask_data": mask_values()}})
    pickled = pickle.dumps(image)
    path = image._path
    assert os.path.exists(path)
    copied = copy.copy(image)
    deep = copy.deepcopy(image)
    del image
    assert os.path.exists(path)
    os.unlink(path)
    restored = pickle.loads(pickled)
    assert restored._path != path
    restored.bind_to_run(plain_run, "k", 0)
    assert restored.to_json(plain_run)["masks"]["m"]["path"].endswith(".mask.png")
    np.testing.assert_array_equal(np.asarray(restored.image), photo)
    for other in (copied, deep):
        if kept == "in memory":
            other.bind_to_run(plain_run, "k", 1)
        else:
            with pytest.raises(FileNotFoundError, match="vanished"):
                other.bind_to_run(plain_run, "k", 1)


def test_binding_twice_keeps_one_file_a_name(plain_run: PlainRun, tmp_path: Path) -> None:
    image = Image(np.eye(9))
    image.bind_to_run(plain_run, "k", 0)
    image.bind_to_run(plain_run, "k", 0)
    image.bind_to_run(plain_run, "k", 1)
    assert len(files_below(plain_run.dir)) == 2
    other = PlainRun(tmp_path / "other")
    with pytest.raises(ValueError, match="across runs"):
        image.to_json(other)
    image.bind_to_run(other, "k", 0)
    assert len(files_below(other.dir)) == 1
    with pytest.raises(ValueError, match="must be bound"):
        Image(np.eye(9)).to_json(other)


def test_a_key_cannot_leave_the_run(plain_run: PlainRun, tmp_path: Path) -> None:
    for key in ("../../up", "/abs/olute", "a/../../b", ".", "..", "a/./b", "//x"):
        image = Image(np.eye(5))
        image.bind_to_run(plain_run, key, 0)
        assert image.to_json(plain_run)["path"].startswith("media/images/")
    assert all(name.startswith("run/media/images/") for name in files_below(tmp_path))
    with pytest.raises(ValueError, match="NUL"):
        Image(np.eye(5)).bind_to_run(plain_run, "a\0b", 0)


# Masks, boxes, classes.


def test_masks_and_boxes_files(plain_run: PlainRun) -> None:
    values = mask_values()
    mask = {"mask_data": values}
    image = Image(np.eye(20), masks={"truth": mask}, boxes={"predictions": BOXES})
    assert mask.keys() == {"mask_data"}, "the caller's dict is not changed"
    image.bind_to_run(plain_run, "key", 3)
    described = image.to_json(plain_run)
    mask_json = described["masks"]["truth"]
    assert mask_json["_type"] == "mask"
    digest = mask_json["sha256"][:20]
    assert mask_json["path"] == f"media/images/mask/key_3_{digest}.mask.png"
    with PILImage.open(Path(plain_run.dir) / mask_json["path"]) as decoded:
        assert decoded.mode == "L"
        np.testing.assert_array_equal(np.asarray(decoded), values)
    boxes_json = described["boxes"]["predictions"]
    assert boxes_json["_type"] == "boxes2D"
    digest = boxes_json["sha256"][:20]
    assert boxes_json["path"] == f"media/metadata/boxes2D/key_3_{digest}.boxes2D.json"
    written = json.loads((Path(plain_run.dir) / boxes_json["path"]).read_text())
    assert written["box_data"] == BOXES["box_data"]
    assert written["class_labels"] == {"0": "cat", "1": "dog"}
    names = {item["id"]: item["name"] for item in image._classes._class_set}
    assert names == {
        0: "class_0", 1: "dog", 2: "class_2", 7: "class_7", 255: "class_255",
    }  # fmt: skip


def test_classes_merge(plain_run: PlainRun) -> None:
    image = Image(
        np.eye(20),
        classes=Classes([{"id": 0, "name": "given"}, {"id": 9, "name": "nine"}]),
        boxes={"b": BOXES},
    )
    names = {item["id"]: item["name"] for item in image._classes._class_set}
    assert names == {0: "given", 1: "dog", 9: "nine"}
    with pytest.raises(TypeError, match="'id' and 'name'"):
        Image(np.eye(20), classes=[{"id": 0}])


@pytest.mark.parametrize("dtype", ["?", "u1", "i1", "<u2", ">i4", "i8", "u8", "f2", "<f4", ">f8"])
def test_mask_dtypes(dtype: str) -> None:
    values = (np.arange(60).reshape(6, 10) % 2).astype(dtype)
    mask = ImageMask({"mask_data": values}, "m")
    assert mask._val["class_labels"] == {0: "class_0", 1: "class_1"}
    with PILImage.open(mask._path) as decoded:
        np.testing.assert_array_equal(np.asarray(decoded), values.astype(np.uint8))


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (np.zeros((2, 2, 2), int), "mask_data must be a 2D array"),
        (np.zeros(4, int), "mask_data must be a 2D array"),
        (np.array([[0, 256]]), "Mask data must be integers between 0 and 255"),
        (np.array([[0, -1]], np.int8), "Mask data must be integers between 0 and 255"),
        (np.array([[0, 1.5]]), "Mask data must be integers between 0 and 255"),
        (np.array([[0, np.nan]]), "Mask data must be integers between 0 and 255"),
    ],
)
@pytest.mark.usefixtures("nothing_stays")
def test_bad_masks(values: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        ImageMask({"mask_data": values}, "m")


def test_bad_mask_dicts(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match='Missing key "mask_data"'):
        ImageMask({"class_labels": {}}, "m")
    with pytest.raises(TypeError, match="Class labels must be a dictionary of numbers to strings"):
        ImageMask({"mask_data": np.zeros((2, 2), int), "class_labels": {"a": "b"}}, "m")
    with pytest.raises(FileNotFoundError):
        ImageMask({"path": tmp_path / "missing.png"}, "m")


def test_mask_from_a_path(tmp_path: Path, plain_run: PlainRun) -> None:
    path = tmp_path / "mask.png"
    path.write_bytes(wbimage_ext.encode(mask_values()))
    image = Image(np.eye(20), masks={"m": ImageMask({"path": str(path)}, "m")})
    image.bind_to_run(plain_run, "k", 0)
    copied = Path(plain_run.dir) / image.to_json(plain_run)["masks"]["m"]["path"]
    assert copied.read_bytes() == path.read_bytes()


POSITION = {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1}


@pytest.mark.parametrize(
    ("val", "text"),
    [
        ({}, 'Missing key "box_data"'),
        ({"box_data": {}}, "Boxes must be a list"),
        ({"box_data": [{}]}, "Each box must contain a position with"),
        ({"box_data": [{"position": {"minX": 0}}]}, "Each box must contain a position with"),
        ({"box_data": [{"position": {"middle": [1], "width": 1, "height": 1}}]}, "Each box"),
        ({"box_data": [{"position": POSITION, "scores": []}]}, "Box scores must be a dictionary"),
        ({"box_data": [{"position": POSITION, "scores": {1: 1}}]}, "A score key must be a string"),
        (
            {"box_data": [{"position": POSITION, "scores": {"a": "b"}}]},
            "A score value must be a number",
        ),
        (
            {"box_data": [{"position": POSITION, "class_id": "a"}]},
            "A box's class_id must be an integer",
        ),
        (
            {"box_data": [{"position": POSITION, "box_caption": 1}]},
            "A box's caption must be a string",
        ),
        (
            {"box_data": [], "class_labels": {"a": "b"}},
            "Class labels must be a dictionary of numbers to string",
        ),
    ],
)
def test_bad_boxes(val: dict[str, Any], text: str) -> None:
    with pytest.raises(TypeError, match=text):
        BoundingBoxes2D(val, "b")


def test_box_labels_default_to_the_class_ids() -> None:
    boxes = BoundingBoxes2D({"box_data": BOXES["box_data"]}, "b")
    assert boxes._class_labels == {0: "class_0", 1: "class_1"}


def test_layers_must_be_dicts() -> None:
    with pytest.raises(ValueError, match='"boxes" argument must be a dictionary'):
        Image(np.eye(4), boxes=[BOXES])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match='"masks" argument must be a dictionary'):
        Image(np.eye(4), masks=[1])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"masks\['m'\] must be a dict or an ImageMask, not 3"):
        Image(np.eye(4), masks={"m": 3})
    with pytest.raises(TypeError, match=r"boxes\['b'\] must be a dict or a BoundingBoxes2D"):
        Image(np.eye(4), boxes={"b": 3})


# Lists.


def bound(plain_run: PlainRun, images: list[Image], key: str = "k") -> list[Image]:
    for image in images:
        image.bind_to_run(plain_run, key, 0)
    return images


def test_seq_to_json(plain_run: PlainRun, caplog: pytest.LogCaptureFixture) -> None:
    images = bound(
        plain_run,
        [
            Image(np.eye(20), caption="a", masks={"m": {"mask_data": mask_values()}}),
            Image(np.eye(20)[::-1], boxes={"b": BOXES}),
        ],
    )
    described = Image.seq_to_json(images, plain_run, "k", 0)
    assert described["_type"] == "images/separated"
    assert (described["width"], described["height"]) == (20, 20)
    assert (described["format"], described["count"]) == ("png", 2)
    assert described["filenames"] == [image.to_json(plain_run)["path"] for image in images]
    assert described["captions"] == ["a", None]
    assert described["all_masks"] == [{"m": images[0]._masks["m"].to_json(plain_run)}, None]
    assert described["all_boxes"] == [None, {"b": images[1]._boxes["b"].to_json(plain_run)}]
    assert not caplog.records

    images = bound(plain_run, [Image(np.eye(20)), Image(np.eye(10)), Image(np.eye(5))], "other")
    described = Image.seq_to_json(images, plain_run, "other", 0)
    assert not {"captions", "all_masks", "all_boxes"} & described.keys()
    assert len([record for record in caplog.records if "sizes do not match" in record.message]) == 1


def test_all_captions_masks_boxes(plain_run: PlainRun) -> None:
    plain = Image(np.eye(4))
    captioned = Image(np.eye(4), caption="c")
    assert Image.all_captions([plain, captioned]) is False
    assert Image.all_captions([captioned, plain]) == ["c", None]
    assert Image.all_masks([plain], plain_run, "k", 0) is False
    assert Image.all_boxes([plain], plain_run, "k", 0) is False


def test_from_json(tmp_path: Path, plain_run: PlainRun, photo: Any) -> None:
    image = Image(photo, caption="c", grouping=2)
    image.bind_to_run(plain_run, "k", 0)

    class Entry:
        def __init__(self, path: str) -> None:
            self.path = path

        def download(self) -> str:
            return os.path.join(plain_run.dir, self.path)

    class Artifact:
        get_entry = Entry

    assert Image.from_json(image.to_json(plain_run), Artifact()) == image


# Decompression bombs.


def bomb(side: int, value: int) -> bytes:
    """A PNG of `side` x 65000 pixels, one bit each."""
    deflater = zlib.compressobj(9)
    row = b"\0" + bytes([value]) * (65000 // 8)
    rows = b"".join(deflater.compress(row) for _ in range(side)) + deflater.flush()
    header = struct.pack(">IIBBBBB", 65000, side, 1, 0, 0, 0, 0)
    chunks = b""
    for name, content in ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")):
        checksum = zlib.crc32(name + content)
        chunks += struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)
    return b"\x89PNG\r\n\x1a\n" + chunks


def test_a_decompression_bomb_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Image(bomb(5000, 0)), Image(bomb(5000, 255))
    assert (one._width, one._height) == (65000, 5000)
    assert one == Image(bomb(5000, 0)), "the digests say so"
    for read in (one.to_data_array, lambda: one == other):
        with pytest.raises(ValueError, match=r"65000 x 5000 pixels.*decompression bomb"):
            read()
    with pytest.raises(PILImage.DecompressionBombError):
        _ = one.image
    monkeypatch.setattr(PILImage, "MAX_IMAGE_PIXELS", 100)
    small = Image(np.zeros((20, 20)))
    assert len(small.to_data_array()) == 20, "a lower limit is Pillow's own"
    monkeypatch.setattr(PILImage, "MAX_IMAGE_PIXELS", None)
    assert image_module._check_pixel_count(65000, 65000) is None


def test_a_file_that_became_a_bomb_is_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(wbimage_ext.encode(np.zeros((20, 20))))
    image = Image(path)
    path.write_bytes(bomb(5000, 0))
    with pytest.raises(PILImage.DecompressionBombError):
        image.to_data_array()

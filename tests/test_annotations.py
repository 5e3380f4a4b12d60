"""Boxes and masks with NumPy's numbers, and refusals that say where the fault is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext import BoundingBoxes2D, Classes, Image, ImageMask, LocalRun, encode

PIXELS = np.eye(4)
POSITION = {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1}


def content(boxes: Any) -> Any:
    return json.loads(Path(boxes._path).read_text())


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.int8, int], ids=str)
def test_labels_and_class_ids_of_numpy(kind: Any, tmp_path: Path) -> None:
    labels = {kind(1): "cat", kind(0): "dog"}
    boxes = {"box_data": [{"position": POSITION, "class_id": int(kind(1))}], "class_labels": labels}
    mask = {"mask_data": np.eye(4, dtype=np.uint8), "class_labels": labels}
    image = Image(PIXELS, boxes={"b": boxes}, masks={"m": mask})
    assert content(image._boxes["b"])["class_labels"] == {"1": "cat", "0": "dog"}
    assert image._classes == Classes([{"id": 1, "name": "cat"}, {"id": 0, "name": "dog"}])
    assert all(type(item["id"]) is int for item in image._classes._class_set)
    with LocalRun(tmp_path) as run:
        run.log({"k": image})
    assert labels == {kind(1): "cat", kind(0): "dog"}


def test_numbers_of_a_box_may_be_numpys() -> None:
    position = {"middle": np.array([1, 2]), "width": np.float32(0.5), "height": np.longdouble(0.25)}
    box = {
        "position": position,
        "class_id": np.int64(3),
        "scores": {"a": np.float16(0.5), "b": np.longdouble(2)},
    }
    boxes = BoundingBoxes2D({"box_data": [box]}, "b")
    assert boxes._class_labels == {3: "class_3"}
    assert content(boxes)["box_data"] == [
        {
            "position": {"middle": [1, 2], "width": 0.5, "height": 0.25},
            "class_id": 3,
            "scores": {"a": 0.5, "b": 2.0},
        }
    ]


def test_numbers_of_a_box_may_be_tensors() -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.tensor
    corners = {"minX": tensor(1), "maxX": tensor(2.5, requires_grad=True), "minY": 0, "maxY": 1}
    middle = {"middle": tensor([1, 2]), "width": tensor(0.5), "height": 1}
    box_data = [
        {"position": corners, "class_id": tensor(3), "scores": {"a": tensor(0.5)}},
        {"position": middle, "class_id": tensor(4, dtype=torch.uint8)},
    ]
    boxes = BoundingBoxes2D({"box_data": box_data}, "b")
    assert boxes._class_labels == {3: "class_3", 4: "class_4"}
    first, second = content(boxes)["box_data"]
    assert first["position"] == {"minX": 1, "maxX": 2.5, "minY": 0, "maxY": 1}
    assert (first["class_id"], first["scores"]) == (3, {"a": 0.5})
    assert second == {
        "position": {"middle": [1, 2], "width": 0.5, "height": 1},
        "class_id": 4,
    }
    for wrong in (tensor(1.5), tensor([1, 2])):
        with pytest.raises(TypeError, match="class_id must be an integer; box 0"):
            BoundingBoxes2D({"box_data": [{"position": POSITION, "class_id": wrong}]}, "b")


@pytest.mark.parametrize("kind", [float, np.float32, np.longdouble])
@pytest.mark.parametrize("text", ["nan", "inf", "-inf"])
def test_a_box_that_is_not_finite_is_refused(kind: Any, text: str) -> None:
    number = kind(text)
    good = {"position": POSITION, "class_id": 1}
    for bad in (
        {"position": {**POSITION, "minX": number}},
        {"position": {"middle": [number, 0], "width": 1, "height": 1}},
        {"position": POSITION, "scores": {"a": number}},
    ):
        with pytest.raises(ValueError, match=r"must be finite; box 1 is .*, in boxes\['b'\]"):
            Image(PIXELS, boxes={"b": {"box_data": [good, bad]}})


def test_a_refused_box_is_named_by_layer_and_index() -> None:
    good = {"position": POSITION, "class_id": 1}
    for bad, words in (
        ({"position": POSITION, "class_id": 1.5}, "class_id must be an integer"),
        ({"class_id": 1}, "must contain a position"),
        ({"position": POSITION, "scores": {"a": "x" * 10**6}}, "score value"),
    ):
        with pytest.raises(TypeError, match=words) as raised:
            Image(PIXELS, boxes={"ground truth": {"box_data": [good, bad]}})
        assert "box 1" in str(raised.value)
        assert "boxes['ground truth']" in str(raised.value)
        assert len(str(raised.value)) < 500


def test_a_refused_mask_is_named_by_its_layer() -> None:
    with pytest.raises(TypeError, match=r"2D array.*masks\['m'\]"):
        Image(PIXELS, masks={"m": {"mask_data": np.zeros((2, 3, 4))}})
    with pytest.raises(TypeError, match=r"must be a 2D array, not None, in masks\['m'\]"):
        Image(PIXELS, masks={"m": {"mask_data": None}})
    with pytest.raises(TypeError, match=r"values of str.*is needed, in masks\['m'\]"):
        Image(PIXELS, masks={"m": {"mask_data": "abc"}})


@pytest.mark.parametrize("argument", ["boxes", "masks"])
@pytest.mark.parametrize(
    "layers", [np.zeros((4, 5)), np.zeros((0, 4)), [1], 3, "cat", b"x" * 10**7], ids=type
)
def test_layers_of_another_type_say_what_is_needed(argument: str, layers: Any) -> None:
    with pytest.raises(ValueError, match=f'"{argument}" argument must be a dict') as raised:
        Image(PIXELS, **{argument: layers})
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize("layers", [None, {}, [], ()], ids=str)
def test_no_layers(layers: Any) -> None:
    image = Image(PIXELS, boxes=layers, masks=layers)
    assert image._boxes is None
    assert image._masks is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: Classes([b"x" * 10**7]),
        lambda: ImageMask({"mask_data": PIXELS, "class_labels": {1: b"x" * 10**7}}, "m"),
        lambda: ImageMask({"mask_data": PIXELS, "class_labels": "x" * 10**7}, "m"),
        lambda: BoundingBoxes2D({"box_data": ["x" * 10**7]}, "b"),
        lambda: Image(PIXELS, mode="x" * 10**7),
        lambda: Image(PIXELS, file_type=b"x" * 10**7),
        lambda: Image(PIXELS, colormap="x" * 10**7),
        lambda: Image.from_batch(PIXELS[None], dataformats="x" * 10**7),
    ],
)
def test_texts_are_short(make: Any) -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises((TypeError, ValueError)) as raised:
        make()
    assert len(str(raised.value)) < 500


def test_a_mask_of_a_file_has_the_labels_that_are_given(tmp_path: Path) -> None:
    file = tmp_path / "mask.png"
    file.write_bytes(encode(np.eye(4, dtype=np.uint8), normalize=False))
    mask = {"path": str(file), "class_labels": {np.int64(1): "road"}}
    with LocalRun(tmp_path / "run") as run:
        run.log({"k": Image(np.zeros((4, 4)), masks={"truth": mask})})
        run.log({"no labels": Image(np.zeros((4, 4)), masks={"m": {"path": file}})})
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert config["_wandb"]["mask/class_labels"] == {
        "k_wandb_delimeter_truth": {
            "type": "mask/class_labels",
            "key": "k_wandb_delimeter_truth",
            "value": {"1": "road"},
        }
    }
    with pytest.raises(TypeError, match="Class labels must be a dictionary of numbers to strings"):
        ImageMask({"path": str(file), "class_labels": ["road"]}, "truth")


ONE_BOX = {"position": POSITION, "class_id": 1}
ITSELF: dict[str, Any] = dict(ONE_BOX)
ITSELF["self"] = ITSELF


@pytest.mark.parametrize(
    ("box", "kind", "text"),
    [
        ({**ONE_BOX, "extra": object()}, TypeError, "has no form in JSON; box 1 is {"),
        ({**ONE_BOX, (1, 2): 3}, TypeError, "keys must be .*; box 1 is {"),
        (ITSELF, ValueError, "Circular reference detected; box 1 is {"),
        ({**ONE_BOX, "extra": 10**5000}, ValueError, "; box 1 is .*<int of 16610 bits>"),
        ({**ONE_BOX, "scores": {"a": 1j}}, TypeError, "must be a number; box 1 is {"),
        ({"position": {**POSITION, "minX": 1j}}, TypeError, "Each box must contain .*; box 1 is {"),
        (
            {"position": {"middle": np.array(1), "width": 1, "height": 1}},
            TypeError,
            "Each box must contain .*; box 1 is {",
        ),
    ],
)
def test_a_box_without_a_form_in_json_is_named(box: Any, kind: type, text: str) -> None:
    with pytest.raises(kind, match=text) as raised:
        BoundingBoxes2D({"box_data": [ONE_BOX, box]}, "b")
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize("key", [float("nan"), float("inf"), np.float32("-inf"), 1j], ids=repr)
def test_a_label_whose_number_has_no_form_in_json_is_named(key: Any) -> None:
    text = "Class labels must be a dictionary of numbers to string.*: 'a' is not"
    with pytest.raises(TypeError, match=text):
        BoundingBoxes2D({"box_data": [], "class_labels": {key: "a"}}, "b")
    with pytest.raises(TypeError, match=text):
        ImageMask({"mask_data": PIXELS, "class_labels": {key: "a"}}, "m")


@pytest.mark.parametrize("wrong", [np.zeros((4, 4)), 5, None, "mask.png", ["mask_data"]])
def test_a_mask_that_is_no_dict_is_named(wrong: Any) -> None:
    with pytest.raises(TypeError, match='a mask must be a dict with "mask_data" or "path", not'):
        ImageMask(wrong, "m")


def test_classes_that_can_be_read_once_are_kept() -> None:
    class_set = [{"id": n, "name": f"class {n}"} for n in range(3)]
    assert Classes(iter(class_set)).to_json()["class_set"] == class_set
    assert json.loads(json.dumps(Classes(dict(enumerate(class_set)).values()).to_json()))
    assert Image(PIXELS, classes=iter(class_set))._classes == Classes(class_set)
    for image in Image.from_batch(np.zeros((2, 4, 4, 3)), classes=iter(class_set)):
        assert image._classes == Classes(class_set)


def test_a_class_without_a_number_is_named() -> None:
    with pytest.raises(TypeError, match=r"each class must be a dict .* not {'id': \[1\]"):
        Image(PIXELS, classes=[{"id": [1], "name": "one"}])

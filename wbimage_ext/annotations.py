"""Bounding boxes, segmentation masks and classes: what is drawn over an image, and its legend.

In: dicts of boxes, two-dimensional arrays of class ids, lists of classes. Out: checked values with
files of their own. The dicts that callers pass are never changed.
"""

from __future__ import annotations

import json
import numbers
import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from . import _core
from .files.stored import MadeFile
from .media import Media
from .threads import thread_count_for
from .wording import shown


class Classes(Media):
    """Names of class ids.

    Args:
        class_set: a sequence of `{"id": int, "name": str}`.

    Raises:
        TypeError: an item is no dict with an "id" and a "name".
    """

    _log_type = "classes"

    def __init__(self, class_set: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self._class_set = checked_classes(class_set)

    @classmethod
    def from_json(cls, json_obj: dict[str, Any], source_artifact: Any = None) -> Any:
        """Read back what to_json gave."""
        return cls(json_obj["class_set"])

    def to_json(self, run_or_artifact: Any = None) -> dict[str, Any]:
        """`{"_type": "classes", "class_set": [...]}`; classes have no file."""
        return {"_type": Classes._log_type, "class_set": self._class_set}

    def __eq__(self, other: object) -> bool:
        # wandb's own Classes have the same attribute.
        return self._class_set == getattr(other, "_class_set", None)

    __hash__ = None


def checked_classes(class_set: Any) -> Sequence[Mapping[str, Any]]:
    """A sequence of classes; what can be read only once is read here.

    Raises:
        TypeError: an item is no dict with an "id" and a "name".
    """
    if not isinstance(class_set, Iterable):
        raise TypeError(
            f"classes must be a sequence of dicts with 'id' and 'name', not {shown(class_set)}"
        )
    classes = class_set if isinstance(class_set, Sequence) else list(class_set)
    for item in classes:
        if not _is_class(item):
            raise TypeError(f"each class must be a dict with 'id' and 'name', not {shown(item)}")
    return classes


def _is_class(item: Any) -> bool:
    if not isinstance(item, Mapping) or "id" not in item or "name" not in item:
        return False
    return isinstance(item["id"], Hashable)


class BoundingBoxes2D(Media):
    """Bounding boxes of one layer, for `Image(..., boxes={layer: ...})`.

    Args:
        val: `{"box_data": [...], "class_labels": {id: name}}`. Each box is a dict with
            `position`: `{"minX", "maxX", "minY", "maxY"}` or `{"middle": [x, y], "width",
            "height"}`, in fractions of the image, or in pixels where `domain` is "pixel";
            `class_id`: an integer; and if wanted `box_caption`: text, `scores`: `{name: number}`.
            Missing labels become `class_N` for the N that occur.
        key: the layer's name, such as "predictions".

    Raises:
        TypeError: a part of `val` has the wrong structure.
        ValueError: a number is NaN or infinite, which JSON has no form for.
    """

    _log_type = "bounding-boxes"

    def __init__(self, val: Mapping[str, Any], key: str) -> None:
        super().__init__()
        self.validate(val)
        self._val = val["box_data"]
        self._key = key
        content = dict(val)
        if "class_labels" in val:
            self._class_labels = content["class_labels"] = _plain_labels(val["class_labels"])
        else:
            present = sorted({int(box["class_id"]) for box in self._val if "class_id" in box})
            self._class_labels = {n: f"class_{n}" for n in present}
        self._extension = f".{self.type_name()}.json"
        text = _box_json(content)
        self._hold(MadeFile(text.encode(), self._extension))

    @classmethod
    def type_name(cls) -> str:
        """`boxes2D`."""
        return "boxes2D"

    @classmethod
    def get_media_subdir(cls) -> str:
        """`media/metadata/boxes2D`."""
        return os.path.join("media", "metadata", cls.type_name())

    def validate(self, val: Mapping[str, Any]) -> bool:
        """Check the structure; the texts are wandb's."""
        if not isinstance(val, Mapping) or "box_data" not in val:
            raise TypeError('Missing key "box_data": bounding boxes need a list of boxes')
        if "class_labels" in val:
            _check_labels(
                val["class_labels"], "Class labels must be a dictionary of numbers to string"
            )
        if not isinstance(val["box_data"], list):
            raise TypeError("Boxes must be a list")
        for index, box in enumerate(val["box_data"]):
            problem = _problem_of_box(box)
            if problem is not None:
                raise TypeError(f"{problem}; box {index} is {shown(box)}")
        return True

    def _add_labels(self, run: Any, key: int | str) -> None:
        _add_labels(run, "bounding_box/class_labels", key, self._key, self._class_labels)

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        """The dict that the history holds for this layer."""
        return {**super().to_json(run_or_artifact), "_type": self.type_name()}


class ImageMask(Media):
    """A segmentation mask of one layer, for `Image(..., masks={layer: ...})`.

    Args:
        val: `{"mask_data": array, "class_labels": {id: name}}`, the array of shape (H, W) holding
            integers from 0 to 255 in any bool, integer or float dtype; or `{"path": file}`, which
            may have labels too. Missing labels of an array become `class_N` for the N that occur.
        key: the layer's name, such as "predictions".

    Raises:
        TypeError: the array is not two-dimensional, or a value is no integer from 0 to 255.
    """

    _log_type = "mask"

    _val: dict[str, Any]

    def __init__(self, val: Mapping[str, Any], key: str) -> None:
        super().__init__()
        self._key = key
        if not isinstance(val, Mapping):
            raise TypeError(f'a mask must be a dict with "mask_data" or "path", not {shown(val)}')
        if "path" in val:
            self._set_path(val["path"])
            if "class_labels" in val:
                _check_mask_labels(val)
                self._val = {"class_labels": _plain_labels(val["class_labels"])}
            return
        self._val = dict(val)
        data = self._checked_data(val)
        encoded, present = _core.encode_mask(data, num_threads=thread_count_for(data.size))
        if "class_labels" not in val:
            self._val["class_labels"] = {n: f"class_{n}" for n in range(256) if present[n]}
        else:
            self._val["class_labels"] = _plain_labels(val["class_labels"])
        self._extension = f".{self.type_name()}.png"
        self._hold(MadeFile(encoded, self._extension))

    def _set_path(self, path: str | os.PathLike[str]) -> None:
        from .inputs.files import check_file

        self._hold(check_file(path).file)

    @classmethod
    def type_name(cls) -> str:
        """`mask`."""
        return cls._log_type

    @classmethod
    def get_media_subdir(cls) -> str:
        """`media/images/mask`."""
        return os.path.join("media", "images", cls.type_name())

    def _checked_data(self, val: Mapping[str, Any]) -> np.ndarray[Any, Any]:
        if "mask_data" not in val:
            raise TypeError(
                'Missing key "mask_data": An image mask requires mask data: a 2D array '
                "representing the predictions"
            )
        if "class_labels" in val:
            _check_mask_labels(val)
        from .inputs import as_array

        if val["mask_data"] is None:
            raise TypeError("mask_data must be a 2D array, not None")
        data = as_array(val["mask_data"])
        if data.ndim != 2:
            raise TypeError(f"mask_data must be a 2D array, not one of shape {list(data.shape)}")
        return data

    def _add_labels(self, run: Any, key: int | str) -> None:
        if hasattr(self, "_val") and "class_labels" in self._val:
            _add_labels(run, "mask/class_labels", key, self._key, self._val["class_labels"])


def _add_labels(
    run: Any, data_type: str, image_key: int | str, layer: str, labels: Mapping[Any, str]
) -> None:
    add_singleton = getattr(run, "_add_singleton", None)
    if add_singleton is not None:
        # "delimeter" is the spelling that wandb's page looks for.
        add_singleton(data_type, f"{image_key}_wandb_delimeter_{layer}", labels)


def _check_mask_labels(val: Mapping[str, Any]) -> None:
    text = "Class labels must be a dictionary of numbers to strings"
    _check_labels(val["class_labels"], text)


def _check_labels(labels: Any, text: str) -> None:
    if not isinstance(labels, Mapping):
        raise TypeError(f"{text}, not {shown(labels)}")
    for key, value in labels.items():
        if not _is_finite(key) or not isinstance(value, str):
            raise TypeError(f"{text}; {shown(key)}: {shown(value)} is not")


def _plain_labels(labels: Mapping[Any, str]) -> dict[Any, str]:
    """Labels with keys that JSON takes: NumPy's numbers are none."""
    return {_plain_number(key): name for key, name in labels.items()}


def _is_finite(number: Any) -> bool:
    """Whether this is a number that JSON has a form for."""
    return isinstance(number, numbers.Real) and number == number and abs(number) != float("inf")


def _plain_number(number: Any) -> Any:
    if isinstance(number, numbers.Integral):
        return int(number)
    return float(number) if isinstance(number, numbers.Real) else number


_POSITION_TEXT = (
    "Each box must contain a position with: middle, width, and height or minX, maxX, minY, maxY"
)


def _has_numbers(position: Mapping[str, Any], names: Sequence[str]) -> bool:
    return all(isinstance(_number(position.get(name)), numbers.Real) for name in names)


def _is_position(position: Any) -> bool:
    if not isinstance(position, Mapping):
        return False
    middle = position.get("middle")
    if _is_pair(middle):
        return _has_numbers(position, ("width", "height"))
    return _has_numbers(position, ("minX", "maxX", "minY", "maxY"))


def _is_pair(value: Any) -> bool:
    # Arrays without dimensions have __len__, but no length.
    has_length = hasattr(value, "__len__") and getattr(value, "shape", None) != ()
    return has_length and len(value) == 2


def _problem_of_box(box: Any) -> str | None:
    if not isinstance(box, Mapping) or not _is_position(box.get("position")):
        return _POSITION_TEXT
    scores = box.get("scores", {})
    if not isinstance(scores, dict):
        return "Box scores must be a dictionary"
    if not all(isinstance(name, str) for name in scores):
        return "A score key must be a string"
    if not all(isinstance(_number(value), numbers.Real) for value in scores.values()):
        return "A score value must be a number"
    if not isinstance(_number(box.get("class_id", 0)), numbers.Integral):
        return "A box's class_id must be an integer"
    if not isinstance(box.get("box_caption", ""), str):
        return "A box's caption must be a string"
    return None


def _number(value: Any) -> Any:
    """The number that a tensor without dimensions holds; any other value as it is."""
    if isinstance(value, numbers.Number) or getattr(value, "shape", None) != ():
        return value
    return value.item() if hasattr(value, "item") else value


def _box_json(content: Mapping[str, Any]) -> str:
    """The file of boxes; an error names the box that JSON has no form for."""
    try:
        return _as_json(content)
    except (TypeError, ValueError):
        for index, box in enumerate(content["box_data"]):
            try:
                _as_json(box)
            except (TypeError, ValueError) as error:
                kind = TypeError if isinstance(error, TypeError) else ValueError
                raise kind(f"{_json_problem(box, error)}; box {index} is {shown(box)}") from error
        raise


def _as_json(value: Any, *, allow_nan: bool = False) -> str:
    return json.dumps(value, default=plain_value, allow_nan=allow_nan)


def _json_problem(box: Any, error: Exception) -> str:
    try:
        _as_json(box, allow_nan=True)
    except (TypeError, ValueError):
        return str(error)
    return "A box's numbers must be finite"


def plain_value(value: Any) -> Any:
    """Scalars, arrays and tensors as JSON has them."""
    if isinstance(value, np.floating):
        # Python has no long double: tolist() would give it back.
        return float(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{shown(value)} has no form in JSON")

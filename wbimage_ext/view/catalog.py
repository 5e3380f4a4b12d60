"""Turns a run's rows into what the page shows: panels, steps, images, layers, class labels.

In: a Run. Out: a Catalog of plain JSON values, small enough to be embedded in the page.
Everything read here may be hostile: texts are kept as data, paths that leave the run are refused,
numbers that are not finite are dropped, and what cannot be used is counted.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .readers import Run
from .readers.files import read_head_in_run, read_in_run
from .readers.orientation import AS_STORED, HEAD_BYTES, orientation

DELIMITER = "_wandb_delimeter_"  # wandb's spelling, between a key and a layer's name
MAX_DEPTH = 32  # of nested dicts in a row

Json = dict[str, Any]


@dataclass
class Mask:
    """A mask file, once however many images show it.

    ``size_bytes`` is what the run says of it, and ``number`` its place in the page.
    """

    path: Path
    size_bytes: int
    number: int


@dataclass
class Catalog:
    """What a page holds.

    ``index`` is the JSON the page reads first. ``cells[step][panel]`` is the list of images a panel
    got at a step. ``masks`` are in order of their numbers.
    """

    media_root: Path
    index: Json = field(default_factory=dict)
    cells: dict[int, dict[int, list[Json]]] = field(default_factory=dict)
    masks: list[Mask] = field(default_factory=list)


def build_catalog(run: Run) -> Catalog:
    """Read the whole run; what was skipped is counted in ``index["notes"]``."""
    return _Builder(run).build()


class _Builder:
    def __init__(self, run: Run) -> None:
        self._run = run
        self._skipped = run.skipped
        self._catalog = Catalog(run.media_root)
        self._panels: dict[tuple[str, ...], Json] = {}
        self._layers: dict[tuple[str, str], Json] = {}
        self._labels: dict[str, int] = {}
        self._label_sets: list[dict[str, str]] = []
        self._scores: dict[str, list[float]] = {}
        self._masks: dict[str, Mask] = {}
        self._mask_labels: Json = {}
        self._images = 0

    def build(self) -> Catalog:
        # Rows come before the configuration is complete, and masks are labelled in it.
        found = [
            (step, path, value)
            for row in self._run.rows
            if (step := self._step(row)) is not None
            for path, value in _media(row, (), self._skipped)
        ]
        name, started, config = self._run.describe()
        wandb = config.get("_wandb")
        labels = wandb.get("mask/class_labels") if isinstance(wandb, dict) else None
        self._mask_labels = labels if isinstance(labels, dict) else {}
        for step, path, value in found:
            self._add(step, path, value)

        steps = sorted(self._catalog.cells)
        panels = sorted(self._panels.values(), key=lambda panel: panel["place"])
        for panel in panels:
            panel["steps"] = []
        for at, step in enumerate(steps):
            for number in self._catalog.cells[step]:
                panels[number]["steps"].append(at)
        self._catalog.masks = list(self._masks.values())
        self._catalog.index = {
            "run": {"name": name, "kind": self._run.kind, "started": started},
            "images": self._images,
            "steps": steps,
            "panels": [{k: v for k, v in panel.items() if k != "place"} for panel in panels],
            "layers": [self._describe_layer(layer) for layer in self._layers.values()],
            "labels": self._label_sets,
            "scores": self._scores,
            "notes": [
                f"{count} × {reason} skipped" for reason, count in sorted(self._skipped.items())
            ],
        }
        return self._catalog

    def _step(self, row: Json) -> int | None:
        step = row.get("_step")
        if isinstance(step, float) and step.is_integer():
            step = int(step)
        # 2**53 is what a JavaScript number holds exactly.
        if isinstance(step, int) and not isinstance(step, bool) and abs(step) <= 2**53:
            return step
        self._skipped["row without a step"] += 1
        return None

    def _add(self, step: int, path: tuple[str, ...], value: Any) -> None:
        images = [image for item in _single_images(value) if (image := self._image(item, path))]
        if not images:
            self._skipped["image without a usable file"] += 1
            return
        self._images += len(images)
        place = len(self._panels)
        key = ".".join(path)
        panel = self._panels.setdefault(path, {"key": key, "folder": _folder(path), "place": place})
        first = value[0] if isinstance(value, list) else value
        grouping = _number(first.get("grouping")) if isinstance(first, dict) else None
        if grouping is not None:
            panel["columns" if "filenames" in first else "grouping"] = grouping
        self._catalog.cells.setdefault(step, {})[panel["place"]] = images

    def _image(self, item: Json, path: tuple[str, ...]) -> Json | None:
        url = _url(item.get("path"))
        if url is None:
            return None
        image: Json = {"u": url}
        width, height = _number(item.get("width")), _number(item.get("height"))
        if width and height and width > 0 and height > 0:
            image["w"], image["h"] = width, height
        caption = item.get("caption")
        if caption not in (None, ""):
            image["c"] = str(caption)
        if masks := [mask for mask in self._mask_layers(item.get("masks"), path) if mask]:
            image["m"] = masks
        if boxes := [layer for layer in self._box_layers(item.get("boxes")) if layer]:
            image["b"] = boxes
        if masks or boxes:
            turned = self._orientation(self._catalog.media_root / item["path"])
            if turned != AS_STORED:
                image["o"] = turned
        return image

    def _orientation(self, file: Path) -> int:
        try:
            return orientation(read_head_in_run(file, self._catalog.media_root, HEAD_BYTES))
        except (OSError, ValueError, RuntimeError):  # or a loop of links
            return AS_STORED  # the page says of the picture that it cannot be shown

    def _mask_layers(self, masks: Any, path: tuple[str, ...]) -> Iterator[list[Any] | None]:
        """Yield ``[layer, label set, URL, mask number]`` for each mask of an image."""
        for name, mask in masks.items() if isinstance(masks, dict) else ():
            url = _url(mask.get("path")) if isinstance(mask, dict) else None
            if url is None:
                self._skipped["mask without a usable file"] += 1
                yield None
                continue
            labels = self._label_set(self._labels_of_mask(path, name))
            digest = mask.get("sha256")
            file = self._catalog.media_root / mask["path"]
            identity = digest if isinstance(digest, str) else url
            number = self._mask_number(identity, file, mask.get("size"))
            yield [self._layer("mask", name, labels)["number"], labels, url, number]

    def _labels_of_mask(self, path: tuple[str, ...], layer: str) -> Any:
        """wandb labels a nested image's mask under its innermost key, newer ones may not."""
        for key in (path[-1], ".".join(path), path[0]):
            entry = self._mask_labels.get(f"{key}{DELIMITER}{layer}")
            if isinstance(entry, dict):
                return entry.get("value")
        return None

    def _mask_number(self, identity: str, file: Path, size_bytes: Any) -> int:
        mask = self._masks.get(identity)
        if mask is None:
            size = size_bytes if isinstance(size_bytes, int) and size_bytes > 0 else 0
            mask = self._masks[identity] = Mask(file, size, len(self._masks))
        return mask.number

    def _box_layers(self, boxes: Any) -> Iterator[list[Any] | None]:
        """Yield ``[layer, label set, boxes]`` for each layer of boxes of an image."""
        for name, entry in boxes.items() if isinstance(boxes, dict) else ():
            content = self._read_boxes(entry)
            if content is None:
                self._skipped["box file unreadable"] += 1
                yield None
                continue
            labels = self._label_set(content.get("class_labels"))
            layer = self._layer("box", name, labels)
            kept = []
            for box in content["box_data"]:
                described = self._box(box, layer)
                if described is None:
                    self._skipped["box without a usable position"] += 1
                else:
                    kept.append(described)
            yield [layer["number"], labels, kept]

    def _read_boxes(self, entry: Any) -> Json | None:
        if isinstance(entry, dict) and "box_data" not in entry:
            if _url(entry.get("path")) is None:
                return None
            try:
                root = self._catalog.media_root
                entry = json.loads(read_in_run(root / entry["path"], root))
            except (OSError, ValueError, RuntimeError):  # a loop of links, or too deep
                return None
        if isinstance(entry, dict) and isinstance(entry.get("box_data"), list):
            return entry
        return None

    def _box(self, box: Any, layer: Json) -> list[Any] | None:
        """Return ``[x0, y0, x1, y1, class, caption, scores, is_pixel]`` without empty ends."""
        position = box.get("position") if isinstance(box, dict) else None
        if not isinstance(position, dict) or (corners := _corners(position)) is None:
            return None
        class_id = _number(box.get("class_id"))
        if class_id is not None:
            layer["seen"].add(class_id)
        caption = box.get("box_caption")
        scores = {}
        given = box.get("scores")
        for name, value in given.items() if isinstance(given, dict) else ():
            score = _number(value)
            if score is not None:
                scores[name] = score
                span = self._scores.setdefault(name, [score, score])
                span[0], span[1] = min(span[0], score), max(span[1], score)
        is_pixel = "pixel" in (position.get("domain"), box.get("domain"))
        described = [
            *corners,
            class_id,
            None if caption in (None, "") else str(caption),
            scores or None,
            1 if is_pixel else None,
        ]
        while described[-1] is None:
            described.pop()
        return described

    def _layer(self, kind: str, name: str, labels: int) -> Json:
        layer = self._layers.setdefault(
            (kind, name),
            {"number": len(self._layers), "kind": kind, "name": name, "sets": set(), "seen": set()},
        )
        layer["sets"].add(labels)
        return layer

    def _describe_layer(self, layer: Json) -> Json:
        """List a layer's classes as ``[id, name]``: the labelled ones and those only drawn."""
        classes: dict[tuple[float, str], None] = {}
        labelled: set[str] = set()
        for number in layer["sets"]:
            labels = self._label_sets[number]
            labelled.update(labels)
            classes.update({(int(key), name): None for key, name in labels.items()})
        for class_id in layer["seen"]:
            if str(class_id) not in labelled:
                classes[(class_id, f"class {class_id}")] = None
        return {
            "kind": layer["kind"],
            "name": layer["name"],
            "classes": [list(entry) for entry in sorted(classes)],
        }

    def _label_set(self, labels: Any) -> int:
        """Return the number of a set of class names; equal sets are stored once."""
        names = {}
        for key, name in labels.items() if isinstance(labels, dict) else ():
            try:
                names[str(int(key))] = str(name)
            except (TypeError, ValueError):
                self._skipped["class label without a number"] += 1
        identity = json.dumps(names, sort_keys=True)
        number = self._labels.setdefault(identity, len(self._label_sets))
        if number == len(self._label_sets):
            self._label_sets.append(names)
        return number


def _media(
    value: Any, path: tuple[str, ...], skipped: Counter[str]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield ``(path of keys, image value)`` for each image or list of images in a row."""
    if isinstance(value, list):
        if value and all(isinstance(v, dict) and v.get("_type") == "image-file" for v in value):
            yield path, value
    elif isinstance(value, dict):
        kind = value.get("_type")
        if path and kind in ("image-file", "images/separated"):
            yield path, value
        elif not path or not isinstance(kind, str):
            if len(path) >= MAX_DEPTH:
                skipped["value nested too deep"] += 1
                return
            for key, child in value.items():
                yield from _media(child, (*path, key), skipped)


def _folder(path: tuple[str, ...]) -> str:
    """Return what panels are laid out by: a key's first folder, or the dict it is nested in."""
    folder, slash, _ = path[0].partition("/")
    return folder if slash or len(path) > 1 else ""


def _single_images(value: Any) -> Iterator[Json]:
    """Yield each image of a value in the form of a single one."""
    if isinstance(value, list):
        yield from value
    elif value.get("_type") == "image-file":
        yield value
    else:
        names = value.get("filenames")
        for at, name in enumerate(names if isinstance(names, list) else ()):
            yield {
                "path": name,
                "width": value.get("width"),
                "height": value.get("height"),
                "caption": _entry(value.get("captions"), at),
                "masks": _entry(value.get("all_masks"), at),
                "boxes": _entry(value.get("all_boxes"), at),
            }


def _entry(values: Any, at: int) -> Any:
    return values[at] if isinstance(values, list) and at < len(values) else None


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if value != value or abs(value) > 2**53:  # NaN, or more than a JavaScript number holds
        return None
    return int(value) if float(value).is_integer() else round(value, 6)


def _corners(position: Json) -> list[int | float] | None:
    """Return ``[x0, y0, x1, y1]`` of either form of a position, ordered; None if it is neither."""
    middle = position.get("middle")
    if isinstance(middle, list) and len(middle) == 2:
        numbers = _numbers(*middle, position.get("width"), position.get("height"))
        if numbers is None:
            return None
        x, y, width, height = numbers
        corners = _numbers(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    else:
        corners = _numbers(*(position.get(name) for name in ("minX", "minY", "maxX", "maxY")))
    if corners is None:
        return None
    x0, y0, x1, y1 = corners
    return [min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)]


def _numbers(*values: Any) -> list[int | float] | None:
    numbers = [number for value in values if (number := _number(value)) is not None]
    return numbers if len(numbers) == len(values) else None


def _url(path: Any) -> str | None:
    """Return a run's media path as a relative URL, or None where it would leave the run.

    Each segment is percent-encoded, so that no name can become a scheme, a query or markup.
    """
    if not isinstance(path, str) or not path or "\0" in path:
        return None
    segments = path.split("/")
    if Path(path).is_absolute() or any(s in ("", ".", "..") or os.sep in s for s in segments):
        return None
    try:
        return "/".join(quote(os.fsencode(segment), safe="") for segment in segments)
    except UnicodeEncodeError:
        return None

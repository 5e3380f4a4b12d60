"""Describes images with their masks and boxes as the page reads them.

In: an image of a row. Out: JSON as catalog.py documents it; layers, label sets and score ranges are
collected on the way. Everything read here may be hostile: texts are kept as data, paths that leave
the run are refused, numbers that are not finite are dropped, and what cannot be used is counted.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .readers.files import TEXT_MOST_BYTES, read_head_in_run, read_in_run
from .readers.orientation import AS_STORED, HEAD_BYTES, orientation
from .safe import class_number, is_drawable, media_url, number, numbers

DELIMITER = "_wandb_delimeter_"  # wandb's spelling, between a key and a layer's name

Json = dict[str, Any]
KeyPath = tuple[str, ...]


@dataclass
class Mask:
    """A mask file, once however many images show it.

    `size_bytes` is what the run says of it, and `number` its place among the run's masks.
    """

    url: str
    size_bytes: int
    number: int


@dataclass(frozen=True)
class MediaFile:
    """A file that the page may show, and the folder that it must not lead out of."""

    path: str
    root: Path

    def read(self, most_bytes: int) -> bytes:
        """The content; raises as `read_in_run` does."""
        return read_in_run(Path(self.path), self.root, most_bytes)


@dataclass(frozen=True)
class MediaFolder:
    """Where the paths of a run's rows lead."""

    root: Path

    def find(self, path: Any) -> tuple[str, MediaFile] | None:
        """A path's URL and file, or None where it is no path inside the folder."""
        url = media_url(path)
        return None if url is None else (url, MediaFile(os.path.join(self.root, path), self.root))


class Source(Protocol):
    """What says where a path in a row leads."""

    def find(self, path: Any) -> tuple[str, MediaFile] | None: ...


class Pictures:
    """The images of one run.

    Attributes:
        files: the URL of every picture and mask file that was described.
        masks: in order of their numbers.
        scores: the range of each score of boxes.
        version: the version of the run at which layers, label sets or scores changed last.
    """

    def __init__(self, media: MediaFolder, skipped: Counter[str]) -> None:
        self.files: dict[str, MediaFile] = {}
        self.scores: dict[str, list[float]] = {}
        self.version = 0
        self._media = media
        self._source: Source = media
        self._skipped = skipped
        self._now = 0
        self._layers: dict[tuple[str, str], Json] = {}
        # Boxes bring their class names. Masks' names are in the run's configuration, which may
        # become known later: a set of theirs is known by the mask's key until then.
        self._sets: list[dict[str, str] | tuple[KeyPath, str]] = []
        self._set_numbers: dict[Any, int] = {}
        self._masks: dict[str, Mask] = {}

    @property
    def masks(self) -> list[Mask]:
        return list(self._masks.values())

    def describe(
        self, item: Json, path: KeyPath, version: int, source: Source | None = None
    ) -> Json | None:
        """An image's JSON, or None if there is no usable file."""
        self._now = version
        self._source = source or self._media
        url = self._url(item)
        if url is None:
            return None
        image: Json = {"u": url}
        width, height = number(item.get("width")), number(item.get("height"))
        if width and height and width > 0 and height > 0:
            image["w"], image["h"] = width, height
        caption = item.get("caption")
        if caption not in (None, ""):
            image["c"] = str(caption)
        if scale := _scale(item.get("scale")):
            image["s"] = scale
        if masks := list(self._mask_layers(item.get("masks"), path)):
            image["m"] = masks
        if boxes := list(self._box_layers(item.get("boxes"))):
            image["b"] = boxes
        if masks or boxes:
            turned = self._orientation(self.files[url])
            if turned != AS_STORED:
                image["o"] = turned
        return image

    def layers(self, config: Json) -> list[Json]:
        """List kind, name and classes of the layers; a class is `[id, name]`."""
        sets = self.label_sets(config)
        return [_describe_layer(layer, sets) for layer in self._layers.values()]

    def label_sets(self, config: Json) -> list[dict[str, str]]:
        """List the class names of each set, as far as the configuration has them by now."""
        wandb = config.get("_wandb")
        labels = wandb.get("mask/class_labels") if isinstance(wandb, dict) else None
        of_masks = labels if isinstance(labels, dict) else {}
        return [
            names if isinstance(names, dict) else self._names(labels_of_mask(of_masks, *names))
            for names in self._sets
        ]

    def _url(self, item: Json) -> str | None:
        """The URL of an item's file, which is remembered."""
        found = self._source.find(item.get("path"))
        if found is None:
            return None
        url, file = found
        self.files.setdefault(url, file)
        return url

    def _orientation(self, file: MediaFile) -> int:
        try:
            return orientation(read_head_in_run(Path(file.path), file.root, HEAD_BYTES))
        except (OSError, ValueError, RuntimeError):  # or a loop of links
            return AS_STORED  # the page says of the picture that it cannot be shown

    def _mask_layers(self, masks: Any, path: KeyPath) -> Iterator[list[Any]]:
        """Yield `[layer, label set, URL, mask number]` for each mask of an image."""
        for name, mask in masks.items() if isinstance(masks, dict) else ():
            url = self._url(mask) if isinstance(mask, dict) else None
            if url is None:
                self._skipped["mask without a usable file"] += 1
                continue
            names = mask.get("class_labels")  # only in tables
            labels = (
                self._set_of_names(names)
                if isinstance(names, dict)
                else self._set_number((path, name), (path, name))
            )
            digest = mask.get("sha256")
            number_of_mask = self._mask_number(
                digest if isinstance(digest, str) else url, url, mask.get("size")
            )
            yield [self._layer("mask", name, labels)["number"], labels, url, number_of_mask]

    def _mask_number(self, identity: str, url: str, size_bytes: Any) -> int:
        mask = self._masks.get(identity)
        if mask is None:
            size = size_bytes if isinstance(size_bytes, int) and size_bytes > 0 else 0
            mask = self._masks[identity] = Mask(url, size, len(self._masks))
        return mask.number

    def _box_layers(self, boxes: Any) -> Iterator[list[Any]]:
        """Yield `[layer, label set, boxes]` for each layer of boxes of an image."""
        for name, entry in boxes.items() if isinstance(boxes, dict) else ():
            content = self._read_boxes(entry)
            if content is None:
                self._skipped["box file unreadable"] += 1
                continue
            labels = self._set_of_names(content.get("class_labels"))
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
            found = self._source.find(entry.get("path"))
            if found is None:
                return None
            try:
                entry = json.loads(found[1].read(TEXT_MOST_BYTES))
            except (OSError, ValueError, RuntimeError):  # a loop of links, or too deep
                return None
        if isinstance(entry, dict) and isinstance(entry.get("box_data"), list):
            return entry
        return None

    def _box(self, box: Any, layer: Json) -> list[Any] | None:
        """`[x0, y0, x1, y1, class, caption, scores, is_pixel]` without empty ends."""
        position = box.get("position") if isinstance(box, dict) else None
        if not isinstance(position, dict) or (corners := box_corners(position)) is None:
            return None
        class_id = number(box.get("class_id"))
        if class_id is not None and class_id not in layer["seen"]:
            layer["seen"].add(class_id)
            self.version = self._now
        caption = box.get("box_caption")
        is_pixel = "pixel" in (position.get("domain"), box.get("domain"))
        described = [
            *corners,
            class_id,
            None if caption in (None, "") else str(caption),
            self._box_scores(box.get("scores")) or None,
            1 if is_pixel else None,
        ]
        while described[-1] is None:
            described.pop()
        return described

    def _box_scores(self, given: Any) -> dict[str, int | float]:
        scores = {}
        for name, value in given.items() if isinstance(given, dict) else ():
            score = number(value)
            if score is None:
                continue
            scores[name] = score
            low, high = self.scores.get(name, (score, score))
            if name not in self.scores or not low <= score <= high:
                self.scores[name] = [min(low, score), max(high, score)]
                self.version = self._now
        return scores

    def _layer(self, kind: str, name: str, labels: int) -> Json:
        layer = self._layers.get((kind, name))
        if layer is None:
            layer = {"number": len(self._layers), "kind": kind, "name": name}
            layer.update(sets=set(), seen=set())
            self._layers[kind, name] = layer
        if labels not in layer["sets"]:
            layer["sets"].add(labels)
            self.version = self._now
        return layer

    def _set_of_names(self, labels: Any) -> int:
        names = self._names(labels)
        return self._set_number(json.dumps(names, sort_keys=True), names)

    def _set_number(self, identity: Any, names: dict[str, str] | tuple[KeyPath, str]) -> int:
        """The number of a set of class names; equal sets are stored once."""
        found = self._set_numbers.setdefault(identity, len(self._sets))
        if found == len(self._sets):
            self._sets.append(names)
        return found

    def _names(self, labels: Any) -> dict[str, str]:
        names = {}
        for key, name in labels.items() if isinstance(labels, dict) else ():
            class_id = class_number(key)
            if class_id is None:
                self._skipped["class label without a number"] = 1
            else:
                names[str(class_id)] = str(name)
        return names


def single_images(value: Any) -> Iterator[Json]:
    """Yield each image of a logged image, or list of images, in the form of a single one."""
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
                "scale": _entry(value.get("scales"), at),
                "masks": _entry(value.get("all_masks"), at),
                "boxes": _entry(value.get("all_boxes"), at),
            }


def _scale(given: Any) -> list[float] | None:
    """`[lo, hi]` or `[lo, hi, index of NaN]`, or None where samples are the values."""
    if not isinstance(given, dict):
        return None
    lo: Any = given.get("lo")
    hi: Any = given.get("hi")
    if not is_drawable(lo) or not is_drawable(hi) or lo >= hi:
        return None
    nan_index = [255] if given.get("nan_index") == 255 else []
    return [float(lo), float(hi), *nan_index]


def _entry(values: Any, at: int) -> Any:
    return values[at] if isinstance(values, list) and at < len(values) else None


def labels_of_mask(of_masks: Json, path: KeyPath, layer: str) -> Any:
    """wandb labels a nested image's mask under its innermost key, newer ones may not."""
    for key in (path[-1], ".".join(path), path[0]):
        entry = of_masks.get(f"{key}{DELIMITER}{layer}")
        if isinstance(entry, dict):
            return entry.get("value")
    return None


def _describe_layer(layer: Json, sets: list[dict[str, str]]) -> Json:
    """List a layer's classes: the labelled ones and those only drawn."""
    classes: dict[tuple[float, str], None] = {}
    labelled: set[str] = set()
    for number_of_set in layer["sets"]:
        labels = sets[number_of_set]
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


def box_corners(position: Mapping[str, Any]) -> list[int | float] | None:
    """`[x0, y0, x1, y1]` of either form of a position, ordered; None if it is neither."""
    middle = position.get("middle")
    if isinstance(middle, (list, tuple)) and len(middle) == 2:
        sides = numbers(*middle, position.get("width"), position.get("height"))
        if sides is None:
            return None
        x, y, width, height = sides
        corners = numbers(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    else:
        corners = numbers(*(position.get(name) for name in ("minX", "minY", "maxX", "maxY")))
    if corners is None:
        return None
    x0, y0, x1, y1 = corners
    return [min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)]

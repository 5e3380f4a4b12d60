"""Finds the pictures in a logged table: a list of images for each column that holds some.

In: a table as wandb writes it into an artifact, with the local files of that artifact. Out: images
in the form that rows have them, whose captions are the other cells of their line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .pictures import MediaFile

MOST_LINES = 2000  # of one table
CELL_CHARACTERS = 40

Json = dict[str, Any]


@dataclass(frozen=True)
class StagedFiles:
    """The files of an artifact where wandb keeps them until they are uploaded."""

    staging: Path
    files: dict[str, Path]  # path in the artifact -> file

    def find(self, path: Any) -> tuple[str, MediaFile] | None:
        """The URL and file of a path in the artifact, or None where it is not there."""
        file = self.files.get(path) if isinstance(path, str) else None
        if file is None or file.parent != self.staging:
            return None
        return f"staged/{quote(file.name, safe='')}", MediaFile(str(file), self.staging)


def picture_columns(table: Json) -> Iterator[tuple[str, list[Json]]]:
    """Yield name and images of each column that holds images."""
    names, lines = table.get("columns"), table.get("data")
    if not isinstance(names, list) or not isinstance(lines, list):
        return
    types = _at(table, "column_types", "params", "type_map")
    lines = [line for line in lines[:MOST_LINES] if isinstance(line, list)]
    for place, name in enumerate(names):
        images = [
            _image(line[place], _caption(names, line, place), _at(types, str(name)))
            for line in lines
            if place < len(line) and _is_image(line[place])
        ]
        if images:
            yield str(name), images


def _is_image(cell: Any) -> bool:
    return isinstance(cell, dict) and cell.get("_type") == "image-file"


def _caption(names: list[Any], line: list[Any], place: int) -> str:
    words = [line[place].get("caption")]
    for name, cell in zip(names, line, strict=False):
        if cell is not None and not isinstance(cell, (dict, list)):
            words.append(f"{name} {str(cell)[:CELL_CHARACTERS]}")
    return " \u00b7 ".join(str(word) for word in words if word)


def _image(cell: Json, caption: str, column_type: Any) -> Json:
    """A cell in the form that an image of a row has: with the names of the classes."""
    options = _at(column_type, "params", "allowed_types")
    of_image: Any = (
        next((t for t in options if _at(t, "wb_type") == "image-file"), None)
        if isinstance(options, list)
        else column_type
    )
    names_of_boxes = _at(of_image, "params", "box_class_maps", "params", "val")
    names_of_masks = _at(of_image, "params", "mask_class_maps", "params", "val")
    image = {**cell, "caption": caption}
    boxes, masks = cell.get("boxes"), cell.get("masks")
    if isinstance(boxes, dict):
        image["boxes"] = {
            layer: {"box_data": found, "class_labels": _at(names_of_boxes, layer)}
            for layer, found in boxes.items()
            if isinstance(found, list)
        }
    if isinstance(masks, dict):
        image["masks"] = {
            layer: {**mask, "class_labels": _at(names_of_masks, layer) or {}}
            for layer, mask in masks.items()
            if isinstance(mask, dict)
        }
    return image


def _at(value: Any, *names: str) -> Any:
    """What lies under these names, or None."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value

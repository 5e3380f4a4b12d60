"""A run as plain files: pictures under their keys, and tables of what else was logged.

In: a Source. Out: a folder with

    pictures/KEY/STEP.png           a picture that was logged alone
    pictures/KEY/STEP-PLACE.png     one of a list
    pictures/KEY/STEP.mask-LAYER.png, STEP.boxes-LAYER.json     what lies on it
    pictures.csv                    a line for each picture, with its caption, and with the values
                                    that its darkest and brightest sample stand for, where known
    scalars.csv                     a line for each step, a column for each metric
    files/                          what the script saved
    values.jsonl                    texts, lists and the like, by step
    about.json                      name, config, summary, classes of masks; written last

Names follow from keys and steps alone, so that another export of the run writes the same files.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from ..files.names import safe_key
from ..files.whole import make_folder, put_bytes, put_copy, remove, write_whole, write_whole_from
from ..view.readers import Row
from . import Exported, Progress
from .output import OutputFolder, default_output
from .source import ClassNames, KeyPath, Picture, Source, is_pictures, leaves, number_of

ABOUT_NAME = "about.json"
PICTURES_NAME = "pictures.csv"
SCALARS_NAME = "scalars.csv"
VALUES_NAME = "values.jsonl"
PICTURES_FOLDER = "pictures"
FILES_FOLDER = "files"

_STEP_DIGITS = 8  # names sort by step
_MOST_OF_A_NAME = 200  # bytes; file systems take 255

_PICTURE_COLUMNS = (
    "file",
    "key",
    "step",
    "place",
    "width",
    "height",
    "caption",
    "grouping",
    "lo",
    "hi",
)


def check_installed() -> None:
    """Nothing else is needed."""


def export(source: Source, output: Any, progress: Progress) -> Exported:
    """Write the files."""
    path = os.path.abspath(output or default_output("folder", source))
    with OutputFolder(path, "folder", source):
        return _Files(path, source).write(progress)


class _Files:
    def __init__(self, path: str, source: Source) -> None:
        self._path = path
        self._source = source
        self._names = _Names()
        self._columns: dict[str, None] = {}
        self._classes: dict[str, dict[str, ClassNames]] = {}
        self._has_values = False
        self._exported = Exported(path)

    def write(self, progress: Progress) -> Exported:
        # Without it the folder is seen to be incomplete.
        remove(os.path.join(self._path, ABOUT_NAME))
        rows = progress(self._source.rows(), self._source.row_count)
        write_whole_from(self._in(PICTURES_NAME), _csv(_PICTURE_COLUMNS, self._pictures(rows)))
        columns = ("step", "timestamp", "runtime", *self._columns)
        write_whole_from(self._in(SCALARS_NAME), _csv(columns, self._scalars()))
        if self._has_values:
            write_whole_from(self._in(VALUES_NAME), self._values())
        else:
            remove(self._in(VALUES_NAME))
        for name, path in self._source.saved_files():
            target = os.path.join(self._path, FILES_FOLDER, *name.split("/"))
            make_folder(os.path.dirname(target))
            put_copy(target, path, self._path)
        write_whole(self._in(ABOUT_NAME), json.dumps(self._about(), indent=1).encode())
        self._exported.problems = self._source.problems
        return self._exported

    def _in(self, name: str) -> str:
        return os.path.join(self._path, name)

    def _pictures(self, rows: Iterable[Row]) -> Iterator[list[Any]]:
        """Write the pictures, yield a line for each, and note which columns scalars have."""
        for row in rows:
            self._exported.rows += 1
            for key, value in leaves(row):
                if not is_pictures(value):
                    if number_of(value) is None:
                        self._has_values = True
                    else:
                        self._columns[".".join(key)] = None
                    continue
                for picture in self._source.pictures(key, value):
                    yield self._picture(row["_step"], picture)
                    self._exported.pictures += 1

    def _picture(self, step: int, picture: Picture) -> list[Any]:
        key = ".".join(picture.key)
        folder = self._names.of(picture.key, PICTURES_FOLDER, key)
        name = f"{step:0{_STEP_DIGITS}}"
        if picture.place is not None:
            name += f"-{picture.place:03}"
        name = f"{folder}/{name}"
        extension = os.path.splitext(picture.file.path)[1]
        make_folder(os.path.join(self._path, folder))
        self._put(name + extension, picture.file.content)
        for layer, (mask, classes) in picture.masks.items():
            self._put(self._layer_name(name, "mask", layer, ".png"), mask.content)
            self._classes.setdefault(key, {}).setdefault(layer, {}).update(classes)
        for layer, boxes in picture.boxes.items():
            content = json.dumps(boxes, indent=1).encode()
            self._put(self._layer_name(name, "boxes", layer, ".json"), content)
        place = "" if picture.place is None else picture.place
        size = picture.width, picture.height
        scale = picture.scale or (None, None)
        return [
            name + extension,
            key,
            step,
            place,
            *size,
            picture.caption,
            picture.grouping,
            *scale,
        ]

    def _layer_name(self, picture: str, kind: str, layer: str, extension: str) -> str:
        wish = f"{picture}.{kind}-" + layer.replace("/", "_")
        return self._names.of((picture, kind, layer), "", wish) + extension

    def _put(self, name: str, content: bytes) -> None:
        target = os.path.join(self._path, *name.split("/"))
        if not _holds(target, content):
            put_bytes(target, content, self._path)

    def _scalars(self) -> Iterator[list[Any]]:
        for row in self._source.rows():
            numbers = {".".join(key): number_of(value) for key, value in leaves(row)}
            if any(number is not None for number in numbers.values()):
                yield [
                    *(row.get(name) for name in ("_step", "_timestamp", "_runtime")),
                    *(numbers.get(column) for column in self._columns),
                ]

    def _values(self) -> Iterator[bytes]:
        for row in self._source.rows():
            others = {
                ".".join(key): value
                for key, value in leaves(row)
                if number_of(value) is None and not is_pictures(value)
            }
            if others:
                yield (json.dumps({"step": row["_step"], **others}) + "\n").encode()

    def _about(self) -> dict[str, Any]:
        source = self._source
        return {
            "name": source.name,
            "started": source.started,
            **asdict(source.details),
            "config": source.config,
            "mask_classes": self._classes,
        }


class _Names:
    """Names of files and folders for keys, no two of which are one on any system."""

    def __init__(self) -> None:
        self._of: dict[KeyPath, str] = {}
        self._taken: set[str] = set()

    def of(self, identity: KeyPath, folder: str, wish: str) -> str:
        """The name for a key or a layer: its wish, or with a number where that is taken."""
        if identity not in self._of:
            wish = safe_key(wish)
            if os.name == "nt":
                wish = re.sub(r'[\\:*?"<>|]', "_", wish)
            wish = "/".join(map(_shortened, wish.split("/")))
            name = wish = f"{folder}/{wish}" if folder else wish
            number = 2
            while name.casefold() in self._taken:
                name, number = f"{wish} ({number})", number + 1
            self._taken.add(name.casefold())
            self._of[identity] = name
        return self._of[identity]


def _shortened(name: str) -> str:
    """A name that a file can have, whatever is added at its end."""
    return name.encode("utf-8", "backslashreplace")[:_MOST_OF_A_NAME].decode(errors="ignore")


def _csv(columns: Iterable[str], lines: Iterable[list[Any]]) -> Iterator[bytes]:
    """Yield a table's lines; that of the columns first."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for line in lines:
        writer.writerow(line)
        yield text.getvalue().encode("utf-8", "backslashreplace")
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode("utf-8", "backslashreplace")


def _holds(path: str, content: bytes) -> bool:
    """Whether an earlier export wrote the file already."""
    try:
        if os.path.getsize(path) != len(content):
            return False
        with open(path, "rb") as file:
            return file.read() == content
    except OSError:
        return False

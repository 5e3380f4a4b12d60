"""A run to export: what is known of it, its rows by step, and its pictures.

In: the folder of a run. Out: one row a step, in the order of steps, and Pictures whose bytes have
the digest that the row names.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from ..view.pictures import MediaFolder, labels_of_mask, single_images
from ..view.readers import Details, Row, open_run

KeyPath = tuple[str, ...]
ClassNames = dict[int | float, str]

_DIGEST_IN_NAME = re.compile(r"_([0-9a-f]{20})(?:\.mask|\.boxes2D)?\.\w+$")
_NO_NUMBERS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


@dataclass(frozen=True)
class StoredFile:
    """A file of the run, with the content that the row names by its digest."""

    path: str
    content: bytes


@dataclass(frozen=True)
class Picture:
    """A logged image.

    Attributes:
        key: the names under which it stands in the row, from the outermost on.
        place: its place in a list; None where it was logged alone.
        file: its file, as masks have one too.
        scale: what the darkest and the brightest sample stand for, where the row says that.
        masks: by layer, each with the names of its classes.
        boxes: by layer, what the file of the boxes holds.
    """

    key: KeyPath
    place: int | None
    file: StoredFile
    width: int
    height: int
    caption: str | None
    grouping: Any
    scale: tuple[Any, Any] | None
    masks: dict[str, tuple[StoredFile, ClassNames]]
    boxes: dict[str, dict[str, Any]]


class Source:
    """A run, read as far as it was logged when this object was made.

    Attributes:
        name, started, config: of the run; the config without what wandb keeps there for itself.
        kind: what wrote it, as the readers name it.
        details: what else is known.
        identity: a text that no other run has, and that stays when the run is moved.
        row_count: the number of rows, of which there is one a step.
        unfinished: what stands at the end of its file and is no whole row, or "".
        problems: sentences on what could not be read.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        # By rank, the number of rows and whether their steps rise.
        self._histories: dict[int, tuple[int, bool]] = {}
        self._problems: Counter[str] = Counter()
        run = open_run(self.path)
        steps: set[int] = set()
        for rank, history in run.histories().items():
            count, last, rises = 0, None, True
            for count, row in enumerate(history, 1):  # noqa: B007
                step = _step_of(row)
                if step is None:
                    self._problems["a row has no step"] += 1
                else:
                    rises = rises and (last is None or step >= last)
                    last = step
                    steps.add(step)
            self._histories[rank] = count, rises
        self.row_count = len(steps)
        about = run.about()
        self.kind = run.kind
        self.name, self.started = _in_utf8(about.name), about.started
        config = {_in_utf8(key): _in_utf8(value) for key, value in about.config.items()}
        self.config = {key: value for key, value in config.items() if key != "_wandb"}
        self.details = Details(**_in_utf8(vars(run.details())))
        self.identity = f"{self.details.id} {self.started}".strip() or os.path.realpath(run.file)
        self.file_bytes = run.size()
        self._labels = _mask_labels(config)
        self._media = MediaFolder(run.media_root)
        self._problems.update(run.skipped)
        self.unfinished = run.unfinished

    @property
    def problems(self) -> list[str]:
        """Sentences on what could not be read so far, each once with its number."""
        return [
            problem if count == 1 else f"{problem} ({count} times)"
            for problem, count in self._problems.items()
        ]

    def rows(self) -> Iterator[Row]:
        """Yield the rows in the order of their steps; rows of one step are one row."""
        run = open_run(self.path)
        streams: list[Iterable[Row]] = []
        for rank, history in run.histories().items():
            count, rises = self._histories.get(rank, (0, True))
            stepped = (row for row in islice(history, count) if _step_of(row) is not None)
            streams.append(stepped if rises else sorted(stepped, key=_known_step))
        for step, rows in groupby(heapq.merge(*streams, key=_known_step), key=_known_step):
            merged: Row = {}
            for row in rows:
                merged.update(row)
            in_utf8 = {_in_utf8(key): _in_utf8(value) for key, value in merged.items()}
            yield {**in_utf8, "_step": step}

    def pictures(self, key: KeyPath, value: Any) -> Iterator[Picture]:
        """Yield the pictures of a value, without those whose files cannot be read."""
        is_list = isinstance(value, list) or value["_type"] != "image-file"
        for place, item in enumerate(single_images(value)):
            stored = self._stored(item)
            if stored is None:
                continue
            caption = item.get("caption")
            yield Picture(
                key,
                place if is_list else None,
                stored,
                _side(item.get("width")),
                _side(item.get("height")),
                caption if isinstance(caption, str) else None,
                item.get("grouping"),
                _scale(item.get("scale")),
                dict(self._masks(item, key)),
                dict(self._boxes(item)),
            )

    def saved_files(self) -> Iterator[tuple[str, str]]:
        """Yield name and path of the files that the script saved with a LocalRun.

        Names have slashes between folders. A link that leads out of the folder is left out.
        """
        root = self._media.root / "files"
        if self.kind == "LocalRun":
            for path in sorted(root.rglob("*")):
                if path.is_file() and path.resolve().is_relative_to(root.resolve()):
                    yield path.relative_to(root).as_posix(), str(path)

    def _masks(
        self, item: dict[str, Any], key: KeyPath
    ) -> Iterator[tuple[str, tuple[StoredFile, ClassNames]]]:
        for layer, mask in _items(item.get("masks")):
            stored = self._stored(mask)
            if stored is not None:
                labels = labels_of_mask(self._labels, key, _in_utf8(layer))
                yield layer, (stored, class_names(labels))

    def _boxes(self, item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        for layer, entry in _items(item.get("boxes")):
            stored = self._stored(entry)
            if stored is None:
                continue
            try:
                content = json.loads(stored.content)
            except (ValueError, RecursionError):
                content = None
            if isinstance(content, dict) and isinstance(content.get("box_data"), list):
                yield layer, content
            else:
                self._problems[f"{stored.path} holds no boxes"] += 1

    def _stored(self, item: Any) -> StoredFile | None:
        """The file of a picture, mask or boxes; None, with a problem, where it is bad."""
        path = item.get("path") if isinstance(item, dict) else None
        found = self._media.find(path)
        if path is None or found is None:
            self._problems[f"{path!r} is no path inside the run"] += 1
            return None
        file = found[1]
        in_name = _DIGEST_IN_NAME.search(path)
        digest = str(item.get("sha256") or (in_name[1] if in_name else ""))
        try:
            content = file.read(os.stat(file.path).st_size)
        except (OSError, ValueError, RuntimeError) as error:  # or a loop of links
            self._problems[str(error)] += 1
            return None
        if not hashlib.sha256(content).hexdigest().startswith(digest):
            self._problems[f"{file.path} is damaged: its SHA-256 is not that of the row"] += 1
            return None
        return StoredFile(file.path, content)


def leaves(value: Any, key: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield path and value of all that is in a row, but for what wandb keeps there for itself."""
    # A row is no value of a type, whatever was logged as `_type`.
    if isinstance(value, dict) and (not key or (value and not isinstance(_type_of(value), str))):
        for name, child in value.items():
            if key or not name.startswith("_"):
                yield from leaves(child, (*key, name))
    else:
        yield key, value


def is_pictures(value: Any) -> bool:
    """Whether a value of a row is an image, or a list of images."""
    if isinstance(value, list):
        return bool(value) and all(_type_of(item) == "image-file" for item in value)
    return _type_of(value) in ("image-file", "images/separated")


def number_of(value: Any) -> int | float | None:
    """The number that a value of a row stands for, or None."""
    if isinstance(value, str):
        return _NO_NUMBERS.get(value)
    return value if isinstance(value, (int, float)) else None


def class_names(labels: Any) -> ClassNames:
    """Names by the numbers of their classes, which JSON has as texts; what is none is left out."""
    names: ClassNames = {}
    for key, name in _items(labels):
        try:
            number = float(key)
        except (TypeError, ValueError):
            continue
        if math.isfinite(number):
            names[int(number) if number.is_integer() else number] = str(name)
    return names


def _in_utf8(value: Any) -> Any:
    """The value with escapes for what UTF-8 does not have: Python's texts of other file names.

    A picture's dict stays as it is, since its path is that of a file.
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict) and not isinstance(value.get("_type"), str):
        return {_in_utf8(key): _in_utf8(inner) for key, inner in value.items()}
    return [_in_utf8(inner) for inner in value] if isinstance(value, list) else value


def _side(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _scale(value: Any) -> tuple[Any, Any] | None:
    return (value.get("lo"), value.get("hi")) if isinstance(value, dict) else None


def _type_of(value: Any) -> Any:
    return value.get("_type") if isinstance(value, dict) else None


def _items(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _step_of(row: Row) -> int | None:
    step = row.get("_step")
    if isinstance(step, float) and step.is_integer():
        return int(step)
    return step if isinstance(step, int) and not isinstance(step, bool) else None


def _known_step(row: Row) -> int:
    step = _step_of(row)
    assert step is not None
    return step


def _mask_labels(config: dict[str, Any]) -> dict[str, Any]:
    wandb = config.get("_wandb")
    labels = wandb.get("mask/class_labels") if isinstance(wandb, dict) else None
    return labels if isinstance(labels, dict) else {}

"""Turns a run's rows into what the page reads: the contract between Python and the page.

In: a Run, read row by row, as far as it has been written. Out: JSON values, the same for a page
opened from disk and for a served one. Here is all of it; web/run.js is the reader.

A *card* (`Catalog.card`) stands for a run in the list of runs::

    id, name, kind, started    texts; started is ISO 8601 or empty
    place                      where the run lies, for display
    exit                       what it ended with, or null
    axis                       the metric that the slider goes by at first, or empty for the step
    images, steps              how many there are
    config                     {name: number, text or bool}, nested names joined by dots
    last                       {metric: its last number}
    reading                    the share of the file that is read, 0 to 1

A *part* (`Catalog.part`) is what a run got after a version. Version 0 is "nothing", so that the
part after it is the whole run. `epoch` changes when the run was written anew::

    id, epoch, version, reading
    start, entries      [panel, step, panel, step, ...]: entries from number `start` on. An entry is
                        what a panel got at a step; a later entry for both replaces an earlier one.
    blocks              the number of the first entry of each block of cells
    panels              [{key, folder, columns?, grouping?}], only where something has changed:
    metrics             names of the metrics, by number
    axes                in a page on disk: the numbers of the metrics whose axis it carries
    layers              [{kind: "mask" or "box", name, classes: [[id, name], ...]}]
    labels              [{id: name}]: sets of class names
    scores              {name: [lowest, highest]}
    notes               sentences on what could not be read

A *block of cells* (`Catalog.cells`) is a list with the images of each of its entries::

    u: URL below the run's media, w, h: stored width and height, c: caption,
    o: Exif orientation, where it is not 1
    s: [lo, hi, index of NaN?], the values that sample 0 and the largest sample stand for
    m: [[layer, label set, URL, mask number], ...]
    b: [[layer, label set, [[x0, y0, x1, y1, class, caption, scores, is_pixel], ...]], ...]

A *series* (`Catalog.series`) is a metric: columns `steps`, `means` and, where a bucket holds
several values, `lows` and `highs`, to be put at place `start`. An *axis* (`Catalog.axis`)
has the value of a metric at each step that has pictures, in the order of their first entries.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from .axes import axis_of
from .pictures import MediaFolder, Pictures, Source, single_images
from .readers import Run
from .safe import MOST_DRAWN, MOST_EXACT, number
from .scalars import Series
from .tables import StagedFiles, picture_columns

MAX_DEPTH = 32  # of nested dicts in a row
MOST_METRICS = 1000
MOST_CONFIG_VALUES = 200
CONFIG_CHARACTERS = 120
BLOCK_CHARACTERS = 128 * 1024  # parsed within a few milliseconds, when a step is looked at
BLOCK_ENTRIES = 64  # a served page asks for one block to show a step

NAN = float("nan")

Json = dict[str, Any]
KeyPath = tuple[str, ...]


class Catalog:
    """One run, as far as it has been read.

    Attributes:
        id: the run's name in URLs and in the page.
        run: the reader.
        pictures: the files that the page may show.
        version: how often something was added.
    """

    def __init__(self, run: Run, place: str) -> None:
        path = os.fsencode(os.path.realpath(run.file))
        self.id = hashlib.sha256(path).hexdigest()[:12]
        self.epoch = time.time_ns() // 1000 % 2**53
        self.run = run
        self.place = place
        self.version = 0
        self.pictures = Pictures(MediaFolder(run.media_root), run.skipped)
        self.images = 0
        self._panels: list[Json] = []
        self._panel_numbers: dict[KeyPath, int] = {}
        self._panels_version = 0
        self._entries: list[str] = []  # JSON
        self._panels_and_steps: list[int] = []
        self._entry_versions = array("q")
        self._blocks: list[int] = []
        self._block_room = 0
        self._metrics: dict[str, Series] = {}
        self._metric_numbers: list[str] = []
        self._metrics_version = 0
        self._steps: dict[int, int] = {}  # a step with pictures -> its place
        self._axes: list[array[float]] = []  # for each metric its value at those places
        self._last_step = -MOST_EXACT
        self._about = run.about()
        self._about_version = 0
        self._notes: list[str] = []

    def read(self, seconds: float | None = None) -> None:
        """Read on, to the end or for about so long; raises OSError, or ValueError for no run."""
        end = None if seconds is None else time.monotonic() + seconds
        for row in self.run.rows():
            self._add_row(row)
            if end is not None and time.monotonic() > end:
                break
        self._look_at_the_rest()

    @property
    def reading(self) -> float:
        """The share of the file that is read; 1 at its end, but for what is no whole row yet."""
        size = self.run.size()
        if self.run.unfinished or self.run.offset >= size:
            return 1.0
        return min(0.99, round(self.run.offset / size, 3))

    def card(self) -> Json:
        """The run's entry in the list of runs."""
        about = self._about
        return {
            "id": self.id,
            "name": about.name,
            "kind": self.run.kind,
            "started": about.started,
            "place": self.place,
            "exit": about.exit_code,
            "axis": self._axis,
            "images": self.images,
            "steps": len(self._steps),
            "config": dict(_flat_config(about.config)),
            "last": {
                name: float(f"{series.last:.7g}")
                for name, series in self._metrics.items()
                if not name.startswith("_")
            },
            "reading": self.reading,
        }

    def part(self, version: int) -> Json:
        """What the run got after a version."""
        start = bisect_right(self._entry_versions, version)
        part = {
            "id": self.id,
            "epoch": self.epoch,
            "version": self.version,
            "reading": self.reading,
            "start": start,
            "entries": self._panels_and_steps[2 * start :],
            "blocks": list(self._blocks),
        }
        if self._panels_version > version or version == 0:
            part["panels"] = [dict(panel) for panel in self._panels]
        if self._metrics_version > version or version == 0:
            part["metrics"] = list(self._metric_numbers)
        if max(self.pictures.version, self._about_version) > version or version == 0:
            part["layers"] = self.pictures.layers(self._about.config)
            part["labels"] = self.pictures.label_sets(self._about.config)
            part["scores"] = dict(self.pictures.scores)
        if self._about_version > version or version == 0:
            part["notes"] = self._notes
        return part

    def cells(self, block: int) -> str:
        """A block of cells as JSON text."""
        start = self._blocks[block]
        end = self._blocks[block + 1] if block + 1 < len(self._blocks) else None
        return "[" + ",".join(self._entries[start:end]) + "]"

    @property
    def block_count(self) -> int:
        return len(self._blocks)

    @property
    def metric_count(self) -> int:
        return len(self._metric_numbers)

    def series(self, metric: int, version: int) -> Json:
        """What a metric got after a version."""
        return self._metrics[self._metric_numbers[metric]].since(version)

    def axes_within(self, most_values: int) -> list[int]:
        """Metrics that the slider may go by, with so many values of axes together.

        The one that it goes by at first comes first, then those that never fall, as epochs do not.
        """
        asked = self._axis

        def order(metric: int) -> tuple[bool, bool]:
            known = [value for value in self._axes[metric] if value == value]
            falls = any(after < before for before, after in pairwise(known))
            return self._metric_numbers[metric] != asked, falls

        count = most_values // max(1, len(self._steps))
        return sorted(sorted(range(len(self._axes)), key=order)[:count])

    def axis(self, metric: int) -> Json:
        """A metric's value at each step that has pictures; null where it had none yet."""
        values = self._axes[metric]
        return {
            "steps": list(self._steps),
            "values": [None if value != value else value for value in values],
        }

    @property
    def _axis(self) -> str:
        keys = (panel["key"] for panel in self._panels)
        return axis_of(self.run.details().metrics, keys, self._metrics)

    def _look_at_the_rest(self) -> None:
        """Take in what is known besides the rows."""
        about = self.run.about()
        reasons = dict(self.run.skipped)
        if self.run.unfinished:
            reasons[self.run.unfinished] = 1
        notes = [f"{count} \u00d7 {reason} skipped" for reason, count in sorted(reasons.items())]
        if about != self._about or notes != self._notes:
            self._about, self._notes = about, notes
            self.version += 1
            self._about_version = self.version

    def _add_row(self, row: Json) -> None:
        step = self._step(row)
        if step is None:
            return
        self.version += 1
        self._last_step = max(step, self._last_step)
        media = self._add_numbers(row, step)
        for path, value in media:
            if isinstance(value, dict) and value["_type"] == "table-file":
                self._add_table(step, path, value)
            else:
                self._add_images(step, path, value, list(single_images(value)))
        if step in self._steps:
            self._note_axes(row, step)

    def _step(self, row: Json) -> int | None:
        step = row.get("_step")
        if isinstance(step, float) and step.is_integer():
            step = int(step)
        if isinstance(step, int) and not isinstance(step, bool) and abs(step) <= MOST_EXACT:
            return step
        self.run.skipped["row without a step"] += 1
        return None

    # Numbers.

    def _add_numbers(self, row: Json, step: int) -> list[tuple[KeyPath, Any]]:
        """Add the numbers of a row to their metrics; return what may be pictures."""
        media: list[tuple[KeyPath, Any]] = []
        metrics = self._metrics
        for key, value in row.items():
            kind = type(value)
            if kind is float or kind is int:
                if -MOST_DRAWN < value < MOST_DRAWN:
                    series = metrics.get(key) or self._metric(key)
                    if series is not None:
                        series.add(step, value, self.version)
            elif kind is dict or kind is list:
                for path, inner in _leaves(value, (key,), self.run.skipped):
                    if not isinstance(inner, (int, float)):
                        media.append((path, inner))
                    elif -MOST_DRAWN < inner < MOST_DRAWN:
                        series = self._metric(".".join(path))
                        if series is not None:
                            series.add(step, inner, self.version)
        return media

    def _metric(self, name: str) -> Series | None:
        """The series of a metric, which may be new; None for the step, or for too many."""
        series = self._metrics.get(name)
        if series is not None or name == "_step":
            return series
        if len(self._metrics) >= MOST_METRICS:
            self.run.skipped[f"metric beyond the first {MOST_METRICS}"] = 1
            return None
        series = self._metrics[name] = Series()
        self._metric_numbers.append(name)
        self._axes.append(array("d", [NAN]) * len(self._steps))
        self._metrics_version = self.version
        return series

    def _note_axes(self, row: Json, step: int) -> None:
        """Note each metric's value where a step has pictures: that of the step, or the last one."""
        in_row = {
            ".".join(path): value
            for key, inner in row.items()
            for path, value in _leaves(inner, (key,), self.run.skipped)
            if isinstance(value, (int, float)) and -MOST_DRAWN < value < MOST_DRAWN
        }
        place = self._steps[step]
        for name, axis in zip(self._metric_numbers, self._axes, strict=True):
            if place == len(axis):
                axis.append(NAN)
            if name in in_row:
                axis[place] = in_row[name]
            elif step == self._last_step and axis[place] != axis[place]:
                axis[place] = self._metrics[name].last

    # Pictures.

    def _add_table(self, step: int, path: KeyPath, value: Json) -> None:
        table = self.run.table(".".join(path), value)
        if table is None:
            self.run.skipped[
                "table whose pictures are not on this machine (wandb keeps them in its artifact "
                "staging folder until they are uploaded)"
            ] += 1
            return
        source = StagedFiles(table["staging"], table["staged"])
        for column, images in picture_columns(table):
            self._add_images(step, (*path, column), {}, images, source)

    def _add_images(
        self, step: int, path: KeyPath, value: Any, items: list[Json], source: Source | None = None
    ) -> None:
        images = [
            image
            for item in items
            if (image := self.pictures.describe(item, path, self.version, source))
        ]
        if not images:
            self.run.skipped["image without a usable file"] += 1
            return
        self.images += len(images)
        self._steps.setdefault(step, len(self._steps))
        self._add_entry(self._panel(path, value), step, json_text(images))

    def _panel(self, path: KeyPath, value: Any) -> int:
        place = self._panel_numbers.setdefault(path, len(self._panels))
        if place == len(self._panels):
            self._panels.append({"key": ".".join(path), "folder": _folder(path)})
            self._panels_version = self.version
        first = value[0] if isinstance(value, list) else value
        grouping = number(first.get("grouping"))
        name = "columns" if "filenames" in first else "grouping"
        if grouping not in (None, self._panels[place].get(name)):
            self._panels[place][name] = grouping
            self._panels_version = self.version
        return place

    def _add_entry(self, panel: int, step: int, text: str) -> None:
        place = len(self._entries)
        in_block = place - self._blocks[-1] if self._blocks else 0
        if not self._blocks or in_block >= BLOCK_ENTRIES or self._block_room < len(text):
            self._blocks.append(place)
            self._block_room = BLOCK_CHARACTERS
        self._block_room -= len(text)
        self._entries.append(text)
        self._panels_and_steps += (panel, step)
        self._entry_versions.append(self.version)


def json_text(value: Any) -> str:
    """JSON in ASCII that cannot end the script element it stands in, nor open a comment."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _leaves(value: Any, path: KeyPath, skipped: Any) -> Iterator[tuple[KeyPath, Any]]:
    """Yield `(path of keys, value)` for each number, image, list of images and table."""
    if isinstance(value, list):
        if value and all(isinstance(v, dict) and v.get("_type") == "image-file" for v in value):
            yield path, value
    elif isinstance(value, dict):
        kind = value.get("_type")
        if kind in ("image-file", "images/separated", "table-file"):
            yield path, value
        elif not isinstance(kind, str):
            if len(path) >= MAX_DEPTH:
                skipped["value nested too deep"] += 1
                return
            for key, child in value.items():
                yield from _leaves(child, (*path, key), skipped)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path, value


def _folder(path: KeyPath) -> str:
    """What panels are laid out by: a key's first folder, or the dict it is nested in."""
    folder, slash, _ = path[0].partition("/")
    return folder if slash or len(path) > 1 else ""


def _flat_config(config: Json) -> Iterator[tuple[str, Any]]:
    """Yield the plain values of a configuration, nested names joined by dots."""
    left = MOST_CONFIG_VALUES
    waiting = [(name, value, 1) for name, value in reversed(config.items()) if name != "_wandb"]
    while waiting and left:
        name, value, depth = waiting.pop()
        if isinstance(value, dict) and value and depth < MAX_DEPTH:
            waiting += [(f"{name}.{key}", each, depth + 1) for key, each in value.items()][::-1]
            continue
        left -= 1
        if isinstance(value, (bool, int)) or (isinstance(value, float) and abs(value) < MOST_DRAWN):
            yield name, value
        elif value is not None:
            yield name, str(value)[:CONFIG_CHARACTERS]

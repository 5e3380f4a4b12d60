"""A program that logs every kind of file, stopped anywhere, and what must hold of its run then.

In: a folder for the run. Out: assertions about what is on disk. A step is what happens between two
moments at which Python looks for signals: an interrupt or a kill at one of them can be repeated.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PILImage

from wbimage_ext import Image, LocalRun
from wbimage_ext.files import memory

# Every step and hundreds of kills instead of some; takes minutes.
IS_THOROUGH = os.environ.get("WBIMAGE_THOROUGH") == "1"

BOXES = {
    "box_data": [
        {"position": {"minX": 0.1, "maxX": 0.2, "minY": 0.3, "maxY": 0.4}, "class_id": 1},
    ],
    "class_labels": {1: "dog"},
}
_NAME = re.compile(r".*_([0-9a-f]{20})\.(png|jpg|bmp|mask\.png|boxes2D\.json)")


def log_everything(folder: Path, *, seed: int = 0, picture: Path | None = None) -> None:
    """Log images of every file type, masks, boxes, lists and nested dicts; then finish."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    masks = {"truth": {"mask_data": pixels[:, :, 0] // 64, "class_labels": {0: "road", 3: "car"}}}
    with LocalRun(folder, config={"seed": seed}) as run:
        run.log({"one": Image(pixels, masks=masks, boxes={"b": BOXES}), "loss": 0.5})
        run.log({"many": [Image(pixels[i:], file_type="jpg", caption="c") for i in range(2)]})
        run.log({"deep": {"er": Image(pixels, file_type="bmp")}}, step=run.step)
        if picture is not None:
            run.log({"file": Image(picture)}, step=run.step + 1)


def as_if_staged_elsewhere() -> None:
    """From now on files are staged, on another file system than runs are."""

    def link(source: Any, target: Any) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link", source)

    os.link = link  # type: ignore[assignment]
    memory.LIMIT_BYTES = memory._room = 0


def at_step(number: int, action: Callable[[], Any], work: Callable[[], Any]) -> bool:
    """Work, and act at its step of this number; whether the work ended before it."""
    left = number

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal left
        # Python looks for signals where a function of its own begins and after one in C.
        if event in ("call", "c_return"):
            left -= 1
            if left == 0:
                sys.setprofile(None)
                action()

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return left > 0


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """The complete lines of the history, each of which parses."""
    try:
        lines = (folder / "history.jsonl").read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return []
    assert all(line.endswith(b"\n") for line in lines[:-1])
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def check_run(folder: Path) -> list[dict[str, Any]]:
    """What holds of a run at any moment; returns its rows."""
    media = folder / "media"
    for file in media.rglob("*"):
        if file.is_file():
            check_whole(file)
    rows = rows_of(folder)
    for row in rows:
        for described in _files_of(row):
            content = (folder / described["path"]).read_bytes()
            if "sha256" in described:
                assert hashlib.sha256(content).hexdigest() == described["sha256"]
                assert len(content) == described["size"]
    for name in ("run.json", "config.json", "summary.json"):
        if (folder / name).exists():
            json.loads((folder / name).read_text())
    if (folder / "index.html").exists():
        assert (folder / "index.html").read_text().endswith("</html>\n")
    return rows


def check_whole(file: Path) -> None:
    """A file in the media folder is named by its digest, so a whole one can be told."""
    match = _NAME.fullmatch(file.name)
    assert match, f"{file.name} is no finished file"
    assert hashlib.sha256(file.read_bytes()).hexdigest().startswith(match[1]), file.name
    if file.suffix == ".json":
        json.loads(file.read_text())
    else:
        with PILImage.open(file) as image:
            image.load()


def check_continued(folder: Path) -> None:
    """The next start goes on after the rows that are there, and leaves nothing unfinished."""
    before = check_run(folder)
    with LocalRun(folder) as run:
        run.log({"again": Image(np.eye(5))})
    rows = check_run(folder)
    assert rows[:-1] == before
    assert "again" in rows[-1]
    steps = [row["_step"] for row in rows]
    assert steps == sorted(set(steps)), "a step is in the history once"
    assert not [name for name in os.listdir(folder) if name.endswith(".part")]
    assert "index.html" in os.listdir(folder)


def _files_of(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [file for item in value for file in _files_of(item)]
    if not isinstance(value, dict):
        return []
    own = [value] if "path" in value else []
    own += [{"path": name} for name in value.get("filenames", [])]
    return own + [file for item in value.values() for file in _files_of(item)]

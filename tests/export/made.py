"""A run with everything that can be logged, and what its files say, for the tests of exports."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import wbimage_ext
from wbimage_ext import LocalRun

LABELS = {0: "road", 1: "car", 7: "a \u201cquoted\u201d name"}


def layered(random: np.random.Generator, **more: Any) -> Any:
    """An image with two masks and two layers of boxes."""
    pixels = random.integers(0, 256, (24, 32, 3), np.uint8)
    masks = {
        layer: {"mask_data": random.integers(0, 2, (24, 32)), "class_labels": LABELS}
        for layer in ("truth", "prediction/best")
    }
    position = {"minX": 1, "maxX": 9, "minY": 2, "maxY": 20}
    middle = {"middle": [0.5, 0.25], "width": 0.125, "height": 0.5}
    boxes = {
        "truth": {
            "box_data": [{"position": position, "domain": "pixel", "class_id": 1}],
            "class_labels": LABELS,
        },
        "found": {
            "box_data": [
                {
                    "position": middle,
                    "class_id": 7,
                    "box_caption": "car, surely",
                    "scores": {"confidence": 0.75},
                }
            ],
            "class_labels": LABELS,
        },
    }
    return wbimage_ext.Image(pixels, masks=masks, boxes=boxes, **more)


def make_run(folder: Path, *, steps: int = 6, pictures_each: int = 3, seed: int = 0) -> Path:
    """Log a run: numbers, texts, nested dicts, pictures alone, in lists and with layers."""
    random = np.random.default_rng(seed)
    config = {"rate": 0.01, "layers": [3, 4], "model": {"name": "small", "depth": 2}, "none": None}
    about = {"notes": "first\nsecond", "tags": ["a", "b c"], "group": "g", "job_type": "train"}
    with LocalRun(folder, name="a run", config=config, project="moved", **about) as run:
        run.define_metric("epoch")
        run.define_metric("loss", step_metric="epoch", summary="min")
        for step in range(steps):
            gray = random.integers(0, 256, (16, 20), np.uint8)
            run.log({"loss": 1 / (step + 1), "val/accuracy": step / 7, "is_good": step > 2})
            run.log(
                {
                    "epoch": step,
                    "val": {"loss": float(step), "sample": layered(random, caption="inside")},
                    "sample": layered(random, caption=f"step {step}, \u00e4", grouping=3),
                    "list": [
                        wbimage_ext.Image(
                            random.integers(0, 256, (9, 8, 3), np.uint8), caption=f"no {i}"
                        )
                        for i in range(pictures_each)
                    ],
                    "layered list": [layered(random), layered(random)],
                    "depth": wbimage_ext.Image(gray / 100, normalize=(0, 4)),
                    "photo": wbimage_ext.Image(gray, file_type="jpg"),
                    "a/b": wbimage_ext.Image(gray),
                    "text": f"said at {step}",
                    "counts": [1, 2, step],
                }
            )
        run.log({"odd": float("nan"), "large": float("inf")})
        run.log({"loss": -1.0}, step=3)  # an earlier step, whose other values stay
        run.log({"after": 2}, step=1000)
        run.summary["best"] = 0.5
        script = folder.parent / "made" / "notes.txt"
        script.parent.mkdir(exist_ok=True)
        script.write_text("kept with the run")
        run.save(script, base_path=folder.parent, policy="now")
    return folder


def rows_by_step(folder: Path) -> dict[int, dict[str, Any]]:
    """The rows of the history; those of one step are one."""
    rows: dict[int, dict[str, Any]] = {}
    for line in (folder / "history.jsonl").read_text().splitlines():
        row = json.loads(line)
        rows.setdefault(row["_step"], {}).update(row)
    return dict(sorted(rows.items()))


def pictures(folder: Path) -> Iterator[tuple[int, str, int | None, dict[str, Any]]]:
    """Step, key, place and JSON of each picture of a run; the JSON has the file's digest."""
    for step, row in rows_by_step(folder).items():
        for key, value in flat(row).items():
            kind = value.get("_type") if isinstance(value, dict) else None
            if kind == "image-file":
                yield step, key, None, value
            elif kind == "images/separated":
                for place, path in enumerate(value["filenames"]):
                    one = {"path": path, "sha256": digest_of(folder / path)}
                    for name, many in (
                        ("caption", "captions"),
                        ("masks", "all_masks"),
                        ("boxes", "all_boxes"),
                    ):
                        one[name] = value[many][place] if many in value else None
                    yield step, key, place, one


def flat(value: dict[str, Any], separator: str = ".") -> dict[str, Any]:
    """The values of nested dicts by joined names; what has a _type is one value."""
    found = {}
    for key, child in value.items():
        if isinstance(child, dict) and "_type" not in child:
            inner = flat(child, separator)
            found.update({f"{key}{separator}{name}": each for name, each in inner.items()})
        else:
            found[key] = child
    return found


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

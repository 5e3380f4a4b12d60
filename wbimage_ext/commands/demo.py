"""`wbimage demo`: logs documented examples, a scene with boxes and masks, and the user's files."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..image import Image
from ..runs.local_run import LocalRun
from . import DONE
from .scene import scene
from .terminal import matching_files, print_place


def run(options: argparse.Namespace) -> int:
    """Log the demo and print one line for each step."""
    with LocalRun(options.dir, name="demo") as run:
        print(f"{'step':>4}  {'key':<20} {'images':<22} {'file size':>10}  {'ms an image':>11}")
        files = matching_files(options.files)
        for step, logged in enumerate(log_demo(run, files), start=run.step):
            images = logged.images
            first = images[0]
            what = f"{len(images)} x {first._width}x{first._height} {first.format}"
            size = sum(image._size or 0 for image in images) // len(images)
            milliseconds = 1000 * logged.seconds / len(images)
            print(f"{step:>4}  {logged.key:<20} {what:<22} {size:>10,}  {milliseconds:>11.2f}")
    print_place(run.dir)
    return DONE


@dataclass(frozen=True)
class Logged:
    """One key of the run: what was logged under it and the time that building the images took."""

    key: str
    images: list[Image]
    seconds: float


def log_demo(run: LocalRun, paths: list[str]) -> Iterator[Logged]:
    """Log each part of the demo under its own key, one step each."""
    random = np.random.default_rng(0)
    fields = {f"random field {i}": random.integers(0, 256, (100, 100, 3)) for i in range(3)}
    yield _log(
        run,
        "random_field_png",
        [{"data_or_path": field, "caption": text} for text, field in fields.items()],
    )
    yield _log(
        run,
        "random_field_uint8",
        [
            {"data_or_path": field.astype(np.uint8), "mode": "RGB", "caption": text}
            for text, field in fields.items()
        ],
    )
    yield _log(
        run,
        "random_field_jpg",
        [
            {"data_or_path": field, "caption": text, "file_type": "jpg"}
            for text, field in fields.items()
        ],
    )
    for shift in range(3):
        picture, masks, boxes = scene(random, shift)
        arguments = {"data_or_path": picture, "masks": masks, "boxes": boxes}
        yield _log(run, "scene", [{**arguments, "caption": "boxes and masks"}])
    for path in paths:
        yield _log(run, "files", [{"data_or_path": path, "caption": path}])


def _log(run: LocalRun, key: str, arguments: list[dict[str, Any]]) -> Logged:
    start = time.perf_counter()
    images = [Image(**one) for one in arguments]
    seconds = time.perf_counter() - start
    run.log({key: images if len(images) > 1 else images[0]})
    return Logged(key, images, seconds)

"""`wbimage demo`: two runs of a small training, with masks, boxes and a loss, and the user's files.

In: a folder and paths of image files. Out: the runs, and one line for each key that was logged.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..image import Image
from ..runs.local_run import LocalRun
from . import DONE
from .learner import Learner, features_of
from .scene import BALLOON, BOAT, CLASS_LABELS, Scene, scene
from .terminal import command_line, matching_files, print_place, shown

_RATES = (0.02, 0.002)
_PICTURES = 10
_STEPS_A_PICTURE = 15
# A prediction of fewer pixels is no object.
_SMALLEST_OBJECT = 30

_Array = np.ndarray[Any, Any]


def run(options: argparse.Namespace) -> int:
    """Log the demo, and say what was logged and where it is."""
    files = matching_files(options.files)
    for path in files:
        Image(path)  # a bad file comes before the work
    fast_rate, slow_rate = _RATES
    with (
        _start(options.dir, fast_rate) as fast,
        _start(f"{fast.dir}-slow", slow_rate) as slow,
    ):
        logged = Logged()
        _train({fast_rate: fast, slow_rate: slow}, logged)
        for path in files:
            logged.log(fast, {"files": [{"data_or_path": path, "caption": path}]})
    logged.print()
    print_place(fast.dir)
    print(f"\nA second run, with a smaller learning rate, is in {shown(slow.dir)}")
    view = command_line("view", "--open", fast.dir, slow.dir)
    print(f"  a page of both:            {shown(view)}")
    return DONE


def _start(directory: str | None, rate: float) -> LocalRun:
    config = {"rate": rate, "pictures": _PICTURES, "steps a picture": _STEPS_A_PICTURE}
    return LocalRun(directory, name=f"demo, rate {rate}", config=config, tags=["demo"])


@dataclass
class Logged:
    """What was logged: images by key, and the time that making them took."""

    images: dict[str, list[Image]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def log(
        self,
        run: LocalRun,
        arguments: Mapping[str, list[dict[str, Any]]],
        values: Mapping[str, Any] | None = None,
    ) -> None:
        """Make an image of each dict of arguments, and log them by key with other values."""
        row: dict[str, Any] = dict(values or {})
        for key, each in arguments.items():
            start = time.perf_counter()
            images = [Image(**one) for one in each]
            self.seconds[key] = self.seconds.get(key, 0) + time.perf_counter() - start
            self.images.setdefault(key, []).extend(images)
            row[key] = images if len(images) > 1 else images[0]
        run.log(row)

    def print(self) -> None:
        """Print a table with one line a key."""
        print(f"{'key':<20} {'images':<22} {'file size':>10}  {'ms an image':>11}")
        for key, images in self.images.items():
            first = images[0]
            what = f"{len(images)} x {first._width}x{first._height} {first.format}"
            size = sum(image._size or 0 for image in images) // len(images)
            milliseconds = 1000 * self.seconds[key] / len(images)
            print(f"{key:<20} {what:<22} {size:>10,}  {milliseconds:>11.2f}")


def _documented_examples() -> dict[str, list[dict[str, Any]]]:
    """The three examples of wandb's documentation: integers, uint8, and JPEG."""
    random = np.random.default_rng(0)
    fields = {f"random field {i}": random.integers(0, 256, (100, 100, 3)) for i in range(3)}
    return {
        "random_field_png": [
            {"data_or_path": pixels, "caption": text} for text, pixels in fields.items()
        ],
        "random_field_uint8": [
            {"data_or_path": pixels.astype(np.uint8), "mode": "RGB", "caption": text}
            for text, pixels in fields.items()
        ],
        "random_field_jpg": [
            {"data_or_path": pixels, "caption": text, "file_type": "jpg"}
            for text, pixels in fields.items()
        ],
    }


def _train(runs: Mapping[float, LocalRun], logged: Logged) -> None:
    """Train one network for each rate; before each new picture, log what it predicts there.

    The first step of the first run has the documented examples too.
    """
    examples = _documented_examples()
    learners = {rate: Learner(len(CLASS_LABELS), rate) for rate in runs}
    for number in range(_PICTURES):
        seen = scene(number / (_PICTURES - 1), seed=number)
        features = features_of(seen.picture)
        for rate, run in runs.items():
            probabilities = learners[rate].probabilities(features)
            images, values = _predictions(seen, probabilities)
            losses = [learners[rate].learn(features, seen.classes) for _ in range(_STEPS_A_PICTURE)]
            values.update(epoch=number, loss=losses[0])
            logged.log(run, {**images, **examples}, values)
            examples = {}
            for loss in losses[1:]:
                run.log({"loss": loss})


def _predictions(
    seen: Scene, probabilities: _Array
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, Any]]:
    """Arguments of the images to log for one picture, and numbers."""
    predicted = probabilities.argmax(-1).astype(np.uint8)
    is_right = predicted == seen.classes
    masks = {
        "truth": {"mask_data": seen.classes, "class_labels": CLASS_LABELS},
        "prediction": {"mask_data": predicted, "class_labels": CLASS_LABELS},
    }
    boxes = {
        "truth": _boxes({"class_id": thing.class_id, "box": thing.box} for thing in seen.things),
        "prediction": _boxes(_predicted_things(seen, predicted, probabilities)),
    }
    accuracy = float(is_right.mean())
    caption = f"{accuracy:.1%} of the pixels are right"
    images = {
        "scene": {"data_or_path": seen.picture, "caption": caption, "masks": masks, "boxes": boxes},
        "uncertainty": {
            "data_or_path": -(probabilities * np.log2(probabilities + 1e-9)).sum(-1),
            "caption": "entropy from 0 to 1 bit and more",
            "normalize": (0, 1),
            "colormap": _heat_colors(),
        },
        "errors": {
            "data_or_path": np.where(is_right[..., None], seen.picture * 0.25, [0.9, 0.2, 0.1])
        },
    }
    values = {"accuracy": accuracy, "overlap": _overlaps(seen.classes, predicted)}
    return {key: [arguments] for key, arguments in images.items()}, values


def _heat_colors() -> _Array:
    """A colormap (256, 3) from dark blue over green to light yellow."""
    stops = [(40, 20, 80), (40, 100, 140), (50, 170, 110), (190, 210, 60), (255, 250, 200)]
    at = np.linspace(0, 255, len(stops))
    channels = [np.interp(range(256), at, values) for values in zip(*stops, strict=True)]
    return np.stack(channels, -1).astype(np.uint8)


def _overlaps(classes: _Array, predicted: _Array) -> dict[str, float]:
    """Intersection over union of each class."""
    overlaps = {}
    for class_id, name in CLASS_LABELS.items():
        true, found = classes == class_id, predicted == class_id
        overlaps[name] = float((true & found).sum() / max(1, (true | found).sum()))
    return overlaps


def _predicted_things(
    seen: Scene, predicted: _Array, probabilities: _Array
) -> Iterable[dict[str, Any]]:
    """Where the network sees a balloon or a boat near one: the box of those pixels."""
    for thing in seen.things:
        left, right, top, bottom = thing.box
        reach = (right - left) // 4
        rows = slice(max(0, top - reach), bottom + reach)
        columns = slice(max(0, left - reach), right + reach)
        for class_id in (BALLOON, BOAT):
            inside = predicted[rows, columns] == class_id
            if inside.sum() < _SMALLEST_OBJECT:
                continue
            y, x = np.nonzero(inside)
            confidence = probabilities[rows, columns, class_id][inside].mean()
            yield {
                "class_id": class_id,
                "box": (
                    columns.start + int(x.min()),
                    columns.start + int(x.max()) + 1,
                    rows.start + int(y.min()),
                    rows.start + int(y.max()) + 1,
                ),
                "scores": {"confidence": round(float(confidence), 3)},
            }


def _boxes(things: Iterable[dict[str, Any]]) -> dict[str, Any]:
    box_data = []
    for thing in things:
        position = dict(zip(("minX", "maxX", "minY", "maxY"), thing["box"], strict=True))
        box = {"position": position, "domain": "pixel", "class_id": thing["class_id"]}
        box["box_caption"] = CLASS_LABELS[thing["class_id"]]
        if "scores" in thing:
            box["scores"] = thing["scores"]
        box_data.append(box)
    return {"box_data": box_data, "class_labels": CLASS_LABELS}

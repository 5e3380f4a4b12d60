"""What a training step spends on images: wandb's class and ours, in turn, in one offline run each.

    python -m benchmarks.wandb_step [--repeat 7]

Photographs of scikit-image. That pixels agree is checked before anything is timed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

SIDE = 224


def photos(count: int) -> list[np.ndarray[Any, Any]]:
    """Different cuts of real photographs, (224, 224, 3) uint8."""
    from skimage import data

    sources = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    generator = np.random.default_rng(0)
    cuts = []
    for number in range(count):
        source = sources[number % len(sources)]
        top = generator.integers(0, source.shape[0] - SIDE)
        left = generator.integers(0, source.shape[1] - SIDE)
        cuts.append(np.ascontiguousarray(source[top : top + SIDE, left : left + SIDE]))
    return cuts


def timed(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e3


def measure(repeat: int) -> None:
    import wandb
    from skimage import data

    import wbimage_ext

    classes = {"wandb": wandb.Image, "ours": wbimage_ext.Image}
    many, few, portrait = photos(108), photos(50), data.astronaut()
    for photo in few[:4]:
        made = [np.asarray(image_class(photo).image) for image_class in classes.values()]
        assert np.array_equal(*made)
    run = wandb.init(mode="offline", project="benchmark")
    rows: dict[str, dict[str, list[float]]] = {}

    def note(row: str, name: str, milliseconds: float) -> None:
        rows.setdefault(row, {key: [] for key in classes})[name].append(milliseconds)

    for _ in range(repeat):
        for name, image_class in classes.items():
            images = [image_class(photo) for photo in many]
            note("log 108 images", name, timed(lambda i=images: run.log({"many": i})))
            note(
                "build and log 50 photos",
                name,
                timed(lambda c=image_class: run.log({"step": [c(photo) for photo in few]})),
            )
            note("Image() of 512x512", name, timed(lambda c=image_class: c(portrait)))
    run.finish()
    print(f"wandb {wandb.__version__}, {repeat} rounds, medians")
    for row, times in rows.items():
        theirs, ours = (statistics.median(times[name]) for name in ("wandb", "ours"))
        ratios = sorted(a / b for a, b in zip(times["wandb"], times["ours"], strict=True))
        print(
            f"{row:26} wandb {theirs:8.1f} ms   ours {ours:7.2f} ms   "
            f"{theirs / ours:5.1f}x ({ratios[0]:.1f} to {ratios[-1]:.1f})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=7)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as directory:
        for name in ("WANDB_DIR", "WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR"):
            os.environ[name] = directory
        os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true")
        measure(repeat)


if __name__ == "__main__":
    main()

"""Many images in one process, and what it holds meanwhile.

    python -m tests.soak [--logged N] [--kept N] [--with-wandb] [--folder FOLDER]

Logs images of every kind to a LocalRun, or to an offline run of the installed wandb; then makes
and logs images of 256 x 256 that are all kept. Samples resident memory, open files, threads and
staged files, and fails where one of them grows over its bound:

    resident memory   FLAT_MB over the second half of what is logged, KEPT_MB for each 1,500 kept
    open files, threads, staged files   not at all
"""

from __future__ import annotations

import argparse
import gc
import io
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np

import wbimage_ext
from wbimage_ext import Image, LocalRun
from wbimage_ext.files import memory, staging

FLAT_MB = 12.0
KEPT_MB = 12.0
KEPT_IN_A_SAMPLE = 1500
ITEMS_IN_A_LOG = 20


def resident_mb() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


def counts() -> dict[str, int]:
    """What must not grow."""
    folder = staging.staging_directory()
    return {
        "open files": len(os.listdir("/proc/self/fd")),
        "threads": len(os.listdir("/proc/self/task")),
        "staged files": len(os.listdir(folder)),
    }


class Samples:
    """Memory and counts after so many images."""

    def __init__(self) -> None:
        self.resident: list[tuple[int, float]] = []
        self.first: dict[str, int] = {}

    def take(self, images: int, title: str, staged: int = 0) -> None:
        """Exit where more is open, or staged than by so many images."""
        gc.collect()
        self.resident.append((images, resident_mb()))
        now = counts()
        if not self.first:
            self.first = now
        # Threads that did their work may take a moment to end.
        end = time.monotonic() + 60
        while now["threads"] > self.first["threads"] and time.monotonic() < end:
            time.sleep(0.01)
            now = counts()
        for name, count in now.items():
            if count > self.first[name] + staged * (name == "staged files"):
                sys.exit(f"{name} grew from {self.first[name]} to {count} by image {images}")
        listed = ", ".join(f"{count} {name}" for name, count in now.items())
        print(f"{title} {images:7}: {self.resident[-1][1]:7.1f} MB, {listed}", flush=True)

    def growth(self, first: int, last: int) -> float:
        """MB from one sample to another, by their place in the list."""
        return self.resident[last][1] - self.resident[first][1]


def kinds() -> list[Callable[[int], Any]]:
    """Images of every kind, mostly small; a number makes them differ."""
    random = np.random.default_rng(0)
    gray = random.integers(0, 256, (40, 50), np.uint8)
    color = random.integers(0, 256, (32, 32, 3), np.uint8)
    alpha = random.integers(0, 256, (24, 30, 4), np.uint8)
    floats = random.random((28, 28), np.float32)
    large = random.integers(0, 256, (400, 500, 3), np.uint8)
    mask = random.integers(0, 4, (40, 50))
    png = wbimage_ext.encode(color)
    box = {"position": {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1}, "class_id": 1}
    return [
        lambda n: Image(gray + np.uint8(n % 7)),
        lambda n: Image(color, caption=str(n)),
        lambda n: Image(alpha),
        lambda n: Image(floats * (n % 5 + 1)),
        lambda n: Image(floats, normalize=(0, n + 1)),
        lambda n: Image(color, file_type="jpg", quality=n % 90 + 5),
        lambda n: Image(gray, file_type="bmp"),
        lambda n: Image(gray, masks={"m": {"mask_data": mask}}, boxes={"b": {"box_data": [box]}}),
        lambda n: Image(png),
        lambda n: Image(io.BytesIO(png)),
        lambda n: Image(large) if n % 10 == 0 else Image(gray[::-1, ::2]),
        lambda n: of_batch(n, color),
        lambda n: Image(Image(color)),
        lambda n: refused(n, gray),
    ]


def refused(n: int, gray: Any) -> Image:
    """Images that are refused leave nothing behind either."""
    for bad in (gray[0], gray.astype(complex), gray[:0], b"no image"):
        try:
            Image(bad)
        except (TypeError, ValueError):
            continue
        raise AssertionError("this is no image")
    try:
        Image(gray, masks={"m": {"mask_data": [[0.5]]}})
    except TypeError:
        return Image(gray)
    raise AssertionError("this is no mask")


def of_batch(n: int, color: Any) -> Image:
    """One image of a batch, whose others nobody asks for."""
    return Image.from_batch(np.stack([color] * 4), num_threads=2)[n % 4]


def log_many(run: Any, logged: int, samples: Samples) -> None:
    makers = kinds()
    every = max(logged // 20, 1)
    done = 0
    next_sample = min(every, 2000)
    while done < logged:
        count = min(ITEMS_IN_A_LOG, logged - done)
        images = [makers[n % len(makers)](n) for n in range(done, done + count)]
        run.log({"mixed": images, "step": done})
        done += count
        if done >= next_sample:
            samples.take(done, "logged")
            next_sample += every


def keep_many(run: Any, kept: int, samples: Samples) -> list[Any]:
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (256, 256, 3), np.uint8)
    images: list[Any] = []
    # As when memory holds as many as its bound allows: then each leaves a staged file.
    memory.LIMIT_BYTES = memory._room = 0
    samples.take(0, "kept  ")
    for n in range(kept):
        pixels[n % 256, n // 256 % 256] ^= 255
        images.append(Image(pixels))
        run.log({"kept": images[-1]})
        if (n + 1) % KEPT_IN_A_SAMPLE == 0 or n + 1 == kept:
            samples.take(n + 1, "kept  ", staged=n + 1)
    return images


def soak(run: Any, logged: int, kept: int) -> str:
    """Log and keep; a line that says what grew, or SystemExit."""
    while_logging = Samples()
    log_many(run, logged, while_logging)
    flat = while_logging.growth(len(while_logging.resident) // 2, -1)
    keeping = Samples()
    images = keep_many(run, kept, keeping)
    each = [keeping.growth(i, i + 1) for i in range(len(keeping.resident) - 1)]
    worst = max(each, default=0.0)
    assert len(images) == kept
    images.clear()
    keeping.take(0, "left  ")
    text = (
        f"resident memory grew by {flat:.1f} MB over the second half of {logged} logged images and "
        f"by at most {worst:.1f} MB for {KEPT_IN_A_SAMPLE} of {kept} kept ones"
    )
    if flat > FLAT_MB or worst > KEPT_MB:
        sys.exit(text)
    return text


class WandbRun:
    """An offline run of the installed wandb."""

    def __init__(self, folder: str) -> None:
        import wandb

        self._run = wandb.init(mode="offline", dir=folder, settings=wandb.Settings(silent=True))
        self.log = self._run.log

    def close(self) -> None:
        self._run.finish()


class OwnRun(LocalRun):
    def close(self) -> None:
        """Leave out the page: it holds every row in memory."""
        self._folder.history.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logged", type=int, default=100_000)
    parser.add_argument("--kept", type=int, default=10_000)
    parser.add_argument("--with-wandb", action="store_true")
    parser.add_argument("--folder", help="where the run is made; removed at the end")
    arguments = parser.parse_args()
    logging.getLogger("wandb").setLevel(logging.ERROR)  # lists of images of several sizes
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        run = WandbRun(folder) if arguments.with_wandb else OwnRun(os.path.join(folder, "run"))
        with closing(run):
            text = soak(run, arguments.logged, arguments.kept)
    print(f"{text}; {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()

"""`wbimage bench`: measures encoding here against NumPy and Pillow, in turn.

In: how long to measure, and paths of image files. Out: one line for each picture. Before anything
is timed, both outputs are checked to hold the same pixels.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import _core
from ..arrays import encode, to_uint8
from . import DONE, info
from .scene import scene
from .terminal import matching_files, shown

_MIN_ROUNDS = 5


def run(options: argparse.Namespace) -> int:
    """Print versions, then one line for each picture and file type."""
    pictures = list(_pictures(matching_files(options.files)))  # a bad file comes before the work
    info.run(options)
    print(f"\n{'':<27} {'here':>18} {'Pillow':>20}")
    print(f"{'picture':<22} {'file':<4} {'ms':>8} {'bytes':>9} {'ms':>10} {'bytes':>9}  faster")
    for measured in measure(options.seconds, pictures):
        line = f"{shown(measured.name)[:22]:<22} {measured.file_type:<4}"
        line += f" {1000 * measured.seconds:>8.3f} {measured.size:>9,}"
        if measured.peer_seconds is not None:
            low, middle, high = statistics.quantiles(measured.ratios, n=4)
            line += f" {1000 * measured.peer_seconds:>10.3f} {measured.peer_size:>9,}"
            line += f"  {middle:.1f} x ({low:.1f} to {high:.1f})"
        print(line, flush=True)
    print("\nms: the fastest round; faster: median of the rounds' ratios, and quartiles")
    return DONE


@dataclass(frozen=True)
class Measured:
    """One picture: times in seconds, sizes in bytes; the peer's are None without Pillow.

    `ratios` holds the peer's time over ours, one for each round, sorted.
    """

    name: str
    file_type: str
    seconds: float
    size: int
    peer_seconds: float | None
    peer_size: int | None
    ratios: list[float]


def measure(seconds_each: float, pictures: Sequence[tuple[str, Any]]) -> Iterator[Measured]:
    """Measure each picture, which is a name and an array, `seconds_each` long."""
    pillow = _pillow()
    for name, array in pictures:
        for file_type in ("png", "jpg"):
            if file_type == "jpg" and array.ndim == 3 and array.shape[2] == 4:
                continue
            yield _measure_one(name, array, file_type, seconds_each, pillow)


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        return None
    return Image


def _pictures(paths: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The built-in pictures and the files, with their names."""
    random = np.random.default_rng(0)
    seen = scene(0.3)
    picture = seen.picture.astype(np.float64)
    yield "scene uint8", to_uint8(picture)
    yield "scene float64", picture
    yield "scene gray", to_uint8(picture)[..., 1]
    yield "mask", seen.classes * np.uint8(60)
    yield "noise", random.integers(0, 256, (256, 256, 3), np.uint8)
    for path in paths:
        yield os.path.basename(path), _read(path)


def _read(path: str) -> Any:
    """The pixels of a file: (H, W), (H, W, 3) or (H, W, 4) uint8."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        pixels, mode, _ = _core.decode(data)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if mode in ("L", "RGB", "RGBA"):
        return pixels.squeeze(2) if mode == "L" else pixels
    pillow = _pillow()
    if pillow is None:
        raise ValueError(f"{path}: to measure an image of mode {mode} takes Pillow")
    return np.asarray(pillow.open(path).convert("RGB"))


def _measure_one(
    name: str, array: Any, file_type: str, seconds_each: float, pillow: Any
) -> Measured:
    def ours() -> bytes:
        return encode(array, file_type)

    if pillow is None:
        times = _time_in_turn([ours], seconds_each)[0]
        return Measured(name, file_type, min(times), len(ours()), None, None, [])

    def peer() -> bytes:
        pixels = array if array.dtype == np.uint8 else _numpy_to_uint8(array)
        buffer = io.BytesIO()
        pillow.fromarray(pixels).save(buffer, "PNG" if file_type == "png" else "JPEG")
        return buffer.getvalue()

    _check_same_pixels(name, file_type, ours(), peer(), pillow)
    times, peer_times = _time_in_turn([ours, peer], seconds_each)
    ratios = sorted(b / a for a, b in zip(times, peer_times, strict=True))
    return Measured(name, file_type, min(times), len(ours()), min(peer_times), len(peer()), ratios)


def _numpy_to_uint8(array: Any) -> Any:
    """The rule for data that is already in [0, 1], as the built-in pictures are."""
    return np.clip(array * 255, 0, 255).astype(np.uint8)


def _check_same_pixels(name: str, file_type: str, ours: bytes, peer: bytes, pillow: Any) -> None:
    decoded = [np.asarray(pillow.open(io.BytesIO(data))).astype(int) for data in (ours, peer)]
    # Two releases of libjpeg-turbo may round a sample differently.
    bound = 0 if file_type == "png" else 3
    if decoded[0].shape != decoded[1].shape or np.abs(decoded[0] - decoded[1]).max() > bound:
        raise RuntimeError(f"{name}: the {file_type} files hold different pixels")


def _time_in_turn(runs: list[Callable[[], bytes]], seconds: float) -> list[list[float]]:
    """Times of each, taken in turn so that what slows the machine meets all of them."""
    times: list[list[float]] = [[] for _ in runs]
    for run in runs:
        run()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[0]) < _MIN_ROUNDS:
        for run, taken in zip(runs, times, strict=True):
            start = time.perf_counter()
            run()
            taken.append(time.perf_counter() - start)
    return times

"""How one large image scales with threads, and how long others take for it.

    python -m benchmarks.image_threads [THREADS]

The same pixels on 1, 2, ... threads in turn: the median of the ratios of paired runs, with their
quartiles; 1.00 is one thread's time. The bytes of all thread counts are checked to be the same
first, and to hold the pixels. The second table has the best times of single calls in milliseconds;
`Image` and `wandb.Image` encode, hash and write a file.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import PIL.Image

import wbimage_ext

from .corpus import Pixels, pictures
from .files import decoded
from .peers import found, fpng, opencv, pillow
from .rows import require_equal

ROUNDS = 9
ROUNDS_OF_OTHERS = 2


def images() -> Iterator[tuple[str, Pixels]]:
    """1080p, 4K and 8K photographs, a plot of 4K and a large mask."""
    known = {picture.name: picture.pixels for picture in pictures()}
    yield "1080p photographs", known["mosaic_1080p_judge"]
    four_k = known["mosaic_4k_judge"]
    yield "4K photographs", four_k
    yield "8K photographs", np.tile(four_k, (2, 2, 1))
    if "contour" in known:
        yield "4K of plots", np.tile(known["contour"], (5, 6, 1))
    yield "16K x 16K mask", np.tile(np.kron(known["disks"], np.ones((4, 4), np.uint8)), (8, 8))


def seconds(call: Callable[[], Any]) -> float:
    """The time of one call."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def scaling(name: str, pixels: Pixels, counts: list[int]) -> list[str]:
    """Rows of the first table; the files are compared before."""
    one = wbimage_ext.encode(pixels, num_threads=1)
    require_equal("wbimage_ext", name, decoded(one), pixels)
    rows = []
    for threads in counts:
        if wbimage_ext.encode(pixels, num_threads=threads) != one:
            raise SystemExit(f"{threads} threads wrote another file of {name} than one")
        pairs = [
            (encode_seconds(pixels, 1), encode_seconds(pixels, threads)) for _ in range(ROUNDS)
        ]
        low, middle, high = statistics.quantiles([a / b for a, b in pairs], n=4)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        rows.append(
            f"| {name} | {threads} | {middle:.2f} | {low:.2f} to {high:.2f} "
            f"| {min(a for a, _ in pairs) * 1e3:.1f} | {min(b for _, b in pairs) * 1e3:.1f} "
            f"| {memory} |"
        )
    return rows


def encode_seconds(pixels: Pixels, threads: int) -> float:
    """The time of one encode."""
    return seconds(lambda: wbimage_ext.encode(pixels, num_threads=threads))


def others(name: str, pixels: Pixels) -> dict[str, float | None]:
    """Milliseconds of each encoder; None where it takes no such pixels."""
    peers = [pillow("PNG")]
    if module := found("cv2"):
        peers.append(opencv(module, ".png"))
    if module := found("fpng"):
        peers.append(fpng(module))
    calls: dict[str, Callable[[], Any] | None] = {}
    for peer in peers:
        calls[peer.name] = call = peer.prepare(pixels)
        if call is not None:
            require_equal(peer.name, name, decoded(bytes(call())), pixels)
    if wandb := found("wandb"):
        calls["wandb.Image"] = lambda: wandb.Image(pixels)
    calls["Image"] = lambda: wbimage_ext.Image(pixels)
    calls["encode"] = lambda: wbimage_ext.encode(pixels)
    return {
        key: None if call is None else min(seconds(call) for _ in range(ROUNDS_OF_OTHERS)) * 1e3
        for key, call in calls.items()
    }


def main() -> None:
    """Run and print."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count() or 2
    counts = [count for count in (2, 4, 8, 16, 32, 64) if count < most] + [most]
    PIL.Image.MAX_IMAGE_PIXELS = None  # The mask is larger.
    print(", ".join(f"{name} {text}" for name, text in wbimage_ext.build_info().items()))
    print("| image | threads | times one thread | quartiles | ms with one | ms | MB in use |")
    print("|---|---|---|---|---|---|---|")
    everything = list(images())
    for name, pixels in everything:
        print(*scaling(name, pixels, counts), sep="\n", flush=True)
    wbimage_ext.set_num_threads(most)
    for i, (name, pixels) in enumerate(everything):
        times = others(name, pixels)
        if i == 0:
            print("\n| image |", " | ".join(times), "|")
            print("|---|" + "---|" * len(times))
        shown = ("" if ms is None else f"{ms:.1f}" for ms in times.values())
        print(f"| {name} |", " | ".join(shown), "|", flush=True)


if __name__ == "__main__":
    main()

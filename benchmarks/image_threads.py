"""How one large image scales with threads: the same pixels on 1, 2, ... threads in turn.

    python -m benchmarks.image_threads [THREADS]

Prints the median of the ratios of paired runs, with their quartiles; 1.00 is one thread's time. The
bytes of all thread counts are checked to be the same first, and to hold the pixels.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import time
from collections.abc import Iterator

import numpy as np

import wbimage_ext

from .corpus import Pixels, pictures
from .files import decoded
from .rows import require_equal

ROUNDS = 9


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


def seconds(pixels: Pixels, threads: int) -> float:
    started = time.perf_counter()
    wbimage_ext.encode(pixels, num_threads=threads)
    return time.perf_counter() - started


def main() -> None:
    """Run and print."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count() or 2
    counts = [count for count in (2, 4, 8, 16, 32, 64) if count < most] + [most]
    print(", ".join(f"{name} {text}" for name, text in wbimage_ext.build_info().items()))
    print("| image | threads | times one thread | quartiles | ms with one thread | MB in use |")
    print("|---|---|---|---|---|---|")
    for name, pixels in images():
        one = wbimage_ext.encode(pixels, num_threads=1)
        require_equal("wbimage_ext", name, decoded(one), pixels)
        for threads in counts:
            if wbimage_ext.encode(pixels, num_threads=threads) != one:
                raise SystemExit(f"{threads} threads wrote another file of {name} than one")
            pairs = [(seconds(pixels, 1), seconds(pixels, threads)) for _ in range(ROUNDS)]
            low, middle, high = statistics.quantiles([a / b for a, b in pairs], n=4)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(
                f"| {name} | {threads} | {middle:.2f} | {low:.2f} to {high:.2f} "
                f"| {min(a for a, _ in pairs) * 1e3:.1f} | {memory} |",
                flush=True,
            )


if __name__ == "__main__":
    main()

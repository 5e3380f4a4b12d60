"""How many images Python's threads encode together, beside one thread, with and without the GIL.

    python -m benchmarks.threads [THREADS]

Each thread encodes the same photograph as often as the one alone does, on one thread of the core.
Prints the median of the ratios of paired runs, with their quartiles: 2.00 is twice the images in
the same time. Whether there is a GIL depends on the Python that runs this.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from wbimage_ext import encode

from .corpus import Pixels, folder_of, read_picture

ROUNDS = 15
SECONDS = 0.5  # of the one thread in each round


def seconds(pool: ThreadPoolExecutor, threads: int, pixels: Pixels, times: int) -> float:
    """The time until each of so many threads has encoded so many times."""

    def work() -> None:
        for _ in range(times):
            encode(pixels, num_threads=1)

    started = time.perf_counter()
    for future in [pool.submit(work) for _ in range(threads)]:
        future.result()
    return time.perf_counter() - started


def main() -> None:
    """Run and print."""
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count() or 2
    folder = folder_of("skimage", "data")
    if folder is None:
        raise SystemExit("the photograph is scikit-image's: pip install scikit-image")
    pixels = read_picture(folder / "astronaut.png")
    with_gil = "with" if getattr(sys, "_is_gil_enabled", lambda: True)() else "without"
    with ThreadPoolExecutor(threads) as pool:
        seconds(pool, threads, pixels, 10)
        times = max(1, round(SECONDS / (seconds(pool, 1, pixels, 20) / 20)))
        ratios = [
            threads * seconds(pool, 1, pixels, times) / seconds(pool, threads, pixels, times)
            for _ in range(ROUNDS)
        ]
    low, middle, high = statistics.quantiles(ratios, n=4)
    print(
        f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()} "
        f"{with_gil} the GIL: {threads} threads encode {middle:.2f} times as many images as one "
        f"(quartiles {low:.2f} to {high:.2f})"
    )


if __name__ == "__main__":
    main()

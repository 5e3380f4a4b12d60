"""How Image.from_batch scales with threads: the same batches on 1, 2, ... threads in turn.

    python benchmarks/batch_threads.py [THREADS]

Prints the median of the ratios of paired runs, with their quartiles; 1.00 is one thread's time.
The files of all thread counts are checked to be the same first.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import wbimage_ext
from wbimage_ext import Image

ROUNDS = 15


def batches() -> dict[str, np.ndarray[Any, Any]]:
    """Batches to encode: small and large images, uint8 and float."""
    from skimage import data

    photo = data.astronaut()
    noisy = photo[None] + np.arange(16, dtype=np.uint8)[:, None, None, None]
    return {
        "256 of 64x64x3 uint8": np.ascontiguousarray(noisy[:, :64, :64]).repeat(16, 0),
        "64 of 256x256x3 uint8": np.ascontiguousarray(noisy[:, ::2, ::2]).repeat(4, 0),
        "64 of 256x256x3 float32": noisy[:, ::2, ::2].repeat(4, 0).astype(np.float32) / 255,
        "16 of 512x512x3 uint8": noisy,
    }


def seconds(data: np.ndarray[Any, Any], num_threads: int) -> float:
    started = time.perf_counter()
    images = Image.from_batch(data, num_threads=num_threads)
    taken = time.perf_counter() - started
    for image in images:
        os.unlink(str(image._path))
    return taken


def check(data: np.ndarray[Any, Any], num_threads: int) -> None:
    """The same files in the same order, whatever the number of threads."""
    digests = []
    for count in (1, num_threads):
        images = Image.from_batch(data, num_threads=count)
        digests.append([image._sha256 for image in images])
        for image in images:
            Path(str(image._path)).unlink()
    if digests[0] != digests[1]:
        raise SystemExit(f"{num_threads} threads wrote other files than one")


def main() -> None:
    """Run and print."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count() or 2
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}")
    print(", ".join(f"{name} {text}" for name, text in wbimage_ext.build_info().items()))
    print("| batch | threads | times one thread | quartiles | ms with one thread |")
    print("|---|---|---|---|---|")
    for name, data in batches().items():
        for threads in range(2, most + 1):
            check(data, threads)
            pairs = [(seconds(data, 1), seconds(data, threads)) for _ in range(ROUNDS)]
            low, middle, high = statistics.quantiles([one / many for one, many in pairs], n=4)
            spread = f"{low:.2f} to {high:.2f}"
            milliseconds = min(one for one, _ in pairs) * 1e3
            print(f"| {name} | {threads} | {middle:.2f} | {spread} | {milliseconds:.1f} |")


if __name__ == "__main__":
    main()

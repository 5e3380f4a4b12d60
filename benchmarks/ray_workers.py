"""How fast examples/ray_dataset.py encodes with 1 and 2 workers, and what limits it.

    python -m benchmarks.ray_workers

In turn, the best of three: the encoder alone on one thread, without Ray; Ray's workers with an
empty function in place of the encoder, so that only the arrays travel; the same with encoding and
hashing, whose files are not written; and the example itself, which writes Parquet files. Beside
images a second stands the share of the machine's CPU time that was used meanwhile, and the share
that the encoder alone would need for as many images. Where the first is near 100 %, the cores are
the limit; the difference of the two is the work of Ray, of hashing and of Parquet.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import wbimage_ext

FILES, IMAGES_A_FILE = 40, 100
IMAGES = FILES * IMAGES_A_FILE
ROUNDS = 3


def example() -> ModuleType:
    """The module of the example, which Ray sends to its workers with each function."""
    path = Path(__file__).parent.parent / "examples/ray_dataset.py"
    spec = importlib.util.spec_from_file_location("ray_dataset", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def arrays(index: int) -> np.ndarray[Any, Any]:
    """Smooth pictures with some noise, (IMAGES_A_FILE, 192, 256, 3) uint8."""
    random = np.random.default_rng(index)
    small = random.integers(0, 230, (IMAGES_A_FILE, 12, 16, 3), np.uint8)
    return small.repeat(16, 1).repeat(16, 2) + random.integers(0, 9, (1, 192, 256, 1), np.uint8)


def cpu_seconds() -> float:
    """CPU time of the whole machine so far, without idle time (Linux)."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    idle = fields[3] + fields[4]
    return (sum(fields[:8]) - idle) / 100


def measured(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds, and seconds of CPU, of the fastest of some calls."""
    results = []
    for _ in range(ROUNDS):
        start, used = time.perf_counter(), cpu_seconds()
        work()
        results.append((time.perf_counter() - start, cpu_seconds() - used))
    return min(results)


def main() -> int:
    """Print the table."""
    import ray

    ray_dataset = example()
    ray.cloudpickle.register_pickle_by_value(ray_dataset)
    cores = os.cpu_count() or 1
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    ray.init(num_cpus=max(2, cores), include_dashboard=False, log_to_driver=False)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "arrays")
        folder.mkdir()
        for index in range(FILES):
            np.save(folder / f"{index:03}.npy", arrays(index))
        pictures = [picture for index in range(4) for picture in arrays(index)]

        def encode_alone() -> None:
            for picture in pictures:
                wbimage_ext.encode(picture, num_threads=1)

        seconds, _ = measured(encode_alone)
        encode_seconds = seconds / len(pictures)
        print(
            f"{IMAGES} images of 256 x 192, {cores} cores; encode alone takes "
            f"{1e6 * encode_seconds:.0f} us an image"
        )
        print(f"\n{'':<34} {'images/s':>9} {'CPU used':>9} {'encoder':>8}")
        print(f"{'encode, one thread, no Ray':<34} {1 / encode_seconds:>9.0f}")

        data = ray_dataset.read_folder(folder).materialize()

        def in_workers(function: Callable[[Any], Any], workers: int) -> None:
            data.map_batches(
                function,
                batch_size=None,
                batch_format="numpy",
                zero_copy_batch=True,
                concurrency=workers,
            ).materialize()

        def travel(workers: int) -> None:
            in_workers(lambda batch: {"size": [len(batch["data"])]}, workers)

        def encode(workers: int) -> None:
            in_workers(lambda batch: ray_dataset.encode_batch(batch, "png"), workers)

        count = 0

        def run_example(workers: int) -> None:
            nonlocal count
            count += 1
            ray_dataset.encode_folder(folder, Path(temporary, f"out{count}"), workers=workers)

        run_example(2)  # the workers start
        for name, work, encodes in (
            ("Ray alone", travel, False),
            ("encoded, not written", encode, True),
            ("the example", run_example, True),
        ):
            for workers in (1, 2):
                seconds, used = measured(lambda work=work, workers=workers: work(workers))
                share = IMAGES * encode_seconds / (seconds * cores) if encodes else 0.0
                row = f"{name}, workers: {workers}"
                print(
                    f"{row:<34} "
                    f"{IMAGES / seconds:>9.0f} {used / seconds / cores:>9.0%} {share:>8.0%}"
                )
    ray.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())

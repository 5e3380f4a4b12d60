"""Sixteen threads in every function of the core and in the whole way of an image, at the same time.

The results have to be those of one thread; `.ci/sanitize thread` looks for data races on the way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import wbimage_ext
from wbimage_ext import _core

THREADS = 16


def on_threads(work: Callable[[int], Any]) -> list[Any]:
    """What `work` returns on each of the threads, which all begin together."""
    results: list[Any] = [None] * THREADS
    start = threading.Barrier(THREADS)

    def run(number: int) -> None:
        start.wait()
        results[number] = work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_every_function_of_the_core() -> None:
    pixels = np.random.default_rng(3).normal(size=(90, 70, 3)).astype(np.float32)
    labels = np.arange(90 * 70).reshape(90, 70) % 200
    batch = np.moveaxis(np.stack([pixels] * 5), 3, 1)

    def work(_number: int) -> list[bytes]:
        made: list[bytes] = []
        for _ in range(3):
            files = [_core.encode(pixels, file_type) for file_type in ("png", "jpeg", "bmp")]
            files.append(_core.encode_grid(batch))
            files.append(_core.encode_mask(labels)[0])
            made += [bytes(file) for file in files]
            made += [_core.decode(file)[0].tobytes() for file in files]
            made.append(_core.to_uint8(pixels)[0].tobytes())
            made.append(_core.make_grid(batch).tobytes())
            probe = _core.Probe()
            probe.feed(made[0])
            made.append(repr(probe.finish()).encode())
        return made

    results = on_threads(work)
    assert results[0] is not None
    assert results == [results[0]] * THREADS


def test_images_are_built_and_logged(tmp_path: Path) -> None:
    """One image and one array belong to all threads, each logs five steps to one run."""
    array = np.random.default_rng(4).random((60, 80, 3))
    labels = np.arange(60 * 80).reshape(60, 80) % 7
    shared = wbimage_ext.Image(array)
    expected = Path(str(shared._path)).read_bytes()

    with wbimage_ext.LocalRun(tmp_path / "run") as run:

        def work(number: int) -> int:
            for _ in range(5):
                mask = {"mask_data": labels, "class_labels": {0: "road"}}
                image = wbimage_ext.Image(array, caption=str(number), masks={"truth": mask})
                run.log({f"own {number}": image, "shared": shared})
            return number

        assert on_threads(work) == list(range(THREADS))
    files = sorted((tmp_path / "run" / "media" / "images").glob("own*.png"))
    assert len(files) == THREADS * 5
    assert all(file.read_bytes() == expected for file in files)

"""Sixteen threads in every function of the core and in the whole way of an image, at the same time.

The results have to be those of one thread; `.ci/sanitize thread` looks for data races on the way.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext import _core

from ..core_calls import Call, comparable, good_calls, refused_calls

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


def outcome(call: Call) -> Any:
    """What a call gives, or what it is refused with."""
    try:
        return comparable(call.function(*call.arguments, **call.keywords))
    except Exception as error:
        return type(error), str(error)


def test_every_call_of_the_core() -> None:
    """Each thread makes all calls, good and refused, in an order of its own."""
    calls = [*good_calls(), *refused_calls()]
    expected = [outcome(call) for call in calls]

    def work(number: int) -> list[str]:
        order = np.random.default_rng(number).permutation(len(calls))
        return [calls[i].name for i in order if outcome(calls[i]) != expected[i]]

    assert on_threads(work) == [[]] * THREADS


def test_files_die_on_other_threads() -> None:
    """Their memory goes back to the pools, from which other threads take it meanwhile."""
    pixels = np.random.default_rng(3).integers(0, 256, (90, 70, 3), np.uint8)
    labels = np.arange(90 * 70).reshape(90, 70) % 200
    expected = bytes(_core.encode(pixels)), bytes(_core.encode_mask(labels)[0])
    handed_over: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def work(_number: int) -> int:
        wrong = 0
        for _ in range(100):
            handed_over.put((_core.encode(pixels), _core.encode_mask(labels)[0]))
            wrong += tuple(map(bytes, handed_over.get())) != expected
        return wrong

    assert on_threads(work) == [0] * THREADS


def large_calls() -> dict[str, Callable[[int], Any]]:
    """Calls with enough pixels for several threads each, as functions of their number."""
    values = np.random.default_rng(5).normal(size=(900, 700, 3)).astype(np.float32)
    values[:450] = np.linspace(-1, 1, 700)[None, :, None]
    labels = (np.arange(1600 * 1500).reshape(1600, 1500) // 777 % 20).astype(np.int32)
    batch = np.moveaxis(values[None], 3, 1)
    return {
        "png": lambda n: _core.encode(values, num_threads=n),
        "16 bits": lambda n: _core.encode(values, bit_depth=16, num_threads=n),
        "level": lambda n: _core.encode(values, compress_level=1, num_threads=n),
        "jpeg": lambda n: _core.encode(values, "jpeg", num_threads=n),
        "grid": lambda n: _core.encode_grid(batch, num_threads=n),
        "mask": lambda n: _core.encode_mask(labels, num_threads=n),
        "to_uint8": lambda n: _core.to_uint8(values, num_threads=n),
    }


@pytest.mark.parametrize("name", large_calls())
def test_results_do_not_depend_on_the_number_of_threads(name: str) -> None:
    call = large_calls()[name]
    expected = comparable(call(1))
    for num_threads in (2, 3, 64, 1000):
        assert comparable(call(num_threads)) == expected


def test_one_probe_serves_one_thread_at_a_time() -> None:
    """The others are told so; what was fed in between is no whole image, but nothing else."""
    pixels = np.random.default_rng(3).integers(0, 256, (300, 300, 3), np.uint8)
    data = bytes(_core.encode(pixels))

    def work(probe: Any) -> set[str]:
        seen = set()
        for start in range(0, len(data), 1000):
            try:
                probe.feed(data[start : start + 1000])
            except (RuntimeError, ValueError) as error:
                seen.add(type(error).__name__)
            seen.add(str(probe.is_foreign))
        return seen

    alone = _core.Probe()
    assert work(alone) == {"False"}
    assert alone.finish() == ("png", 300, 300)
    for _ in range(10):
        shared = _core.Probe()
        results = on_threads(lambda _, probe=shared: work(probe))  # type: ignore[misc]
        assert set().union(*results) <= {"RuntimeError", "ValueError", "False", "True"}


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


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python always has its GIL"
)
def test_the_gil_stays_off() -> None:
    """CPython turns it on, with a warning, for an extension that does not say it needs none."""
    code = "import sys, wbimage_ext._core; print(sys._is_gil_enabled())"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON_GIL"}
    command = [sys.executable, "-W", "error", "-c", code]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "False"

"""How many threads work: what the user set, what the environment says, what a batch leaves."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext import Image, threads

from .conftest import HANG_SECONDS


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WBIMAGE_NUM_THREADS", raising=False)
    monkeypatch.setattr(threads, "_set_count", None)


def test_by_itself_it_is_as_many_as_cpus() -> None:
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert threads.thread_count() == cpus


def test_the_environment_and_the_program_say_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WBIMAGE_NUM_THREADS", "3")
    assert threads.thread_count() == 3
    wbimage_ext.set_num_threads(np.int64(5))
    assert threads.thread_count() == 5
    wbimage_ext.set_num_threads(None)
    assert threads.thread_count() == 3


@pytest.mark.parametrize("wrong", ["0", "two", "-1", "1.5", "¾"])
def test_a_wrong_environment_is_named(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("WBIMAGE_NUM_THREADS", wrong)
    with pytest.raises(ValueError, match=f"an integer of at least 1, or unset, not '{wrong}'"):
        threads.thread_count()


def test_more_than_a_machine_has_is_as_many_as_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (700, 600, 3), np.uint8)
    expected = wbimage_ext.encode(noise, num_threads=1)
    assert wbimage_ext.encode(noise, num_threads=10**30) == expected
    monkeypatch.setenv("WBIMAGE_NUM_THREADS", str(10**30))
    assert wbimage_ext.encode(noise) == expected
    wbimage_ext.set_num_threads(10**30)
    assert wbimage_ext.encode(noise) == expected


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "2", np.array([1, 2])])
def test_a_wrong_number_is_named(wrong: Any) -> None:
    with pytest.raises(ValueError, match="num_threads"):
        wbimage_ext.set_num_threads(wrong)
    with pytest.raises(ValueError, match="num_threads"):
        Image.from_batch(np.zeros((2, 3, 4, 3)), num_threads=wrong)


@pytest.mark.parametrize(
    ("total", "items", "share"), [(8, 2, 4), (8, 3, 2), (4, 4, 1), (2, 50, 1), (1, 3, 1), (6, 1, 6)]
)
def test_a_batch_and_its_images_do_not_multiply(total: int, items: int, share: int) -> None:
    seen: list[tuple[int, int]] = []

    class Watching(Image):
        def __init__(self, data: Any) -> None:
            seen.append((threads.thread_count(), threading.get_ident()))
            super().__init__(data)

    Watching.from_batch(np.zeros((items, 3, 4, 3), np.uint8), num_threads=total)
    assert {count for count, _ in seen} == {share}
    assert len({thread for _, thread in seen}) * share <= total
    wbimage_ext.set_num_threads(total)
    seen.clear()
    Watching.from_batch(np.zeros((items, 3, 4, 3), np.uint8))
    assert {count for count, _ in seen} == {share}
    assert threads.thread_count() == total


def test_large_images_are_told_how_many_and_small_ones_do_not_ask(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(threads, "thread_count", lambda: asked.append(1) or 2)
    small, large = np.zeros((100, 100), np.uint8), np.zeros((1024, 1024), np.uint8)
    for work in (
        Image,
        wbimage_ext.encode,
        wbimage_ext.to_uint8,
        lambda data: wbimage_ext.ImageMask({"mask_data": data}, "m"),
    ):
        asked.clear()
        work(small)
        assert asked == []
        work(large)
        assert asked == [1]
    asked.clear()
    wbimage_ext.encode(large, num_threads=3)
    assert asked == [], "the caller said how many"


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("dtype", ["u1", "f4", "u2"])
def test_the_bytes_do_not_depend_on_the_number(dtype: str, count: int, photo: Any) -> None:
    data = np.tile(photo, (3, 2, 1)).astype(dtype)
    depth = 16 if dtype == "u2" else 8
    expected = wbimage_ext.encode(data, bit_depth=depth, num_threads=1)
    assert wbimage_ext.encode(data, bit_depth=depth, num_threads=np.int64(count)) == expected
    wbimage_ext.set_num_threads(count)
    assert wbimage_ext.encode(data, bit_depth=depth) == expected
    batch = Image.from_batch([data, data], bit_depth=depth)
    assert {Path(image._path).read_bytes() for image in batch} == {expected}


class TakenThenInterrupted:
    """A lock after whose taking an interrupt comes to this thread, once."""

    def __init__(self, lock: Any, caller: list[int]) -> None:
        self._lock = lock
        self._caller = caller

    def acquire(self, blocking: bool = True) -> bool:
        taken: bool = self._lock.acquire(blocking)
        if taken and threading.get_ident() in self._caller:
            self._caller.clear()
            raise KeyboardInterrupt
        return taken

    def release(self) -> None:
        self._lock.release()

    # From CPython 3.14 on a with statement can be interrupted before its block.
    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def test_an_interrupt_after_a_lock_was_taken_ends_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    caller: list[int] = []
    ended: list[str] = []
    watched = SimpleNamespace(
        Lock=lambda: TakenThenInterrupted(threading.Lock(), caller),
        RLock=lambda: TakenThenInterrupted(threading.RLock(), caller),
    )
    monkeypatch.setattr(threads, "threading", watched)

    def call() -> None:
        caller.append(threading.get_ident())
        with pytest.raises(KeyboardInterrupt):
            threads.work_on_threads(lambda: None, 4, lambda: ended.append("stopped"))
        ended.append("raised")

    # A thread that waits for itself is left behind.
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(HANG_SECONDS)
    assert ended == ["stopped", "raised"]

"""Many files at once: on threads where each waits, one after the other where none does."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext import Image, LocalRun
from wbimage_ext.files import together, whole
from wbimage_ext.files.together import on_each

from ..conftest import HANG_SECONDS
from ..scenario import check_run


def test_on_a_fast_disk_the_callers_thread_does_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(together, "_SLOW_SECONDS", 3600)
    seen: list[tuple[int, int]] = []
    on_each(lambda item: seen.append((item, threading.get_ident())), range(50))
    assert seen == [(n, threading.get_ident()) for n in range(50)]


class Meeting:
    """Work that goes on once so many calls of it wait at the same time; the first call is slow."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._is_first = True
        self._waiting = 0
        self._have_met = threading.Event()

    def __call__(self) -> None:
        with self._lock:
            is_first, self._is_first = self._is_first, False
            self._waiting += 1
            if self._waiting == self._count:
                self._have_met.set()
        if is_first:
            time.sleep(10 * together._SLOW_SECONDS)
        elif not self._have_met.wait(HANG_SECONDS):
            raise AssertionError(f"only {self._waiting} calls wait at the same time")
        with self._lock:
            self._waiting -= 1

    @property
    def was_there(self) -> bool:
        return self._have_met.is_set()


def test_waits_go_by_side_by_side() -> None:
    done: list[int] = []
    meet = Meeting(11)

    def work(item: int) -> None:
        meet()
        done.append(item)

    on_each(work, range(50))
    assert sorted(done) == list(range(50))
    assert meet.was_there


@pytest.mark.parametrize("first", [1, 7, 49])
def test_the_first_failure_is_raised_when_nothing_is_under_way(first: int) -> None:
    under_way: set[int] = set()
    begun: set[int] = set()

    def work(item: int) -> None:
        under_way.add(item)
        begun.add(item)
        time.sleep(0.02 * (50 - item) / 50)
        under_way.remove(item)
        if item >= first:
            raise ValueError(item)

    with pytest.raises(ValueError) as raised:
        on_each(work, range(50))
    assert raised.value.args == (first,)
    assert not under_way
    assert begun >= set(range(first + 1))


@pytest.mark.parametrize("count", [1, 40])
def test_a_step_on_a_slow_file_system(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = whole.replace
    meet = Meeting(11 if count > 1 else 1)

    def replace(source: str, target: str) -> None:
        if target.endswith(".png"):  # the run's own files come one after the other
            meet()
        real(source, target)

    monkeypatch.setattr(whole, "replace", replace)
    mask = np.arange(48).reshape(6, 8)
    images = [
        Image(np.full((6, 8), 5 * n, np.uint8), masks={"m": {"mask_data": mask}})
        for n in range(count)
    ]
    with LocalRun(tmp_path) as run:
        run.log({"list": images, "one": images[0], "deep": {"er": images[:3]}})
    assert meet.was_there
    (row,) = check_run(tmp_path)
    assert len(row["list"]["filenames"]) == count


def test_a_failing_file_fails_the_call_and_no_image_knows_of_a_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = whole.replace
    images = [Image(np.full((6, 8), 5 * n, np.uint8)) for n in range(30)]

    def replace(source: str, target: str) -> None:
        time.sleep(0.01)
        if "list_1" in target and str(images[20]._sha256)[:20] in target:
            raise OSError(5, "Input/output error", target)
        real(source, target)

    monkeypatch.setattr(whole, "replace", replace)
    with LocalRun(tmp_path) as run:
        run.log({"a": 1})
        with pytest.raises(OSError, match="Input/output error") as raised:
            run.log({"list": images})
        assert raised.value.filename.endswith(".png")
        assert not any(image.is_bound() for image in images)
        assert not [path for path in tmp_path.rglob("*.part")]
        monkeypatch.undo()
        run.log({"list": images})
    rows: list[dict[str, Any]] = check_run(tmp_path)
    assert [sorted(row.keys() & {"a", "list"}) for row in rows] == [["a"], ["list"]]

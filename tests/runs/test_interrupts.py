"""Ctrl-C and other signals: the exception arrives, nothing half done stays, the work goes on.

An interrupt is repeated at every moment at which Python could have handled the signal.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext import Image, LocalRun
from wbimage_ext.files import memory, staging

from ..conftest import HANG_SECONDS, PlainRun, files_below
from ..scenario import BOXES, IS_THOROUGH, as_if_staged_elsewhere, at_step, check_run, rows_of

ROOT = Path(__file__).parents[2]

PIXELS = np.arange(40 * 50 * 3, dtype=np.uint8).reshape(40, 50, 3)
MASKS = {"truth": {"mask_data": PIXELS[:, :, 0] // 64}}


# CPython drops an interrupt that comes while it calls back for a weak reference.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def interrupts(stride: int) -> Any:
    """Numbers of steps, to the last one and beyond."""
    return itertools.count(1, 1 if IS_THOROUGH else stride)


def interrupted(step: int, work: Callable[[], Any]) -> bool:
    """Whether an interrupt came at this step of the work, and arrived."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    try:
        return not at_step(step, interrupt, work)
    except KeyboardInterrupt:
        return True


def staged() -> set[str]:
    return set(files_below(staging.staging_directory()))


def image() -> Image:
    return Image(PIXELS, masks=MASKS, boxes={"b": BOXES})


@pytest.mark.parametrize(
    "make",
    [
        image,
        lambda: Image(PIXELS, file_type="jpg"),
        lambda: Image(store_bytes()),
        lambda: Image.from_batch(np.stack([PIXELS] * 3), num_threads=1),
        lambda: Image.from_batch(np.stack([PIXELS] * 5), num_threads=3),
    ],
    ids=["masks and boxes", "jpg", "encoded", "batch", "batch on threads"],
)
def test_an_image_that_was_interrupted_leaves_no_file(make: Callable[[], Any]) -> None:
    make()
    before = staged()
    for step in interrupts(3):
        if not interrupted(step, make):
            break
        # An image that is whole when the interrupt comes stays until the process ends.
        left = staged() - before
        assert all(store_is_whole(name) for name in left)
        before |= left
    assert step > 20
    image().bind_to_run(PlainRun(Path(staging.staging_directory()) / "run"), "k", 0)


def test_warnings_come_after_a_batch_that_was_interrupted() -> None:
    def batch() -> None:
        Image.from_batch(np.stack([PIXELS] * 3), num_threads=2)

    nan = np.full((4, 5), np.nan)
    for step in interrupts(3):
        was_interrupted = interrupted(step, batch)
        with pytest.warns(RuntimeWarning, match="NaN"):
            Image(nan)
        if not was_interrupted:
            break
    assert step > 20


def store_bytes() -> bytes:
    from wbimage_ext import encode

    return encode(PIXELS)


def store_is_whole(name: str) -> bool:
    path = Path(staging.staging_directory()) / name
    if path.suffix != ".json":
        Image(path).to_data_array()
    return True


@pytest.mark.parametrize("way", ["moved", "copied"])
def test_a_log_that_was_interrupted_can_be_repeated(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "copied":
        monkeypatch.setattr(os, "link", os.link)
        monkeypatch.setattr(memory, "LIMIT_BYTES", memory.LIMIT_BYTES)
        monkeypatch.setattr(memory, "_room", 0)
        as_if_staged_elsewhere()
    was_done, was_not = 0, 0
    for step in interrupts(17):
        folder = tmp_path / str(step)
        with LocalRun(folder) as run:
            run.log({"before": Image(PIXELS)})
            run.log({"open": 1}, commit=False)
            value = {"one": image(), "many": [Image(PIXELS[i:]) for i in range(2)], "x": step}
            was_interrupted = interrupted(step, partial(run.log, value))
            assert not [name for name in os.listdir(folder) if name.endswith(".part")]
            check_run(folder)
            if was_interrupted:
                if len(rows_of(folder)) == 1:
                    was_not += 1
                    run.log(value)
                else:
                    was_done += 1
            run.log({"after": Image(PIXELS)})
        rows = check_run(folder)
        assert [row["_step"] for row in rows] == [0, 1, 2]
        assert rows[1].items() >= {"open": 1, "x": step}.items()
        assert "after" in rows[2]
        if not was_interrupted:
            break
    assert was_not > 10


def test_a_finish_that_was_interrupted_can_be_repeated(tmp_path: Path) -> None:
    for step in interrupts(97):
        folder = tmp_path / str(step)
        run = LocalRun(folder)
        run.log({"k": Image(PIXELS)})
        run.log({"open": 1}, commit=False)
        was_interrupted = interrupted(step, run.finish)
        run.finish()
        assert len(check_run(folder)) == 2
        assert (folder / "index.html").exists()
        assert not [name for name in os.listdir(folder) if name.startswith(".")]
        with LocalRun(folder):
            pass
        if not was_interrupted:
            break
    assert step > 200


@pytest.mark.parametrize("work", ["log", "finish"])
@pytest.mark.parametrize("commit", [True, False], ids=["step", "part"])
def test_a_handler_may_log_and_make_images(work: str, commit: bool, tmp_path: Path) -> None:
    """A handler runs in the middle of its own thread's work: no lock may wait for that."""
    for step in interrupts(89):
        folder = tmp_path / str(step)
        run = LocalRun(folder)
        run.log({"open": 1}, commit=False)
        logged = {"open"}

        def handle(run: LocalRun = run, logged: set[str] = logged) -> None:
            try:
                run.log({"handled": image()}, commit=commit)
                logged.add("handled")
            except RuntimeError as error:
                if work == "log" or "is finished" not in str(error):
                    raise

        if work == "log":
            went_through = at_step(step, handle, partial(run.log, {"k": image()}))
            logged.add("k")
        else:
            went_through = at_step(step, handle, run.finish)
        run.finish()
        rows = check_run(folder)
        assert sorted(key for row in rows for key in row if key[0] != "_") == sorted(logged)
        assert [row["_step"] for row in rows] == list(range(len(rows)))
        assert logged <= json.loads((folder / "summary.json").read_text()).keys()
        labels = json.loads((folder / "config.json").read_text()).get("_wandb", {})
        known = labels.get("bounding_box/class_labels", {})
        assert len(known) == len(logged - {"open"})
        if went_through:
            break
    assert step > 200


def test_a_handler_may_finish_and_exit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dropped: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: dropped.append(told.exc_type))
    for step in interrupts(53):
        folder = tmp_path / str(step)
        run = LocalRun(folder)
        run.log({"open": 1}, commit=False)

        def handle(run: LocalRun = run) -> None:
            run.finish()
            sys.exit(3)

        went_through = False
        dropped.clear()
        try:
            went_through = at_step(step, handle, partial(run.log, {"k": image()}))
        except SystemExit:
            pass
        except RuntimeError:
            assert dropped == [SystemExit], "only where CPython drops the exit does the log go on"
        run.finish()
        rows = check_run(folder)
        assert len(rows) == 1
        assert rows[0]["open"] == 1
        assert (folder / "index.html").exists()
        if went_through:
            break
    assert step > 200


# CPython drops what a handler raises in a __del__, which an image's file has. The program tells of
# it by another thread: a signal that comes in a hook of Python's would be lost as well.
REAL = """
import os, queue, signal, sys, threading, time
import numpy as np
from wbimage_ext import Image, LocalRun
from wbimage_ext.files import staging
pixels = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
if sys.argv[2] == "SIGTERM":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
dropped = queue.SimpleQueue()
sys.unraisablehook = dropped.put

def tell():
    while True:
        print("dropped", dropped.get().exc_type.__name__, flush=True)

threading.Thread(target=tell, daemon=True).start()
with LocalRun(sys.argv[1]) as run:
    print("going", flush=True)
    while True:
        run.log({"k": Image(pixels), "batch": Image.from_batch(np.stack([pixels] * 3))})
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are of POSIX")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_real_signals(name: str, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    for number in range(50 if IS_THOROUGH else 3):
        folder = tmp_path / f"{name}-{number}"
        (tmp_path / "temporary").mkdir(exist_ok=True)
        child = subprocess.Popen(
            [sys.executable, "-c", REAL, str(folder), name],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"going\n"
        time.sleep(random.uniform(0, 0.3))
        who_hangs_is_killed = threading.Timer(HANG_SECONDS, child.kill)
        who_hangs_is_killed.daemon = True
        who_hangs_is_killed.start()
        child.send_signal(getattr(signal, name))
        while told := child.stdout.readline():
            assert told in (b"dropped KeyboardInterrupt\n", b"dropped SystemExit\n")
            child.send_signal(getattr(signal, name))
        who_hangs_is_killed.cancel()
        errors = child.communicate(timeout=HANG_SECONDS)[1].decode()
        assert child.returncode == (3 if name == "SIGTERM" else -signal.SIGINT), errors
        check_run(folder)
        assert (folder / "index.html").exists(), "the with statement ended"
        assert not [name for name in os.listdir(folder) if name.startswith(".")]
        assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="signals are of POSIX")
def test_an_alarm_while_a_batch_waits_for_its_threads() -> None:
    """No thread goes on once the exception is there; that of threading says it ended."""
    begun, ended = threading.Event(), threading.Event()

    class Slow:
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            if threading.get_ident() == threading.main_thread().ident:
                begun.wait(HANG_SECONDS)
            else:
                begun.set()
                signal.setitimer(signal.ITIMER_REAL, 0.1)
                time.sleep(0.3)
                ended.set()
            return PIXELS

    def ring(*_: Any) -> None:
        raise TimeoutError("ring")

    previous = signal.signal(signal.SIGALRM, ring)
    try:
        with pytest.raises(TimeoutError, match="ring"):
            Image.from_batch([Slow(), Slow()], num_threads=2)
        assert ended.is_set()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@pytest.mark.skipif(os.name == "nt", reason="signals are of POSIX")
def test_an_alarm_while_a_large_image_is_encoded() -> None:
    """The core does not look for signals: they are handled when it is done."""

    def ring(*_: Any) -> None:
        raise TimeoutError("ring")

    def make_many() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.005)
        for _ in range(1000):
            Image(large)

    large = np.random.default_rng(0).integers(0, 256, (2000, 2000, 3), dtype=np.uint8)
    assert threading.current_thread() is threading.main_thread()
    previous = signal.signal(signal.SIGALRM, ring)
    before = staged()
    try:
        with pytest.raises(TimeoutError, match="ring"):
            make_many()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    for name in staged() - before:
        assert store_is_whole(name)

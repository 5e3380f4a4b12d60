"""Work on several threads: how many, and waiting for all of them.

In: what the user set, and a function that takes pieces of work until none is left. Out: nothing is
left.
"""

from __future__ import annotations

import _thread
import contextlib
import contextvars
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from .integers import as_integer
from .wording import shown

# What set_num_threads set; None leaves it to the environment and the CPUs.
_set_count: int | None = None

# The threads that an image made in this context may use, where a batch uses the others.
_share: contextvars.ContextVar[int | None] = contextvars.ContextVar("_share", default=None)


def set_num_threads(num_threads: int | None) -> None:
    """Set how many threads `encode`, `Image` and `Image.from_batch` use.

    Args:
        num_threads: 1 or more. None: `WBIMAGE_NUM_THREADS` of the environment, or else as many as
            there are CPUs for this process.

    Raises:
        ValueError: it is no integer of at least 1.
    """
    global _set_count
    _set_count = checked_count(num_threads)


# More than any machine runs; the core counts in C's int.
_MOST_THREADS = 1 << 16

# Of pixels. Below this the core starts no thread, so the number of CPUs is not asked for.
_FEWEST_BYTES = 1 << 20


def thread_count_for(size_bytes: int) -> int:
    """How many threads may make an image of so many bytes of pixels, here and now."""
    return thread_count() if size_bytes >= _FEWEST_BYTES else 1


def thread_count() -> int:
    """How many threads may work here and now.

    Raises:
        ValueError: `WBIMAGE_NUM_THREADS` is no integer of at least 1.
    """
    count = _share.get() or _set_count
    if count is not None:
        return count
    name = "WBIMAGE_NUM_THREADS"
    given = os.environ.get(name)
    if not given:
        return _cpu_count()
    if not given.isdecimal() or int(given) < 1:
        raise ValueError(f"{name} must be an integer of at least 1, or unset, not {shown(given)}")
    return min(int(given), _MOST_THREADS)


def _cpu_count() -> int:
    """The CPUs that this process may use."""
    available = getattr(os, "sched_getaffinity", None)
    return len(available(0)) if available is not None else os.cpu_count() or 1


def checked_count(threads: Any) -> int | None:
    """A number of threads that the caller gave; None stays None.

    Raises:
        ValueError: it is no integer of at least 1.
    """
    if threads is None:
        return None
    count = as_integer(threads)
    if count is None or count < 1:
        raise ValueError(
            f"num_threads must be None or an integer of at least 1, not {shown(threads)}"
        )
    return min(count, _MOST_THREADS)


def in_order(work: Callable[[int], Any], count: int, threads: int, share: int = 1) -> list[Any]:
    """The results of `work(index)` for each index below `count`, made on so many threads.

    Where calls fail, those that were not begun are left out, and one exception is raised: an
    interrupt or its like if there is one, else that of the first index that failed.
    """
    results: list[Any] = [None] * count
    failures: dict[int, BaseException] = {}
    # Taken from the front, and done once taken: so are all those before a failed one.
    waiting = deque(range(count))

    def do_some() -> None:
        while not failures:
            try:
                index = waiting.popleft()
            except IndexError:
                return
            try:
                results[index] = work(index)
            except BaseException as error:
                failures[index] = error

    work_on_threads(do_some, threads, waiting.clear, share)
    # Neither a thread that is about to end nor an exception may keep the results alive.
    done = results[:]
    results.clear()
    if failures:
        done.clear()
        graver = [n for n, failure in failures.items() if not isinstance(failure, Exception)]
        failure = failures[min(graver or failures)]
        failures.clear()
        try:
            raise failure
        finally:
            del failure
    return done


def work_on_threads(
    work: Callable[[], None], count: int, stop: Callable[[], None], share: int = 1
) -> None:
    """Run `work` here and on `count - 1` other threads, and wait for all.

    Where fewer threads can be started, at Python's end or where the system has no more, those that
    run do all the work.

    Args:
        work: takes pieces of work until none is left; raises nothing.
        count: of threads, at least 1.
        stop: called after an interrupt; leaves no work to take. Then the others are waited for.
        share: the threads that each image made by the work may use.
    """
    # Each is held while its thread works, and for good once that was waited for: a thread that
    # begins later finds no work. An interrupt may come right after the lock was taken, so its
    # thread must be able to take it again. `with` would not help: from CPython 3.14 on it can be
    # interrupted between taking the lock and its block.
    # Not concurrent.futures and not threading's Thread: an interrupt inside of them leaves their
    # locks locked for ever, or lets a thread that goes on pass for one that ended.
    busy = [threading.RLock() for _ in range(count - 1)]

    def work_with_share() -> None:
        _share.set(share)
        work()

    def help_working(context: contextvars.Context, lock: threading.RLock) -> None:
        if lock.acquire(blocking=False):
            try:
                context.run(work_with_share)
            finally:
                lock.release()

    def wait() -> None:
        for lock in busy:
            lock.acquire()

    try:
        with contextlib.suppress(RuntimeError):
            for lock in busy:
                _thread.start_new_thread(help_working, (contextvars.copy_context(), lock))
        # In a context of its own, so that nothing has to be put back, not even after an interrupt.
        contextvars.copy_context().run(work_with_share)
        wait()
    except BaseException:
        stop()
        wait()
        raise

"""Work on many files at once, where the file system lets each of them wait.

In: items, and the work on one of them. Out: all of it done, or the exception of the first item
that failed. On a local disk the caller's thread does everything.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ..threads import work_on_threads

Item = TypeVar("Item")

# Starting a thread takes 0.1 ms. On a local disk a file takes less than that, on a network's file
# system several milliseconds, in which the thread sleeps: threads may be many more than CPUs.
_SLOW_SECONDS = 0.001
_THREADS = 64


class Stopwatch:
    """A block that is timed, in which the file system is asked something."""

    def __enter__(self) -> Stopwatch:
        self._started = time.perf_counter()
        return self

    def __exit__(self, *exception: object) -> None:
        self.is_slow = time.perf_counter() - self._started > _SLOW_SECONDS


def on_each(work: Callable[[Item], Any], items: Sequence[Item], *, is_slow: bool = False) -> None:
    """Call `work` for each item, on threads from the first one that took long.

    Returns when no call is under way any more. Where a call fails, those that were not begun are
    left out, and the first item's exception is raised.
    """
    for number, item in enumerate(items):
        if is_slow and len(items) - number > 1:
            _on_threads(work, items[number:])
            return
        with Stopwatch() as watch:
            work(item)
        is_slow = watch.is_slow


def _on_threads(work: Callable[[Item], Any], items: Sequence[Item]) -> None:
    # Taken from the front, and done once taken: so are all those before a failed one.
    waiting = deque(enumerate(items))
    failures: dict[int, BaseException] = {}

    def do_some() -> None:
        while not failures:
            try:
                index, item = waiting.popleft()
            except IndexError:
                return
            try:
                work(item)
            except BaseException as error:
                failures[index] = error

    work_on_threads(do_some, min(_THREADS, len(items)), waiting.clear)
    # A thread that is about to begin must not keep what is left alive, nor failures each other.
    waiting.clear()
    while len(failures) > 1:
        del failures[max(failures)]
    if failures:
        raise failures.pop(min(failures))

"""Work on many files at once, where the file system lets each of them wait.

In: items, and the work on one of them. Out: all of it done, or the exception of the first item
that failed. On a local disk the caller's thread does everything.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ..threads import in_order

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
    done = 0
    while done < len(items) and not (is_slow and len(items) - done > 1):
        with Stopwatch() as watch:
            work(items[done])
        is_slow = watch.is_slow
        done += 1
    left = list(items[done:])
    if left:
        try:
            in_order(lambda index: work(left[index]), len(left), min(_THREADS, len(left)))
        finally:
            # A thread that did not begin yet must not keep them alive.
            left.clear()

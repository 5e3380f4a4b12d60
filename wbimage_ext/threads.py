"""Work on several threads: how many, and waiting for all of them.

In: a function that takes pieces of work until none is left. Out: nothing is left.
"""

from __future__ import annotations

import contextlib
import contextvars
import operator
import os
from collections.abc import Callable
from typing import Any

from .wording import shown


def cpu_count() -> int:
    """The CPUs that this process may use."""
    available = getattr(os, "sched_getaffinity", None)
    return len(available(0)) if available is not None else os.cpu_count() or 1


def checked_count(threads: Any, name: str = "num_threads") -> int | None:
    """A number of threads that the caller gave; None stays None.

    Raises:
        ValueError: it is no integer of at least 1.
    """
    if threads is None:
        return None
    is_count = hasattr(threads, "__index__") and not isinstance(threads, bool)
    if not is_count or operator.index(threads) < 1:
        raise ValueError(f"{name} must be None or an integer of at least 1, not {shown(threads)}")
    return operator.index(threads)


def work_on_threads(work: Callable[[], None], threads: int, stop: Callable[[], None]) -> None:
    """Run `work` here and on `threads - 1` other threads, and wait for all.

    Where fewer threads can be started, at Python's end or where the system has no more, those that
    run do all the work. After an interrupt `stop` is called, which has to leave no work to take;
    then the others are waited for.
    """
    # Imported here, because few programs need it.
    from concurrent import futures

    helpers: list[futures.Future[None]] = []
    executor = None
    try:
        with contextlib.suppress(RuntimeError):
            executor = futures.ThreadPoolExecutor(threads - 1)
            for _ in range(threads - 1):
                helpers.append(executor.submit(contextvars.copy_context().run, work))
        work()
        futures.wait(helpers)
    except BaseException:
        stop()
        # The executor's own wait, a join, ends with the interrupt.
        futures.wait(helpers)
        raise
    finally:
        if executor is not None:
            executor.shutdown(wait=False)

"""Work on several threads: how many, and waiting for all of them.

In: a function that takes pieces of work until none is left. Out: nothing is left.
"""

from __future__ import annotations

import _thread
import contextlib
import contextvars
import operator
import os
import threading
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
    # Each is held while its thread works. A thread that takes it later finds no work. Neither an
    # executor nor Thread.join would do: an interrupt that comes while they wait leaves their locks
    # locked, or a thread that goes on is taken for one that ended.
    busy = [threading.Lock() for _ in range(threads - 1)]

    def help_out(lock: threading.Lock, context: contextvars.Context) -> None:
        with lock:
            context.run(work)

    def wait() -> None:
        for lock in busy:
            with lock:
                pass

    try:
        with contextlib.suppress(RuntimeError):
            for lock in busy:
                _thread.start_new_thread(help_out, (lock, contextvars.copy_context()))
        work()
        wait()
    except BaseException:
        stop()
        wait()
        raise

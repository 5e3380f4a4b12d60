"""What programs of tests, in processes of their own, read from a queue."""

from __future__ import annotations

import contextlib
from multiprocessing.process import BaseProcess
from queue import Empty
from typing import Any


def all_of(queue: Any, maker: BaseProcess) -> list[Any]:
    """Everything that a process puts into a queue; it is in the pipe when the process has ended.

    No time is set for that: under load the process may be slow to begin.
    """
    found = []
    while maker.is_alive() or not queue.empty():
        with contextlib.suppress(Empty):
            found.append(queue.get(timeout=0.1))
    return found

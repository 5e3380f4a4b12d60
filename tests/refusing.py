"""How memory is refused to a call, allocation by allocation; tests/refusals.py is the program.

In: calls. Out: how many allocations were refused, or an AssertionError that says what went wrong.
"""

from __future__ import annotations

import array
import ctypes
import gc
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

ROUNDS = 8  # in which the free lists and caches of CPython and NumPy settle


class Refusing:
    """The preloaded library."""

    def __init__(self, path: str) -> None:
        library = ctypes.PyDLL(os.path.abspath(path))
        self._call = library.refuse_call
        self._call.restype = ctypes.py_object
        self._call.argtypes = [ctypes.c_void_p, ctypes.py_object, ctypes.c_long, ctypes.c_long]
        self._by_c = ctypes.cast(ctypes.pythonapi.PyObject_CallNoArgs, ctypes.c_void_p)
        self._asked, self._blocks = library.refuse_asked, library.refuse_blocks
        self._asked.restype = self._blocks.restype = ctypes.c_long
        if self._blocks() == 0:
            sys.exit("refuse.c must be preloaded")

    def call(self, function: Callable[[], Any], first: int, last: int) -> Any:
        """Call the function with its allocations from `first` to `last` refused."""
        return self._call(self._by_c, function, first, last)

    def asked(self) -> int:
        """How many allocations the last call made."""
        return int(self._asked())

    def blocks(self) -> int:
        """How many blocks the process holds."""
        gc.collect()
        return int(self._blocks())


def is_of_cpython(error: Exception) -> bool:
    """Whether a function written in Python gave no result and no exception.

    Python 3.11 loses an exception where there is no memory for the frame of its traceback.
    """
    text = str(error)
    if not isinstance(error, SystemError):
        return False
    return text.startswith("<function ") and text.endswith("NULL without setting an exception")


@dataclass
class Refused:
    """One call that is refused memory, again and again.

    `prepare` gives the call; with new arguments each time where it uses them up.
    `outcome` is what the call gives, or raises, comparable with ==; `check` looks at what a call
    left behind. `is_refused_all` also refuses all allocations that follow, after which code in
    Python could not tidy up. `grows` says why blocks are not counted, `is_lost` whether
    CPython itself raised something else for MemoryError.
    """

    name: str
    prepare: Callable[[], partial[Any]]
    comparable: Callable[[Any], Any]
    check: Callable[[Any], None] = lambda outcome: None
    is_refused_all: bool = False
    grows: str = ""
    is_lost: Callable[[Exception], bool] = is_of_cpython

    def outcome(self, call: Callable[[], Any]) -> Any:
        try:
            return self.comparable(call())
        except MemoryError:
            return "MemoryError"
        except Exception as error:
            return "MemoryError" if self.is_lost(error) else (type(error).__name__, str(error))


def refuse_each(refusing: Refusing, call: Refused, expected: Any, last: int) -> int:
    """One round; how many allocations were refused in turn. `last` is 0 for each alone."""
    n = 0
    while True:
        n += 1
        function = call.prepare()
        got = call.outcome(partial(refusing.call, function, n, last or n))
        asked = refusing.asked()
        del function
        if got not in ("MemoryError", expected):
            raise AssertionError(f"refused {n}: {str(got)[:300]}, not {str(expected)[:300]}")
        call.check(got)
        if asked < n:
            return n - 1
        got = call.outcome(call.prepare())
        if got != expected:
            raise AssertionError(f"after refusing {n}: {str(got)[:300]}")
        call.check(got)


def check_call(refusing: Refusing, call: Refused) -> int:
    """Every allocation of a call refused, in rounds until the process holds what it held before."""
    function = call.prepare()
    # CPython holds numbers and text itself, and loses references to what is in a frame whose cells
    # it has no memory for: for calls that are Python's, nothing is counted.
    held = [
        argument
        for argument in (*function.args, *function.keywords.values())
        if call.is_refused_all and not isinstance(argument, (int, str, type(None)))
    ]
    del function
    references = [sys.getrefcount(argument) for argument in held]
    expected = call.outcome(call.prepare())
    call.check(expected)
    blocks = array.array("q", [0] * (ROUNDS + 1))  # an int of each count would be a block itself
    for turn in range(1, ROUNDS + 1):
        refused = refuse_each(refusing, call, expected, 0)
        if call.is_refused_all:
            refused += refuse_each(refusing, call, expected, 1 << 40)
        blocks[turn] = refusing.blocks()
        if blocks[turn] == blocks[turn - 1] or call.grows:
            break
    else:
        raise AssertionError(f"blocks leak, {blocks[1:].tolist()} after rounds of {refused}")
    if references != [sys.getrefcount(argument) for argument in held]:
        now = [sys.getrefcount(argument) for argument in held]
        raise AssertionError(f"references leak over {refused} refusals: {references}, then {now}")
    return refused

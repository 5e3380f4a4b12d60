"""Every call of the core's module many times over: references and blocks are as many as before."""

from __future__ import annotations

import gc
import sys
from typing import Any

import pytest

from ..core_calls import Call, good_calls, refused_calls

TIMES = 200


def attempt(call: Call) -> Exception | None:
    try:
        call.function(*call.arguments, **call.keywords)
    except Exception as error:
        return error.with_traceback(None)
    return None


def references(call: Call) -> list[int]:
    held = (*call.arguments, *call.keywords.values())
    # Small numbers and names are everybody's.
    return [sys.getrefcount(value) for value in held if not isinstance(value, (int, str))]


def growth(call: Call) -> int:
    """How many blocks more there are after so many calls."""
    gc.collect()
    blocks = sys.getallocatedblocks()
    for _ in range(TIMES):
        attempt(call)
    gc.collect()
    return sys.getallocatedblocks() - blocks


@pytest.mark.parametrize("call", [*good_calls(), *refused_calls()], ids=lambda call: call.name)
def test_nothing_is_kept(call: Call) -> None:
    error: Any = attempt(call)
    assert (type(error) if error is not None else None) is call.raises
    del error
    gc.collect()  # what other tests left holds None too
    before = references(call)
    # A leak is one block a call at least, in every round. CPython's caches fill in the first ones,
    # and without the GIL so do the first few hundred str() of a dtype, in NumPy alone, too.
    assert any(growth(call) < TIMES // 2 for _ in range(4))
    # Others hold None and 0.5 as well.
    kept = [now - then for now, then in zip(references(call), before, strict=True)]
    assert all(abs(count) < TIMES // 2 for count in kept), kept

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


@pytest.mark.parametrize("call", [*good_calls(), *refused_calls()], ids=lambda call: call.name)
def test_nothing_is_kept(call: Call) -> None:
    error: Any = attempt(call)
    assert (type(error) if error is not None else None) is call.raises
    del error
    # Without the GIL the first few hundred str() of a dtype leave blocks behind, NumPy's own too.
    for _ in range(3 * TIMES if call.prints_dtype else 20):
        attempt(call)
    before = references(call)
    # What CPython caches meanwhile is less than a block a call; a leak is one at least.
    gc.collect()
    blocks = sys.getallocatedblocks()
    for _ in range(TIMES):
        attempt(call)
    gc.collect()
    assert references(call) == before
    assert sys.getallocatedblocks() - blocks < TIMES // 2

"""Calls with each allocation that they make refused in turn.

The memory of the whole process goes through tests/c/refuse.c, which this program has to be started
with (test_allocation_failure.py does):

    PYTHONMALLOC=malloc LD_PRELOAD=refuse.so python -m tests.refusals refuse.so [--core | name ...]

For n = 1, 2, 3, ... a call is made with its n-th allocation refused, until it makes no more. It
raises MemoryError or does what it always does; made again, it does what it always does. The blocks
that the process holds and the references to the arguments are counted over all the refusals.
"""

from __future__ import annotations

import _imp
import gc
import importlib.util
import sys
import time
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any

from .refusing import Refused, Refusing, check_call


def calls_of_core() -> Iterator[Refused]:
    """Every function of the core's module, and the module's own start."""
    from . import core_calls
    from .core_calls import GRAY

    for call in core_calls.good_calls() + core_calls.refused_calls():
        yield Refused(
            call.name,
            partial(partial, call.function, *call.arguments, **call.keywords),
            core_calls.comparable,
            is_refused_all=True,
            grows="str() of a dtype leaves blocks behind by itself" if call.prints_dtype else "",
        )
    spec = importlib.util.find_spec("wbimage_ext._core")
    yield Refused(
        "the module",
        lambda: partial(_imp.exec_dynamic, _imp.create_dynamic(spec)),
        lambda result: result,
        check_types,
        is_refused_all=True,
        grows="CPython keeps names of a module's types in a cache that fills slowly",
    )
    for name, value in (("encode", GRAY), ("encode_grid", GRAY), ("encode_mask", GRAY)):
        yield Refused(
            f"first {name} of a module",
            lambda name=name, value=value: partial(getattr(new_module(spec), name), value),  # type: ignore[misc]
            lambda encoded: bytes(encoded[0] if isinstance(encoded, tuple) else encoded),
            is_refused_all=True,
            grows="as above",
        )


def new_module(spec: Any) -> Any:
    """Another instance, whose pools are empty."""
    module = _imp.create_dynamic(spec)
    _imp.exec_dynamic(module)
    return module


def check_types(outcome: Any) -> None:
    """Only the types of the module that the program imported are left."""
    gc.collect()
    types = [kind for kind in object.__subclasses__() if kind.__module__ == "wbimage_ext._core"]
    if len(types) != 2:
        raise AssertionError(f"types stay behind: {types}")


def main() -> None:
    refusing = Refusing(sys.argv[1])
    names = sys.argv[2:]
    calls = calls_of_core()
    if names != ["--core"]:
        from .refused_stories import calls_of_package

        calls = chain(calls, calls_of_package())
    total = failures = 0
    started = time.monotonic()
    for call in calls:
        if names not in ([], ["--core"]) and not any(part in call.name for part in names):
            continue
        try:
            refused = check_call(refusing, call)
        except AssertionError as problem:
            print(f"{call.name}: {problem}", flush=True)
            failures += 1
        else:
            total += refused
    seconds = time.monotonic() - started
    print(f"{total} allocations refused in turn, in {seconds:.1f} s")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()

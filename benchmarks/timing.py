"""Times calls in turn: one round gives every call its slot, so that drift of the machine hits all.

In: named calls without arguments. Out: a Timing each.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter_ns, thread_time_ns
from typing import Any

Call = Callable[[], Any]

# Wall time is what a user waits; on a machine that others use too, the thread's CPU time says more.
CLOCKS = {"wall": perf_counter_ns, "cpu": thread_time_ns}

# A fast call is repeated until its slot of a round is used up; a slow one is made once.
SLOT_NS = 3_000_000
MAX_CALLS_A_SLOT = 200


@dataclass(frozen=True)
class Timing:
    """Times of one call in microseconds."""

    best_us: float
    median_us: float
    spread: float  # distance of the quartiles, relative to the median
    calls: int

    @classmethod
    def of(cls, times_ns: list[int]) -> Timing:
        """Summarize the times of at least one call."""
        median = statistics.median(times_ns)
        low, _, high = statistics.quantiles(times_ns, n=4) if len(times_ns) > 1 else (0, 0, 0)
        return cls(
            best_us=min(times_ns) / 1e3,
            median_us=median / 1e3,
            spread=(high - low) / median,
            calls=len(times_ns),
        )


def _ignore(result: Any) -> None:
    del result


def time_in_turn(
    calls: Mapping[str, Call],
    rounds: int,
    clock: str,
    discard: Callable[[Any], None] = _ignore,
) -> dict[str, Timing]:
    """Time every call in `rounds` rounds.

    Args:
        calls: what to time, by name.
        rounds: how often every call gets its slot.
        clock: key of CLOCKS.
        discard: takes a result away, untimed; removes the file that a call wrote, for example.
    """
    times: dict[str, list[int]] = {name: [] for name in calls}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, call in calls.items():
                times[name] += _slot(call, CLOCKS[clock], discard)
    finally:
        gc.enable()
    return {name: Timing.of(measured) for name, measured in times.items()}


def _slot(call: Call, clock: Callable[[], int], discard: Callable[[Any], None]) -> list[int]:
    times: list[int] = []
    used = 0
    while not times or (used < SLOT_NS and len(times) < MAX_CALLS_A_SLOT):
        start = clock()
        result = call()
        times.append(clock() - start)
        used += times[-1]
        discard(result)
    return times

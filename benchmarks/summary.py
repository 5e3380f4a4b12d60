"""Condenses rows into ratios to one peer: geometric means, medians of time, worst cases.

In: rows. Out: a Summary for each peer and group of pictures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .rows import Row

LARGE_BYTES = 70_000


@dataclass(frozen=True)
class Summary:
    """How one peer did against the reference over some pictures; ratios over 1 in `speed` are good,
    in `size` bad.
    """

    pictures: int
    speed: float  # geometric mean of the ratio of best times
    median_speed: float  # the same of median times
    slowest: float
    slowest_name: str
    size: float | None  # geometric mean
    worst_size: float | None
    worst_size_name: str
    spread: float  # median of the peer's own spreads


def geometric_mean(values: Iterable[float]) -> float:
    """The mean that does not depend on which side is called 1."""
    logarithms = [math.log(value) for value in values]
    return math.exp(sum(logarithms) / len(logarithms))


def summarize(rows: Sequence[Row], peer: str, reference: str) -> Summary | None:
    """Compare two peers over the rows that have both; None where there is none."""
    both = [row for row in rows if peer in row["peers"] and reference in row["peers"]]
    if not both:
        return None
    speeds = [_ratio(row, reference, peer, "best_us") for row in both]
    medians = [_ratio(row, reference, peer, "median_us") for row in both]
    sizes = [
        _ratio(row, peer, reference, "size_bytes")
        for row in both
        if row["peers"][peer]["size_bytes"] and row["peers"][reference]["size_bytes"]
    ]
    slowest = min(range(len(both)), key=speeds.__getitem__)
    largest = max(range(len(sizes)), key=sizes.__getitem__) if len(sizes) == len(both) else None
    spreads = sorted(row["peers"][peer]["spread"] for row in both)
    return Summary(
        pictures=len(both),
        speed=geometric_mean(speeds),
        median_speed=geometric_mean(medians),
        slowest=speeds[slowest],
        slowest_name=both[slowest]["name"],
        size=None if largest is None else geometric_mean(sizes),
        worst_size=None if largest is None else sizes[largest],
        worst_size_name="" if largest is None else both[largest]["name"],
        spread=spreads[len(spreads) // 2],
    )


def _ratio(row: Row, over: str, under: str, field: str) -> float:
    peers = row["peers"]
    return float(peers[over][field] / peers[under][field])  # type: ignore[literal-required]


def peers_of(rows: Iterable[Row]) -> list[str]:
    """Every peer of the rows, in the order of first appearance."""
    return list(dict.fromkeys(peer for row in rows for peer in row["peers"]))


def groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """All rows, the large ones, and each kind; empty groups are left out."""
    tests: dict[str, Callable[[Row], bool]] = {
        "all": lambda row: True,
        "70 KB and more": lambda row: row["raw_bytes"] >= LARGE_BYTES,
    }
    for kind in dict.fromkeys(row["kind"] for row in rows):
        tests[kind] = lambda row, kind=kind: row["kind"] == kind  # type: ignore[misc]
    found = {name: [row for row in rows if test(row)] for name, test in tests.items()}
    return {name: members for name, members in found.items() if members}

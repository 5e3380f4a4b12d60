"""What is measured of one picture: a Row, with a Measure for each peer.

Both are plain dicts, so that a saved result is read back as it was.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from .corpus import Picture
from .timing import Timing

Array = npt.NDArray[Any]


class Measure(TypedDict):
    """One peer on one picture; times as in Timing."""

    size_bytes: int | None  # of the encoded file, where there is one
    best_us: float
    median_us: float
    spread: float
    calls: int


class Row(TypedDict):
    """One picture, or one array, and how every peer did on it."""

    name: str
    kind: str
    set: str  # tune, judge; "" where nothing was tuned
    shape: list[int]
    dtype: str
    raw_bytes: int
    peers: dict[str, Measure]


class WrongOutputError(Exception):
    """A peer's output is not what it has to be, so its time says nothing."""


@dataclass(frozen=True)
class Options:
    """What to measure, and how long."""

    pictures: list[Picture]
    rounds: int
    clock: str  # key of timing.CLOCKS


def _four_digits(value: float) -> float:
    """More would only say how the clock counts."""
    return float(f"{value:.4g}")


def make_row(
    name: str,
    kind: str,
    set_name: str,
    array: Array,
    timings: Mapping[str, Timing],
    sizes: Mapping[str, int] | None = None,
) -> Row:
    """Put together what was measured of one array."""
    measures: dict[str, Measure] = {}
    for peer, timing in timings.items():
        size = None if sizes is None else sizes.get(peer)
        measures[peer] = Measure(
            size_bytes=size,
            best_us=_four_digits(timing.best_us),
            median_us=_four_digits(timing.median_us),
            spread=_four_digits(timing.spread),
            calls=timing.calls,
        )
    return Row(
        name=name,
        kind=kind,
        set=set_name,
        shape=list(array.shape),
        dtype=str(array.dtype),
        raw_bytes=array.nbytes,
        peers=measures,
    )


def with_progress(pictures: Iterable[Picture], label: str) -> Iterator[Picture]:
    """Yield the pictures, naming each on the terminal while it is measured."""
    show = sys.stderr.isatty()
    for picture in pictures:
        if show:
            print(f"\r\033[K{label}: {picture.name}", end="", file=sys.stderr, flush=True)
        yield picture
    if show:
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def require_equal(peer: str, name: str, found: Array, expected: Array) -> None:
    """Raise WrongOutputError unless both arrays hold the same values in the same shape."""
    if found.shape != expected.shape or not np.array_equal(found, expected):
        raise WrongOutputError(f"{peer} gave other pixels for {name}: {found.shape}, {found.dtype}")

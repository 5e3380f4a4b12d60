"""Keeps the values of a metric in a bounded number of buckets, with minimum and maximum.

In: values in the order they were logged. Out: a Series of at most ``MOST_BUCKETS`` buckets. Each
bucket has the last step in it and the lowest, highest and mean value. When there are too many
buckets, neighbours are put together, so that a million steps cost no more than two thousand, and
no peak is lost. Each bucket knows the version of the run at which it changed last, so that a page
which saw an older version gets only what is new.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import Any

MOST_BUCKETS = 2048  # a chart is at most some 2000 pixels wide; even, as neighbours are paired


class Series:
    """One metric of one run."""

    __slots__ = ("_changed", "_highs", "_in_last", "_lows", "_means", "_rebuilt", "_steps",
                 "_width", "last")  # fmt: skip

    def __init__(self) -> None:
        self.last = 0.0  # the value of the greatest step
        self._steps = array("d")  # the last step of each bucket; rising
        self._lows = array("d")
        self._highs = array("d")
        self._means = array("d")
        self._changed = array("q")
        self._width = 1  # the values that a full bucket holds
        self._in_last = 0  # the values in the last bucket
        self._rebuilt = 0  # the version at which buckets before the last one changed

    def add(self, step: int, value: float, version: int) -> None:
        """Take in a value; a step may come again, and may be less than earlier ones."""
        steps = self._steps
        if steps and step < steps[-1]:
            self._insert(step, value, version)
            return
        self.last = value
        if steps and step == steps[-1] and self._in_last == 1:
            # Rows of one step are one row, and a key's later value stands.
            self._lows[-1] = self._highs[-1] = self._means[-1] = value
            self._changed[-1] = version
        elif not steps or self._in_last == self._width:
            if len(steps) == MOST_BUCKETS:
                self._pair_neighbours(version)
            self._append(step, value, version)
        else:
            self._in_last += 1
            steps[-1] = step
            self._lows[-1] = min(self._lows[-1], value)
            self._highs[-1] = max(self._highs[-1], value)
            self._means[-1] += (value - self._means[-1]) / self._in_last
            self._changed[-1] = version

    def since(self, version: int) -> dict[str, Any]:
        """Return what changed after a version: the place it starts at, and columns from there."""
        start = 0 if self._rebuilt > version else bisect_right(self._changed, version)
        columns = {"steps": [int(step) for step in self._steps[start:]]}
        part: dict[str, Any] = {"start": start, **columns, "means": _short(self._means[start:])}
        if self._width > 1:
            part["lows"] = _short(self._lows[start:])
            part["highs"] = _short(self._highs[start:])
        return part

    def _append(self, step: int, value: float, version: int) -> None:
        self._steps.append(step)
        for column in (self._lows, self._highs, self._means):
            column.append(value)
        self._changed.append(version)
        self._in_last = 1

    def _insert(self, step: int, value: float, version: int) -> None:
        """Take in a value of an earlier step; all buckets count as changed."""
        self._rebuilt = version
        at = bisect_left(self._steps, step)
        if self._width > 1:
            self._lows[at] = min(self._lows[at], value)
            self._highs[at] = max(self._highs[at], value)
        elif self._steps[at] == step:
            self._lows[at] = self._highs[at] = self._means[at] = value
        else:
            self._steps.insert(at, step)
            for column in (self._lows, self._highs, self._means):
                column.insert(at, value)
            self._changed.insert(at, self._changed[at])
            if len(self._steps) > MOST_BUCKETS:
                self._pair_neighbours(version)

    def _pair_neighbours(self, version: int) -> None:
        pairs = range(0, len(self._steps) - 1, 2)
        rest = slice(len(pairs) * 2, None)  # the odd one at the end, if there is one
        lows, highs, means = self._lows, self._highs, self._means
        self._in_last = self._width * 2 if len(self._steps) % 2 == 0 else self._in_last
        self._width *= 2
        self._steps = self._steps[1 : len(pairs) * 2 : 2] + self._steps[rest]
        self._changed = self._changed[1 : len(pairs) * 2 : 2] + self._changed[rest]
        self._lows = array("d", (min(lows[i], lows[i + 1]) for i in pairs)) + lows[rest]
        self._highs = array("d", (max(highs[i], highs[i + 1]) for i in pairs)) + highs[rest]
        self._means = array("d", ((means[i] + means[i + 1]) / 2 for i in pairs)) + means[rest]
        self._rebuilt = version


def _short(values: array[float]) -> list[float]:
    """Return values with the seven digits that a chart can show."""
    return [float(f"{value:.7g}") for value in values]

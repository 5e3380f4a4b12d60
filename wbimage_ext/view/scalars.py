"""Keeps the values of a metric in a bounded number of buckets, with minimum and maximum.

In: values in the order they were logged. Out: a Series of at most `MOST_BUCKETS` buckets. Each
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
    """One metric of one run.

    Attributes:
        last: the value of the greatest step.
    """

    def __init__(self) -> None:
        self.last = 0.0
        self._last_step = -float("inf")
        self._width = 1  # the values in a bucket
        self._steps = array("d")  # the last step of each bucket; rising
        self._lows = array("d")
        self._highs = array("d")
        self._means = array("d")
        self._changed = array("q")
        self._open: list[float] = []  # values that do not fill a bucket yet
        self._version = 0  # the version at which something changed last
        self._rebuilt = 0  # the version at which buckets before the last one changed

    def add(self, step: int, value: float, version: int) -> None:
        """Take in a value; a step may come again, and may be less than earlier ones."""
        self._version = version
        if step <= self._last_step:
            self._add_again(step, value)
            return
        self.last = value
        self._last_step = step
        self._open.append(value)
        if len(self._open) == self._width:
            self._close()

    def since(self, version: int) -> dict[str, Any]:
        """What changed after a version: the place it starts at, and columns from there."""
        start = 0 if self._rebuilt > version else bisect_right(self._changed, version)
        steps = [int(step) for step in self._steps[start:]]
        columns = {"means": self._means, "lows": self._lows, "highs": self._highs}
        part: dict[str, Any] = {"start": start, "steps": steps}
        for name, column in columns.items():
            if name == "means" or self._width > 1:
                part[name] = [_short(value) for value in column[start:]]
        if self._open:
            steps.append(int(self._last_step))
            part["means"].append(_short(sum(self._open) / len(self._open)))
            part["lows"].append(_short(min(self._open)))
            part["highs"].append(_short(max(self._open)))
        return part

    def _close(self) -> None:
        """Make a bucket of the open values."""
        if len(self._steps) == MOST_BUCKETS:
            self._pair_neighbours()  # then there is room for as many values again
            return
        values = self._open
        self._steps.append(self._last_step)
        self._lows.append(min(values))
        self._highs.append(max(values))
        self._means.append(sum(values) / len(values))
        self._changed.append(self._version)
        values.clear()

    def _add_again(self, step: int, value: float) -> None:
        """Take in a value of the last step or of an earlier one; all buckets count as changed."""
        self._rebuilt = self._version
        if step == self._last_step:
            self.last = value
        if step == self._last_step and self._open:
            self._open[-1] = value  # rows of one step are one row, whose later value stands
            return
        at = bisect_left(self._steps, step)
        if at == len(self._steps):  # it lies among the open ones, whose own steps are not kept
            self._open.append(value)
        elif self._width > 1:
            self._lows[at] = min(self._lows[at], value)
            self._highs[at] = max(self._highs[at], value)
        elif self._steps[at] == step:
            self._lows[at] = self._highs[at] = self._means[at] = value
        else:
            for column, item in (
                (self._steps, step),
                (self._lows, value),
                (self._highs, value),
                (self._means, value),
            ):
                column.insert(at, item)
            self._changed.insert(at, self._changed[at])
            if len(self._steps) > MOST_BUCKETS:
                self._pair_neighbours()

    def _pair_neighbours(self) -> None:
        """Put every two buckets together; an odd one at the end becomes open values."""
        pairs = range(0, len(self._steps) - 1, 2)
        end = 2 * len(pairs)
        lows, highs, means = self._lows, self._highs, self._means
        self._open[:0] = means[end:]
        self._steps = self._steps[1:end:2]
        self._changed = self._changed[1:end:2]
        self._lows = array("d", (min(lows[i], lows[i + 1]) for i in pairs))
        self._highs = array("d", (max(highs[i], highs[i + 1]) for i in pairs))
        self._means = array("d", ((means[i] + means[i + 1]) / 2 for i in pairs))
        self._width *= 2
        self._rebuilt = self._version


def _short(value: float) -> float:
    """A value with the seven digits that a chart can show."""
    return float(f"{value:.7g}")

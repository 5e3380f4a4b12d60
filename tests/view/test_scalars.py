"""Metrics of any length are kept in a bounded number of buckets, without losing a peak."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wbimage_ext.view.scalars import MOST_BUCKETS, Series


class Page:
    """What a page knows of a series after some parts of it."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.version = 0
        self.columns: dict[str, list[float]] = {"steps": [], "means": [], "lows": [], "highs": []}

    def ask(self, version: int) -> int:
        """Take in what is new; return how many values were sent."""
        part: dict[str, Any] = self.series.since(self.version)
        part.setdefault("lows", part["means"])
        part.setdefault("highs", part["means"])
        for name, column in self.columns.items():
            assert part["start"] <= len(column)
            column[part["start"] :] = part[name]
        self.version = version
        return len(part["steps"])


@pytest.mark.parametrize("count", [0, 1, 2, 100, MOST_BUCKETS, MOST_BUCKETS + 1, 5000, 100_003])
def test_steps_lows_highs_and_means(count: int) -> None:
    values = np.random.default_rng(count).normal(0, 1, count)
    series = Series()
    for step, value in enumerate(values):
        series.add(3 * step, float(value), step + 1)
    page = Page(series)
    page.ask(count)
    steps = np.array(page.columns["steps"])
    assert len(steps) <= MOST_BUCKETS + 1
    assert (np.diff(steps) > 0).all()
    if count:
        ends = (steps / 3).astype(int) + 1
        starts = np.concatenate([[0], ends[:-1]])
        assert ends[-1] == count
        for at, (start, end) in enumerate(zip(starts, ends, strict=True)):
            inside = values[start:end]
            assert page.columns["lows"][at] == pytest.approx(inside.min(), rel=1e-6)
            assert page.columns["highs"][at] == pytest.approx(inside.max(), rel=1e-6)
            assert page.columns["means"][at] == pytest.approx(inside.mean(), rel=1e-5, abs=1e-6)
        assert series.last == values[-1]


def test_a_page_that_asks_now_and_then_knows_the_same() -> None:
    random = np.random.default_rng(4)
    series = Series()
    page = Page(series)
    sent = 0
    for step in range(20_000):
        series.add(step, float(random.normal()), step + 1)
        if random.random() < 0.05:
            sent += page.ask(step + 1)
    page.ask(20_000)
    whole = Page(series)
    whole.ask(20_000)
    assert page.columns == whole.columns
    assert sent < 20_000  # most of what was sent was new


@pytest.mark.parametrize("count", [50, 3 * MOST_BUCKETS])
def test_steps_in_any_order_and_again(count: int) -> None:
    random = np.random.default_rng(9)
    order = random.permutation(count)
    series = Series()
    page = Page(series)
    for version, step in enumerate(order):
        series.add(int(step), float(step), version + 1)
        if version % 97 == 0:
            page.ask(version + 1)
    page.ask(count)
    columns = page.columns
    assert min(columns["lows"]) == 0
    assert max(columns["highs"]) == count - 1
    assert (np.diff(columns["steps"]) > 0).all()
    if count <= MOST_BUCKETS:
        assert columns["steps"] == columns["means"] == list(range(count))
        series.add(7, 70, count + 1)
        series.add(count - 1, -5, count + 2)
        page.ask(count + 2)
        assert columns["means"][7] == 70
        assert columns["means"][-1] == series.last == -5

"""Metrics that a script defines: the value they go over, and what the summary says of them.

In: calls of `define_metric`, and the rows of a run. Out: definitions for `run.json`, which readers
of the run may follow, and a summary with minima, maxima and means in place of last values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..view.axes import definition_of
from ..wording import shown

SUMMARIES = ("min", "max", "mean", "first", "last", "best", "copy", "none")
GOALS = ("minimize", "maximize")


@dataclass(frozen=True)
class Metric:
    """What define_metric returns; it can be the `step_metric` of another one."""

    name: str


class Metrics:
    """The definitions, in the order in which they were made.

    Args:
        definitions: by name, as `run.json` keeps them; this object adds to them.
    """

    def __init__(self, definitions: dict[str, dict[str, Any]]) -> None:
        self.definitions = definitions

    def define(self, name: str, options: Mapping[str, Any], *, overwrite: bool) -> None:
        """Add a definition, or change it; `overwrite` forgets what was defined before.

        Raises:
            TypeError: the name, that of the axis or the summary is not a str.
            ValueError: an empty name, or an unknown summary or goal.
        """
        for given in (name, options.get("step_metric") or ""):
            if not isinstance(given, str):
                raise TypeError(f"the name of a metric must be a str, not {shown(given)}")
        if not name:
            raise ValueError("the name of a metric is empty")
        summaries = options.get("summary") or ""
        if not isinstance(summaries, str):
            raise TypeError(f"summary must be a str, not {shown(summaries)}")
        for summary in filter(None, summaries.split(",")):
            if summary not in SUMMARIES:
                raise ValueError(f"summary must be of {', '.join(SUMMARIES)}, not {shown(summary)}")
        if options.get("goal") not in (None, *GOALS):
            raise ValueError(f"goal must be of {', '.join(GOALS)}, not {shown(options['goal'])}")
        known = {option: value for option, value in options.items() if value is not None}
        before = {} if overwrite else self.definitions.get(name, {})
        self.definitions[name] = {**before, **known}

    def axes_of(self, row: Mapping[str, Any], last: Mapping[str, Any]) -> dict[str, Any]:
        """The last values of the axes that the row's metrics go over and that it lacks.

        wandb completes a row in this way, unless `step_sync` is False.
        """
        axes: dict[str, Any] = {}
        if any("step_metric" in definition for definition in self.definitions.values()):
            for key in row:
                definition = definition_of(self.definitions, key)
                axis = definition.get("step_metric", "")
                if axis in last and axis not in row and definition.get("step_sync", True):
                    axes[axis] = last[axis]
        return axes

    def summarized(
        self, summary: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """The summary of last values, changed as the definitions say."""
        result = dict(summary)
        if not any("summary" in definition for definition in self.definitions.values()):
            return result
        for key, values in _numbers_by_key(rows).items():
            definition = definition_of(self.definitions, key)
            if "none" in definition.get("summary", ""):
                result.pop(key, None)
            elif wanted := _aggregates(definition, values):
                result[key] = wanted
        return result


def _numbers_by_key(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[float]]:
    numbers: dict[str, list[float]] = {}
    for row in rows:
        for key, value in row.items():
            if isinstance(value, (int, float)) and not key.startswith("_"):
                numbers.setdefault(key, []).append(value)
    return numbers


def _aggregates(definition: Mapping[str, Any], values: list[float]) -> dict[str, float]:
    best = min if definition.get("goal") == "minimize" else max
    all_of_them: dict[str, Callable[[list[float]], float]] = {
        "min": min,
        "max": max,
        "mean": lambda numbers: sum(numbers) / len(numbers),
        "first": lambda numbers: numbers[0],
        "last": lambda numbers: numbers[-1],
        "best": best,
    }
    wanted = definition.get("summary", "").split(",")
    return {name: all_of_them[name](values) for name in wanted if name in all_of_them}

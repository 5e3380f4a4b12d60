"""Which metric the slider goes by until somebody chooses one: what `define_metric` named.

In: the definitions of a run's metrics, as `run.json` keeps them. Out: the name of a metric.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable, Mapping
from typing import Any


def definition_of(definitions: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The key's own definition, or that of the last pattern such as `val/*` that fits."""
    if key in definitions:
        names = [key]
    else:
        names = [name for name in definitions if fnmatch.fnmatchcase(key, name)]
    definition = definitions[names[-1]] if names else {}
    return definition if isinstance(definition, Mapping) else {}


def axis_of(definitions: Mapping[str, Any], panels: Iterable[str], metrics: Collection[str]) -> str:
    """The `step_metric` of a panel's definition, or of any definition; or "".

    The first one counts that is among the metrics.
    """
    of_panels = (definition_of(definitions, key) for key in panels)
    for definition in (*of_panels, *definitions.values()):
        axis = definition.get("step_metric") if isinstance(definition, Mapping) else None
        if isinstance(axis, str) and axis in metrics:
            return axis
    return ""

"""The arguments of `init`, of which many are wandb's.

In: keyword arguments. Out: what `run.json` keeps of them, and the config. Arguments that nobody
knows are named in a warning, since most of them are misspelt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..encoding.warnings import warn
from ..wording import shown
from .attributes import config_values
from .values import plain_json

KEPT = ("name", "notes", "project", "entity", "id", "group", "job_type")

# wandb's, which say how it reaches its server, or what it records besides.
_WITHOUT_MEANING = frozenset(
    [
        *("allow_val_change", "anonymous", "config_exclude_keys", "config_include_keys", "force"),
        *("magic", "monitor_gym", "reinit", "save_code", "settings", "sync_tensorboard"),
        "tensorboard",
    ]
)

# wandb's, whose wish is not fulfilled, and what happens in place of it.
_NOT_DONE = {
    "resume": "a run goes on where its `dir` ends",
    "resume_from": "a run goes on where its `dir` ends",
    "fork_from": "a run goes on where its `dir` ends",
}


def about_of(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What run.json keeps of the arguments; what is None is left out.

    Raises:
        TypeError: tags that are no list.
    """
    about: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    for name, value in arguments.items():
        if value is None or name in _WITHOUT_MEANING:
            continue
        if name in KEPT:
            about[name] = str(value)
        elif name == "tags":
            about[name] = _tags(value)
        elif name == "mode":
            if value == "disabled":
                warn("mode='disabled' has no effect: a LocalRun logs", UserWarning)
        elif name in _NOT_DONE:
            if value is not False:
                warn(f"{name}={shown(value)} has no effect: {_NOT_DONE[name]}", UserWarning)
        else:
            unknown[name] = plain_json(name, value)
    if unknown:
        warn(
            f"init does not know {', '.join(unknown)}; run.json keeps the values under settings",
            UserWarning,
        )
        about["settings"] = unknown
    return about


def _tags(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, Iterable):
        raise TypeError(f"tags must be a list of str, not {shown(value)}")
    return [str(tag) for tag in value]


def config_of(config: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The config as a dict, without the keys that the arguments exclude."""
    values = {} if config is None else config_values(config)
    included: Iterable[str] = arguments.get("config_include_keys") or values
    excluded: Iterable[str] = arguments.get("config_exclude_keys") or ()
    return {k: v for k, v in values.items() if k in set(included) and k not in set(excluded)}

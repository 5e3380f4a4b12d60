"""The arguments of `init`, of which many are wandb's.

In: keyword arguments, and for `init` what wandb reads from `settings` and the environment. Out:
what `run.json` keeps of them, and the config. Arguments that nobody knows are named in a warning,
since most of them are misspelt.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from ..encoding.warnings import warn
from ..wording import shortened, shown
from .config_values import config_values
from .values import plain_json

_KEPT = ("name", "notes", "project", "entity", "id", "group", "job_type")

# Arguments that wandb also takes from the environment, and by another name from `settings`.
_ENVIRONMENT = {
    "entity": "WANDB_ENTITY",
    "group": "WANDB_RUN_GROUP",
    "id": "WANDB_RUN_ID",
    "job_type": "WANDB_JOB_TYPE",
    "mode": "WANDB_MODE",
    "name": "WANDB_NAME",
    "notes": "WANDB_NOTES",
    "project": "WANDB_PROJECT",
    "resume": "WANDB_RESUME",
    "tags": "WANDB_TAGS",
}
_IN_SETTINGS = {
    **{name: f"run_{name}" for name in ("group", "id", "job_type", "name", "notes", "tags")},
    **{name: name for name in ("entity", "mode", "project", "reinit", "resume")},
}

# wandb's, which say how it reaches its server.
_WITHOUT_MEANING = frozenset(
    [
        *("allow_val_change", "anonymous", "config_exclude_keys", "config_include_keys", "force"),
        *("magic", "reinit", "resume", "settings"),
    ]
)

# wandb's, whose wish is not fulfilled, and what is so.
_OF_TENSORBOARD = "log() takes the values and images that TensorBoard gets"
_NOT_DONE = {
    "fork_from": "a run goes on where its folder ends",
    "monitor_gym": "log() takes frames as images",
    "resume_from": "a run goes on where its folder ends",
    "save_code": "save() copies files into the run",
    "sync_tensorboard": _OF_TENSORBOARD,
    "tensorboard": _OF_TENSORBOARD,
}


def with_environment(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `init`; those that are None as `settings` or the environment has them."""
    settings = arguments.get("settings")
    given = settings if isinstance(settings, Mapping) else getattr(settings, "__dict__", {})
    found: dict[str, Any] = {}
    for name, variable in _ENVIRONMENT.items():
        if text := os.environ.get(variable):
            found[name] = text.split(",") if name == "tags" else text
    for name, other in _IN_SETTINGS.items():
        if given.get(other) is not None:
            found[name] = given[other]
    return {**found, **{name: value for name, value in arguments.items() if value is not None}}


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
        if name in _KEPT:
            about[name] = str(value)
        elif name == "tags":
            about[name] = _tags(value)
        elif name == "mode":
            if value == "disabled":
                instead = "init(mode='disabled') gives a run that keeps nothing"
                warn(f"mode='disabled' has no effect on a LocalRun: {instead}", UserWarning)
        elif name in _NOT_DONE:
            if value:
                warn(f"{name}={shown(value)} has no effect: {_NOT_DONE[name]}", UserWarning)
        else:
            unknown[name] = plain_json(name, value)
    if unknown:
        warn(
            f"init does not know {shortened(', '.join(unknown))}; run.json keeps the values under "
            "settings",
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

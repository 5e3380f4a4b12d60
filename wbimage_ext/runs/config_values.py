"""What a run's config can be given as: a dict, an object with attributes, or a file.

In: any of them. Out: a new dict by name. A file is JSON, or YAML, for which PyYAML is needed; it
may have the form that wandb writes, where each name holds `value` and `desc`.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import IO, Any

from ..wording import shown
from .values import key_text


def config_values(config: Any) -> dict[str, Any]:
    """A dict of what a config holds.

    Args:
        config: a dict or another Mapping, an object with attributes such as argparse's Namespace,
            a dataclass, the flags of absl, or the path of a JSON or YAML file.

    Raises:
        TypeError: it is none of these.
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or holds something else than values by name.
        ImportError: the file is YAML, and PyYAML is not installed.
    """
    if isinstance(config, (str, os.PathLike)):
        return _of_file(os.path.expanduser(os.fspath(config)))
    if isinstance(config, Mapping):
        return {key_text(key): value for key, value in config.items()}
    if not isinstance(config, type):
        if dataclasses.is_dataclass(config):
            return {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
        if hasattr(config, "flag_values_dict"):  # of absl
            return dict(config.flag_values_dict())
        if hasattr(config, "__dict__"):
            return dict(vars(config))
    raise TypeError(
        "a config must be a dict, an object with attributes such as argparse's Namespace, or the "
        f"path of a JSON or YAML file, not {shown(config)}"
    )


def _of_file(path: str) -> dict[str, Any]:
    load = json.load if path.lower().endswith(".json") else _yaml_loader(path)
    with open(path, encoding="utf-8") as file:
        try:
            values = load(file)
        except ValueError as error:
            raise ValueError(f"the config in {path} cannot be read: {error}") from error
    values = {} if values is None else values
    if not isinstance(values, Mapping):
        raise ValueError(f"{path} must hold values by name, not {shown(values)}")
    return {
        key_text(key): value["value"] if _is_described(value) else value
        for key, value in values.items()
        if key != "wandb_version"
    }


def _yaml_loader(path: str) -> Callable[[IO[str]], Any]:
    try:
        yaml: Any = import_module("yaml")
    except ImportError:
        raise ImportError(
            f"reading {path} needs PyYAML, unless it is JSON and its name ends with .json. To get "
            "PyYAML, run: pip install pyyaml"
        ) from None

    def load(file: IO[str]) -> Any:
        try:
            return yaml.safe_load(file)
        except yaml.YAMLError as error:
            raise ValueError(str(error)) from error

    return load


def _is_described(value: Any) -> bool:
    """Whether it is a value as wandb writes it to a file, with a description."""
    return isinstance(value, Mapping) and "value" in value and set(value) <= {"value", "desc"}

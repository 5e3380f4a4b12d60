"""The names of a script that was written for wandb: init, log, finish, and the run in between.

In: calls of functions of the package. Out: calls of the run that `init` started last.
"""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

from .local_run import LocalRun
from .wandb_names import missing_of_module

_run: LocalRun | None = None


def init(dir: str | os.PathLike[str] | None = None, **settings: Any) -> LocalRun:
    """Start a LocalRun, to which `log` and the others refer; arguments as for LocalRun."""
    global _run
    _run = LocalRun(dir, **settings)
    return _run


def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """Finish the run that `init` started; without one this does nothing."""
    run = _current()
    if run is not None:
        run.finish(exit_code, quiet)


def log(
    data: Any, step: int | None = None, commit: bool | None = None, sync: bool | None = None
) -> None:
    """Log to the run that `init` started; see LocalRun.log."""
    _started("log()").log(data, step, commit, sync)


def define_metric(name: str, *arguments: Any, **options: Any) -> None:
    """Define a metric of the run that `init` started; see LocalRun.define_metric."""
    _started("define_metric()").define_metric(name, *arguments, **options)


def watch(*models: Any, **options: Any) -> None:
    """See LocalRun.watch."""
    _started("watch()").watch(*models, **options)


def save(*arguments: Any, **options: Any) -> list[str]:
    """Copy files into the run that `init` started; see LocalRun.save."""
    return _started("save()").save(*arguments, **options)


def login(*arguments: Any, **options: Any) -> bool:
    """Take wandb's arguments and return True: no account is needed."""
    return True


class Settings(SimpleNamespace):
    """Takes wandb's settings as attributes; a LocalRun needs none of them."""


def attribute(name: str) -> Any:
    """What `run`, `config` and `summary` of the package are now; no other name is there.

    Raises:
        AttributeError: another name; for one of wandb's it says what to do instead.
    """
    run = _current()
    if name == "run":
        return run
    if name in ("config", "summary"):
        return _BeforeInit(name) if run is None else getattr(run, name)
    raise AttributeError(missing_of_module(name))


def _current() -> LocalRun | None:
    """The run that `init` started last, until it is finished."""
    return _run if _run is not None and _run._folder.history.is_open else None


def _started(what: str) -> LocalRun:
    run = _current()
    if run is None:
        raise RuntimeError(f"call init() before {what}: there is no run")
    return run


class _BeforeInit:
    """`config` and `summary` while there is no run: whatever is done with them is refused."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        self._refuse()

    def __setattr__(self, attribute: str, value: Any) -> None:
        self._refuse()

    def __getitem__(self, key: str) -> Any:
        self._refuse()

    def __setitem__(self, key: str, value: Any) -> None:
        self._refuse()

    def __repr__(self) -> str:
        return f"<{self._name} of no run: call init() first>"

    def _refuse(self) -> Any:
        raise RuntimeError(f"call init() before {self._name} is used: there is no run")

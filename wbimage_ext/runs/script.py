"""The names of a script that was written for wandb: init, log, finish, and the run in between.

In: calls of functions of the package. Out: calls of the run that `init` started last.
"""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

from ..encoding.warnings import warn
from ..imported import imported
from ..wording import shown
from .disabled import DisabledRun
from .local_run import LocalRun
from .metrics import Metric
from .settings import with_environment
from .wandb_names import is_of_wandb, missing_of_module

_run: LocalRun | None = None

_MODES = ("online", "offline", "disabled", "shared", "dryrun", "run")
_FINISH_FIRST = (True, "finish_previous")
_GO_ON = (False, "return_previous")
_REINIT = (None, "default", *_FINISH_FIRST, *_GO_ON, "create_new")


def init(dir: str | os.PathLike[str] | None = None, **settings: Any) -> LocalRun:
    """Start a run, to which `log` and the others refer; arguments as for LocalRun.

    What is not given is taken from `settings=Settings(...)`, then from the environment variables
    WANDB_ENTITY, WANDB_JOB_TYPE, WANDB_MODE, WANDB_NAME, WANDB_NOTES, WANDB_PROJECT, WANDB_RESUME,
    WANDB_RUN_GROUP, WANDB_RUN_ID and WANDB_TAGS.

    Args:
        dir: the run's own folder, see LocalRun.
        mode: "disabled" gives a run that keeps nothing. wandb's others mean the same here.
        reinit: what happens while the run before is open. "finish_previous" and True finish it,
            "return_previous" and False return it, "create_new" makes a run that `log` and the
            others do not refer to. By default a notebook finishes it; elsewhere it is returned,
            with a warning, unless `dir` or `id` names another run.
        settings: what else LocalRun takes.

    Raises:
        ValueError: `mode` or `reinit` is none of these.
    """
    global _run
    arguments = with_environment(settings)
    reinit, mode = arguments.get("reinit"), arguments.get("mode", "offline")
    if reinit not in _REINIT:
        raise ValueError(f"reinit must be one of {_listed(_REINIT)}, not {shown(reinit)}")
    if mode not in _MODES:
        raise ValueError(f"mode must be one of {_listed(_MODES)}, not {shown(mode)}")
    before = _current()
    if before is not None and _goes_on(before, dir, arguments):
        return before
    started = DisabledRun(**arguments) if mode == "disabled" else LocalRun(dir, **arguments)
    if before is None or reinit != "create_new":
        _run = started
    return started


def _goes_on(before: LocalRun, dir: Any, arguments: dict[str, Any]) -> bool:
    """Whether `init` returns the run that is open; a run that has to end first is finished."""
    reinit = arguments.get("reinit")
    if reinit in _GO_ON:
        return True
    names_another = not _is_of(before, dir, arguments.get("id"))
    is_default = reinit not in (*_FINISH_FIRST, "create_new") and not names_another
    if reinit in _FINISH_FIRST or (is_default and _is_notebook()):
        before.finish()
        return False
    if is_default:
        end = "finish() ends it, and reinit='return_previous' says that this is meant"
        warn(f"init() returns the run that is open, {before!r}: {end}", UserWarning)
    return is_default


def _is_of(run: LocalRun, dir: str | os.PathLike[str] | None, run_id: Any) -> bool:
    """Whether `dir`, or else `id`, is that of the run, or neither is given."""
    if dir is None:
        return run_id in (None, run.id)
    return os.path.realpath(os.path.expanduser(dir)) == os.path.realpath(run.dir)


def _listed(words: tuple[Any, ...]) -> str:
    return ", ".join(map(repr, words))


def _is_notebook() -> bool:
    get_ipython = imported("IPython", "get_ipython")
    return get_ipython is not None and hasattr(get_ipython(), "kernel")


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


def define_metric(name: str, *arguments: Any, **options: Any) -> Metric:
    """Define a metric of the run that `init` started; see LocalRun.define_metric."""
    return _started("define_metric()").define_metric(name, *arguments, **options)


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


def attribute(name: str, *, is_import: bool = False) -> Any:
    """What `run`, `config` and `summary` of the package are now; no other name is there.

    Raises:
        AttributeError: another name; for one of wandb's it says what to do instead.
        ImportError: the same for one of wandb's in a `from` import.
    """
    run = _current()
    if name == "run":
        return run
    if name in ("config", "summary"):
        return _BeforeInit(name) if run is None else getattr(run, name)
    text = missing_of_module(name)
    if is_import and is_of_wandb(name):
        raise ImportError(text, name=__package__.partition(".")[0])
    raise AttributeError(text)


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

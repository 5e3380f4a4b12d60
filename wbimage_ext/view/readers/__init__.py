"""Finds out what kind of run a folder holds, and finds the runs below a folder.

In: paths a user typed. Out: Runs. Files are only read; what cannot be read is counted.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from .local_run import LocalRunReader, has_ranks, is_of_run
from .ranks import RanksReader
from .run import About, Details, Row, Run
from .wandb_run import WandbRunReader

__all__ = ["About", "Details", "Row", "Run", "find_runs", "open_run"]


def open_run(path: str | os.PathLike[str]) -> Run:
    """The run at `path`; raises FileNotFoundError, or ValueError if it is no run."""
    given = Path(path)
    if not given.exists():
        raise FileNotFoundError(f"no such run directory: {given}")
    if given.is_file():
        if given.suffix == ".wandb":
            return WandbRunReader(given)
        raise ValueError(f"{given} is a file; give the run's directory")
    if has_ranks(given):
        return RanksReader(given)
    if is_of_run(given):
        return LocalRunReader(given)
    log = _wandb_log_in(given)
    if log is None and given.resolve().name == "files":
        log = _wandb_log_in(given.resolve().parent)
    if log is not None:
        return WandbRunReader(log)
    raise ValueError(f"{given} is no run: it has neither history.jsonl nor run-*.wandb")


def find_runs(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The places of all runs: the paths that are one, and those below the other paths.

    Links to folders are not followed below a path, and nothing is looked for inside a run.

    Raises:
        FileNotFoundError: a path does not exist.
        ValueError: a path is a file and no run.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        try:
            open_run(path)
        except ValueError:
            if not path.is_dir():
                raise
            found.update(dict.fromkeys(_below(path)))
        else:
            found[path] = None
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    """Yield the runs below a folder that is none itself; what cannot be read has none."""
    for place, folders, names in os.walk(folder):
        here = Path(place)
        is_local = "history.jsonl" in names or "run.json" in names
        is_local = is_local or ("ranks" in folders and has_ranks(here))
        if is_local or _wandb_log_in(here) is not None:
            yield here
            folders.clear()
        folders[:] = sorted(name for name in folders if not name.startswith("."))


def _wandb_log_in(folder: Path) -> Path | None:
    return min(filter(Path.is_file, folder.glob("run-*.wandb")), default=None)

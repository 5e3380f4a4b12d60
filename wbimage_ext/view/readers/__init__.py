"""Finds out what kind of run a folder holds, and opens it with the reader of that kind.

In: a path a user typed. Out: a Run. Files are only read; what cannot be read is counted.
"""

from __future__ import annotations

import os
from pathlib import Path

from .local_run import open_local_run
from .run import Run
from .wandb_run import open_wandb_run

__all__ = ["Run", "open_run"]


def open_run(path: str | os.PathLike[str]) -> Run:
    """Return the run at ``path``; raises FileNotFoundError, or ValueError if it is no run."""
    given = Path(path)
    if not given.exists():
        raise FileNotFoundError(f"no such run directory: {given}")
    if given.is_file():
        if given.suffix == ".wandb":
            return open_wandb_run(given)
        raise ValueError(f"{given} is a file; give the run's directory")
    if (given / "history.jsonl").is_file() or (given / "run.json").is_file():
        return open_local_run(given)
    log = _wandb_log_in(given)
    if log is None and given.resolve().name == "files":
        log = _wandb_log_in(given.resolve().parent)
    if log is not None:
        return open_wandb_run(log)
    inner = sorted(p.parent for p in given.glob("*/*.wandb")) or sorted(
        p.parent for p in given.glob("wandb/*/*.wandb")
    )
    hint = f"; there is one in {inner[-1]}" if inner else ""
    raise ValueError(f"{given} is no run: it has neither history.jsonl nor run-*.wandb{hint}")


def _wandb_log_in(folder: Path) -> Path | None:
    return min(filter(Path.is_file, folder.glob("run-*.wandb")), default=None)

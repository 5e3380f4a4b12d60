"""Finds out what kind of run a folder holds and reads its rows, whatever its kind.

In: a path a user typed. Out: a Run, whose rows have one shape for LocalRun and wandb:
``{"_step": int, key: value, ...}``. Files are only read; what cannot be read is counted.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO

from .files import TEXT_MOST_BYTES, read_in_run
from .wandb_log import WandbLog

Row = dict[str, Any]


@dataclass
class Run:
    """A run that can be read once.

    ``media_root`` is the folder that the media paths in the rows are relative to.
    ``describe`` returns name, start (ISO text or "") and config, known once the rows are read.
    """

    kind: str
    media_root: Path
    rows: Iterator[Row]
    describe: Callable[[], tuple[str, str, dict[str, Any]]]
    skipped: Counter[str] = field(default_factory=Counter)


def open_run(path: str | os.PathLike[str]) -> Run:
    """Return the run at ``path``; raises FileNotFoundError, or ValueError if it is no run."""
    given = Path(path)
    if not given.exists():
        raise FileNotFoundError(f"no such run directory: {given}")
    if given.is_file():
        if given.suffix == ".wandb":
            return _open_wandb(given)
        raise ValueError(f"{given} is a file; give the run's directory")
    if (given / "history.jsonl").is_file() or (given / "run.json").is_file():
        return _open_local(given)
    log = _wandb_log_in(given)
    if log is None and given.resolve().name == "files":
        log = _wandb_log_in(given.resolve().parent)
    if log is not None:
        return _open_wandb(log)
    inner = sorted(p.parent for p in given.glob("*/*.wandb")) or sorted(
        p.parent for p in given.glob("wandb/*/*.wandb")
    )
    hint = f"; there is one in {inner[-1]}" if inner else ""
    raise ValueError(f"{given} is no run: it has neither history.jsonl nor run-*.wandb{hint}")


def _wandb_log_in(folder: Path) -> Path | None:
    return min(filter(Path.is_file, folder.glob("run-*.wandb")), default=None)


def _open_wandb(path: Path) -> Run:
    log = WandbLog(path)

    def describe() -> tuple[str, str, dict[str, Any]]:
        started = ""
        # No later than the year 9999, which datetime ends with.
        if 0 < log.started < 253402300800:
            started = datetime.fromtimestamp(log.started, timezone.utc).isoformat()
        return log.name or path.stem, started, log.config

    root = path.parent / "files"
    if root.is_symlink():
        raise ValueError(f"{root} is a link, and might lead out of the run")
    return Run("wandb run", root, log.rows(), describe, log.skipped)


def _open_local(folder: Path) -> Run:
    skipped: Counter[str] = Counter()

    def describe() -> tuple[str, str, dict[str, Any]]:
        about = _read_object(folder / "run.json", skipped)
        name, started = about.get("name"), about.get("started")
        return (
            name if isinstance(name, str) and name else folder.resolve().name,
            started if isinstance(started, str) else "",
            _read_object(folder / "config.json", skipped),
        )

    return Run(
        "LocalRun", folder, _local_rows(folder / "history.jsonl", skipped), describe, skipped
    )


def _local_rows(path: Path, skipped: Counter[str]) -> Iterator[Row]:
    """Yield the rows of a history file; a last line without a line end is still being written."""
    if not path.is_file():
        return
    following = 0
    with path.open("rb") as file:
        for line in _lines(file):
            try:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("a row must be an object")
            except (ValueError, RecursionError):
                if line.strip():
                    ended = line.endswith(b"\n")
                    skipped["damaged line" if ended else "unfinished line at the end"] += 1
                continue
            row.setdefault("_step", following)
            if isinstance(row["_step"], int):
                following = row["_step"] + 1
            yield row


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file, and of one that is too long its start, which is no row."""
    while line := file.readline(TEXT_MOST_BYTES):
        yield line
        while len(line) == TEXT_MOST_BYTES and not line.endswith(b"\n"):
            line = file.readline(TEXT_MOST_BYTES)


def _read_object(path: Path, skipped: Counter[str]) -> dict[str, Any]:
    try:
        value = json.loads(read_in_run(path, path.parent))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RuntimeError):  # a loop of links, or too deep
        value = None
    if isinstance(value, dict):
        return value
    skipped[f"unreadable {path.name}"] += 1
    return {}

"""Opens a LocalRun: its rows are the lines of ``history.jsonl``.

In: the run's directory. Out: a Run. What cannot be read is counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from .files import TEXT_MOST_BYTES, read_in_run
from .run import Row, Run


def open_local_run(folder: Path) -> Run:
    """Return the run of this directory."""
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

"""Reads a LocalRun: its rows are the lines of `history.jsonl`.

In: the run's directory. Out: a Run. A line counts once its newline is there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .files import TEXT_MOST_BYTES, read_in_run
from .run import About, Details, Row, Run


class LocalRunReader(Run):
    """The rows of one process.

    Args:
        folder: where its files are.
        media_root: where the pictures are; None for the same folder.
    """

    kind = "LocalRun"

    def __init__(self, folder: Path, media_root: Path | None = None) -> None:
        super().__init__(folder / "history.jsonl", media_root or folder)
        self._folder = folder
        self._is_alone = media_root is None
        self._following = 0
        self._objects: dict[str, tuple[tuple[int, int] | None, dict[str, Any]]] = {}

    def rows(self) -> Iterator[Row]:
        self.unfinished = ""
        if not self.file.is_file():  # a pipe would not open until somebody writes to it
            return
        self.check_place()
        with self.file.open("rb") as file:
            file.seek(self.offset)
            while line := file.readline(TEXT_MOST_BYTES):
                if not line.endswith(b"\n"):
                    while (more := file.readline(TEXT_MOST_BYTES)) and not more.endswith(b"\n"):
                        pass
                    if not more:
                        self.unfinished = "unfinished line at the end"
                        return
                self.offset = file.tell()
                if row := self._row(line):
                    yield row

    def about(self) -> About:
        about = self._object("run.json")
        name, started = about.get("name"), about.get("started")
        exit_code = about.get("exit_code")
        return About(
            name if isinstance(name, str) and name else self._folder.resolve().name,
            started if isinstance(started, str) else "",
            self._object("config.json"),
            exit_code if isinstance(exit_code, int) else None,
        )

    def details(self) -> Details:
        about = self._object("run.json")
        texts = {
            name: value
            for name in ("id", "project", "group", "job_type", "notes")
            if isinstance(value := about.get(name), str)
        }
        tags, metrics, code = (about.get(name) for name in ("tags", "metrics", "exit_code"))
        return Details(
            **texts,
            tags=[str(tag) for tag in tags] if isinstance(tags, list) else [],
            summary=self._object("summary.json"),
            metrics=metrics if isinstance(metrics, dict) else {},
            exit_code=code if isinstance(code, int) else None,
        )

    def is_replaced(self) -> bool:
        return super().is_replaced() or (self._is_alone and has_ranks(self._folder))

    def _row(self, line: bytes) -> Row | None:
        if not line.strip():
            return None
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            self.skipped["damaged line"] += 1
            return None
        row.setdefault("_step", self._following)
        if isinstance(row["_step"], int):
            self._following = row["_step"] + 1
        return row

    def _object(self, name: str) -> dict[str, Any]:
        """The object in a small file of the run, read again where the file has changed."""
        path = self._folder / name
        try:
            status = os.stat(path)
            state = (status.st_mtime_ns, status.st_size)
        except OSError:
            state = None
        if name not in self._objects or self._objects[name][0] != state:
            self._objects[name] = (state, self._read_object(path))
        return self._objects[name][1]

    def _read_object(self, path: Path) -> dict[str, Any]:
        try:
            value = json.loads(read_in_run(path, path.parent))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RuntimeError):  # a loop of links, or too deep
            value = None
        if isinstance(value, dict):
            return value
        self.skipped[f"unreadable {path.name}"] = 1
        return {}


def has_ranks(folder: Path) -> bool:
    """Whether several processes log into the run of a folder."""
    return any(rank > 0 for rank in ranks_in(folder))


def ranks_in(folder: Path) -> dict[int, Path]:
    """Where the ranks of a run keep their files; a link that leads out of it is left out."""
    root = folder.resolve()
    ranks = {0: folder} if is_of_run(folder) else {}
    for file in folder.glob("ranks/*/history.jsonl"):
        name = file.parent.name
        if name.isascii() and name.isdigit() and file.resolve().is_relative_to(root):
            ranks[int(name)] = file.parent
    return ranks


def is_of_run(folder: Path) -> bool:
    """Whether a folder has the files of a LocalRun."""
    return (folder / "history.jsonl").is_file() or (folder / "run.json").is_file()

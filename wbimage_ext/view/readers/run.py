"""What every reader gives: a run's rows, and what is known about it besides them.

In: the place of a run. Out: a Run, whose rows have one shape for LocalRun and wandb:
`{"_step": int, key: value, ...}`. A run may still be growing: each call of `rows` goes on where
the one before stopped.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = dict[str, Any]


@dataclass
class About:
    """What is known of a run besides its rows. `started` is ISO text, or empty."""

    name: str
    started: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    exit_code: int | None = None  # None where the run has not ended, or nobody told


@dataclass
class Details:
    """What a run is known by when it moves to another logger."""

    id: str = ""
    project: str | None = None
    group: str | None = None
    job_type: str | None = None
    notes: str | None = None
    tags: list[str] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)  # as define_metric was told
    exit_code: int | None = None


class Run(ABC):
    """A run that is read from one growing file.

    Attributes:
        kind: what wrote the run, for display.
        file: the file of rows.
        media_root: the folder that media paths in the rows are relative to.
        offset: the bytes of the file that are read and done with.
        unfinished: what stands behind the offset and is no whole row yet, or "".
        skipped: how often something could not be used, by reason.
    """

    kind: str

    def __init__(self, file: Path, media_root: Path) -> None:
        self.file = file
        self.media_root = media_root
        self.offset = 0
        self.unfinished = ""
        self.skipped: Counter[str] = Counter()
        self._identity = self._identify()
        self._largest_size = 0

    @abstractmethod
    def rows(self) -> Iterator[Row]:
        """Yield the rows that were not read yet. The caller may stop at any row and go on later."""

    @abstractmethod
    def about(self) -> About:
        """What is known so far; cheap enough to be asked for every second."""

    @abstractmethod
    def details(self) -> Details:
        """What else is known so far."""

    def histories(self) -> dict[int, Iterator[Row]]:
        """What `rows` yields, by the rank of the process that logged it."""
        return {0: self.rows()}

    def check_place(self) -> None:
        """Raise ValueError where the file of rows is a link that leads out of its folder."""
        if not self.file.resolve().is_relative_to(self.file.parent.resolve()):
            raise ValueError(f"{self.file} is a link that leads out of the run")

    def size(self) -> int:
        """The file's size in bytes; 0 while there is none."""
        try:
            return os.stat(self.file).st_size
        except OSError:
            return 0

    def is_replaced(self) -> bool:
        """Whether another file, or a shorter one, stands where the rows were read from."""
        identity, size = self._identify(), self.size()
        if self._identity is None:
            self._identity = identity
        is_shorter = size < self._largest_size
        self._largest_size = max(size, self._largest_size)
        return is_shorter or identity != self._identity

    def table(self, key: str, value: Row) -> dict[str, Any] | None:
        """A logged table whose cells hold pictures, or None where there is none to read."""
        return None

    def _identify(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self.file)
        except OSError:
            return None
        return status.st_dev, status.st_ino

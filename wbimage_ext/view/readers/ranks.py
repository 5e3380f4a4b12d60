"""Reads a LocalRun that several processes log into, the ranks of one job.

In: the run's directory, in which rank 0 keeps its rows, and rank N in `ranks/N`. Out: one Run.
The smallest rank's values have their own keys; those of rank N have `rank N/` before theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .local_run import LocalRunReader, ranks_in
from .run import About, Details, Row, Run

_OF_ALL = ("_step", "_timestamp", "_runtime")


class RanksReader(Run):
    """The run of one directory, with all ranks that have begun."""

    kind = "LocalRun"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "history.jsonl", folder)
        self._parts: dict[int, LocalRunReader] = {}
        self._look_for_ranks()

    def rows(self) -> Iterator[Row]:
        for history in self.histories().values():
            for row in history:
                self.offset = sum(part.offset for part in self._parts.values())
                yield row
        parts = self._parts.values()
        self.offset = sum(part.offset for part in parts)
        self.unfinished = next((part.unfinished for part in parts if part.unfinished), "")

    def histories(self) -> dict[int, Iterator[Row]]:
        self._look_for_ranks()
        return {rank: self._rows_of(rank) for rank in sorted(self._parts)}

    def about(self) -> About:
        abouts = self._abouts()
        first = abouts[min(abouts)]
        config = dict(first.config)
        labels: dict[str, Any] = {}
        for rank, about in abouts.items():
            of_rank = about.config.get("_wandb")
            for kind, entries in of_rank.items() if isinstance(of_rank, dict) else ():
                if isinstance(entries, dict):
                    known = labels.setdefault(kind, {})
                    known.update({self._key(rank, key): entry for key, entry in entries.items()})
                    # An image in a dict is found by its innermost key, which has no rank.
                    labels[kind] = {**entries, **known}
        config["_wandb"] = labels
        return About(first.name, first.started, config, _exit_code(abouts))

    def details(self) -> Details:
        return replace(self._first.details(), exit_code=_exit_code(self._abouts()))

    def _abouts(self) -> dict[int, About]:
        return {rank: self._parts[rank].about() for rank in sorted(self._parts)}

    def size(self) -> int:
        self._look_for_ranks()
        return sum(part.size() for part in self._parts.values())

    def is_replaced(self) -> bool:
        ranks = ranks_in(self.media_root)
        is_later_first = bool(ranks) and min(ranks) < min(self._parts)
        # All of them are asked: each notes how long its file is.
        return any([part.is_replaced() for part in self._parts.values()]) or is_later_first

    @property
    def _first(self) -> LocalRunReader:
        return self._parts[min(self._parts)]

    def _look_for_ranks(self) -> None:
        for rank, folder in sorted(ranks_in(self.media_root).items()):
            # A smaller one than the first changes all keys: the run is opened anew.
            if rank not in self._parts and (not self._parts or rank > min(self._parts)):
                part = self._parts[rank] = LocalRunReader(folder, self.media_root)
                part.skipped = self.skipped

    def _rows_of(self, rank: int) -> Iterator[Row]:
        for row in self._parts[rank].rows():
            yield {self._key(rank, key): value for key, value in row.items()}

    def _key(self, rank: int, key: str) -> str:
        return key if rank == min(self._parts) or key in _OF_ALL else f"rank {rank}/{key}"


def _exit_code(abouts: Mapping[int, About]) -> int | None:
    """That of the first rank that failed; None while one that did not may still log."""
    codes = [about.exit_code for about in abouts.values()]
    failed = [code for code in codes if code]
    if failed:
        return failed[0]
    return None if None in codes else 0

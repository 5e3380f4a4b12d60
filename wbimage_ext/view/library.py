"""Holds the runs below the given paths, and reads on in each as it grows.

In: paths of runs and of folders that hold some. Out: for each run a Catalog, and the cards of the
list of runs. One thread reads a run at a time; any number may ask.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .catalog import Catalog
from .pictures import MediaFile
from .readers import find_runs, open_run

SCAN_SECONDS = 0.5  # the least time between two looks for new runs
SCAN_SHARE = 5  # looking takes at most one fifth of the time

Json = dict[str, Any]


class _LibraryRun:
    """A run's catalog with its lock, its card and the version of the list that changed it."""

    def __init__(self, place: Path, shown: str) -> None:
        self.place = place
        self.shown = shown
        self.lock = threading.Lock()
        self.catalog = Catalog(open_run(place), shown)
        self.card: Json = {}
        self.card_version = 0


class Library:
    """The runs below some paths.

    Raises:
        FileNotFoundError: a path does not exist.
        ValueError: a path is a file and no run.
    """

    def __init__(self, paths: Sequence[str | os.PathLike[str]]) -> None:
        self._paths = list(paths)
        self._runs: dict[str, _LibraryRun] = {}
        self._same: set[Path] = set()  # further names of runs that are there already
        self._refused: dict[str, str] = {}
        self._lock = threading.Lock()
        self._version = 0
        self._next_scan = 0.0
        find_runs(self._paths)  # refuses what cannot be meant
        self.scan()

    def scan(self) -> None:
        """Look for new runs and vanished ones, unless that was done a moment ago."""
        with self._lock:
            start = time.monotonic()
            if start < self._next_scan:
                return
            # A given run may vanish; the others are still there.
            there = [path for path in self._paths if os.path.exists(path)]
            with contextlib.suppress(FileNotFoundError):  # just now: the next look is soon
                self._take_in(find_runs(there))
            spent = time.monotonic() - start
            self._next_scan = start + max(SCAN_SECONDS, spent * SCAN_SHARE)

    def ids(self) -> list[str]:
        """The ids of all runs that are there."""
        return list(self._runs)

    @contextlib.contextmanager
    def opened(self, run_id: str) -> Iterator[Catalog]:
        """Lend a run's catalog, which nobody else reads on meanwhile; raises KeyError."""
        run = self._runs[run_id]
        with run.lock:
            yield run.catalog

    @contextlib.contextmanager
    def read(self, run_id: str, seconds: float | None = None) -> Iterator[Catalog]:
        """Lend a run's catalog as `opened` does, after reading on to the end or for a while."""
        run = self._runs[run_id]
        with run.lock:
            if run.catalog.run.is_replaced():
                run.catalog = Catalog(open_run(run.place), run.shown)
            run.catalog.read(seconds)
            self._note_card(run)
            yield run.catalog

    def read_all(self) -> list[Catalog]:
        """Read all runs to their ends and return their catalogs."""
        for run_id in self.ids():
            with self.read(run_id):
                pass
        return [run.catalog for run in self._runs.values()]

    def file(self, run_id: str, url: str) -> MediaFile:
        """A file that a run names; raises KeyError where it names none of this URL."""
        return self._runs[run_id].catalog.pictures.files[url]

    def read_unread(self, seconds: float) -> None:
        """Read for about so long in runs that nobody has asked for, the newest first."""
        end = time.monotonic() + seconds
        with self._lock:
            runs = list(self._runs.values())
        waiting = [run for run in runs if run.catalog.reading < 1]
        waiting.sort(key=lambda run: str(run.card["started"]), reverse=True)
        for run in waiting:
            left = end - time.monotonic()
            if left <= 0:
                return
            if run.lock.acquire(blocking=False):
                try:
                    run.catalog.read(left)
                    self._note_card(run)
                except (OSError, ValueError):
                    continue  # whoever opens the run is told
                finally:
                    run.lock.release()

    def notes(self) -> list[str]:
        """What could not be opened, and why."""
        with self._lock:
            return [f"{place}: {reason}" for place, reason in self._refused.items()]

    def folder(self) -> Path:
        """The folder that holds all the given paths."""
        return _common_folder([Path(path) for path in self._paths])

    def listed(self, version: int) -> Json | None:
        """What changed in the list of runs after a version, or None where nothing did.

        `ids` are all runs, `cards` those that changed, `notes` what could not be opened.
        """
        with self._lock:
            if version == self._version:
                return None
            return {
                "version": self._version,
                "ids": list(self._runs),
                "cards": [r.card for r in self._runs.values() if r.card_version > version],
                "notes": [f"{place}: {reason}" for place, reason in self._refused.items()],
            }

    def _take_in(self, places: list[Path]) -> None:
        common = _common_folder([place.parent for place in places])
        there = set(places)
        for run_id, run in list(self._runs.items()):
            if run.place not in there:
                del self._runs[run_id]
                self._version += 1
        known = {run.place for run in self._runs.values()} | self._same
        refused = {}
        for place in places:
            if place in known:
                continue
            try:
                run = _LibraryRun(place, os.path.relpath(place, common))
                run.catalog.read(0)  # the first row: by then a name and a start are known
            except (OSError, ValueError) as error:
                refused[str(place)] = str(error)
                continue
            if run.catalog.id in self._runs:
                self._same.add(place)
                continue
            self._runs[run.catalog.id] = run
            self._note_card_locked(run)
        if refused != self._refused:
            self._refused = refused
            self._version += 1

    def _note_card(self, run: _LibraryRun) -> None:
        with self._lock:
            self._note_card_locked(run)

    def _note_card_locked(self, run: _LibraryRun) -> None:
        card = run.catalog.card()
        if card != run.card:
            self._version += 1
            run.card, run.card_version = card, self._version


def _common_folder(places: list[Path]) -> Path:
    """The folder that all these places lie in; places on other drives have none."""
    try:
        return Path(os.path.commonpath([os.path.abspath(place) for place in places]))
    except ValueError:
        return Path.cwd()


def no_run(paths: Sequence[str | os.PathLike[str]], library: Library) -> ValueError:
    """The error that says that there is no run to show."""
    if notes := library.notes():
        return ValueError("; ".join(notes))
    shown = ", ".join(map(str, paths))
    return ValueError(
        f"no run in {shown}: neither history.jsonl nor run-*.wandb is there or in a folder below"
    )

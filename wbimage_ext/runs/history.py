"""The history of a run: the rows of its steps, written by one process.

In: rows as JSON has them. Out: `history.jsonl`, one JSON line a step, and the summary, which holds
the last value of each key. A line counts once its newline is there. To end a step is one
transaction: its line, the summary and the next step change together, or nothing does.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..files.errors import explained
from ..files.locks import lock
from .attributes import AttributeDict
from .places import HISTORY_NAME

Row = Mapping[str, Any]

_LOGGER = logging.getLogger("wbimage_ext")
_LOCK_ATTEMPTS = 10
_LOCK_SECONDS = 0.02  # from one attempt to the next


class History:
    """Rows: those that count, which are lines on disk, and the open one, which still grows.

    Args:
        path: the file; it and its folder are made if missing.
        summary: an empty dict.

    Attributes:
        first_step: the step after those that were there.
        step: the step that the next row without one gets.
        start_time: when this object was made, in seconds since 1970.
        summary: the last value of each key.
        complete: gets a row that ends and the summary, and gives what to add to the row.

    Raises:
        RuntimeError: somebody else writes to the file, in this process or in another one.
        OSError: the file cannot be made or written.
    """

    def __init__(self, path: str, summary: AttributeDict) -> None:
        self._path = path
        self.start_time = time.time()
        self.summary = summary
        self.complete: Callable[[Row, Row], Row] = lambda row, summary: {}
        self._open_step: int | None = None
        self._open_row: dict[str, Any] = {}
        # What is not known to be written, from the end of the lines that count.
        self._torn: bytes | None = None
        self._end = 0
        self._last_step = -1
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            _refuse_second_writer(path)
            self._file = open(path, "a+b", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise explained(error, error.filename or path) from error
        try:
            _lock_file(self._file, path)
            _open_histories.add(self)
        except BaseException:
            self._file.close()
            raise

    def recover(self, summary: Mapping[str, Any]) -> None:
        """Take up the rows that are there, and cut off a line that a killed process left torn.

        `summary` is what was written last; rows of later steps are added to it.
        """
        dict.update(self.summary, summary)
        known_step = summary["_step"] if isinstance(summary.get("_step"), int) else -1
        # The file itself has no buffer, so that it would be read byte by byte.
        with open(self._path, "rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    self._file.truncate(self._end)
                    break
                self._end += len(line)
                row = _row_of(line)
                self._last_step = max(self._last_step, row["_step"])
                if row["_step"] > known_step:
                    dict.update(self.summary, row)
        self.first_step = self.step = self._last_step + 1

    # Rows.

    def add(self, row: Mapping[str, Any], step: int | None) -> None:
        """Add to the open row, which is that of `step` from now on."""
        self.check_open()
        self._open_row = {**self._open_row, **row}
        self._open_step = self.step = self.step if step is None else step

    def commit(self, row: Mapping[str, Any], step: int | None) -> None:
        """End a step with the open row and this one; if that fails, all is as it was before."""
        self._commit(row, step, only_open=False)

    def commit_open(self, *, unless: int | None = None) -> None:
        """End the open step, if there is one; not the step that `unless` names."""
        if self._open_step not in (None, unless):
            self._commit({}, self._open_step, only_open=True)

    def _commit(self, row: Mapping[str, Any], step: int | None, *, only_open: bool) -> None:
        """The transaction.

        A signal's handler may log, or finish the run, in the middle of it. Then the handler was
        first: it took the open row and the step, and this line is written again. With `only_open`
        no line is, where a handler ended the step.
        """
        try:
            while not only_open or self._open_step is not None:
                # Every other commit, and every change of the open row, puts another dict there.
                open_row = self._open_row
                ended = self.step if step is None else step
                now = time.time()
                times = {"_timestamp": now, "_runtime": now - self.start_time}
                logged = {**open_row, **row}
                added = self.complete(logged, self.summary)
                whole_row = {**added, **logged, "_step": ended, **times}
                line = self._append(whole_row)
                summary_before = dict(self.summary)
                last_step = max(self._last_step, ended)
                next_step, end = last_step + 1, self._end + len(line)
                nothing: dict[str, Any] = {}
                # Signals are handled where functions are called, MemoryError comes where something
                # is made: neither is here, up to the return, but for the summary's own growth.
                if self._torn is line and self._open_row is open_row:
                    try:
                        dict.update(self.summary, whole_row)
                    except MemoryError:
                        self.summary.clear()
                        dict.update(self.summary, summary_before)
                        raise
                    self._torn, self._end, self._last_step = None, end, last_step
                    self.step, self._open_step, self._open_row = next_step, None, nothing
                    return
        except BaseException:
            with contextlib.suppress(OSError):
                self._cut_off_torn()
            raise

    def _append(self, row: Mapping[str, Any]) -> bytes:
        """Write a line after those that count, and return it; until it counts it is `_torn`.

        Before that the next line, or `_cut_off_torn`, cuts it off. `_torn` is another one where a
        signal's handler logged.
        """
        line = (json.dumps(row) + "\n").encode()
        size = len(line)
        self._cut_off_torn()
        try:
            if self._file.closed:
                self.check_open()
            self._torn = line
            written = 0
            while written < size:
                if self._torn is not line:
                    break
                written += self._file.write(line[written:])
        except OSError as error:
            raise explained(error, self._path) from error
        return line

    def _cut_off_torn(self) -> None:
        if self._torn is not None:
            try:
                self._file.truncate(self._end)
            except OSError as error:
                raise explained(error, self._path) from error
            self._torn = None

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows that count, from the file."""
        with open(self._path, "rb") as file:
            while file.tell() < self._end:
                yield _row_of(file.readline())

    # The file.

    @property
    def is_open(self) -> bool:
        """Whether rows can be added."""
        return not self._file.closed

    def check_open(self) -> None:
        """RuntimeError where the run was finished."""
        if self._file.closed:
            folder = os.path.dirname(self._path)
            raise RuntimeError(f"the run in {folder} is finished; nothing can be logged")

    def is_in_place(self) -> bool:
        """Whether the file is still the one that its path names."""
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            return False
        except OSError as error:
            raise explained(error, self._path) from error

    def check_in_place(self) -> None:
        """FileNotFoundError where the file was removed or replaced: what is written is lost."""
        if not self.is_in_place():
            text = "the history of the run vanished, or its folder did; a new run is needed"
            raise FileNotFoundError(errno.ENOENT, text, self._path)

    def finish(self, write_rest: Callable[[], None]) -> Exception | None:
        """Commit the open row, have the rest written, and close the file.

        Once more where a signal's handler logs meanwhile. Returns why the open row could not be
        written, or None. After a MemoryError, as after an interrupt, it can be called again.
        """
        failure: Exception | None = None
        written = None
        while written is not self._open_row or self._open_step is not None:
            try:
                self.commit_open()
                self._cut_off_torn()
            except MemoryError:
                raise
            except Exception as error:
                failure = error
                self._open_step, self._open_row = None, {}
            written = self._open_row
            write_rest()
        # Not by a function of ours, in which a handler could log once more.
        self._file.close()
        return failure

    def close(self) -> None:
        """Close the file and let its lock go; rows that are open are lost."""
        self._file.close()


# Weak: a run that nobody holds any more is closed by its own finalizer.
_open_histories: weakref.WeakSet[History] = weakref.WeakSet()


def _close_in_child() -> None:
    # The lock is that of all who have the file open: it ends with the process that logs.
    for history in list(_open_histories):
        history.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)


def _refuse_second_writer(path: str) -> None:
    """RuntimeError where this process has the file open already; needs no locks."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return
    for history in list(_open_histories):
        if history.is_open and os.path.samestat(status, os.fstat(history._file.fileno())):
            raise RuntimeError(
                f"this process is already logging to {os.path.dirname(path)}: call finish() on "
                "that run first, or go on logging to it"
            )


def _lock_file(file: Any, path: str) -> None:
    for attempt in range(_LOCK_ATTEMPTS):
        try:
            lock(file.fileno())
            return
        except BlockingIOError:
            # Another rank that ends may be looking whether somebody holds the lock.
            if attempt + 1 < _LOCK_ATTEMPTS:
                time.sleep(_LOCK_SECONDS)
        except OSError as error:
            # A file system without locks, such as Lustre's or some NFS.
            _LOGGER.debug("%s cannot be locked: %s", path, error)
            return
    raise RuntimeError(f"another process is writing to {os.path.dirname(path)}")


def _row_of(line: bytes) -> dict[str, Any]:
    """One line's row; with a warning a row of step -1 for a line that something else damaged."""
    try:
        row = json.loads(line)
        return {**row, "_step": int(row["_step"])}
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        _LOGGER.warning("a line of %s cannot be read and is left as it is: %s", HISTORY_NAME, error)
        return {"_step": -1}

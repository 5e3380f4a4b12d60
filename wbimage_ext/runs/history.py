"""The history of a run: `history.jsonl`, one JSON line a step, written by one process.

In: rows. Out: lines that are whole on disk, or not there. A line counts once its newline is there.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import weakref
from collections.abc import Mapping
from typing import Any

from ..files.errors import explained

HISTORY_NAME = "history.jsonl"

_LOGGER = logging.getLogger("wbimage_ext")


class HistoryFile:
    """The lines of a history; each is written with one call and is on its way to disk at once."""

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            self.file = open(path, "a+b", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise explained(error, error.filename or path) from error
        try:
            _lock_file(self.file, path)
            self.last_step = self._recover()
            # A run that nobody finished still closes its file, and quietly.
            self._finalizer = weakref.finalize(self, self.file.close)
            _open_histories.add(self)
        except BaseException:
            self.file.close()
            raise
        # What is not known to be written, from the end of the lines that count.
        self.torn: bytes | None = None

    def _recover(self) -> int:
        """Cut off a line that a killed process left half written; return the last step, or -1."""
        self.file.seek(0)
        last_step = -1
        self.end = 0
        for line in self.file:
            if not line.endswith(b"\n"):
                self.file.truncate(self.end)
                break
            self.end += len(line)
            last_step = max(last_step, _step_of(line))
        return last_step

    def check_in_place(self) -> None:
        """FileNotFoundError where the file was removed or replaced: what is written is lost."""
        try:
            if os.path.samestat(os.stat(self._path), os.fstat(self.file.fileno())):
                return
        except FileNotFoundError:
            pass
        except OSError as error:
            raise explained(error, self._path) from error
        text = "the history of the run vanished, or its folder did; a new run is needed"
        raise FileNotFoundError(errno.ENOENT, text, self._path)

    def append(self, row: Mapping[str, Any]) -> bytes:
        """Write a line after those that count, and return it; until it counts it is `torn`.

        It counts once the caller sets `torn` to None and moves `end`. Before that it is cut off by
        the next one, or by `cut_off_torn`: `torn` is another where a signal's handler logged.
        """
        line = (json.dumps(row) + "\n").encode()
        size = len(line)
        self.cut_off_torn()
        try:
            if self.file.closed:
                self.check_open()
            self.torn = line
            written = 0
            while written < size:
                if self.torn is not line:
                    break
                written += self.file.write(line[written:])
        except OSError as error:
            raise explained(error, self._path) from error
        return line

    def cut_off_torn(self) -> None:
        if self.torn is not None:
            try:
                self.file.truncate(self.end)
            except OSError as error:
                raise explained(error, self._path) from error
            self.torn = None

    def check_open(self) -> None:
        """RuntimeError where the run was finished."""
        if self.file.closed:
            folder = os.path.dirname(self._path)
            raise RuntimeError(f"the run in {folder} is finished; nothing can be logged")

    def close(self) -> None:
        # Not by the finalizer: an interrupt may come when that is spent and the file still open.
        self.file.close()
        self._finalizer.detach()


_open_histories: weakref.WeakSet[HistoryFile] = weakref.WeakSet()


def _close_in_child() -> None:
    # The lock is that of all who have the file open: it ends with the process that logs.
    for history in list(_open_histories):
        history.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)


def _step_of(line: bytes) -> int:
    """The step of one history line; -1, with a warning, for a line that something else damaged."""
    try:
        return int(json.loads(line)["_step"])
    except (ValueError, TypeError, KeyError) as error:
        _LOGGER.warning("a line of %s cannot be read and is left as it is: %s", HISTORY_NAME, error)
        return -1


def _lock_file(file: Any, path: str) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: two writers are the user's to avoid
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RuntimeError(f"another process is writing to {os.path.dirname(path)}") from None

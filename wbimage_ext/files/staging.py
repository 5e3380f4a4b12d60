"""The private directory in which a process keeps the files that nobody asked for yet.

In: nothing. Out: a directory of mode 0700 with an unpredictable name, removed when it ends;
what a killed process left, the next one removes.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import shutil
import stat
import sys
import tempfile
import threading
from collections.abc import Callable

# All of them here and none where it is needed: a process that is forked while another thread
# imports a module waits for that import for ever.
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_PREFIX = "wbimage-"

# Holds the machine's name, and is locked while the directory's process lives.
OWNER_NAME = ".wbimage-owner"


class Staging:
    """One directory for each process that stages files."""

    def __init__(self) -> None:
        # A signal's handler may stage a file while its thread is in here.
        self._lock = threading.RLock()
        self._directory: str | None = None
        self._owner_pid = 0

    def directory(self, *, renew: bool = False) -> str:
        """The directory of this process; a new one after a fork, or where it vanished."""
        directory = self._directory
        if directory is not None and self._owner_pid == os.getpid() and not renew:
            return directory
        with self._lock:
            pid = os.getpid()
            if self._owner_pid != pid:
                self._directory = None
                self._owner_pid = pid
                _at_multiprocessing_exit(self.empty)
            if renew and self._directory is not None and not os.path.isdir(self._directory):
                self._directory = None
            if self._directory is None:
                self._directory = _make()
            return self._directory

    def holds(self, path: str) -> bool:
        """Whether `path` lies in the directory."""
        return self._directory is not None and os.path.dirname(path) == self._directory

    def empty(self) -> None:
        """Remove the directory, where this is the process that made it, and abandoned ones."""
        if self._owner_pid == os.getpid() and self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            _remove_abandoned(os.path.dirname(self._directory))
            self._directory = None

    # A fork waits for a thread that is making the directory: tempfile has a lock of its own, which
    # in the child nobody would release.

    def before_fork(self) -> None:
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        self._lock.release()

    def after_fork_in_child(self) -> None:
        self._lock = threading.RLock()


def _at_multiprocessing_exit(function: Callable[[], None]) -> None:
    """Workers of multiprocessing end by os._exit, which skips atexit but not its own finalizers."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        # After the threads of queues, which may still be pickling images: those have -5.
        util.Finalize(None, function, exitpriority=-100)


def _make() -> str:
    """A new directory, claimed until the process ends."""
    directory = tempfile.mkdtemp(prefix=_PREFIX)
    try:
        _claim(os.path.join(directory, OWNER_NAME))
        _remove_abandoned(os.path.dirname(directory))
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    return directory


def _claim(path: str) -> None:
    # Without its mark, or without locks, it is not removed should the process be killed.
    with contextlib.suppress(OSError):
        with open(path, "xb", buffering=0) as mark:
            mark.write(_machine())
        # Never closed: the lock ends with the process. In a child the number may be another file's.
        _lock(os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)))


def _machine() -> bytes:
    # Locks may not reach over the network: another machine's directories are left alone.
    return os.uname().nodename.encode() if hasattr(os, "uname") else b""


def _lock(descriptor: int) -> None:
    """Lock an open file for this process; OSError where another has it, or where none can."""
    if fcntl is None:
        raise OSError(errno.ENOLCK, "this system has no flock")
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remove_abandoned(parent: str) -> None:
    """Remove the directories of this user's processes that were killed."""
    with contextlib.suppress(OSError):
        for name in os.listdir(parent):
            if name.startswith(_PREFIX):
                # Alive, another user's, somebody's data, or gone meanwhile: not to be touched.
                with contextlib.suppress(OSError):
                    _remove_if_abandoned(os.path.join(parent, name))


def _remove_if_abandoned(directory: str) -> None:
    status = os.lstat(directory)
    if not hasattr(os, "geteuid") or status.st_uid != os.geteuid():
        return
    if not stat.S_ISDIR(status.st_mode):
        return
    with open(os.path.join(directory, OWNER_NAME), "r+b", buffering=0) as mark:
        if mark.read() == _machine():
            _lock(mark.fileno())
            shutil.rmtree(directory)


_staging = Staging()
# Early, so that handlers which are registered later still find the staged files.
atexit.register(_staging.empty)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_staging.before_fork,
        after_in_parent=_staging.after_fork_in_parent,
        after_in_child=_staging.after_fork_in_child,
    )


def staging_directory(*, renew: bool = False) -> str:
    """The directory in which this process stages its files; `renew` where it vanished."""
    return _staging.directory(renew=renew)


def is_staged_path(path: str) -> bool:
    """Whether `path` lies in the staging directory of this process."""
    return _staging.holds(path)

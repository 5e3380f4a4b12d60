"""The private directory in which a process keeps files until they are logged.

In: nothing. Out: a directory of mode 0700 with an unpredictable name, removed when it ends;
what a killed process left, the next one removes.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import stat
import tempfile
import threading

from ..imported import imported
from .locks import lock

_PREFIX = "wbimage-"

# Holds the machine's name, and is locked while the directory's process lives.
OWNER_NAME = ".wbimage-owner"


class Staging:
    """One directory for each process that stages files."""

    def __init__(self) -> None:
        # A signal's handler may stage a file while its thread is in here.
        self._lock = threading.RLock()
        self._directory: str | None = None
        self._mark = -1
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
                # A forked child's copy of the parent's; it closes with the process.
                self._mark = -1
                self._owner_pid = pid
                self._leave_to_multiprocessing()
            if renew and self._directory is not None and not os.path.isdir(self._directory):
                self._directory = None
            if self._directory is None:
                self._directory, self._mark = _make()
            return self._directory

    def holds(self, path: str) -> bool:
        """Whether `path` lies in the directory."""
        return self._directory is not None and os.path.dirname(path) == self._directory

    def empty(self) -> None:
        """Remove the directory, where this is the process that made it, and abandoned ones."""
        if self._owner_pid == os.getpid() and self._directory is not None:
            # Windows removes no open file.
            _close(self._mark)
            self._mark = -1
            shutil.rmtree(self._directory, ignore_errors=True)
            _remove_abandoned(os.path.dirname(self._directory))
            self._directory = None

    def _leave_to_multiprocessing(self) -> None:
        """Let multiprocessing empty the directory when it ends, where it is in use.

        Its workers end by os._exit, which skips atexit. Its own handler of atexit waits for the
        threads of queues, which may still be pickling staged images; which of two handlers comes
        first depends on what was imported first.
        """
        finalize = imported("multiprocessing.util", "Finalize")
        if finalize is not None:
            # The lowest priority: the threads of queues end with -5.
            finalize(None, self.empty, exitpriority=-100)
            atexit.unregister(self.empty)

    # A fork waits for a thread that is making the directory: tempfile has a lock of its own, which
    # in the child nobody would release.

    def before_fork(self) -> None:
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        self._lock.release()

    def after_fork_in_child(self) -> None:
        self._lock = threading.RLock()


def _make() -> tuple[str, int]:
    """A new directory, claimed until the process ends or the returned descriptor is closed."""
    directory = tempfile.mkdtemp(prefix=_PREFIX)
    try:
        mark = _claim(os.path.join(directory, OWNER_NAME))
        _remove_abandoned(os.path.dirname(directory))
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    return directory, mark


def _claim(path: str) -> int:
    """Write and lock the mark of an owner: an open descriptor, or -1 where that does not work.

    Without its mark the directory is not removed by others, should the process be killed.
    """
    # Not open for writing, which would keep its file system from being remounted read-only.
    flags = os.O_RDONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags, 0o666)
    except OSError:
        return -1
    try:
        # Written once it is locked: an empty mark is nobody's to take for an abandoned one.
        lock(descriptor)
        with open(path, "r+b", buffering=0) as mark:
            mark.write(_machine())
    except OSError:
        _close(descriptor)
        return -1
    return descriptor


def _close(descriptor: int) -> None:
    if descriptor >= 0:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _machine() -> bytes:
    # Locks may not reach over the network: another machine's directories are left alone.
    name = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    return name.encode()


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
    if not stat.S_ISDIR(status.st_mode):
        return
    # On Windows the folder for temporary files is each user's own.
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        return
    with open(os.path.join(directory, OWNER_NAME), "r+b", buffering=0) as mark:
        if mark.read() != _machine():
            return
        lock(mark.fileno())
    # Closed before, because Windows removes no open file.
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

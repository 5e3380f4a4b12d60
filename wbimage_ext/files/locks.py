"""Locks on open files, which end with the process: flock, or on Windows a locked byte.

In: a descriptor. Out: nothing, or the reason why there is no lock.
"""

from __future__ import annotations

import errno
import os

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    fcntl = None  # type: ignore[assignment]

# On Windows no other process can read a locked byte, so this one lies behind any content. It is the
# last but one that msvcrt.locking reaches.
LOCKED_BYTE = (1 << 31) - 2


def lock(descriptor: int) -> None:
    """Lock an open file until it is closed.

    Raises:
        BlockingIOError: somebody else has locked it.
        OSError: the file system or the system has no locks.
    """
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    position = os.lseek(descriptor, 0, os.SEEK_CUR)
    os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except PermissionError as error:
        raise BlockingIOError(errno.EWOULDBLOCK, "another process has locked it") from error
    finally:
        os.lseek(descriptor, position, os.SEEK_SET)


def is_locked(path: str) -> bool:
    """Whether somebody has locked a file; it is locked for a moment to see that.

    Raises:
        OSError: the file cannot be opened, or the file system or the system has no locks.
    """
    # NFS has such a lock only for a file that is open to be written.
    with open(path, "r+b") as file:
        try:
            lock(file.fileno())
        except BlockingIOError:
            return True
    return False

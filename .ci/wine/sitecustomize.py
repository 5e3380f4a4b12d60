"""What Python finds otherwise under wine than on Windows, for .ci/windows.

wine's C library says of a lock that somebody else has only that there was an error.
"""

import errno
import msvcrt
import os

_locking = msvcrt.locking


def locking(descriptor: int, mode: int, count: int) -> None:
    try:
        _locking(descriptor, mode, count)
    except OSError as error:
        if error.errno == 0:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from error
        raise


msvcrt.locking = locking

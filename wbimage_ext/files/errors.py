"""The wording of the operating system's errors.

In: an OSError and the path it is about. Out: the same error with the path, and with what helps.
"""

from __future__ import annotations

import errno

from .staging import is_staged_path

_MOST_CHARACTERS = 1000  # of a path: one that is too long for the system may have millions

_ROOM = "it can be tried again once there is room"
_WHAT_HELPS = {
    errno.ENOSPC: _ROOM,
    errno.EFBIG: _ROOM,
    getattr(errno, "EDQUOT", errno.ENOSPC): _ROOM,
    errno.EMFILE: "it can be tried again once files were closed",
    errno.ENFILE: "it can be tried again once files were closed",
    errno.EROFS: "another folder is needed, or the right to write to this one",
    errno.EACCES: "another folder is needed, or the right to write to this one",
}


def explained(error: OSError, path: str) -> OSError:
    """The system's error with the path it is about, and what helps.

    Without a number it is an exception of a signal's handler, and told as it is.
    """
    if error.errno is None:
        return error
    text = error.strerror or str(error)
    if error.errno in _WHAT_HELPS:
        text = f"{text}; {_WHAT_HELPS[error.errno]}"
        if is_staged_path(path):
            text += ". TMPDIR names the folder for temporary files"
    if len(path) > _MOST_CHARACTERS:
        path = f"{path[:_MOST_CHARACTERS]}..."
    return OSError(error.errno, text, path)

"""An encoded file that images, masks and boxes hold, and that their copies share.

In: bytes, or a path that was checked. Out: a value that puts its content into any run, any number
of times. It never changes; where it was put is for each image to know.
"""

from __future__ import annotations

import errno
import io
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

from . import memory
from .digest import sha256_of
from .staging import staging_directory
from .whole import checked_pieces, put_bytes, put_copy, random_name, remove, write_new_file

# Held while a file is staged, so that threads which ask for its path get the same one.
_staging_lock = threading.RLock()


def _after_fork() -> None:
    # Another thread of the parent may have held it.
    global _staging_lock
    _staging_lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class StoredFile:
    """What made and found files have in common.

    Attributes:
        sha256: digest of the content, 64 digits.
        size: of the content, in bytes.
        extension: with its dot; empty for a found file whose name has none.
        is_made: whether the content is ours, and not a file of the user's.
    """

    __slots__ = ("extension", "sha256", "size")

    is_made: bool

    def __init__(self, sha256: str, size: int, extension: str) -> None:
        self.sha256 = sha256
        self.size = size
        self.extension = extension

    def path(self) -> str:
        """Where the content can be read as a file, until the process ends."""
        raise NotImplementedError

    def put(self, target: str, part_folder: str) -> None:
        """Bring the content to `target`, whole or not at all, replacing what is there.

        The folders exist. The file grows in `part_folder`, so that what a killed process leaves is
        not beside `target`.

        Raises:
            OSError: the system's reason with the path, or the content is no longer what it was.
        """
        raise NotImplementedError

    def open(self) -> BinaryIO:
        """The content, open to be read."""
        raise NotImplementedError

    def __copy__(self) -> StoredFile:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> StoredFile:
        return self


class MadeFile(StoredFile):
    """Bytes that this package encoded or was given: in memory, or staged where there is no room.

    A pickle carries them. A staged file is removed with its MadeFile; where somebody was told its
    path, it stays until the process ends.
    """

    __slots__ = ("_data", "_is_linked", "_is_told", "_pid", "_staged_mark", "_staged_path")

    is_made = True

    def __init__(self, data: Any, extension: str, sha256: str | None = None) -> None:
        self._data: bytes | None = None
        self._staged_path: str | None = None
        self._is_told = False
        self._is_linked = False
        self._pid = 0  # of no process, until one stages it
        if sha256 is None:
            sha256 = sha256_of(data)
        StoredFile.__init__(self, sha256, len(data), extension)
        if memory.admit(self, self.size):
            self._data = bytes(data)
        else:
            self._pid = os.getpid()
            self._staged_path = _stage(data, extension)
            self._staged_mark = _mark_of(self._staged_path)

    @classmethod
    def of_staged(cls, path: str, extension: str, sha256: str, size: int) -> MadeFile:
        """A file that was written into the staging directory already; it belongs to the result."""
        made = cls.__new__(cls)
        made._data, made._staged_path = None, path
        made._is_told = made._is_linked = False
        made._pid = os.getpid()
        made._staged_mark = _mark_of(path)
        StoredFile.__init__(made, sha256, size, extension)
        return made

    def path(self) -> str:
        with _staging_lock:
            data = self._data
            if data is not None and not self._is_staged_here():
                self._staged_path = _stage(data, self.extension)
                self._pid = os.getpid()
            assert self._staged_path is not None
            self._is_told = True
            return self._staged_path

    def _is_staged_here(self) -> bool:
        """Whether this process staged it; in a forked child the file is the parent's to remove."""
        path = self._staged_path
        return path is not None and self._pid == os.getpid() and os.path.exists(path)

    def put(self, target: str, part_folder: str) -> None:
        if self._data is not None:
            put_bytes(target, self._data, part_folder)
        elif not self._link(target):
            assert self._staged_path is not None
            try:
                put_copy(target, self._staged_path, part_folder, self.sha256)
            except FileNotFoundError as error:
                raise self._vanished(error) from error

    def _link(self, target: str) -> bool:
        """Give the staged file a second name, where nobody wrote to it and on one file system.

        Once only: what became of the file in a run is not known, so the next time it is read.
        """
        if self._is_linked or self._is_told or self._pid != os.getpid():
            return False
        assert self._staged_path is not None
        try:
            if _mark_of(self._staged_path) != self._staged_mark:
                return False
            os.link(self._staged_path, target)
        except OSError:
            # There is a file already, a folder is missing, or the system has no such links.
            return False
        self._is_linked = True
        return True

    def open(self) -> BinaryIO:
        if self._data is not None:
            return io.BytesIO(self._data)
        assert self._staged_path is not None
        try:
            return open(self._staged_path, "rb")
        except FileNotFoundError as error:
            raise self._vanished(error) from error

    def _vanished(self, error: FileNotFoundError) -> FileNotFoundError:
        """The error that says so, where it is about the staged file."""
        if error.filename != self._staged_path:
            return error
        text = "the file of the image vanished before it was logged; make the image again"
        return FileNotFoundError(errno.ENOENT, text, self._staged_path)

    def __reduce__(self) -> tuple[Any, ...]:
        data = self._data
        if data is None:
            assert self._staged_path is not None
            try:
                data = b"".join(checked_pieces(self._staged_path, self.sha256))
            except FileNotFoundError as error:
                raise self._vanished(error) from error
        return MadeFile, (data, self.extension, self.sha256)

    def __del__(self, is_ending: Callable[[], bool] = sys.is_finalizing) -> None:
        # At Python's end modules may be gone, and so is the staging folder.
        if is_ending():
            return
        memory.release(self)
        # An interrupt may have come before any of it was set.
        path = getattr(self, "_staged_path", None)
        if path is not None and not self._is_told and self._pid == os.getpid():
            remove(path)


class FoundFile(StoredFile):
    """A file of the user's, which was checked where it lies and is not changed.

    Its content is known by the digest: what was rewritten since is refused. What was put into a run
    is read from there where it can be.
    """

    __slots__ = ("_copied_to", "_path")

    is_made = False

    def __init__(self, path: str, sha256: str, size: int) -> None:
        super().__init__(sha256, size, os.path.splitext(path)[1])
        self._path = path
        self._copied_to: str | None = None

    def path(self) -> str:
        return self._path

    def check(self) -> None:
        """Raise OSError where the content is no longer what it was."""
        for _piece in checked_pieces(self._path, self.sha256):
            pass

    def put(self, target: str, part_folder: str) -> None:
        copied_to = self._copied_to
        try:
            put_copy(target, self._path, part_folder, self.sha256)
        except OSError as error:
            if copied_to is None or error.filename != self._path:
                raise
            try:
                put_copy(target, copied_to, part_folder, self.sha256)
            except OSError:
                raise error from None
        self._copied_to = target

    def open(self) -> BinaryIO:
        if self._copied_to is not None:
            try:
                return open(self._copied_to, "rb")
            except FileNotFoundError:
                # With its run; the user's own may still be there.
                pass
        return open(self._path, "rb")

    def __reduce__(self) -> tuple[Any, ...]:
        return FoundFile, (self._path, self.sha256, self.size)


def _mark_of(path: str) -> tuple[int, ...]:
    """What changes when somebody writes to a file, or puts another in its place."""
    found = os.stat(path)
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _stage(data: Any, extension: str) -> str:
    """Write a staged file, and return its path."""
    name = random_name() + extension
    path = os.path.join(staging_directory(), name)
    try:
        write_new_file(path, data)
    except FileNotFoundError:
        path = os.path.join(staging_directory(renew=True), name)
        write_new_file(path, data)
    return path

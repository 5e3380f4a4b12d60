"""A stored file: an encoded image, mask or box file, and where it is.

In: the bytes of a file. Out: a StoredFile, which knows where its file is, its digest and its size.
A staged file stays until it is published or the process that staged it ends.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from typing import Any

from .digest import Sha256
from .errors import explained
from .staging import staging_directory
from .whole import NEW_FILE, copy_whole, digest_of, random_name, remove, write_all, write_new_file

# Held while a file moves and its object is told, so that threads which share it see both or none.
_moving = threading.RLock()


def moving() -> contextlib.AbstractContextManager[Any]:
    """The lock of all that moves files; to be held where several steps belong together."""
    return _moving


def _after_fork() -> None:
    # Another thread of the parent may have held it.
    global _moving
    _moving = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class StoredFile:
    """An encoded file: its path, SHA-256 and size, and whether it is still staged.

    Copies of an image share one StoredFile, so that all of them know where the file went when the
    first of them was published.
    """

    __slots__ = ("_owner_pid", "is_staged", "path", "sha256", "size")

    def __init__(
        self, path: str, sha256: str | None, size: int | None, *, is_staged: bool = False
    ) -> None:
        self.path = path
        self.sha256 = sha256
        self.size = size
        self.is_staged = is_staged
        self._owner_pid = os.getpid()

    @classmethod
    def stage(cls, data: Any, extension: str, sha256: str | None = None) -> StoredFile:
        """Write `data`, a bytes-like object, once; `extension` includes its dot."""
        if sha256 is None:
            sha256 = Sha256(data).hexdigest()
        name = random_name() + extension
        # All that could fail comes before the file is written: then it has an owner.
        file = cls(os.path.join(staging_directory(), name), sha256, memoryview(data).nbytes)
        file.is_staged = True
        _staged_here.add(file)
        try:
            write_new_file(file.path, data)
        except FileNotFoundError:
            file.path = os.path.join(staging_directory(renew=True), name)
            write_new_file(file.path, data)
        return file

    def discard(self) -> None:
        """Remove a staged file that nobody will ask for."""
        if self.is_staged and self._owner_pid == os.getpid():
            self.is_staged = False
            remove(self.path)

    def publish(self, target: str, part_folder: str) -> None:
        """Bring the file to `target`, whole or not at all, replacing what is there.

        A staged file is moved, any other is copied, by way of a file in `part_folder`, so that what
        a killed process leaves of it is not beside `target`. On failure the source is as it was.
        """
        with _moving:
            try:
                self._publish(target, part_folder)
            except FileNotFoundError as error:
                if not os.path.exists(self.path):
                    text = (
                        "the file of the image vanished before it was logged; make the image again"
                    )
                    raise FileNotFoundError(errno.ENOENT, text, self.path) from error
                os.makedirs(os.path.dirname(target), exist_ok=True)
                self._publish(target, part_folder)

    def _publish(self, target: str, part_folder: str) -> None:
        if not self.is_staged or self._owner_pid != os.getpid():
            if not _is_same_file(self.path, target):
                copy_whole(self.path, target, part_folder)
            self.path = target
            return
        try:
            self._move(target, part_folder)
        except BaseException:
            # An interrupt may have come when the file was there already.
            if not os.path.exists(self.path) and digest_of(target) == self.sha256:
                self.is_staged, self.path = False, target
            raise
        self.is_staged, self.path = False, target

    def _move(self, target: str, part_folder: str) -> None:
        try:
            os.replace(self.path, target)
        except OSError as error:
            if isinstance(error, FileNotFoundError) or error.errno is None:
                raise
            # Across file systems; a real failure comes back from the copy, with its path.
            copy_whole(self.path, target, part_folder)
            remove(self.path)

    def open(self, buffering: int = -1) -> Any:
        """The file, open to be read; other threads may move it meanwhile."""
        with _moving:
            return open(self.path, "rb", buffering)

    def __reduce__(self) -> tuple[Any, ...]:
        # A staged file ends with its process: the pickle carries its bytes.
        with _moving:
            if not self.is_staged:
                return StoredFile, (self.path, self.sha256, self.size)
            file = self.open(buffering=0)
        with file:
            data = file.read()
        extension = "." + os.path.basename(file.name).partition(".")[2]
        return _restage, (data, extension, self.sha256)

    def __deepcopy__(self, memo: dict[int, Any]) -> StoredFile:
        return self


class _StagedHere(threading.local):
    """What the scopes of this thread staged."""

    def __init__(self) -> None:
        self.files: list[StoredFile] = []
        self.depth = 0

    def add(self, file: StoredFile) -> None:
        if self.depth > 0:
            self.files.append(file)


_staged_here = _StagedHere()


class StagingScope:
    """A block that stages files for one result: where it fails, they are removed again."""

    def __enter__(self) -> StagingScope:
        self._start = len(_staged_here.files)
        _staged_here.depth += 1
        return self

    @property
    def files(self) -> list[StoredFile]:
        """What was staged in the block by this thread, so far."""
        return _staged_here.files[self._start :]

    def __exit__(self, kind: Any, *exception: object) -> None:
        if kind is not None:
            while len(_staged_here.files) > self._start:
                _staged_here.files.pop().discard()
        _staged_here.depth -= 1
        if _staged_here.depth == 0:
            _staged_here.files.clear()


class StagedWriter:
    """A context in which a staged file is written in pieces, and removed unless it was finished."""

    path: str

    def __enter__(self) -> StagedWriter:
        self._size = 0
        self._is_unfinished = True
        name = random_name()
        try:
            self._open(os.path.join(staging_directory(), name))
        except FileNotFoundError:
            self._open(os.path.join(staging_directory(renew=True), name))
        return self

    def _open(self, path: str) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, NEW_FILE, 0o666)
        except OSError as error:
            raise explained(error, path) from error

    def write(self, piece: bytes) -> None:
        """Append a piece; from then on it can be read at `path`."""
        try:
            write_all(self._descriptor, piece)
        except OSError as error:
            raise explained(error, self.path) from error
        self._size += len(piece)

    def finish(self, extension: str, sha256: str) -> StoredFile:
        """Keep the file, under a name with this extension, which includes its dot."""
        file = StoredFile(self.path + extension, sha256, self._size)
        _staged_here.add(file)
        self._close()
        try:
            os.rename(self.path, file.path)
            self._is_unfinished = False
        except BaseException as error:
            remove(file.path)
            if isinstance(error, OSError):
                raise explained(error, self.path) from error
            raise
        file.is_staged = True
        return file

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        try:
            os.close(descriptor)
        except OSError as error:
            raise explained(error, self.path) from error

    def __exit__(self, *exception: object) -> None:
        try:
            if self._descriptor >= 0:
                self._close()
        finally:
            if self._is_unfinished:
                remove(self.path)


def _restage(data: bytes, extension: str, sha256: str) -> StoredFile:
    return StoredFile.stage(data, extension, sha256)


def _is_same_file(source: str, target: str) -> bool:
    try:
        return os.path.samefile(source, target)
    except FileNotFoundError:
        return False

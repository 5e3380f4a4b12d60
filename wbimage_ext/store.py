"""Where encoded files live: staged in a private directory, then whole in a run's directory.

In: the bytes of a file. Out: a StoredFile, which knows where its file is, its digest and its size.
A staged file stays until it is published or the process that staged it ends.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import hashlib
import os
import re
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from .staging import Staging

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_NEW_FILE |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

_PIECE_BYTES = 1 << 20

# Names that Windows keeps for devices, with any extension and in any case.
_RESERVED_NAMES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³"]
)
_FORBIDDEN_ON_WINDOWS = frozenset('\\:*?"<>|') | {chr(code) for code in range(32)}

_PART_NAME = re.compile(r"\.[0-9a-f]{24}\.part")


_staging = Staging()
# Early, so that handlers which are registered later still find the staged files.
atexit.register(_staging.empty)

# Held while a file moves and its object is told, so that threads which share it see both or none.
_moving = threading.RLock()


def moving() -> contextlib.AbstractContextManager[Any]:
    """The lock of all that moves files; to be held where several steps belong together."""
    return _moving


def _after_fork() -> None:
    # Another thread of the parent may have held it.
    global _moving
    _moving = threading.RLock()
    _staging.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_staging.before_fork,
        after_in_parent=_staging.after_fork_in_parent,
        after_in_child=_after_fork,
    )


def staging_directory() -> str:
    """The directory in which this process stages its files."""
    return _staging.directory()


class Sha256:
    """hashlib's SHA-256, with MemoryError where OpenSSL says ValueError for it."""

    __slots__ = ("_hash",)

    def __init__(self, data: Any = b"") -> None:
        try:
            self._hash = hashlib.sha256(data)
        except ValueError as error:
            raise MemoryError(f"no memory to hash: {error}") from error

    def update(self, piece: Any) -> None:
        """Take the next piece."""
        self._hash.update(piece)

    def hexdigest(self) -> str:
        """The digest of all pieces, 64 digits."""
        try:
            return self._hash.hexdigest()
        except ValueError as error:
            raise MemoryError(f"no memory to hash: {error}") from error


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
        name = _random_name() + extension
        # All that could fail comes before the file is written: then it has an owner.
        file = cls(os.path.join(_staging.directory(), name), sha256, memoryview(data).nbytes)
        file.is_staged = True
        _staged_here.add(file)
        try:
            write_new_file(file.path, data)
        except FileNotFoundError:
            file.path = os.path.join(_staging.directory(renew=True), name)
            write_new_file(file.path, data)
        return file

    def discard(self) -> None:
        """Remove a staged file that nobody will ask for."""
        if self.is_staged and self._owner_pid == os.getpid():
            self.is_staged = False
            _remove(self.path)

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
            if not os.path.exists(self.path) and _digest_of(target) == self.sha256:
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
            _remove(self.path)

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
        name = _random_name()
        try:
            self._open(os.path.join(_staging.directory(), name))
        except FileNotFoundError:
            self._open(os.path.join(_staging.directory(renew=True), name))
        return self

    def _open(self, path: str) -> None:
        self.path = path
        try:
            self._descriptor = os.open(path, _NEW_FILE, 0o666)
        except OSError as error:
            raise explained(error, path) from error

    def write(self, piece: bytes) -> None:
        """Append a piece; from then on it can be read at `path`."""
        try:
            _write_all(self._descriptor, piece)
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
            _remove(file.path)
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
                _remove(self.path)


def _restage(data: bytes, extension: str, sha256: str) -> StoredFile:
    return StoredFile.stage(data, extension, sha256)


def _is_same_file(source: str, target: str) -> bool:
    try:
        return os.path.samefile(source, target)
    except FileNotFoundError:
        return False


def _random_name() -> str:
    return os.urandom(12).hex()


def write_new_file(path: str, data: Any) -> None:
    """Write a file that must not exist yet; on failure nothing stays behind."""
    _write_pieces(path, (data,), path)


def _write_pieces(path: str, pieces: Iterable[Any], asked_for: str) -> None:
    """Write a new file; a failure names the file that was asked for."""
    try:
        try:
            descriptor = os.open(path, _NEW_FILE, 0o666)
            try:
                for piece in pieces:
                    _write_all(descriptor, piece)
            finally:
                os.close(descriptor)
        except FileExistsError:
            raise
        except BaseException:
            _remove(path)
            raise
    except OSError as error:
        if error.filename is None or error.filename == path:
            raise explained(error, asked_for) from error
        raise


def _write_all(descriptor: int, data: Any) -> None:
    rest = memoryview(data).cast("B")
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _remove(path: str) -> None:
    # What led here is the failure to tell of.
    with contextlib.suppress(OSError):
        os.unlink(path)


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
        if _staging.holds(path):
            text += ". TMPDIR names the folder for temporary files"
    return OSError(error.errno, text, path)


def _part_in(folder: str) -> str:
    # Without an image's extension: whoever watches the folder must not take it for one.
    return os.path.join(folder, f".{_random_name()}.part")


def remove_parts(folder: str) -> None:
    """Remove what killed processes left of the files they were writing into `folder`."""
    try:
        names = os.listdir(folder)
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise MemoryError(f"no memory to list {folder}") from error
        raise
    for name in names:
        if _PART_NAME.fullmatch(name):
            _remove(os.path.join(folder, name))


def write_whole(target: str, data: Any) -> None:
    """Write `data` so that readers of `target` see the old file or the new one, never a part."""
    _write_by_way_of(_part_in(os.path.dirname(target)), (data,), target)


def copy_whole(source: str, target: str, part_folder: str) -> None:
    """Copy a file so that `target` appears whole or not at all; it grows in `part_folder`."""
    try:
        # A folder that is missing is told before the copy, not after it.
        os.stat(os.path.dirname(target))
    except OSError as error:
        raise explained(error, target) from error
    try:
        _write_by_way_of(_part_in(part_folder), _pieces_of(source), target)
    except OSError as error:
        if error.errno != errno.EXDEV or part_folder == os.path.dirname(target):
            raise
        # The media folder is a mount of its own, or a link to another disk.
        copy_whole(source, target, os.path.dirname(target))


def _write_by_way_of(part: str, pieces: Iterable[Any], target: str) -> None:
    try:
        _write_pieces(part, pieces, target)
        _move_into_place(part, target)
    except BaseException:
        _remove(part)
        raise


def _pieces_of(path: str) -> Iterator[bytes]:
    try:
        with open(path, "rb", buffering=0) as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece
    except OSError as error:
        raise explained(error, path) from error


def _move_into_place(part: str, target: str) -> None:
    try:
        os.replace(part, target)
    except OSError as error:
        raise explained(error, target) from error


def _digest_of(path: str) -> str | None:
    """The SHA-256 of a file; None where there is none."""
    digest = Sha256()
    try:
        for piece in _pieces_of(path):
            digest.update(piece)
    except FileNotFoundError:
        return None
    return digest.hexdigest()


def safe_key(key: str | int) -> str:
    """The key as a relative path that stays in its folder.

    Slashes make folders. Leading slashes are dropped, `.` and `..` become underscores.

    Raises:
        ValueError: the key holds a NUL.
    """
    text = str(key)
    if "\0" in text:
        raise ValueError(f"key {text!r} contains a NUL character, which no file name may")
    parts = text.lstrip("/").split("/")
    return "/".join(part.replace(".", "_") if part in (".", "..") else part for part in parts)


def check_windows_name(name: str) -> None:
    """Refuse what Windows reads as another path than the one that `name` spells.

    Raises:
        ValueError: a device's name, a drive, a stream, a backslash, or a part that ends with a dot
            or a space, which Windows drops.
    """
    for part in name.split("/"):
        device = part.partition(".")[0].rstrip(" ").lower() in _RESERVED_NAMES
        if device or part.endswith((".", " ")) or not _FORBIDDEN_ON_WINDOWS.isdisjoint(part):
            raise ValueError(f"{name!r} cannot be a file name on Windows, because of {part!r}")


def run_file_name(key: str | int, step: str | int, id_: str | int, extension: str) -> str:
    """`{key}_{step}_{id}{extension}` under a media folder; only the key makes folders.

    Raises:
        ValueError: it cannot be a file name.
    """
    tail = f"{step}_{id_}{extension}"
    if "\0" in tail:
        raise ValueError(f"step or id {tail!r} contains a NUL character, which no file name may")
    name = f"{safe_key(key)}_{tail.replace('/', '_')}"
    if os.name == "nt":
        check_windows_name(name)
    return name

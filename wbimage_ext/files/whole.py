"""Files that are there whole or not at all.

In: bytes, or the path of a file. Out: the file. Readers of a name see the old file or the new one:
what is being written has a temporary name without an image's extension.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import time
from collections.abc import Callable, Generator, Iterable
from typing import Any

from .digest import Sha256
from .errors import explained

NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
NEW_FILE |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

# A pipe in the place of a file is opened without waiting for who writes to it.
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_READ |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)

_PIECE_BYTES = 1 << 20

_PART_NAME = re.compile(r"\.[0-9a-f]{24}\.part")

# Windows replaces no file that somebody reads: readers of small files are soon done.
_WAITS_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if os.name == "nt" else ()


def random_name() -> str:
    """24 random hexadecimal digits."""
    return os.urandom(12).hex()


def write_new_file(path: str, data: Any) -> None:
    """Write a file that must not exist yet; on failure nothing stays behind."""
    _write_pieces(path, (data,), path)


def write_whole(target: str, data: Any) -> None:
    """Write `data` so that readers of `target` see the old file or the new one, never a part."""
    _write_by_way_of(_part_in(os.path.dirname(target)), (data,), target)


def write_whole_from(target: str, pieces: Iterable[Any]) -> None:
    """As write_whole, with bytes that come piece by piece; what fails there is raised."""
    _write_by_way_of(_part_in(os.path.dirname(target)), pieces, target)


def make_folder(path: str) -> None:
    """Make a folder and those above it, where it is not there yet."""
    if not os.path.isdir(path):
        try:
            try:
                os.mkdir(path)
            except (FileNotFoundError, FileExistsError):
                os.makedirs(path, exist_ok=True)
        except OSError as error:
            raise explained(error, error.filename or path) from error


def put_bytes(target: str, data: Any, part_folder: str) -> None:
    """As write_whole, but that the file grows in `part_folder`."""
    _put(target, lambda: (data,), part_folder)


def put_copy(target: str, source: str, part_folder: str, sha256: str | None = None) -> None:
    """As put_bytes, with the content of a regular file, which must have this digest.

    Raises:
        FileNotFoundError, OSError: the source cannot be read, is no regular file, or has another
            content; it is named.
    """
    # An exception keeps the frames that it passed; the source is closed all the same.
    with contextlib.ExitStack() as stack:

        def pieces() -> Iterable[bytes]:
            return stack.enter_context(contextlib.closing(checked_pieces(source, sha256)))

        _put(target, pieces, part_folder)


def replace(source: str, target: str) -> None:
    """os.replace, which on Windows waits a second for readers of `target`."""
    for seconds in _WAITS_SECONDS:
        try:
            os.replace(source, target)
        except PermissionError:
            time.sleep(seconds)
        else:
            return
    os.replace(source, target)


def remove(path: str) -> None:
    """Remove a file; what led here is the failure to tell of."""
    with contextlib.suppress(OSError):
        os.unlink(path)


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
            remove(os.path.join(folder, name))


def checked_pieces(path: str, sha256: str | None) -> Generator[bytes, None, None]:
    """The content of a regular file; OSError at its end where it has another digest."""
    digest = Sha256()
    try:
        with open(path, "rb", buffering=0, opener=_open_to_read) as file:
            is_regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            while is_regular and (piece := file.read(_PIECE_BYTES)):
                digest.update(piece)
                yield piece
    except OSError as error:
        raise explained(error, path) from error
    if sha256 is None:
        if not is_regular:
            raise OSError(errno.EINVAL, "not a regular file", path)
    elif not is_regular or digest.hexdigest() != sha256:
        text = "the file changed since the image was made of it; make the image again"
        raise OSError(getattr(errno, "ESTALE", errno.EIO), text, path)


def write_all(descriptor: int, data: Any) -> None:
    """Write all of a bytes-like object."""
    rest = memoryview(data).cast("B")
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _open_to_read(path: str, _flags: int) -> int:
    return os.open(path, _READ)


def _part_in(folder: str) -> str:
    # Without an image's extension: whoever watches the folder must not take it for one.
    return os.path.join(folder, f".{random_name()}.part")


def _put(target: str, pieces: Callable[[], Iterable[Any]], part_folder: str) -> None:
    try:
        _write_by_way_of(_part_in(part_folder), pieces(), target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # The media folder is a mount of its own, or a link to another disk.
        _write_by_way_of(_part_in(os.path.dirname(target)), pieces(), target)


def _write_by_way_of(part: str, pieces: Iterable[Any], target: str) -> None:
    try:
        _write_pieces(part, pieces, target)
        try:
            replace(part, target)
        except OSError as error:
            raise explained(error, target) from error
    except BaseException:
        remove(part)
        raise


def _write_pieces(path: str, pieces: Iterable[Any], asked_for: str) -> None:
    """Write a new file; a failure names the file that was asked for."""
    try:
        try:
            descriptor = os.open(path, NEW_FILE, 0o666)
            try:
                for piece in pieces:
                    write_all(descriptor, piece)
            finally:
                os.close(descriptor)
        except FileExistsError:
            raise
        except BaseException:
            remove(path)
            raise
    except OSError as error:
        if error.filename is None or error.filename == path:
            raise explained(error, asked_for) from error
        raise

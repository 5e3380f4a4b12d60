"""Files that are there whole or not at all.

In: bytes, or the path of a file. Out: the file. Readers of a name see the old file or the new one:
what is being written has a temporary name without an image's extension.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from .digest import Sha256
from .errors import explained

NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
NEW_FILE |= getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

_PIECE_BYTES = 1 << 20

_PART_NAME = re.compile(r"\.[0-9a-f]{24}\.part")


def random_name() -> str:
    return os.urandom(12).hex()


def write_new_file(path: str, data: Any) -> None:
    """Write a file that must not exist yet; on failure nothing stays behind."""
    _write_pieces(path, (data,), path)


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


def write_all(descriptor: int, data: Any) -> None:
    rest = memoryview(data).cast("B")
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def remove(path: str) -> None:
    # What led here is the failure to tell of.
    with contextlib.suppress(OSError):
        os.unlink(path)


def _part_in(folder: str) -> str:
    # Without an image's extension: whoever watches the folder must not take it for one.
    return os.path.join(folder, f".{random_name()}.part")


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
        _write_by_way_of(_part_in(part_folder), pieces_of(source), target)
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
        remove(part)
        raise


def pieces_of(path: str) -> Iterator[bytes]:
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


def digest_of(path: str) -> str | None:
    """The SHA-256 of a file; None where there is none."""
    digest = Sha256()
    try:
        for piece in pieces_of(path):
            digest.update(piece)
    except FileNotFoundError:
        return None
    return digest.hexdigest()

"""A file of unknown length that comes in pieces.

In: pieces. Out: a MadeFile. A small file stays in memory, a large one is written to the staging
directory as it comes, so that one piece of it is in memory at a time.
"""

from __future__ import annotations

import io
import os
from typing import BinaryIO

from .errors import explained
from .staging import staging_directory
from .stored import MadeFile
from .whole import NEW_FILE, random_name, remove, write_all

# Nearly every image, and small beside the memory that one decoded image takes.
_IN_MEMORY_BYTES = 8 << 20


class IncomingFile:
    """A context; what was not finished at its end is removed."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._size = 0
        self._path: str | None = None
        self._descriptor = -1

    def __enter__(self) -> IncomingFile:
        return self

    def write(self, piece: bytes) -> None:
        """Append a piece."""
        self._size += len(piece)
        if self._path is None and self._size <= _IN_MEMORY_BYTES:
            self._buffer.write(piece)
            return
        if self._path is None:
            self._begin_file()
        self._append(piece)

    def _begin_file(self) -> None:
        name = random_name()
        try:
            self._open(os.path.join(staging_directory(), name))
        except FileNotFoundError:
            self._open(os.path.join(staging_directory(renew=True), name))
        self._append(self._buffer.getbuffer())
        self._buffer = io.BytesIO()

    def _open(self, path: str) -> None:
        try:
            self._descriptor = os.open(path, NEW_FILE, 0o666)
        except OSError as error:
            raise explained(error, path) from error
        self._path = path

    def _append(self, piece: bytes | memoryview) -> None:
        assert self._path is not None
        try:
            write_all(self._descriptor, piece)
        except OSError as error:
            raise explained(error, self._path) from error

    def readable(self) -> str | BinaryIO:
        """What was written so far: the path of a file, or an open one."""
        return self._path if self._path is not None else io.BytesIO(self._buffer.getvalue())

    def finish(self, extension: str, sha256: str) -> MadeFile:
        """Keep the content; `extension` includes its dot."""
        if self._path is None:
            return MadeFile(self._buffer.getvalue(), extension, sha256)
        self._close()
        path = self._path + extension
        try:
            os.rename(self._path, path)
        except OSError as error:
            raise explained(error, path) from error
        self._path = None
        return MadeFile.of_staged(path, extension, sha256, self._size)

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        try:
            os.close(descriptor)
        except OSError as error:
            raise explained(error, self._path or "") from error

    def __exit__(self, *exception: object) -> None:
        try:
            if self._descriptor >= 0:
                self._close()
        finally:
            if self._path is not None:
                remove(self._path)

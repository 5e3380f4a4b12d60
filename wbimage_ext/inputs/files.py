"""Images that are encoded already: checked to their end, hashed, and passed on byte for byte.

In: a path, bytes, or an open binary file. Out: an EncodedFile, or an exception that names the
source and the defect. Nothing is decoded, and of a file one piece is in memory at a time.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from typing import Any

from .. import _core
from ..files.digest import Sha256
from ..files.stored import StagedWriter, StoredFile
from .kinds import EncodedFile, describe

_PIECE_BYTES = 1 << 18

Header = tuple[str, int, int]


def check_file(path: str | os.PathLike[str]) -> EncodedFile:
    """Check and hash a file, in one reading.

    Raises:
        FileNotFoundError and other OSError: the system's, with the path.
        ValueError: truncated, damaged, or no image.
    """
    name = os.path.abspath(os.fsdecode(path))
    check = _Check(repr(os.fspath(path)))
    with open(path, "rb", buffering=0) as file:
        for piece in _pieces(file):
            check.feed(piece)
            if check.is_foreign:
                check.look_up(name)
    header = check.finish(name)
    return EncodedFile(StoredFile(name, check.sha256(), check.size), *header)


def check_bytes(data: bytes | bytearray | memoryview) -> EncodedFile:
    """Check, hash and stage an encoded image that is in memory."""
    view = memoryview(data)
    if not view.c_contiguous:
        view = memoryview(view.tobytes())
    check = _Check(f"{type(data).__name__} of {view.nbytes} bytes")
    check.feed(view)
    header = check.finish(io.BytesIO(view))
    return EncodedFile(StoredFile.stage(view, f".{header[0]}", check.sha256()), *header)


def check_stream(file: Any) -> EncodedFile:
    """Check, hash and stage what an open binary file holds from its current position to its end.

    The file is left open, at its end or where the defect was met.

    Raises:
        TypeError: the file is open for text.
        ValueError: truncated, damaged, or no image.
        OSError: the system's.
    """
    name = getattr(file, "name", None)
    check = _Check(f"the open file {name!r}" if isinstance(name, str) else describe(file))
    with StagedWriter() as staged:
        for piece in _pieces(file):
            check.feed(piece)
            staged.write(piece)
        header = check.finish(staged.path)
        stored = staged.finish(f".{header[0]}", check.sha256())
    return EncodedFile(stored, *header)


def _pieces(file: Any) -> Iterator[bytes]:
    while True:
        # A file open for text fails to decode an image before it could hand out a str.
        piece = "" if isinstance(file, io.TextIOBase) else file.read(_PIECE_BYTES)
        if isinstance(piece, str):
            raise TypeError(
                f"{describe(file)} is open for text; an image needs a file opened in mode 'rb'"
            )
        if piece is None:
            raise BlockingIOError(f"{describe(file)} has no bytes ready and does not wait for them")
        if not piece:
            return
        yield piece


class _Check:
    """Hashes a file and checks its structure, piece by piece."""

    def __init__(self, source: str) -> None:
        self.size = 0
        self._source = source
        self._digest = Sha256()
        self._probe = _core.Probe()
        self._foreign: ValueError | None = None
        self._rare_header: Header | None = None

    @property
    def is_foreign(self) -> bool:
        """Whether the format is none that is known here; from then on the file is only hashed."""
        return self._foreign is not None

    def feed(self, piece: bytes | memoryview) -> None:
        """Take the next piece; ValueError when the image is damaged."""
        self.size += memoryview(piece).nbytes
        self._digest.update(piece)
        if self._foreign is None:
            try:
                self._probe.feed(piece)
            except ValueError as error:
                self._note(error)

    def finish(self, readable: Any) -> Header:
        """Format, width and height, or ValueError with the defect; `readable` is for Pillow."""
        if self._foreign is None:
            try:
                return self._probe.finish()
            except ValueError as error:
                self._note(error)
        return self.look_up(readable)

    def look_up(self, readable: Any) -> Header:
        """What Pillow says of a foreign file, asked once; ValueError where it does not open it."""
        if self._rare_header is None:
            self._rare_header = _header_by_pillow(readable)
        if self._rare_header is None:
            raise self._refusal(self._foreign)
        return self._rare_header

    def _note(self, defect: ValueError) -> None:
        if not self._probe.is_foreign:
            raise self._refusal(defect) from None
        self._foreign = defect

    def sha256(self) -> str:
        return self._digest.hexdigest()

    def _refusal(self, defect: ValueError | None) -> ValueError:
        return ValueError(f"{self._source} is not a whole image file: {defect}")


def _header_by_pillow(readable: Any) -> Header | None:
    """Format and size of a rarer format, where Pillow is installed and opens it."""
    try:
        from PIL import Image
    except ImportError:
        return None
    # Whatever a plugin makes of foreign bytes, the answer is that it does not open them.
    with contextlib.suppress(Exception), Image.open(readable) as image:
        return (image.format or "").lower(), *image.size
    return None

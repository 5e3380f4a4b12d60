"""Images that are encoded already: checked to their end, hashed, and passed on byte for byte.

In: a path, bytes, or an open binary file. Out: an EncodedFile, or an exception that names the
source and the defect. Nothing is decoded, and of a file one piece is in memory at a time.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from typing import Any

from .. import _core
from ..files.digest import Sha256
from ..files.incoming import IncomingFile
from ..files.names import check_characters
from ..files.stored import FoundFile, MadeFile
from ..wording import describe, shortened, shown
from .kinds import EncodedFile

_PIECE_BYTES = 1 << 18
_MOST_CHARACTERS = 1000  # of a path in a message

Header = tuple[str, int, int]


def check_file(path: str | os.PathLike[str]) -> EncodedFile:
    """Check and hash a file, in one reading.

    Raises:
        FileNotFoundError and other OSError: the system's, with the path.
        ValueError: truncated, damaged, or no image.
    """
    name = os.path.abspath(os.fsdecode(path))
    check_characters(name, shown(path))
    check = _Check(repr(os.fspath(path)))
    try:
        with open(path, "rb", buffering=0) as file:
            if not _stays_in_place(name, file):
                return check_stream(file)
            for piece in _pieces(file):
                check.feed(piece)
                if check.is_foreign:
                    check.look_up(name)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG or len(name) > _MOST_CHARACTERS:
            # Not a path of somebody's, but perhaps an image as text. Windows finds no such file.
            raise OSError(error.errno, error.strerror, shown(path)) from None
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error
    header = check.finish(name)
    return EncodedFile(FoundFile(name, check.sha256(), check.size), *header)


def _stays_in_place(name: str, file: Any) -> bool:
    """Whether the open file can be read again by its name; else it is read now, once.

    Raises:
        ValueError: a device, which may have no end.
    """
    kind = os.fstat(file.fileno()).st_mode
    if stat.S_ISCHR(kind) or stat.S_ISBLK(kind):
        raise ValueError(f"{name!r} is a device, not an image file")
    # /dev/stdin and /dev/fd/3 are names of what this process has open now.
    return stat.S_ISREG(kind) and not name.startswith(("/dev/", "/proc/"))


def check_bytes(data: bytes | bytearray | memoryview) -> EncodedFile:
    """Check, hash and stage an encoded image that is in memory."""
    # Others are copied before they are checked: their owner may change them at any time.
    kept = data if type(data) is bytes else memoryview(data).tobytes()
    if not kept:
        raise ValueError("the bytes are empty: those of an encoded image are needed")
    check = _Check(f"{type(data).__name__} of {len(kept)} bytes")
    check.feed(kept)
    header = check.finish(io.BytesIO(kept))
    return EncodedFile(MadeFile(kept, f".{header[0]}", check.sha256()), *header)


def check_stream(file: Any) -> EncodedFile:
    """Check, hash and stage what an open binary file holds from its current position to its end.

    The file is left open, at its end or where the defect was met.

    Raises:
        TypeError: the file is open for text.
        ValueError: closed, truncated, damaged, or no image.
        OSError: the system's.
    """
    if getattr(file, "closed", False) is True:
        raise ValueError(f"{_name_of(file)} is closed")
    check = _Check(_name_of(file))
    with IncomingFile() as incoming:
        for piece in _pieces(file):
            check.feed(piece)
            incoming.write(piece)
        if check.size == 0 and _can_go_back(file):
            raise ValueError(f"{check.source} is at its end: seek(0) goes back to its start")
        header = check.finish(incoming.readable())
        stored = incoming.finish(f".{header[0]}", check.sha256())
    return EncodedFile(stored, *header)


def _name_of(file: Any) -> str:
    name = getattr(file, "name", None)
    return f"the file {name!r}" if isinstance(name, str) else describe(file)


def _pieces(file: Any) -> Iterator[bytes]:
    while True:
        try:
            # A file open for text fails to decode an image before it could hand out a str.
            piece = "" if isinstance(file, io.TextIOBase) else file.read(_PIECE_BYTES)
        except io.UnsupportedOperation as error:
            raise io.UnsupportedOperation(
                f"{_name_of(file)} is open for writing; mode 'rb' is needed"
            ) from error
        if isinstance(piece, str):
            raise TypeError(f"{_name_of(file)} is open for text; mode 'rb' is needed")
        if piece is None:
            raise BlockingIOError(f"{describe(file)} has no bytes ready and does not wait for them")
        if not piece:
            return
        yield _as_bytes(piece, file)


def _as_bytes(piece: Any, file: Any) -> bytes:
    """The bytes of any buffer, copied: who reads may use its memory again."""
    if type(piece) is bytes:
        return piece
    try:
        return memoryview(piece).tobytes()
    except TypeError:
        raise TypeError(f"read() of {_name_of(file)} gave {shown(piece)}, not bytes") from None


def _can_go_back(file: Any) -> bool:
    seekable = getattr(file, "seekable", None)
    return seekable is not None and seekable() and file.tell() > 0


class _Check:
    """Hashes a file and checks its structure, piece by piece."""

    def __init__(self, source: str) -> None:
        self.size = 0
        self.source = source
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
        """What Pillow says of a foreign file, asked once; ValueError where it does not load it."""
        if self.size == 0:
            raise self._refusal(str(self._foreign))
        if self._rare_header is None:
            try:
                self._rare_header = _header_by_pillow(readable)
            except ValueError as reason:
                raise self._refusal(f"{self._foreign}; {reason}") from reason.__cause__
        return self._rare_header

    def _note(self, defect: ValueError) -> None:
        if not self._probe.is_foreign:
            raise self._refusal(str(defect)) from None
        self._foreign = defect

    def sha256(self) -> str:
        return self._digest.hexdigest()

    def _refusal(self, defect: str) -> ValueError:
        return ValueError(f"{self.source} is not a whole image file: {defect}")


def _header_by_pillow(readable: Any) -> Header:
    """Format and size of a rarer format, once Pillow has loaded all of its pixels.

    Raises:
        ValueError: Pillow is not installed, or its reason why it does not load the file.
    """
    try:
        from PIL import Image, UnidentifiedImageError, __version__
    except ImportError:
        raise ValueError("the Pillow package, where installed, opens other formats") from None
    try:
        with Image.open(readable) as image:
            image.load()
            return (image.format or "").lower(), *image.size
    except UnidentifiedImageError:
        raise ValueError(f"Pillow {__version__} has no plugin that opens it") from None
    except (MemoryError, Warning):
        raise
    except Exception as error:
        # Plugins fail in ways of their own on bytes that they do not expect.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"Pillow does not load it: {shortened(str(error))}") from error

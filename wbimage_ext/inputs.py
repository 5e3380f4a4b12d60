"""What the caller passed, told apart: an array, a Pillow image, an encoded file, a reference.

In: any object. Out: one of the small classes below, or an exception that names what came and what
would be right. Arrays are seen in place wherever that is possible.
"""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _core
from .media import Media

Array = np.ndarray[Any, Any]

_PIECE_BYTES = 1 << 18


@dataclass(frozen=True)
class Pixels:
    """An array of pixels; `is_grid` for tensors, which are laid out as a normalised grid."""

    array: Array
    is_bfloat16: bool = False
    is_grid: bool = False


@dataclass(frozen=True)
class PillowPixels:
    """A PIL image."""

    image: Any


@dataclass(frozen=True)
class CheckedFile:
    """A path to an encoded image whose structure was checked; nothing was decoded."""

    path: str
    sha256: str
    size: int
    format: str
    width: int
    height: int


@dataclass(frozen=True)
class Reference:
    """A `gs://`, `s3://` or `http(s)://` URL."""

    url: str


Source = Pixels | PillowPixels | CheckedFile | Reference


def resolve(data: Any) -> Source:
    """Tell what `data` is.

    Raises:
        TypeError: it is nothing that could hold an image.
        ValueError: a file that is truncated, damaged or no image.
        OSError: the system's reason why a path cannot be read.
    """
    if isinstance(data, np.ndarray):
        return Pixels(data)
    if isinstance(data, (str, os.PathLike)):
        if Media.path_is_reference(data):
            return Reference(str(data))
        return check_file(data)
    if _is_pillow_image(data):
        return PillowPixels(data)
    return Pixels(as_array(data))


def as_array(data: Any) -> Array:
    """`data` as a NumPy array, in place where it has an array view.

    Raises:
        TypeError: NumPy can make no array of numbers of it.
    """
    if isinstance(data, np.ndarray):
        return data
    try:
        array = np.asarray(data)
    except (ValueError, TypeError) as error:
        raise TypeError(f"cannot make an image of {_describe(data)}: {error}") from error
    if array.dtype.kind not in "buif":
        raise TypeError(
            f"cannot make an image of {_describe(data)}: an array of bool, integer or float values "
            "is needed, a Pillow image, a path or the bytes of an image file"
        )
    return array


def _describe(data: Any) -> str:
    return f"{type(data).__module__}.{type(data).__qualname__}"


def _is_pillow_image(data: Any) -> bool:
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(data, pillow.Image)


def check_file(path: str | os.PathLike[str]) -> CheckedFile:
    """Check an image file's structure to its end and hash it, in one reading of bounded memory.

    Raises:
        FileNotFoundError and other OSError: the system's, with the path.
        ValueError: truncated, damaged, or no image; names the path and the defect.
    """
    name = os.path.abspath(os.fspath(path))
    check = _StreamCheck()
    with open(name, "rb", buffering=0) as file:
        while piece := file.read(_PIECE_BYTES):
            check.feed(piece)
    try:
        header = check.finish()
    except ValueError as error:
        rare = _header_by_pillow(name) if check.is_foreign else None
        if rare is None:
            raise ValueError(f"{os.fspath(path)!r} is not a whole image file: {error}") from None
        header = rare
    return CheckedFile(name, check.sha256(), check.size, *header)


class _StreamCheck:
    """Hashes a file and checks its structure, piece by piece."""

    def __init__(self) -> None:
        self.size = 0
        self._digest = hashlib.sha256()
        self._probe = _core.Probe()
        self._defect: ValueError | None = None

    def feed(self, piece: bytes) -> None:
        self.size += len(piece)
        self._digest.update(piece)
        if self._defect is None:
            try:
                self._probe.feed(piece)
            except ValueError as error:
                self._defect = error

    @property
    def is_foreign(self) -> bool:
        """Whether the defect is that the format is none that is known here."""
        return self._probe.is_foreign

    def finish(self) -> tuple[str, int, int]:
        """Format, width and height, or ValueError with the defect."""
        if self._defect is not None:
            raise self._defect
        return self._probe.finish()

    def sha256(self) -> str:
        return self._digest.hexdigest()


def _header_by_pillow(path: str) -> tuple[str, int, int] | None:
    """Format and size of a rarer format, where Pillow is installed and opens it."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        return None
    try:
        with Image.open(path) as image:
            return (image.format or "").lower(), *image.size
    except UnidentifiedImageError:
        return None


def colormap_table(colormap: Any) -> bytes | None:
    """The 256 RGB rows of a colormap, as 768 bytes.

    Args:
        colormap: None, an array of shape (256, 3) of uint8 values, or the name of a matplotlib
            colormap.

    Raises:
        ValueError: another shape, values that are no uint8, or an unknown name.
        ImportError: a name without matplotlib installed.
    """
    if colormap is None:
        return None
    if isinstance(colormap, str):
        return _matplotlib_table(colormap)
    table = np.asarray(colormap)
    is_uint8 = table.dtype.kind in "ui" and table.size and 0 <= table.min() <= table.max() <= 255
    if table.shape != (256, 3) or not is_uint8:
        raise ValueError(
            "colormap must be a (256, 3) table of uint8 values or a matplotlib colormap's name, "
            f"not an array of shape {list(table.shape)} and dtype {table.dtype}"
        )
    return table.astype(np.uint8).tobytes()


def _matplotlib_table(name: str) -> bytes:
    try:
        from matplotlib import colormaps
    except ImportError as error:
        raise ImportError(
            f"the colormap name {name!r} needs matplotlib. To get it, run: pip install matplotlib"
        ) from error
    try:
        colormap = colormaps[name]
    except KeyError:
        raise ValueError(f"matplotlib has no colormap {name!r}; viridis is one") from None
    table = colormap(np.linspace(0.0, 1.0, 256), bytes=True)[:, :3]
    return np.ascontiguousarray(table).tobytes()


def rgb_triple(color: Any) -> bytes | None:
    """Three bytes of an RGB triple.

    Raises:
        ValueError: it is not three integers from 0 to 255.
    """
    if color is None:
        return None
    try:
        triple = bytes(int(value) for value in color)
    except (TypeError, ValueError):
        triple = b""
    if len(triple) != 3:
        raise ValueError(f"nan_color must be three integers from 0 to 255, not {color!r}")
    return triple

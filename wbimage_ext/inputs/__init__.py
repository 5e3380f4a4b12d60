"""Any object that holds an image -> pixels, an encoded image, or a reference.

In: what the caller passed, and the options. Out: one of the classes in kinds.py, or an exception
that names what came and what would be right. No other package is imported to recognise its objects.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from ..encoding.options import EncodeOptions
from ..media import Media
from .arrays import Refusal, as_masked, pixels_of_array, widened_bfloat16
from .kinds import Array, Pixels, Reference, Source, is_instance, refusal, values_refusal


def resolve(data: Any, options: EncodeOptions) -> Source:
    """Read an input.

    Args:
        data: what Image documents.
        options: decide what Pillow does to an image of its own.

    Raises:
        TypeError: `data` is nothing that could hold an image.
        ValueError: a file that is truncated, damaged or no image.
        OSError: the system's reason why a path cannot be read.
    """
    if isinstance(data, np.ndarray):
        return pixels_of_array(data)
    read = _reader_of(data)
    return as_pixels(data) if read is None else read(data, options)


def is_array(data: Any) -> bool:
    """Whether `data` is an array or a tensor, or nothing but what NumPy makes an array of."""
    return _reader_of(data) is None


def as_pixels(data: Any, refuse: Refusal = refusal) -> Pixels:
    """An array, a tensor or nested lists as pixels, in place where there is an array view.

    Raises:
        TypeError: NumPy can make no array of numbers of it; made by `refuse`.
    """
    if is_instance(data, "torch", "Tensor"):
        from .tensors import pixels_of_tensor

        return pixels_of_tensor(data)
    return pixels_of_array(data, refuse)


def as_array(data: Any) -> Array:
    """`data` as a NumPy array of bool, integer or float values, in place where possible.

    Masked values are 0.

    Raises:
        TypeError: NumPy can make no such array of it.
    """
    masked = as_masked(data)
    pixels = as_pixels(data if masked is None else masked.filled(0), values_refusal)
    return widened_bfloat16(pixels.array) if pixels.is_bfloat16 else pixels.array


def _reader_of(data: Any) -> Callable[[Any, EncodeOptions], Source] | None:
    """The function that reads an input of this kind; None for arrays."""
    if isinstance(data, np.ndarray):
        return None
    if isinstance(data, (str, os.PathLike)):
        return _read_reference if Media.path_is_reference(data) else _read_file
    if isinstance(data, Pixels):
        return _read_pixels
    if isinstance(data, (bytes, bytearray)) or _is_flat_memory(data):
        return _read_bytes
    if is_instance(data, "PIL.Image", "Image"):
        return _read_pillow_image
    if _is_figure(data):
        return _read_figure
    # Modules such as os have a function of this name.
    if callable(getattr(data, "read", None)) and not isinstance(data, ModuleType):
        return _read_stream
    return None


def _read_reference(url: str, _options: EncodeOptions) -> Source:
    return Reference(url)


def _read_pixels(pixels: Pixels, _options: EncodeOptions) -> Source:
    return pixels


# Modules that few programs need are imported by the first input that needs them.


def _read_file(path: str | os.PathLike[str], _options: EncodeOptions) -> Source:
    from .files import check_file

    return check_file(path)


def _read_bytes(data: bytes | bytearray | memoryview, _options: EncodeOptions) -> Source:
    from .files import check_bytes

    return check_bytes(data)


def _read_stream(file: Any, _options: EncodeOptions) -> Source:
    from .files import check_stream

    return check_stream(file)


def _read_pillow_image(image: Any, options: EncodeOptions) -> Source:
    from .pillow import read_image

    return read_image(image, options)


def _read_figure(source: Any, options: EncodeOptions) -> Source:
    from .figures import read_figure

    return read_figure(source, options)


def _is_flat_memory(data: Any) -> bool:
    """Whether this is a memoryview of bytes in a row; one of more dimensions is an array."""
    return isinstance(data, memoryview) and data.ndim == 1 and data.itemsize == 1


def _is_figure(data: Any) -> bool:
    """Whether this is a figure, axes, another artist or container of artists, or pyplot."""
    if "matplotlib" not in sys.modules:
        return False
    if isinstance(data, ModuleType):
        return data.__name__ in ("matplotlib.pyplot", "pylab")
    return any(kind.__module__.startswith("matplotlib.") for kind in type(data).__mro__)

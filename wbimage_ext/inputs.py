"""What the caller passed, told apart: pixels, a Pillow image, an encoded file, a reference.

In: any object. Out: one of the small classes below, or an exception that names what came and what
would be right. Arrays are seen in place wherever that is possible; nothing is imported to recognise
the objects of another package.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from .files.stored import StoredFile
from .media import Media

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Pixels:
    """An array of pixels.

    `is_bfloat16`: the uint16 elements are the bits of bfloat16 values. `is_tensor`: the array was a
    torch tensor, which is laid out as a normalised grid. `dataformats` names a tensor's axes; None
    goes by their number. `is_drawn`: RGBA colours that were drawn, with no values to scale.
    """

    array: Array
    is_bfloat16: bool = False
    is_tensor: bool = False
    dataformats: str | None = None
    is_drawn: bool = False


@dataclass(frozen=True)
class PillowImage:
    """A PIL image, which keeps its mode."""

    image: Any


@dataclass(frozen=True)
class EncodedFile:
    """An encoded image whose structure was checked: in its place, or staged where it had none."""

    file: StoredFile
    format: str
    width: int
    height: int


@dataclass(frozen=True)
class Reference:
    """A `gs://`, `s3://` or `http(s)://` URL."""

    url: str


def resolve(data: Any) -> Pixels | PillowImage | EncodedFile | Reference:
    """Tell what `data` is.

    Raises:
        TypeError: it is nothing that could hold an image.
        ValueError: a file that is truncated, damaged or no image.
        OSError: the system's reason why a path cannot be read.
    """
    if isinstance(data, np.ndarray):
        return _pixels_of_array(data, data)
    if isinstance(data, (str, os.PathLike)):
        if Media.path_is_reference(data):
            return Reference(str(data))
        from . import encoded_input

        return encoded_input.check_file(data)
    if isinstance(data, (Pixels, PillowImage, EncodedFile, Reference)):
        return data
    if isinstance(data, (bytes, bytearray)) or _is_flat_memory(data):
        from . import encoded_input

        return encoded_input.check_bytes(data)
    if _is_instance(data, "PIL.Image", "Image"):
        return PillowImage(data)
    if _is_figure(data):
        from . import figure_input

        return Pixels(figure_input.draw(data), is_drawn=True)
    if callable(getattr(data, "read", None)):
        from . import encoded_input

        return encoded_input.check_stream(data)
    return as_pixels(data)


def as_pixels(data: Any) -> Pixels:
    """An array, a tensor or nested lists as pixels, in place where there is an array view.

    Raises:
        TypeError: NumPy can make no array of numbers of it.
    """
    if _is_instance(data, "torch", "Tensor"):
        from . import tensor_input

        return tensor_input.pixels_of_tensor(data)
    return _pixels_of_array(_numpy_array(data), data)


def as_array(data: Any) -> Array:
    """`data` as a NumPy array of bool, integer or float values, in place where possible.

    Raises:
        TypeError: NumPy can make no such array of it.
    """
    pixels = as_pixels(data)
    if pixels.is_bfloat16:
        return widened_bfloat16(pixels.array)
    return pixels.array


def widened_bfloat16(bits: Array) -> Array:
    """The float32 values of bfloat16 bits: bfloat16 is the upper half of a float32."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


def describe(data: Any) -> str:
    """Type, shape and dtype of an object, as far as it has them."""
    kind = type(data)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    shape, dtype = getattr(data, "shape", None), getattr(data, "dtype", None)
    if isinstance(shape, tuple):
        name += f" of shape {list(shape)}"
    if dtype is not None:
        name += f"{' and' if isinstance(shape, tuple) else ' of'} dtype {dtype}"
    return name


WHAT_WOULD_WORK = (
    "an array of bool, integer or float values is needed, or a tensor, a Pillow image, a "
    "matplotlib figure, a path, or an encoded image as bytes or an open binary file"
)


def refusal(data: Any, reason: object = None) -> TypeError:
    """The exception for an object that holds no pixels."""
    because = "" if reason is None else f" ({reason})"
    return TypeError(f"cannot make an image of {describe(data)}{because}: {WHAT_WOULD_WORK}")


def _pixels_of_array(array: Array, source: Any) -> Pixels:
    if array.dtype.kind in "buif":
        return Pixels(array)
    if array.dtype.kind == "V" and array.dtype.type.__module__ == "ml_dtypes":
        # The small floats of JAX and TensorFlow.
        if array.dtype.name == "bfloat16":
            return Pixels(array.view(np.uint16), is_bfloat16=True)
        return Pixels(array.astype(np.float32))
    raise refusal(source, None if source is array else f"its values are of dtype {array.dtype}")


def _numpy_array(data: Any) -> Array:
    if isinstance(data, np.ndarray):
        return data
    try:
        if _exports_dlpack_only(data) and hasattr(np, "from_dlpack"):
            return np.from_dlpack(data)
        array = np.asarray(data)
        if array.dtype == object and callable(getattr(data, "numpy", None)):
            array = np.asarray(data.numpy())
    except (ValueError, TypeError, BufferError, RuntimeError) as error:
        raise refusal(data, error) from error
    return array


def _exports_dlpack_only(data: Any) -> bool:
    array_views = ("__array__", "__array_interface__", "__array_struct__")
    return hasattr(data, "__dlpack__") and not any(hasattr(data, name) for name in array_views)


def _is_flat_memory(data: Any) -> bool:
    """Whether this is a memoryview of bytes in a row; one of more dimensions is an array."""
    return isinstance(data, memoryview) and data.ndim == 1 and data.itemsize == 1


def _is_instance(data: Any, module_name: str, class_name: str) -> bool:
    """isinstance by name: what was not imported has no instances."""
    kind = getattr(sys.modules.get(module_name), class_name, None)
    return isinstance(kind, type) and isinstance(data, kind)


def _is_figure(data: Any) -> bool:
    """Whether this is a figure, axes, another artist or container of artists, or pyplot."""
    if "matplotlib" not in sys.modules:
        return False
    if isinstance(data, ModuleType):
        return data.__name__ in ("matplotlib.pyplot", "pylab")
    return any(kind.__module__.startswith("matplotlib.") for kind in type(data).__mro__)

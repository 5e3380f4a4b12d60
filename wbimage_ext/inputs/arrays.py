"""Arrays, array views and nested lists as pixels, in place wherever that is possible.

In: anything that NumPy can see as an array. Out: Pixels that share its memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .kinds import Array, Pixels, refusal


def pixels_of_array(data: Any) -> Pixels:
    """The pixels of an array, of an object with an array view, or of nested lists.

    Raises:
        TypeError: NumPy can make no array of numbers of it.
    """
    array = _numpy_array(data)
    if array.dtype.kind in "buif":
        return Pixels(array, data)
    if array.dtype.kind == "V" and array.dtype.type.__module__ == "ml_dtypes":
        # The small floats of JAX and TensorFlow.
        if array.dtype.name == "bfloat16":
            return Pixels(array.view(np.uint16), data, is_bfloat16=True)
        return Pixels(array.astype(np.float32), data)
    raise refusal(data, None if array is data else f"its values are of dtype {array.dtype}")


def widened_bfloat16(bits: Array) -> Array:
    """The float32 values of bfloat16 bits: bfloat16 is the upper half of a float32."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


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

"""Arrays, array views and nested lists as pixels, in place wherever that is possible.

In: anything that NumPy can see as an array. Out: Pixels that share its memory. Only an array with
masked values is copied: they become NaN, which has no part in the range of the values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .kinds import Array, Pixels, is_instance, refusal

# What makes the exception for an object and a reason.
Refusal = Callable[[Any, object], TypeError]


def pixels_of_array(data: Any, refuse: Refusal = refusal) -> Pixels:
    """The pixels of an array, of an object with an array view, or of nested lists.

    Raises:
        TypeError: NumPy can make no array of numbers of it; made by `refuse`.
    """
    array = _numpy_array(data, refuse)
    if is_masked(array):
        return _pixels_of_masked(array, data, refuse)
    if array.dtype.kind in "buif":
        return Pixels(array, data)
    if array.dtype.kind == "V" and array.dtype.type.__module__ == "ml_dtypes":
        # The small floats of JAX and TensorFlow.
        if array.dtype.name == "bfloat16":
            return Pixels(array.view(np.uint16), data, is_bfloat16=True)
        return Pixels(array.astype(np.float32), data)
    is_named = array is data or array.dtype == object
    raise refuse(data, None if is_named else f"its values are of dtype {array.dtype}")


def _pixels_of_masked(array: Any, given: Any, refuse: Refusal) -> Pixels:
    pixels = pixels_of_array(array.data, refuse)
    mask = np.ma.getmask(array)
    if not mask.any():
        return replace(pixels, given=given)
    values = widened_bfloat16(pixels.array) if pixels.is_bfloat16 else pixels.array
    if values.dtype.kind == "f":
        is_nan_masked = not np.isnan(values[~mask]).any()
        values = values.copy()
        values[mask] = np.nan
        return Pixels(values, given, is_nan_masked=is_nan_masked)
    # Integers divide in double, so the rule makes the same of them as of doubles.
    is_integers = values.dtype.kind in "ui"
    values = values.astype(np.float64)
    values[mask] = np.nan
    return Pixels(values, given, is_masked_integers=is_integers, is_nan_masked=True)


def is_masked(data: Any) -> bool:
    """Whether this is a masked array; asking imports no numpy.ma."""
    return type(data) is not np.ndarray and is_instance(data, "numpy.ma", "MaskedArray")


def as_masked(data: Any) -> np.ma.MaskedArray[Any, Any] | None:
    """A masked array as it is, a list of some as one; None for anything else."""
    if is_masked(data):
        return data  # type: ignore[no-any-return]
    if isinstance(data, (list, tuple)) and any(map(is_masked, data)):
        return np.ma.stack(data)
    return None


def widened_bfloat16(bits: Array) -> Array:
    """The float32 values of bfloat16 bits: bfloat16 is the upper half of a float32."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


def _numpy_array(data: Any, refuse: Refusal) -> Array:
    if isinstance(data, np.ndarray):
        return data
    try:
        masked = as_masked(data)
        if masked is not None:
            return masked
        if _exports_dlpack_only(data):
            if not hasattr(np, "from_dlpack"):
                raise TypeError(
                    f"it has only __dlpack__, which NumPy {np.__version__} does not read; "
                    "NumPy 1.23 does"
                )
            return np.from_dlpack(data)
        array = np.asarray(data)
        if array.dtype == object and callable(getattr(data, "numpy", None)):
            array = np.asarray(data.numpy())
    except (ValueError, TypeError, BufferError, RuntimeError, UserWarning) as error:
        # NumPy before 1.24 warns of lists whose lengths differ, and a warning may be an error.
        raise refuse(data, error) from error
    return array


def _exports_dlpack_only(data: Any) -> bool:
    array_views = ("__array__", "__array_interface__", "__array_struct__")
    return hasattr(data, "__dlpack__") and not any(hasattr(data, name) for name in array_views)

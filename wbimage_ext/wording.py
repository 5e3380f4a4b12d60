"""Objects in the texts of exceptions: short, whatever was passed.

In: any object. Out: one short line.
"""

from __future__ import annotations

import reprlib
from types import ModuleType
from typing import Any

_MOST_CHARACTERS = 80
MOST_BITS = 14_000  # of an int: Python writes at most 4300 decimal digits


class _ShortRepr(reprlib.Repr):
    """reprlib's, which makes no repr of a long bytes object or int either."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = _MOST_CHARACTERS

    def repr_bytes(self, data: bytes | bytearray, _level: int) -> str:
        if len(data) <= _MOST_CHARACTERS // 4:
            return repr(data)
        return f"<{type(data).__name__} of {len(data)} bytes>"

    repr_bytearray = repr_bytes

    def repr_int(self, number: int, level: int) -> str:
        if number.bit_length() <= MOST_BITS:
            return super().repr_int(number, level)
        return f"<int of {number.bit_length()} bits>"


_short_repr = _ShortRepr()


def shown(value: Any) -> str:
    """A value as repr writes it, cut in its middle where that is long; an array by its shape."""
    shape = _attribute(value, "shape")
    if shape is None or (isinstance(shape, tuple) and not shape):
        return shortened(_short_repr.repr(value))
    return describe(value)


def describe(data: Any) -> str:
    """Type, shape and dtype of an object, as far as it has them."""
    kind = type(data)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    if isinstance(data, (type, ModuleType)):
        # NumPy and its classes have attributes of these names.
        return name
    shape, dtype = _attribute(data, "shape"), _attribute(data, "dtype")
    if isinstance(shape, tuple):
        name += f" of shape {list(shape)}"
    if dtype is not None:
        name += f"{' and' if isinstance(shape, tuple) else ' of'} dtype {shortened(str(dtype))}"
    return name


def _attribute(value: Any, name: str) -> Any:
    try:
        return getattr(value, name, None)
    except Exception:  # of a property, as the shape of torch's nested tensors
        return None


def shortened(text: str) -> str:
    """The text, cut in its middle where it is long."""
    if len(text) <= 2 * _MOST_CHARACTERS:
        return text
    return f"{text[:_MOST_CHARACTERS]}...{text[-_MOST_CHARACTERS:]}"

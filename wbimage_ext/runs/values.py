"""What a value is in JSON.

In: any value of a logged dict, of config or of a summary. Out: None, bool, int, float, str, list
and dict. NaN and infinities become the texts that wandb writes. A value without a form in JSON
becomes its text, unless the caller decides otherwise.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import os
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

import numpy as np

from ..wording import MOST_BITS

MOST_CHARACTERS = 200  # of a text that stands for a value
MOST_LEVELS = 100  # of nested dicts and lists; Python's json module ends at about 1000

_BYTES = (bytes, bytearray, memoryview)

# What becomes of a value without a form in JSON: its place and itself in, a text out.
WithoutForm = Callable[[str, Any], str]


def text_of(place: str, value: Any) -> str:
    """The `str` of a value, shortened to MOST_CHARACTERS."""
    try:
        text = str(bytes(value[:MOST_CHARACTERS]) if isinstance(value, _BYTES) else value)
    except Exception:  # of the value's own __str__
        text = object.__repr__(value)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 3]}..."


def key_text(key: Any) -> str:
    """A dict's key as JSON has it: 1, np.int64(1) and torch.tensor(1) become "1"."""
    if isinstance(key, str):
        return str(key)
    plain = plain_json("key", key)
    return plain if isinstance(plain, str) else str(plain)


def plain_json(
    place: str, value: Any, without_form: WithoutForm = text_of, *, _level: int = 0
) -> Any:
    """`value` as JSON has it.

    Numbers and arrays of NumPy, torch, JAX and TensorFlow become plain numbers and lists; an array
    with one element becomes its number, as in wandb. Keys become str.

    Args:
        place: where the value is, such as `config.lr`.
        value: any object.
        without_form: called for what JSON has no form for, and for what is nested too deeply.
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int) and not isinstance(value, enum.Enum):
        return value if value.bit_length() <= MOST_BITS else f"{value:#x}"[:MOST_CHARACTERS]
    if isinstance(value, float):
        return _plain_float(value)
    if _level > MOST_LEVELS:  # a list that holds itself has no end
        return without_form(place, value)

    def inner(inner_place: str, inner_value: Any) -> Any:
        return plain_json(inner_place, inner_value, without_form, _level=_level + 1)

    if isinstance(value, Mapping):
        plain = {}
        for key, item in value.items():
            text = key_text(key)
            plain[text] = inner(f"{place}.{text}", item)
        return plain
    if isinstance(value, (Sequence, Set)) and not isinstance(value, _BYTES):
        return [
            _plain_float(item) if type(item) is float else inner(f"{place}[{i}]", item)
            for i, item in enumerate(value)
        ]
    is_known, known = _known_object(value)
    return inner(place, known) if is_known else without_form(place, value)


def _plain_float(value: float) -> float | str:
    if value == value and abs(value) != float("inf"):
        return value
    return "NaN" if value != value else ("Infinity" if value > 0 else "-Infinity")


def _known_object(value: Any) -> tuple[bool, Any]:
    """Whether the kind of object is known, and what it is in plainer objects."""
    if isinstance(value, _BYTES):
        return _short_text(value)
    if isinstance(value, np.generic):
        return _numpy_scalar(value)
    if isinstance(value, enum.Enum):
        return True, value.value
    if isinstance(value, (datetime.date, datetime.time)):
        return True, value.isoformat()
    if isinstance(value, os.PathLike):
        return True, os.fsdecode(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return True, {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if hasattr(value, "__qualname__") and hasattr(value, "__module__"):
        return True, f"{value.__module__}.{value.__qualname__}"
    return _array(value)


def _short_text(value: bytes | bytearray | memoryview) -> tuple[bool, Any]:
    """Bytes that are a short text are that text, as in wandb."""
    try:
        return len(value) <= MOST_CHARACTERS, bytes(value[:MOST_CHARACTERS]).decode()
    except UnicodeDecodeError:
        return False, None


def _numpy_scalar(value: np.generic) -> tuple[bool, Any]:
    if isinstance(value, np.floating):
        return True, float(value)  # np.longdouble's tolist gives np.longdouble again
    if isinstance(value, (np.complexfloating, np.datetime64, np.timedelta64)):
        return True, str(value)
    return True, value.tolist()


def _array(value: Any) -> tuple[bool, Any]:
    """The lists of an array; a single element, in any number of dimensions, without them."""
    try:
        if not hasattr(value, "tolist") and hasattr(value, "numpy"):
            value = value.numpy()  # of TensorFlow
        lists = value.tolist() if hasattr(value, "tolist") else None
    except (NotImplementedError, RuntimeError, TypeError, ValueError):
        return False, None  # such as a sparse tensor, or one without data
    if not isinstance(lists, (list, int, float, complex, str, np.generic)):
        return False, None
    shape = getattr(value, "shape", ())
    if isinstance(lists, list) and shape and np.prod(shape) == 1:
        lists = np.asarray(lists, object).item()
    return True, lists

"""What a logged value is in JSON: NumPy's and torch's numbers and arrays become plain ones."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from typing import Any

import numpy as np


def plain_json(key: str, value: Any) -> Any:
    """`value` as JSON has it: NumPy's and torch's numbers and arrays become plain ones.

    Raises:
        TypeError: it has no form in JSON; names the key.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        # JSON has no NaN and no infinity; wandb writes these as text.
        if value == value and abs(value) != float("inf"):
            return value
        return "NaN" if value != value else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, Mapping):
        return {str(k): plain_json(f"{key}.{k}", v) for k, v in value.items()}
    if isinstance(value, (list, tuple, range, set, frozenset)):
        return [plain_json(key, item) for item in value]
    if isinstance(value, (np.generic, np.ndarray)) or hasattr(value, "tolist"):
        return plain_json(key, value.tolist())
    if isinstance(value, (datetime.date, os.PathLike)):
        return str(value)
    raise TypeError(f"{key!r}: a {type(value).__name__} cannot be logged: {value!r}")

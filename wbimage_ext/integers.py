"""Arguments that have to be integers.

In: any object. Out: an int, or None where the object is none.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np


def as_integer(value: Any) -> int | None:
    """The int that an integer of any library stands for; None for a bool and for anything else."""
    if type(value) is int:
        return value
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        return operator.index(value)
    except TypeError:
        # Arrays have __index__, too, and refuse here where they hold several values.
        return None

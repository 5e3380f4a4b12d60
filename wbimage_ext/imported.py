"""What modules hold that somebody else imported.

In: the names of a module and of something in it. Out: the thing, or a default. Nothing is imported.
"""

from __future__ import annotations

import sys
from typing import Any


def imported(module: str, name: str, default: Any = None) -> Any:
    """`name` of a module; the default where the module is not imported, or not to its end.

    Another thread may be importing it now: it is in sys.modules from its first line on.
    """
    return getattr(sys.modules.get(module), name, default)

"""What every reader gives: a run's rows, and what is known about it besides them.

In: nothing; readers fill it in. Out: a Run, whose rows have one shape for LocalRun and wandb:
``{"_step": int, key: value, ...}``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = dict[str, Any]


@dataclass
class Run:
    """A run that can be read once.

    ``media_root`` is the folder that the media paths in the rows are relative to.
    ``describe`` returns name, start (ISO text or "") and config, known once the rows are read.
    """

    kind: str
    media_root: Path
    rows: Iterator[Row]
    describe: Callable[[], tuple[str, str, dict[str, Any]]]
    skipped: Counter[str] = field(default_factory=Counter)

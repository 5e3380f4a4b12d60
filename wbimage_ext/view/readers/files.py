"""Reads files of a run that somebody else may have made.

In: a path in a run's folder and the most bytes that are wanted. Out: the file's content, or an
exception. Links that lead out of the folder, pipes, devices and larger files are refused.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

TEXT_MOST_BYTES = 64 * 1024 * 1024


def read_in_run(file: Path, root: Path, most_bytes: int = TEXT_MOST_BYTES) -> bytes:
    """What a regular file below `root` holds.

    Raises:
        ValueError: it is none, or larger than `most_bytes`.
        OSError: it cannot be read.
    """
    content = read_head_in_run(file, root, most_bytes + 1)
    if len(content) > most_bytes:
        raise ValueError(f"{file} is over {most_bytes} bytes")
    return content


def read_head_in_run(file: Path, root: Path, size_bytes: int) -> bytes:
    """The first bytes of a regular file below `root`; raises as `read_in_run` does."""
    if not file.resolve().is_relative_to(root.resolve()):
        raise ValueError(f"{file} leads out of {root}")
    # A pipe would not open until somebody writes to it.
    if not stat.S_ISREG(os.stat(file).st_mode):
        raise ValueError(f"{file} is no regular file")
    with file.open("rb") as opened:
        return opened.read(size_bytes)

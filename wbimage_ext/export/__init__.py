"""Brings a logged run to another logger: to wandb, to TensorBoard, or into plain files.

In: the folder of a run, of LocalRun or of wandb. Out: the same rows and pictures in another form.
No picture is encoded again: its file is copied, byte by byte. The run itself is only read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

__all__ = ["TARGETS", "Exported", "export_run"]

TARGETS = ("wandb", "tensorboard", "folder")

# The rows to go through and their number in; the rows out, after showing how far it is.
Progress = Callable[[Iterable[Any], int], Iterable[Any]]


@dataclass
class Exported:
    """What became of a run.

    Attributes:
        place: where it is now.
        rows: how many rows were exported; rows of one step are one row.
        pictures: how many pictures were exported.
        notes: sentences on what the target has no place for.
        problems: sentences on what could not be read, and is missing there.
    """

    place: str
    rows: int = 0
    pictures: int = 0
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def export_run(
    run: str | os.PathLike[str],
    to: str,
    output: str | os.PathLike[str] | None = None,
    progress: Progress = lambda rows, _count: rows,
) -> Exported:
    """Export one run.

    If it is interrupted, nothing half-written counts, and it can be called again.

    Args:
        run: the folder of a LocalRun, or of a wandb run.
        to: `wandb`, `tensorboard` or `folder`.
        output: the folder to write to. The default is `wbimage-exports/TARGET/NAME` under the
            current directory, and for wandb its own default.
        progress: shows how far it is.

    Raises:
        FileNotFoundError: there is no such run.
        ValueError: the folder holds no run, or `to` is none of the three.
        ImportError: the package of the target is not installed.
        FileExistsError: the output holds other files, or another run's export.
        RuntimeError: another process is exporting to the output.
        OSError: the output cannot be written.
    """
    from .source import Source

    if to not in TARGETS:
        raise ValueError(f"runs can be exported to {', '.join(TARGETS)}, not to {to!r}")
    target = import_module(f".to_{to}", __name__)
    target.check_installed()
    source = Source(run)
    exported: Exported = target.export(source, output, progress)
    if source.unfinished:
        exported.notes.append(f"the run's file has an {source.unfinished}, which was left out")
    return exported

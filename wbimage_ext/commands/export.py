"""`wbimage export`: brings a run to wandb, to TensorBoard or into plain files."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from ..export import export_run
from . import DONE, SOMETHING_FAILED
from .terminal import shown, with_progress


def run(options: argparse.Namespace) -> int:
    """Export the run, print where it is now, and name what is missing there."""
    progress = partial(with_progress, unit="row")
    exported = export_run(options.run, options.to, options.output, progress)
    rows = f"{exported.rows} row{'s' * (exported.rows != 1)}"
    pictures = f"{exported.pictures} picture{'s' * (exported.pictures != 1)}"
    print(f"{rows} and {pictures} are in {shown(exported.place)}")
    for note in exported.notes:
        print(shown(note))
    for problem in exported.problems:
        print(f"wbimage: not exported: {shown(problem)}", file=sys.stderr)
    return SOMETHING_FAILED if exported.problems else DONE

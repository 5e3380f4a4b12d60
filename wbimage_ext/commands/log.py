"""`wbimage log`: checks image files and copies them into a run, one step each."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence

from ..image import Image
from ..runs.local_run import LocalRun
from . import DONE, SOMETHING_FAILED
from .terminal import matching_files, print_error, print_place

_MANY_FILES = 20


def run(options: argparse.Namespace) -> int:
    """Log the files; a file that cannot be logged is named, and the others are logged."""
    files = matching_files(options.files)
    failed = 0
    start = time.perf_counter()
    with LocalRun(options.dir) as run:
        for path in _with_progress(files):
            try:
                run.log({options.key: Image(path, caption=os.path.basename(path))})
            except (OSError, ValueError) as error:
                failed += 1
                print_error(error)
    seconds = time.perf_counter() - start
    print(f"logged {len(files) - failed} of {len(files)} files in {seconds:.2f} s")
    print_place(run.dir)
    return SOMETHING_FAILED if failed else DONE


def _with_progress(paths: Sequence[str]) -> Iterable[str]:
    if len(paths) < _MANY_FILES:
        return paths
    try:
        from tqdm import tqdm
    except ImportError:
        return _plain_progress(paths)
    if not sys.stderr.isatty():
        return _plain_progress(paths)
    return tqdm(paths, unit="file")


def _plain_progress(paths: Sequence[str]) -> Iterator[str]:
    for done, path in enumerate(paths):
        if done and done % max(1, len(paths) // 10) == 0:
            print(f"{done} of {len(paths)} files", file=sys.stderr)
        yield path

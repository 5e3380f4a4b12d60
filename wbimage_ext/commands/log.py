"""`wbimage log`: checks image files and copies them into a run, one step each."""

from __future__ import annotations

import argparse
import contextlib
import os
import time

from ..files.names import run_file_name
from ..image import Image
from ..runs.local_run import LocalRun
from . import DONE, SOMETHING_FAILED
from .terminal import matching_files, print_error, print_place, with_progress


def run(options: argparse.Namespace) -> int:
    """Log the files; a file that cannot be logged is named, and the others are logged."""
    files = matching_files(options.files)
    run_file_name(options.key, 0, "", "")  # refuses a key that no file can have
    run: LocalRun | None = None
    logged = 0
    start = time.perf_counter()
    with contextlib.ExitStack() as stack:
        for path in with_progress(files, len(files), unit="file"):
            image = _image(path)
            if image is None:
                continue
            if run is None:  # files that all fail make no run
                run = stack.enter_context(LocalRun(options.dir))
            try:
                run.log({options.key: image})
                logged += 1
            except (OSError, ValueError) as error:
                print_error(error)
    seconds = time.perf_counter() - start
    print(f"logged {logged} of {len(files)} files in {seconds:.2f} s")
    if run is not None:
        print_place(run.dir)
    return DONE if logged == len(files) else SOMETHING_FAILED


def _image(path: str) -> Image | None:
    """The image of a file; None after printing why there is none."""
    try:
        if os.path.isdir(path):
            pattern = os.path.join(path, "*.png")
            raise IsADirectoryError(f"{path} is a folder; a pattern such as {pattern} names files")
        return Image(path, caption=os.path.basename(path))
    except (OSError, ValueError) as error:
        print_error(error)
        return None

"""Pages to look at runs: images, masks, boxes, metrics, of one run or of several.

In: runs' directories (LocalRun's, or wandb's offline or online ones) and folders that hold some.
Out: one `index.html`, which needs no network, no server and no Python to be looked at; or a
server, whose page follows the runs as they grow. Nothing here imports wandb or NumPy, and importing
this package reads no other file.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

__all__ = ["write_page"]


def write_page(
    runs: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str] | None = None,
) -> Path:
    """Write the page of a run, or one page of several runs, and return its path.

    The page is replaced whole or not at all, and may be written while the runs are still going.

    Args:
        runs: a `LocalRun` directory, a wandb run directory (`offline-run-...`), its `files`
            folder, its `run-....wandb` file, a folder that holds runs at any depth, or several
            of these.
        output: the folder for `index.html`; made if missing. By default the folder that holds
            `media/` of the one run, or the folder that holds all runs, so that runs and page can
            be moved or zipped together. Give one when that folder is read-only.

    Returns:
        The path of `index.html`.

    Raises:
        FileNotFoundError: a path does not exist.
        ValueError: there is no run; the message says what was looked for.
        FileExistsError: the folder has an `index.html` that is not a page of this package.
        OSError: the page cannot be written; the message says where and what would help.
    """
    from .library import Library, no_run
    from .page import write_runs

    paths = [runs] if isinstance(runs, (str, os.PathLike)) else list(runs)
    library = Library(paths)
    catalogs = library.read_all()
    if not catalogs:
        raise no_run(paths, library)
    if output is not None:
        folder = Path(output)
    elif len(catalogs) == 1:
        folder = catalogs[0].run.media_root
    else:
        folder = library.folder()
    return write_runs(catalogs, folder, library.notes())

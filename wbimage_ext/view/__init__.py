"""One local page for everything a run logged: images, masks, boxes, steps.

In: a run's directory (LocalRun's, or wandb's offline or online one). Out: one ``index.html``
beside the media, which needs no network, no server and no Python to be looked at.
Nothing here imports wandb or NumPy, and importing this package reads no other file.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["write_page"]


def write_page(
    run_dir: str | os.PathLike[str], output: str | os.PathLike[str] | None = None
) -> Path:
    """Write the page of a run and return its path.

    The page is replaced whole or not at all, and may be written while the run is still going.

    Arguments:
        run_dir: a ``LocalRun`` directory, a wandb run directory (``offline-run-...``), its
            ``files`` folder, or its ``run-....wandb`` file.
        output: the folder for ``index.html``; made if missing. By default the folder that
            holds ``media/``, so that run and page can be moved or zipped together. Give one
            when that folder is read-only.

    Returns:
        The path of ``index.html``.

    Raises:
        FileNotFoundError: ``run_dir`` does not exist.
        ValueError: it is no run; the message says what was looked for.
        OSError: the page cannot be written; the message says where and what would help.
    """
    from .catalog import build_catalog
    from .page import write_catalog
    from .readers import open_run

    run = open_run(run_dir)
    folder = run.media_root if output is None else Path(output)
    return write_catalog(build_catalog(run), folder)

"""Opens a wandb run by its run file, ``run-<id>.wandb``.

In: the file's path. Out: a Run. The files it names lie in ``files`` beside it.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .run import Run
from .wandb_log import WandbLog


def open_wandb_run(path: Path) -> Run:
    """Return the run of this file; raises ValueError where its media folder is a link."""
    log = WandbLog(path)

    def describe() -> tuple[str, str, dict[str, Any]]:
        started = ""
        # No later than the year 9999, which datetime ends with.
        if 0 < log.started < 253402300800:
            started = datetime.fromtimestamp(log.started, timezone.utc).isoformat()
        return log.name or path.stem, started, log.config

    root = path.parent / "files"
    if root.is_symlink():
        raise ValueError(f"{root} is a link, and might lead out of the run")
    return Run("wandb run", root, log.rows(), describe, log.skipped)

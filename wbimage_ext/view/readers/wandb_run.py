"""Reads a wandb run from its run file, `run-<id>.wandb`.

In: the file's path. Out: a Run. The files that its rows name lie in `files` beside it. Pictures
of logged tables lie where wandb stages artifacts on this machine, until wandb clears that.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .files import TEXT_MOST_BYTES, read_in_run
from .run import About, Details, Row, Run
from .wandb_log import WandbLog


class WandbRunReader(Run):
    """The run of one run file."""

    kind = "wandb run"

    def __init__(self, file: Path) -> None:
        root = file.parent / "files"
        if root.is_symlink():
            raise ValueError(f"{root} is a link, and might lead out of the run")
        super().__init__(file, root)
        self._log = WandbLog(file)
        self.skipped = self._log.skipped

    def rows(self) -> Iterator[Row]:
        self.check_place()
        for row in self._log.rows():
            self.offset = self._log.offset
            yield row
        self.offset = self._log.offset
        self.unfinished = "unfinished record at the end" if self._log.is_unfinished else ""

    def about(self) -> About:
        log = self._log
        started = ""
        # No later than the year 9999, which datetime ends with.
        if 0 < log.started < 253402300800:
            started = datetime.fromtimestamp(log.started, timezone.utc).isoformat()
        return About(log.name or self.file.stem, started, log.config, log.exit_code)

    def details(self) -> Details:
        log = self._log
        return Details(
            id=log.texts.get("id", ""),
            project=log.texts.get("project"),
            group=log.texts.get("group"),
            job_type=log.texts.get("job_type"),
            notes=log.texts.get("notes"),
            tags=list(log.tags),
            summary=log.summary,
            metrics=dict(log.metrics),
        )

    def table(self, key: str, value: Row) -> dict[str, Any] | None:
        # The artifact that holds the pictures is written to the log before the row is.
        files = self._log.staged.get(f"{key}.table.json", {})
        staging = staging_folder()
        try:
            content = read_in_run(Path(files[f"{key}.table.json"]), staging, TEXT_MOST_BYTES)
            table = json.loads(content)
        except (KeyError, OSError, ValueError, RuntimeError):  # a loop of links, or too deep
            return None
        if not isinstance(table, dict):
            return None
        staged = {name: Path(place) for name, place in files.items()}
        return {**table, "staged": staged, "staging": staging}


def staging_folder() -> Path:
    """Where wandb keeps the files of artifacts until they are uploaded.

    wandb 0.16.3 to 0.31.0: `WANDB_DATA_DIR`, or the user's data folder as platformdirs has it.
    """
    given = os.environ.get("WANDB_DATA_DIR")
    if given:
        base = Path(given).expanduser()
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Application Support/wandb"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "wandb/wandb"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "wandb"
    return base / "artifacts" / "staging"

"""Which folder a run takes, from `dir`, `id` and `resume`.

In: arguments of `init`. Out: a path; nothing is made. Without `dir` a run lies in `wbimage-runs`,
in a folder that has its id as name. A run that is there already is continued.
"""

from __future__ import annotations

import datetime
import json
import os
import re
from pathlib import Path
from typing import Any

from ..files.locks import lock
from ..files.names import check_characters
from ..wording import shown

RUNS_FOLDER = "wbimage-runs"
RANKS_FOLDER = "ranks"
HISTORY_NAME = "history.jsonl"
ABOUT_NAME = "run.json"
RESUME = (None, False, True, "auto", "allow", "must", "never")
# What a folder's name must not hold on some system, and what wandb refuses in an id.
_NOT_IN_ID = re.compile(r"[/\\#?%:*<>|\"\x00-\x1f]|^\.*$")


def run_directory(
    given: str | os.PathLike[str] | None, run_id: Any, resume: Any, rank: int | None = None
) -> str:
    """The folder of a run, absolute.

    Args:
        given: the folder itself; `~` is expanded.
        run_id: the name of a folder in `wbimage-runs`, where `given` is None.
        resume: "must" wants a run there, "never" wants none. "auto" and True continue the newest
            run in `wbimage-runs` if it did not end well, where `given` and `run_id` are None.
        rank: that of this process, where the ranks of a job log into the folder.

    Raises:
        ValueError: a `given` that is empty or can be no path, an id that cannot name a folder, or
            another `resume`.
        FileNotFoundError: "must" found no run.
        FileExistsError: "never" found a run.
    """
    if resume not in RESUME:
        words = ", ".join(map(repr, RESUME))
        raise ValueError(f"resume must be one of {words}, not {shown(resume)}")
    if given is not None:
        folder = os.fsdecode(given)
        if not folder:
            raise ValueError(
                "dir is empty: give a folder, or None for a new one under wbimage-runs"
            )
        check_characters(folder, f"dir {shown(given)}")
    elif run_id is not None:
        if _NOT_IN_ID.search(str(run_id)):
            raise ValueError(f"id {shown(run_id)} cannot name a folder; letters and digits can")
        check_characters(str(run_id), f"id {shown(run_id)}")
        folder = os.path.join(RUNS_FOLDER, str(run_id))
    elif resume == "must":
        raise ValueError("resume='must' needs the run's id, or its dir")
    else:
        is_auto = resume is True or resume == "auto"
        folder = (_unfinished_run() if is_auto else None) or _new_folder()
    directory = os.path.abspath(os.path.expanduser(folder))
    own = own_folder(directory, rank)
    if resume == "must" and not is_run(directory):
        raise FileNotFoundError(f"resume='must': there is no run in {directory}")
    if resume == "never" and has_own_files(own):
        raise FileExistsError(f"resume='never': there is a run in {directory} already")
    return directory


def own_folder(directory: str, rank: int | None) -> str:
    """Where a process keeps its history, config, summary and what is known about the run.

    Pictures of all ranks lie together in `media`, since their names hold a digest.
    """
    return os.path.join(directory, RANKS_FOLDER, str(rank)) if rank else directory


def is_run(directory: str | os.PathLike[str]) -> bool:
    """Whether the folder holds a run, if only that of some ranks."""
    return has_own_files(directory) or any(Path(directory).glob(f"{RANKS_FOLDER}/*/{HISTORY_NAME}"))


def has_own_files(directory: str | os.PathLike[str]) -> bool:
    """Whether the folder holds the files of a process that logs."""
    return any(os.path.lexists(os.path.join(directory, n)) for n in (HISTORY_NAME, ABOUT_NAME))


def _new_folder() -> str:
    now = datetime.datetime.now(datetime.timezone.utc)
    return os.path.join(RUNS_FOLDER, f"run-{now:%Y%m%d_%H%M%S}-{os.urandom(4).hex()}")


def _unfinished_run() -> str | None:
    """The newest run of `wbimage-runs`, if it was killed or failed."""
    histories = Path(RUNS_FOLDER).glob(f"*/{HISTORY_NAME}")
    newest = max(histories, key=_written_at, default=None)
    if newest is None or _is_written(newest.parent):
        return None
    about = _about(newest.parent)
    is_well = "ended" in about and not about.get("exit_code")
    return None if is_well else str(newest.parent)


def _written_at(history: Path) -> float:
    try:
        return os.stat(history).st_mtime
    except OSError:  # removed meanwhile
        return 0


def _about(folder: Path) -> dict[str, Any]:
    try:
        about = json.loads((folder / ABOUT_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # of a run that was killed before it was written, or is damaged
        return {}
    return about if isinstance(about, dict) else {}


def _is_written(folder: Path) -> bool:
    """Whether a process logs to the run now, as far as the file system has locks."""
    try:
        with open(folder / HISTORY_NAME, "rb") as file:
            lock(file.fileno())
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False

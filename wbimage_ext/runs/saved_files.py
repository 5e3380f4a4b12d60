"""Files that a script saves with its run.

In: a path or a pattern. Out: copies in the folder `files` of the run, whole or not at all.
"""

from __future__ import annotations

import glob
import os

from ..files.whole import put_copy

FOLDER_NAME = "files"


def save_files(
    run_directory: str,
    pattern: str | os.PathLike[str],
    base_path: str | os.PathLike[str] | None,
) -> list[str]:
    """Copy the files that match, and return the paths of the copies.

    Folders below `base_path` are kept. Its default is the current directory; for an absolute
    pattern it is each file's own folder, as in wandb.

    Raises:
        ValueError: a file does not lie below `base_path`.
        OSError: a file cannot be read or written.
    """
    text = os.path.expanduser(os.fspath(pattern))
    found = [text] if os.path.lexists(text) else sorted(glob.glob(text, recursive=True))
    paths = [path for path in found if not os.path.isdir(path)]
    targets = [_target(run_directory, path, base_path) for path in paths]
    for path, target in zip(paths, targets, strict=True):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        put_copy(target, path, run_directory)
    return targets


def _target(run_directory: str, path: str, base_path: str | os.PathLike[str] | None) -> str:
    if base_path is None:
        base = os.path.dirname(path) if os.path.isabs(path) else os.getcwd()
    else:
        base = os.path.expanduser(os.fspath(base_path))
    relative = os.path.relpath(path, base)
    if relative.split(os.sep)[0] == os.pardir:
        raise ValueError(f"{path} does not lie below {base}: base_path can name a folder above it")
    return os.path.join(run_directory, FOLDER_NAME, relative)

"""The folder of one export: whose it is, and who writes to it now.

In: a path, the target and the run. Out: a folder that holds nothing but an export of this run, and
that no other process exports to. A mark file in it says which run it is.
"""

from __future__ import annotations

import json
import os
from types import TracebackType
from typing import Any

from ..files.errors import explained
from ..files.locks import lock
from ..files.names import safe_key
from ..files.whole import make_folder, remove_parts, write_whole
from .source import Source

MARK_NAME = "wbimage-export.json"


class OutputFolder:
    """A folder to export to; a context manager, which lets others in at its end.

    Args:
        path: made if missing.
        target: what the run is exported to.
        source: the run.

    Raises:
        FileExistsError: it holds other files, or the export of another run.
        NotADirectoryError: it is a file.
        RuntimeError: another process is exporting to it.
        OSError: it cannot be made or written.
    """

    def __init__(self, path: str, target: str, source: Source) -> None:
        self.path = path
        mark = {"to": target, "run": source.identity, "name": source.name}
        mark_path = os.path.join(path, MARK_NAME)
        if os.path.lexists(path) and not os.path.isdir(path):
            raise NotADirectoryError(f"{path} is a file; the output must be a folder")
        make_folder(path)
        known = _read(mark_path)
        if known is None and any(not name.endswith(".part") for name in os.listdir(path)):
            raise FileExistsError(f"{path} holds other files: give a new folder, or an empty one")
        if known is not None and (known.get("to"), known.get("run")) != (target, source.identity):
            raise FileExistsError(
                f"{path} holds another export, that of {known.get('name')!r} to "
                f"{known.get('to')}: give another folder"
            )
        if known is None:
            write_whole(mark_path, json.dumps(mark, indent=1).encode())
        self._mark = open(mark_path, "r+b")  # noqa: SIM115
        try:
            _lock(self._mark, path)
            remove_parts(path)
        except BaseException:
            self._mark.close()
            raise

    def __enter__(self) -> OutputFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._mark.close()


def default_output(target: str, source: Source) -> str:
    """The folder of an export where none is given."""
    name = safe_key(source.name.replace("/", "_").replace(os.sep, "_"))
    return os.path.join("wbimage-exports", target, name)


def _read(mark_path: str) -> dict[str, Any] | None:
    try:
        with open(mark_path, encoding="utf-8") as file:
            mark = json.load(file)
    except (FileNotFoundError, ValueError):
        return None
    except OSError as error:
        raise explained(error, mark_path) from error
    return mark if isinstance(mark, dict) else None


def _lock(file: Any, path: str) -> None:
    try:
        lock(file.fileno())
    except BlockingIOError:
        raise RuntimeError(f"another process is exporting to {path}") from None
    except OSError:
        return  # a file system without locks

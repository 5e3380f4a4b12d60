"""Files in the directory of a wandb run, and the messages that tell wandb's service of them.

In: a file and its place. Out: the file in the run, and one message for all that were added. Binding
and publishing are ours, because wandb's own cost more than encoding does.
"""

from __future__ import annotations

import inspect
import os
import pathlib
import threading
import weakref
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from .. import media
from ..files.stored import StoredFile
from .originals import Run, TeardownHook, TeardownStage, filesystem


class _RunFiles:
    """The directory of a wandb run, and what is there that its service has not been told of.

    A message for a hundred files costs what one for a single file does. wandb binds images and then
    asks for their JSON, so files wait for that, or for the end of the run where nobody asks.
    """

    def __init__(self, run: Any) -> None:
        # Newer versions put `run.dir` together anew each time, which takes longer than a move.
        self.directory: str = run.dir
        self._lock = threading.Lock()
        self._waiting: list[str] = []

    def add(self, run: Any, file: StoredFile, media_path: str) -> None:
        """Bring the file to its place in the directory; it is published later."""
        target = os.path.join(self.directory, media_path)
        may_link = not file.is_staged and getattr(run._settings, "allow_media_symlink", False)
        if may_link and not os.path.exists(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            source = pathlib.Path(file.path).resolve()
            filesystem.link_or_copy(run._settings, source, pathlib.Path(target))
            file.path = target
        else:
            file.publish(target, self.directory)
        with self._lock:
            self._waiting.append(media_path)

    def publish(self, run: Any) -> None:
        """Tell the service of what waits."""
        with self._lock:
            names, self._waiting = self._waiting, []
        try:
            if names:
                _publish_files(run, names)
        except BaseException:
            # To be told of when wandb asks the next time.
            with self._lock:
                self._waiting[:0] = names
            raise


_files_of_runs: weakref.WeakKeyDictionary[Any, _RunFiles] = weakref.WeakKeyDictionary()
if hasattr(os, "register_at_fork"):
    # What waited is the parent's to publish.
    os.register_at_fork(after_in_child=_files_of_runs.clear)


def files_of(run: Any) -> _RunFiles:
    files = _files_of_runs.get(run)
    if files is None:
        files = _files_of_runs.setdefault(run, _RunFiles(run))
        reference = weakref.ref(run)
        hook = TeardownHook(lambda: publish_waiting(reference()), TeardownStage.EARLY)
        run._teardown_hooks.append(hook)
    return files


def publish_waiting(run: Any) -> None:
    files = _files_of_runs.get(run) if isinstance(run, Run) else None
    if files is not None:
        files.publish(run)


def _publish_files(run: Any, names: Sequence[str]) -> None:
    # The method was called _datatypes_callback before 0.19.
    method = "_publish_file" if hasattr(run, "_publish_file") else "_datatypes_callback"
    if len(names) > 1 and _publish_in_one_message(run, method, names):
        return
    for name in names:
        getattr(run, method)(name)


def _publish_in_one_message(run: Any, method: str, names: Sequence[str]) -> bool:
    """Let wandb's own method say what it would send for each file, and send that together."""
    backend = getattr(run, "_backend", None)
    interface = getattr(run, "_interface", None) or getattr(backend, "interface", None)
    if interface is None:
        return False
    files: list[Any] = []
    listener = SimpleNamespace(publish_files=lambda message: files.extend(message["files"]))
    stand_in = SimpleNamespace(_interface=listener, _backend=SimpleNamespace(interface=listener))
    try:
        describe = inspect.unwrap(getattr(type(run), method))
        for name in names:
            describe(stand_in, name)
    except (AttributeError, TypeError, KeyError):
        return False
    if len(files) != len(names):
        return False
    interface.publish_files({"files": files})
    return True


def bind_in_place(value: Any, run: Any, key: int | str, step: int | str, id_: Any) -> None:
    """Media.bind_to_run for an object of wandb's own."""
    file = StoredFile(value._path, value._sha256, value._size, is_staged=value._is_tmp)
    files_of(run).add(run, file, media.run_path(value, key, step, id_))
    value._path, value._is_tmp, value._run = file.path, False, run


def needs_wandb_to_bind(value: Any, run: Any) -> bool:
    """Whether wandb has questions to ask: of the server about artifacts, or of odd arguments."""
    return (
        not isinstance(run, Run)
        or not value.file_is_set()
        or value.path_is_reference(value._path)
        or may_be_in_artifact(value)
    )


def may_be_in_artifact(value: Any) -> bool:
    return value._artifact_source is not None or value._artifact_target is not None


def is_other_run(run_or_artifact: Any) -> bool:
    """Whether this is a run that is not wandb's, such as LocalRun."""
    return not isinstance(run_or_artifact, Run) and hasattr(run_or_artifact, "dir")

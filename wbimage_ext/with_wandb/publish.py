"""Files in the directory of a wandb run, and the messages that tell wandb's service of them.

In: values that wandb binds one after the other. Out: all of their files in the run at once, and one
message for all, when wandb asks for the JSON of the first. Binding and publishing are ours, because
wandb's own cost more than encoding does.
"""

from __future__ import annotations

import glob
import os
import pathlib
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..annotations import BoundingBoxes2D, ImageMask
from ..files.stored import FoundFile, MadeFile, StoredFile
from ..files.whole import make_folder
from ..media import Media, places_of, put_together, set_places
from .originals import (
    Run,
    TeardownHook,
    TeardownStage,
    WandbBoxes,
    WandbMask,
    filesystem,
)


class _RunFiles:
    """What was bound to a wandb run and is not in its directory yet, or is there unpublished.

    wandb binds the images of a list one by one, and then asks for the JSON of the list. Files wait
    for that, or for the end of the run where nobody asks.
    """

    def __init__(self, run: Any) -> None:
        # Newer versions put `run.dir` together anew each time, which takes longer than a file.
        self.directory: str = run.dir
        # A signal's handler may log while its thread is in here.
        self._lock = threading.RLock()
        self._waiting: dict[int, tuple[Any, str]] = {}
        self._unpublished: list[str] = []

    def add(self, value: Any, place: str) -> None:
        """Let the file of `value` wait for its place in the directory."""
        self._waiting[id(value)] = (value, place)

    def has_waiting(self, value: Any) -> bool:
        """Whether the file of `value` waits."""
        return id(value) in self._waiting

    def put_in_place(self, run: Any, values: Iterable[Any] | None = None) -> None:
        """Put the files of these values in place, or all that wait, and publish them.

        Another thread's that are under way are waited for. A value whose file cannot be put there
        is bound no longer.
        """
        with self._lock:
            ids = list(self._waiting) if values is None else [id(value) for value in values]
            places = [*filter(None, (self._waiting.pop(n, None) for n in ids))]
            try:
                if getattr(run._settings, "allow_media_symlink", False):
                    places_to_copy = _link_found_files(places, run, self.directory)
                else:
                    places_to_copy = places
                put_together(places_to_copy, run, self.directory)
            except BaseException:
                for value, _place in places:
                    value._run = None
                raise
            names = [*self._unpublished, *(place for _value, place in places)]
            # Told of the next time, where it fails now.
            self._unpublished = names
            if names:
                _publish(run, names)
            self._unpublished = []


_files_of_runs: weakref.WeakKeyDictionary[Any, _RunFiles] = weakref.WeakKeyDictionary()
if hasattr(os, "register_at_fork"):
    # What waited is the parent's to put in place.
    os.register_at_fork(after_in_child=_files_of_runs.clear)


def _link_found_files(
    places: Sequence[tuple[Any, str]], run: Any, directory: str
) -> list[tuple[Any, str]]:
    """Link to the user's own files, as the run's settings ask for; the places that are left."""
    left = []
    for value, place in places:
        target = os.path.join(directory, place)
        if isinstance(value._file, FoundFile) and not os.path.exists(target):
            value._file.check()
            make_folder(os.path.dirname(target))
            source = pathlib.Path(value._file.path()).resolve()
            filesystem.link_or_copy(run._settings, source, pathlib.Path(target))
            set_places([(value, place)], run, directory)
        else:
            left.append((value, place))
    return left


def _publish(run: Any, names: Sequence[str]) -> None:
    """Tell wandb's service of files, all in one message; wandb itself sends one for each."""
    if hasattr(run, "_interface"):
        interface = run._interface
    else:
        interface = run._backend and run._backend.interface
    if interface:
        # Up to 0.18, where the method for one file has another name, the service took patterns.
        escape = str if hasattr(run, "_publish_file") else glob.escape
        interface.publish_files({"files": [(escape(name), "now") for name in names]})


def files_of(run: Any) -> _RunFiles:
    """The files of a run, which are put in place at its end where that was not done before."""
    files = _files_of_runs.get(run)
    if files is None:
        files = _files_of_runs.setdefault(run, _RunFiles(run))
        reference = weakref.ref(run)

        def put_the_rest_in_place() -> None:
            ending = reference()
            if ending is not None:
                files_of(ending).put_in_place(ending)

        run._teardown_hooks.append(TeardownHook(put_the_rest_in_place, TeardownStage.EARLY))
    return files


def bind_to_run(
    wandb_bind: Callable[..., None],
    value: Any,
    run: Any,
    key: int | str,
    step: int | str,
    id_: int | str | None,
    ignore_copy_err: bool | None,
) -> None:
    """Bind a value to a wandb run; with `wandb_bind` where artifacts are concerned."""
    if is_in_artifact(value) or _is_reference(value):
        give_path(value)
        # wandb moves what is temporary, which copies may need.
        value._is_tmp = False
        wandb_bind(value, run, key, step, id_, ignore_copy_err)
    else:
        bind(value, run, key, step, id_)


def bind(
    value: Any, run: Any, key: int | str, step: int | str, id_: int | str | None = None
) -> None:
    """Bind a value to a wandb run, with an image's boxes and masks, and the names of classes."""
    files = files_of(run)
    for part in parts_of(value):
        if "_file" not in part.__dict__:
            # wandb itself made it.
            part._file, part._places = file_of(part), {}
    for part, place in places_of(value, key, step, id_):
        files.add(part, place)
        part._bound_as = key, step
        part._run = run
        if isinstance(part, WandbBoxes):
            BoundingBoxes2D._add_labels(part, run, key)
        elif isinstance(part, WandbMask):
            ImageMask._add_labels(part, run, key)


def put_where_it_waits(value: Any) -> bool:
    """Put the value's file in place if it waits for that; whether it did."""
    run = value._run
    files = _files_of_runs.get(run) if isinstance(run, Run) else None
    if files is None or not files.has_waiting(value):
        return False
    files.put_in_place(run, [value])
    return True


# Questions about a value, of this package's classes or wandb's.


def parts_of(value: Any) -> list[Any]:
    """The value and its boxes and masks."""
    layers = [getattr(value, name, None) or {} for name in ("_boxes", "_masks")]
    return [value, *layers[0].values(), *layers[1].values()]


def file_of(value: Any) -> StoredFile | None:
    """The value's file, whoever made it; None for a reference."""
    file: StoredFile | None = value.__dict__.get("_file")
    if file is not None or value._sha256 is None or _is_reference(value):
        return file
    if not value._is_tmp:
        return FoundFile(value._path, value._sha256, value._size)
    with open(value._path, "rb") as opened:
        extension = value._extension or os.path.splitext(value._path)[1]
        return MadeFile(opened.read(), extension, value._sha256)


def give_path(value: Any) -> None:
    """See to it that wandb finds a file at `_path`, whatever became of the runs that had one."""
    attributes = value.__dict__
    file = attributes.get("_file")
    if file is not None and not os.path.exists(attributes.get("_path") or ""):
        attributes["_path"] = file.path()


def is_bound(value: Any) -> bool:
    """Whether the value is in a wandb run that goes on; wandb binds any other once more."""
    return isinstance(value._run, Run) and not value._run._is_finished


def is_in_artifact(value: Any) -> bool:
    """Whether the value came from an artifact or was added to one."""
    return value._artifact_source is not None or value._artifact_target is not None


def is_other_run(run_or_artifact: Any) -> bool:
    """Whether this is a run that is not wandb's, such as LocalRun."""
    return not isinstance(run_or_artifact, Run) and hasattr(run_or_artifact, "dir")


def _is_reference(value: Any) -> bool:
    return value.__dict__.get("_file") is None and Media.path_is_reference(value._path)

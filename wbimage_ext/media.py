"""What images, masks, boxes and classes have in common: a file, its places in runs, JSON.

In: a StoredFile. Out: a file in a run's media folder and the dict that describes it. The attribute
names are those of wandb's Media, because wandb and its integrations read and write them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from .files.names import run_file_name
from .files.stored import StoredFile
from .files.together import Stopwatch, on_each
from .files.whole import make_folder

_REFERENCE = re.compile(r"^(gs|s3|https?)://")


class PathWhenAsked:
    """`_path` of an object that nobody gave another one: the path of its file.

    This package does not ask for it where there is a file: one that is only in memory is written
    when wandb, or anybody else, asks. What is assigned goes into the object and is found first.
    """

    def __get__(self, media: Any, owner: Any = None) -> Any:
        if media is None:
            return self
        file = media.__dict__.get("_file")
        return None if file is None else file.path()


class Media:
    """A value that is stored as a file in the run's `media` folder.

    `_file` is shared with copies and never changes. `_places` is the object's own: where its file
    is in each run, by the run's directory. `_run`, `_path` and `_is_tmp` tell the last of them,
    `_bound_as` its key and step.
    """

    _log_type: ClassVar[str]

    _caption: str | None
    _extension: str | None
    _bound_as: tuple[int | str, int | str]
    _file: StoredFile | None
    _is_tmp: bool
    _path: Any = PathWhenAsked()
    _places: dict[str, str]
    _run: Any
    _sha256: str | None
    _size: int | None

    def __init__(self) -> None:
        self._init_media()

    def _init_media(self) -> None:
        self._caption = None
        self._extension = None
        self._file = None
        self._is_tmp = False
        self._places = {}
        self._run = None
        self._sha256 = None
        self._size = None
        self._artifact_source: Any = None
        self._artifact_target: Any = None

    def _hold(self, file: StoredFile) -> None:
        """Take this file for the object's content."""
        self._file = file
        self._is_tmp = file.is_made
        self._sha256 = file.sha256
        self._size = file.size

    def file_is_set(self) -> bool:
        """Whether there is a file with a digest."""
        return self._sha256 is not None

    @staticmethod
    def path_is_reference(path: Any) -> bool:
        """Whether `path` is a `gs://`, `s3://` or `http(s)://` reference to external storage."""
        return isinstance(path, str) and _REFERENCE.match(path) is not None

    # The run.

    def is_bound(self) -> bool:
        """Whether the file is in a run's directory."""
        return self._run is not None

    @classmethod
    def get_media_subdir(cls) -> str:
        """The folder under the run's directory."""
        raise NotImplementedError

    def bind_to_run(
        self,
        run: Any,
        key: int | str,
        step: int | str,
        id_: int | str | None = None,
        ignore_copy_err: bool | None = None,
    ) -> None:
        """Put the file, and those of an image's boxes and masks, into the run's directory.

        They are there whole or not at all.

        Args:
            run: anything with a `dir`.
            key: name of the value; slashes make folders.
            step: step of the run.
            id_: takes the place of the digest's first 20 digits in the file name.
            ignore_copy_err: kept for compatibility; a file that is in place already is no error.

        Raises:
            ValueError: there is no file, or the key cannot be made a file name.
            OSError: the system's reason, with the path. The object can be bound again.
        """
        bind_together([(key, self)], run, step, id_)

    def _add_labels(self, run: Any, key: int | str) -> None:
        """Tell the run the names of classes, where this is a layer that has some."""

    # JSON.

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        """The dict that a run's history holds for this value.

        Raises:
            ValueError: the value is not bound to this run.
        """
        if not self._places:
            raise ValueError(
                f"Value of type {type(self).__name__} must be bound to a run with bind_to_run() "
                "before being serialized to JSON."
            )
        place = self._places.get(run_or_artifact.dir)
        if place is None:
            raise ValueError("We don't support referring to media files across runs.")
        return {
            "_type": self._log_type,
            "sha256": self._sha256,
            "size": self._size,
            "path": place.replace(os.sep, "/"),
        }

    @staticmethod
    def captions(media_items: Sequence[Any]) -> list[str | None] | bool:
        """The captions of all, or False where the first has none."""
        if media_items and media_items[0]._caption is not None:
            return [item._caption for item in media_items]
        return False

    # Copies share the file; a pickle leaves the runs behind, and carries the bytes of a made file.

    def __copy__(self) -> Any:
        return shallow_copy(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (_public_class(type(self)), state_to_pickle(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._sha256 == other._sha256

    # Values that can change compare by content and have no hash, as in wandb.
    __hash__ = None  # type: ignore[assignment]


# These take objects of wandb's own classes as well, once they have a `_file` and `_places`.


def run_path(value: Any, key: int | str, step: int | str, id_: int | str | None) -> str:
    """Where the file of `value` belongs, relative to a run's directory.

    Raises:
        ValueError: there is no file, only a reference to external storage, or the key cannot be
            made a file name.
    """
    if value._file is None:
        if Media.path_is_reference(value._path):
            raise ValueError(
                "Image media created by a reference to external storage cannot currently be added "
                "to a run"
            )
        raise ValueError(f"{type(value).__name__} has no file to bind to a run")
    extension = value._extension
    if extension is None:
        extension = value._file.extension
    name = run_file_name(key, step, value._sha256[:20] if id_ is None else id_, extension)
    return os.path.join(value.get_media_subdir(), *name.split("/"))


def places_of(
    value: Any, key: int | str, step: int | str, id_: int | str | None
) -> Iterator[tuple[Any, str]]:
    """The value and its boxes and masks, each with its place relative to a run's directory.

    Each layer's id_ is that of the one before and a digit, as in wandb.
    """
    yield value, run_path(value, key, step, id_)
    for layers in (getattr(value, "_boxes", None), getattr(value, "_masks", None)):
        for i, layer in enumerate((layers or {}).values()):
            id_ = f"{id_}{i}" if id_ is not None else None
            yield layer, run_path(layer, key, step, id_)


def put_together(places: Sequence[tuple[Any, str]], run: Any, directory: str) -> None:
    """Put the files of values into a run's directory, all of them at once; then the values know.

    Where that fails no value knows of a place; files that are there already are whole.
    """

    def put(value_and_place: tuple[Any, str]) -> None:
        value, place = value_and_place
        value._file.put(os.path.join(directory, place), directory)

    # First of all, so that no failure is part of a normal course.
    with Stopwatch() as watch:
        for folder in dict.fromkeys(os.path.dirname(place) for _value, place in places):
            make_folder(os.path.join(directory, folder))
    on_each(put, places, is_slow=watch.is_slow)
    set_places(places, run, directory)


def set_places(places: Iterable[tuple[Any, str]], run: Any, directory: str) -> None:
    """Tell values where in a run's directory their files are."""
    for value, place in places:
        value._places[directory] = place
        value._path = os.path.join(directory, place)
        value._is_tmp = False
        value._run = run


def bind_together(
    values: Sequence[tuple[int | str, Media]],
    run: Any,
    step: int | str,
    id_: int | str | None = None,
) -> None:
    """Media.bind_to_run for keys and values in one go, with the boxes and masks of images."""
    places = [(key, *place) for key, value in values for place in places_of(value, key, step, id_)]
    put_together([(value, place) for _key, value, place in places], run, run.dir)
    publish_file = getattr(run, "_publish_file", None)
    for key, value, place in places:
        value._bound_as = key, step
        if publish_file is not None:
            publish_file(place)
        value._add_labels(run, key)


def shallow_copy(value: Any) -> Any:
    """A shallow copy that has its own places in runs."""
    kind: Any = type(value)
    copied = kind.__new__(kind)
    copied.__dict__.update(value.__dict__)
    copied._places = dict(getattr(value, "_places", {}))
    return copied


def state_to_pickle(value: Any) -> dict[str, Any]:
    """The attributes of a value without the runs that it is in."""
    state = {**value.__dict__, "_run": None, "_places": {}}
    file = state["_file"]
    if file is not None:
        state.pop("_path", None)
        state["_is_tmp"] = file.is_made
    return state


def restored(kind: Any, state: dict[str, Any]) -> Any:
    """The value of a pickle: of a class, or of the public one of this name where it is read.

    So a standalone image becomes one that wandb takes where wandb is installed.
    """
    if isinstance(kind, str):
        import wbimage_ext

        kind = getattr(wbimage_ext, kind)
    value = kind.__new__(kind)
    value._init_media()
    value.__dict__.update(state)
    return value


def _public_class(kind: type) -> type | str:
    """The name of one of this package's classes; a class that is derived from them itself."""
    return kind.__name__ if kind.__module__.partition(".")[0] == __package__ else kind

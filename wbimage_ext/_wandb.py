"""The one file that imports wandb: Image and its parts as subclasses of wandb's, and install().

In: the installed wandb, 0.16.3 to 0.31.0. Out: classes that runs, tables and artifacts take as
their own. wandb is asked to describe images itself, so rows and artifacts are those of its version;
encoding, binding and publishing are ours.
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

from wandb.sdk.data_types import _dtypes
from wandb.sdk.data_types.base_types.media import BatchableMedia as _WandbBatchableMedia
from wandb.sdk.data_types.base_types.media import Media as _WandbMedia
from wandb.sdk.data_types.base_types.wb_value import WBValue as _WBValue
from wandb.sdk.data_types.helper_types.bounding_boxes_2d import BoundingBoxes2D as _WandbBoxes
from wandb.sdk.data_types.helper_types.classes import Classes as _WandbClasses
from wandb.sdk.data_types.helper_types.image_mask import ImageMask as _WandbMask
from wandb.sdk.data_types.image import Image as _WandbImage
from wandb.sdk.lib import filesystem
from wandb.sdk.wandb_run import Run, TeardownHook, TeardownStage

from . import image, media, metadata
from .store import StoredFile

# install() replaces these; what is shared between it and the subclasses calls the originals.
_wandb_bind_image = _WandbImage.bind_to_run
_wandb_seq_to_json = vars(_WandbImage)["seq_to_json"].__func__


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


def _files_of(run: Any) -> _RunFiles:
    files = _files_of_runs.get(run)
    if files is None:
        files = _files_of_runs.setdefault(run, _RunFiles(run))
        reference = weakref.ref(run)
        hook = TeardownHook(lambda: _publish_waiting(reference()), TeardownStage.EARLY)
        run._teardown_hooks.append(hook)
    return files


def _publish_waiting(run: Any) -> None:
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


def _bind_in_place(value: Any, run: Any, key: int | str, step: int | str, id_: Any) -> None:
    """Media.bind_to_run for an object of wandb's own."""
    file = StoredFile(value._path, value._sha256, value._size, is_staged=value._is_tmp)
    _files_of(run).add(run, file, media.run_path(value, key, step, id_))
    value._path, value._is_tmp, value._run = file.path, False, run


def _needs_wandb_to_bind(value: Any, run: Any) -> bool:
    """Whether wandb has questions to ask: of the server about artifacts, or of odd arguments."""
    return (
        not isinstance(run, Run)
        or not value.file_is_set()
        or value.path_is_reference(value._path)
        or _may_be_in_artifact(value)
    )


def _may_be_in_artifact(value: Any) -> bool:
    return value._artifact_source is not None or value._artifact_target is not None


def _is_other_run(run_or_artifact: Any) -> bool:
    """Whether this is a run that is not wandb's, such as LocalRun."""
    return not isinstance(run_or_artifact, Run) and hasattr(run_or_artifact, "dir")


# Describing: wandb's own JSON, once the files are published.


class _Listed:
    """An image as wandb's seq_to_json reads it: size and path are known, no file is opened."""

    def __init__(self, of: Any, run: Any, run_directory: str) -> None:
        self._of = of
        self._is_in_run = of._run is run and not _may_be_in_artifact(of)
        self._run_directory = run_directory

    def to_json(self, run: Any) -> Any:
        if not self._is_in_run:
            return self._of.to_json(run)
        path = os.path.relpath(self._of._path, self._run_directory)
        return {"path": path.replace(os.sep, "/"), "format": self._of.format}

    @property
    def image(self) -> Any:
        return self._of.image if self._of._width is None else self

    @property
    def size(self) -> tuple[int, int]:
        return self._of._width, self._of._height

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)


def _seq_to_json(cls: Any, seq: Sequence[Any], run: Any, key: str, step: int | str) -> Any:
    if not isinstance(run, Run):
        return _wandb_seq_to_json(cls, seq, run, key, step)
    _publish_waiting(run)
    directory = _files_of(run).directory
    listed = [_Listed(item, run, directory) for item in seq]
    return _wandb_seq_to_json(cls, listed, run, key, step)


def _publishing(to_json: Any) -> Any:
    def publish_and_describe(self: Any, run_or_artifact: Any) -> Any:
        _publish_waiting(run_or_artifact)
        return to_json(self, run_or_artifact)

    return publish_and_describe


_image_to_json = _publishing(_WandbImage.to_json)
_boxes_to_json = _publishing(_WandbBoxes.to_json)
_mask_to_json = _publishing(_WandbMask.to_json)


# The subclasses.


class _InWandb(media.Media):
    """Media that wandb's runs and artifacts take, and other runs as well."""

    def _init_media(self) -> None:
        # What this version of wandb keeps besides.
        _WandbMedia.__init__(self)
        super()._init_media()

    def _publish(self, run: Any, media_path: str) -> None:
        if isinstance(run, Run):
            assert self._file is not None
            _files_of(run).add(run, self._file, media_path)
        else:
            super()._publish(run, media_path)


class Classes(_InWandb, metadata.Classes, _WandbClasses):
    __doc__ = metadata.Classes.__doc__
    __module__ = "wbimage_ext"

    def to_json(self, run_or_artifact: Any = None) -> dict[str, Any]:
        if run_or_artifact is None or _is_other_run(run_or_artifact):
            return metadata.Classes.to_json(self, run_or_artifact)
        return _WandbClasses.to_json(self, run_or_artifact)


class BoundingBoxes2D(_InWandb, metadata.BoundingBoxes2D, _WandbBoxes):
    __doc__ = metadata.BoundingBoxes2D.__doc__
    __module__ = "wbimage_ext"

    def to_json(self, run_or_artifact: Any) -> Any:
        if _is_other_run(run_or_artifact):
            return metadata.BoundingBoxes2D.to_json(self, run_or_artifact)
        return _boxes_to_json(self, run_or_artifact)


class ImageMask(_InWandb, metadata.ImageMask, _WandbMask):
    __doc__ = metadata.ImageMask.__doc__
    __module__ = "wbimage_ext"

    def to_json(self, run_or_artifact: Any) -> Any:
        if _is_other_run(run_or_artifact):
            return metadata.ImageMask.to_json(self, run_or_artifact)
        return _mask_to_json(self, run_or_artifact)


class _ImageType(type(_WandbImage)):  # type: ignore[misc]
    def __instancecheck__(cls, instance: Any) -> bool:
        # wandb logs a list as one batch where every item is an instance of the first one's class;
        # wandb's own image behind one of ours belongs to it.
        if cls is Image:
            return isinstance(instance, _WandbImage)
        return super().__instancecheck__(instance)


class _FromWandb(image.Image):
    """An image that can be made of one of wandb's own."""

    @classmethod
    def _is_image(cls, data: Any) -> bool:
        return isinstance(data, (image.Image, _WandbImage))

    def _copy_image(self, other: Any) -> None:
        if not isinstance(other, image.Image):
            other = _standalone(other)
        super()._copy_image(other)


class Image(_InWandb, _FromWandb, _WandbImage, metaclass=_ImageType):
    __doc__ = image.Image.__doc__
    __module__ = "wbimage_ext"

    _boxes_class = BoundingBoxes2D
    _mask_class = ImageMask
    _classes_class = Classes

    from_json = vars(_WandbImage)["from_json"]

    def bind_to_run(
        self,
        run: Any,
        key: int | str,
        step: int | str,
        id_: int | str | None = None,
        ignore_copy_err: bool | None = None,
    ) -> None:
        if isinstance(run, Run) and _needs_wandb_to_bind(self, run):
            _wandb_bind_image(self, run, key, step, id_, ignore_copy_err)
        else:
            image.Image.bind_to_run(self, run, key, step, id_, ignore_copy_err)

    def to_json(self, run_or_artifact: Any) -> Any:
        if _is_other_run(run_or_artifact):
            return image.Image.to_json(self, run_or_artifact)
        return _image_to_json(self, run_or_artifact)

    @classmethod
    def seq_to_json(cls, seq: Sequence[Any], run: Any, key: str, step: int | str) -> Any:
        if _is_other_run(run):
            return super().seq_to_json(seq, run, key, step)
        return _seq_to_json(cls, seq, run, key, step)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, _WandbImage) and not isinstance(other, image.Image):
            return image.Image.__eq__(self, _standalone(other))
        return image.Image.__eq__(self, other)

    __hash__ = None  # type: ignore[assignment]


def _standalone(other: Any) -> image.Image:
    """The standalone image of one of wandb's own, with a file that is not taken from it."""
    copied = image.Image.__new__(image.Image)
    copied._init_media()
    copied.__dict__.update(
        {name: value for name, value in vars(other).items() if name not in _FILE_ATTRIBUTES}
    )
    copied._file = StoredFile(other._path, other._sha256, getattr(other, "_size", None))
    if other._is_tmp:
        with open(other._path, "rb") as file:
            copied._file = StoredFile.stage(
                file.read(), os.path.splitext(other._path)[1], other._sha256
            )
    return copied


_FILE_ATTRIBUTES = frozenset(("_path", "_is_tmp", "_sha256", "_size"))

_PAIRS = (
    (Image, _WandbImage),
    (BoundingBoxes2D, _WandbBoxes),
    (ImageMask, _WandbMask),
    (Classes, _WandbClasses),
)


def _register() -> None:
    """Give tables the type of wandb's class for ours, and leave wandb's in the map for reading."""
    by_class = _dtypes.TypeRegistry.types_by_class()
    by_log_type = _WBValue.type_mapping()
    for ours, theirs in _PAIRS:
        if theirs in by_class:
            by_class[ours] = by_class[theirs]
        by_log_type[theirs._log_type] = theirs


_register()


# install(): the methods of wandb's own classes, replaced in place.


class _Made(_FromWandb):
    """An image that is made to be taken over by one of wandb's, with parts of wandb's."""

    _boxes_class = _WandbBoxes
    _mask_class = _WandbMask
    _classes_class = _WandbClasses


def _take_over(value: Any, made: media.Media) -> None:
    """Give `value`, of a class of wandb's, what `made` holds."""
    attributes = dict(vars(made))
    file = attributes.pop("_file")
    vars(value).update(
        attributes,
        _path=file.path,
        _is_tmp=file.is_staged,
        _sha256=file.sha256,
        _size=file.size,
    )


def _init_image(
    self: Any,
    data_or_path: Any,
    mode: str | None = None,
    caption: str | None = None,
    grouping: float | None = None,
    classes: Any = None,
    boxes: Any = None,
    masks: Any = None,
    file_type: str | None = None,
    normalize: bool | tuple[float, float] = True,
    **options: Any,
) -> None:
    _WandbBatchableMedia.__init__(self)
    _take_over(
        self,
        _Made(
            data_or_path,
            mode,
            caption,
            grouping,
            classes,
            boxes,
            masks,
            file_type,
            normalize,
            **options,
        ),
    )


_init_image.__doc__ = image.Image.__doc__


def _init_mask(self: Any, val: Any, key: str) -> None:
    _WandbMedia.__init__(self)
    _take_over(self, metadata.ImageMask(val, key))


_init_mask.__doc__ = metadata.ImageMask.__doc__


def _bind_image(
    self: Any,
    run: Any,
    key: int | str,
    step: int | str,
    id_: int | str | None = None,
    ignore_copy_err: bool | None = None,
) -> None:
    if _needs_wandb_to_bind(self, run):
        _wandb_bind_image(self, run, key, step, id_, ignore_copy_err)
        return
    _bind_in_place(self, run, key, step, id_)
    image.bind_layers(self, run, key, step, id_, ignore_copy_err)


def _binding_layer(wandb_bind: Any, add_labels: Any) -> Any:
    def bind_layer(
        self: Any,
        run: Any,
        key: int | str,
        step: int | str,
        id_: int | str | None = None,
        ignore_copy_err: bool | None = None,
    ) -> None:
        if _needs_wandb_to_bind(self, run):
            wandb_bind(self, run, key, step, id_, ignore_copy_err)
            return
        _bind_in_place(self, run, key, step, id_)
        add_labels(self, run, key)

    return bind_layer


_REPLACEMENTS: tuple[tuple[type, str, Any], ...] = (
    (_WandbImage, "__init__", _init_image),
    (_WandbImage, "bind_to_run", _bind_image),
    (_WandbImage, "to_json", _image_to_json),
    (_WandbImage, "seq_to_json", classmethod(_seq_to_json)),
    (_WandbImage, "guess_mode", image.Image.guess_mode),
    (_WandbImage, "to_uint8", vars(image.Image)["to_uint8"]),
    (_WandbMask, "__init__", _init_mask),
    (
        _WandbMask,
        "bind_to_run",
        _binding_layer(_WandbMask.bind_to_run, metadata.ImageMask._add_labels),
    ),
    (_WandbMask, "to_json", _mask_to_json),
    (
        _WandbBoxes,
        "bind_to_run",
        _binding_layer(_WandbBoxes.bind_to_run, metadata.BoundingBoxes2D._add_labels),
    ),
    (_WandbBoxes, "to_json", _boxes_to_json),
)

_ABSENT = object()
_install_lock = threading.Lock()
_replaced: list[tuple[type, str, Any]] = []


def install() -> None:
    """See wbimage_ext.install."""
    with _install_lock:
        if _replaced:
            return
        for owner, name, replacement in _REPLACEMENTS:
            _replaced.append((owner, name, vars(owner).get(name, _ABSENT)))
            setattr(owner, name, replacement)


def uninstall() -> None:
    """See wbimage_ext.uninstall."""
    with _install_lock:
        while _replaced:
            owner, name, original = _replaced.pop()
            if original is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, original)

"""install(): the methods of wandb's own classes, replaced in place.

In: nothing. Out: `wandb.Image` and its parts encode, bind, publish and are copied as the subclasses
are; uninstall() leaves every class as it was.
"""

from __future__ import annotations

import copyreg
import threading
import weakref
from collections.abc import Callable
from typing import Any

from .. import annotations as _annotations
from .. import image, media
from .classes import FromWandb, PathInWandb
from .describe import boxes_to_json, image_to_json, mask_to_json, seq_to_json
from .originals import (
    WandbBatchableMedia,
    WandbBoxes,
    WandbClasses,
    WandbImage,
    WandbMask,
    WandbMedia,
    wandb_bind_boxes,
    wandb_bind_image,
    wandb_bind_mask,
    wandb_image_pixels,
)
from .publish import bind_to_run, is_bound, put_where_it_waits


class _Made(FromWandb):
    """An image that is made to be taken over by one of wandb's, with parts of wandb's."""

    _boxes_class = WandbBoxes
    _mask_class = WandbMask
    _classes_class = WandbClasses


# Objects without a `_path` of their own, to be given one when install() ends. They have no hash.
_without_path: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def _take_over(value: Any, made: media.Media) -> None:
    """Give `value`, of a class of wandb's, what `made` holds."""
    value.__dict__.update(made.__dict__)
    _leave_path_open(value)


def _leave_path_open(value: Any) -> None:
    if value._file is not None:
        value.__dict__.pop("_path", None)
        _without_path[id(value)] = value
        if not _replaced:
            # Another thread's uninstall() came first.
            _give_path_for_good(value)


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
    WandbBatchableMedia.__init__(self)
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
    WandbMedia.__init__(self)
    _take_over(self, _annotations.ImageMask(val, key))


_init_mask.__doc__ = _annotations.ImageMask.__doc__


def _init_boxes(self: Any, val: Any, key: str) -> None:
    WandbMedia.__init__(self)
    _take_over(self, _annotations.BoundingBoxes2D(val, key))


_init_boxes.__doc__ = _annotations.BoundingBoxes2D.__doc__


def _binding(wandb_bind: Callable[..., None]) -> Callable[..., None]:
    def bind(
        self: Any,
        run: Any,
        key: int | str,
        step: int | str,
        id_: int | str | None = None,
        ignore_copy_err: bool | None = None,
    ) -> None:
        bind_to_run(wandb_bind, self, run, key, step, id_, ignore_copy_err)

    return bind


def _pixels(self: Any) -> Any:
    # From its file, not from `_path`, which may be in a run that somebody removed.
    get = vars(image.Image)["image"].fget if "_file" in self.__dict__ else wandb_image_pixels
    return get(self)


_pixels.__doc__ = image.Image.image.__doc__


def _copy(self: Any) -> Any:
    copied = media.shallow_copy(self)
    if "_file" in copied.__dict__:
        _leave_path_open(copied)
    return copied


def _reduce(self: Any) -> tuple[Any, ...]:
    if "_file" not in self.__dict__:
        # wandb itself made it: as every object without methods for pickling.
        return copyreg.__newobj__, (type(self),), self.__dict__  # type: ignore[attr-defined]
    return _restored, (type(self), media.state_to_pickle(self))


def _restored(kind: Any, state: dict[str, Any]) -> Any:
    """The object of a pickle, in a process where install() was called or not."""
    value = kind.__new__(kind)
    value.__dict__.update(state)
    _leave_path_open(value)
    return value


def _give_path_for_good(value: Any) -> None:
    """Make an object one that wandb's own methods can handle; they copy what is not temporary."""
    put_where_it_waits(value)
    if "_path" not in value.__dict__ and value._file is not None:
        value._path, value._is_tmp = value._file.path(), False


_OF_ALL: tuple[tuple[str, Any], ...] = (
    ("_path", PathInWandb()),
    ("is_bound", is_bound),
    ("__copy__", _copy),
    ("__reduce__", _reduce),
)

# What objects need as long as they live is put there first, and taken away last.
_REPLACEMENTS: tuple[tuple[type, str, Any], ...] = (
    *((owner, *it) for owner in (WandbImage, WandbMask, WandbBoxes) for it in _OF_ALL),
    (WandbImage, "__init__", _init_image),
    (WandbImage, "bind_to_run", _binding(wandb_bind_image)),
    (WandbImage, "to_json", image_to_json),
    (WandbImage, "seq_to_json", classmethod(seq_to_json)),
    (WandbImage, "image", property(_pixels)),
    (WandbImage, "guess_mode", image.Image.guess_mode),
    (WandbImage, "to_uint8", vars(image.Image)["to_uint8"]),
    (WandbMask, "__init__", _init_mask),
    (WandbMask, "bind_to_run", _binding(wandb_bind_mask)),
    (WandbMask, "to_json", mask_to_json),
    (WandbBoxes, "__init__", _init_boxes),
    (WandbBoxes, "bind_to_run", _binding(wandb_bind_boxes)),
    (WandbBoxes, "to_json", boxes_to_json),
)

_ABSENT = object()
_install_lock = threading.RLock()  # see _drawing in inputs/figures.py
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
        # From here on, objects that are being made in other threads get their paths themselves.
        replaced = _replaced[::-1]
        _replaced.clear()
        try:
            for reference in _without_path.valuerefs():
                value = reference()
                if value is not None:
                    _give_path_for_good(value)
        finally:
            _without_path.clear()
            for owner, name, original in replaced:
                if original is _ABSENT:
                    delattr(owner, name)
                else:
                    setattr(owner, name, original)

"""install(): the methods of wandb's own classes, replaced in place.

In: nothing. Out: `wandb.Image` and its parts encode, bind and publish as the subclasses do;
uninstall() leaves every class as it was.
"""

from __future__ import annotations

import threading
from typing import Any

from .. import annotations as _annotations
from .. import image, media
from .classes import FromWandb
from .describe import boxes_to_json, image_to_json, mask_to_json, seq_to_json
from .originals import (
    WandbBatchableMedia,
    WandbBoxes,
    WandbClasses,
    WandbImage,
    WandbMask,
    WandbMedia,
    wandb_bind_image,
)
from .publish import bind_in_place, needs_wandb_to_bind


class _Made(FromWandb):
    """An image that is made to be taken over by one of wandb's, with parts of wandb's."""

    _boxes_class = WandbBoxes
    _mask_class = WandbMask
    _classes_class = WandbClasses


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


def _bind_image(
    self: Any,
    run: Any,
    key: int | str,
    step: int | str,
    id_: int | str | None = None,
    ignore_copy_err: bool | None = None,
) -> None:
    if needs_wandb_to_bind(self, run):
        wandb_bind_image(self, run, key, step, id_, ignore_copy_err)
        return
    bind_in_place(self, run, key, step, id_)
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
        if needs_wandb_to_bind(self, run):
            wandb_bind(self, run, key, step, id_, ignore_copy_err)
            return
        bind_in_place(self, run, key, step, id_)
        add_labels(self, run, key)

    return bind_layer


_REPLACEMENTS: tuple[tuple[type, str, Any], ...] = (
    (WandbImage, "__init__", _init_image),
    (WandbImage, "bind_to_run", _bind_image),
    (WandbImage, "to_json", image_to_json),
    (WandbImage, "seq_to_json", classmethod(seq_to_json)),
    (WandbImage, "guess_mode", image.Image.guess_mode),
    (WandbImage, "to_uint8", vars(image.Image)["to_uint8"]),
    (WandbMask, "__init__", _init_mask),
    (
        WandbMask,
        "bind_to_run",
        _binding_layer(WandbMask.bind_to_run, _annotations.ImageMask._add_labels),
    ),
    (WandbMask, "to_json", mask_to_json),
    (
        WandbBoxes,
        "bind_to_run",
        _binding_layer(WandbBoxes.bind_to_run, _annotations.BoundingBoxes2D._add_labels),
    ),
    (WandbBoxes, "to_json", boxes_to_json),
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

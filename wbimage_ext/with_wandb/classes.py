"""Image and its parts as subclasses of wandb's.

In: what the standalone classes take. Out: objects that runs, tables and artifacts of wandb take as
their own. wandb is asked to describe them itself, so rows and artifacts are those of its version.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from .. import annotations as _annotations
from .. import image, media
from ..files.stored import StoredFile
from .describe import boxes_to_json, image_to_json, mask_to_json, seq_to_json
from .originals import (
    Run,
    WandbBoxes,
    WandbClasses,
    WandbImage,
    WandbMask,
    WandbMedia,
    WBValue,
    _dtypes,
    wandb_bind_image,
)
from .publish import files_of, is_other_run, needs_wandb_to_bind


class _InWandb(media.Media):
    """Media that wandb's runs and artifacts take, and other runs as well."""

    def _init_media(self) -> None:
        # What this version of wandb keeps besides.
        WandbMedia.__init__(self)
        super()._init_media()

    def _publish(self, run: Any, media_path: str) -> None:
        if isinstance(run, Run):
            assert self._file is not None
            files_of(run).add(run, self._file, media_path)
        else:
            super()._publish(run, media_path)


class Classes(_InWandb, _annotations.Classes, WandbClasses):
    __doc__ = _annotations.Classes.__doc__
    __module__ = "wbimage_ext"

    def to_json(self, run_or_artifact: Any = None) -> dict[str, Any]:
        if run_or_artifact is None or is_other_run(run_or_artifact):
            return _annotations.Classes.to_json(self, run_or_artifact)
        return WandbClasses.to_json(self, run_or_artifact)


class BoundingBoxes2D(_InWandb, _annotations.BoundingBoxes2D, WandbBoxes):
    __doc__ = _annotations.BoundingBoxes2D.__doc__
    __module__ = "wbimage_ext"

    def to_json(self, run_or_artifact: Any) -> Any:
        if is_other_run(run_or_artifact):
            return _annotations.BoundingBoxes2D.to_json(self, run_or_artifact)
        return boxes_to_json(self, run_or_artifact)


class ImageMask(_InWandb, _annotations.ImageMask, WandbMask):
    __doc__ = _annotations.ImageMask.__doc__
    __module__ = "wbimage_ext"

    def to_json(self, run_or_artifact: Any) -> Any:
        if is_other_run(run_or_artifact):
            return _annotations.ImageMask.to_json(self, run_or_artifact)
        return mask_to_json(self, run_or_artifact)


class _ImageType(type(WandbImage)):  # type: ignore[misc]
    def __instancecheck__(cls, instance: Any) -> bool:
        # wandb logs a list as one batch where every item is an instance of the first one's class;
        # wandb's own image behind one of ours belongs to it.
        if cls is Image:
            return isinstance(instance, WandbImage)
        return super().__instancecheck__(instance)


class FromWandb(image.Image):
    """An image that can be made of one of wandb's own."""

    @classmethod
    def _is_image(cls, data: Any) -> bool:
        return isinstance(data, (image.Image, WandbImage))

    def _copy_image(self, other: Any) -> None:
        if not isinstance(other, image.Image):
            other = _standalone(other)
        super()._copy_image(other)


class Image(_InWandb, FromWandb, WandbImage, metaclass=_ImageType):
    __doc__ = image.Image.__doc__
    __module__ = "wbimage_ext"

    _boxes_class = BoundingBoxes2D
    _mask_class = ImageMask
    _classes_class = Classes

    from_json = vars(WandbImage)["from_json"]

    def bind_to_run(
        self,
        run: Any,
        key: int | str,
        step: int | str,
        id_: int | str | None = None,
        ignore_copy_err: bool | None = None,
    ) -> None:
        if isinstance(run, Run) and needs_wandb_to_bind(self, run):
            wandb_bind_image(self, run, key, step, id_, ignore_copy_err)
        else:
            image.Image.bind_to_run(self, run, key, step, id_, ignore_copy_err)

    def to_json(self, run_or_artifact: Any) -> Any:
        if is_other_run(run_or_artifact):
            return image.Image.to_json(self, run_or_artifact)
        return image_to_json(self, run_or_artifact)

    @classmethod
    def seq_to_json(cls, seq: Sequence[Any], run: Any, key: str, step: int | str) -> Any:
        if is_other_run(run):
            return super().seq_to_json(seq, run, key, step)
        return seq_to_json(cls, seq, run, key, step)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, WandbImage) and not isinstance(other, image.Image):
            return image.Image.__eq__(self, _standalone(other))
        return image.Image.__eq__(self, other)

    __hash__ = None  # type: ignore[assignment]


def standalone(other: Any) -> media.Media:
    """The standalone image of one of wandb's own, with its boxes and masks."""
    if isinstance(other, media.Media):
        return other
    copied = _standalone(other)
    for name, own_class in (
        ("_boxes", _annotations.BoundingBoxes2D),
        ("_masks", _annotations.ImageMask),
    ):
        layers = getattr(other, name) or {}
        copied.__dict__[name] = {
            key: layer if isinstance(layer, media.Media) else _standalone(layer, own_class)
            for key, layer in layers.items()
        }
    return copied


def _standalone(other: Any, own_class: Any = image.Image) -> Any:
    """A standalone object of one of wandb's own, with a file that is not taken from it."""
    copied = own_class.__new__(own_class)
    copied._init_media()
    copied.__dict__.update(
        {name: value for name, value in vars(other).items() if name not in _FILE_ATTRIBUTES}
    )
    copied._file = StoredFile(other._path, other._sha256, getattr(other, "_size", None))
    if other._is_tmp:
        extension = other._extension or os.path.splitext(other._path)[1]
        with open(other._path, "rb") as file:
            copied._file = StoredFile.stage(file.read(), extension, other._sha256)
    return copied


_FILE_ATTRIBUTES = frozenset(("_path", "_is_tmp", "_sha256", "_size"))

_PAIRS = (
    (Image, WandbImage),
    (BoundingBoxes2D, WandbBoxes),
    (ImageMask, WandbMask),
    (Classes, WandbClasses),
)


def _register() -> None:
    """Give tables the type of wandb's class for ours, and leave wandb's in the map for reading."""
    by_class = _dtypes.TypeRegistry.types_by_class()
    by_log_type = WBValue.type_mapping()
    for ours, theirs in _PAIRS:
        if theirs in by_class:
            by_class[ours] = by_class[theirs]
        by_log_type[theirs._log_type] = theirs


_register()

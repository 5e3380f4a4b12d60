"""Image and its parts as subclasses of wandb's.

In: what the standalone classes take. Out: objects that runs, tables and artifacts of wandb take as
their own. wandb is asked to describe them itself, so rows and artifacts are those of its version.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import annotations as _annotations
from .. import image, media
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
    wandb_bind_boxes,
    wandb_bind_image,
    wandb_bind_mask,
)
from .publish import bind_to_run, file_of, is_bound, is_other_run, put_where_it_waits


class PathInWandb(media.PathWhenAsked):
    """`_path`, which is in the run also where wandb did not ask for the JSON yet."""

    def __get__(self, value: Any, owner: Any = None) -> Any:
        if value is not None and put_where_it_waits(value):
            return value.__dict__["_path"]
        return super().__get__(value, owner)


class _InWandb(media.Media):
    """Media that wandb's runs and artifacts take, and other runs as well."""

    _path = PathInWandb()

    _wandb_bind: Any = None
    _wandb_to_json: Any = None

    def _init_media(self) -> None:
        # What this version of wandb keeps besides.
        WandbMedia.__init__(self)
        del self._path
        super()._init_media()

    def is_bound(self) -> bool:
        return is_bound(self)

    # The signature is wandb's, in all places that have it; callers may give any argument by name.
    def bind_to_run(
        self,
        run: Any,
        key: int | str,
        step: int | str,
        id_: int | str | None = None,
        ignore_copy_err: bool | None = None,
    ) -> None:
        if isinstance(run, Run):
            bind_to_run(type(self)._wandb_bind, self, run, key, step, id_, ignore_copy_err)
        else:
            super().bind_to_run(run, key, step, id_, ignore_copy_err)

    def to_json(self, run_or_artifact: Any) -> Any:
        if is_other_run(run_or_artifact):
            return super().to_json(run_or_artifact)
        return type(self)._wandb_to_json(self, run_or_artifact)


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

    _wandb_bind = wandb_bind_boxes
    _wandb_to_json = boxes_to_json


class ImageMask(_InWandb, _annotations.ImageMask, WandbMask):
    __doc__ = _annotations.ImageMask.__doc__
    __module__ = "wbimage_ext"

    _wandb_bind = wandb_bind_mask
    _wandb_to_json = mask_to_json


class _ImageType(type(WandbImage)):  # type: ignore[misc]
    def __instancecheck__(cls, instance: Any) -> bool:
        # wandb logs a list as one batch where `isinstance(item, type(first item))` holds for all.
        # An image of wandb's own behind one of ours belongs to the batch, and nothing else than
        # this method is asked.
        if cls is Image:
            return isinstance(instance, WandbImage)
        return super().__instancecheck__(instance)


class FromWandb(image.Image):
    """An image that can be made of one of wandb's own."""

    @classmethod
    def _is_image(cls, data: Any) -> bool:
        return isinstance(data, (image.Image, WandbImage))

    def _copy_image(self, other: Any) -> None:
        super()._copy_image(as_ours(other))


class Image(_InWandb, FromWandb, WandbImage, metaclass=_ImageType):
    __doc__ = image.Image.__doc__
    __module__ = "wbimage_ext"

    _boxes_class = BoundingBoxes2D
    _mask_class = ImageMask
    _classes_class = Classes

    _wandb_bind = wandb_bind_image
    _wandb_to_json = image_to_json

    from_json = vars(WandbImage)["from_json"]

    @staticmethod
    def _layers(argument: str, layers: Any, layer_class: Any) -> dict[str, Any] | None:
        built = image.Image._layers(argument, layers, layer_class)
        return built and {key: as_ours(layer) for key, layer in built.items()}

    @classmethod
    def seq_to_json(cls, seq: Sequence[Any], run: Any, key: str, step: int | str) -> Any:
        if is_other_run(run):
            return super().seq_to_json(seq, run, key, step)
        return seq_to_json(cls, seq, run, key, step)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, WandbImage):
            other = as_ours(other)
        return image.Image.__eq__(self, other)

    __hash__ = None  # type: ignore[assignment]


def as_ours(value: Any) -> Any:
    """Ours for an image, boxes or mask of wandb's own, which it leaves as it is; else `value`."""
    if isinstance(value, media.Media):
        return value
    kind: Any = next(ours for ours, theirs in _PAIRS if isinstance(value, theirs))
    made = kind.__new__(kind)
    made._init_media()
    own = ("_path", "_places", "_run")
    made.__dict__.update({name: it for name, it in value.__dict__.items() if name not in own})
    file = file_of(value)
    if file is None:
        made._path = value._path
    else:
        made._hold(file)
    for name in ("_boxes", "_masks"):
        layers = made.__dict__.get(name)
        if layers:
            made.__dict__[name] = {key: as_ours(layer) for key, layer in layers.items()}
    return made


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

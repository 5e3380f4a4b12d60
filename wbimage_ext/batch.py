"""Many images at once: a batch's items encoded on threads, in order.

In: an array or tensor of a batch, or a list of images, and what belongs to each. Out: a list of
Image. The core works without the GIL, so that threads encode at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from . import inputs
from .encoding.colormaps import colormap_table
from .encoding.warnings import one_of_each
from .inputs.arrays import is_masked
from .inputs.kinds import Pixels, is_instance
from .media import Media
from .threads import checked_count, in_order, thread_count
from .wording import describe, shown

_AXES_OF_ITEMS = {"NHWC": "HWC", "NCHW": "CHW", "NHW": "HW"}


def build(
    image_class: Callable[..., Any],
    data: Any,
    captions: Sequence[str | None] | str | None,
    dataformats: str,
    num_threads: int | None,
    image_arguments: Mapping[str, Any],
) -> list[Any]:
    """What Image.from_batch documents."""
    if dataformats not in _AXES_OF_ITEMS:
        raise ValueError(
            f"dataformats must be one of {list(_AXES_OF_ITEMS)}, not {shown(dataformats)}"
        )
    threads = checked_count(num_threads) or thread_count()
    shared = {
        # What can be read only once is read here, and not by the first item.
        name: list(value) if isinstance(value, Iterator) else value
        for name, value in image_arguments.items()
    }
    has_colormap = shared.get("colormap") is not None
    items = _items(data, dataformats, has_colormap)
    if captions is not None:
        if "caption" in shared:
            raise TypeError("caption and captions exclude each other")
        shared["caption"] = captions
    varying = {
        name: _one_each(name, shared.pop(name), len(items))
        for name in _VARYING
        if name in shared and _VARYING[name](shared[name])
    }
    if "colormap" in shared:
        # Looked up once for all items.
        shared["colormap"] = colormap_table(shared["colormap"])

    def build_item(index: int) -> Any:
        arguments = {name: values[index] for name, values in varying.items()}
        try:
            return image_class(_laid_out(items[index], dataformats), **arguments, **shared)
        except Exception as error:
            _add_note(error, f"item {index} of the batch")
            raise

    workers = min(threads, len(items))
    return one_of_each(lambda: in_order(build_item, len(items), workers, threads // workers))


# Arguments of Image that may be a sequence with one value for each item, and when they are.


def _is_sequence(values: Any) -> bool:
    return not (values is None or isinstance(values, (str, Mapping)))


def _is_sequence_of_numbers(grouping: Any) -> bool:
    return np.ndim(grouping) > 0


def _is_sequence_of_classes(classes: Any) -> bool:
    if classes is None or hasattr(classes, "_class_set"):
        return False
    return not all(isinstance(item, Mapping) for item in classes)


_VARYING = {
    "caption": _is_sequence,
    "masks": _is_sequence,
    "boxes": _is_sequence,
    "grouping": _is_sequence_of_numbers,
    "classes": _is_sequence_of_classes,
}


def _items(data: Any, dataformats: str, has_colormap: bool) -> Sequence[Any]:
    """The batch's items: of a list as they are, of an array its slices."""
    if isinstance(data, (list, tuple)):
        if not data:
            raise ValueError("the batch is empty")
        shape, is_tensor = getattr(data[0], "shape", None), is_instance(data[0], "torch", "Tensor")
        if isinstance(shape, tuple) and all(getattr(item, "shape", 0) == shape for item in data):
            _check_formats((len(data), *shape), dataformats, is_tensor, has_colormap)
        return data
    pixels = None if is_masked(data) else inputs.as_pixels(data)
    shape = data.shape if pixels is None else pixels.array.shape
    is_tensor = pixels is not None and pixels.is_tensor
    _check_formats(shape, dataformats, is_tensor, has_colormap)
    if len(shape) != len(dataformats):
        raise ValueError(
            f"a batch of {describe(data)} has {len(shape)} dimensions, {dataformats} names "
            f"{len(dataformats)}; dataformats may be one of {list(_AXES_OF_ITEMS)}"
        )
    if 0 in shape:
        raise ValueError(f"the batch is empty: its shape is {list(shape)}")
    if pixels is None:
        return list(data)
    return [replace(pixels, array=item) for item in pixels.array]


def _check_formats(
    shape: Sequence[int], dataformats: str, is_tensor: bool, has_colormap: bool
) -> None:
    """Name the dataformats that fit a batch's shape where the caller's do not."""
    if 0 in shape or _fits(shape, dataformats, is_tensor):
        return
    if is_tensor and has_colormap:
        # The side of length 1 may be anywhere.
        return
    if len(shape) == 3 and shape[2] in (3, 4):
        # More likely one image than a batch.
        return
    for better in _AXES_OF_ITEMS:
        if _fits(shape, better, is_tensor):
            raise ValueError(f"the batch has shape {list(shape)}; dataformats={better!r} reads it")


def _fits(shape: Sequence[int], dataformats: str, is_tensor: bool) -> bool:
    if len(shape) != len(dataformats):
        return False
    if "C" not in dataformats:
        return True
    channels = shape[dataformats.index("C")]
    return channels in (1, 3, 4) or (is_tensor and channels == 2)


def _laid_out(item: Any, dataformats: str) -> Any:
    """An item as Image takes it: channels last, a tensor with its axes named."""
    if isinstance(item, Pixels):
        pixels = item
    elif isinstance(item, Media) or not inputs.is_array(item):
        return item
    else:
        pixels = inputs.as_pixels(item)
    axes = _AXES_OF_ITEMS[dataformats]
    if pixels.array.ndim != len(axes):
        raise ValueError(
            f"its shape {list(pixels.array.shape)} is not the {axes} that dataformats "
            f"{dataformats!r} makes of an item"
        )
    if pixels.is_tensor:
        return replace(pixels, dataformats=axes)
    array = pixels.array.transpose(1, 2, 0) if axes == "CHW" else pixels.array
    return replace(pixels, array=array, keeps_sides=True)


def _one_each(name: str, values: Any, count: int) -> list[Any]:
    try:
        each = list(values)
    except TypeError:
        raise TypeError(
            f"{name} must be one value for all items or a sequence of one for each, not "
            f"{shown(values)}"
        ) from None
    if len(each) != count:
        raise ValueError(f"{name} has {len(each)} values for a batch of {count}")
    return each


def _add_note(error: BaseException, note: str) -> None:
    """BaseException.add_note; Python 3.10 has no such method, and shows no notes."""
    notes: list[str] = vars(error).setdefault("__notes__", [])
    notes.append(note)

"""Many images at once: a batch's items encoded on threads, in order.

In: an array or tensor of a batch, or a list of images, and what belongs to each. Out: a list of
Image. The core works without the GIL, so that threads encode at the same time.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from . import inputs
from .encoding.colormaps import colormap_table
from .files.stored import StagingScope, StoredFile
from .inputs.arrays import is_masked
from .inputs.kinds import Pixels
from .media import Media
from .wording import describe, shown

_AXES_OF_ITEMS = {"NHWC": "HWC", "NCHW": "CHW", "NHW": "HW"}

# Arguments of Image that may be a sequence with one value for each item.
_PER_ITEM = ("masks", "boxes")


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
    items = _items(data, dataformats)
    shared = dict(image_arguments)
    if captions is not None:
        if "caption" in shared:
            raise TypeError("caption and captions exclude each other")
        shared["caption"] = captions
    varying = {
        name: _one_each(name, shared.pop(name), len(items))
        for name in ("caption", *_PER_ITEM)
        if name in shared and not isinstance(shared[name], (str, Mapping, type(None)))
    }
    if "colormap" in shared:
        # Looked up once for all items.
        shared["colormap"] = colormap_table(shared["colormap"])

    staged: list[list[StoredFile]] = [[] for _ in items]

    def build_item(index: int) -> Any:
        arguments = {name: values[index] for name, values in varying.items()}
        try:
            with StagingScope() as scope:
                built = image_class(_laid_out(items[index], dataformats), **arguments, **shared)
                staged[index] = scope.files
            return built
        except Exception as error:
            raise _with_index(error, index) from error

    try:
        return _in_order(build_item, len(items), _thread_count(num_threads, len(items)))
    except BaseException:
        for files in staged:
            for file in files:
                file.discard()
        raise


def _items(data: Any, dataformats: str) -> Sequence[Any]:
    """The batch's items: of a list as they are, of an array its slices."""
    if isinstance(data, (list, tuple)):
        if not data:
            raise ValueError("the batch is empty")
        return data
    if is_masked(data):
        shape, items = data.shape, list(data)
    else:
        pixels = inputs.as_pixels(data)
        shape = pixels.array.shape
        items = [replace(pixels, array=item, given=item) for item in pixels.array]
    if len(shape) != len(dataformats):
        raise ValueError(
            f"a batch of {describe(data)} has {len(shape)} dimensions, {dataformats} names "
            f"{len(dataformats)}; dataformats may be one of {list(_AXES_OF_ITEMS)}"
        )
    if 0 in shape:
        raise ValueError(f"the batch is empty: its shape is {list(shape)}")
    return items


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
    if axes == "CHW":
        return replace(pixels, array=pixels.array.transpose(1, 2, 0))
    return pixels


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


def _with_index(error: Exception, index: int) -> Exception:
    """The same exception with the item's index in its message."""
    message = f"item {index} of the batch: {error}"
    if isinstance(error, OSError) and error.errno is not None:
        return type(error)(
            error.errno, f"item {index} of the batch: {error.strerror}", error.filename
        )
    # Of its own type, such as TimeoutError, unless that may need more arguments than a message.
    kinds = (TypeError, ValueError, ImportError, OSError, MemoryError, Warning, Exception)
    kind = next(kind for kind in kinds if isinstance(error, kind))
    if type(error).__init__ is kind.__init__ and type(error).__new__ is kind.__new__:
        return type(error)(message)
    if kind is not Exception:
        return kind(message)
    return RuntimeError(message)


def _thread_count(asked: int | None, count: int) -> int:
    if asked is None:
        available = getattr(os, "sched_getaffinity", None)
        asked = len(available(0)) if available is not None else os.cpu_count() or 1
    elif isinstance(asked, bool) or not isinstance(asked, int) or asked < 1:
        raise ValueError(
            f"num_threads must be None or an integer of at least 1, not {shown(asked)}"
        )
    return min(asked, count)


def _in_order(build_item: Callable[[int], Any], count: int, threads: int) -> list[Any]:
    """Build all items; the failure of the first one that fails, when any does."""
    if threads == 1:
        return [build_item(index) for index in range(count)]

    built: list[Any] = [None] * count
    failures: dict[int, BaseException] = {}
    is_stopped = False
    # Items are taken from the front, and built once taken: so are all those before a failed one.
    indices = iter(range(count))

    def build_some() -> None:
        nonlocal is_stopped
        while not is_stopped and (index := next(indices, None)) is not None:
            try:
                built[index] = build_item(index)
            except BaseException as error:
                failures[index] = error
                is_stopped = True

    # Each is held while its thread builds. A thread that takes it later finds nothing to do.
    # Not threading's own Thread: an interrupt in its start or join may leave its locks locked, or
    # let it say of a thread that goes on that it ended.
    busy = [threading.Lock() for _ in range(threads - 1)]

    def help_building(lock: threading.Lock) -> None:
        with lock:
            build_some()

    def wait() -> None:
        for lock in busy:
            with lock:
                pass

    try:
        # None can be started when the interpreter ends, or where the system has no more.
        with contextlib.suppress(RuntimeError):
            for lock in busy:
                _thread.start_new_thread(help_building, (lock,))
        build_some()
        wait()
    except BaseException:
        # After an interrupt no more items are begun, and those that were are waited for.
        is_stopped = True
        wait()
        raise
    for error in failures.values():
        if not isinstance(error, Exception):
            raise error
    if failures:
        raise failures[min(failures)]
    # A thread that is about to end must not keep the images alive.
    done = built[:]
    built.clear()
    return done

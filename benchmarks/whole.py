"""Whole `Image(...)` beside `wandb.Image(...)`, and the floor: SHA-256 and one write of our bytes.

In: pictures, the documented example, masks. Out: a Row each. Files are removed as they come,
untimed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

import wbimage_ext

from .files import decoded
from .peers import OURS, found
from .rows import Array, Options, Row, make_row, require_equal, with_progress
from .timing import Call, time_in_turn

WANDB, FLOOR = "wandb", "floor"

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL


def image_rows(options: Options) -> tuple[list[Row], list[str]]:
    """Every picture as PNG, photographs as JPEG too, the documented example, masks."""
    wandb = found("wandb")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for picture in with_progress(options.pictures, "Image()"):
            pixels = picture.pixels
            # Values up to 1 are scaled to 255 by us and left alone by newer wandb.
            if (pixels.ndim == 3 and pixels.shape[2] == 2) or pixels.max() <= 1:
                continue
            case = _Case(picture.name, picture.kind, picture.set, pixels, "png")
            rows.append(case.row(wandb, folder, options))
            if picture.kind == "photo" and (pixels.ndim == 2 or pixels.shape[2] == 3):
                case = _Case(f"{picture.name}, jpg", "photo, jpg", picture.set, pixels, "jpg")
                rows.append(case.row(wandb, folder, options))
            if picture.kind == "mask" and pixels.ndim == 2:
                classes = pixels.astype(np.int64)
                mask = _Case(f"{picture.name}, ImageMask", "layer", picture.set, classes, "mask")
                rows.append(mask.row(wandb, folder, options))
        example = np.random.default_rng(0).integers(0, 256, (100, 100, 3))
        case = _Case("documented example", "example", "", example, "png")
        rows.append(case.row(wandb, folder, options))
    return rows, [] if wandb else ["wandb"]


class _Case:
    """One array and what is made of it: an image of a file type, or a mask."""

    def __init__(self, name: str, kind: str, set_name: str, array: Array, file_type: str) -> None:
        self.name = name
        self.kind = kind
        self.set = set_name
        self.array = array
        self.file_type = file_type

    def row(self, wandb: Any, folder: str, options: Options) -> Row:
        calls: dict[str, Call] = {}
        if wandb:
            mask_class = wandb.sdk.data_types.helper_types.image_mask.ImageMask
            calls[WANDB] = self._call(wandb.Image, mask_class)
        calls[OURS] = self._call(wbimage_ext.Image, wbimage_ext.ImageMask)
        sizes = {peer: self._checked_size(peer, call) for peer, call in calls.items()}

        image = calls[OURS]()
        with open(image._path, "rb") as file:
            data = file.read()
        _remove(image)
        calls[FLOOR] = lambda: _hash_and_write(data, folder)
        timings = time_in_turn(calls, options.rounds, options.clock, discard=_remove)
        return make_row(self.name, self.kind, self.set, self.array, timings, sizes)

    def _call(self, image_class: Callable[..., Any], mask_class: Callable[..., Any]) -> Call:
        if self.file_type == "mask":
            return lambda: mask_class({"mask_data": self.array}, "layer")
        return lambda: image_class(self.array, file_type=self.file_type)

    def _checked_size(self, peer: str, call: Call) -> int:
        image = call()
        with open(image._path, "rb") as file:
            data = file.read()
        if self.file_type != "jpg":
            require_equal(peer, self.name, decoded(data), self.array.astype(np.uint8))
        if image._sha256 != hashlib.sha256(data).hexdigest():
            raise AssertionError(f"{peer}'s digest of {self.name} is not that of its file")
        _remove(image)
        return len(data)


def _hash_and_write(data: bytes, folder: str) -> str:
    digest = hashlib.sha256(data).hexdigest()
    path = os.path.join(folder, digest)
    descriptor = os.open(path, _NEW_FILE, 0o666)
    try:
        os.write(descriptor, data)
    finally:
        os.close(descriptor)
    return path


def _remove(result: Any) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(result if isinstance(result, str) else result._path)

"""The rows of runs: wandb's own JSON of images, once their files are in the run.

In: images that are bound. Out: the dicts that the installed version of wandb makes of them. What
it says of a file is said here, because newer versions ask the file system for `run.dir` every time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from ..annotations import plain_value
from ..media import shallow_copy
from .originals import (
    Run,
    wandb_boxes_to_json,
    wandb_image_to_json,
    wandb_mask_to_json,
    wandb_seq_to_json,
)
from .publish import bind, files_of, give_path, is_in_artifact, parts_of


class _OnlySize:
    """What stands for the pixels of a list's images: wandb asks for nothing but their size."""

    def __init__(self, width: int, height: int) -> None:
        self.size = width, height


def _place_in(value: Any, run: Any) -> str | None:
    """Where the value's file is in the run, put there now if it waits; None if wandb knows better.

    A value that was logged to another run, which is not finished, is bound to this one under the
    key that it had there, since wandb binds no value twice.
    """
    files = files_of(run)
    files.put_in_place(run, parts_of(value))
    places = getattr(value, "_places", {})
    if places and files.directory not in places and not is_in_artifact(value):
        bind(value, run, *value._bound_as)
        files.put_in_place(run, parts_of(value))
    place: str | None = places.get(files.directory)
    return place


def image_to_json(self: Any, run_or_artifact: Any) -> Any:
    """What wandb says of an image in a run or an artifact."""
    if not isinstance(run_or_artifact, Run):
        give_path(self)
        # An artifact writes it as it is, and NumPy's numbers have no form in JSON.
        described = wandb_image_to_json(self, run_or_artifact)
        return json.loads(json.dumps(described, default=plain_value))
    place = _place_in(self, run_or_artifact)
    if place is None:
        return wandb_image_to_json(self, run_or_artifact)
    # A copy, because another thread may log the image to another run meanwhile.
    described = shallow_copy(self)
    described._run = run_or_artifact
    described._path = os.path.join(files_of(run_or_artifact).directory, place)
    return wandb_image_to_json(described, run_or_artifact)


def _layer_to_json(to_json: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def describe(self: Any, run_or_artifact: Any) -> Any:
        if not isinstance(run_or_artifact, Run):
            give_path(self)
            return to_json(self, run_or_artifact)
        place = _place_in(self, run_or_artifact)
        if place is None:
            return to_json(self, run_or_artifact)
        return {
            "_type": self.type_name(),
            "sha256": self._sha256,
            "size": self._size,
            "path": place.replace(os.sep, "/"),
        }

    return describe


boxes_to_json = _layer_to_json(wandb_boxes_to_json)
mask_to_json = _layer_to_json(wandb_mask_to_json)


def seq_to_json(cls: Any, seq: Sequence[Any], run: Any, key: str, step: int | str) -> Any:
    """wandb's JSON of a list of images, without a file being opened for their sizes."""
    if not isinstance(run, Run):
        return wandb_seq_to_json(cls, seq, run, key, step)
    files_of(run).put_in_place(run, [part for item in seq for part in parts_of(item)])
    return wandb_seq_to_json(cls, [_listed(item, run) for item in seq], run, key, step)


def _listed(item: Any, run: Any) -> Any:
    """A copy of the image in which wandb finds at once what it says of it in a list."""
    listed = shallow_copy(item)
    if item._width is not None:
        listed._image = _OnlySize(item._width, item._height)
    place = _place_in(item, run)
    if place is not None:
        file = {"path": place.replace(os.sep, "/"), "format": item.format}
        listed.to_json = lambda run: file
    return listed

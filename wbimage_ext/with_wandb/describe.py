"""The rows of runs: wandb's own JSON of images, once their files are in the run.

In: images that are bound. Out: the dicts that the installed version of wandb makes of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from ..media import twin
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


def _as_in_run(value: Any, run: Any) -> Any:
    """The value as wandb describes it in this run.

    A copy where its file is our affair: another thread may log the value to another run meanwhile.
    One that was logged to another run, which is not finished, is bound to this one under the key
    that it had there, since wandb binds no value twice.
    """
    files = files_of(run)
    files.put_in_place(run, parts_of(value))
    places = getattr(value, "_places", {})
    if places and files.directory not in places and not is_in_artifact(value):
        bind(value, run, *value._bound_as)
        files.put_in_place(run, parts_of(value))
    if files.directory not in places:
        return value
    described = twin(value)
    described._run = run
    described._path = os.path.join(files.directory, places[files.directory])
    return described


def _describing(to_json: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def describe(self: Any, run_or_artifact: Any) -> Any:
        if isinstance(run_or_artifact, Run):
            return to_json(_as_in_run(self, run_or_artifact), run_or_artifact)
        give_path(self)
        return to_json(self, run_or_artifact)

    return describe


image_to_json = _describing(wandb_image_to_json)
boxes_to_json = _describing(wandb_boxes_to_json)
mask_to_json = _describing(wandb_mask_to_json)


def seq_to_json(cls: Any, seq: Sequence[Any], run: Any, key: str, step: int | str) -> Any:
    """wandb's JSON of a list of images, without a file being opened for their sizes."""
    if not isinstance(run, Run):
        return wandb_seq_to_json(cls, seq, run, key, step)
    files_of(run).put_in_place(run, [part for item in seq for part in parts_of(item)])
    listed = []
    for item in seq:
        described = _as_in_run(item, run)
        if item._width is not None:
            if described is item:
                described = twin(item)
            described._image = _OnlySize(item._width, item._height)
        listed.append(described)
    return wandb_seq_to_json(cls, listed, run, key, step)

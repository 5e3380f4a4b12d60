"""The rows of runs: wandb's own JSON of images, once their files are published.

In: images that are bound. Out: the dicts that the installed version of wandb makes of them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from .originals import Run, WandbBoxes, WandbImage, WandbMask, wandb_seq_to_json
from .publish import files_of, may_be_in_artifact, publish_waiting


class _Listed:
    """An image as wandb's seq_to_json reads it: size and path are known, no file is opened."""

    def __init__(self, of: Any, run: Any, run_directory: str) -> None:
        self._of = of
        self._is_in_run = of._run is run and not may_be_in_artifact(of)
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


def seq_to_json(cls: Any, seq: Sequence[Any], run: Any, key: str, step: int | str) -> Any:
    if not isinstance(run, Run):
        return wandb_seq_to_json(cls, seq, run, key, step)
    publish_waiting(run)
    directory = files_of(run).directory
    listed = [_Listed(item, run, directory) for item in seq]
    return wandb_seq_to_json(cls, listed, run, key, step)


def _publishing(to_json: Any) -> Any:
    def publish_and_describe(self: Any, run_or_artifact: Any) -> Any:
        publish_waiting(run_or_artifact)
        return to_json(self, run_or_artifact)

    return publish_and_describe


image_to_json = _publishing(WandbImage.to_json)
boxes_to_json = _publishing(WandbBoxes.to_json)
mask_to_json = _publishing(WandbMask.to_json)

"""What images, masks, boxes and classes have in common: a file, a run it is bound to, JSON.

In: a StoredFile. Out: a file in the run's media folder and the dict that describes it.
The attribute names are those of wandb's Media, because wandb and its integrations read them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any, ClassVar

from .files.names import run_file_name
from .files.stored import StoredFile

_REFERENCE = re.compile(r"^(gs|s3|https?)://")


def run_path(value: Any, key: int | str, step: int | str, id_: int | str | None) -> str:
    """Where the file of `value` belongs, relative to a run's directory.

    Raises:
        ValueError: the key cannot be made a file name.
    """
    extension = value._extension
    if extension is None:
        extension = os.path.splitext(os.path.basename(value._path))[1]
    name = run_file_name(key, step, value._sha256[:20] if id_ is None else id_, extension)
    return os.path.join(value.get_media_subdir(), *name.split("/"))


class Media:
    """A value that is stored as a file in the run's `media` folder."""

    _log_type: ClassVar[str]

    _caption: str | None
    _extension: str | None
    _file: StoredFile | None
    _run: Any

    def __init__(self) -> None:
        self._init_media()

    def _init_media(self) -> None:
        self._caption = None
        self._extension = None
        self._file = None
        self._run = None
        self._artifact_source: Any = None
        self._artifact_target: Any = None

    # The file, under wandb's names.

    @property
    def _path(self) -> str | None:
        return None if self._file is None else self._file.path

    @_path.setter
    def _path(self, path: str | os.PathLike[str] | None) -> None:
        # Another file than the one that copies of this object share.
        if path is None:
            self._file = None
        else:
            self._file = StoredFile(os.fspath(path), self._sha256, self._size)

    @property
    def _is_tmp(self) -> bool:
        return self._file is not None and self._file.is_staged

    @_is_tmp.setter
    def _is_tmp(self, is_tmp: bool) -> None:
        if self._file is not None and bool(is_tmp) != self._file.is_staged:
            file = self._file
            self._file = StoredFile(file.path, file.sha256, file.size, is_staged=bool(is_tmp))

    @property
    def _sha256(self) -> str | None:
        return None if self._file is None else self._file.sha256

    @property
    def _size(self) -> int | None:
        return None if self._file is None else self._file.size

    def file_is_set(self) -> bool:
        """Whether there is a file with a digest."""
        return self._path is not None and self._sha256 is not None

    @staticmethod
    def path_is_reference(path: Any) -> bool:
        """Whether `path` is a `gs://`, `s3://` or `http(s)://` reference to external storage."""
        return isinstance(path, str) and _REFERENCE.match(path) is not None

    # The run.

    def is_bound(self) -> bool:
        """Whether the file is in a run's directory."""
        return self._run is not None

    @classmethod
    def get_media_subdir(cls) -> str:
        """The folder under the run's directory."""
        raise NotImplementedError

    def bind_to_run(
        self,
        run: Any,
        key: int | str,
        step: int | str,
        id_: int | str | None = None,
        ignore_copy_err: bool | None = None,
    ) -> None:
        """Put the file into the run's directory, whole or not at all.

        Args:
            run: anything with a `dir`.
            key: name of the value; slashes make folders.
            step: step of the run.
            id_: takes the place of the digest's first 20 digits in the file name.
            ignore_copy_err: kept for compatibility; a file that is in place already is no error.

        Raises:
            ValueError: there is no file, or the key cannot be made a file name.
            OSError: the system's reason, with the path. The object can be bound again.
        """
        file = self._file
        if file is None or file.sha256 is None:
            raise ValueError(f"{type(self).__name__} has no file to bind to a run")
        media_path = run_path(self, key, step, id_)
        self._publish(run, media_path)
        self._run = run

    def _publish(self, run: Any, media_path: str) -> None:
        """Bring the file to `media_path` in the run's directory and tell the run."""
        assert self._file is not None
        self._file.publish(os.path.join(run.dir, media_path), run.dir)
        publish_file = getattr(run, "_publish_file", None)
        if publish_file is not None:
            publish_file(media_path)

    # JSON.

    def to_json(self, run_or_artifact: Any) -> dict[str, Any]:
        """The dict that a run's history holds for this value.

        Raises:
            ValueError: the value is not bound to this run.
        """
        if not self.is_bound():
            raise ValueError(
                f"Value of type {type(self).__name__} must be bound to a run with bind_to_run() "
                "before being serialized to JSON."
            )
        if self._run is not run_or_artifact:
            raise ValueError("We don't support referring to media files across runs.")
        assert self._path is not None
        path = os.path.relpath(self._path, run_or_artifact.dir)
        return {
            "_type": self._log_type,
            "sha256": self._sha256,
            "size": self._size,
            "path": path.replace(os.sep, "/"),
        }

    @staticmethod
    def captions(media_items: Sequence[Any]) -> list[str | None] | bool:
        """The captions of all, or False where the first has none."""
        if media_items and media_items[0]._caption is not None:
            return [item._caption for item in media_items]
        return False

    # Copies share the file; a pickle leaves the run behind, and carries a staged file's bytes.

    def __copy__(self) -> Any:
        copied = type(self).__new__(type(self))
        copied.__dict__.update(self.__dict__)
        return copied

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_run": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._sha256 == other._sha256

    # Values that can change compare by content and have no hash, as in wandb.
    __hash__ = None  # type: ignore[assignment]

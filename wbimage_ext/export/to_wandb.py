"""A run as a run of wandb, through the installed wandb.

In: a Source. Out: a wandb run with the same steps, rows, config, summary and pictures with their
boxes and masks; offline or online, as wandb's own settings say. Files of pictures are copied.

wandb writes into a folder of this export first. A run counts once its folder has moved from there
to where wandb's runs are, so that one that was killed is no run. Its id follows from the source:
what wandb's server has of it already is not logged again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..files.whole import make_folder, put_copy, replace, write_whole
from ..view.readers import Row
from ..with_wandb import imported_wandb
from . import Exported, Progress
from .output import OutputFolder
from .source import KeyPath, Picture, Source, class_names, is_pictures, number_of

DONE_NAME = "wbimage-export.json"  # in the folder of a run that was exported whole

_STEPS = range(2**63)
_MOST_OF_A_TAG = 64  # characters


def check_installed() -> None:
    """Raise ImportError where wandb is not there, RuntimeError where it is logging a run."""
    run = imported_wandb().run
    if run is not None:
        raise RuntimeError(f"wandb is logging the run {run.name!r} here: finish it first")


def export(source: Source, output: Any, progress: Progress) -> Exported:
    """Log the rows to a wandb run, or say that it is there already."""
    if source.kind == "wandb run":
        raise ValueError(f"{source.path} is a run of wandb already: `wandb sync` sends it")
    folder = os.path.abspath(output or os.environ.get("WANDB_DIR") or os.curdir)
    run_id = hashlib.sha256(source.identity.encode()).hexdigest()[:16]
    runs = os.path.join(folder, "wandb")
    done = {"rows": source.row_count, "bytes": source.file_bytes, "run": source.identity}
    earlier = dict(_exported_before(runs, run_id))
    for place, mark in earlier.items():
        if {name: mark.get(name) for name in done} == done:
            _remove(earlier.keys() - {place})
            note = "it was exported before; to export it again, remove that folder"
            return Exported(place, mark["exported"], mark["pictures"], [note])
    staging = os.path.join(folder, f".wbimage-export-{run_id}")
    with OutputFolder(staging, "wandb", source):
        # Of one that was killed.
        shutil.rmtree(os.path.join(staging, "wandb"), ignore_errors=True)
        try:
            logged = _Logged(source)
            written = logged.log(run_id, staging, progress)
            exported = logged.exported
            if not exported.problems:
                mark = {**done, "exported": exported.rows, "pictures": exported.pictures}
                write_whole(os.path.join(written, DONE_NAME), json.dumps(mark).encode())
            make_folder(runs)
            exported.place = os.path.join(runs, os.path.basename(written))
            _remove([exported.place])  # where two begin in one second
            replace(written, exported.place)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    _remove(earlier.keys() - {exported.place})
    return exported


def _remove(folders: Iterable[str]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _exported_before(runs: str, run_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield place and mark of the folders that earlier exports of the run made."""
    for path in Path(runs).glob(f"*run-*-{run_id}"):
        try:
            mark = json.loads((path / DONE_NAME).read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(mark, dict):
            yield str(path), mark


class _Logged:
    """One wandb run in the making."""

    def __init__(self, source: Source) -> None:
        self.exported = Exported("")
        self._left_out: Counter[str] = Counter()
        self._source = source
        self._wandb = imported_wandb()

    def log(self, run_id: str, staging: str, progress: Progress) -> str:
        """Log everything; returns the folder of the run."""
        source, about = self._source, self._source.details
        tags = [tag for tag in about.tags if 0 < len(tag) <= _MOST_OF_A_TAG]
        refused = len(about.tags) - len(tags)
        if refused:
            self._left_out[f"tags that are empty or over {_MOST_OF_A_TAG} characters"] = refused
        try:
            run = self._wandb.init(
                dir=staging,
                id=run_id,
                resume="allow",
                settings=_settings(self._wandb),
                name=source.name,
                project=about.project,
                notes=about.notes,
                tags=tags,
                group=about.group,
                job_type=about.job_type,
                config=_with_numbers(source.config),
            )
        except self._wandb.Error as error:
            raise RuntimeError(f"wandb started no run: {error}") from error
        if run.disabled:
            raise ValueError("wandb is disabled: WANDB_MODE must be offline or online")
        if not run.offline:
            self.exported.notes.append(f"its page is {run.url}")
        exit_code = 1
        try:
            self._define_metrics(run)
            self._log_rows(run, progress(source.rows(), source.row_count))
            self._set_summary(run)
            self._save_files(run)
            exit_code = about.exit_code or 0
        finally:
            run.finish(exit_code=exit_code)
        self.exported.problems = source.problems
        self.exported.notes += [
            f"{count} {what}, were left out" for what, count in self._left_out.items()
        ]
        return os.path.dirname(str(run.dir))

    def _define_metrics(self, run: Any) -> None:
        for name, options in self._source.details.metrics.items():
            try:
                run.define_metric(name, **options)
            except (TypeError, ValueError, self._wandb.Error) as error:
                self.exported.notes.append(f"this wandb defines no such metric {name!r}: {error}")

    def _log_rows(self, run: Any, rows: Iterable[Row]) -> None:
        first_step = run.starting_step
        for row in rows:
            self.exported.rows += 1
            step = row["_step"]
            values = self._values(row, ())
            if step not in _STEPS:
                self._left_out["rows of steps that wandb does not have"] += 1
            elif step < first_step:
                # The server has the row. It may lack files, which are sent again.
                _bind(values, run, step)
            else:
                run.log(values, step=step)

    def _values(self, values: Mapping[str, Any], key: KeyPath) -> dict[str, Any]:
        """The values of a row, or of a dict in it, as wandb's log takes them."""
        result: dict[str, Any] = {}
        for name, value in values.items():
            inner = (*key, name)
            if inner == ("_step",):
                continue
            if is_pictures(value):
                result.update(self._pictures(inner, value))
            elif isinstance(value, Mapping) and isinstance(kind := value.get("_type"), str):
                self._left_out[f"values of {'.'.join(inner)}, which are of type {kind}"] += 1
            elif isinstance(value, Mapping):
                result[name] = self._values(value, inner)
            else:
                number = number_of(value)
                result[name] = value if number is None else number
        return result

    def _pictures(self, key: KeyPath, value: Any) -> dict[str, Any]:
        """The images of one value; a list that is too long for wandb becomes several."""
        images, is_list = [], False
        for picture in self._source.pictures(key, value):
            images.append(self._image(picture))
            is_list = picture.place is not None
        self.exported.pictures += len(images)
        name, most = key[-1], self._wandb.Image.MAX_ITEMS
        if images and not is_list:
            return {name: images[0]}
        return {
            name if start == 0 else f"{name} from {start}": images[start : start + most]
            for start in range(0, len(images), most)
        }

    def _image(self, picture: Picture) -> Any:
        from .. import Image

        return Image(
            picture.file.path,
            caption=picture.caption,
            grouping=picture.grouping,
            masks={
                layer: {"path": mask.path, "class_labels": classes}
                for layer, (mask, classes) in picture.masks.items()
            }
            or None,
            boxes={
                layer: {**boxes, "class_labels": class_names(boxes.get("class_labels"))}
                for layer, boxes in picture.boxes.items()
            }
            or None,
        )

    def _set_summary(self, run: Any) -> None:
        """Set what the summary holds besides what wandb makes of the rows."""
        for name, value in _with_numbers(self._source.details.summary).items():
            if name.startswith("_"):
                continue
            known = run.summary.get(name)
            plain = _without_media(value)
            # A dict that has pictures too is left as wandb has it, where it has any.
            is_whole = plain == value or known is None
            # NaN is not equal to itself; in a summary wandb makes null of it.
            if is_whole and plain not in (None, {}) and plain == plain and plain != known:
                run.summary[name] = plain

    def _save_files(self, run: Any) -> None:
        """Copy the files that the script saved; `save` alone would link to the source."""
        for name, path in self._source.saved_files():
            target = os.path.join(run.dir, *name.split("/"))
            make_folder(os.path.dirname(target))
            put_copy(target, path, str(run.dir))
            run.save(target, base_path=str(run.dir), policy="now")


def _settings(wandb: Any) -> Any:
    """wandb's settings for an export: nothing of this process belongs to the run."""
    wanted = {
        "silent": True,
        "console": "off",
        "disable_code": True,
        "disable_git": True,
        # Before 0.19 and after.
        "_disable_stats": True,
        "x_disable_stats": True,
        "_disable_meta": True,
        "x_disable_meta": True,
    }
    names = {
        name for base in wandb.Settings.__mro__ for name in vars(base).get("__annotations__", ())
    }
    return wandb.Settings(**{name: value for name, value in wanted.items() if name in names})


def _bind(value: Any, run: Any, step: int, name: str = "") -> None:
    """Send the files of images to the run, without a row."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _bind(inner, run, step, key)
    elif isinstance(value, list):
        for item in value:
            _bind(item, run, step, name)
    elif hasattr(value, "bind_to_run"):
        value.bind_to_run(run, name, step)


def _without_media(value: Any) -> Any:
    """The value without pictures and the like: None where it is one."""
    if not isinstance(value, dict):
        return None if is_pictures(value) else value
    if isinstance(value.get("_type"), str):
        return None
    kept = {name: _without_media(inner) for name, inner in value.items()}
    return {name: inner for name, inner in kept.items() if inner is not None}


def _with_numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, in which texts that stand for NaN and infinities are these numbers."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            result[name] = _with_numbers(value)
        else:
            number = number_of(value)
            result[name] = value if number is None else number
    return result

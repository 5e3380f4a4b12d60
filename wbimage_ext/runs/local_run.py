"""LocalRun: a run in a directory, without a server.

In: dicts of values and images. Out: `media/` as wandb lays it out, one JSON line a step in
`history.jsonl`, `config.json`, and at the end `summary.json` and `index.html`. One process writes;
others may read meanwhile: a line counts once its newline is there. A forked child is another one.
"""

from __future__ import annotations

import operator
import os
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..encoding.warnings import warn
from ..imported import imported
from ..wording import shown
from .attributes import AttributeDict, Config
from .folder import RunFolder
from .metrics import Metric
from .places import run_directory
from .ranks import rank_of
from .rows import row_json
from .saved_files import save_files
from .settings import about_of, config_of
from .wandb_names import missing_of_run


class LocalRun:
    """A run that logs into a directory; a context manager.

    A run that is not finished is finished when the process ends, or when nobody holds it any more.

    Args:
        dir: where; made if missing, and `~` is expanded. None makes `wbimage-runs/run-DATE_TIME-ID`
            under the current directory, or `wbimage-runs/ID` for an `id`. An earlier run's
            directory is continued after its last step.
        name: for display.
        config: values to keep in config.json: a dict, an object such as argparse's Namespace or a
            dataclass, or the path of a JSON or YAML file.
        id: without `dir` the folder's name in `wbimage-runs`; the default is the folder's name.
        resume: "must" wants an earlier run in the directory, and "never" wants none. "auto" and
            True continue the newest run in `wbimage-runs` if it was killed or failed, where `dir`
            and `id` are None. None, False and "allow" continue a run that is there.
        rank: of this process, where several log into one `dir` or `id`: each has a history of its
            own, and the page shows them together. None takes it from RANK and WORLD_SIZE, which
            torchrun sets; 0 is a process that logs alone, or the first one.
        settings: of wandb's arguments `notes`, `tags`, `project`, `entity`, `group` and `job_type`
            are kept in run.json, and `config_include_keys` and `config_exclude_keys` choose from
            `config`. The others have no meaning here and change nothing. Arguments that wandb does
            not have are kept in run.json too, with a warning that names them.

    Attributes:
        dir: the directory, absolute.
        step: the step that the next `log` without one gets.
        summary: a dict of the last value of each key; changes are saved with the run.
        config: a dict that is saved at each change.
        name: for display; saved when it is set, as `notes` and `tags` are.

    Raises:
        ValueError: `dir` is empty, `id` cannot name a folder, or `rank` is negative.
        RuntimeError: this process is already logging to the directory, or another one is.
        FileExistsError: without a run in it, the directory has a file of a name that a run writes;
            or there is a run, and `resume` is "never".
        FileNotFoundError: there is no run, and `resume` is "must".
        OSError: the directory cannot be made or written.
    """

    def __init__(
        self,
        dir: str | os.PathLike[str] | None = None,
        *,
        name: str | None = None,
        config: Any = None,
        id: Any = None,
        resume: str | bool | None = None,
        rank: int | None = None,
        **settings: Any,
    ) -> None:
        about = about_of({"name": name, "id": id, **settings})
        values = config_of(config, settings)
        self._said: set[str] = set()
        rank = rank_of(rank, is_shared=dir is not None or id is not None)
        folder = RunFolder(run_directory(dir, id, resume, rank), about, values, rank)
        try:
            self._folder = folder
            self._finish_at_the_end()
        except BaseException:
            folder.history.close()
            raise

    def _finish_at_the_end(self) -> None:
        # A worker of multiprocessing ends without atexit, but calls its own finalizers.
        finalize = imported("multiprocessing.util", "Finalize")
        if finalize is None:
            weakref.finalize(self, self._folder.finish_unfinished)
        else:
            finalize(self, self._folder.finish_unfinished, exitpriority=-1)

    def log(
        self,
        data: Mapping[str, Any],
        step: int | None = None,
        commit: bool | None = None,
        sync: bool | None = None,
    ) -> None:
        """Log a dict of values; images go to the media folder, alone, in lists or in nested dicts.

        Args:
            data: keys are str; values are images, lists of images, numbers, text, arrays, dicts.
            step: None takes the next step. With a step, further calls with the same one add to it
                until another comes; a step may be an earlier one.
            commit: True ends the step. The default is True where `step` is None, else False.
            sync: of older versions of wandb; not used.

        Raises:
            TypeError: a value that cannot be logged, named with its place.
            ValueError: a step that does not fit 64 bits, or a key that no file can have.
            OSError: no room to write, or the run's folder vanished. Nothing of `data` is in the
                history then; it can be logged again. The same holds for an interrupt.
                A signal's handler may log too, even in the middle of this: its step comes first.
            RuntimeError: the run is finished, or this is a forked child of the process that logs.
        """
        checked_data(data)
        history = self._folder.history
        with self._folder.lock_in_process():
            history.check_open()
            history.check_in_place()
            if step is not None:
                step = _checked_step(step)
                history.commit_open(unless=step)
            row = row_json(self, data, history.step if step is None else step)
            if commit if commit is not None else step is None:
                history.commit(row, step)
            else:
                history.add(row, step)

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """Write what is left, and `index.html` to look at it; calling it again does nothing.

        Nor does calling it in a forked child, where a `with` statement may end as well. What cannot
        be written is named in a warning: the run has ended, and another can log to the directory.

        Args:
            exit_code: kept in run.json; the page marks a run whose code is not 0. None is 0.
            quiet: wandb's; not used, as nothing is printed.

        Raises:
            MemoryError: it can be called again.
        """
        self._folder.finish(0 if exit_code is None else exit_code)

    def __enter__(self) -> LocalRun:
        return self

    def __exit__(self, kind: object, exception: BaseException | None, traceback: object) -> None:
        self.finish(_exit_code(exception))

    def __repr__(self) -> str:
        return f"<LocalRun {self.name!r} in {self.dir}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook shows: the page of what was logged so far."""
        from ..view.notebook import run_html

        return {"text/plain": repr(self), "text/html": run_html(self.dir)}

    def __reduce__(self) -> Any:
        raise TypeError("a LocalRun writes to its directory from one process; it cannot be pickled")

    # What is known about the run.

    @property
    def dir(self) -> str:
        """The directory, absolute."""
        return self._folder.directory

    @property
    def step(self) -> int:
        """The step that the next `log` without one gets."""
        return self._folder.history.step

    @property
    def summary(self) -> AttributeDict:
        """The last value of each key; what is set here is saved when the run ends."""
        return self._folder.history.summary

    @property
    def config(self) -> Config:
        """Values that describe the run; each change is saved."""
        return self._folder.config

    @property
    def name(self) -> str:
        """For display."""
        return self._folder.about["name"]  # type: ignore[no-any-return]

    @name.setter
    def name(self, name: str) -> None:
        self._folder.set_about(name=str(name))

    @property
    def notes(self) -> str | None:
        """Text about the run."""
        return self._folder.about.get("notes")

    @notes.setter
    def notes(self, notes: str | None) -> None:
        self._folder.set_about(notes=None if notes is None else str(notes))

    @property
    def tags(self) -> tuple[str, ...]:
        """Words to find the run by."""
        return tuple(self._folder.about.get("tags", ()))

    @tags.setter
    def tags(self, tags: Iterable[str] | None) -> None:
        self._folder.set_about(**about_of({"tags": tags or ()}))

    @property
    def id(self) -> str:
        """What `id` was given, or the folder's name."""
        return self._folder.about["id"]  # type: ignore[no-any-return]

    @property
    def project(self) -> str | None:
        """What `project` was given."""
        return self._folder.about.get("project")

    @property
    def entity(self) -> str | None:
        """What `entity` was given."""
        return self._folder.about.get("entity")

    @property
    def group(self) -> str | None:
        """What `group` was given."""
        return self._folder.about.get("group")

    @property
    def job_type(self) -> str | None:
        """What `job_type` was given."""
        return self._folder.about.get("job_type")

    @property
    def url(self) -> str:
        """The page that `finish` writes."""
        return Path(self.dir, "index.html").as_uri()

    @property
    def resumed(self) -> bool:
        """Whether the directory held rows when the run started."""
        return self.starting_step > 0

    @property
    def starting_step(self) -> int:
        """The first step that this object logs."""
        return self._folder.history.first_step

    @property
    def start_time(self) -> float:
        """When the run started, in seconds since 1970."""
        return self._folder.history.start_time

    # What else a script asks of wandb's run.

    offline = True
    disabled = False

    def define_metric(
        self,
        name: str,
        step_metric: str | Metric | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,
    ) -> Metric:
        """Say what a metric goes over, and what the summary holds of it; arguments as in wandb.

        Args:
            name: a key of logged dicts, or a pattern such as `val/*`.
            step_metric: the key whose values are the metric's horizontal axis, or what
                `define_metric` returned for it. The page's slider goes by it.
            step_sync: False leaves rows without a value of `step_metric` as they are. By default
                they get its last one.
            hidden: kept in run.json.
            summary: of min, max, mean, first, last, best, copy and none, several with commas.
            goal: minimize or maximize, for the summary `best`.
            overwrite: forget what was defined for the name before.

        Raises:
            TypeError: a name that is not a str.
            ValueError: an empty name, or an unknown `summary` or `goal`.
        """
        options = {
            "step_metric": step_metric.name if isinstance(step_metric, Metric) else step_metric,
            "step_sync": step_sync,
            "hidden": hidden,
            "summary": summary,
            "goal": goal,
        }
        with self._folder.lock_in_process():
            self._folder.history.check_open()
            self._folder.metrics.define(name, options, overwrite=bool(overwrite))
            self._folder.save_about()
        return Metric(name)

    def watch(self, *models: Any, **options: Any) -> None:
        """Take wandb's arguments, and warn once: gradients and parameters are not logged."""
        self._say_once("watch logs nothing: gradients can be logged as numbers")

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            warn(f"LocalRun.{text}", UserWarning)

    def save(
        self,
        glob_str: str | os.PathLike[str],
        base_path: str | os.PathLike[str] | None = None,
        policy: str = "live",
    ) -> list[str]:
        """Copy files to the folder `files` of the run, now, and return their paths there.

        Args:
            glob_str: a path, or a pattern of paths. Where there is no such file, as with wandb
                nothing is copied, and a warning says so.
            base_path: folders below it are kept; the default is the current directory.
            policy: "now". "live" and "end" are wandb's, which copies a file again when it changes,
                or at the end of the run: here a warning says once that files are copied now.

        Raises:
            ValueError: a file that does not lie below `base_path`.
            OSError: a file cannot be read or written.
        """
        with self._folder.lock_in_process():
            self._folder.history.check_open()
            saved = save_files(self.dir, glob_str, base_path)
        if not saved:
            warn(f"save found no file of the name {shown(glob_str)}", UserWarning)
        if policy != "now":
            self._say_once(
                "save copies files as they are now: save them again when they change; "
                "policy='now' says that this is meant"
            )
        return saved

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(missing_of_run(name))

    def __setattr__(self, name: str, value: Any) -> None:
        # A misspelt name would be kept, and lost with the process; wandb refuses it, too. A user's
        # subclass may have attributes of its own.
        kind = type(self)
        is_ours = kind.__module__.startswith(f"{__package__}.")
        if is_ours and not (name.startswith("_") or hasattr(kind, name)):
            raise AttributeError(
                f"{missing_of_run(name)}; config, summary and log keep values of a run"
            )
        super().__setattr__(name, value)

    # What Media calls, under wandb's name.

    def _add_singleton(self, data_type: str, key: str, value: Mapping[Any, str]) -> None:
        self._folder.add_labels(data_type, key, value)


def _exit_code(exception: BaseException | None) -> int:
    """What the process would exit with, were this exception not caught."""
    if isinstance(exception, SystemExit):
        code = 0 if exception.code is None else exception.code
        return code if isinstance(code, int) else 1
    return 0 if exception is None else 1


def checked_data(data: Any) -> Mapping[str, Any]:
    """What was given to `log`, if it is a dict.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(data, Mapping):
        raise TypeError(f"log needs a dict of values, not {shown(data)}")
    return data


def _checked_step(given: Any) -> int:
    try:
        step = operator.index(given)
    except TypeError:
        raise TypeError(f"step must be an integer, not {shown(given)}") from None
    # wandb's steps have 64 bits, and Python writes no number of thousands of digits.
    if not -(2**63) <= step < 2**63:
        raise ValueError(f"step must be an integer of 64 bits, not {shown(given)}")
    return step

"""The folder of a run: its files, and the one process that writes them, or the rank of a job.

In: rows, config, summary, and what is known about the run. Out: `history.jsonl`, `config.json`,
`summary.json`, `run.json` and `index.html`. All but the history are replaced whole or not at all.
"""

from __future__ import annotations

import datetime
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..encoding.warnings import warn
from ..files.whole import remove_parts, write_whole
from ..view import write_page
from .attributes import Config, Summary
from .history import History
from .metrics import Metrics
from .places import ABOUT_NAME, HISTORY_NAME, is_run, own_folder
from .ranks import is_first_at_work, write_common_page
from .rows import summary_json
from .values import plain_json

CONFIG_NAME = "config.json"
SUMMARY_NAME = "summary.json"
PAGE_NAME = "index.html"
_FORMAT = {"format": "wbimage LocalRun", "version": 1}
# What is known of a run that has ended, until it is continued.
_OF_THE_END = ("ended", "exit_code")


class RunFolder:
    """What a LocalRun writes, and how it ends.

    It lives longer than its LocalRun: a run that nobody finished is finished by this object.

    Args:
        directory: made if missing; an earlier run in it is continued.
        about: name, notes, tags and the like; what is None stays as it was.
        config: values to add to the config.
        rank: that of this process, where the ranks of a job log into the directory.

    Attributes:
        about: what `run.json` holds.
        labels: names of the classes of masks and boxes, under wandb's names.

    Raises:
        RuntimeError: somebody else writes to the directory, in this process or in another one.
        FileExistsError: without a run in it, the directory has a file of a name that a run writes.
        ValueError: a file of an earlier run is not JSON.
        OSError: the directory cannot be made or written.
    """

    def __init__(
        self,
        directory: str,
        about: Mapping[str, Any],
        config: Mapping[str, Any],
        rank: int | None = None,
    ) -> None:
        self.directory = directory
        self._rank = rank
        self._own = own_folder(directory, rank)
        _refuse_other_files(directory)
        # A signal's handler may log while its thread is in here.
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._needs_page = True
        summary = Summary(self._put_in_run)
        self.history = History(os.path.join(self._own, HISTORY_NAME), summary)
        try:
            # Beside other ranks rank 0 cannot know which of the parts are still being written.
            if rank != 0:
                remove_parts(self._own)
            self.history.recover(self._read(SUMMARY_NAME))
            before = self._read(CONFIG_NAME)
            self.labels = _dicts_in(before.pop("_wandb", {}))
            self.config = Config({**before, **config}, self.save_config)
            self.about = self._about(about)
            self.about["metrics"] = _dicts_in(self.about.get("metrics"))
            self.metrics = Metrics(self.about["metrics"])
            self.history.complete = self.metrics.axes_of
            self.save_about()
            self.save_config()
        except BaseException:
            # The next attempt must not meet this one's lock.
            self.history.close()
            raise

    def _about(self, given: Mapping[str, Any]) -> dict[str, Any]:
        name = os.path.basename(self.directory)
        known = {name: value for name, value in given.items() if value is not None}
        first = {"name": name, "id": name, "started": _now()}
        before = {k: v for k, v in self._read(ABOUT_NAME).items() if k not in _OF_THE_END}
        return {**_FORMAT, **first, **before, **_FORMAT, **known}

    # Who may write.

    def lock_in_process(self) -> threading.RLock:
        """The lock, to be held by who writes; RuntimeError in a forked child of the process.

        It is a lock of C, so that no memory is needed, and no signal is handled, between the last
        change and the end of a `with` statement.
        """
        if os.getpid() != self._pid:
            raise RuntimeError(
                f"the run in {self.directory} is that of process {self._pid}; a forked child "
                "cannot log to it, but can send the images it makes to that process"
            )
        return self._lock

    # Files.

    def set_about(self, **values: Any) -> None:
        """Change what is known about the run, and save it."""
        with self.lock_in_process():
            self.history.check_open()
            before = self.about
            self.about = {**before, **values}
            try:
                self.save_about()
            except BaseException:
                self.about = before
                raise

    def save_about(self) -> None:
        """Write `run.json`."""
        self._write(ABOUT_NAME, self.about)

    def save_config(self) -> None:
        """Write `config.json`; the labels are in it as they are in a config of wandb's."""
        with self.lock_in_process():
            self.history.check_open()
            self._write_config(self.labels)

    def _write_config(self, labels: Mapping[str, Any]) -> None:
        known = {"_wandb": labels} if labels else {}
        self._write(CONFIG_NAME, {**self.config, **known})

    def add_labels(self, data_type: str, key: str, labels: Mapping[Any, Any]) -> None:
        """Add the labels of one layer of masks or boxes."""
        entry = {"type": data_type, "key": key, "value": plain_json("class_labels", labels)}
        with self.lock_in_process():
            self.history.check_open()
            # Once more where a signal's handler added some meanwhile.
            while True:
                before = self.labels
                of_type = before.get(data_type, {})
                if of_type.get(key) == entry:
                    return
                # Known once it is written: what failed is written when it is logged again.
                added = {**before, data_type: {**of_type, key: entry}}
                self._write_config(added)
                if self.labels is before:
                    self.labels = added
                    return

    # What images ask of a run, under wandb's names.

    @property
    def dir(self) -> str:
        """The directory."""
        return self.directory

    _add_singleton = add_labels

    def _put_in_run(self, key: str, value: Any) -> Any:
        with self.lock_in_process():
            return summary_json(self, key, value)

    def _read(self, name: str) -> dict[str, Any]:
        path = os.path.join(self._own, name)
        try:
            with open(path, encoding="utf-8") as file:
                read = json.load(file)
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise ValueError(f"{path} is not JSON, mend it or remove it: {error}") from error
        return read if isinstance(read, dict) else {}

    def _write(self, name: str, values: Mapping[str, Any]) -> None:
        # Of a copy: a signal's handler may add to the dict meanwhile.
        text = json.dumps(plain_json(name.partition(".")[0], dict(values)), indent=1)
        write_whole(os.path.join(self._own, name), text.encode())

    # The end.

    def finish(self, exit_code: int | None) -> None:
        """Write the open step, the summary, the config and the page, and let the lock go.

        What cannot be written is a warning. Called again, it writes the page if that is missing.
        In a forked child it does nothing. After a MemoryError it can be called again, and the end
        of the process does so.

        Args:
            exit_code: for run.json; None where nobody knows it.
        """
        if os.getpid() != self._pid:
            return
        problems: dict[str, Exception] = {}
        with self._lock:
            if self.history.is_open:
                self._finish_history(problems, exit_code)
            if self._needs_page:
                self._needs_page = not self._write_page(problems)
        if problems:
            missing = " and ".join(
                f"its {what} ({type(problem).__name__}: {problem})"
                for what, problem in problems.items()
            )
            warn(f"the run in {self.directory} ended without {missing}", RuntimeWarning)

    def finish_unfinished(self) -> None:
        """The end of a run that nobody finishes: the same, or nothing where it was deleted."""
        if os.getpid() == self._pid and self.history.is_open:
            if self.history.is_in_place():
                # Set by Python where a script ended by an exception; a prompt sets it for any.
                has_failed = hasattr(sys, "last_value") and not hasattr(sys, "ps1")
                self.finish(1 if has_failed else None)
            else:
                self.history.close()

    def _finish_history(self, problems: dict[str, Exception], exit_code: int | None) -> None:
        try:
            self.history.check_in_place()
        except OSError as error:
            problems["files"] = error
            self._needs_page = False
            self.history.close()
            return

        def write_rest() -> None:
            _attempt("summary", self._write_summary, problems)
            _attempt("config", partial(self._write_config, self.labels), problems)
            self.about = {**self.about, **dict(zip(_OF_THE_END, (_now(), exit_code), strict=True))}
            _attempt("exit code", self.save_about, problems)

        failure = self.history.finish(write_rest)
        if failure is not None:
            problems["last step"] = failure

    def _write_summary(self) -> None:
        summary = self.metrics.summarized(self.history.summary, self.history.rows())
        self._write(SUMMARY_NAME, summary)

    def _write_page(self, problems: dict[str, Exception]) -> bool:
        if self._rank and is_first_at_work(self.directory):
            return True
        write = write_page if self._rank is None else write_common_page
        return _attempt("page", partial(write, self.directory), problems)


def _dicts_in(values: Any) -> dict[str, dict[str, Any]]:
    """The dicts in a dict of a file; nobody wrote anything else there."""
    known = values if isinstance(values, dict) else {}
    return {name: value for name, value in known.items() if isinstance(value, dict)}


def _refuse_other_files(directory: str) -> None:
    """Raise FileExistsError where a run would write over files that are no run's."""
    for name in (CONFIG_NAME, SUMMARY_NAME, PAGE_NAME):
        # In this order: rank 0 may be making them now, and makes its history first.
        if os.path.lexists(os.path.join(directory, name)) and not is_run(directory):
            raise FileExistsError(
                f"{os.path.join(directory, name)} is not of a run, and a run would replace it: "
                "give another dir, such as a new folder"
            )


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


def _attempt(what: str, work: Callable[[], Any], problems: dict[str, Exception]) -> bool:
    """Whether the work succeeded; a run ends without what cannot be written."""
    try:
        work()
    except MemoryError:
        raise
    except Exception as error:
        problems[what] = error
        return False
    problems.pop(what, None)
    return True

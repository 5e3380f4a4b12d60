"""LocalRun: a run in a directory, without a server.

In: dicts of values and images. Out: `media/` as wandb lays it out, one JSON line a step in
`history.jsonl`, `config.json`, and at the end `summary.json` and `index.html`. One process writes;
others may read meanwhile: a line counts once its newline is there. A forked child is another one.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from ..files.stored import moving
from ..files.whole import remove_parts, write_whole
from ..media import Media
from ..view import write_page
from .history import HISTORY_NAME, HistoryFile
from .values import plain_json

CONFIG_NAME = "config.json"
SUMMARY_NAME = "summary.json"
RUN_NAME = "run.json"
_LOGGER = logging.getLogger("wbimage_ext")

_RUN_FORMAT = {"format": "wbimage LocalRun", "version": 1}


class LocalRun:
    """A run that logs into a directory; a context manager.

    Args:
        dir: where; made if missing. None makes `wbimage-runs/run-DATE_TIME-ID` under the current
            directory. An earlier run's directory is continued after its last step.
        name: for display.
        config: values to keep in config.json.
        settings: kept in run.json as they are.

    Attributes:
        dir: the directory, absolute.
        step: the step that the next `log` without one gets.
        summary: the last value of each key.
        config: a dict that is saved with the run.

    Raises:
        RuntimeError: another process is writing to the directory.
        OSError: the directory cannot be made or written.
    """

    def __init__(
        self,
        dir: str | os.PathLike[str] | None = None,
        *,
        name: str | None = None,
        config: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        started = datetime.datetime.now(datetime.timezone.utc)
        if dir is None:
            unique = f"run-{started:%Y%m%d_%H%M%S}-{os.urandom(4).hex()}"
            dir = os.path.join("wbimage-runs", unique)
        self.dir = os.path.abspath(os.fspath(dir))
        self.name = name if name is not None else os.path.basename(self.dir)
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._start_time = time.time()
        self._history = HistoryFile(os.path.join(self.dir, HISTORY_NAME))
        self._has_page = False
        self._open_step: int | None = None
        self._open_row: dict[str, Any] = {}
        self.step = self._history.last_step + 1
        try:
            remove_parts(self.dir)
            self.summary: dict[str, Any] = self._read(SUMMARY_NAME)
            self.config: dict[str, Any] = {**self._read(CONFIG_NAME), **dict(config or {})}
            self._write(
                RUN_NAME,
                {
                    **_RUN_FORMAT,
                    "name": self.name,
                    "started": started.isoformat(),
                    **settings,
                },
            )
            self._write(CONFIG_NAME, self.config)
        except BaseException:
            # The next attempt must not meet this one's lock.
            self._history.close()
            raise

    def log(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None
    ) -> None:
        """Log a dict of values; images go to the media folder, alone, in lists or in nested dicts.

        Args:
            data: keys are str; values are images, lists of images, numbers, text, arrays, dicts.
            step: None takes the next step. With a step, further calls with the same one add to it
                until another comes.
            commit: whether the step ends here; by default where no step is given.

        Raises:
            TypeError: a value that JSON has no form for, named with its key.
            OSError: no room to write, or the run's folder vanished. Nothing of `data` is in the
                history then; it can be logged again. The same holds for an interrupt.
                A signal's handler may log too, even in the middle of this: its step comes first.
            RuntimeError: the run is finished, or this is a forked child of the process that logs.
        """
        if not isinstance(data, Mapping):
            raise TypeError(f"log needs a dict of values, not {type(data).__name__}")
        self._refuse_in_child()
        with self._lock:
            self._history.check_open()
            self._history.check_in_place()
            if step is not None:
                step = _checked_step(step)
                if self._open_step not in (None, step):
                    self._commit_open()
            row = self._row_json(data, self.step if step is None else step)
            if commit if commit is not None else step is None:
                self._commit(row, step)
            else:
                self._history.check_open()
                self._open_row = {**self._open_row, **row}
                self._open_step = self.step = self.step if step is None else step

    def _commit_open(self) -> None:
        """End the open step, if there is one."""
        if self._open_step is not None:
            self._commit({}, self._open_step, only_open=True)

    def _commit(
        self, values: Mapping[str, Any], step: int | None, *, only_open: bool = False
    ) -> None:
        """End a step with these values and the open ones; if that fails, all is as it was before.

        A signal's handler may log, or finish the run, in the middle of this. Then it was first: it
        took the open values and the step, and this line is written again. With `only_open` none is,
        where a handler ended the step.
        """
        try:
            while not only_open or self._open_step is not None:
                # Every other commit, and every change of the open values, puts another dict there.
                open_row = self._open_row
                ended = self.step if step is None else step
                now = time.time()
                times = {"_timestamp": now, "_runtime": now - self._start_time}
                row = {**open_row, **values, "_step": ended, **times}
                line = self._history.append(row)
                summary_before = dict(self.summary)
                last_step = max(self._history.last_step, ended)
                next_step, end = last_step + 1, self._history.end + len(line)
                nothing: dict[str, Any] = {}
                # Signals are handled where functions are called, MemoryError comes where something
                # is made: neither is here, up to the return, but for the summary's own growth.
                if self._history.torn is line and self._open_row is open_row:
                    try:
                        self.summary |= row
                    except MemoryError:
                        self.summary.clear()
                        self.summary.update(summary_before)
                        raise
                    self._history.torn, self._history.end = None, end
                    self._history.last_step = last_step
                    self.step, self._open_step, self._open_row = next_step, None, nothing
                    return
        except BaseException:
            with contextlib.suppress(OSError):
                self._history.cut_off_torn()
            raise

    def _refuse_in_child(self) -> None:
        if os.getpid() != self._pid:
            raise RuntimeError(
                f"the run in {self.dir} is that of process {self._pid}; a forked child cannot log "
                "to it, but can send the images it makes to that process"
            )

    def finish(self) -> None:
        """Write what is left, and `index.html` to look at it; calling it again does nothing.

        Nor does calling it in a forked child, where a `with` statement may end as well.

        Raises:
            OSError: no room to write, or the run's folder vanished; it can be called again.
        """
        if os.getpid() != self._pid:
            return
        with self._lock:
            if not self._history.file.closed:
                self._history.check_in_place()
                written = None
                # Again where a signal's handler logged meanwhile.
                while written is not self._open_row or self._open_step is not None:
                    self._commit_open()
                    self._history.cut_off_torn()
                    written = self._open_row
                    self._write(SUMMARY_NAME, self.summary)
                    self._write(CONFIG_NAME, self.config)
                # Not by a function of ours, in which a handler could log once more.
                self._history.file.close()
            self._history.close()
            if not self._has_page:
                write_page(self.dir)
                self._has_page = True

    def __enter__(self) -> LocalRun:
        return self

    def __exit__(self, *exception: object) -> None:
        self.finish()

    def __reduce__(self) -> Any:
        raise TypeError("a LocalRun writes to its directory from one process; it cannot be pickled")

    # What Media calls, under wandb's name.

    def _add_singleton(self, data_type: str, key: str, value: Mapping[Any, str]) -> None:
        entry = {"type": data_type, "key": key, "value": {str(k): v for k, v in value.items()}}
        self._refuse_in_child()
        with self._lock:
            # Again where a signal's handler added one meanwhile.
            while True:
                of_media = self.config.get("_wandb", {})
                entries = of_media.get(data_type, {})
                if entries.get(key) == entry:
                    break
                # Known once it is written: what failed is written when it is logged again.
                added = {**of_media, data_type: {**entries, key: entry}}
                self._write(CONFIG_NAME, {**self.config, "_wandb": added})
                if "_wandb" not in self.config or self.config["_wandb"] is of_media:
                    self.config["_wandb"] = added
                    break

    # JSON.

    def _row_json(self, data: Mapping[str, Any], step: int, place: str = "") -> dict[str, Any]:
        """A dict of values; files of nested dicts are named by the inner key, as wandb names them.

        `place` is where in the logged dict this one is, for messages.
        """
        row: dict[str, Any] = {}
        for key, value in data.items():
            if not isinstance(key, str):
                raise TypeError(f"keys of a logged dict must be str, not {key!r}")
            if isinstance(value, Mapping):
                row[key] = self._row_json(value, step, f"{place}{key}.")
            elif isinstance(value, Media) or _is_media_list(value):
                row[key] = self._media_json(key, value, step)
            else:
                row[key] = plain_json(place + key, value)
        return row

    def _media_json(self, key: str, value: Any, step: int) -> Any:
        # Another thread may log the same image to another run.
        with moving():
            if isinstance(value, Media):
                value.bind_to_run(self, key, step)
                return value.to_json(self)
            return self._list_json(key, value, step)

    def _list_json(self, key: str, items: Sequence[Any], step: int) -> Any:
        first = type(items[0])
        if not all(isinstance(item, first) for item in items):
            raise ValueError(
                f"{key!r}: Mixed media types in the same list aren't supported: "
                f"{sorted({type(item).__name__ for item in items})}"
            )
        if not hasattr(first, "seq_to_json"):
            return [self._media_json(key, item, step) for item in items]
        limit = first.MAX_ITEMS
        if len(items) > limit:
            _LOGGER.warning("Only %i %s will be uploaded.", limit, first.__name__)
            items = items[:limit]
        for item in items:
            item.bind_to_run(self, key, step)
        return first.seq_to_json(items, self, key, step)

    def _read(self, name: str) -> dict[str, Any]:
        try:
            with open(os.path.join(self.dir, name), encoding="utf-8") as file:
                read = json.load(file)
        except FileNotFoundError:
            return {}
        return read if isinstance(read, dict) else {}

    def _write(self, name: str, value: Mapping[str, Any]) -> None:
        # Of a copy: a signal's handler may add to the dict meanwhile.
        text = json.dumps(plain_json(name, dict(value)), indent=1)
        write_whole(os.path.join(self.dir, name), text.encode())


def init(dir: str | os.PathLike[str] | None = None, **settings: Any) -> LocalRun:
    """Start a LocalRun; arguments as for LocalRun."""
    return LocalRun(dir, **settings)


def _checked_step(step: Any) -> int:
    try:
        return step.__index__()  # type: ignore[no-any-return]
    except AttributeError:
        raise TypeError(f"step must be an integer, not {step!r}") from None


def _is_media_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, (list, tuple)) and any(isinstance(item, Media) for item in value)

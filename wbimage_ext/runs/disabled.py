"""A run that keeps nothing, of `init(mode="disabled")`.

In: what a script does with its run. Out: a config and a summary in memory; no folder, no file, and
nothing that is logged is looked at.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from .attributes import AttributeDict, Config
from .local_run import LocalRun, checked_data
from .metrics import Metric
from .settings import about_of, config_of

_OF_FOLDERS = ("mode", "resume", "rank")


class DisabledRun(LocalRun):
    """Has the names of a LocalRun, and writes nothing.

    Its `dir` is the folder for temporary files, as with wandb. Its summary has what was logged
    last.
    """

    offline = False
    disabled = True

    def __init__(self, *, config: Any = None, **arguments: Any) -> None:
        about = about_of({k: v for k, v in arguments.items() if k not in _OF_FOLDERS})
        folder = _NoFolder(about, config_of(config, arguments))
        self._folder = folder  # type: ignore[assignment]

    def log(
        self,
        data: Mapping[str, Any],
        step: int | None = None,
        commit: bool | None = None,
        sync: bool | None = None,
    ) -> None:
        """Put the values into the summary."""
        self.summary.update(checked_data(data))

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """End the run."""
        self._folder.history.is_open = False  # type: ignore[misc]

    def define_metric(self, name: str, *arguments: Any, **options: Any) -> Metric:
        """Do nothing."""
        return Metric(name)

    def watch(self, *models: Any, **options: Any) -> None:
        """Do nothing."""

    def save(self, *arguments: Any, **options: Any) -> list[str]:
        """Copy nothing."""
        return []

    def __repr__(self) -> str:
        return f"<DisabledRun {self.name!r}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/plain": repr(self)}

    @property
    def url(self) -> str:
        """There is no page."""
        return ""


class _NoFolder:
    """What a LocalRun asks of its folder, in memory."""

    def __init__(self, about: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        self.directory = tempfile.gettempdir()
        new_id = os.urandom(4).hex()
        self.about = {"name": f"disabled-{new_id}", "id": new_id, **about}
        self.config = Config(config, lambda: None)
        self.history = SimpleNamespace(
            step=0, first_step=0, start_time=time.time(), summary=AttributeDict(), is_open=True
        )

    def set_about(self, **values: Any) -> None:
        self.about.update(values)

    def add_labels(self, *labels: Any) -> None:
        pass

"""A logged dict as a row of the history: its values in JSON, its images in the run's folder.

In: the dict of one `log`. Out: a dict as JSON has it. All values are looked at before the first
file moves, so that a value that is refused leaves nothing in the run.
"""

from __future__ import annotations

import math
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ..encoding.warnings import warn
from ..files.names import run_file_name
from ..media import Media, bind_together, places_of, set_places
from ..with_wandb import own_media
from ..wording import shown
from .values import MOST_LEVELS, WithoutForm, key_text, plain_json, text_of

_MANY_NUMBERS = 10_000  # more than a histogram or an embedding has


def row_json(run: Any, data: Mapping[str, Any], step: int) -> dict[str, Any]:
    """The row of a logged dict, whose images belong to `run` then.

    Files of nested dicts are named by the inner key, as wandb names them.

    Raises:
        TypeError: a key or a value that cannot be logged, with its place.
        ValueError: a list that mixes images and other values, or a key that no file can have.
        OSError: a file cannot be brought to the run.
    """
    for key in data:
        if not isinstance(key, str):
            raise TypeError(f"keys of a logged dict must be str, not {shown(key)}")
    row = _Row(run, step, _text_or_refusal)
    described = row.of_dict(data)
    row.put_media_in_run()
    return described


def summary_json(run: Any, key: str, value: Any) -> Any:
    """A value of the summary: images as JSON, and in the run; another value as it is.

    Files are named as wandb names them, with `summary` in place of the step.
    """
    row = _Row(run, "summary", text_of)
    described = row.of_dict({key: value})
    if not row.has_media:
        return value
    row.put_media_in_run()
    return described[key]


class _Row:
    """A row in the making, and its media, which wait until all values were looked at."""

    def __init__(self, run: Any, step: int | str, without_form: WithoutForm) -> None:
        self._run = run
        self._step = step
        self._without_form = without_form
        self._media: list[tuple[str, Media]] = []
        # Calls that set the JSON of media in the row.
        self._waiting: list[Callable[[], None]] = []

    def of_dict(self, data: Mapping[Any, Any], place: str = "", level: int = 0) -> dict[str, Any]:
        """The JSON of a dict that lies at `place`, without that of its media."""
        row: dict[str, Any] = {}
        for given_key, given in data.items():
            key = key_text(given_key)
            value = _as_media(given)
            if isinstance(value, Mapping) and level < MOST_LEVELS:
                row[key] = self.of_dict(value, f"{place}{key}.", level + 1)
            elif isinstance(value, Media):
                self._wait(row, key, [value], partial(value.to_json, self._run))
            elif isinstance(value, (list, tuple)) and any(isinstance(v, Media) for v in value):
                items = _checked_list(place + key, value)
                self._wait(row, key, items, partial(_list_json, items, self._run, key, self._step))
            else:
                row[key] = plain_json(place + key, value, self._without_form)
                if isinstance(row[key], list):
                    _warn_of_many_numbers(place + key, value)
        return row

    @property
    def has_media(self) -> bool:
        """Whether files have to be brought to the run."""
        return bool(self._waiting)

    def put_media_in_run(self) -> None:
        """Bring the files to the run, all of them at once, and complete the row."""
        bind_together(self._media, self._run, self._step)
        for describe in self._waiting:
            describe()

    def _wait(
        self, row: dict[str, Any], key: str, media: Sequence[Media], to_json: Callable[[], Any]
    ) -> None:
        run_file_name(key, self._step, "", "")
        # Not `self`, which holds the function: images would live until garbage is collected.
        run, step = self._run, self._step

        def describe() -> None:
            # The same image may be in the row under several keys.
            for value in media:
                set_places(places_of(value, key, step, None), run, run.dir)
            row[key] = plain_json(key, to_json())

        row[key] = None  # keeps the order of the keys
        self._media += [(key, value) for value in media]
        self._waiting.append(describe)


def _warn_of_many_numbers(place: str, value: Any) -> None:
    """Warn where an array is so large that it may be meant as a picture; lists have no shape."""
    count = math.prod(getattr(value, "shape", ()))
    if count > _MANY_NUMBERS:
        warn(
            f"{shown(place)}: {count:,} numbers go into the history as text; "
            "Image(array) logs a picture",
            UserWarning,
        )


def _as_media(value: Any) -> Any:
    """The value; of wandb's own images the image of this package, in a list too."""
    if "wandb" not in sys.modules:
        return value
    if isinstance(value, (list, tuple)):
        return [own_media(item) for item in value]
    return own_media(value)


def _list_json(items: Sequence[Any], run: Any, key: str, step: int | str) -> Any:
    if not hasattr(items[0], "seq_to_json"):
        return [item.to_json(run) for item in items]
    return type(items[0]).seq_to_json(items, run, key, step)


def _checked_list(place: str, items: Sequence[Any]) -> Sequence[Any]:
    """A list that holds images only, or only objects of another class of media."""
    are_images = all(hasattr(item, "seq_to_json") for item in items)
    if not are_images and len({type(item) for item in items}) > 1:
        raise ValueError(
            f"{place!r}: Mixed media types in the same list aren't supported: "
            f"{sorted({type(item).__name__ for item in items})}"
        )
    return items


# What has no form in JSON. Of objects of these packages a text would lose the data.

_INSTEAD = {
    "PIL": "log it as an image, by Image(...) around it",
    "matplotlib": "log it as an image, by Image(...) around it",
    "plotly": "log an image of it, by Image(...) around its encoded bytes",
    "pandas": "log its columns, as a dict of lists",
    "polars": "log its columns, as a dict of lists",
    "wandb": "of wandb's media a LocalRun takes images only",
}


def _text_or_refusal(place: str, value: Any) -> str:
    """The text of a value, with a warning; TypeError for data that a text would lose."""
    kind = type(value)
    packages = {base.__module__.partition(".")[0] for base in kind.__mro__}
    if isinstance(value, types.ModuleType):
        packages = {value.__name__.partition(".")[0]}
    instead = next((_INSTEAD[package] for package in packages if package in _INSTEAD), None)
    if isinstance(value, Media):
        instead = "images can be logged in a list of images, and in dicts, not in a list of dicts"
    if instead is not None:
        name = f"{kind.__module__.partition('.')[0]}.{kind.__name__}"
        raise TypeError(f"{shown(place)} is a {name}: {instead}")
    text = f"{shown(place)}: this {kind.__name__} has no form in JSON; its text is logged"
    warn(text, UserWarning)
    return text_of(place, value)

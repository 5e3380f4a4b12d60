"""A logged dict as a row of the history: its values in JSON, its images in the run's folder.

In: the dict of one `log`. Out: a dict as JSON has it. All values are looked at before the first
file moves, so that a value that is refused leaves nothing in the run.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..encoding.warnings import warn
from ..files.names import run_file_name
from ..files.stored import moving
from ..media import Media
from ..with_wandb import own_media
from ..wording import shown
from .values import key_text, plain_json, text_of

# Sets an image's JSON in the row, once its file is in the run.
_PutInRun = Callable[[], None]


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
    waiting: list[_PutInRun] = []
    row = _dict_json(run, data, step, "", waiting)
    # Another thread may log the same image to another run.
    with moving():
        for put_in_run in waiting:
            put_in_run()
    return row


def _dict_json(
    run: Any, data: Mapping[Any, Any], step: int, place: str, waiting: list[_PutInRun]
) -> dict[str, Any]:
    row: dict[str, Any] = {}

    def put_later(key: str, value: Any, describe: Callable[..., Any]) -> None:
        def put_in_run() -> None:
            row[key] = plain_json(place + key, describe(value, run, key, step))

        run_file_name(key, step, "", "")
        row[key] = None  # keeps the order of the keys
        waiting.append(put_in_run)

    for given_key, given in data.items():
        key = key_text(given_key)
        value = _as_media(given)
        if isinstance(value, Mapping):
            row[key] = _dict_json(run, value, step, f"{place}{key}.", waiting)
        elif isinstance(value, Media):
            put_later(key, value, _media_json)
        elif isinstance(value, (list, tuple)) and any(isinstance(v, Media) for v in value):
            put_later(key, _checked_list(place + key, value), _list_json)
        else:
            row[key] = plain_json(place + key, value, _text_or_refusal)
    return row


def _as_media(value: Any) -> Any:
    """The value; of wandb's own images the image of this package, in a list too."""
    if "wandb" not in sys.modules:
        return value
    if isinstance(value, (list, tuple)):
        return [own_media(item) for item in value]
    return own_media(value)


def _media_json(value: Any, run: Any, key: str, step: int) -> Any:
    value.bind_to_run(run, key, step)
    return value.to_json(run)


def _list_json(items: Sequence[Any], run: Any, key: str, step: int) -> Any:
    if not hasattr(items[0], "seq_to_json"):
        return [_media_json(item, run, key, step) for item in items]
    for item in items:
        item.bind_to_run(run, key, step)
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
        raise TypeError(f"{place!r} is a {name}: {instead}")
    warn(f"{place!r}: a {kind.__name__} has no form in JSON; its text is logged", UserWarning)
    return text_of(place, value)

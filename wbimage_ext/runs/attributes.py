"""Dicts whose items are attributes too, as those of wandb's config and summary are.

In: changes by a user. Out: for a run's config, a call that saves it after each change; for its
summary, a call that puts images into the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..wording import shown
from .config_values import config_values


class AttributeDict(dict[str, Any]):
    """A dict of which `d.key` is `d["key"]`."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(
                f"there is no {shown(name)}; there are {shown(list(self))}"
            ) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]

    def __reduce__(self) -> Any:
        # A copy or a pickle is a dict that no run saves.
        return dict, (dict(self),)


class Config(AttributeDict):
    """A run's config: each change is saved, or undone where it cannot be.

    A list or dict inside it that changes is saved with the next change, and when the run ends.
    """

    __slots__ = ("_save",)

    _save: Callable[[], None]

    def __init__(self, values: Mapping[str, Any], save: Callable[[], None]) -> None:
        super().__init__(values)
        object.__setattr__(self, "_save", save)

    def update(self, *values: Any, allow_val_change: bool | None = None, **named: Any) -> None:
        """Set several values; `allow_val_change` is wandb's, and changes are always allowed."""
        self._change(dict.update, *map(config_values, values), **named)

    def setdefaults(self, values: Any) -> None:
        """Set those values whose keys are not there yet."""
        new = config_values(values)
        self.update({key: value for key, value in new.items() if key not in self})

    def as_dict(self) -> dict[str, Any]:
        """A plain copy."""
        return dict(self)

    def __setitem__(self, key: str, value: Any) -> None:
        self._change(dict.__setitem__, key, value)

    def __delitem__(self, key: str) -> None:
        self._change(dict.__delitem__, key)

    def __ior__(self, values: Any) -> Config:  # type: ignore[override,misc]
        self.update(values)
        return self

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of the key, which is set to the default if it is missing."""
        return self._change(dict.setdefault, key, default)

    def pop(self, *arguments: Any) -> Any:
        """Remove the key and return its value."""
        return self._change(dict.pop, *arguments)

    def popitem(self) -> tuple[str, Any]:
        """Remove the last key and return it with its value."""
        return self._change(dict.popitem)  # type: ignore[no-any-return]

    def clear(self) -> None:
        """Remove all keys."""
        self._change(dict.clear)

    def _change(self, change: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        before = dict(self)
        try:
            result = change(self, *arguments, **named)
            self._save()
        except BaseException:
            dict.clear(self)
            dict.update(self, before)
            raise
        return result


class Summary(AttributeDict):
    """A run's summary: images that are set are put into the run at once.

    Args:
        put_in_run: gets a key and a value, and gives what the summary holds.
    """

    __slots__ = ("_put_in_run",)

    _put_in_run: Callable[[str, Any], Any]

    def __init__(self, put_in_run: Callable[[str, Any], Any]) -> None:
        super().__init__()
        object.__setattr__(self, "_put_in_run", put_in_run)

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, self._put_in_run(key, value))

    def update(self, *values: Any, **named: Any) -> None:
        """Set several values."""
        for key, value in dict(*values, **named).items():
            self[key] = value

    def __ior__(self, values: Any) -> Summary:  # type: ignore[override,misc]
        self.update(values)
        return self

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of the key, which is set to the default if it is missing."""
        if key not in self:
            self[key] = default
        return self[key]

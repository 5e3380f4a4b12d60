"""The names of files in a run.

In: a key, a step, a digest. Out: a relative path that stays in its folder on every system.
"""

from __future__ import annotations

import os

from ..wording import shown

# Names that Windows keeps for devices, with any extension and in any case.
_RESERVED_NAMES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³"]
)
_FORBIDDEN_ON_WINDOWS = frozenset('\\:*?"<>|') | {chr(code) for code in range(32)}


def safe_key(key: str | int) -> str:
    """The key as a relative path that stays in its folder.

    Slashes make folders. Leading slashes are dropped, `.` and `..` become underscores.

    Raises:
        ValueError: the key holds a NUL, or what no file name can have.
    """
    text = str(key)
    check_characters(text, f"key {shown(text)}")
    parts = text.lstrip("/").split("/")
    return "/".join(part.replace(".", "_") if part in (".", "..") else part for part in parts)


def check_characters(text: str, named: str) -> None:
    """Refuse characters that no file name of this system has.

    Raises:
        ValueError: there are some in `text`, which is `named` in the message.
    """
    if "\0" in text:
        raise ValueError(f"{named} contains a NUL character, which no file name may")
    try:
        os.fsencode(text)
    except UnicodeEncodeError as error:
        character = text[error.start : error.end]
        raise ValueError(f"{named}: no file name here can have {character!r}") from None


def check_windows_name(name: str) -> None:
    """Refuse what Windows reads as another path than the one that `name` spells.

    Raises:
        ValueError: a device's name, a drive, a stream, a backslash, or a part that ends with a dot
            or a space, which Windows drops.
    """
    for part in name.split("/"):
        device = part.partition(".")[0].rstrip(" ").lower() in _RESERVED_NAMES
        if device or part.endswith((".", " ")) or not _FORBIDDEN_ON_WINDOWS.isdisjoint(part):
            raise ValueError(f"{name!r} cannot be a file name on Windows, because of {part!r}")


def run_file_name(key: str | int, step: str | int, id_: str | int, extension: str) -> str:
    """`{key}_{step}_{id}{extension}` under a media folder; only the key makes folders.

    Raises:
        ValueError: it cannot be a file name.
    """
    tail = f"{step}_{id_}{extension}"
    if "\0" in tail:
        raise ValueError(f"step or id {tail!r} contains a NUL character, which no file name may")
    name = f"{safe_key(key)}_{tail.replace('/', '_')}"
    if os.name == "nt":
        check_windows_name(name)
    return name

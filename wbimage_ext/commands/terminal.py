"""What the commands share: file patterns as arguments, and text that a terminal shows safely."""

from __future__ import annotations

import glob
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

_MANY = 20  # things that take a moment


def matching_files(arguments: Sequence[str]) -> list[str]:
    """The paths that are named, and those that match a pattern such as `*.jpg`, in order.

    Windows' shells leave patterns to the program. A pattern that matches nothing stays as it is.
    """
    paths: list[str] = []
    for argument in arguments:
        is_path = os.path.lexists(argument) or not glob.has_magic(argument)
        paths += [argument] if is_path else sorted(glob.glob(argument)) or [argument]
    return paths


def shown(value: object) -> str:
    """The text of a value, without characters that a terminal obeys."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value)
    )


def command_line(*arguments: str) -> str:
    """A command of this package, as a shell in the current directory takes it."""
    python = sys.executable or "python"
    here = os.path.join(os.getcwd(), "")
    inside = python.removeprefix(here)
    # A name without a folder would be looked for in PATH.
    if os.path.dirname(inside):
        python = inside
    command = [python, "-m", "wbimage_ext", *arguments]
    return subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)


def print_error(error: Exception) -> None:
    """Print an exception's text on standard error, the system's with the path first."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror and isinstance(error.filename, (str, bytes)):
        text = f"{os.fsdecode(error.filename)}: {error.strerror}"
    print(f"wbimage: {shown(text)}", file=sys.stderr)


def print_place(directory: str) -> None:
    """Say where the files of a run are."""
    directory = shown(directory)
    print(f"\nThe run is in {directory}")
    print(f"  a page to look at it:      {os.path.join(directory, 'index.html')}")
    print(f"  images, masks and boxes:   {os.path.join(directory, 'media')}")
    print(f"  one JSON line a step:      {os.path.join(directory, 'history.jsonl')}")


def with_progress(things: Iterable[Any], count: int, *, unit: str) -> Iterable[Any]:
    """The things, while standard error shows how many are done: as a bar on a terminal with tqdm.

    Args:
        things: what is gone through.
        count: how many there are.
        unit: the name of one, such as file.
    """
    if count < _MANY:
        return things
    try:
        from tqdm import tqdm
    except ImportError:
        return _plain_progress(things, count, unit)
    if not sys.stderr.isatty():
        return _plain_progress(things, count, unit)
    return tqdm(things, total=count, unit=unit)


def _plain_progress(things: Iterable[Any], count: int, unit: str) -> Iterator[Any]:
    for done, thing in enumerate(things):
        if done and done % max(1, count // 10) == 0:
            print(f"{done} of {count} {unit}s", file=sys.stderr)
        yield thing

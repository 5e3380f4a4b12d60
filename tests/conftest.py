"""Fixtures that every test may use: photographs, and a directory that stands for a run."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext.files import incoming, memory, staging

# A program that takes so long hangs. On a slow or busy machine a minute is not long.
HANG_SECONDS = 600

# Where sockets are made: Linux takes 107 bytes for the path of one, and TMPDIR may be long.
SHORT_FOLDER = "/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir()

# One of the values of a parameter.
A_PIPE = pytest.param(
    "pipe", marks=pytest.mark.skipif(os.name == "nt", reason="pipes with names are of POSIX")
)


class PlainRun:
    """The least that an image can be bound to: something with a `dir`."""

    def __init__(self, directory: Path) -> None:
        self.dir = str(directory)


@pytest.fixture
def plain_run(tmp_path: Path) -> PlainRun:
    return PlainRun(tmp_path / "run")


@pytest.fixture
def local_run(tmp_path: Path) -> Any:
    with wbimage_ext.LocalRun(tmp_path / "local_run") as run:
        yield run


@pytest.fixture(scope="session")
def photo() -> np.ndarray[Any, Any]:
    """A real photograph, (512, 512, 3) uint8."""
    from skimage import data

    return data.astronaut()


@pytest.fixture(scope="session")
def gray_photo() -> np.ndarray[Any, Any]:
    """A real photograph, (512, 512) uint8."""
    from skimage import data

    return data.camera()


@pytest.fixture
def nothing_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is staged, as when the bound of memory is reached."""
    monkeypatch.setattr(memory, "LIMIT_BYTES", 0)
    monkeypatch.setattr(memory, "_room", 0)
    monkeypatch.setattr(incoming, "_IN_MEMORY_BYTES", 0)


@pytest.fixture
def nothing_stays() -> Iterator[None]:
    """Checks that a test leaves no staged file behind."""
    gc.collect()  # what other tests left holds some
    before = files_below(staging.staging_directory())
    yield
    assert files_below(staging.staging_directory()) == before


def run_captured(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program that may start others; its output goes to files. Killed if it hangs.

    Who reads a pipe waits for all that hold it, and what the program started may go on.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(command, stdout=output, stderr=errors, **options)
        end = ""
        try:
            child.wait(HANG_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            end = f"\nkilled after {HANG_SECONDS} seconds"
        output.seek(0)
        errors.seek(0)
        said = output.read(), errors.read() + end
    return subprocess.CompletedProcess(command, child.returncode, *said)


def for_the_package(stand_in: Callable[..., Any], real: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is `stand_in` where this package calls it, and else `real`.

    Other threads call functions of `os` too, and so does any object that closes a file at its end.
    """

    def choose(*arguments: Any, **options: Any) -> Any:
        caller = sys._getframe(1).f_globals.get("__name__", "")
        function = stand_in if caller.partition(".")[0] == "wbimage_ext" else real
        return function(*arguments, **options)

    return choose


def files_below(directory: str | Path) -> list[str]:
    """Every file below a directory, as posix paths relative to it, sorted."""
    root = Path(directory)
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())

"""What Windows does otherwise, emulated: its locks, and files that are open.

Windows removes, renames and replaces no file that is open, by whatever process, and has no fcntl.
Here the process's own descriptors say which files are open, and a stand-in for msvcrt keeps the
locks. It knows nothing of the locks of others: each test has a folder for temporary files.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext.commands.terminal import matching_files
from wbimage_ext.files import locks, staging, whole
from wbimage_ext.files.staging import OWNER_NAME, Staging

DESCRIPTORS = Path("/proc/self/fd")
pytestmark = pytest.mark.skipif(
    not DESCRIPTORS.is_dir(), reason="which files are open is asked of /proc"
)


def is_open(path: str) -> bool:
    real = os.path.realpath(path)
    found = False
    for link in DESCRIPTORS.iterdir():
        with suppress(FileNotFoundError):  # the one that lists the folder
            found = found or (os.readlink(link) == real and os.path.isfile(real))
    return found


def refuse_open_files(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    def refusing(*paths: Any, dir_fd: int | None = None, **rest: Any) -> Any:
        for path in paths:
            folder = "" if dir_fd is None else os.readlink(DESCRIPTORS / str(dir_fd))
            if is_open(os.path.join(folder, path)):
                raise PermissionError(errno.EACCES, f"{name}: another process uses the file", path)
        return function(*paths, **rest) if dir_fd is None else function(*paths, dir_fd=dir_fd)

    return refusing


class Msvcrt(SimpleNamespace):
    """Locks of bytes, each until its descriptor is closed; `foreign`: locked by others."""

    LK_NBLCK = 2

    def __init__(self) -> None:
        super().__init__(held={}, foreign=set())

    def locking(self, descriptor: int, mode: int, count: int) -> None:
        assert (mode, count) == (self.LK_NBLCK, 1)
        file = os.fstat(descriptor)
        assert os.lseek(descriptor, 0, os.SEEK_CUR) > file.st_size, "others could not read it"
        if file.st_ino in self.foreign or self.is_locked(file.st_ino):
            raise PermissionError(errno.EACCES, "Permission denied")
        self.held[file.st_ino] = descriptor

    def is_locked(self, file: int) -> bool:
        try:
            return os.fstat(self.held.get(file, -1)).st_ino == file
        except OSError:
            return False


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Msvcrt:
    """Windows' rules for files, as long as the test takes."""
    msvcrt = Msvcrt()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
    # What earlier tests staged is not looked at.
    monkeypatch.setattr(staging, "_staging", Staging())
    monkeypatch.setattr(locks, "fcntl", None)
    monkeypatch.setattr(locks, "msvcrt", msvcrt, raising=False)
    monkeypatch.setattr(whole, "_WAITS_SECONDS", (0.01, 0.02, 0.05, 0.1, 0.2, 0.5))
    for name in ("unlink", "remove", "replace", "rename"):
        monkeypatch.setattr(os, name, refuse_open_files(getattr(os, name), name))
    return msvcrt


@contextmanager
def being_read(path: Path) -> Iterator[None]:
    """Somebody has the file open, until the third time that a writer waits for it."""
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            file.close()

    with pytest.MonkeyPatch.context() as patch, path.open("rb") as file:
        patch.setattr(whole, "time", SimpleNamespace(sleep=wait))
        yield
    assert waited == [0.01, 0.02, 0.05]


def test_an_open_file_is_refused_here_too(windows: Msvcrt, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"a")
    with path.open("rb"):
        for refused in (os.unlink, os.remove, lambda name: os.replace(name, tmp_path / "b")):
            with pytest.raises(PermissionError):
                refused(str(path))
    os.unlink(path)


def test_the_staging_directory_goes_at_the_end(windows: Msvcrt) -> None:
    own = Staging()
    directory = Path(own.directory())
    (directory / "x.png").write_bytes(b"x")
    assert windows.is_locked((directory / OWNER_NAME).stat().st_ino)
    own.empty()
    assert not directory.exists()


def test_directories_of_killed_processes_go_others_stay(windows: Msvcrt, tmp_path: Path) -> None:
    for name in ("wbimage-killed", "wbimage-alive"):
        (tmp_path / name).mkdir()
        (tmp_path / name / OWNER_NAME).write_bytes(staging._machine())
    windows.foreign.add((tmp_path / "wbimage-alive" / OWNER_NAME).stat().st_ino)
    staging._remove_abandoned(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["wbimage-alive"]


def test_a_file_is_replaced_when_its_reader_is_done(windows: Msvcrt, tmp_path: Path) -> None:
    target = tmp_path / "config.json"
    target.write_bytes(b"old")
    with being_read(target):
        whole.write_whole(str(target), b"new")
    assert target.read_bytes() == b"new"


def test_a_reader_that_stays_is_told_of(
    windows: Msvcrt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "_WAITS_SECONDS", (0.01,))
    target = tmp_path / "config.json"
    target.write_bytes(b"old")
    with target.open("rb"), pytest.raises(PermissionError, match=r"config\.json"):
        whole.write_whole(str(target), b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]
    assert target.read_bytes() == b"old"


def test_a_run_that_others_read(windows: Msvcrt, tmp_path: Path) -> None:
    run = wbimage_ext.LocalRun(tmp_path / "run")
    image = wbimage_ext.Image(np.eye(9))
    run.log({"a": image, "b": [image, wbimage_ext.Image(np.ones((4, 4, 3)))]})
    run.config.update({"rate": 0.1})
    with being_read(tmp_path / "run/config.json"):
        run.config.update({"rate": 0.2})
    page = tmp_path / "run/index.html"
    page.write_text('<meta name="generator" content="wbimage_ext"> an earlier page')
    with being_read(page):
        run.finish()
    assert "an earlier page" not in page.read_text("utf-8")
    assert '"rate": 0.2' in (tmp_path / "run/config.json").read_text("utf-8")
    left = [path for path in (tmp_path / "run").rglob("*") if path.suffix in (".part", ".tmp")]
    assert left == []


def test_a_run_has_one_writer(windows: Msvcrt, tmp_path: Path) -> None:
    run = wbimage_ext.LocalRun(tmp_path / "run")
    run.log({"a": 1})
    history = tmp_path / "run/history.jsonl"
    assert windows.is_locked(history.stat().st_ino)
    run.log({"a": 2})
    run.finish()
    assert len(history.read_bytes().splitlines()) == 2
    assert not windows.is_locked(history.stat().st_ino)
    windows.foreign.add(history.stat().st_ino)
    with pytest.raises(RuntimeError, match="another process is writing to"):
        wbimage_ext.LocalRun(tmp_path / "run")


WITHOUT_FCNTL = """
import sys, types
taken = []
sys.modules["fcntl"] = None
sys.modules["msvcrt"] = types.SimpleNamespace(LK_NBLCK=2, locking=lambda *a: taken.append(a))
import numpy, wbimage_ext
run = wbimage_ext.LocalRun(sys.argv[1])
run.log({"a": wbimage_ext.Image(numpy.eye(4))})
run.finish()
assert taken
"""


def test_a_system_without_fcntl(tmp_path: Path) -> None:
    program = [sys.executable, "-W", "error", "-c", WITHOUT_FCNTL, str(tmp_path / "run")]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(program, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "run/media/images").iterdir())) == 1


def test_patterns_are_expanded_by_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.jpg", "a.jpg", "c.png", "[x].jpg"):
        (tmp_path / name).touch()
    assert matching_files(["*.jpg"]) == ["[x].jpg", "a.jpg", "b.jpg"]
    assert matching_files(["[x].jpg", "?.png"]) == ["[x].jpg", "c.png"]
    assert matching_files(["*.gif"]) == ["*.gif"]

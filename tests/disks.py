"""Disks that fail on purpose: full, over quota, read-only, out of descriptors.

In: a folder. Out: contexts in which the system refuses, and small file systems of the tests' own
where the system lets them mount any (as root on Linux).
"""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

resource = pytest.importorskip("resource", reason="limits of processes are of POSIX")


@contextlib.contextmanager
def mounted(folder: Path, options: str = "size=1m") -> Iterator[Path]:
    """A file system in memory at `folder`; skips the test where none can be mounted."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting a file system needs root on Linux")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def full(folder: Path, left_bytes: int = 0) -> Iterator[None]:
    """The file system of `folder` has `left_bytes` left."""
    ballast = folder / "ballast"
    with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(1 << 16)):
            pass
    os.truncate(ballast, ballast.stat().st_size - left_bytes)
    try:
        yield
    finally:
        ballast.unlink()


@contextlib.contextmanager
def out_of_inodes(folder: Path) -> Iterator[None]:
    """No more files can be made in the file system of `folder`."""
    ballast = folder / "ballast"
    ballast.mkdir()
    with contextlib.suppress(OSError):
        for n in range(1 << 20):
            (ballast / str(n)).touch()
    try:
        yield
    finally:
        subprocess.run(["rm", "-r", str(ballast)], check=True)


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The file system of `folder` is mounted read-only."""
    remount = ["mount", "-o", "remount,{}", str(folder)]
    subprocess.run([part.format("ro") for part in remount], check=True)
    try:
        yield
    finally:
        subprocess.run([part.format("rw") for part in remount], check=True)


def skip_where_rights_bind_nobody(folder: Path) -> None:
    """Skip before anything is begun, which would be garbage that ends in the middle of others."""
    folder.chmod(0o500)
    is_bound = not os.access(folder, os.W_OK)
    folder.chmod(0o700)
    if not is_bound:
        pytest.skip("rights do not bind root")


@contextlib.contextmanager
def without_rights(folder: Path) -> Iterator[None]:
    """Nothing can be made in `folder` nor in those below; see skip_where_rights_bind_nobody."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for each in folders:
        each.chmod(0o500)
    try:
        yield
    finally:
        for each in folders:
            each.chmod(0o700)


@contextlib.contextmanager
def files_limited(folder: Path, size_bytes: int = 4096) -> Iterator[None]:
    """The system refuses to write past `size_bytes` of any file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def over_quota(folder: Path, left_bytes: int = 100) -> Iterator[None]:
    """`os.write` writes a little and then refuses, as a quota does."""
    write = os.write
    one_at_a_time = threading.Lock()  # files are written on several threads where that takes long

    def write_a_little(descriptor: int, data: Any) -> int:
        nonlocal left_bytes
        with one_at_a_time:
            if left_bytes == 0:
                raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
            written = write(descriptor, memoryview(data)[:left_bytes])
            left_bytes -= written
        return written

    os.write = write_a_little  # type: ignore[assignment]
    try:
        yield
    finally:
        os.write = write


@contextlib.contextmanager
def no_descriptors(folder: Path) -> Iterator[None]:
    """The process can open no further file."""
    gc.collect()  # garbage may hold open files
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def failing(number: int) -> Callable[..., Any]:
    """A function of `os` that fails."""

    def fail(*arguments: Any, **options: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return fail

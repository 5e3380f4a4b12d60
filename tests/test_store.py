"""Staging and publishing: whole or not at all, private, and safe under fork."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext import Image, store
from wbimage_ext.store import StoredFile, run_file_name, safe_key

from .conftest import PlainRun, files_below

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def test_staging_is_private() -> None:
    file = StoredFile.stage(b"data", ".png")
    directory = Path(file.path).parent
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert Path(file.path).read_bytes() == b"data"
    assert file.size == 4


def test_a_planted_symlink_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_random_name", lambda: "planted")
    victim = tmp_path / "victim"
    victim.write_text("kept")
    link = Path(store.staging_directory()) / "planted.png"
    link.symlink_to(victim)
    try:
        with pytest.raises(FileExistsError):
            StoredFile.stage(b"data", ".png")
    finally:
        link.unlink()
    assert victim.read_text() == "kept"


@forks
def test_a_forked_child_has_its_own_staging(tmp_path: Path, plain_run: PlainRun) -> None:
    image = Image(np.eye(30))
    staged = image._path
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            mine = Image(np.eye(31))
            image.bind_to_run(plain_run, "from_child", 0)
            os.write(writer, mine._path.encode())
            store._staging.empty()
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writer)
    child_path = os.read(reader, 4096).decode()
    os.close(reader)
    assert os.waitpid(child, 0)[1] == 0
    assert Path(child_path).parent != Path(staged).parent
    assert not os.path.exists(child_path)
    assert os.path.exists(staged), "a child copies what its parent staged"
    image.bind_to_run(plain_run, "from_parent", 0)
    assert len(files_below(plain_run.dir)) == 2


PROGRAM = """
import multiprocessing, os, sys
import numpy as np
from wbimage_ext import Image, store

def work(n):
    return Image(np.eye(n + 5)), store.staging_directory()

if __name__ == "__main__":
    method = sys.argv[1]
    Image(np.eye(4))
    with multiprocessing.get_context(method).Pool(2) as pool:
        results = pool.map(work, range(6))
        pool.close()
        pool.join()
    directories = {directory for _, directory in results}
    class Run: dir = sys.argv[2]
    for n, (image, _) in enumerate(results):
        image.bind_to_run(Run, "k", n)
    print(*sorted(directories), store.staging_directory(), sep="\\n")
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_send_images_and_all_staging_is_emptied(method: str, tmp_path: Path) -> None:
    if method == "fork" and not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    run = tmp_path / "run"
    finished = subprocess.run(
        [sys.executable, str(program), method, str(run)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    directories = finished.stdout.split()
    assert len(directories) >= 2
    assert not any(os.path.exists(directory) for directory in directories)
    assert len(files_below(run)) == 6


@pytest.mark.parametrize(
    ("key", "safe"),
    [
        ("train/loss", "train/loss"),
        ("/etc/passwd", "etc/passwd"),
        ("../x", "__/x"),
        ("a/../..", "a/__/__"),
        (".", "_"),
        ("..hidden", "..hidden"),
        (5, "5"),
    ],
)
def test_safe_key(key: Any, safe: str) -> None:
    assert safe_key(key) == safe


def test_step_and_id_make_no_folders() -> None:
    assert run_file_name("a/b", "1/2", "../x", ".png") == "a/b_1_2_.._x.png"
    with pytest.raises(ValueError, match="NUL"):
        run_file_name("a", "1\0", "x", ".png")

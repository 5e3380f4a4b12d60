"""Pipes, devices and files that change: what is logged is what was checked, and nothing waits."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext import Image, ImageMask, LocalRun, encode

from ..conftest import HANG_SECONDS
from ..scenario import check_run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pipes with names are of POSIX")

ROOT = Path(__file__).parent.parent.parent
PIXELS = np.arange(60 * 70 * 3, dtype=np.uint8).reshape(60, 70, 3)
ENCODED = encode(PIXELS)


def check_logged(image: Image, folder: Path) -> None:
    for name in ("first", "second"):
        with LocalRun(folder / name) as run:
            run.log({"k": image})
        (row,) = check_run(folder / name)
        content = (folder / name / row["k"]["path"]).read_bytes()
        assert content == ENCODED
        assert row["k"]["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("kept", ["in memory", "staged"])
def test_a_pipe_with_a_name_is_read_once(
    kept: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kept == "staged":
        request.getfixturevalue("nothing_in_memory")
    path = tmp_path / "pipe.png"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(ENCODED))
    writer.start()
    image = Image(path)
    writer.join()
    assert (image._width, image._height, image.format) == (70, 60, "png")
    check_logged(image, tmp_path)


def test_a_mask_comes_from_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(ENCODED))
    writer.start()
    mask = ImageMask({"path": path}, "m")
    writer.join()
    assert mask._sha256 == hashlib.sha256(ENCODED).hexdigest()


READS = """
import sys
from wbimage_ext import Image, LocalRun
image = Image(sys.argv[1])
with LocalRun(sys.argv[2]) as run:
    run.log({"k": image, "again": [image]})
"""


@pytest.mark.parametrize("how", ["a pipe", "a file", "process substitution"])
def test_standard_input_is_read_once(how: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(ENCODED)
    run = tmp_path / "run"
    program = [sys.executable, "-c", READS]
    options: dict[str, Any] = {"check": True, "cwd": ROOT, "timeout": HANG_SECONDS}
    if how == "a pipe":
        subprocess.run([*program, "/dev/stdin", str(run)], input=ENCODED, **options)
    elif how == "a file":
        with (tmp_path / "a.png").open("rb") as file:
            subprocess.run([*program, "/dev/stdin", str(run)], stdin=file, **options)
    else:
        script = '"$0" -c "$1" <(cat "$2") "$3"'
        given = [sys.executable, READS, str(tmp_path / "a.png"), str(run)]
        subprocess.run(["bash", "-c", script, *given], **options)
    (row,) = check_run(run)
    assert (run / row["k"]["path"]).read_bytes() == ENCODED


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/random"])
def test_a_device_is_refused_at_once(path: str) -> None:
    with pytest.raises(ValueError, match="is a device"):
        Image(path)


def test_what_is_in_a_pipe_and_no_image_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(ENCODED[:-20]))
    writer.start()
    with pytest.raises(ValueError, match=r"pipe.*not a whole image file"):
        Image(path)
    writer.join()


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("becomes", ["another image", "a part", "a pipe", "nothing"])
def test_a_path_that_changed_before_it_was_logged(
    becomes: str, alone: bool, tmp_path: Path
) -> None:
    path = tmp_path / "given.png"
    path.write_bytes(ENCODED)
    image = Image(path)
    if becomes == "another image":
        path.write_bytes(encode(PIXELS[::-1]))
    elif becomes == "a part":
        path.write_bytes(ENCODED[:-20])
    else:
        path.unlink()
        if becomes == "a pipe":
            os.mkfifo(path)
    with LocalRun(tmp_path / "run") as run:
        with pytest.raises(OSError, match=r"changed|No such file") as raised:
            run.log({"k": image if alone else [image, Image(PIXELS)]})
        assert raised.value.filename == str(path)
        assert ("changed" in str(raised.value.strerror)) == (becomes != "nothing")
        run.log({"other": 1})
    assert len(check_run(tmp_path / "run")) == 1
    path.unlink(missing_ok=True)
    path.write_bytes(ENCODED)
    check_logged(image, tmp_path)
    for file in (tmp_path / "run").rglob("*.png"):
        assert hashlib.sha256(file.read_bytes()).hexdigest()[:20] == file.stem.split("_")[-1]

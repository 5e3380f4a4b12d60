"""Copies: each image knows its own places, and can be logged whatever became of the others'."""

from __future__ import annotations

import copy
import json
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext import Image, LocalRun

from ..conftest import HANG_SECONDS, SHORT_FOLDER, files_below
from ..scenario import BOXES, check_run

PIXELS = np.arange(60 * 70 * 3, dtype=np.uint8).reshape(60, 70, 3)
MASKS = {"m": {"mask_data": PIXELS[:, :, 0] // 64}}

COPIES: dict[str, Callable[[Image], Image]] = {
    "Image(image)": Image,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda image: pickle.loads(pickle.dumps(image)),
    "itself": lambda image: image,
}

every_copy = pytest.mark.parametrize("make_copy", COPIES.values(), ids=COPIES)
every_kind = pytest.mark.parametrize("kind", ["array", "bytes", "path", "staged"])


@pytest.fixture
def image(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Image:
    if kind == "array":
        return Image(PIXELS, masks=MASKS, boxes={"b": BOXES})
    if kind == "staged":
        request.getfixturevalue("nothing_in_memory")
        return Image(PIXELS, masks=MASKS, boxes={"b": BOXES})
    encoded = pickle.dumps(Image(PIXELS))  # any bytes of an image
    encoded = encoded[encoded.index(b"\x89PNG") :]
    if kind == "bytes":
        return Image(encoded)
    (tmp_path / "given.png").write_bytes(encoded)
    return Image(tmp_path / "given.png")


def row_of(run: LocalRun) -> dict[str, Any]:
    """The last row, whose files are all there."""
    check_run(Path(run.dir))
    row: dict[str, Any] = json.loads(Path(run.dir, "history.jsonl").read_text().splitlines()[-1])
    return row


@every_copy
@every_kind
def test_a_copy_is_logged_after_the_run_of_the_first_was_removed(
    image: Image, make_copy: Callable[[Image], Image], tmp_path: Path
) -> None:
    first, second = LocalRun(tmp_path / "first"), LocalRun(tmp_path / "second")
    first.log({"a": image})
    copied = make_copy(image)
    second.log({"b": copied})
    assert image.to_json(first)["path"] == row_of(first)["a"]["path"]
    assert copied.to_json(second)["path"] == row_of(second)["b"]["path"]
    assert "/b_" in row_of(second)["b"]["path"]
    second.finish()
    shutil.rmtree(second.dir)
    first.log({"again": image, "list": [image, copied]})
    row_of(first)
    first.finish()
    shutil.rmtree(first.dir)
    with LocalRun(tmp_path / "third") as third:
        third.log({"c": copied})
        third.log({"d": image, "both": [make_copy(image), copied]})
        assert len(row_of(third)["both"]["filenames"]) == 2
    np.testing.assert_array_equal(np.asarray(image.image), PIXELS)
    np.testing.assert_array_equal(np.asarray(copied.image), PIXELS)


@every_copy
@every_kind
def test_a_copy_is_logged_before_the_original(
    image: Image, make_copy: Callable[[Image], Image], tmp_path: Path
) -> None:
    copied = make_copy(image)
    for name in ("first", "second"):
        with LocalRun(tmp_path / name) as run:
            run.log({"copy": copied})
            assert row_of(run)["copy"]["path"].startswith("media/images/copy_0_")
        shutil.rmtree(run.dir)
    del copied
    with LocalRun(tmp_path / "third") as run:
        run.log({"image": image})
        row_of(run)


def test_a_row_names_only_files_of_its_own_run(tmp_path: Path) -> None:
    image = Image(PIXELS, masks=MASKS)
    runs = [LocalRun(tmp_path / f"run{n}") for n in range(3)]
    for step in range(2):
        for run in runs:
            run.log({f"k{step}": image, "list": [image]})
    for run in runs:
        described = image.to_json(run)
        for part in (described, described["masks"]["m"]):
            assert Path(run.dir, part["path"]).is_file()
            assert part["path"].startswith("media/")
    with pytest.raises(ValueError, match="across runs"):
        image.to_json(LocalRun(tmp_path / "other"))


def test_one_image_under_two_keys_of_one_row(tmp_path: Path) -> None:
    image = Image(PIXELS, masks=MASKS)
    with LocalRun(tmp_path) as run:
        run.log({"one": image, "two": image, "many": [image, image]})
    row = row_of(run)
    for key in ("one", "two"):
        assert row[key]["path"].startswith(f"media/images/{key}_0_")
        assert row[key]["masks"]["m"]["path"].startswith(f"media/images/mask/{key}_0_")
    assert all(name.startswith("media/images/many_0_") for name in row["many"]["filenames"])


def test_an_image_that_is_never_logged_touches_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wbimage_ext.files import staging

    monkeypatch.setattr(staging, "_staging", staging.Staging())
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    image = Image(PIXELS, masks=MASKS, boxes={"b": BOXES})
    images = Image.from_batch(np.stack([PIXELS] * 4))
    assert pickle.loads(pickle.dumps(image)) == image
    with LocalRun(tmp_path / "run") as run:
        run.log({"one": image, "list": images})
    row_of(run)
    assert not (tmp_path / "missing").exists()


# Other processes.

IN_ANOTHER = """
import pickle, sys
from pathlib import Path
from wbimage_ext import Image, LocalRun
image = pickle.loads(Path(sys.argv[1]).read_bytes())
with LocalRun(sys.argv[2]) as run:
    run.log({"k": image, "list": [image, Image(image)]})
"""


def test_a_pickle_is_logged_in_another_process(tmp_path: Path) -> None:
    image = Image(PIXELS, masks=MASKS, caption="c")
    with LocalRun(tmp_path / "first") as run:
        run.log({"k": image})
    (tmp_path / "pickle").write_bytes(pickle.dumps(image))
    del image
    shutil.rmtree(tmp_path / "first")
    command = [sys.executable, "-c", IN_ANOTHER, str(tmp_path / "pickle"), str(tmp_path / "run")]
    root = Path(__file__).parent.parent.parent
    subprocess.run(command, check=True, cwd=root, timeout=HANG_SECONDS)
    (row,) = check_run(tmp_path / "run")
    assert row["k"]["caption"] == "c"
    assert len(row["list"]["filenames"]) == 2


QUEUE = """
import {first}
import multiprocessing, sys
import numpy as np
from tests.queues import all_of
from wbimage_ext import Image, LocalRun
from wbimage_ext.files import memory

def feed(queue, count):
    memory.LIMIT_BYTES = memory._room = {limit}
    for n in range(count):
        queue.put(Image(np.full((200, 300, 3), n, np.uint8), caption=str(n)))
    # Ends at once: the queue's thread still has most of them to pickle.

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    queue = context.Queue()
    maker = context.Process(target=feed, args=(queue, 40))
    maker.start()
    with LocalRun(sys.argv[2]) as run:
        run.log({{"k": all_of(queue, maker)}})
"""


@pytest.mark.parametrize("limit", [1 << 26, 0], ids=["in memory", "staged"])
@pytest.mark.parametrize("first", ["multiprocessing.util", "wbimage_ext.files.staging"])
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_queue_whose_maker_ends_at_once(
    method: str, first: str, limit: int, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(QUEUE.format(first=first, limit=limit))
    root = Path(__file__).parent.parent.parent
    # A forkserver has its socket there.
    with tempfile.TemporaryDirectory(dir=SHORT_FOLDER) as folder:
        subprocess.run(
            [sys.executable, str(program), method, str(tmp_path / "run")],
            check=True,
            env={**os.environ, "PYTHONPATH": str(root), "TMPDIR": folder},
            timeout=HANG_SECONDS,
        )
        assert not [name for name in files_below(folder) if name.startswith("wbimage-")]
    (row,) = check_run(tmp_path / "run")
    assert row["k"]["captions"] == [str(n) for n in range(40)]

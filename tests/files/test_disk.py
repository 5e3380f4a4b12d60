"""Disks that refuse: the system's error with the path, nothing half written, and a second attempt.

Each trouble is real where the system lets the tests make it (see disks.py); quota is simulated.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import io
import json
import os
import pickle
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext import Image, LocalRun, encode
from wbimage_ext.files import staging
from wbimage_ext.files.staging import OWNER_NAME, Staging
from wbimage_ext.files.stored import MadeFile
from wbimage_ext.view import write_page

from .. import disks
from ..conftest import PlainRun, files_below, for_the_package
from ..scenario import check_whole
from ..test_image import BOXES, mask_values

MoveStaging = Callable[[Path], Path]
Trouble = Callable[[Path], contextlib.AbstractContextManager[None]]

TROUBLES: dict[str, tuple[Trouble, int]] = {
    "full": (disks.full, errno.ENOSPC),
    "nearly full": (lambda folder: disks.full(folder, 8192), errno.ENOSPC),
    "out of inodes": (disks.out_of_inodes, errno.ENOSPC),
    "read-only": (disks.read_only, errno.EROFS),
    "without rights": (disks.without_rights, errno.EACCES),
    "files limited": (disks.files_limited, errno.EFBIG),
    "over quota": (disks.over_quota, errno.EDQUOT),
    "no descriptors": (disks.no_descriptors, errno.EMFILE),
}
NEEDS_MOUNT = ("full", "nearly full", "out of inodes", "read-only")

every_trouble = pytest.mark.parametrize("trouble", TROUBLES)


@pytest.fixture
def disk(trouble: str, tmp_path: Path) -> Iterator[Path]:
    """A folder that the trouble can be made in; of a file system of its own where it needs one."""
    if trouble in NEEDS_MOUNT:
        with disks.mounted(tmp_path / "disk", "size=2m,nr_inodes=200") as folder:
            yield folder
    else:
        folder = tmp_path / "disk"
        folder.mkdir()
        if trouble == "without rights":
            disks.skip_where_rights_bind_nobody(folder)
        yield folder


@pytest.fixture
def move_staging(monkeypatch: pytest.MonkeyPatch) -> Iterator[MoveStaging]:
    """Moves this process's staging to a folder of the test's."""
    moved = Staging()

    def move(folder: Path) -> Path:
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        monkeypatch.setattr(staging, "_staging", moved)
        return Path(staging.staging_directory())

    yield move
    moved.empty()


@pytest.fixture(params=["in memory", "staged"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where files are before they are in a run: in memory, or staged on another file system.

    Where the run has a file system of its own, that is so anyway.
    """
    if request.param == "staged":
        request.getfixturevalue("nothing_in_memory")
        monkeypatch.setattr(os, "link", disks.failing(errno.EXDEV))
    where: str = request.param
    return where


def noise(side: int = 100, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).integers(0, 256, (side, side), np.uint8)


def rich_image(seed: int = 0) -> Image:
    values = np.random.default_rng(seed).integers(0, 256, (100, 100))
    return Image(
        noise(seed=seed), masks={"m": {"mask_data": values}, "n": {"mask_data": values}},
        boxes={"b": BOXES},
    )  # fmt: skip


def check_refused(error: OSError, number: int, folder: str | Path) -> None:
    assert error.errno == number
    assert isinstance(error.filename, str)
    if number == errno.EMFILE:  # what cannot be opened may be the file to copy as well
        folder = os.path.commonpath([folder, staging.staging_directory()])
    assert Path(error.filename).is_relative_to(folder)
    assert error.filename2 is None
    assert not error.filename.endswith(".part"), "the file that was asked for is named"
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE):
        assert "can be tried again" in str(error)


def check_run(directory: str | Path, lines: int) -> None:
    """Every file is whole, none is temporary, and the history can be read line by line."""
    for name in files_below(directory):
        assert not name.endswith((".part", ".tmp")), name
        if name.endswith(".png"):
            Image(os.path.join(directory, name))
        elif name.endswith(".json"):
            json.loads(Path(directory, name).read_bytes())
    text = Path(directory, "history.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    assert len(rows) == lines
    assert text == "" or text.endswith("\n")
    for row in rows:
        for value in row.values():
            if isinstance(value, dict) and "path" in value:
                assert Path(directory, value["path"]).stat().st_size == value["size"]


@every_trouble
@pytest.mark.usefixtures("kept")
def test_binding(trouble: str, disk: Path) -> None:
    run = PlainRun(disk / "run")
    Image(noise(10)).bind_to_run(run, "first", 0)
    before = files_below(run.dir)
    image = Image(noise(side=200))
    make, number = TROUBLES[trouble]
    with make(disk), pytest.raises(OSError) as raised:
        image.bind_to_run(run, "k", 0)
    check_refused(raised.value, number, run.dir)
    assert files_below(run.dir) == before
    assert not image.is_bound()
    image.bind_to_run(run, "k", 0)
    assert len(files_below(run.dir)) == 2


@every_trouble
@pytest.mark.usefixtures("nothing_in_memory")
def test_staging_an_array(
    trouble: str, disk: Path, move_staging: MoveStaging, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_staging(trouble, disk, move_staging(disk), lambda: Image(noise()))


@every_trouble
@pytest.mark.usefixtures("nothing_in_memory")
def test_staging_masks_and_boxes(trouble: str, disk: Path, move_staging: MoveStaging) -> None:
    check_staging(trouble, disk, move_staging(disk), rich_image)


@every_trouble
@pytest.mark.usefixtures("nothing_in_memory")
def test_staging_an_open_file(trouble: str, disk: Path, move_staging: MoveStaging) -> None:
    encoded = encode(noise())
    check_staging(trouble, disk, move_staging(disk), lambda: Image(io.BytesIO(encoded)))


@every_trouble
@pytest.mark.usefixtures("nothing_in_memory")
def test_staging_a_batch(trouble: str, disk: Path, move_staging: MoveStaging) -> None:
    if trouble == "full":
        pytest.skip("that is 'nearly full', one item earlier")
    # The first items may be staged before the trouble; they go when the batch is refused.
    batch = np.stack([np.zeros((100, 100), np.uint8)] * 2 + [noise(seed=n) for n in range(2)])
    check_staging(
        trouble, disk, move_staging(disk),
        lambda: Image.from_batch(batch, dataformats="NHW", num_threads=1),
    )  # fmt: skip


def check_staging(trouble: str, disk: Path, folder: Path, stage: Callable[[], Any]) -> None:
    stage()
    make, number = TROUBLES[trouble]
    with make(disk), pytest.raises(OSError) as raised:
        stage()
    assert images_below(folder) == []
    check_refused(raised.value, number, folder)
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        assert "TMPDIR" in str(raised.value)
    staged = stage()
    assert len(images_below(folder)) > 0
    del staged
    assert images_below(folder) == []


def images_below(folder: Path) -> list[str]:
    return [name for name in files_below(folder) if name != OWNER_NAME]


# Linux mounts no file system read-only in which a history is open for writing.
while_logging = pytest.mark.parametrize("trouble", [n for n in TROUBLES if n != "read-only"])


@while_logging
@pytest.mark.usefixtures("kept")
def test_logging(trouble: str, disk: Path) -> None:
    run = LocalRun(disk / "run")
    run.log({"first": rich_image(1)})
    written = files_below(run.dir)
    image = rich_image(2)
    make, number = TROUBLES[trouble]
    with make(disk), pytest.raises(OSError) as raised:
        run.log({"second": image, "n": 2})
    check_refused(raised.value, number, run.dir)
    # Files are put on threads where that takes long: one that found room may be there.
    left = {*files_below(run.dir)}
    assert left >= {*written}
    for name in left - {*written}:
        check_whole(Path(run.dir, name))
    check_run(run.dir, lines=1)
    run.log({"third": 3})
    run.log({"second": image, "n": 2})
    run.finish()
    check_run(run.dir, lines=3)
    rows = Path(run.dir, "history.jsonl").read_text().splitlines()
    assert [json.loads(row)["_step"] for row in rows] == [0, 1, 2]
    assert "second" not in rows[1]
    labels = json.loads(Path(run.dir, "config.json").read_text())["_wandb"]["mask/class_labels"]
    assert "second_wandb_delimeter_m" in labels


@pytest.mark.parametrize("trouble", ["full", "nearly full", "files limited"])
def test_a_history_line_is_whole_or_not_there(trouble: str, disk: Path) -> None:
    run = LocalRun(disk / "run")
    run.log({"a": 1})
    make, number = TROUBLES[trouble]
    with make(disk), pytest.raises(OSError) as raised:
        run.log({"text": "x" * 30_000})
    check_refused(raised.value, number, run.dir)
    assert raised.value.filename.endswith("history.jsonl")
    check_run(run.dir, lines=1)
    assert "text" not in run.summary
    run.log({"b": 2})
    check_run(run.dir, lines=2)
    run.log({"text": "x" * 30_000})
    run.finish()
    check_run(run.dir, lines=3)
    assert json.loads(Path(run.dir, "summary.json").read_text())["text"] == "x" * 30_000


def test_half_a_line_that_could_not_be_cut_off_is_cut_off_before_the_next(tmp_path: Path) -> None:
    run = LocalRun(tmp_path)
    run.log({"a": 1})
    history = run._folder.history._file

    class Broken:
        def __getattr__(self, name: str) -> Any:
            return getattr(history, name)

        def write(self, data: bytes) -> int:
            if history.tell() % 7 == 0:
                raise OSError(errno.EIO, "Input/output error")
            return history.write(data[:1])

        def truncate(self, size: int) -> int:
            raise OSError(errno.EROFS, "Read-only file system")

    run._folder.history._file = Broken()  # type: ignore[assignment]
    with pytest.raises(OSError) as raised:
        run.log({"b": 2})
    check_refused(raised.value, errno.EIO, run.dir)
    run._folder.history._file = history
    run.log({"c": 3})
    check_run(run.dir, lines=2)
    run.finish()


@while_logging
def test_finishing(trouble: str, disk: Path) -> None:
    run = LocalRun(disk / "run", config={"text": "c" * 30_000})
    run.log({"a": 1, "text": "t" * 30_000})
    run.log({"b": 2}, commit=False)
    make, number = TROUBLES[trouble]
    with make(disk), pytest.warns(RuntimeWarning) as warned:
        run.finish()
    start = f"the run in {run.dir} ended without its "
    (text,) = [str(w.message) for w in warned if str(w.message).startswith(start)]
    assert re.search(rf"its summary \(\w+: \[Errno {number}\]", text)
    assert "summary.json" not in files_below(run.dir)
    with pytest.raises(RuntimeError, match="is finished"):
        run.log({"c": 3})
    lines = 1 if "its last step" in text else 2
    with LocalRun(run.dir):
        pass
    check_run(run.dir, lines=lines)
    assert {"summary.json", "config.json", "index.html"} <= set(files_below(run.dir))
    assert json.loads(Path(run.dir, "summary.json").read_text())["a"] == 1


@pytest.mark.parametrize("trouble", ["full", "read-only", "without rights", "files limited"])
def test_the_page(trouble: str, disk: Path) -> None:
    with LocalRun(disk / "run") as run:
        run.log({"k": rich_image()})
    page = Path(run.dir, "index.html")
    page.unlink()
    make, number = TROUBLES[trouble]
    with make(disk), pytest.raises(OSError, match="another folder") as raised:
        write_page(run.dir)
    assert (raised.value.errno, raised.value.filename) == (number, str(page))
    check_run(run.dir, lines=1)
    write_page(run.dir)
    assert page.stat().st_size > 10_000


def test_a_page_that_failed_is_written_when_the_run_is_finished_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = LocalRun(tmp_path)
    monkeypatch.setattr("wbimage_ext.runs.folder.write_page", disks.failing(errno.ENOSPC))
    with pytest.warns(RuntimeWarning, match="without its page"):
        run.finish()
    with pytest.raises(RuntimeError, match="finished"):
        run.log({"a": 1})
    monkeypatch.undo()
    run.finish()
    assert "index.html" in files_below(tmp_path)


@every_trouble
def test_starting_a_run(trouble: str, disk: Path) -> None:
    make, number = TROUBLES[trouble]
    config = {"text": "c" * 30_000}
    with make(disk):
        with pytest.raises(OSError) as raised:
            LocalRun(disk / "run", config=config)
        check_refused(raised.value, number, disk)
    # The exception still refers to the first attempt, whose lock must not be in the way.
    with LocalRun(disk / "run", config=config):
        pass
    check_run(disk / "run", lines=0)


# What vanished.


@pytest.mark.usefixtures("nothing_in_memory")
def test_staging_is_renewed_where_it_vanished(tmp_path: Path) -> None:
    first = MadeFile(b"one", ".png")
    shutil.rmtree(Path(first.path()).parent)
    second = MadeFile(b"two", ".png")
    assert Path(second.path()).read_bytes() == b"two"
    with pytest.raises(FileNotFoundError):
        first.put(str(tmp_path / "target"), str(tmp_path))


@pytest.mark.usefixtures("nothing_in_memory")
def test_staging_vanished_before_an_open_file_is_read() -> None:
    shutil.rmtree(staging.staging_directory())
    image = Image(io.BytesIO(encode(noise())))
    assert os.path.exists(image._path or "")


@pytest.mark.usefixtures("nothing_in_memory")
def test_staging_vanished_while_an_open_file_is_read() -> None:
    class Vanishing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            shutil.rmtree(staging.staging_directory(), ignore_errors=True)
            return super().read(size)

    encoded = encode(noise())
    with pytest.raises(FileNotFoundError) as raised:
        Image(Vanishing(encoded))
    check_refused(raised.value, errno.ENOENT, Path(staging.staging_directory()).parent)
    Image(io.BytesIO(encoded))


@pytest.mark.usefixtures("nothing_in_memory")
def test_a_staged_file_that_vanished_is_named(plain_run: PlainRun) -> None:
    image = Image(noise())
    path = image._path or ""
    os.unlink(path)
    with pytest.raises(FileNotFoundError, match="make the image again") as raised:
        image.bind_to_run(plain_run, "k", 0)
    assert raised.value.filename == path
    assert not image.is_bound()
    with pytest.raises(FileNotFoundError) as raised:
        pickle.dumps(image)
    assert raised.value.filename == path
    Image(noise()).bind_to_run(plain_run, "k", 0)


def test_media_folders_that_vanished_are_made_again(tmp_path: Path) -> None:
    with LocalRun(tmp_path) as run:
        run.log({"a": rich_image(1)})
        shutil.rmtree(tmp_path / "media")
        run.log({"b": rich_image(2)})
        assert len(files_below(tmp_path / "media")) == 3


@pytest.mark.parametrize("how", ["removed", "moved", "replaced"])
def test_a_run_folder_that_vanished_takes_no_more(how: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    run = LocalRun(folder)
    run.log({"a": 1})
    if how == "removed":
        shutil.rmtree(folder)
    else:
        folder.rename(tmp_path / "elsewhere")
    if how == "replaced":
        folder.mkdir()
        (folder / "history.jsonl").write_text("")
    before = files_below(tmp_path)
    image = rich_image()
    with pytest.raises(FileNotFoundError, match="vanished") as raised:
        run.log({"k": image})
    assert raised.value.filename == str(folder / "history.jsonl")
    with pytest.warns(RuntimeWarning, match="ended without its files .* vanished"):
        run.finish()
    assert files_below(tmp_path) == before, "nothing is written where nobody will look"
    with LocalRun(tmp_path / "next") as following:
        following.log({"k": image})
    check_run(tmp_path / "next", lines=1)


# File systems and names.


@pytest.mark.usefixtures("nothing_in_memory")
def test_across_file_systems_the_file_is_copied_whole(tmp_path: Path) -> None:
    with disks.mounted(tmp_path / "disk") as disk:
        image = rich_image()
        assert os.stat(staging.staging_directory()).st_dev != disk.stat().st_dev
        with LocalRun(disk / "run") as run:
            run.log({"k": image})
        check_run(run.dir, lines=1)


@pytest.mark.usefixtures("kept")
def test_a_copy_has_no_image_extension_until_it_is_whole(
    plain_run: PlainRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = Image(np.eye(50))
    names: list[str] = []
    write = os.write

    def looking(descriptor: int, data: Any) -> int:
        names.extend(files_below(plain_run.dir))
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", for_the_package(looking, write))
    image.bind_to_run(plain_run, "k", 0)
    assert [os.path.splitext(name)[1] for name in names] == [".part"]
    assert len(files_below(plain_run.dir)) == 1


@pytest.mark.parametrize("key", ["k" * 300, "k/" * 3000, "k" * 10**6])
def test_a_name_too_long_says_so(key: str, tmp_path: Path) -> None:
    with LocalRun(tmp_path) as run:
        image = rich_image()
        with pytest.raises(OSError) as raised:
            run.log({key: image})
        check_refused(raised.value, errno.ENAMETOOLONG, run.dir)
        assert len(str(raised.value)) < 1200
        check_run(tmp_path, lines=0)
        run.log({"k": image})
    check_run(tmp_path, lines=1)


@pytest.mark.parametrize("what", ["a folder in the file's place", "a file in the folder's place"])
def test_something_in_the_way(what: str, tmp_path: Path) -> None:
    image = Image(noise())
    run = PlainRun(tmp_path / "run")
    if what.startswith("a folder"):
        (tmp_path / f"run/media/images/k_0_{(image._sha256 or '')[:20]}.png").mkdir(parents=True)
        expected: type[OSError] = IsADirectoryError
    else:
        (tmp_path / "run").mkdir()
        (tmp_path / "run/media").touch()
        expected = OSError  # NotADirectoryError or FileExistsError
    before = files_below(tmp_path)
    with pytest.raises(expected) as raised:
        image.bind_to_run(run, "k", 0)
    assert raised.value.filename.startswith(run.dir)
    assert files_below(tmp_path) == before
    image.bind_to_run(run, "other", 0) if what.startswith("a folder") else image.bind_to_run(
        PlainRun(tmp_path / "next"), "k", 0
    )


# Every call refused in turn.


@pytest.mark.parametrize("name", ["open", "write", "close", "replace", "rename", "fstat", "link"])
def test_every_call_refused_in_turn(
    name: str, kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two images and a log of them, with the n-th call of a function of `os` failing."""
    if kept == "in memory" and name in ("rename", "fstat", "link"):
        pytest.skip("not called for what is in memory")
    encoded = encode(noise())
    run = LocalRun(tmp_path)
    run.log({"a": 1})
    real = getattr(os, name)
    gc.collect()  # what other tests left holds staged files
    staged = files_below(staging.staging_directory())
    lines = 1
    for n in range(1, 100):
        count = 0

        def refusing(*arguments: Any, n: int = n, **options: Any) -> Any:
            nonlocal count
            count += 1
            if name == "close":
                real(*arguments)
            if count == n:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return None if name == "close" else real(*arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(os, name, for_the_package(refusing, real))
            images: list[Image] = []
            refused: list[tuple[Any, Any]] = []
            try:
                images.append(rich_image(n))
                images.append(Image(io.BytesIO(encoded)))
                run.log({"k": images})
                lines += 1
            except OSError as error:
                # Not the error itself, which refers to what was being made.
                refused.append((error.errno, error.filename))
        assert all(number == errno.EIO and filename for number, filename in refused)
        images.clear()
        assert files_below(staging.staging_directory()) == staged
        check_run(tmp_path, lines)
        if count < n:
            break
        # A file that cannot be linked is copied, and a mark that cannot be written is left out.
        assert refused or name == "link"
    assert n > 1
    run.finish()


@pytest.mark.usefixtures("nothing_in_memory")
def test_masks_refused_take_their_image_with_them() -> None:
    gc.collect()  # what other tests left holds staged files
    before = files_below(staging.staging_directory())
    with pytest.raises(TypeError):
        Image(noise(), masks={"good": {"mask_data": mask_values()}, "bad": {"mask_data": [1.5]}})
    with pytest.raises(TypeError):
        Image(noise(), boxes={"b": BOXES}, classes=[{"id": 1}])
    with pytest.raises(ValueError):
        Image.from_batch([noise(), noise(), np.zeros((0, 3))])
    assert files_below(staging.staging_directory()) == before
    kept = Image(noise())
    with pytest.raises(TypeError):
        Image(kept, classes=[{"id": 1}])
    assert os.path.exists(kept._path or ""), "it belongs to the image that was given"

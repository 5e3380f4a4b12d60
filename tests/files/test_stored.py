"""Staging: private, and renewed for every file as long as it is needed."""

from __future__ import annotations

import copy
import errno
import hashlib
import io
import os
import pickle
import shutil
import stat
import time
from pathlib import Path

import numpy as np
import pytest

from wbimage_ext import Image
from wbimage_ext.files import memory, stored, whole
from wbimage_ext.files.stored import FoundFile, MadeFile

from ..conftest import A_PIPE, PlainRun, files_below, for_the_package


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_made_file_is_in_memory_until_somebody_asks_for_its_path(tmp_path: Path) -> None:
    file = MadeFile(b"data", ".png")
    assert (file.size, file.sha256, file.extension) == (4, digest(b"data"), ".png")
    assert file._staged_path is None
    path = Path(file.path())
    assert path.read_bytes() == b"data"
    if os.name != "nt":  # there the folder of temporary files is the user's own
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert file.path() == str(path)
    del file
    assert path.exists(), "whoever was told of it may still read it"


def test_a_path_that_vanished_is_written_again() -> None:
    file = MadeFile(b"data", ".png")
    os.unlink(file.path())
    assert Path(file.path()).read_bytes() == b"data"


def test_memory_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    before = sum(memory._sizes.values())
    monkeypatch.setattr(memory, "LIMIT_BYTES", before + 1000)
    monkeypatch.setattr(memory, "_room", 1000)
    files = [MadeFile(bytes(300), ".png") for _ in range(5)]
    assert [file._data is None for file in files] == [False] * 3 + [True] * 2
    assert sum(memory._sizes.values()) == before + 900
    staged = files[4]._staged_path
    assert staged is not None
    assert Path(staged).read_bytes() == bytes(300)
    del files
    assert sum(memory._sizes.values()) == before
    assert not os.path.exists(staged), "nobody was told of it"
    assert MadeFile(bytes(900), ".png")._data is not None


def test_immutable_bytes_are_shared_and_others_copied() -> None:
    data, changing = b"data" * 100, bytearray(b"data" * 100)
    assert MadeFile(data, ".png")._data is data
    file = MadeFile(changing, ".png")
    changing[:] = bytes(400)
    with file.open() as opened:
        assert opened.read() == data
    assert copy.copy(file) is copy.deepcopy(file) is file


@pytest.mark.parametrize("where", ["in memory", "staged"])
def test_a_made_file_is_put_anywhere_any_number_of_times(
    where: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if where == "staged":
        request.getfixturevalue("nothing_in_memory")
    file = MadeFile(b"data", ".png")
    targets = [tmp_path / f"run{n}" / "media" / "a.png" for n in range(3)]
    for target in [*targets, targets[0]]:
        target.parent.mkdir(parents=True, exist_ok=True)
        file.put(str(target), str(target.parent.parent))
    targets[0].write_bytes(b"changed in its place")
    for target in targets[1:]:
        target.unlink()
        file.put(str(target), str(target.parent.parent))
    assert [target.read_bytes() for target in targets[1:]] == [b"data"] * 2


@pytest.mark.usefixtures("nothing_in_memory")
def test_a_staged_file_is_linked_into_the_first_run(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    file = MadeFile(b"data", ".png")
    file.put(str(tmp_path / "media/a.png"), str(tmp_path))
    assert file._staged_path is not None
    if os.stat(file._staged_path).st_dev == tmp_path.stat().st_dev:
        assert os.path.samefile(file._staged_path, tmp_path / "media/a.png")
    (tmp_path / "media/a.png").write_bytes(b"more")
    with pytest.raises(OSError, match="changed"):
        file.put(str(tmp_path / "media/b.png"), str(tmp_path))
    assert os.listdir(tmp_path / "media") == ["a.png"]


def wait_for_another_time(path: Path) -> None:
    """Return once a file written now gets a later time than `path` has: times advance in steps."""
    clock = path.with_name("clock")
    while True:
        clock.write_bytes(b"")
        if clock.stat().st_mtime_ns > path.stat().st_mtime_ns:
            break
        time.sleep(0.001)
    clock.unlink()


@pytest.mark.usefixtures("nothing_in_memory")
@pytest.mark.parametrize("how", ["written to", "replaced", "truncated"])
@pytest.mark.parametrize("encoded", ["made", "given"])
def test_a_staged_file_that_somebody_wrote_to_is_refused(
    encoded: str, how: str, plain_run: PlainRun
) -> None:
    image = Image(np.eye(9))
    if encoded == "given":
        image = Image(io.BytesIO(Path(image._path).read_bytes()))
    assert isinstance(image._file, MadeFile)
    staged = Path(str(image._file._staged_path))
    content = staged.read_bytes()
    wait_for_another_time(staged)
    if how == "written to":
        staged.write_bytes(content[::-1])
    elif how == "replaced":
        other = staged.with_name("other")
        other.write_bytes(content[::-1])
        other.replace(staged)
    else:
        os.truncate(staged, 20)
    for attempt in (
        lambda: image.bind_to_run(plain_run, "k", 0),
        lambda: pickle.dumps(image),
    ):
        with pytest.raises(OSError, match="changed") as raised:
            attempt()
        assert raised.value.filename == str(staged)
    assert files_below(plain_run.dir) == []


def test_a_copy_goes_by_way_of_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "source").write_bytes(b"data")
    seen: list[str] = []
    real = os.replace

    def replace(source: str, target: str) -> None:
        seen.append(os.path.dirname(source))
        real(source, target)

    monkeypatch.setattr(os, "replace", for_the_package(replace, real))
    FoundFile(str(tmp_path / "source"), digest(b"data"), 4).put(
        str(tmp_path / "media" / "target"), str(tmp_path)
    )
    assert seen == [str(tmp_path)]
    assert (tmp_path / "media/target").read_bytes() == b"data"
    assert sorted(os.listdir(tmp_path)) == ["media", "source"]


def test_a_copy_that_failed_has_closed_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source").write_bytes(b"data")
    opened: list[int] = []
    open_to_read = whole._open_to_read

    def open_source(path: str, flags: int) -> int:
        opened.append(open_to_read(path, flags))
        return opened[-1]

    def write(descriptor: int, data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(whole, "_open_to_read", open_source)
    monkeypatch.setattr(os, "write", for_the_package(write, os.write))
    with pytest.raises(OSError, match="No space left") as failure:
        whole.put_copy(str(tmp_path / "target"), str(tmp_path / "source"), str(tmp_path))
    assert failure.tb is not None  # its frames are alive
    with pytest.raises(OSError):
        os.fstat(opened[0])


@pytest.mark.parametrize("how", ["rewritten", "longer", "shorter", A_PIPE, "folder"])
def test_a_found_file_that_changed_is_refused(how: str, tmp_path: Path) -> None:
    """Nothing is in a run under a digest that is not its own, and nothing waits for a pipe."""
    source = tmp_path / "source.png"
    source.write_bytes(b"data")
    file = FoundFile(str(source), digest(b"data"), 4)
    if how in ("pipe", "folder"):
        source.unlink()
        os.mkfifo(source) if how == "pipe" else source.mkdir()
    else:
        source.write_bytes({"rewritten": b"tada", "longer": b"data.", "shorter": b"dat"}[how])
    (tmp_path / "run").mkdir()
    with pytest.raises(OSError) as raised:
        file.put(str(tmp_path / "run/a.png"), str(tmp_path / "run"))
    assert raised.value.filename == str(source)
    assert how == "folder" or "changed" in str(raised.value)
    assert list((tmp_path / "run").iterdir()) == []


def test_a_found_file_that_is_gone_is_read_where_it_was_put(tmp_path: Path) -> None:
    source = tmp_path / "source.png"
    source.write_bytes(b"data")
    file = FoundFile(str(source), digest(b"data"), 4)
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    file.put(str(tmp_path / "one/a.png"), str(tmp_path / "one"))
    source.write_bytes(b"next")
    file.put(str(tmp_path / "two/a.png"), str(tmp_path / "two"))
    with file.open() as opened:
        assert opened.read() == b"data"
    shutil.rmtree(tmp_path / "two")
    with pytest.raises(OSError, match="changed") as raised:
        file.put(str(tmp_path / "three/a.png"), str(tmp_path / "three"))
    assert raised.value.filename == str(source)


def test_pickles_carry_what_is_made_and_name_what_was_found(tmp_path: Path) -> None:
    made = pickle.loads(pickle.dumps(MadeFile(b"data", ".png")))
    with made.open() as opened:
        assert (opened.read(), made.extension, made.sha256) == (b"data", ".png", digest(b"data"))
    found = pickle.loads(pickle.dumps(FoundFile(str(tmp_path / "a.gif"), "0" * 64, 5)))
    assert (found.path(), found.extension, found.size) == (str(tmp_path / "a.gif"), ".gif", 5)


def test_windows_waits_for_readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As os.replace fails there while somebody has the target open."""
    real, left = os.replace, 3

    def replace(source: str, target: str) -> None:
        nonlocal left
        if left:
            left -= 1
            raise PermissionError(13, "Access is denied", source)
        real(source, target)

    monkeypatch.setattr(os, "replace", for_the_package(replace, real))
    monkeypatch.setattr(whole, "_WAITS_SECONDS", (0.001,) * 4)
    whole.write_whole(str(tmp_path / "a"), b"data")
    assert (tmp_path / "a").read_bytes() == b"data"
    left = 99
    with pytest.raises(PermissionError) as raised:
        whole.write_whole(str(tmp_path / "a"), b"other")
    assert raised.value.filename == str(tmp_path / "a")
    assert os.listdir(tmp_path) == ["a"]
    assert left == 99 - 5


def test_an_interrupt_before_anything_is_set_leaves_nothing_to_tell() -> None:
    stored.MadeFile.__new__(stored.MadeFile).__del__()

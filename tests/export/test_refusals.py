"""What cannot be exported: the error names it, and nothing is written or changed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from wbimage_ext import LocalRun
from wbimage_ext.commands import DONE, SOMETHING_FAILED, WRONG_ARGUMENTS, main
from wbimage_ext.export import export_run

from ..disks import files_limited
from .made import make_run, tree


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run", steps=1)


def test_no_run_there(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path, said in ((tmp_path / "missing", "missing"), (tmp_path / "empty", "is no run")):
        with pytest.raises((FileNotFoundError, ValueError), match=said):
            export_run(path, "folder", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_target_is_unknown(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="to wandb, tensorboard, folder, not to 'mlflow'"):
        export_run(run, "mlflow", tmp_path / "out")


def test_the_output_is_a_file(run: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(NotADirectoryError, match="out is a file"):
        export_run(run, "folder", tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_the_output_holds_other_files(run: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="out holds other files: give a new folder"):
        export_run(run, "folder", tmp_path / "out")
    assert tree(tmp_path / "out") == {"mine.txt": b"mine"}


def test_the_output_is_the_run_itself(run: Path) -> None:
    before = tree(run)
    with pytest.raises(FileExistsError):
        export_run(run, "folder", run)
    assert tree(run) == before


def test_the_output_is_of_another_run(run: Path, tmp_path: Path) -> None:
    export_run(run, "folder", tmp_path / "out")
    before = tree(tmp_path / "out")
    with LocalRun(tmp_path / "other") as other:
        other.log({"loss": 1})
    with pytest.raises(FileExistsError, match="holds another export, that of 'a run' to folder"):
        export_run(tmp_path / "other", "folder", tmp_path / "out")
    assert tree(tmp_path / "out") == before


@pytest.mark.parametrize("target", ["tensorboard", "wandb"])
def test_the_package_of_the_target_is_missing(
    target: str, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, target, None)
    with pytest.raises(ImportError, match=f"pip install {target}"):
        export_run(run, target, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="limits are of POSIX")
def test_the_disk_has_no_room(run: Path, tmp_path: Path) -> None:
    with files_limited(tmp_path, 1000), pytest.raises(OSError, match="once there is room"):
        export_run(run, "folder", tmp_path / "out")
    assert not (tmp_path / "out/about.json").exists()
    assert export_run(run, "folder", tmp_path / "out").pictures == 10


def test_the_command(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["export", str(run), "--to", "folder", "--output", str(tmp_path / "out")]
    assert main(arguments) == DONE
    printed = capsys.readouterr()
    assert printed.out == f"5 rows and 10 pictures are in {tmp_path / 'out'}\n"
    assert printed.err == ""
    picture = next(run.rglob("sample_1_*.png"))
    picture.write_bytes(b"changed")
    assert main(arguments) == SOMETHING_FAILED
    printed = capsys.readouterr()
    assert "5 rows and 9 pictures" in printed.out
    assert printed.err.startswith("wbimage: not exported: ")
    assert picture.name in printed.err
    assert main(["export", str(tmp_path / "none"), "--to", "folder"]) == SOMETHING_FAILED
    assert "none" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["export", str(run), "--to", "mlflow"])
    assert ended.value.code == WRONG_ARGUMENTS


def test_a_row_that_a_killed_process_left_torn_is_none(run: Path, tmp_path: Path) -> None:
    with (run / "history.jsonl").open("a") as file:
        file.write('{"_step": 7, "lo')
    result = export_run(run, "folder", tmp_path / "out")
    assert result.problems == []
    assert result.notes == ["the run's file has an unfinished line at the end, which was left out"]


def test_the_command_shows_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with LocalRun("run", name="of/three") as run:
        for i in range(40):
            run.log({"loss": i})
    assert main(["export", "run", "--to", "folder"]) == DONE
    printed = capsys.readouterr()
    assert "20 of 40 rows" in printed.err
    assert (tmp_path / "wbimage-exports/folder/of_three/scalars.csv").is_file()

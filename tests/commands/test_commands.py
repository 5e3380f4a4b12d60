"""The command line, as a user calls it."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PILImage

from wbimage_ext.commands import (
    DONE,
    INTERRUPTED,
    SOMETHING_FAILED,
    WRONG_ARGUMENTS,
    main,
)
from wbimage_ext.commands.scene import scene
from wbimage_ext.commands.terminal import command_line

from ..scenario import check_run

ROOT = Path(__file__).parents[2]


def rows_of(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]


def test_demo_logs_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], photo: Any
) -> None:
    path = tmp_path / "mine.jpg"
    PILImage.fromarray(photo).save(path)
    run, slow = tmp_path / "run", tmp_path / "run-slow"
    assert main(["demo", str(path), "--dir", str(run)]) == 0
    printed = capsys.readouterr().out
    assert str(run / "index.html") in printed
    assert str(slow) in printed
    command = printed.partition("a page of both:")[2].strip()
    shell = {**os.environ, "BROWSER": "true", "PYTHONPATH": str(ROOT)}
    subprocess.run(command, shell=True, env=shell, check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / "index.html").exists()
    first = rows_of(run)[0]
    documented = ["random_field_png", "random_field_uint8", "random_field_jpg"]
    assert [key for key in first if key in documented] == documented
    assert rows_of(run)[-1]["files"]["caption"] == str(path)
    for folder in (run, slow):
        assert (folder / "index.html").exists()
        rows = check_run(folder)
        scenes = [row["scene"] for row in rows if "scene" in row]
        assert len(scenes) == 10
        assert all({"masks", "boxes"} <= scene.keys() for scene in scenes)
        losses = [row["loss"] for row in rows if "loss" in row]
        assert len(losses) == 150
        assert sum(losses[-20:]) < 0.4 * sum(losses[:20]), "the network learned"
    assert rows_of(slow)[-1]["loss"] > rows_of(run)[-2]["loss"], "a smaller rate learns less"
    assert all(key in printed for key in (*documented, "scene", "errors", "files"))


@pytest.mark.parametrize("command", ["demo", "bench"])
def test_a_missing_file_is_told_before_the_work(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([command, "no.png"]) == 1
    out, told = capsys.readouterr()
    assert (out, told) == ("", f"wbimage: no.png: {os.strerror(errno.ENOENT)}\n")
    assert list(tmp_path.iterdir()) == []


def test_the_picture_of_the_demo_agrees_with_its_boxes() -> None:
    for time_of_day in (0, 0.5, 1):
        seen = scene(time_of_day)
        assert seen.picture.min() >= 0
        assert seen.picture.max() <= 1
        for thing in seen.things:
            left, right, top, bottom = thing.box
            inside = seen.classes[top:bottom, left:right] == thing.class_id
            assert inside.any(0).all() or inside.any(1).all()


def test_log_counts_what_it_could_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], photo: Any
) -> None:
    good = tmp_path / "good.png"
    PILImage.fromarray(photo).save(good)
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no image")
    run = tmp_path / "run"
    assert main(["log", "--key", "a/b", "--dir", str(run), str(good), str(bad)]) == 1
    captured = capsys.readouterr()
    assert "bad.png" in captured.err
    assert "1 of 2" in captured.out
    assert main(["log", "--key", "a/b", "--dir", str(run), str(good)]) == 0
    assert len((run / "history.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "key", "said"),
    [
        ("missing.png", "k", "missing.png"),
        ("folder", "k", os.path.join("folder", "*.png")),
        ("text.txt", "k", "text.txt"),
        ("good.png", "a:b\0", "a:b"),
    ],
)
def test_log_makes_no_run_of_nothing(
    name: str,
    key: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.txt").write_text("text")
    PILImage.new("L", (2, 2)).save("good.png")
    assert main(["log", "--key", key, name]) == SOMETHING_FAILED
    assert said in capsys.readouterr().err
    assert sorted(os.listdir()) == ["folder", "good.png", "text.txt"]


def test_the_command_line_is_short_inside_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    end = " -m wbimage_ext info"
    for inside, expected in (
        (os.path.join("env", "python"), os.path.join("env", "python")),
        ("python", os.path.join(os.getcwd(), "python")),
    ):
        monkeypatch.setattr(sys, "executable", os.path.join(os.getcwd(), inside))
        assert command_line("info") == expected + end


def test_patterns_are_expanded_as_windows_shells_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], photo: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("b.png", "a.png", "c[1].png", "d.jpg"):
        PILImage.fromarray(photo[:9, :9]).save(name)
    assert main(["log", "--key", "k", "--dir", "run", "[ab].png", "c[1].png", "d.jpg"]) == 0
    rows = rows_of(Path("run"))
    assert [row["k"]["caption"] for row in rows] == ["a.png", "b.png", "c[1].png", "d.jpg"]
    assert main(["log", "--key", "k", "--dir", "run", "*.gif"]) == 1
    assert "*.gif" in capsys.readouterr().err


def test_view_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    assert main(["demo", "--dir", str(run)]) == 0
    (run / "index.html").unlink()
    capsys.readouterr()
    assert main(["view", str(run)]) == 0
    assert capsys.readouterr().out.strip() == str(run / "index.html")
    assert main(["view", str(run), "--output", str(tmp_path / "page")]) == 0
    assert (tmp_path / "page" / "index.html").exists()
    assert main(["view", str(tmp_path / "nothing")]) == 1
    assert "nothing" in capsys.readouterr().err


def test_many_files_show_progress(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], photo: Any
) -> None:
    path = tmp_path / "image.png"
    PILImage.fromarray(photo[:9, :9]).save(path)
    assert main(["log", "--key", "k", "--dir", str(tmp_path / "run"), *[str(path)] * 40]) == 0
    assert "of 40 files" in capsys.readouterr().err


def test_help_and_wrong_arguments() -> None:
    command = [sys.executable, "-m", "wbimage_ext"]
    run = subprocess.run([*command, "--help"], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == DONE
    assert run.stdout.startswith("usage: wbimage ")
    assert "demo" in run.stdout
    for wrong in (["nothing"], [], ["log"], ["bench", "--seconds", "-1"]):
        run = subprocess.run([*command, *wrong], capture_output=True, text=True, cwd=ROOT)
        assert run.returncode == WRONG_ARGUMENTS
        assert "usage" in run.stderr
    file = ROOT / "pyproject.toml"
    run = subprocess.run(
        [*command, "demo", "--dir", str(file)], capture_output=True, text=True, cwd=ROOT
    )
    assert run.returncode == SOMETHING_FAILED
    assert os.fspath(file) in run.stderr


def test_ctrl_c_has_an_exit_code_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> dict[str, str]:
        raise KeyboardInterrupt

    monkeypatch.setattr("wbimage_ext.commands.info.build_info", interrupt)
    assert main(["info"]) == INTERRUPTED


def test_info_names_versions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    facts = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert {"wbimage_ext", "cpu", "png", "jpeg", "python", "numpy", "pillow"} <= facts.keys()


def test_bench_measures_pictures_and_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], photo: Any
) -> None:
    path = tmp_path / "mine.png"
    PILImage.fromarray(photo[:50, :60]).save(path)
    assert main(["bench", "--seconds", "0", str(path)]) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("mine.png")]
    assert [row.split()[1] for row in rows] == ["png", "jpg"]
    assert all(" x (" in row for row in rows)


def test_bench_without_pillow_prints_our_times(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert main(["bench", "--seconds", "0"]) == 0
    assert " x (" not in capsys.readouterr().out


def test_bench_names_a_file_that_it_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.txt").write_text("text")
    for name in ("missing.png", "text.txt"):
        assert main(["bench", "--seconds", "0", str(tmp_path / name)]) == SOMETHING_FAILED
        captured = capsys.readouterr()
        assert name in captured.err
        assert captured.out == ""

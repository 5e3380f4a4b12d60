"""A run exported through the installed wandb, read back from the file of the offline run."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext import LocalRun
from wbimage_ext.export import export_run, to_wandb
from wbimage_ext.export.source import Source
from wbimage_ext.view.readers import Run, open_run

from ..with_wandb.support import ROOT, needs_wandb, wandb_environment
from .made import LABELS, digest_of, flat, make_run, pictures, rows_by_step

pytestmark = [needs_wandb, pytest.mark.filterwarnings("default")]  # of wandb's, at import

COMMAND = [sys.executable, "-m", "wbimage_ext", "export"]


def start(run: Path, output: Path, printed: Path, **environment: str) -> subprocess.Popen[bytes]:
    with printed.open("wb") as file:  # no pipe: wandb's service may hold it when the export is over
        return subprocess.Popen(
            [*COMMAND, str(run), "--to", "wandb", "--output", str(output)],
            env={
                **os.environ,
                **wandb_environment(output.parent),
                "PYTHONPATH": str(ROOT),
                **environment,
            },
            stdout=file,
            stderr=subprocess.STDOUT,
        )


def export(run: Path, output: Path, code: int = 0, **environment: str) -> str:
    printed = output.parent / "printed.txt"
    child = start(run, output, printed, **environment)
    assert child.wait() == code, printed.read_text()
    return printed.read_text()


def records(folder: Path) -> Any:
    from ..with_wandb.read_run import records

    return records(folder)


def runs_in(output: Path) -> list[Path]:
    return sorted((output / "wandb").iterdir())


@pytest.fixture(scope="module")
def output(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("output") / "new"
    printed = export(run, output)
    count = len(list(pictures(run)))
    assert f"{len(rows_by_step(run))} rows and {count} pictures are in {output}" in printed
    assert "not exported" not in printed
    return output


def read(output: Path) -> tuple[Run, Path, dict[int, dict[str, Any]]]:
    (folder,) = runs_in(output)
    reader = open_run(folder)
    rows = {row["_step"]: row for row in reader.rows()}
    assert not reader.skipped
    return reader, folder / "files", rows


def test_every_row_is_there(run: Path, output: Path) -> None:
    _reader, _files, rows = read(output)
    expected = rows_by_step(run)
    assert list(rows) == list(expected)
    special = {"NaN": math.nan, "Infinity": math.inf}
    for step, row in expected.items():
        found, wanted = flat(rows[step]), flat(row)
        # define_metric has wandb add the last epoch to a row that has a loss.
        assert found.keys() - wanted.keys() <= ({"epoch"} if "loss" in wanted else set())
        assert wanted.keys() <= found.keys()
        for key, value in wanted.items():
            if key in ("_runtime", "_step") or isinstance(value, dict):
                continue
            value = special.get(value, value) if isinstance(value, str) else value
            if isinstance(found[key], str):
                assert special.get(found[key], found[key]) == pytest.approx(value, nan_ok=True)
            elif isinstance(value, float):
                assert found[key] == pytest.approx(value, rel=1e-15, nan_ok=True)
            else:
                assert found[key] == value


def test_every_picture_mask_and_box_is_there(run: Path, output: Path) -> None:
    reader, files, rows = read(output)
    checked = 0
    for step, row in rows_by_step(run).items():
        for key, value in flat(row).items():
            if isinstance(value, dict):
                checked += check_media(run, value, files, flat(rows[step])[key])
    assert checked == len(list(pictures(run)))
    labels = reader.about().config["_wandb"]
    named = {str(number): name for number, name in LABELS.items()}
    for layer in ("truth", "prediction/best"):
        for key in ("sample", "layered list"):
            entry = labels["mask/class_labels"][f"{key}_wandb_delimeter_{layer}"]
            assert entry["value"] == named


def check_media(run: Path, before: dict[str, Any], files: Path, after: dict[str, Any]) -> int:
    """Compare one value of a row, and its files byte by byte; returns the number of pictures."""
    same = ("_type", "width", "height", "format", "caption", "captions", "grouping", "count")
    assert {name: after.get(name) for name in same} == {name: before.get(name) for name in same}
    paths = [(before["path"], after["path"])] if "path" in before else []
    if "filenames" in before:
        paths = list(zip(before["filenames"], after["filenames"], strict=True))
    else:
        assert [after[name] for name in ("sha256", "size")] == [
            before[name] for name in ("sha256", "size")
        ]
    for one, other in paths:
        assert digest_of(run / one) == digest_of(files / other)
    for alone, together in (("masks", "all_masks"), ("boxes", "all_boxes")):
        pairs = [(before.get(alone), after.get(alone))]
        if before.get(together):
            pairs = list(zip(before[together], after[together], strict=True))
        for layers, others in pairs:
            assert (layers or {}).keys() == (others or {}).keys()
            for name, layer in (layers or {}).items():
                one, other = run / layer["path"], files / others[name]["path"]
                assert others[name]["sha256"] == digest_of(other)
                if alone == "masks":
                    assert one.read_bytes() == other.read_bytes()
                else:
                    assert json.loads(one.read_text()) == json.loads(other.read_text())
    return len(paths)


def test_what_is_known_of_the_run_is_there(run: Path, output: Path) -> None:
    reader, files, _rows = read(output)
    saved = files / "made/notes.txt"
    assert saved.read_text() == "kept with the run"
    assert not saved.is_symlink()
    published = [item.path for r in records(files.parent) for item in r.files.files]
    assert "made/notes.txt" in published
    about, details = reader.about(), reader.details()
    assert about.name == "a run"
    config = {key: value for key, value in about.config.items() if key != "_wandb"}
    assert config == {
        "rate": 0.01,
        "layers": [3, 4],
        "model": {"name": "small", "depth": 2},
        "none": None,
    }
    assert details.tags == ["a", "b c"]
    known = details.notes, details.group, details.job_type, details.project
    assert known == ("first\nsecond", "g", "train", "moved")
    assert details.metrics["loss"]["step_metric"] == "epoch"
    assert details.metrics["loss"]["summary"] == "min"
    summary = json.loads((run / "summary.json").read_text())
    assert summary["loss"] == {"min": -1.0}
    numbers = {
        key: value
        for key, value in flat(summary).items()
        if isinstance(value, (int, float)) and not key.startswith("_")
    }
    found = flat(details.summary)
    assert {key: found[key] for key in numbers} == numbers


def test_again_there_is_one(run: Path, output: Path) -> None:
    before = runs_in(output)
    assert "it was exported before" in export(run, output)
    assert runs_in(output) == before
    assert [path.name for path in output.iterdir()] == ["wandb"]


def test_a_run_that_went_on_replaces_what_was_exported(tmp_path: Path) -> None:
    make_run(tmp_path / "run", steps=1)
    export(tmp_path / "run", tmp_path / "out")
    with LocalRun(tmp_path / "run") as run:
        run.log({"more": 1})
    export(tmp_path / "run", tmp_path / "out")
    _reader, _files, rows = read(tmp_path / "out")
    assert rows[1001]["more"] == 1
    assert len(rows) == len(rows_by_step(tmp_path / "run"))


@pytest.mark.parametrize("name", ["SIGKILL", "SIGINT"])
@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")
@pytest.mark.slow
def test_ended_at_any_moment_it_can_be_run_again(name: str, tmp_path: Path) -> None:
    run, output = make_run(tmp_path / "run", steps=40), tmp_path / "out"
    began = time.monotonic()
    export(run, tmp_path / "whole")
    seconds = time.monotonic() - began
    # A shell has processes in the background ignore Ctrl-C, and theirs as well.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ended_early = 0
    for part in range(1, 10):
        child = start(run, output, tmp_path / "printed.txt")
        time.sleep(seconds * (part / 10) ** 3)  # several are early, should it be quicker now
        child.send_signal(getattr(signal, name))
        code = child.wait()
        if (output / "wandb").exists() and runs_in(output):
            # Only after the last row: what is there is whole.
            assert read(output)[2].keys() == rows_by_step(run).keys()
            shutil.rmtree(output)
        else:
            assert code != 0
            ended_early += 1
    assert ended_early > 3
    export(run, output)
    assert read(output)[2].keys() == rows_by_step(run).keys()
    assert [path.name for path in output.iterdir()] == ["wandb"]


def test_a_list_that_is_too_long_for_wandb_becomes_two(tmp_path: Path) -> None:
    with LocalRun(tmp_path / "run") as run:
        run.log({"many": [wbimage_ext.Image(np.full((2, 2), i, np.uint8)) for i in range(130)]})
    export(tmp_path / "run", tmp_path / "out")
    _reader, files, rows = read(tmp_path / "out")
    assert [rows[0][key]["count"] for key in ("many", "many from 108")] == [108, 22]
    names = rows[0]["many"]["filenames"] + rows[0]["many from 108"]["filenames"]
    found = [digest_of(files / name) for name in names]
    row = rows_by_step(tmp_path / "run")[0]
    assert found == [digest_of(tmp_path / "run" / name) for name in row["many"]["filenames"]]


def test_the_server_has_a_part_of_the_rows_already(tmp_path: Path) -> None:
    """What an online run that was killed sent is not logged again; its files are sent again."""
    run = make_run(tmp_path / "run", steps=3)
    logged: dict[int, Any] = {}
    bound: list[tuple[str, int]] = []
    server = SimpleNamespace(
        starting_step=3,
        dir=str(tmp_path / "files"),
        log=lambda values, step: logged.update({step: values}),
        _publish_file=lambda name: bound.append(name),
    )
    part = to_wandb._Logged(Source(run))
    part._log_rows(server, Source(run).rows())
    assert list(logged) == [step for step in rows_by_step(run) if step >= 3]
    earlier = [p["sha256"][:20] for step, _key, _place, p in pictures(run) if step < 3]
    assert all(any(digest in name for name in bound) for digest in earlier)


def test_wandb_is_disabled(run: Path, tmp_path: Path) -> None:
    printed = export(run, tmp_path / "out", 1, WANDB_MODE="disabled")
    assert "WANDB_MODE must be offline or online" in printed
    assert list((tmp_path / "out").iterdir()) == []


def test_wandb_logs_a_run_here(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import wandb

    monkeypatch.setattr(wandb, "run", SimpleNamespace(name="mine"))
    with pytest.raises(RuntimeError, match="wandb is logging the run 'mine' here"):
        export_run(run, "wandb", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_of_wandb_is_one_already(output: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is a run of wandb already"):
        export_run(runs_in(output)[0], "wandb", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_that_failed_failed_there(tmp_path: Path) -> None:
    with LocalRun(tmp_path / "run") as run:
        run.log({"loss": 1})
        run.finish(exit_code=7)
    export(tmp_path / "run", tmp_path / "out")
    (file,) = (tmp_path / "out").rglob("*.wandb")
    codes = [
        r.exit.exit_code for r in records(file.parent) if r.WhichOneof("record_type") == "exit"
    ]
    assert codes == [7]


def test_wandbs_own_runs_go_to_the_other_targets(output: Path, run: Path, tmp_path: Path) -> None:
    (folder,) = runs_in(output)
    result = export_run(folder, "folder", tmp_path / "out")
    assert result.problems == []
    assert result.pictures == len(list(pictures(run)))
    about = json.loads((tmp_path / "out/about.json").read_text())
    assert about["name"] == "a run"
    assert about["tags"] == ["a", "b c"]
    named = {str(number): name for number, name in LABELS.items()}
    assert about["mask_classes"]["sample"]["truth"] == named


def test_what_wandb_does_not_take_is_left_out(tmp_path: Path) -> None:
    texts = {"notes": "\udcff", "config": {"\udcff": "\udcff"}}
    with LocalRun(tmp_path / "run", tags=["good", "", "t" * 65], **texts) as run:
        run.log({"loss": 1, "\udcff": "\udcff"})
    with (tmp_path / "run/history.jsonl").open("a") as history:  # as another program may write it
        history.write(f'{{"loss": 2, "_step": {2**63}}}\n')
    printed = export(tmp_path / "run", tmp_path / "out")
    assert "2 tags that are empty or over 64 characters, were left out" in printed
    assert "1 rows of steps that wandb does not have, were left out" in printed
    reader, _, rows = read(tmp_path / "out")
    assert sorted(rows) == [0]
    assert rows[0]["\\udcff"] == "\\udcff"
    assert reader.details().tags == ["good"]


def test_wandb_starts_no_run(tmp_path: Path) -> None:
    with LocalRun(tmp_path / "run", project="a/b") as run:
        run.log({"loss": 1})
    printed = export(tmp_path / "run", tmp_path / "out", 1)
    assert "wbimage: wandb started no run: Invalid project name 'a/b'" in printed
    assert "Traceback" not in printed

"""LocalRun: files, history lines, steps, continuation, and what it refuses."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext import Image, LocalRun

from ..conftest import files_below
from ..test_image import BOXES, mask_values


def history(directory: str | Path) -> list[dict[str, Any]]:
    lines = (Path(directory) / "history.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_values_of_every_kind(tmp_path: Path) -> None:
    with LocalRun(tmp_path / "run", name="n", config={"lr": 0.1}) as run:
        run.log({
            "loss": 0.5, "n": np.float32(1.5), "big": np.int64(7), "text": "t", "none": None,
            "nested": {"a": {"b": True}}, "array": np.arange(3), "nan": float("nan"),
        })  # fmt: skip
    (row,) = history(run.dir)
    assert row["_step"] == 0
    assert row["_runtime"] >= 0
    expected = {
        "loss": 0.5, "n": 1.5, "big": 7, "text": "t", "none": None,
        "nested": {"a": {"b": True}}, "array": [0, 1, 2], "nan": "NaN",
    }  # fmt: skip
    assert {key: row[key] for key in expected} == expected
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    assert summary["loss"] == 0.5
    assert json.loads((tmp_path / "run/config.json").read_text())["lr"] == 0.1
    assert json.loads((tmp_path / "run/run.json").read_text())["name"] == "n"


def test_images_alone_in_lists_and_nested(local_run: LocalRun) -> None:
    mask = {"mask_data": mask_values(), "class_labels": {0: "road", 2: "car"}}
    local_run.log({
        "one": Image(np.eye(20), masks={"truth": mask}, boxes={"b": BOXES}),
        "many": [Image(np.eye(5) * i, caption=str(i)) for i in range(3)],
        "deep": {"er": {"image": Image(np.eye(6))}},
    })  # fmt: skip
    (row,) = history(local_run.dir)
    assert row["one"]["_type"] == "image-file"
    assert row["many"]["_type"] == "images/separated"
    assert row["many"]["captions"] == ["0", "1", "2"]
    paths = [row["one"]["path"], row["deep"]["er"]["image"]["path"], *row["many"]["filenames"]]
    paths += [row["one"]["masks"]["truth"]["path"], row["one"]["boxes"]["b"]["path"]]
    written = files_below(local_run.dir)
    assert set(paths) == {name for name in written if name.startswith("media/")}
    config = json.loads((Path(local_run.dir) / "config.json").read_text())
    labels = config["_wandb"]["mask/class_labels"]["one_wandb_delimeter_truth"]["value"]
    assert labels == {"0": "road", "2": "car"}
    boxes = config["_wandb"]["bounding_box/class_labels"]["one_wandb_delimeter_b"]["value"]
    assert boxes == {"0": "cat", "1": "dog"}


def test_steps(local_run: LocalRun) -> None:
    local_run.log({"a": 1})
    local_run.log({"a": 2}, step=5)
    local_run.log({"b": 3}, step=5)
    local_run.log({"a": 4}, step=9)
    local_run.log({"b": 5}, commit=True)
    local_run.log({"a": 6}, commit=False)
    local_run.log({"b": 7})
    local_run.finish()
    rows = [
        {k: v for k, v in row.items() if k in ("a", "b", "_step")} for row in history(local_run.dir)
    ]
    assert rows == [
        {"a": 1, "_step": 0},
        {"a": 2, "b": 3, "_step": 5},
        {"a": 4, "b": 5, "_step": 9},
        {"a": 6, "b": 7, "_step": 10},
    ]


def test_all_images_of_a_long_list_are_kept(
    local_run: LocalRun, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        local_run.log({"k": [Image(np.eye(4)) for _ in range(Image.MAX_ITEMS + 3)]})
    assert caplog.text == ""
    (row,) = history(local_run.dir)
    assert row["k"]["count"] == len(row["k"]["filenames"]) == 111


def test_rows_of_earlier_steps_are_kept_as_they_came(local_run: LocalRun) -> None:
    local_run.log({"a": 1}, step=5)
    local_run.log({"a": 2}, step=3)
    local_run.log({"b": 3}, step=5, commit=True)
    local_run.log({"a": 4})
    local_run.finish()
    rows = [(row["_step"], row.get("a"), row.get("b")) for row in history(local_run.dir)]
    assert rows == [(5, 1, None), (3, 2, None), (5, None, 3), (6, 4, None)]


def test_what_cannot_be_logged_is_named(local_run: LocalRun) -> None:
    with pytest.raises(TypeError, match="dict of values"):
        local_run.log([1])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="keys"):
        local_run.log({1: 2})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="step"):
        local_run.log({"a": 1}, step="x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Mixed media types"):
        local_run.log({"k": [Image(np.eye(4)), 3]})
    local_run.log({"fine": 1})
    assert [row["fine"] for row in history(local_run.dir)] == [1]


def test_a_finished_run_takes_nothing_more(tmp_path: Path) -> None:
    run = wbimage_ext.init(tmp_path / "run", project="p")
    run.finish()
    run.finish()
    with pytest.raises(RuntimeError, match="finished"):
        run.log({"a": 1})
    assert json.loads((tmp_path / "run/run.json").read_text())["project"] == "p"


def test_a_run_is_continued_after_its_last_step(tmp_path: Path) -> None:
    with LocalRun(tmp_path) as run:
        run.log({"a": 1}, step=4)
    with open(tmp_path / "history.jsonl", "ab") as file:
        file.write(b'{"a": 2, "_step": 5, "torn')
    with LocalRun(tmp_path) as run:
        assert run.summary["a"] == 1
        run.log({"a": 3})
    assert [(row["a"], row["_step"]) for row in history(tmp_path)] == [(1, 4), (3, 5)]


class CountedFile(io.FileIO):
    """A file that counts how often the system is asked for a part of it."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        CountedFile.reads += 1
        return super().read(size)

    def readinto(self, buffer: Any, /) -> int:
        CountedFile.reads += 1
        return super().readinto(buffer)


def test_a_long_history_is_taken_up_in_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counted_open(path: str, mode: str, buffering: int = -1) -> Any:
        file = CountedFile(path, mode)
        return io.BufferedReader(file) if buffering else file

    lines = [json.dumps({"text": "x" * 300, "_step": step}) for step in range(3000)]
    (tmp_path / "history.jsonl").write_text("\n".join(lines) + "\n")
    CountedFile.reads = 0
    monkeypatch.setattr("wbimage_ext.runs.history.open", counted_open, raising=False)
    run = LocalRun(tmp_path)
    monkeypatch.undo()
    assert run.step == 3000
    assert 0 < CountedFile.reads < 3000 / 10
    run.finish()


def test_two_writers_are_refused(tmp_path: Path) -> None:
    program = "import sys, wbimage_ext; wbimage_ext.LocalRun(sys.argv[1])"
    with LocalRun(tmp_path) as run:
        with pytest.raises(RuntimeError, match=r"this process is already logging .*finish\(\)"):
            LocalRun(tmp_path)
        child = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)],
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert "another process is writing to" in child.stderr
        run.log({"a": 1})
    with LocalRun(tmp_path) as run:
        assert run.step == 1


def test_threads_log_whole_lines(local_run: LocalRun) -> None:
    def work(n: int) -> None:
        for i in range(10):
            local_run.log({f"k{n}": Image(np.full((8, 8), 20 * n + i))})

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = history(local_run.dir)
    assert [row["_step"] for row in rows] == list(range(80))


EXAMPLES = """
import numpy as np
from PIL import Image as PILImage
import wbimage_ext as wandb

with wandb.init() as run:
    examples = []
    for i in range(3):
        pixels = np.random.randint(low=0, high=256, size=(100, 100, 3))
        image = wandb.Image(pixels, caption=f"random field {i}")
        examples.append(image)
    run.log({"examples": examples})

with wandb.init() as run:
    examples = []
    for i in range(3):
        pixels = np.random.randint(low=0, high=256, size=(100, 100, 3), dtype=np.uint8)
        pil_image = PILImage.fromarray(pixels, mode="RGB")
        image = wandb.Image(pil_image, caption=f"random field {i}")
        examples.append(image)
    run.log({"examples": examples})

with wandb.init() as run:
    examples = []
    for i in range(3):
        pixels = np.random.randint(low=0, high=256, size=(100, 100, 3))
        image = wandb.Image(pixels, caption=f"random field {i}", file_type="jpg")
        examples.append(image)
    run.log({"examples": examples})
"""


def test_the_documented_examples_run_word_for_word(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", EXAMPLES],
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    runs = sorted((tmp_path / "wbimage-runs").iterdir())
    assert len(runs) == 3
    for run in runs:
        (row,) = history(run)
        assert row["examples"]["count"] == 3
        for name in row["examples"]["filenames"]:
            image = Image(run / name)
            assert (image._width, image._height) == (100, 100)

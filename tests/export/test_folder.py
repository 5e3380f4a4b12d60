"""A run as plain files: every picture, mask, box, number and text, under names of key and step."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext import Image, LocalRun
from wbimage_ext.export import export_run
from wbimage_ext.export.source import class_names

from .made import LABELS, digest_of, flat, make_run, pictures, rows_by_step, tree


@pytest.fixture(scope="module")
def exported(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("output") / "new"
    result = export_run(run, "folder", output)
    assert result.problems == result.notes == []
    assert result.place == str(output)
    assert result.pictures == len(list(pictures(run)))
    assert result.rows == len(rows_by_step(run))
    return output


def lines_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_picture_is_there_byte_by_byte(run: Path, exported: Path) -> None:
    lines = {
        (int(line["step"]), line["key"], line["place"]): line
        for line in lines_of(exported / "pictures.csv")
    }
    expected = list(pictures(run))
    assert len(lines) == len(expected)
    for step, key, place, picture in expected:
        line = lines[step, key, "" if place is None else str(place)]
        assert digest_of(exported / line["file"]) == picture["sha256"]
        assert line["caption"] == (picture.get("caption") or "")
        assert line["grouping"] == str(picture.get("grouping") or "")
        scale = picture.get("scale") or {"lo": "", "hi": ""}
        assert [line["lo"], line["hi"]] == [str(scale["lo"]), str(scale["hi"])]
        stem = line["file"].rpartition(".")[0]
        for layer, mask in (picture.get("masks") or {}).items():
            name = f"{stem}.mask-{layer.replace('/', '_')}.png"
            assert digest_of(exported / name) == mask["sha256"]
        for layer, boxes in (picture.get("boxes") or {}).items():
            content = json.loads((exported / f"{stem}.boxes-{layer}.json").read_text())
            assert content == json.loads((run / boxes["path"]).read_text())
    assert any(line["hi"] == "4.0" for line in lines.values())
    assert (exported / "pictures/sample/00000001.png").is_file()
    assert (exported / "pictures/list/00000003-002.png").is_file()
    assert (exported / "pictures/a/b/00000001.png").is_file()
    assert (exported / "pictures/val.sample/00000001.mask-truth.png").is_file()


def test_the_scalars_are_those_of_the_rows(run: Path, exported: Path) -> None:
    lines = {int(line["step"]): line for line in lines_of(exported / "scalars.csv")}
    numbers = {}
    for step, row in rows_by_step(run).items():
        numbers[step] = {
            key: float(value)
            for key, value in flat(row).items()
            if isinstance(value, (int, float)) or value in ("NaN", "Infinity")
        }
    assert lines.keys() == numbers.keys()
    for step, row in numbers.items():
        named = {"_step": "step", "_timestamp": "timestamp", "_runtime": "runtime"}
        for key, value in row.items():
            text = lines[step][named.get(key, key)]
            read = {"True": 1.0, "False": 0.0}.get(text)
            read = float(text) if read is None else read
            assert read == value or (math.isnan(read) and math.isnan(value))
        assert sum(text != "" for text in lines[step].values()) == len(row)
    assert list(lines) == sorted(lines)
    assert lines[3]["loss"] == "-1.0"


def test_the_rest_is_in_json(run: Path, exported: Path) -> None:
    values = [json.loads(line) for line in (exported / "values.jsonl").read_text().splitlines()]
    assert values[0] == {"step": 1, "text": "said at 0", "counts": [1, 2, 0]}
    about = json.loads((exported / "about.json").read_text())
    assert (exported / "files/made/notes.txt").read_text() == "kept with the run"
    assert about["name"] == "a run"
    assert about["config"] == {
        "rate": 0.01,
        "layers": [3, 4],
        "model": {"name": "small", "depth": 2},
        "none": None,
    }
    assert about["summary"] == json.loads((run / "summary.json").read_text())
    assert about["tags"] == ["a", "b c"]
    assert [about[name] for name in ("notes", "group", "job_type", "project")] == [
        *("first\nsecond", "g", "train", "moved")
    ]
    assert about["metrics"]["loss"] == {"step_metric": "epoch", "summary": "min"}
    named = {str(number): name for number, name in LABELS.items()}
    assert about["mask_classes"]["sample"]["prediction/best"] == named
    assert about["mask_classes"]["val.sample"]["truth"] == named


def test_again_is_the_same(run: Path, exported: Path) -> None:
    before = tree(exported)
    export_run(run, "folder", exported)
    assert tree(exported) == before


def test_keys_that_are_one_name_are_two_folders(tmp_path: Path) -> None:
    def picture(value: int) -> Image:
        return Image(np.full((2, 2), value, np.uint8))

    with LocalRun(tmp_path / "run") as run:
        run.log({"Key": picture(2), "key": picture(3), "a": {"b": picture(4)}, "a.b": picture(5)})
        run.log({"../../up": picture(6)})
    export_run(tmp_path / "run", "folder", tmp_path / "out")
    written = {name for name in tree(tmp_path / "out") if name.endswith(".png")}
    assert written == {
        f"pictures/{name}.png"
        for name in (
            *("Key/00000000", "key (2)/00000000", "a.b/00000000", "a.b (2)/00000000"),
            "__/__/up/00000001",
        )
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "run"]


def test_what_cannot_be_read_is_named_and_the_rest_is_there(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", steps=2)
    rows = rows_by_step(run)
    (run / rows[1]["sample"]["path"]).write_bytes(b"changed")
    (run / rows[3]["list"]["filenames"][1]).unlink()
    result = export_run(run, "folder", tmp_path / "out")
    assert len(result.problems) == 2
    assert any("sample_1_" in problem and "damaged" in problem for problem in result.problems)
    assert any("list_3_" in problem and "No such file" in problem for problem in result.problems)
    assert result.pictures == len(list(pictures_that_are_there(run))) == 2 * 10 - 2


def pictures_that_are_there(run: Path) -> Any:
    for line in (run / "history.jsonl").read_text().splitlines():
        for value in flat(json.loads(line)).values():
            if isinstance(value, dict) and "_type" in value:
                paths = value.get("filenames") or [value["path"]]
                yield from (
                    path
                    for path in paths
                    if (run / path).is_file() and (run / path).read_bytes() != b"changed"
                )


def test_a_run_that_still_grows_is_exported_as_far_as_it_is(tmp_path: Path) -> None:
    with LocalRun(tmp_path / "run") as run:
        run.log({"loss": 1.0})
        assert export_run(run.dir, "folder", tmp_path / "out").rows == 1
        run.log({"loss": 0.5})
        assert export_run(run.dir, "folder", tmp_path / "out").rows == 2
    assert len(lines_of(tmp_path / "out/scalars.csv")) == 2


def test_a_long_key_is_a_shorter_folder(tmp_path: Path) -> None:
    picture = Image(np.eye(2))
    long = {"k" * 120: {"k" * 120 + end: picture for end in "ab"}}
    with LocalRun(tmp_path / "run") as run:
        run.log(long)
    assert export_run(tmp_path / "run", "folder", tmp_path / "out").pictures == 2
    assert len([name for name in tree(tmp_path / "out") if name.endswith(".png")]) == 2


def test_texts_that_utf8_does_not_have(tmp_path: Path) -> None:
    name = "\udcff \u00e4"  # what Python makes of the bytes ff 20 c3 a4 in a file's name
    mask = {name: {"mask_data": np.eye(2, dtype=np.uint8), "class_labels": {1: "line"}}}
    with LocalRun(tmp_path / "run", name=name, notes=name, config={name: name}) as run:
        run.log({name: Image(np.eye(2), caption=name, masks=mask), "text": [name]})
    assert export_run(tmp_path / "run", "folder", tmp_path / "out").problems == []
    assert "pictures/\\udcff \u00e4/00000000.png" in tree(tmp_path / "out")
    about = json.loads((tmp_path / "out/about.json").read_text())
    assert about["config"] == {"\\udcff \u00e4": "\\udcff \u00e4"}
    assert [*about["mask_classes"].values()] == [{name: {"1": "line"}}]


def test_a_row_may_have_a_key_of_the_name_type(tmp_path: Path) -> None:
    with LocalRun(tmp_path / "run") as run:
        run.log({"_type": "mine", "loss": 1.5, "sample": Image(np.eye(2))})
    assert export_run(tmp_path / "run", "folder", tmp_path / "out").pictures == 1
    assert "1.5" in (tmp_path / "out/scalars.csv").read_text()


def test_labels_are_of_numbers() -> None:
    labels = {"1": "whole", "1.5": "between", "NaN": "none", "Infinity": "none", "x": "none"}
    assert class_names(labels) == {1: "whole", 1.5: "between"}

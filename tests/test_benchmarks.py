"""The benchmark runs, and the README says what the committed result says. Nothing here is timed."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import benchmarks.__main__
from benchmarks import files, readme, report, rows, sixteen, summary, tune, view
from benchmarks.__main__ import MEASURES, as_text, choose, main, measure
from benchmarks.corpus import Picture, pictures
from benchmarks.rows import Options, WrongOutputError


@pytest.fixture(scope="module")
def tiny_result() -> dict[str, Any]:
    """Two tiny pictures, and one of 16 bits, through every section, one round."""
    random = np.random.default_rng(0)
    color = Picture("color", "photo", "judge", random.integers(0, 256, (9, 7, 3), np.uint8))
    classes = Picture("classes", "mask", "tune", random.integers(0, 5, (8, 8), np.uint8))
    slice_ = Picture("slice", "CT", "judge", random.integers(0, 4096, (8, 9), np.uint16))
    return measure(list(MEASURES), Options([color, classes, slice_], rounds=1, clock="wall"))


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    return json.loads(readme.PUBLISHED.read_text())


def test_the_readme_shows_the_committed_result(published: dict[str, Any]) -> None:
    assert readme.published_numbers() == readme.numbers(published)


def test_docs_performance_shows_the_committed_result(published: dict[str, Any]) -> None:
    found = readme.published_numbers(readme.PERFORMANCE)
    assert found == readme.numbers_of_16_bits(published)


def test_the_plot_shows_the_committed_result(published: dict[str, Any]) -> None:
    assert readme.PLOT.read_text() == readme.picture(published)
    ElementTree.parse(readme.PLOT)


def test_the_committed_result_is_complete(published: dict[str, Any]) -> None:
    assert set(published["sections"]) == set(MEASURES)
    # What is on PyPI was measured.
    assert [name for name in published["missing"] if "not on PyPI" not in name] == []
    assert {row["set"] for row in published["sections"]["png"]} == {"tune", "judge"}


def test_it_runs_end_to_end(tiny_result: dict[str, Any]) -> None:
    sections = tiny_result["sections"]
    assert [row["name"] for row in sections["png"]] == ["color", "classes"]
    if importlib.util.find_spec("imagecodecs") is not None:
        assert [row["name"] for row in sections["sixteen"]] == ["slice"]
        assert "| **wbimage_ext** |" in readme.numbers_of_16_bits(tiny_result)
    assert set(sections) == set(MEASURES)
    for name in ("png", "levels", "jpeg"):
        for row in sections[name]:
            assert all(measured["size_bytes"] > 0 for measured in row["peers"].values())
    text = "\n".join(report.report(tiny_result))
    assert "wbimage_ext" in text
    assert "set 'judge'" in text


def test_pictures_are_chosen_by_set_and_by_name_or_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.zeros((2, 2), np.uint8)
    known = [
        Picture("cat", "photo", "tune", pixels),
        Picture("dog", "photo", "judge", pixels),
        Picture("text", "text", "judge", pixels),
    ]
    monkeypatch.setattr(benchmarks.__main__, "pictures", lambda: known[:2])
    monkeypatch.setattr(sixteen, "pictures", lambda: known[2:])
    assert choose(None, None) == known
    assert choose("judge", "photo|text") == known[1:]
    assert choose(None, "ca.") == known[:1]
    with pytest.raises(SystemExit, match="'bird'"):
        choose(None, "bird")


def test_an_unknown_section_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--sections", "png,gif"])
    assert "gif" in capsys.readouterr().err


def test_a_saved_result_reads_back_as_it_was(tiny_result: dict[str, Any]) -> None:
    assert json.loads(as_text(tiny_result)) == tiny_result


def test_numbers_and_plot_come_from_any_result(tiny_result: dict[str, Any]) -> None:
    assert "| **wbimage_ext** |" in readme.numbers(tiny_result)
    drawing = ElementTree.fromstring(readme.picture(tiny_result))
    assert "wbimage_ext" in "".join(drawing.itertext())


def test_the_command_prints_a_saved_result(
    tiny_result: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "result.json"
    saved.write_text(as_text(tiny_result))
    assert main(["--show", str(saved)]) == 0
    assert "ratios to Pillow's default" in capsys.readouterr().out


def test_a_wrong_file_of_16_bits_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("imagecodecs")
    pixels = np.arange(48, dtype=np.uint16).reshape(4, 12)
    picture = Picture("ramp", "gradient", "tune", pixels)
    monkeypatch.setattr(files, "decoded_16", lambda encoded: pixels + 1)
    with pytest.raises(WrongOutputError, match="other pixels for ramp"):
        files.sixteen_rows(Options([picture], rounds=1, clock="wall"))


def test_a_wrong_file_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    picture = Picture("ramp", "tiny", "tune", pixels)
    monkeypatch.setattr(files, "decoded", lambda encoded: pixels + 1)
    with pytest.raises(WrongOutputError, match="other pixels for ramp"):
        files.png_rows(Options([picture], rounds=1, clock="wall"))


def _row(name: str, raw_bytes: int, **best_us_and_size: tuple[float, int]) -> rows.Row:
    peers = {
        peer: rows.Measure(
            size_bytes=size, best_us=best_us, median_us=2 * best_us, spread=0.1, calls=1
        )
        for peer, (best_us, size) in best_us_and_size.items()
    }
    return rows.Row(
        name=name,
        kind="photo",
        set="judge",
        shape=[raw_bytes],
        dtype="uint8",
        raw_bytes=raw_bytes,
        peers=peers,
    )


def test_a_summary_is_a_geometric_mean_over_the_rows_that_both_have() -> None:
    some = [
        _row("a", 100_000, slow=(100.0, 1000), fast=(10.0, 1000)),
        _row("b", 10, slow=(1000.0, 1000), fast=(1.0, 1210)),
        _row("c", 10, slow=(1.0, 1)),
    ]
    found = summary.summarize(some, "fast", "slow")
    assert found is not None
    assert found.pictures == 2
    assert found.speed == pytest.approx(100)
    assert (found.slowest, found.slowest_name) == (pytest.approx(10), "a")
    assert found.size == pytest.approx(1.1)
    assert (found.worst_size, found.worst_size_name) == (pytest.approx(1.21), "b")
    assert summary.summarize(some[2:], "fast", "slow") is None
    assert [row["name"] for row in summary.groups(some)["70 KB and more"]] == ["a"]


# What people log, by issue and documentation; scikit-learn's and matplotlib's are left out without.
CLASSES = {
    *("photo", "once JPEG", "blurred or enlarged", "photograph with boxes", "overlay", "4K"),
    *("comparison or letterbox", "gray as RGB", "with alpha", "sample grid", "satellite"),
    *("depth, flow, normals", "medical", "attention map", "spectrogram", "game frame"),
    *("UI page", "document", "text", "mask", "drawing", "gradient or flat", "noise", "tiny"),
    *("plot", "figure of mixed axes", "imshow figure", "3-D rendering", "confusion matrix"),
}


def test_the_corpus_has_every_class_in_both_sets() -> None:
    pytest.importorskip("PIL", minversion="10.1")  # the first with a font of any size
    pytest.importorskip("matplotlib")
    pytest.importorskip("skimage")
    for set_name in ("tune", "judge"):
        kinds = {picture.kind for picture in pictures() if picture.set == set_name}
        assert kinds >= CLASSES, set_name


def test_pictures_of_16_bits_have_every_class_in_both_sets() -> None:
    for package in ("matplotlib", "pydicom", "skimage"):
        pytest.importorskip(package)
    found = list(sixteen.pictures())
    kinds = {
        "CT",
        "MR and scans",
        "depth",
        "microscopy",
        "elevation",
        "noise",
        "gradient",
        "colour",
    }
    for set_name in ("tune", "judge"):
        assert {picture.kind for picture in found if picture.set == set_name} == kinds
    assert all(picture.pixels.dtype == np.uint16 for picture in found)
    assert len({picture.name for picture in found}) == len(found)


def test_the_readme_shows_classes_and_their_worst(tiny_result: dict[str, Any]) -> None:
    table = readme.numbers(tiny_result)
    assert "| class (largest size first) | pictures | size | worst size |" in table
    assert "(color)" in table


@pytest.mark.source_tree
def test_every_fitted_constant_is_known_and_can_be_swept(tmp_path: Path) -> None:
    known = tune.constants()
    assert known["WB_FIT_PART_BYTES"] == 256 << 10
    assert all(name.startswith("WB_FIT_") for name in known)
    flat = np.zeros((40, 50, 3), np.uint8)
    ramp = np.arange(6000, dtype=np.uint32).astype(np.uint8).reshape(40, 50, 3)
    lines = tune.sweep("WB_FIT_MIN_RUN", [5, 8], [flat, ramp], rounds=1)
    assert "WB_FIT_MIN_RUN = 5" in lines[0]
    assert "size 1.0000 (halves 1.0000, 1.0000)" in lines[0]
    assert "WB_FIT_MIN_RUN = 8" in lines[1]


@pytest.mark.source_tree
def test_tune_names_the_constants_it_knows(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        tune.main(["NO_SUCH"])
    assert "WB_FIT_MIN_RUN" in capsys.readouterr().err


@pytest.mark.slow
def test_the_served_page_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    for package in ("playwright", "starlette", "uvicorn"):
        pytest.importorskip(package)
    if not (os.environ.get("WBIMAGE_CHROMIUM") or shutil.which("chromium")):
        pytest.skip("Chromium is not installed")
    view.main(["--runs", "2", "--pictures", "60", "--steps", "2", "--repeat", "1"])
    told = capsys.readouterr().out
    assert told.startswith("2 runs of 60 pictures, 1 visits\n")
    for word in ("first picture", "step, the first time", "step, again", "heap", "its process"):
        assert word in told

"""Runs of wandb: rows, layers and labels, and the run file, damaged and unfinished."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from wbimage_ext.view import write_page

from .made_runs import (
    BLOCK_BYTES,
    DATA,
    VERSIONS,
    Seen,
    embedded,
    framed,
    history,
    image_row,
    message,
    wandb_folder,
)


@pytest.mark.parametrize("version", VERSIONS)
class TestRunsOfWandb:
    def folder(self, version: str) -> Path:
        return next((DATA / f"wandb-{version}").glob("offline-run-*"))

    def test_everything_is_found(self, version: str) -> None:
        catalog = Seen(self.folder(version))
        index = catalog.index
        assert index["run"]["name"] == f"logged by {version}"
        assert index["steps"] == [0, 10, 20]
        assert {panel["key"] for panel in index["panels"]} == {
            "val/scene",
            "nested.deep.picture",
            "list",
        }
        assert index["images"] == 3 + 2 + 4
        assert index["notes"] == []
        assert {(layer["kind"], layer["name"]) for layer in index["layers"]} == {
            ("mask", "truth"),
            ("box", "predictions"),
        }
        classes = [[0, "ground"], [1, "car"], [2, "road"]]
        assert all(layer["classes"] == classes for layer in index["layers"])

    def test_lists_keep_gaps_of_captions_masks_and_boxes(self, version: str) -> None:
        catalog = Seen(self.folder(version))
        panels = [panel["key"] for panel in catalog.index["panels"]]
        first, second = catalog.cells[0][panels.index("list")]
        assert first["c"] == "one"
        assert "c" not in second
        assert "b" not in first
        assert "m" not in first
        assert len(second["m"]) == 1
        assert len(second["b"][0][2]) == 2

    def test_boxes_of_both_forms(self, version: str) -> None:
        catalog = Seen(self.folder(version))
        panels = [panel["key"] for panel in catalog.index["panels"]]
        (scene,) = catalog.cells[10][panels.index("val/scene")]
        corners, middle = scene["b"][0][2]
        assert corners == [0.125, 0.25, 0.5, 0.75, 1, "a car", {"conf": 0.9}]
        assert middle == [2, 2, 6, 4, 2, None, None, 1]

    def test_masks_are_labelled_when_nested_too(self, version: str) -> None:
        catalog = Seen(self.folder(version))
        used = {
            labels
            for cells in catalog.cells.values()
            for images in cells.values()
            for image in images
            for _, labels, _, _ in image.get("m", [])
        }
        names = {"0": "ground", "1": "car", "2": "road"}
        assert used
        assert all(catalog.index["labels"][number] == names for number in used)

    @pytest.mark.parametrize("given", ["", "files", "run-fixture1.wandb"])
    def test_the_page_stands_beside_the_media(
        self, version: str, given: str, tmp_path: Path
    ) -> None:
        folder = tmp_path / "run"
        folder.mkdir()
        for name in ("files", "run-fixture1.wandb"):
            source = self.folder(version) / name
            subprocess.run(["cp", "-r", source, folder], check=True)
        page = write_page(folder / given)
        assert page == folder / "files" / "index.html"
        assert embedded(page, "run-ID")["base"] == ""


class TestRunFile:
    def test_records_may_span_blocks(self, tmp_path: Path) -> None:
        rows = [image_row(step, note="x" * (5000 * step)) for step in range(30)]
        content = framed([history(row) for row in rows])
        assert len(content) > 10 * BLOCK_BYTES
        catalog = Seen(wandb_folder(tmp_path, content))
        assert catalog.index["steps"] == list(range(30))
        assert catalog.index["notes"] == []

    @pytest.mark.parametrize("room", range(9))
    def test_any_rest_of_a_block(self, tmp_path: Path, room: int) -> None:
        first = history({"_step": 0, "note": ""})
        fill = "x" * (BLOCK_BYTES - 7 - 7 - len(first) - room - 4)
        content = framed([history({"_step": 0, "note": fill}), history(image_row(1))])
        catalog = Seen(wandb_folder(tmp_path, content))
        assert catalog.index["steps"] == [1]
        assert catalog.index["notes"] == []

    @pytest.mark.parametrize("nested", [False, True])
    def test_both_ways_of_writing_a_row(self, tmp_path: Path, nested: bool) -> None:
        row = {**image_row(4), "deep": {"er": image_row(4)["p"]}}
        content = framed([history(row, nested)])
        catalog = Seen(wandb_folder(tmp_path, content))
        assert [panel["key"] for panel in catalog.index["panels"]] == ["p", "deep.er"]

    def test_a_step_may_stand_beside_the_items(self, tmp_path: Path) -> None:
        row = image_row(0)
        del row["_step"]
        items = history(row)[4:]  # without the number and the tag and length of the history
        record = message((2, items + message((2, message((1, 300))))))
        catalog = Seen(wandb_folder(tmp_path, framed([record])))
        assert catalog.index["steps"] == [300]

    @pytest.mark.parametrize("cut", [1, 6, 7, 20, 60])
    def test_a_tail_still_being_written_is_counted(self, tmp_path: Path, cut: int) -> None:
        whole = framed([history(image_row(0))])
        content = framed([history(image_row(0)), history(image_row(1))])
        assert cut < len(content) - len(whole)
        folder = wandb_folder(tmp_path, content[: len(whole) + cut])
        index = Seen(folder).index
        assert index["steps"] == [0]
        assert index["notes"] == ["1 \u00d7 unfinished record at the end skipped"]

    def test_a_tail_of_zeros_is_counted(self, tmp_path: Path) -> None:
        content = framed([history(image_row(0))]) + bytes(500)
        index = Seen(wandb_folder(tmp_path, content)).index
        assert index["steps"] == [0]
        assert index["notes"] == ["1 \u00d7 unfinished record at the end skipped"]

    def test_reading_goes_on_after_a_damaged_block(self, tmp_path: Path) -> None:
        rows = [history(image_row(step, note="x" * 9000)) for step in range(20)]
        content = bytearray(framed(rows))
        content[BLOCK_BYTES + 100] ^= 1
        index = Seen(wandb_folder(tmp_path, bytes(content))).index
        assert 12 < len(index["steps"]) < 20
        assert index["steps"][0] == 0
        assert index["steps"][-1] == 19
        assert index["notes"] == ["1 \u00d7 damaged record skipped"]

    def test_unknown_records_are_counted_and_known_ones_are_not(self, tmp_path: Path) -> None:
        records = [
            message((1, 1), (77, b"from the future")),
            message((1, 2), (7, b"")),
            history(image_row(0)),
        ]
        index = Seen(wandb_folder(tmp_path, framed(records))).index
        assert index["notes"] == ["1 \u00d7 unknown record skipped"]

    def test_a_record_that_is_no_message_is_counted(self, tmp_path: Path) -> None:
        content = framed([b"\xff" * 30, history(image_row(0))])
        index = Seen(wandb_folder(tmp_path, content)).index
        assert index["steps"] == [0]
        assert index["notes"] == ["1 \u00d7 damaged record skipped"]

    def test_any_damage_is_survived(self, tmp_path: Path) -> None:
        source = next((DATA / "wandb-0.31.0").glob("*/*.wandb")).read_bytes()
        folder = wandb_folder(tmp_path, source)
        random = np.random.default_rng(7)
        for _ in range(60):
            content = bytearray(source)
            for at in random.integers(7, len(content), 4):
                content[at] = random.integers(256)
            (folder / "run-abc.wandb").write_bytes(content[: random.integers(7, len(content) + 1)])
            Seen(folder)

    def test_another_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"run-abc\.wandb is not a wandb run file"):
            write_page(wandb_folder(tmp_path, b"something else"))

    def test_nothing_is_written_to_the_run_file(self, tmp_path: Path) -> None:
        content = framed([history(image_row(0))])
        folder = wandb_folder(tmp_path, content)
        (folder / "run-abc.wandb").chmod(0o444)
        write_page(folder)
        assert (folder / "run-abc.wandb").read_bytes() == content

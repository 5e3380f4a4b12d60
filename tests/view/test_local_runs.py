"""Runs of LocalRun, and what becomes of rows, masks, boxes and paths of any shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext.view import page as page_module
from wbimage_ext.view import write_page

from .made_runs import GRAY, RunFolder, Seen, embedded, one_image_run, separated


class TestLocalRun:
    def test_a_line_being_written_and_a_damaged_one_are_counted(self, tmp_path: Path) -> None:
        run = one_image_run(tmp_path)
        run.log(5, picture=run.image(GRAY, "media/images/picture_5_bb.png"))
        history_file = run.write() / "history.jsonl"
        first, second = history_file.read_text().splitlines()
        history_file.write_text(f"{first}\n{{broken\n{second}\n{first[:40]}")
        index = Seen(tmp_path).index
        assert index["steps"] == [0, 5]
        assert index["notes"] == [
            "1 \u00d7 damaged line skipped",
            "1 \u00d7 unfinished line at the end skipped",
        ]

    def test_a_run_of_this_package_while_it_goes_on(self, tmp_path: Path) -> None:
        names = {0: "ground", 1: "car"}
        box = {"position": {"minX": 0.1, "maxX": 0.5, "minY": 0.2, "maxY": 0.6}, "class_id": 1}
        mask = np.zeros((6, 8), np.uint8)
        mask[2:4] = 1
        with wbimage_ext.LocalRun(tmp_path, name="mine") as run:

            def image(**more: Any) -> wbimage_ext.Image:
                masks = {"truth": {"mask_data": mask, "class_labels": names}}
                boxes = {"found": {"box_data": [box], "class_labels": names}}
                return wbimage_ext.Image(GRAY, masks=masks, boxes=boxes, **more)

            run.log({"val/one": image(caption="one"), "deep": {"er": image(grouping=3)}})
            run.log({"list": [image(caption="a"), image()]})
            catalog = Seen(tmp_path)
        index = catalog.index
        assert index["run"]["name"] == "mine"
        assert [panel["key"] for panel in index["panels"]] == ["val/one", "deep.er", "list"]
        assert [panel["folder"] for panel in index["panels"]] == ["val", "deep", ""]
        assert index["steps"] == [0, 1]
        assert index["images"] == 4
        assert index["notes"] == []
        classes = [[0, "ground"], [1, "car"]]
        assert [layer["classes"] for layer in index["layers"]] == [classes, classes]
        for image_json in (*catalog.cells[0][0], *catalog.cells[0][1], *catalog.cells[1][2]):
            assert (tmp_path / image_json["u"]).is_file()
            ((_, labels, url, _),) = image_json["m"]
            assert index["labels"][labels] == {"0": "ground", "1": "car"}
            assert (tmp_path / url).is_file()
            ((_, _, boxes_json),) = image_json["b"]
            assert boxes_json == [[0.1, 0.2, 0.5, 0.6, 1]]

    def test_labels_of_floats_name_classes(self, tmp_path: Path) -> None:
        """JSON's text of a class is "1.0" then, as of labels from pandas."""
        names = {0.0: "ground", np.float32(1): "car", 1.5: "between"}
        mask = {"mask_data": np.eye(4), "class_labels": names}
        with wbimage_ext.LocalRun(tmp_path) as run:
            run.log({"k": wbimage_ext.Image(GRAY, masks={"m": mask})})
        index = Seen(tmp_path).index
        assert [layer["classes"] for layer in index["layers"]] == [[[0, "ground"], [1, "car"]]]

    def test_a_run_without_rows_has_a_page(self, tmp_path: Path) -> None:
        (tmp_path / "run.json").write_text('{"name": "just begun"}')
        card = embedded(write_page(tmp_path), "page")["list"]["cards"][0]
        assert card["name"] == "just begun"
        assert card["steps"] == 0

    def test_lists_masks_boxes_grouping(self, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        images = [run.image(GRAY, f"media/images/list_0_{n}.png") for n in range(3)]
        mask = run.mask(GRAY, "media/images/mask/list_0_m.mask.png")
        run.label_mask("list", "layer", {"90": "gray"})
        row = separated(
            images, captions=["a", None, "c"], all_masks=[None, {"layer": mask}, None], grouping=2
        )
        run.log(0, list=row, single=run.image(GRAY, "media/images/s_0.png", grouping=7))
        catalog = Seen(run.write())
        assert catalog.index["panels"][0]["columns"] == 2
        assert catalog.index["panels"][1]["grouping"] == 7
        cells = catalog.cells[0][0]
        assert [cell.get("c") for cell in cells] == ["a", None, "c"]
        assert ["m" in cell for cell in cells] == [False, True, False]
        assert catalog.index["labels"][cells[1]["m"][0][1]] == {"90": "gray"}

    def test_what_samples_stand_for(self, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        scales: list[Any] = [
            {"lo": -1e-9, "hi": 2.5e-9},
            {"lo": 0, "hi": 1, "nan_index": 255},
            None,
            {"lo": 1, "hi": 1},
            {"lo": 0, "hi": 1e301},
            {"lo": True, "hi": 3},
            {"lo": float("nan"), "hi": 3},
            {"hi": 3},
            [0, 1],
            {"lo": 0, "hi": 1, "nan_index": "255"},
        ]
        images = [run.image(GRAY, f"media/images/p_{n}.png") for n in range(len(scales))]
        run.log(0, list=separated(images, scales=scales))
        run.log(1, list=run.image(GRAY, "media/images/one.png", scale=scales[0]))
        cells = Seen(run.write()).cells
        known = [[-1e-9, 2.5e-9], [0, 1, 255]]
        assert [cell.get("s") for cell in cells[0][0]] == [*known, *[None] * 7, [0, 1]]
        assert cells[1][0][0]["s"] == known[0]

    def test_equal_masks_are_stored_once(self, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        for step in range(3):
            mask = run.mask(GRAY, f"media/images/mask/p_{step}.mask.png")
            run.log(step, p=run.image(GRAY, f"media/images/p_{step}.png", masks={"t": mask}))
        page = write_page(run.write())
        assert len(embedded(page, "masks-0")) == 1

    def test_masks_beyond_the_limit_are_left_out_oldest_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = RunFolder(tmp_path)
        for step in range(3):
            mask = run.mask(GRAY + step, f"media/images/mask/p_{step}.mask.png")
            run.log(step, p=run.image(GRAY, f"media/images/p_{step}.png", masks={"t": mask}))
        monkeypatch.setattr(page_module, "ALL_MASKS_MOST_BYTES", 2 * mask["size"] + 8)
        places = embedded(write_page(run.write()), "run-ID")["maskPlaces"]
        assert [place is None for place in places] == [True, False, False]

    @pytest.mark.parametrize(
        "position",
        [
            {"minX": 0.1, "maxX": 0.5, "minY": 0.2, "maxY": 0.6},
            {"middle": [0.3, 0.4], "width": 0.4, "height": 0.4},
        ],
    )
    @pytest.mark.parametrize("domain", [None, "pixel", "percentage"])
    def test_positions(self, tmp_path: Path, position: dict[str, Any], domain: str | None) -> None:
        run = RunFolder(tmp_path)
        box = {"position": position, "class_id": 3, **({"domain": domain} if domain else {})}
        boxes = run.boxes([box], {}, "media/metadata/boxes2D/p.boxes2D.json")
        run.log(0, p=run.image(GRAY, "media/images/p.png", boxes={"layer": boxes}))
        catalog = Seen(run.write())
        ((described,),) = (layer[2] for layer in catalog.cells[0][0][0]["b"])
        assert described[:5] == [0.1, 0.2, 0.5, 0.6, 3]
        assert (len(described) == 8) == (domain == "pixel")
        assert catalog.index["layers"][0]["classes"] == [[3, "class 3"]]

    def test_boxes_that_cannot_be_used_are_counted(self, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        good = {"position": {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1}, "scores": {"s": 2}}
        bad = [7, {}, {"position": {"minX": "a"}}, {"position": {"middle": [1], "width": 2}}]
        infinite = {**good["position"], "maxX": float("inf")}
        nan = {**good, "scores": {"s": float("nan")}}
        content = [*bad, {"position": infinite}, good, nan]
        boxes = run.boxes(content, {}, "media/metadata/b.json")
        run.log(0, p=run.image(GRAY, "media/images/p.png", boxes={"b": boxes, "gone": {}}))
        catalog = Seen(run.write())
        assert [len(layer[2]) for layer in catalog.cells[0][0][0]["b"]] == [2]
        assert catalog.index["scores"] == {"s": [2, 2]}
        assert catalog.index["notes"] == [
            "1 \u00d7 box file unreadable skipped",
            "5 \u00d7 box without a usable position skipped",
        ]

    @pytest.mark.parametrize(
        "path",
        [
            "/etc/passwd",
            "../x.png",
            "media/../../x.png",
            "media//x.png",
            "",
            None,
            7,
            "a\0b",
            "./x",
        ],
    )
    def test_paths_that_leave_the_run_are_refused(self, tmp_path: Path, path: Any) -> None:
        run = one_image_run(tmp_path)
        bad = {"_type": "image-file", "path": path, "width": 1, "height": 1}
        boxes = {"_type": "boxes2D", "path": path}
        more = run.image(GRAY, "media/images/p.png", boxes={"b": boxes}, masks={"m": bad})
        run.log(1, picture=bad, other=more)
        catalog = Seen(run.write())
        assert list(catalog.cells[1]) == [1]
        assert set(catalog.cells[1][1][0]) == {"u", "w", "h"}
        assert catalog.index["notes"] == [
            "1 \u00d7 box file unreadable skipped",
            "1 \u00d7 image without a usable file skipped",
            "1 \u00d7 mask without a usable file skipped",
        ]

    def test_paths_are_percent_encoded(self, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        name = "javascript:al?rt#1%41 \"'<\u00e4.png"
        run.log(0, p=run.image(GRAY, f"media/{name}"))
        (image,) = Seen(run.write()).cells[0][0]
        assert image["u"] == ("media/javascript%3Aal%3Frt%231%2541%20%22%27%3C%C3%A4.png")

    def test_rows_of_any_shape_are_survived(self, tmp_path: Path) -> None:
        run = one_image_run(tmp_path)
        deep: Any = {}
        for _ in range(200):
            deep = {"x": deep}
        picture = {"_type": "image-file", "path": "p.png"}
        odd = [
            {"_step": "7", "p": picture},
            {"_step": 1, "p": {**picture, "width": float("nan"), "height": -1, "caption": [1]}},
            {"_step": 2, "p": {**picture, "masks": 5, "boxes": [None]}, "q": [1, picture]},
            {"_step": 3, "p": separated([{**picture, "width": 1, "height": 1}], captions="no")},
            {"_step": 4.0, "p": {"_type": "images/separated", "filenames": 3}, "deep": deep},
            {"_step": 10**400, "p": picture},
            {"_step": True, "p": picture},
        ]
        run.rows += odd
        index = Seen(run.write()).index
        assert index["steps"] == [0, 1, 2, 3]
        assert index["notes"] == [
            "1 \u00d7 image without a usable file skipped",
            "3 \u00d7 row without a step skipped",
            "1 \u00d7 value nested too deep skipped",
        ]

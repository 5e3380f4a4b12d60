"""What the gallery reads, and what it writes, without a browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext.gallery import page as page_module
from wbimage_ext.gallery import write_gallery
from wbimage_ext.gallery.catalog import build_catalog
from wbimage_ext.gallery.runs import open_run

from .gallery_runs import BLOCK_BYTES, RunFolder, framed, history, message, separated

DATA = Path(__file__).with_name("data")
VERSIONS = ["0.16.3", "0.31.0"]
GRAY = np.full((6, 8), 90, np.uint8)


def embedded(page: Path, name: str) -> Any:
    """Return a block of the JSON that a page carries."""
    found = re.search(
        rf'<script type="application/json" id="{name}">(.*?)</script>', page.read_text(), re.S
    )
    assert found is not None
    return json.loads(found[1])


def one_image_run(root: Path, **more: Any) -> RunFolder:
    run = RunFolder(root)
    run.log(0, picture=run.image(GRAY, "media/images/picture_0_aa.png", **more))
    return run


def wandb_folder(root: Path, content: bytes) -> Path:
    folder = root / "offline-run-20260101_000000-abc"
    (folder / "files").mkdir(parents=True)
    (folder / "run-abc.wandb").write_bytes(content)
    return folder


def image_row(step: int, **more: Any) -> dict[str, Any]:
    path = f"media/images/p_{step}.png"
    return {
        "_step": step,
        "p": {"_type": "image-file", "path": path, "width": 2, "height": 2},
        **more,
    }


@pytest.mark.parametrize("version", VERSIONS)
class TestRunsOfWandb:
    def folder(self, version: str) -> Path:
        return next((DATA / f"wandb-{version}").glob("offline-run-*"))

    def test_everything_is_found(self, version: str) -> None:
        catalog = build_catalog(open_run(self.folder(version)))
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
        catalog = build_catalog(open_run(self.folder(version)))
        panels = [panel["key"] for panel in catalog.index["panels"]]
        first, second = catalog.cells[0][panels.index("list")]
        assert first["c"] == "one"
        assert "c" not in second
        assert "b" not in first
        assert "m" not in first
        assert len(second["m"]) == 1
        assert len(second["b"][0][2]) == 2

    def test_boxes_of_both_forms(self, version: str) -> None:
        catalog = build_catalog(open_run(self.folder(version)))
        panels = [panel["key"] for panel in catalog.index["panels"]]
        (scene,) = catalog.cells[10][panels.index("val/scene")]
        corners, middle = scene["b"][0][2]
        assert corners == [0.125, 0.25, 0.5, 0.75, 1, "a car", {"conf": 0.9}]
        assert middle == [2, 2, 6, 4, 2, None, None, 1]

    def test_masks_are_labelled_when_nested_too(self, version: str) -> None:
        catalog = build_catalog(open_run(self.folder(version)))
        used = {
            labels
            for cells in catalog.cells.values()
            for images in cells.values()
            for image in images
            for _, labels, _, _ in image.get("m", [])
        }
        names = {"0": "ground", "1": "car", "2": "road"}
        assert [catalog.index["labels"][number] for number in used] == [names]

    @pytest.mark.parametrize("given", ["", "files", "run-fixture1.wandb"])
    def test_the_page_stands_beside_the_media(
        self, version: str, given: str, tmp_path: Path
    ) -> None:
        folder = tmp_path / "run"
        folder.mkdir()
        for name in ("files", "run-fixture1.wandb"):
            source = self.folder(version) / name
            subprocess.run(["cp", "-r", source, folder], check=True)
        page = write_gallery(folder / given)
        assert page == folder / "files" / "index.html"
        assert embedded(page, "index")["base"] == ""


class TestRunFile:
    def test_records_may_span_blocks(self, tmp_path: Path) -> None:
        rows = [image_row(step, note="x" * (5000 * step)) for step in range(30)]
        content = framed([history(row) for row in rows])
        assert len(content) > 10 * BLOCK_BYTES
        catalog = build_catalog(open_run(wandb_folder(tmp_path, content)))
        assert catalog.index["steps"] == list(range(30))
        assert catalog.index["notes"] == []

    @pytest.mark.parametrize("room", range(9))
    def test_any_rest_of_a_block(self, tmp_path: Path, room: int) -> None:
        first = history({"_step": 0, "note": ""})
        fill = "x" * (BLOCK_BYTES - 7 - 7 - len(first) - room - 4)
        content = framed([history({"_step": 0, "note": fill}), history(image_row(1))])
        catalog = build_catalog(open_run(wandb_folder(tmp_path, content)))
        assert catalog.index["steps"] == [1]
        assert catalog.index["notes"] == []

    @pytest.mark.parametrize("nested", [False, True])
    def test_both_ways_of_writing_a_row(self, tmp_path: Path, nested: bool) -> None:
        row = {**image_row(4), "deep": {"er": image_row(4)["p"]}}
        content = framed([history(row, nested)])
        catalog = build_catalog(open_run(wandb_folder(tmp_path, content)))
        assert [panel["key"] for panel in catalog.index["panels"]] == ["p", "deep.er"]

    def test_a_step_may_stand_beside_the_items(self, tmp_path: Path) -> None:
        row = image_row(0)
        del row["_step"]
        items = history(row)[4:]  # without the number and the tag and length of the history
        record = message((2, items + message((2, message((1, 300))))))
        catalog = build_catalog(open_run(wandb_folder(tmp_path, framed([record]))))
        assert catalog.index["steps"] == [300]

    @pytest.mark.parametrize("cut", [1, 6, 7, 20, 60])
    def test_a_tail_still_being_written_is_counted(self, tmp_path: Path, cut: int) -> None:
        whole = framed([history(image_row(0))])
        content = framed([history(image_row(0)), history(image_row(1))])
        assert cut < len(content) - len(whole)
        folder = wandb_folder(tmp_path, content[: len(whole) + cut])
        index = build_catalog(open_run(folder)).index
        assert index["steps"] == [0]
        assert index["notes"] == ["1 \u00d7 unfinished record at the end skipped"]

    def test_a_tail_of_zeros_is_counted(self, tmp_path: Path) -> None:
        content = framed([history(image_row(0))]) + bytes(500)
        index = build_catalog(open_run(wandb_folder(tmp_path, content))).index
        assert index["steps"] == [0]
        assert index["notes"] == ["1 \u00d7 unfinished record at the end skipped"]

    def test_reading_goes_on_after_a_damaged_block(self, tmp_path: Path) -> None:
        rows = [history(image_row(step, note="x" * 9000)) for step in range(20)]
        content = bytearray(framed(rows))
        content[BLOCK_BYTES + 100] ^= 1
        index = build_catalog(open_run(wandb_folder(tmp_path, bytes(content)))).index
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
        index = build_catalog(open_run(wandb_folder(tmp_path, framed(records)))).index
        assert index["notes"] == ["1 \u00d7 unknown record skipped"]

    def test_a_record_that_is_no_message_is_counted(self, tmp_path: Path) -> None:
        content = framed([b"\xff" * 30, history(image_row(0))])
        index = build_catalog(open_run(wandb_folder(tmp_path, content))).index
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
            build_catalog(open_run(folder))

    def test_another_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"run-abc\.wandb is not a wandb run file"):
            write_gallery(wandb_folder(tmp_path, b"something else"))

    def test_nothing_is_written_to_the_run_file(self, tmp_path: Path) -> None:
        content = framed([history(image_row(0))])
        folder = wandb_folder(tmp_path, content)
        (folder / "run-abc.wandb").chmod(0o444)
        write_gallery(folder)
        assert (folder / "run-abc.wandb").read_bytes() == content


class TestLocalRun:
    def test_a_line_being_written_and_a_damaged_one_are_counted(self, tmp_path: Path) -> None:
        run = one_image_run(tmp_path)
        run.log(5, picture=run.image(GRAY, "media/images/picture_5_bb.png"))
        history_file = run.write() / "history.jsonl"
        first, second = history_file.read_text().splitlines()
        history_file.write_text(f"{first}\n{{broken\n{second}\n{first[:40]}")
        index = build_catalog(open_run(tmp_path)).index
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
            catalog = build_catalog(open_run(tmp_path))
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

    def test_a_run_without_rows_has_a_page(self, tmp_path: Path) -> None:
        (tmp_path / "run.json").write_text('{"name": "just begun"}')
        index = embedded(write_gallery(tmp_path), "index")
        assert index["run"]["name"] == "just begun"
        assert index["steps"] == []

    def test_lists_masks_boxes_grouping(self, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        images = [run.image(GRAY, f"media/images/list_0_{n}.png") for n in range(3)]
        mask = run.mask(GRAY, "media/images/mask/list_0_m.mask.png")
        run.label_mask("list", "layer", {"90": "gray"})
        row = separated(
            images, captions=["a", None, "c"], all_masks=[None, {"layer": mask}, None], grouping=2
        )
        run.log(0, list=row, single=run.image(GRAY, "media/images/s_0.png", grouping=7))
        catalog = build_catalog(open_run(run.write()))
        assert catalog.index["panels"][0]["columns"] == 2
        assert catalog.index["panels"][1]["grouping"] == 7
        cells = catalog.cells[0][0]
        assert [cell.get("c") for cell in cells] == ["a", None, "c"]
        assert ["m" in cell for cell in cells] == [False, True, False]
        assert catalog.index["labels"][cells[1]["m"][0][1]] == {"90": "gray"}

    def test_equal_masks_are_stored_once(self, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        for step in range(3):
            mask = run.mask(GRAY, f"media/images/mask/p_{step}.mask.png")
            run.log(step, p=run.image(GRAY, f"media/images/p_{step}.png", masks={"t": mask}))
        page = write_gallery(run.write())
        assert len(embedded(page, "masks-0")) == 1

    def test_masks_beyond_the_limit_are_left_out_oldest_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = RunFolder(tmp_path)
        for step in range(3):
            mask = run.mask(GRAY + step, f"media/images/mask/p_{step}.mask.png")
            run.log(step, p=run.image(GRAY, f"media/images/p_{step}.png", masks={"t": mask}))
        monkeypatch.setattr(page_module, "ALL_MASKS_MOST_BYTES", 2 * mask["size"] + 8)
        places = embedded(write_gallery(run.write()), "index")["maskPlaces"]
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
        catalog = build_catalog(open_run(run.write()))
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
        catalog = build_catalog(open_run(run.write()))
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
        catalog = build_catalog(open_run(run.write()))
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
        (image,) = build_catalog(open_run(run.write())).cells[0][0]
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
        index = build_catalog(open_run(run.write())).index
        assert index["steps"] == [0, 1, 2, 3]
        assert index["notes"] == [
            "1 \u00d7 image without a usable file skipped",
            "3 \u00d7 row without a step skipped",
            "1 \u00d7 value nested too deep skipped",
        ]


class TestWriting:
    def test_no_run(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("x")
        with pytest.raises(ValueError, match=r"is no run: it has neither history\.jsonl nor run-"):
            write_gallery(tmp_path)
        with pytest.raises(ValueError, match="is a file; give the run's directory"):
            write_gallery(tmp_path / "notes.txt")
        with pytest.raises(FileNotFoundError, match="no such run directory"):
            write_gallery(tmp_path / "gone")

    def test_no_run_says_where_one_is(self, tmp_path: Path) -> None:
        inner = wandb_folder(tmp_path / "wandb", framed([]))
        for folder in (tmp_path, tmp_path / "wandb"):
            with pytest.raises(ValueError, match="there is one in") as caught:
                write_gallery(folder)
            assert str(inner) in str(caught.value)

    def test_an_existing_page_is_replaced_whole_or_not_at_all(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = one_image_run(tmp_path).write()
        first = write_gallery(folder).read_bytes()
        assert write_gallery(folder).stat().st_size == len(first)
        (folder / "index.html").write_bytes(first)
        for error in (OSError(28, "No space left on device"), KeyboardInterrupt()):

            def fail(*_: object, error: BaseException = error) -> None:
                raise error

            with monkeypatch.context() as patch:
                patch.setattr(page_module, "_mask_blocks", fail)
                with pytest.raises(type(error)):
                    write_gallery(folder)
            assert (folder / "index.html").read_bytes() == first
            assert not [name for name in os.listdir(folder) if name.endswith(".tmp")]

    def test_a_read_only_run_says_what_would_help(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = one_image_run(tmp_path / "run").write()

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        catalog = build_catalog(open_run(folder))
        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", refuse)
            with pytest.raises(PermissionError, match=r"another folder can be given as output"):
                page_module.write_page(catalog, folder)

    def test_the_page_may_stand_elsewhere(self, tmp_path: Path) -> None:
        folder = one_image_run(tmp_path / "a b" / "run").write()
        page = write_gallery(folder, output=tmp_path / "pages" / "one")
        assert page == tmp_path / "pages" / "one" / "index.html"
        assert embedded(page, "index")["base"] == "../../a%20b/run/"
        assert not (folder / "index.html").exists()

    def test_hostile_text_cannot_leave_the_data(self, tmp_path: Path) -> None:
        evil = "</script><script>alert(1)</script><!-- \u2028 \ud800"
        run = one_image_run(tmp_path, caption=evil)
        run.name = evil
        text = write_gallery(run.write()).read_text(encoding="ascii")
        assert "alert(1)</" not in text
        assert embedded(tmp_path / "index.html", "cells-0")["0"]["0"][0]["c"] == evil

    def test_the_policy_allows_only_the_page_itself(self, tmp_path: Path) -> None:
        text = write_gallery(one_image_run(tmp_path).write()).read_text()
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
        assert policy is not None
        assert policy[1].startswith("default-src 'none'; img-src 'self' data:; style-src 'sha256-")
        assert "unsafe" not in policy[1]
        assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg", "", text).replace(
            "http-equiv", ""
        )
        assert not re.search(r'<(?:script|link)[^>]* (?:src|href)="(?!data:)', text)

    def test_reading_needs_the_standard_library_alone(self, tmp_path: Path) -> None:
        folder = one_image_run(tmp_path).write()
        source = Path(page_module.__file__).parent
        code = (
            "import sys, importlib.util as u\n"
            "for name in ('numpy', 'wandb', 'PIL', 'google'): sys.modules[name] = None\n"
            f"spec = u.spec_from_file_location('gallery', {str(source / '__init__.py')!r},"
            f" submodule_search_locations=[{str(source)!r}])\n"
            "gallery = u.module_from_spec(spec); sys.modules['gallery'] = gallery\n"
            "spec.loader.exec_module(gallery)\n"
            "assert not [m for m in sys.modules if m.startswith('gallery.')]\n"
            f"gallery.write_gallery({str(folder)!r})\n"
        )
        subprocess.run([sys.executable, "-I", "-c", code], check=True)


def test_sources_are_plain_ascii_with_short_lines() -> None:
    for source in sorted(page_module.SOURCES.iterdir()):
        text = source.read_text(encoding="ascii")
        assert "\t" not in text
        assert not [line for line in text.splitlines() if line != line.rstrip()]
        if source.suffix != ".css":
            assert max(map(len, text.splitlines())) <= 100, source.name

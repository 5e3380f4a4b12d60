"""Tables with pictures: shown from where wandb stages them, told where they are not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wbimage_ext.view import write_page

from ..with_wandb.support import run_python
from .made_runs import GRAY, RunFolder, Seen, embedded, framed, history, message, wandb_folder

TABLE_ROW = {"_type": "table-file", "path": "media/table/t.table.json", "ncols": 3, "nrows": 2}
CLASSES = {"wb_type": "const", "params": {"val": {"b": {"1": "car"}}, "is_set": False}}
MASK_CLASSES = {"wb_type": "const", "params": {"val": {"m": {"90": "gray"}}, "is_set": False}}
IMAGE_TYPE = {
    "wb_type": "image-file",
    "params": {"box_class_maps": CLASSES, "mask_class_maps": MASK_CLASSES},
}


def staged_table(
    root: Path, monkeypatch: pytest.MonkeyPatch, staging: Path | None = None, key: str = "t"
) -> Path:
    """Write a run file whose artifact has a table of two images, staged as wandb stages files."""
    monkeypatch.setenv("WANDB_DATA_DIR", str(root / "data"))
    place = staging or root / "data" / "artifacts" / "staging"
    made = RunFolder(place)
    made.png(GRAY, "tmp1.png")
    made.png(GRAY, "tmp2.png")
    box = {"position": {"minX": 0.1, "maxX": 0.5, "minY": 0.2, "maxY": 0.6}, "class_id": 1}
    image = {"_type": "image-file", "path": "media/images/a.png", "width": 8, "height": 6}
    mask = {"_type": "mask", "path": "media/images/mask/a.mask.png"}
    table = {
        "columns": ["id", "picture", "score"],
        "column_types": {
            "params": {
                "type_map": {
                    "picture": {"wb_type": "union", "params": {"allowed_types": [IMAGE_TYPE]}}
                }
            }
        },
        "data": [
            [7, {**image, "caption": "first", "boxes": {"b": [box]}, "masks": {"m": mask}}, 0.25],
            [8, {**image, "path": "media/images/gone.png"}, None],
            [9, None, "x"],
            [10, image, 1],
        ],
    }
    (place / "table.json").write_text(json.dumps(table))
    files = {
        "media/images/a.png": place / "tmp1.png",
        "media/images/mask/a.mask.png": place / "tmp2.png",
        f"{key}.table.json": place / "table.json",
    }
    contents = [
        (4, message((1, name.encode()), (6, str(file).encode()))) for name, file in files.items()
    ]
    artifact = message((4, b"run_table"), (12, message((1, 1), *contents)))
    rows = [message((1, 5), (8, artifact)), history({"_step": 3, key: TABLE_ROW, "loss": 1})]
    return wandb_folder(root, framed(rows))


def test_a_column_of_pictures_is_a_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Seen(staged_table(tmp_path, monkeypatch))
    assert [panel["key"] for panel in run.index["panels"]] == ["t.picture"]
    first, last = run.cells[3][0]
    assert first["c"] == "first \u00b7 id 7 \u00b7 score 0.25"
    assert last["c"] == "id 10 \u00b7 score 1"
    assert first["u"] == "staged/tmp1.png"
    assert run.index["layers"] == [
        {"kind": "mask", "name": "m", "classes": [[90, "gray"]]},
        {"kind": "box", "name": "b", "classes": [[1, "car"]]},
    ]
    assert first["b"][0][2] == [[0.1, 0.2, 0.5, 0.6, 1]]


def test_a_page_on_disk_carries_the_staged_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = write_page(staged_table(tmp_path, monkeypatch))
    carried = embedded(page, "run-ID")["carried"]
    assert set(carried) == {"staged/tmp1.png", "staged/tmp2.png"}
    assert all(uri.startswith("data:image/png;base64,iVBOR") for uri in carried.values())


@pytest.mark.parametrize("what", ["all", "pictures"])
def test_where_staging_was_cleared_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    folder = staged_table(tmp_path, monkeypatch)
    for file in (tmp_path / "data/artifacts/staging").iterdir():
        if what == "all" or file.suffix == ".png":
            file.unlink()
    run = Seen(folder)
    if what == "all":
        assert run.index["panels"] == []
        (note,) = run.index["notes"]
        assert "artifact staging folder until they are uploaded" in note
    else:
        assert [panel["key"] for panel in run.index["panels"]] == ["t.picture"]
        assert embedded(write_page(folder), "run-ID")["carried"] == {}


def test_a_run_file_cannot_name_files_outside_staging(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    run = Seen(staged_table(tmp_path, monkeypatch, staging=elsewhere))
    assert run.index["panels"] == []
    assert len(run.index["notes"]) == 1
    page = write_page(tmp_path)
    assert embedded(page, "run-ID")["carried"] == {}


@pytest.mark.parametrize(
    "table",
    [
        b"[]",
        b"{}",
        b"not JSON",
        b'{"columns": ["a"], "data": [[{"_type": "image-file", "path": 7}]]}',
        b'{"columns": ["a", "a"], "data": [[1], [], 7, [{"_type": "image-file"}]]}',
        b'{"columns": {}, "data": [[{"_type": "image-file", "path": "x"}]]}',
    ],
)
def test_tables_of_any_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: bytes) -> None:
    folder = staged_table(tmp_path, monkeypatch)
    (tmp_path / "data/artifacts/staging/table.json").write_bytes(table)
    assert Seen(folder).index["panels"] == []


PROGRAM = """
import numpy as np, sys, wandb
run = wandb.init(mode="offline", project="x", dir=sys.argv[1])
table = wandb.Table(columns=["id", "picture"])
for n in range(3):
    mask = {"mask_data": np.eye(8, 10, dtype=np.uint8), "class_labels": {0: "no", 1: "yes"}}
    pixels = np.full((8, 10, 3), n * 40, np.uint8)
    table.add_data(n, wandb.Image(pixels, caption=f"c{n}", masks={"m": mask}))
run.log({"table": table})
run.finish()
"""


def test_a_table_that_wandb_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "data"))
    run_python(tmp_path / "data", "-c", PROGRAM, str(tmp_path))
    (folder,) = (tmp_path / "wandb").glob("offline-run-*")
    run = Seen(folder)
    ((images,),) = (cells.values() for cells in run.cells.values())
    assert [image["c"] for image in images] == [f"c{n} \u00b7 id {n}" for n in range(3)]
    kinds = [(layer["kind"], layer["name"]) for layer in run.index["layers"]]
    assert kinds == [("mask", "m")]
    carried: dict[str, Any] = embedded(write_page(folder), "run-ID")["carried"]
    assert len(carried) == 4  # three pictures and their common mask

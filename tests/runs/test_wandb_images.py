"""Images of wandb's own class in a LocalRun, alone and in a list with ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext import LocalRun

from ..scenario import check_run

wandb = pytest.importorskip("wandb")

MASKS = {"m": {"mask_data": np.eye(20, dtype=np.uint8), "class_labels": {0: "road", 1: "car"}}}
BOXES = {
    "b": {
        "box_data": [{"position": {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1}, "class_id": 1}],
        "class_labels": {1: "car"},
    }
}


def theirs(value: int = 0, **layers: Any) -> Any:
    return wandb.Image(np.full((20, 20, 3), value, np.uint8), caption=f"theirs {value}", **layers)


def ours(value: int = 0, **layers: Any) -> Any:
    picture = np.full((20, 20, 3), value, np.uint8)
    return wbimage_ext.Image(picture, caption=f"ours {value}", **layers)


def test_alone_and_in_lists(tmp_path: Path) -> None:
    with LocalRun(tmp_path) as run:
        run.log({
            "one": theirs(1, masks=MASKS, boxes=BOXES),
            "deep": {"er": theirs(2)},
            "all theirs": [theirs(3), theirs(4)],
            "mixed": [ours(5), theirs(6, masks=MASKS), ours(7)],
            "mixed, theirs first": [theirs(8), ours(9, boxes=BOXES)],
        })  # fmt: skip
    (row,) = check_run(tmp_path)
    assert row["one"]["caption"] == "theirs 1"
    assert row["one"]["masks"]["m"]["path"].startswith("media/images/mask/one_0_")
    assert json.loads((tmp_path / row["one"]["boxes"]["b"]["path"]).read_text())["box_data"]
    assert row["deep"]["er"]["caption"] == "theirs 2"
    assert row["all theirs"]["captions"] == ["theirs 3", "theirs 4"]
    assert row["mixed"]["captions"] == ["ours 5", "theirs 6", "ours 7"]
    assert [masks is None for masks in row["mixed"]["all_masks"]] == [True, False, True]
    assert [boxes is None for boxes in row["mixed, theirs first"]["all_boxes"]] == [True, False]
    labels = json.loads((tmp_path / "config.json").read_text())["_wandb"]
    assert labels["mask/class_labels"]["one_wandb_delimeter_m"]["value"] == {
        "0": "road",
        "1": "car",
    }


def test_with_install(tmp_path: Path) -> None:
    wbimage_ext.install()
    try:
        with LocalRun(tmp_path) as run:
            image = theirs(1, masks=MASKS)
            run.log({"one": image, "mixed": [image, ours(2)]})
            run.log({"again": image})
    finally:
        wbimage_ext.uninstall()
    assert len(check_run(tmp_path)) == 2


def test_other_media_of_wandb_are_refused(tmp_path: Path) -> None:
    with LocalRun(tmp_path) as run:
        with pytest.raises(TypeError, match=r"'t' is a wandb.Table: .* takes images only"):
            run.log({"t": wandb.Table(columns=["a"], data=[[1]])})
        run.log({"a": 1})
    assert len(check_run(tmp_path)) == 1

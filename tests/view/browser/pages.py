"""Runs whose pages the browser's tests look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from wbimage_ext.view import write_page

from ..made_runs import RunFolder

BLACK = np.zeros((16, 16, 3), np.uint8)
EVERY_CLASS = np.arange(256, dtype=np.uint8).reshape(16, 16)
NAMES = {str(number): f"name {number}" for number in range(256)}


def class_run(root: Path, layers: int = 1) -> Path:
    run = RunFolder(root)
    masks = {}
    for number in range(layers):
        name = f"layer {number}"
        masks[name] = run.mask(EVERY_CLASS, f"media/images/mask/p_{number}.mask.png")
        run.label_mask("p", name, NAMES)
    run.log(0, p=run.image(BLACK, "media/images/p_0.png", masks=masks))
    folder = run.write()
    write_page(folder)
    return folder


def stepped_run(root: Path) -> Path:
    """Log ``often`` at steps 0, 10, ... 90 and ``seldom`` at 20 and 60, in colours by step."""
    run = RunFolder(root)
    for step in range(0, 100, 10):
        pixels = np.full((20, 30, 3), step, np.uint8)
        row = {"often": run.image(pixels, f"media/images/o_{step}.png", caption=f"at {step}")}
        if step in (20, 60):
            row["seldom"] = run.image(pixels, f"media/images/s_{step}.png", caption=f"at {step}")
        run.log(step, **row)
    folder = run.write()
    write_page(folder)
    return folder


def box_run(root: Path) -> Path:
    run = RunFolder(root)
    names = {"1": "car", "2": "bus"}

    def box(x: float, class_id: int, **more: Any) -> dict[str, Any]:
        position = {"minX": x, "maxX": x + 0.2, "minY": 0.25, "maxY": 0.75}
        return {"position": position, "class_id": class_id, **more}

    truth = run.boxes([box(0.05, 1), box(0.3, 2)], names, "media/t.json")
    pixel = {"middle": [160, 50], "width": 40, "height": 50}
    found = run.boxes(
        [
            box(0.55, 1, scores={"conf": 0.9, "iou": 0.2}),
            {"position": pixel, "domain": "pixel", "class_id": 2, "scores": {"conf": 0.4}},
        ],
        names,
        "media/f.json",
    )
    boxes = {"truth": truth, "found": found}
    picture = np.zeros((100, 200, 3), np.uint8)
    run.log(0, p=run.image(picture, "media/images/p.png", boxes=boxes))
    folder = run.write()
    write_page(folder)
    return folder

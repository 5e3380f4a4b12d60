"""What notebooks show: an image with boxes and masks without a script, and the page of a run."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from wbimage_ext.view.notebook import COLOURS, image_html, run_html

from .conftest import Visit
from .pages import stepped_run

EVIL = "\"><img src=x onerror='window.pwned = 1'><b>"


def encoded(pixels: np.ndarray, kind: str = "png", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()


def opened_html(visit: Any, folder: Path, html: str) -> Visit:
    """Open HTML as a notebook puts it into its page: without running any script of it."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    body = f'<body style="margin:20px">{html}</body>'
    (folder / "index.html").write_text(f"<!DOCTYPE html><html><head>{head}</head>{body}</html>")
    return visit(folder)


def colour(class_id: int) -> list[int]:
    return list(bytes.fromhex(COLOURS[class_id % len(COLOURS)][1:]))


def test_a_mask_has_its_classes_colours(visit: Any, tmp_path: Path) -> None:
    classes = np.arange(64, dtype=np.uint8).reshape(8, 8)
    mask = {"content": encoded(classes), "class_labels": {1: "one", 2: EVIL}}
    html = image_html(encoded(np.zeros((8, 8, 3), np.uint8)), (8, 8), masks={"m": mask})
    opened = opened_html(visit, tmp_path, html)
    shown = opened.pixel_centres("figure svg", 8, 8)
    expected = np.array([colour(value) for value in range(64)]).reshape(8, 8, 3) / 2
    expected[0, 0] = 0
    assert np.abs(shown - expected).max() <= 1.5
    assert "one" in opened.text("figcaption")[0]
    assert EVIL in opened.text("figcaption")[0]
    assert opened.complaints == []


@pytest.mark.parametrize("domain", ["pixel", None])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_boxes_lie_where_they_belong_on_turned_pictures_too(
    visit: Any, tmp_path: Path, orientation: int, domain: str | None
) -> None:
    pixels = np.zeros((80, 120, 3), np.uint8)
    pixels[0:40, 30:90] = 255
    exif = Image.Exif()
    exif[0x112] = orientation
    across, down = (1, 1) if domain else (120, 80)
    corners = {"minX": 30 / across, "maxX": 90 / across, "minY": 0, "maxY": 40 / down}
    box = {"position": corners, "class_id": 1, **({"domain": domain} if domain else {})}
    html = image_html(
        encoded(pixels, "jpeg", exif=exif, quality=95),
        (120, 80),
        caption=EVIL,
        boxes={"b": {"box_data": [box], "class_labels": {1: "white"}}},
    )
    opened = opened_html(visit, tmp_path, html)
    box_area = opened.page.locator("rect").nth(1).bounding_box()
    screen = opened.pixels().mean(-1)
    area = opened.page.locator("figure svg").bounding_box()
    inside = np.zeros(screen.shape, bool)
    left, top = int(box_area["x"]), int(box_area["y"])
    inside[top : top + round(box_area["height"]), left : left + round(box_area["width"])] = True
    x, y = int(area["x"]) + 4, int(area["y"]) + 4
    window = slice(y, y + int(area["height"]) - 8), slice(x, x + int(area["width"]) - 8)
    differing = (screen[window] > 128) != inside[window]
    assert differing.mean() < 0.04  # the lines of the box, and JPEG's edge
    assert inside[window].mean() > 0.15
    assert opened.text("figcaption")[0].startswith(EVIL)
    assert opened.page.evaluate("window.pwned") is None


def test_a_page_of_a_run_carries_its_pictures(visit: Any, tmp_path: Path) -> None:
    run = tmp_path / "run"
    stepped_run(run)
    html = run_html(run)
    (tmp_path / "index.html").write_text(f"<!DOCTYPE html><html><body>{html}</body></html>")
    for file in run.rglob("*.png"):
        file.unlink()
    opened = visit(tmp_path)
    frame = opened.page.frame_locator("iframe")
    frame.locator(".tile .base").first.wait_for()
    sizes = frame.locator(".tile .base").evaluate_all("(all) => all.map((i) => i.naturalWidth)")
    assert sizes == [30, 30]
    frame.locator("#step-back").click()
    frame.locator("figcaption", has_text="at 80").wait_for()

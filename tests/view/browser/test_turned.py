"""Photographs that the browser turns by their Exif tag: boxes and masks lie where they belong."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from wbimage_ext.view import write_page

from ..made_runs import RunFolder
from .conftest import Visit

HEIGHT, WIDTH, CELL = 6, 10, 16  # in cells, and pixels for one, so that JPEG keeps them apart
# A patch that lies in one corner and is longer than high: every orientation puts it elsewhere.
PATCH = slice(0, 2), slice(1, 5)
BOX = {"minX": 1 / WIDTH, "maxX": 5 / WIDTH, "minY": 0, "maxY": 2 / HEIGHT}


def turned_run(root: Path, orientation: int, kind: str) -> Path:
    """Log a black picture with a white patch, a mask of the patch, and a box around it twice."""
    run = RunFolder(root)
    classes = np.zeros((HEIGHT, WIDTH), np.uint8)
    classes[PATCH] = 1
    classes = classes.repeat(CELL, 0).repeat(CELL, 1)
    exif = Image.Exif()
    exif[0x112] = orientation
    encoded = io.BytesIO()
    pixels = np.repeat(classes[..., None] * 255, 3, 2)
    Image.fromarray(pixels).save(encoded, kind, quality=95, exif=exif)
    path = f"media/images/p.{kind}"
    image = run.image(pixels, "media/images/unused.png")
    (root / path).write_bytes(encoded.getvalue())
    in_pixels = {
        "minX": BOX["minX"] * WIDTH * CELL,
        "maxX": BOX["maxX"] * WIDTH * CELL,
        "minY": BOX["minY"] * HEIGHT * CELL,
        "maxY": BOX["maxY"] * HEIGHT * CELL,
    }
    boxes = [
        {"position": BOX, "class_id": 2},
        {"position": in_pixels, "class_id": 2, "domain": "pixel"},
    ]
    run.label_mask("p", "m", {"0": "ground", "1": "patch"})
    masks = {"m": run.mask(classes, "media/images/mask/p.mask.png")}
    layers = {"b": run.boxes(boxes, {"2": "around"}, "media/b.json")}
    run.log(0, p={**image, "path": path, "masks": masks, "boxes": layers})
    folder = run.write()
    write_page(folder)
    return folder


def check_overlays(opened: Visit, picture: str, orientation: int) -> None:
    """Compare where the mask and the boxes lie with where the browser shows the patch."""
    page = opened.page
    size = (HEIGHT, WIDTH) if orientation >= 5 else (WIDTH, HEIGHT)
    page.keyboard.press("b")
    page.keyboard.press("m")
    is_patch = opened.pixel_centres(picture, *size).mean(-1) > 128
    assert is_patch.sum() == 8
    page.keyboard.press("m")
    opened.set_range(".control .slider input >> nth=0", 1)
    colours = opened.pixel_centres(picture, *size)
    red, green, blue = page.evaluate("Overlays.cssColour(1).match(/\\d+/g).map(Number)")
    np.testing.assert_array_equal((colours == [red, green, blue]).all(-1), is_patch)
    page.keyboard.press("b")
    rows, columns = np.nonzero(is_patch)
    left, right = columns.min() / size[0], (columns.max() + 1) / size[0]
    top, bottom = rows.min() / size[1], (rows.max() + 1) / size[1]
    boxes = page.locator(picture).locator("xpath=..").locator(".halo").get_attribute("d")
    for box in boxes.split("M")[1:]:
        numbers = [float(number) for number in box.replace("H", " ").replace("V", " ")[:-2].split()]
        assert numbers[:4] == pytest.approx([left, top, right, bottom], abs=1e-5)


@pytest.mark.parametrize("kind", ["jpeg", "png"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_overlays_of_a_turned_picture(
    visit: Any, tmp_path: Path, orientation: int, kind: str
) -> None:
    opened = visit(turned_run(tmp_path, orientation, kind))
    page = opened.page
    check_overlays(opened, ".tile .base", orientation)
    page.locator("button.open").click()
    check_overlays(opened, ".pane .base", orientation)
    page.keyboard.press("0")
    for _ in range(2):
        page.keyboard.press("-")
    check_overlays(opened, ".pane .base", orientation)


def test_the_pointer_names_the_stored_pixel(visit: Any, tmp_path: Path) -> None:
    opened = visit(turned_run(tmp_path, 6, "jpeg"))
    opened.page.locator("button.open").click()
    area = opened.page.locator(".pane .base").bounding_box()
    # Turned right by a quarter, the stored point (2.5, 1.5) lies at (6 - 1.5, 2.5).
    opened.page.mouse.move(
        area["x"] + area["width"] * 4.5 / HEIGHT, area["y"] + area["height"] * 2.5 / WIDTH
    )
    opened.page.locator("#readout", has_text="patch (1)").wait_for()
    where = opened.text("#readout .where")[0].split()
    assert int(where[1]) == pytest.approx(2.5 * CELL, abs=1)
    assert int(where[3]) == pytest.approx(1.5 * CELL, abs=1)

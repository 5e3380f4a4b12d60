"""What a notebook shows, in a real browser: overlays in place, and a run's page in its frame."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from wbimage_ext import Image, LocalRun
from wbimage_ext.view.notebook import COLOURS


def photograph(folder: Path, orientation: int) -> Path:
    """A dark picture of 80 x 40 with a bright quarter at its stored top left."""
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:20, :40] = 200
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    PillowImage.fromarray(pixels).save(folder / "a.jpg", exif=exif, quality=100)
    return folder / "a.jpg"


# Every picture of the page can be drawn.
DECODED = "() => Promise.all([...document.querySelectorAll('image')].map((each) => each.decode()))"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_layers_lie_on_a_turned_picture(browser: Any, tmp_path: Path, orientation: int) -> None:
    mask = np.zeros((40, 80), np.uint8)
    mask[:20, :40] = 1
    image = Image(
        photograph(tmp_path, orientation),
        masks={"m": {"mask_data": mask, "class_labels": {1: "bright"}}},
    )
    page = browser.new_page()
    page.set_content(image._repr_mimebundle_()["text/html"])
    page.evaluate(DECODED)
    picture = page.locator("svg").screenshot()
    page.close()
    pixels = np.asarray(PillowImage.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    # Away from the edges each pixel is dark, or it is bright and has the mask's colour.
    expected = 0.5 * 200 + 0.5 * np.array(list(bytes.fromhex(COLOURS[1][1:])))
    is_masked = np.abs(pixels - expected).max(-1) < 12
    is_dark = pixels.max(-1) < 12
    assert 0.22 < is_masked.mean() < 0.28
    assert 0.70 < is_dark.mean() < 0.78


def test_a_runs_page_works_in_its_frame(browser: Any, tmp_path: Path) -> None:
    with LocalRun(tmp_path) as run:
        for step in range(3):
            run.log({"k": Image(np.eye(20), caption=f"picture {step}"), "loss": step})
        shown = run._repr_mimebundle_()["text/html"]
    page = browser.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_content(shown)
    frame = page.frame_locator("iframe")
    frame.get_by_text("picture 2").first.wait_for()
    frame.locator("input[type=range]").first.press("ArrowLeft")
    frame.get_by_text("picture 1").first.wait_for()
    page.close()
    assert complaints == []

"""Masks in the page: exact colours at every size, opacity, layers, classes, the pointer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import wbimage_ext
from wbimage_ext.view import write_page

from ..made_runs import RunFolder
from .conftest import Visit
from .pages import BLACK, EVERY_CLASS, NAMES, class_run


class TestMasks:
    def colours(self, opened: Visit) -> np.ndarray:
        css = opened.page.evaluate(
            "[...Array(256).keys()].map((id) => Overlays.cssColour(id).match(/\\d+/g).map(Number))"
        )
        colours = np.asarray(css).reshape(16, 16, 3)
        assert len(np.unique(colours.reshape(-1, 3), axis=0)) == 256
        return colours

    def test_every_class_has_its_exact_colour_in_the_grid(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(class_run(tmp_path))
        opened.set_range(".control .slider input >> nth=0", 1)
        shown = opened.pixel_centres(".tile .base", 16, 16)
        np.testing.assert_array_equal(shown, self.colours(opened))

    def test_masks_that_this_package_wrote(self, visit: Any, tmp_path: Path) -> None:
        names = {number: f"name {number}" for number in range(256)}
        with wbimage_ext.LocalRun(tmp_path) as run:
            masks = {"layer": {"mask_data": EVERY_CLASS, "class_labels": names}}
            run.log({"p": wbimage_ext.Image(BLACK, masks=masks)})
        write_page(tmp_path)
        opened = visit(tmp_path)
        opened.set_range(".control .slider input >> nth=0", 1)
        shown = opened.pixel_centres(".tile .base", 16, 16)
        np.testing.assert_array_equal(shown, self.colours(opened))
        area = opened.page.locator(".tile .base").bounding_box()
        opened.page.mouse.move(area["x"] + area["width"] * 0.53, area["y"] + area["height"] * 0.53)
        opened.page.locator("#readout", has_text="name 136 (136)").wait_for()

    @pytest.mark.parametrize("zoom", [1, 1.37, 0.61])
    @pytest.mark.parametrize("ratio", [1, 1.5])
    def test_every_class_has_its_exact_colour_in_the_viewer(
        self, visit: Any, tmp_path: Path, zoom: float, ratio: float
    ) -> None:
        options = {"device_scale_factor": ratio, "viewport": {"width": 1200, "height": 900}}
        opened = visit(class_run(tmp_path), **options)
        opened.set_range(".control .slider input >> nth=0", 1)
        opened.page.locator("button.open").click()
        for _ in range(abs(round((zoom - 1) * 10))):
            opened.page.keyboard.press("-")
        opened.settled()
        area = opened.page.locator(".pane .base").bounding_box()
        screen = opened.pixels()
        centres = (np.arange(16) + 0.5) / 16
        x = ((area["x"] + centres * area["width"]) * ratio).astype(int)
        y = ((area["y"] + centres * area["height"]) * ratio).astype(int)
        np.testing.assert_array_equal(screen[y[:, None], x[None]], self.colours(opened))

    def test_zoomed_far_in_classes_stay_exact(self, visit: Any, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        mask = np.random.default_rng(3).integers(0, 256, (700, 900), dtype=np.uint8)
        masks = {"m": run.mask(mask, "media/images/mask/p.mask.png")}
        run.label_mask("p", "m", NAMES)
        picture = np.zeros((700, 900), np.uint8)
        run.log(0, p=run.image(picture, "media/images/p.png", masks=masks))
        write_page(run.write())
        opened = visit(tmp_path)
        opened.set_range(".control .slider input >> nth=0", 1)
        opened.page.locator("button.open").click()
        pane = opened.page.locator(".pane .shot").bounding_box()
        opened.page.mouse.move(pane["x"] + 200, pane["y"] + 150)
        for _ in range(14):
            opened.page.mouse.wheel(0, -200)
        opened.page.mouse.move(5, 5)  # the card beside the pointer has a shadow
        opened.settled()
        area = opened.page.locator(".pane .base").bounding_box()
        scale = area["width"] / 900
        assert scale > 30
        screen = opened.pixels()
        colours = self.colours(opened).reshape(256, 3)
        checked = 0
        for at_y in range(int(pane["y"]) + 5, int(pane["y"] + pane["height"]) - 5, 13):
            for at_x in range(int(pane["x"]) + 5, int(pane["x"] + pane["width"]) - 5, 13):
                column, row = (at_x + 0.5 - area["x"]) / scale, (at_y + 0.5 - area["y"]) / scale
                if min(column % 1, row % 1) < 0.06 or max(column % 1, row % 1) > 0.94:
                    continue  # on an edge the pixel belongs to either side
                value = mask[int(row), int(column)]
                np.testing.assert_array_equal(screen[at_y, at_x], colours[value])
                checked += 1
        assert checked > 1000

    def test_opacity_mixes_with_the_picture(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(class_run(tmp_path))
        opened.set_range(".control .slider input >> nth=0", 0.5)
        shown = opened.pixel_centres(".tile .base", 16, 16)
        assert np.abs(shown - self.colours(opened) / 2).max() <= 1.5

    def test_toggles_of_layers_and_classes(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(class_run(tmp_path))
        page = opened.page
        opened.set_range(".control .slider input >> nth=0", 1)
        colours = self.colours(opened)
        page.get_by_label("name 17", exact=True).uncheck()
        page.get_by_label("name 255", exact=True).uncheck()
        expected = colours.copy()
        expected.reshape(-1, 3)[[17, 255]] = 0
        shown = opened.pixel_centres(".tile .base", 16, 16)
        np.testing.assert_array_equal(shown, expected)
        page.get_by_role("button", name="No classes").click()
        assert not opened.pixel_centres(".tile .base", 16, 16).any()
        page.get_by_role("button", name="Only name 3", exact=True).click(force=True)
        expected[:] = 0
        expected[0, 3] = colours[0, 3]
        shown = opened.pixel_centres(".tile .base", 16, 16)
        np.testing.assert_array_equal(shown, expected)
        page.get_by_role("button", name="All classes").click()
        page.get_by_label("layer 0", exact=True).uncheck()
        assert not opened.pixel_centres(".tile .base", 16, 16).any()

    def test_a_class_may_be_off_in_one_layer_alone(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(class_run(tmp_path, layers=2))
        page = opened.page
        page.locator(".layer summary").nth(1).click()
        page.locator(".layer").nth(1).get_by_label("name 5", exact=True).uncheck()
        everywhere = page.locator(".class-row").nth(5).get_by_role("checkbox")
        assert everywhere.evaluate("(box) => box.indeterminate")
        tables = opened.page.locator("#filters feFuncA").evaluate_all(
            "(all) => all.map((table) => table.getAttribute('tableValues').split(' ')[5])"
        )
        assert sorted(tables) == ["0", "1"]

    def test_layers_differ_by_more_than_colour(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(class_run(tmp_path, layers=2))
        looks = opened.page.locator(".mask").evaluate_all(
            "(all) => all.map((mask) => getComputedStyle(mask).maskImage)"
        )
        assert looks[0] == "none"
        assert "repeating-linear-gradient" in looks[1]

    @pytest.mark.parametrize("mode", ["L", "P", "RGB"])
    def test_the_class_under_the_pointer_is_named(
        self, visit: Any, tmp_path: Path, mode: str
    ) -> None:
        folder = class_run(tmp_path)
        picture = Image.fromarray(EVERY_CLASS)
        if mode == "P":
            picture.putpalette([value for value in range(256) for _ in range(3)])
        elif mode == "RGB":
            picture = picture.convert("RGB")
        picture.save(folder / "media/images/mask/p_0.mask.png")
        write_page(folder)
        opened = visit(folder)
        area = opened.page.locator(".tile .base").bounding_box()
        for row, column in ((0, 1), (7, 7), (11, 2), (15, 15)):
            opened.page.mouse.move(
                area["x"] + (column + 0.5) * area["width"] / 16,
                area["y"] + (row + 0.5) * area["height"] / 16,
            )
            number = row * 16 + column
            opened.page.locator("#readout", has_text=f"name {number} ({number})").wait_for()
            assert "layer 0" in opened.text("#readout")[0]

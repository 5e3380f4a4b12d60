"""Boxes in the page: where they lie, layers, classes, scores, names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .conftest import Visit
from .pages import box_run


class TestBoxes:
    def outlines(self, opened: Visit) -> int:
        paths = opened.page.locator(".tile .boxes .line").evaluate_all(
            "(all) => all.map((path) => path.getAttribute('d'))"
        )
        return sum(path.count("M") for path in paths)

    def test_positions_in_fractions_and_pixels(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(box_run(tmp_path))
        opened.page.get_by_label("Names on boxes").uncheck()
        area = opened.page.locator(".tile .base").bounding_box()
        screen = opened.pixels()
        middle = screen[int(area["y"] + area["height"] / 2)]
        edges = np.array([0.05, 0.25, 0.3, 0.5, 0.55, 0.75, 0.7, 0.9]) * area["width"] + area["x"]
        solid = [0, 1, 2, 3]  # dashes may leave a gap just here
        for edge in edges[solid]:
            assert middle[int(edge) - 2 : int(edge) + 3].max() > 150
        paths = opened.page.locator(".tile .boxes .halo").get_attribute("d")
        assert paths.split("M")[1:] == [
            "0.05 0.25H0.25V0.75H0.05Z",
            "0.3 0.25H0.5V0.75H0.3Z",
            "0.55 0.25H0.75V0.75H0.55Z",
            "0.7 0.25H0.9V0.75H0.7Z",
        ]

    def test_toggles_by_layer_and_class(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(box_run(tmp_path))
        page = opened.page
        assert self.outlines(opened) == 4
        page.locator(".class-row").get_by_label("car", exact=True).uncheck()
        assert self.outlines(opened) == 2
        page.get_by_label("found", exact=True).uncheck()
        assert self.outlines(opened) == 1
        assert opened.text(".tile .name") == ["bus"]
        page.keyboard.press("b")
        assert self.outlines(opened) == 0
        page.keyboard.press("b")
        assert self.outlines(opened) == 2

    def test_a_slider_for_each_score(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(box_run(tmp_path))
        sliders = opened.page.locator(".slider", has_text="at least")
        assert [text.split("\n")[0] for text in sliders.all_inner_texts()] == [
            "conf at least",
            "iou at least",
        ]
        assert sliders.nth(0).locator("input").get_attribute("aria-valuetext") == "0"
        opened.set_range(".slider:has-text('conf at least') input", 0.5)
        assert self.outlines(opened) == 3
        opened.set_range(".slider:has-text('iou at least') input", 0.25)
        assert self.outlines(opened) == 2

    def test_names_and_patterns_tell_layers_apart(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(box_run(tmp_path))
        assert opened.text(".tile .name") == ["car", "bus", "car 0.9", "bus 0.4"]
        dashes = opened.page.locator(".tile .boxes .line").evaluate_all(
            "(all) => all.map((path) => getComputedStyle(path).strokeDasharray)"
        )
        assert dashes[:2] == ["none", "none"]
        assert "none" not in dashes[2:]
        colours = opened.page.locator(".tile .boxes .line").evaluate_all(
            "(all) => all.map((path) => path.style.stroke)"
        )
        assert colours[:2] == colours[2:]
        assert colours[0] != colours[1]

    def test_the_box_under_the_pointer_is_named(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(box_run(tmp_path))
        area = opened.page.locator(".tile .base").bounding_box()
        opened.page.mouse.move(area["x"] + area["width"] * 0.6, area["y"] + area["height"] / 2)
        opened.page.locator("#readout", has_text="car").wait_for()
        assert "conf 0.9" in opened.text("#readout")[0]
        assert "found" in opened.text("#readout")[0]

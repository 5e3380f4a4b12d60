"""Looking closely: zoom, pan, comparison, brightness."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .pages import stepped_run


class TestViewer:
    def test_zoom_pan_and_one_to_one(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(stepped_run(tmp_path))
        page = opened.page
        page.locator("button.open").first.click()
        pane = page.locator(".pane .shot").bounding_box()
        base = page.locator(".pane .base")
        whole = base.bounding_box()
        assert whole["width"] == pytest.approx(min(pane["width"], pane["height"] * 1.5), abs=1)
        page.keyboard.press("1")
        one = base.bounding_box()
        assert (one["width"], one["height"]) == (30, 20)
        page.keyboard.press("0")
        x, y = pane["x"] + 100, pane["y"] + 200
        page.mouse.move(x, y)
        before = (x - whole["x"]) / whole["width"], (y - whole["y"]) / whole["height"]
        page.mouse.wheel(0, -300)
        opened.settled()
        near = base.bounding_box()
        assert near["width"] > whole["width"] * 1.5
        after = (x - near["x"]) / near["width"], (y - near["y"]) / near["height"]
        assert after == pytest.approx(before, abs=0.003)
        page.mouse.down()
        page.mouse.move(x + 60, y - 40)
        page.mouse.up()
        moved = base.bounding_box()
        assert moved["x"] - near["x"] == pytest.approx(60, abs=1)
        assert moved["y"] - near["y"] == pytest.approx(-40, abs=1)
        assert base.evaluate("(image) => getComputedStyle(image).imageRendering") == "pixelated"

    def test_slider_and_controls_are_in_it_and_focus_returns(
        self, visit: Any, tmp_path: Path
    ) -> None:
        opened = visit(stepped_run(tmp_path))
        page = opened.page
        page.locator("button.open").first.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        assert dialog.locator("#step-range").is_visible()
        assert dialog.locator("#controls").is_visible()
        page.keyboard.press("ArrowLeft")
        page.locator("#viewer-title", has_text="at 80 (often)").wait_for()
        page.keyboard.press("n")
        page.locator("#viewer-title", has_text="at 60 (seldom)").wait_for()
        page.keyboard.press("Escape")
        page.locator(".bar #step-range").wait_for()
        assert not dialog.is_visible()
        assert page.evaluate("document.activeElement.className") == "open"

    def test_compare_pictures(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(stepped_run(tmp_path))
        page = opened.page
        for at in range(2):
            page.locator(".pick input").nth(at).check(force=True)
        page.get_by_role("button", name="Compare", exact=True).click()
        assert len(opened.text(".pane")) == 2
        opened.settled()
        fitting = page.locator(".pane .base").first.bounding_box()
        page.mouse.move(300, 300)
        page.mouse.wheel(0, -300)
        opened.settled()
        first, second = (page.locator(".pane .base").nth(n).bounding_box() for n in range(2))
        panes = [page.locator(".pane .shot").nth(n).bounding_box() for n in range(2)]
        assert first["width"] == second["width"] > 1.5 * fitting["width"]
        assert first["x"] - panes[0]["x"] == pytest.approx(second["x"] - panes[1]["x"], abs=1)

    def test_compare_steps(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(stepped_run(tmp_path))
        page = opened.page
        page.locator("button.open").first.click()
        for _ in range(4):
            page.keyboard.press("c")
        entries = page.locator(".pane .entry input")
        assert [entries.nth(n).input_value() for n in range(4)] == ["90", "80", "70", "60"]
        assert page.locator("#viewer-add").is_disabled()
        entries.nth(2).fill("35")
        page.keyboard.press("Enter")
        page.locator("#viewer-close").focus()
        page.keyboard.press("Home")
        opened.settled()
        assert [entries.nth(n).input_value() for n in range(4)] == ["0", "80", "30", "60"]
        page.get_by_label("Remove this pane").nth(3).click()
        assert len(opened.text(".pane")) == 3

    def test_brightness_and_contrast(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(stepped_run(tmp_path))
        opened.set_range(".slider:has-text('Brightness') input", 1)
        assert (opened.pixel_centres(".tile .base >> nth=0", 2, 2) == 180).all()
        opened.page.get_by_label("Reset brightness and contrast").click()
        assert (opened.pixel_centres(".tile .base >> nth=0", 2, 2) == 90).all()
        opened.set_range(".slider:has-text('Contrast') input", 1)
        assert (opened.pixel_centres(".tile .base >> nth=0", 2, 2) < 60).all()

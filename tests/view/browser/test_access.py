"""Contrast, names of controls, the keyboard, narrow windows, reduced motion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext.view import write_page

from ..made_runs import RunFolder, separated
from .pages import box_run, stepped_run
from .test_runs import three_runs

# The contrast of each text with its ground, lowest first.
CONTRASTS = """() => {
                const canvas = document.createElement("canvas").getContext("2d",
                    {willReadFrequently: true});
                const light = (css) => {
                    canvas.fillStyle = css;
                    canvas.fillRect(0, 0, 1, 1);
                    const linear = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
                        .map((v) => v / 255)
                        .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
                };
                const ground = (node) => {
                    for (; node; node = node.parentElement) {
                        const colour = getComputedStyle(node).backgroundColor;
                        if (!/, 0\\)$/.test(colour)) return colour;
                    }
                };
                const found = [];
                for (const node of document.querySelectorAll("h1, h2, h3, p, label, button, output"
                        + ", figcaption, .name, .badge")) {
                    if (node.disabled || !node.checkVisibility() || !node.textContent.trim()) {
                        continue;
                    }
                    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))];
                    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
                    found.push([ratio, node.textContent.slice(0, 30)]);
                }
                return found.sort((a, b) => a[0] - b[0]);
            }
"""

# Controls in sight that a screen reader has no name for.
NAMELESS = """() => [...document.querySelectorAll("button, input, select, a, img")].filter(
                (node) => node.checkVisibility() && !(node.ariaLabel || node.title
                    || node.getAttribute("alt") !== null
                    || node.textContent.trim() || node.querySelector("[alt]")
                    || (node.labels && [...node.labels].some((l) => l.textContent.trim())))
            ).map((node) => node.outerHTML)
"""

PAGES = {"one run": box_run, "three runs": three_runs}


class TestAccess:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [1300, 380])
    @pytest.mark.parametrize("kind", PAGES)
    def test_text_has_contrast_and_nothing_overflows(
        self, visit: Any, tmp_path: Path, scheme: str, width: int, kind: str
    ) -> None:
        folder = PAGES[kind](tmp_path)
        viewport = {"width": width, "height": 800}
        opened = visit(folder, color_scheme=scheme, viewport=viewport)
        over = "document.documentElement.scrollWidth - innerWidth"
        assert opened.page.evaluate(over) <= 0
        contrasts = opened.page.evaluate(CONTRASTS)
        assert len(contrasts) > 10
        assert contrasts[0][0] >= 4.5, contrasts[:5]
        opened.page.locator("button.open").first.click()
        assert opened.page.evaluate(over) <= 0
        assert opened.page.locator("#viewer-close").bounding_box()["x"] < width - 20
        assert opened.page.locator(".pane .shot").bounding_box()["height"] > 250

    @pytest.mark.parametrize("kind", PAGES)
    def test_every_control_has_a_name(self, visit: Any, tmp_path: Path, kind: str) -> None:
        opened = visit(PAGES[kind](tmp_path))
        page = opened.page
        assert page.evaluate(NAMELESS) == []
        page.locator("button.open").first.click()
        assert page.evaluate(NAMELESS) == []
        page.locator("#viewer-add").click()
        for way in ("Swipe", "Flicker", "Difference"):
            page.get_by_role("button", name=way).click()
            assert page.evaluate(NAMELESS) == []

    def test_pictures_say_what_is_on_them(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(box_run(tmp_path))
        alt = opened.page.locator(".tile .base").get_attribute("alt")
        assert alt == "p, 2 boxes in truth, 2 boxes in found"

    def test_the_keyboard_reaches_everything_in_order(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(box_run(tmp_path))
        seen = []
        for _ in range(14):
            opened.page.keyboard.press("Tab")
            seen.append(
                opened.page.evaluate(
                    "(document.activeElement.id || document.activeElement.className)"
                )
            )
        assert seen[:3] == ["skip", "step-axis", "step-entry"]
        assert seen[3:6] == ["search", "tile-size", "side-toggle"]
        assert "open" in seen

    def test_nothing_moves_where_reduced_motion_is_asked_for(
        self, visit: Any, tmp_path: Path
    ) -> None:
        opened = visit(stepped_run(tmp_path))
        moving = opened.page.evaluate(
            """() => [...document.querySelectorAll("*")].filter((node) => {
                const style = getComputedStyle(node);
                return style.animationName !== "none"
                    || style.transitionDuration.split(",").some((time) => parseFloat(time) > 0);
            }).length"""
        )
        assert moving == 0

    def test_sections_and_charts_are_named_and_the_runs_table_is_one(
        self, visit: Any, tmp_path: Path
    ) -> None:
        opened = visit(three_runs(tmp_path))
        page = opened.page
        assert page.get_by_role("table").count() == 1
        assert page.get_by_role("columnheader", name="Started").get_attribute("aria-sort") == (
            "descending"
        )
        assert page.get_by_role("region", name="p of red").count() == 1
        assert page.get_by_role("img", name="loss: red 0.03297").count() == 1
        assert page.get_by_role("slider", name="Step", exact=True).count() == 1
        assert page.get_by_role("checkbox", name="Show green").is_checked()

    def test_panels_fill_the_width_without_holes(self, visit: Any, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        wide, high = np.zeros((32, 64), np.uint8), np.zeros((64, 48), np.uint8)
        row: dict[str, Any] = {}
        for at, (count, pixels) in enumerate(
            [(3, wide), (1, high), (2, high), (5, wide), (1, wide)]
        ):
            images = [run.image(pixels, f"media/images/{at}_{n}.png") for n in range(count)]
            row[f"k{at}"] = separated(images)
        run.log(0, **row)
        write_page(run.write())
        for width in (1400, 1000, 500):
            opened = visit(tmp_path, viewport={"width": width, "height": 900})
            flow = opened.page.locator(".flow").bounding_box()
            areas = opened.page.locator(".panel").evaluate_all(
                "(all) => all.map((e) => e.getBoundingClientRect()).map((a) => [a.x, a.y, a.width])"
            )
            rows: dict[int, list[tuple[float, float]]] = {}
            for x, y, across in areas:
                rows.setdefault(round(y), []).append((x, across))
            for panels in list(rows.values())[:-1]:
                left, last = panels[0][0], panels[-1]
                assert left == pytest.approx(flow["x"], abs=1)
                assert last[0] + last[1] == pytest.approx(flow["x"] + flow["width"], abs=1)
            tiles = opened.page.locator(".tile").evaluate_all(
                "(all) => all.map((tile) => tile.querySelector('.shot').offsetWidth"
                " / tile.offsetWidth)"
            )
            assert min(tiles) > 0.55

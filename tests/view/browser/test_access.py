"""Contrast, names of controls, the keyboard, narrow windows, reduced motion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .pages import box_run, stepped_run


class TestAccess:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [1300, 380])
    def test_text_has_contrast_and_nothing_overflows(
        self, visit: Any, tmp_path: Path, scheme: str, width: int
    ) -> None:
        folder = box_run(tmp_path)
        viewport = {"width": width, "height": 800}
        opened = visit(folder, color_scheme=scheme, viewport=viewport)
        over = "document.documentElement.scrollWidth - innerWidth"
        assert opened.page.evaluate(over) <= 0
        contrasts = opened.page.evaluate(
            """() => {
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
            }"""
        )
        assert len(contrasts) > 10
        assert contrasts[0][0] >= 4.5, contrasts[:5]
        opened.page.locator("button.open").first.click()
        assert opened.page.evaluate(over) <= 0
        assert opened.page.locator("#viewer-close").bounding_box()["x"] < width - 20
        assert opened.page.locator(".pane .shot").bounding_box()["height"] > 250

    def test_every_control_has_a_name(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(box_run(tmp_path))
        opened.page.locator("button.open").first.click()
        nameless = opened.page.evaluate(
            """() => [...document.querySelectorAll("button, input, select, a, img")].filter(
                (node) => node.checkVisibility() && !(node.ariaLabel || node.title
                    || node.getAttribute("alt") !== null
                    || node.textContent.trim() || node.querySelector("[alt]")
                    || (node.labels && [...node.labels].some((l) => l.textContent.trim())))
            ).map((node) => node.outerHTML)"""
        )
        assert nameless == []

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

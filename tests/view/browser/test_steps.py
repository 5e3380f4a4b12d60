"""The step slider, panels that lag behind it, search and groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wbimage_ext.view import write_page

from ..made_runs import RunFolder, separated
from .conftest import Visit
from .pages import BLACK, stepped_run


class TestSteps:
    def shown(self, opened: Visit) -> list[str]:
        return opened.text(".tile figcaption")

    def badges(self, opened: Visit) -> list[str]:
        return opened.text(".badge")

    def test_arrow_keys_buttons_and_ends(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(stepped_run(tmp_path))
        page = opened.page
        assert self.shown(opened) == ["at 90", "at 60"]
        assert self.badges(opened) == ["step 90", "\u25c2 older: step 60"]
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        assert self.shown(opened) == ["at 70", "at 60"]
        page.keyboard.press("Home")
        assert self.shown(opened) == ["at 0"]
        assert self.badges(opened) == ["step 0", "starts at step 20"]
        page.get_by_label("Next step").click()
        page.get_by_label("Next step").click()
        assert self.shown(opened) == ["at 20", "at 20"]
        assert self.badges(opened) == ["step 20", "step 20"]
        assert opened.text("#step-count") == ["3 of 10"]
        slider = page.locator("#step-range")
        assert slider.get_attribute("aria-valuetext") == "step 20"
        slider.focus()
        page.keyboard.press("ArrowRight")
        assert self.shown(opened) == ["at 30", "at 20"]
        page.keyboard.press("Shift+ArrowRight")
        assert self.shown(opened) == ["at 90", "at 60"]

    @pytest.mark.parametrize(
        ("typed", "step"), [("30", 30), ("35", 30), ("1e9", 90), ("-5", 0), ("x", 90), ("", 90)]
    )
    def test_a_typed_step(self, visit: Any, tmp_path: Path, typed: str, step: int) -> None:
        opened = visit(stepped_run(tmp_path))
        opened.page.locator("#step-entry").fill(typed)
        opened.page.keyboard.press("Enter")
        assert self.shown(opened)[0] == f"at {step}"
        assert opened.page.locator("#step-entry").input_value() == str(step)

    def test_every_step_is_kept(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(stepped_run(tmp_path))
        for at in range(10):
            opened.set_range("#step-range", at)
            colour = opened.pixel_centres(".tile .base >> nth=0", 3, 2)
            assert (colour == at * 10).all()

    def test_a_panel_can_be_unlinked(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(stepped_run(tmp_path))
        page = opened.page
        page.get_by_role("button", name="Link often to the step slider").click()
        page.keyboard.press("Home")
        assert self.shown(opened)[0] == "at 90"
        assert self.badges(opened)[0] == "held, step 90"
        opened.set_range(".panel > input >> nth=0", 4)
        assert self.shown(opened)[0] == "at 40"
        page.get_by_role("button", name="Link often to the step slider").click()
        assert self.shown(opened)[0] == "at 0"

    def test_search(self, visit: Any, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        row = {
            key: run.image(BLACK, f"media/images/{n}.png")
            for n, key in enumerate(["val/night", "val/day", "train/night"])
        }
        run.log(0, **row)
        write_page(run.write())
        opened = visit(tmp_path)
        assert opened.text(".panel .key") == ["night", "day", "night"]
        assert opened.text("h2.folder") == ["val\n2", "train\n1"]
        opened.page.keyboard.press("/")
        opened.page.keyboard.type("NIGHT va")
        assert opened.text("h2.folder") == ["val\n1"]
        opened.page.locator("#search").fill("nothing")
        assert opened.text(".empty") == ["No key has these words."]
        opened.page.locator("#search").fill("")
        assert len(opened.text(".panel")) == 3

    def test_groups_and_columns(self, visit: Any, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        images = [run.image(BLACK, f"media/images/l{n}.png") for n in range(7)]
        singles = {name: run.image(BLACK, f"media/images/{name}.png", grouping=4) for name in "ab"}
        captions = [f"c{n}" for n in range(7)]
        run.log(0, list=separated(images, grouping=3, captions=captions), c=images[0], **singles)
        write_page(run.write())
        opened = visit(tmp_path)
        assert opened.text(".group .key") == ["a", "b"]
        assert opened.text(".group-name") == ["Group 4"]
        tops = opened.page.locator(".columned .tile").evaluate_all(
            "(all) => all.map((tile) => tile.offsetTop)"
        )
        assert [tops.count(top) for top in sorted(set(tops))] == [3, 3, 1]
        assert opened.text(".columned figcaption") == captions

    def test_steps_of_any_size(self, visit: Any, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        image = run.image(BLACK, "media/images/p.png")
        steps = [-5, 0, 12_345_678_901_233, 12_345_678_901_234, 2**53]
        for step in steps:
            run.log(step, p={**image, "caption": f"at {step}"})
        write_page(run.write())
        opened = visit(tmp_path)
        for step in reversed(steps):
            assert opened.text(".badge") == [f"step {step}"]
            assert self.shown(opened) == [f"at {step}"]
            opened.page.locator("#step-entry").fill(str(step))
            opened.page.keyboard.press("Enter")
            assert self.shown(opened) == [f"at {step}"]
            opened.page.locator("#step-back").click(force=True)

    def test_the_step_survives_a_reload(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(stepped_run(tmp_path))
        opened.page.keyboard.press("Home")
        opened.page.wait_for_url("**#step=0")
        opened.page.reload()
        assert self.shown(opened) == ["at 0"]

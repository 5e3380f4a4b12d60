"""Several runs in one page: their list, their columns, one slider, what is compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext import Image, LocalRun
from wbimage_ext.view import write_page

from ..made_runs import RunFolder, framed, history, wandb_folder
from .conftest import Visit

COLOURS = {"red": (200, 0, 0), "green": (0, 200, 0), "blue": (0, 0, 200)}


def colour_run(
    root: Path, name: str, steps: range, *, key: str = "p", config: Any = None, day: int = 1
) -> RunFolder:
    """Log pictures whose colour tells the run, and whose caption tells run and step."""
    run = RunFolder(root, name)
    for step in steps:
        pixels = np.full((20, 30, 3), COLOURS.get(name, (90, 90, 90)), np.uint8)
        image = run.image(pixels, f"media/images/p_{step}.png", caption=f"{name} {step}")
        run.log(step, **{key: image}, loss=len(name) / (step + 1), epoch=step // 10)
    run.write()
    about = json.loads((root / "run.json").read_text())
    about["started"] = f"2026-01-{day:02}T03:04:05+00:00"
    (root / "run.json").write_text(json.dumps(about))
    (root / "config.json").write_text(json.dumps(config or {}))
    return run


def three_runs(root: Path) -> Path:
    colour_run(root / "a", "red", range(0, 100, 10), config={"lr": 0.1, "depth": 3}, day=3)
    colour_run(root / "b", "green", range(0, 60, 20), config={"lr": 0.2, "depth": 3}, day=2)
    colour_run(
        root / "c" / "deep", "blue", range(50, 60), key="other", config={"lr": 0.3, "depth": 3}
    )
    write_page(root)
    return root


def run_with_axis(root: Path) -> Path:
    """Log with this package's own run; the pictures go over the epoch."""
    with LocalRun(root) as run:
        run.define_metric("epoch")
        run.define_metric("val/*", step_metric="epoch")
        for epoch in range(4):
            run.log({"aloss": 1 / (epoch + 1), "epoch": epoch}, step=10 * epoch)
            run.log({"val/p": Image(np.eye(9), caption=f"at {epoch}")}, step=10 * epoch)
    return root


def names(opened: Visit) -> list[str]:
    return [text.strip() for text in opened.text("#run-table .run-cell label")]


class TestColumns:
    def test_rows_are_keys_and_columns_are_runs(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(three_runs(tmp_path))
        assert opened.text(".row-key") == ["p", "other"]
        rows = opened.page.locator(".key-row")
        assert rows.nth(0).locator("figcaption").all_inner_texts() == ["red 90", "green 40"]
        assert rows.nth(0).locator(".no-panel").all_inner_texts() == ["blue has no p"]
        assert rows.nth(1).locator("figcaption").all_inner_texts() == ["blue 59"]
        tops = (
            rows.nth(0).locator(".cells > *").evaluate_all("(all) => all.map((e) => e.offsetTop)")
        )
        assert len(set(tops)) == 1
        for place, colour in enumerate(["red", "green"]):
            shown = opened.pixel_centres(f".tile .base >> nth={place}", 2, 2)
            assert (shown == COLOURS[colour]).all()
        assert opened.complaints == []

    def test_one_slider_moves_all_and_each_says_when_it_is_older(
        self, visit: Any, tmp_path: Path
    ) -> None:
        opened = visit(three_runs(tmp_path))
        # 0, 10, ... 90 and 50 ... 59: the union of the runs' steps.
        assert opened.text("#step-count") == ["19 of 19"]
        assert opened.text(".badge") == [
            "step 90",
            "\u25c2 older: step 40",
            "\u25c2 older: step 59",
        ]
        opened.page.locator("#step-entry").fill("45")
        opened.page.keyboard.press("Enter")
        assert opened.text("figcaption") == ["red 40", "green 40"]
        assert opened.text(".badge") == ["step 40", "step 40", "starts at step 50"]

    def test_by_epoch_runs_of_other_steps_meet(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(three_runs(tmp_path))
        opened.page.locator("#step-axis").select_option("epoch")
        assert opened.text("#step-count") == ["10 of 10"]
        opened.page.locator("#step-entry").fill("5")
        opened.page.keyboard.press("Enter")
        assert opened.text("figcaption") == ["red 50", "green 40", "blue 59"]
        assert opened.text(".badge") == ["epoch 5", "\u25c2 older: epoch 4", "epoch 5"]
        opened.page.wait_for_url("**#step=5&by=epoch")
        opened.page.reload()
        assert opened.text(".badge") == ["epoch 5", "\u25c2 older: epoch 4", "epoch 5"]

    def test_the_slider_goes_by_the_axis_that_define_metric_named(
        self, visit: Any, tmp_path: Path
    ) -> None:
        opened = visit(run_with_axis(tmp_path))
        axis = opened.page.locator("#step-axis")
        assert opened.text(".badge") == ["epoch 3"]
        assert axis.input_value() == "epoch"
        assert axis.locator("option").all_inner_texts()[:2] == ["step", "epoch"]
        opened.page.keyboard.press("Home")
        assert opened.text("figcaption") == ["at 0"]
        assert opened.text(".badge") == ["epoch 0"]
        opened.page.wait_for_url("**#step=0&by=epoch")
        # The user's choice counts from now on, the step as well.
        axis.select_option("")
        assert opened.text(".badge") == ["step 30"]
        opened.page.wait_for_url("**#step=30&by=")
        opened.page.reload()
        assert opened.text(".badge") == ["step 30"]
        assert opened.complaints == []

    def test_an_address_with_a_step_is_by_step(self, visit: Any, tmp_path: Path) -> None:
        page = run_with_axis(tmp_path) / "index.html"
        opened = visit(page.as_uri() + "#step=10")
        assert opened.text(".badge") == ["step 10"]

    def test_a_run_that_failed_is_marked(self, visit: Any, tmp_path: Path) -> None:
        for name, code in (("good", 0), ("bad", 3)):
            with LocalRun(tmp_path / name, name=name) as run:
                run.log({"p": Image(np.eye(9))})
                run.finish(exit_code=code)
        opened = visit(tmp_path / "bad")
        assert "failed with exit code 3" in opened.text("#run-facts")[0]
        write_page(tmp_path)
        opened = visit(tmp_path)
        assert sorted(names(opened)) == ["bad \u2717", "good"]
        titles = opened.page.locator("#run-table td[title*=exit]").evaluate_all(
            "(all) => all.map((cell) => cell.title.split('\\n')[2])"
        )
        assert titles == ["failed with exit code 3"]

    def test_a_wandb_run_beside_a_local_one(self, visit: Any, tmp_path: Path) -> None:
        colour_run(tmp_path / "mine", "red", range(2))
        image = {"_type": "image-file", "path": "media/images/w.png", "width": 30, "height": 20}
        rows = [history({"_step": step, "p": {**image, "caption": f"w {step}"}}) for step in (0, 1)]
        folder = wandb_folder(tmp_path / "wandb", framed(rows))
        made = RunFolder(folder / "files")
        made.png(np.full((20, 30, 3), (0, 0, 200), np.uint8), "media/images/w.png")
        write_page(tmp_path)
        opened = visit(tmp_path)
        assert sorted(opened.text("figcaption")) == ["red 1", "w 1"]
        widths = opened.page.locator(".tile .base").evaluate_all(
            "(all) => all.map((i) => i.naturalWidth)"
        )
        assert widths == [30, 30]


class TestList:
    def test_what_it_tells(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(three_runs(tmp_path))
        heads = [text.rstrip(" \u2193\u2191") for text in opened.text("#run-table th")]
        assert heads == ["Run", "Started", "Pictures", "lr", "loss", "epoch"]  # depth is the same
        rows = [row.split("\t") for row in opened.text("#run-table tbody tr")]
        assert [row[0].strip() for row in rows] == ["red", "green", "blue"]
        assert [row[2:] for row in rows] == [
            ["10", "0.1", "0.03297", "9"],
            ["3", "0.2", "0.122", "4"],
            ["10", "0.3", "0.06667", "5"],
        ]

    def test_sort_search_choose_pin(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(three_runs(tmp_path))
        page = opened.page
        page.locator("#run-table th button", has_text="loss").click()
        assert names(opened) == ["green", "blue", "red"]
        page.locator("#run-table th button", has_text="loss").click()
        assert names(opened) == ["red", "blue", "green"]
        page.get_by_label("Pin green: its column stays first").click()
        assert names(opened) == ["green", "red", "blue"]
        assert opened.text(".key-row >> nth=0 >> .key") == ["green", "red"]
        page.get_by_label("Show blue", exact=True).uncheck()
        assert opened.text(".row-key") == ["p"]
        page.get_by_label("Show red", exact=True).uncheck()
        assert opened.text("#run-name") == ["green"]
        assert opened.text(".panel .key") == ["p"]
        page.locator("#run-search").fill("lr=0.3")
        assert names(opened) == ["blue"]
        page.get_by_label("Show blue", exact=True).check()
        assert opened.text(".row-key") == ["p", "other"]
        opened.until("/runs=[^,&]*,[^,&]*&pins=/.test(location.hash)")
        page.reload()
        assert names(opened) == ["green", "red", "blue"]
        assert opened.text("#run-count") == ["2 of 3 shown"]
        page.get_by_role("button", name="Clear choice").click()
        assert opened.text("#run-count") == ["1 of 3 shown"]

    def test_the_newest_three_of_many_are_shown_at_first(self, visit: Any, tmp_path: Path) -> None:
        for day in range(1, 8):
            colour_run(tmp_path / str(day), f"run {day}", range(1), day=day)
        write_page(tmp_path)
        opened = visit(tmp_path)
        assert opened.text(".key-row .key") == ["run 7", "run 6", "run 5"]
        assert opened.text("#run-count") == ["3 of 7 shown"]

    def test_an_address_of_runs_that_are_gone_shows_those_that_are_there(
        self, visit: Any, tmp_path: Path
    ) -> None:
        page = (three_runs(tmp_path) / "index.html").as_uri()
        opened = visit(f"{page}#step=40&runs=0123456789ab&pins=0123456789ab")
        assert opened.text("#run-count") == ["3 of 3 shown"]
        assert opened.text("figcaption") == ["red 40", "green 40"]

    def test_a_run_that_cannot_be_read_is_told(self, visit: Any, tmp_path: Path) -> None:
        three_runs(tmp_path)
        wandb_folder(tmp_path / "broken", b"something else")
        write_page(tmp_path)
        opened = visit(tmp_path)
        opened.page.locator("#notes summary").click()
        assert "run-abc.wandb is not a wandb run file" in opened.text("#notes li")[0]
        assert len(names(opened)) == 3

    def test_hundreds_of_runs_are_listed_a_hundred_at_a_time(
        self, visit: Any, tmp_path: Path
    ) -> None:
        for number in range(230):
            colour_run(tmp_path / str(number), f"run {number}", range(1), day=number % 28 + 1)
        write_page(tmp_path)
        opened = visit(tmp_path)
        assert len(names(opened)) == 100
        opened.page.locator("#run-search").fill("run 229")
        assert names(opened) == ["run 229"]
        opened.page.locator("#run-search").fill("")
        opened.page.get_by_role("button", name="Show more of 230 runs (100 shown)").click()
        assert len(names(opened)) == 230


class TestComparison:
    def compared(self, visit: Any, folder: Path, **options: Any) -> Visit:
        opened = visit(three_runs(folder), **options)
        for place in range(2):
            opened.page.locator(".pick input").nth(place).check(force=True)
        opened.page.get_by_role("button", name="Compare", exact=True).click()
        opened.settled()
        return opened

    def middle(self, opened: Visit) -> np.ndarray:
        """The colours along the middle line of the first pane's picture."""
        area = opened.page.locator(".pane .base").first.bounding_box()
        y = int(area["y"] + area["height"] / 2)
        row = opened.pixels()[y]
        return row[int(area["x"]) + 2 : int(area["x"] + area["width"]) - 2]

    def test_swipe(self, visit: Any, tmp_path: Path) -> None:
        opened = self.compared(visit, tmp_path)
        opened.page.get_by_role("button", name="Swipe").click()
        opened.set_range(".swipe-range", 30)
        line = self.middle(opened)
        at = int(len(line) * 0.3)
        assert (line[: at - 4] == COLOURS["red"]).all()
        assert (line[at + 4 :] == COLOURS["green"]).all()
        area = opened.page.locator(".pane .shot").first.bounding_box()
        x = area["x"] + area["width"] * 0.3
        opened.page.mouse.move(x, area["y"] + 100)
        opened.page.mouse.down()
        opened.page.mouse.move(x + 100, area["y"] + 100)
        opened.page.mouse.up()
        value = float(opened.page.locator(".swipe-range").input_value())
        assert value == pytest.approx(30 + 100 / area["width"] * 100, abs=1)
        assert opened.text(".compare-note")[0].startswith("left: red 90")

    def test_difference(self, visit: Any, tmp_path: Path) -> None:
        opened = self.compared(visit, tmp_path)
        opened.page.get_by_role("button", name="Difference").click()
        assert (self.middle(opened) == (200, 200, 0)).all()
        assert opened.text(".compare-note") == [
            "difference of red 90 (p, red) and green 40 (p, green)"
        ]
        assert opened.complaints == []

    def test_the_difference_of_alike_pictures_is_black_and_gain_brightens(
        self, visit: Any, tmp_path: Path
    ) -> None:
        run = RunFolder(tmp_path)
        left = np.full((20, 30, 3), 100, np.uint8)
        right = left.copy()
        right[:, 15:] += 10
        run.log(0, a=run.image(left, "media/a.png"), b=run.image(right, "media/b.png"))
        write_page(run.write())
        opened = visit(tmp_path)
        for place in range(2):
            opened.page.locator(".pick input").nth(place).check(force=True)
        opened.page.get_by_role("button", name="Compare", exact=True).click()
        opened.page.get_by_role("button", name="Difference").click()
        opened.settled()
        line = self.middle(opened).max(-1)
        assert (line[: len(line) // 2 - 3] == 0).all()
        assert (line[len(line) // 2 + 3 :] == 10).all()
        opened.set_range(".gain-range", 10)
        line = self.middle(opened).max(-1)
        assert (line[: len(line) // 2 - 3] == 0).all()
        assert np.abs(line[len(line) // 2 + 3 :].astype(int) - 100).max() <= 1

    def test_flicker(self, visit: Any, tmp_path: Path) -> None:
        opened = self.compared(visit, tmp_path)  # with reduced motion: by hand
        flicker = opened.page.get_by_role("button", name="Flicker")
        flicker.click()
        assert (self.middle(opened) == COLOURS["red"]).all()
        assert opened.text(".compare-note")[0].startswith("1 of 2: red 90")
        flicker.click()
        assert (self.middle(opened) == COLOURS["green"]).all()
        opened.page.get_by_role("button", name="Beside").click()
        assert opened.page.locator(".pane .base").nth(1).bounding_box()["x"] > 400

    def test_flicker_by_itself(self, visit: Any, tmp_path: Path) -> None:
        opened = self.compared(visit, tmp_path)
        opened.page.emulate_media(reduced_motion="no-preference")
        opened.page.get_by_role("button", name="Flicker").click()
        opened.page.locator(".compare-note", has_text="2 of 2: green 40").wait_for()
        opened.page.locator(".compare-note", has_text="1 of 2: red 90").wait_for()

    def test_zoom_is_one_for_pictures_over_each_other(self, visit: Any, tmp_path: Path) -> None:
        opened = self.compared(visit, tmp_path)
        opened.page.get_by_role("button", name="Swipe").click()
        opened.page.mouse.move(300, 400)
        opened.page.mouse.wheel(0, -300)
        opened.settled()
        first, second = (opened.page.locator(".pane .base").nth(n).bounding_box() for n in range(2))
        assert first == second

    def test_the_key_goes_through_the_ways(self, visit: Any, tmp_path: Path) -> None:
        opened = self.compared(visit, tmp_path)
        seen = []
        for _ in range(4):
            opened.page.keyboard.press("v")
            seen.append(opened.text("#compare-bar [aria-pressed=true]")[0])
        assert seen == ["Swipe", "Flicker", "Difference", "Beside"]

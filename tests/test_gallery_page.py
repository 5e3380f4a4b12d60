"""The gallery's page in a real, headless Chromium, opened from ``file://``."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import wbimage_ext
from wbimage_ext.gallery import write_gallery

from .gallery_runs import RunFolder, separated

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = os.environ.get("WBIMAGE_CHROMIUM") or shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

BLACK = np.zeros((16, 16, 3), np.uint8)
EVERY_CLASS = np.arange(256, dtype=np.uint8).reshape(16, 16)
NAMES = {str(number): f"name {number}" for number in range(256)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--force-color-profile=srgb"]
        )
        yield chromium
        chromium.close()


class Visit:
    """A page that was opened, with what it asked for and complained about."""

    def __init__(self, page: Any, folder: Path) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.goto((folder / "index.html").as_uri())

    def text(self, selector: str) -> list[str]:
        self.settled()
        return list(self.page.locator(selector).all_inner_texts())

    def settled(self) -> None:
        """Wait until the page has drawn and every picture in sight has loaded."""
        self.page.evaluate(
            """async () => {
                const frame = () => new Promise((done) => requestAnimationFrame(done));
                for (let quiet = 0; quiet < 3;) {
                    await frame();
                    const waiting = [...document.images].filter((image) => {
                        const area = image.getBoundingClientRect();
                        const inSight = area.bottom > 0 && area.top < innerHeight;
                        return inSight && image.getAttribute("src") && !image.complete;
                    });
                    quiet = waiting.length ? 0 : quiet + 1;
                }
            }"""
        )

    def pixels(self) -> np.ndarray:
        """Return the screen, (H, W, 3) uint8."""
        self.settled()
        return np.asarray(Image.open(io.BytesIO(self.page.screenshot())).convert("RGB"))

    def set_range(self, selector: str, value: float) -> None:
        self.page.locator(selector).evaluate(
            "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }",
            value,
        )

    def pixel_centres(self, selector: str, width: int, height: int) -> np.ndarray:
        """Return the screen colours at the centres of a picture's pixels, (H, W, 3)."""
        area = self.page.locator(selector).bounding_box()
        screen = self.pixels()
        x = (area["x"] + (np.arange(width) + 0.5) * area["width"] / width).astype(int)
        y = (area["y"] + (np.arange(height) + 0.5) * area["height"] / height).astype(int)
        inside = (y[:, None] < screen.shape[0]) & (x[None] < screen.shape[1])
        assert inside.all()
        return screen[y[:, None], x[None]]


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    contexts = []

    def open_page(folder: Path, **options: Any) -> Visit:
        options = {"viewport": {"width": 1300, "height": 900}, **options}
        context = browser.new_context(reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_default_timeout(15_000)
        opened = Visit(context.new_page(), folder)
        opened.settled()
        return opened

    yield open_page
    for context in contexts:
        context.close()


def class_run(root: Path, layers: int = 1) -> Path:
    run = RunFolder(root)
    masks = {}
    for number in range(layers):
        name = f"layer {number}"
        masks[name] = run.mask(EVERY_CLASS, f"media/images/mask/p_{number}.mask.png")
        run.label_mask("p", name, NAMES)
    run.log(0, p=run.image(BLACK, "media/images/p_0.png", masks=masks))
    folder = run.write()
    write_gallery(folder)
    return folder


def stepped_run(root: Path) -> Path:
    """Log ``often`` at steps 0, 10, ... 90 and ``seldom`` at 20 and 60, in colours by step."""
    run = RunFolder(root)
    for step in range(0, 100, 10):
        pixels = np.full((20, 30, 3), step, np.uint8)
        row = {"often": run.image(pixels, f"media/images/o_{step}.png", caption=f"at {step}")}
        if step in (20, 60):
            row["seldom"] = run.image(pixels, f"media/images/s_{step}.png", caption=f"at {step}")
        run.log(step, **row)
    folder = run.write()
    write_gallery(folder)
    return folder


def box_run(root: Path) -> Path:
    run = RunFolder(root)
    names = {"1": "car", "2": "bus"}

    def box(x: float, class_id: int, **more: Any) -> dict[str, Any]:
        position = {"minX": x, "maxX": x + 0.2, "minY": 0.25, "maxY": 0.75}
        return {"position": position, "class_id": class_id, **more}

    truth = run.boxes([box(0.05, 1), box(0.3, 2)], names, "media/t.json")
    pixel = {"middle": [160, 50], "width": 40, "height": 50}
    found = run.boxes(
        [
            box(0.55, 1, scores={"conf": 0.9, "iou": 0.2}),
            {"position": pixel, "domain": "pixel", "class_id": 2, "scores": {"conf": 0.4}},
        ],
        names,
        "media/f.json",
    )
    boxes = {"truth": truth, "found": found}
    picture = np.zeros((100, 200, 3), np.uint8)
    run.log(0, p=run.image(picture, "media/images/p.png", boxes=boxes))
    folder = run.write()
    write_gallery(folder)
    return folder


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
        write_gallery(tmp_path)
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
        write_gallery(run.write())
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
        write_gallery(folder)
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
        write_gallery(run.write())
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
        write_gallery(run.write())
        opened = visit(tmp_path)
        assert opened.text(".group .key") == ["a", "b"]
        assert opened.text(".group-name") == ["Group 4"]
        tops = opened.page.locator(".columned .tile").evaluate_all(
            "(all) => all.map((tile) => tile.offsetTop)"
        )
        assert [tops.count(top) for top in sorted(set(tops))] == [3, 3, 1]
        assert opened.text(".columned figcaption") == captions

    def test_the_step_survives_a_reload(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(stepped_run(tmp_path))
        opened.page.keyboard.press("Home")
        opened.page.wait_for_url("**#step=0")
        opened.page.reload()
        assert self.shown(opened) == ["at 0"]


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


EVIL = [
    "<img src=x onerror=\"window.pwned = 'img'\">",
    "</script><script>window.pwned = 'script'</script>",
    '"><svg onload="window.pwned = \'svg\'">',
    "'\"`${window.pwned = 1}&lt;b&gt; \u202e \u2028 {{x}} <!--",
    "__proto__",
    "constructor",
]


class TestTrust:
    @pytest.mark.parametrize("evil", EVIL)
    def test_text_from_outside_is_shown_as_written(
        self, visit: Any, tmp_path: Path, evil: str
    ) -> None:
        run = RunFolder(tmp_path, name=evil)
        plain = evil.replace("/", "|")
        boxes = run.boxes(
            [
                {
                    "position": {"minX": 0.1, "maxX": 0.5, "minY": 0.3, "maxY": 0.6},
                    "class_id": 1,
                    "scores": {evil: 0.5},
                    "box_caption": evil,
                },
                {
                    "position": {"minX": 0.5, "maxX": 0.9, "minY": 0.3, "maxY": 0.6},
                    "class_id": 2,
                },
            ],
            {"2": evil},
            "media/b.json",
        )
        mask = run.mask(EVERY_CLASS, f"media/{plain}.mask.png")
        run.label_mask(plain, evil, {"1": evil})
        image = run.image(
            BLACK,
            f"media/images/{plain}.png",
            caption=evil,
            boxes={evil: boxes},
            masks={evil: mask},
        )
        run.log(0, **{plain: image})
        write_gallery(run.write())
        opened = visit(tmp_path)
        page = opened.page
        page.locator(".layer summary").first.click()
        assert page.locator("#run-name").text_content() == evil
        assert page.locator(".tile figcaption").text_content() == evil
        assert page.locator(".panel .key").text_content() == plain
        assert page.locator(".tile .name").all_text_contents() == [evil, evil]
        assert page.locator(".layer > .check .text").all_text_contents() == [evil, evil]
        assert evil in page.locator(".class-row .text").all_text_contents()
        assert f"{evil} at least" in page.locator(".slider .text").all_text_contents()
        assert evil in page.evaluate("document.querySelector('title').textContent")
        assert page.locator(".tile .base").evaluate("(image) => image.naturalWidth") == 16
        page.locator("button.open").click()
        assert page.locator("#viewer-title").text_content() == f"{evil} ({plain})"
        assert page.evaluate("window.pwned") is None
        assert page.locator("img[src=x], body svg[onload], b b").count() == 0
        assert opened.complaints == []

    def test_the_policy_stops_markup_that_got_in(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(stepped_run(tmp_path))
        opened.page.evaluate(
            """() => {
                document.body.insertAdjacentHTML("beforeend",
                    "<img src=x onerror=\\"window.pwned = 1\\">");
                const script = document.createElement("script");
                script.textContent = "window.pwned = 2";
                document.body.append(script);
                document.body.append(Object.assign(new Image(), {src: "http://localhost:9/x"}));
            }"""
        )
        opened.page.wait_for_timeout(200)
        assert opened.page.evaluate("window.pwned") is None
        stopped = " ".join(opened.complaints)
        assert stopped.count("violates the following Content Security Policy") == 3
        assert "Loading the image 'http://localhost:9/x' violates" in stopped

    def test_only_files_of_the_run_are_asked_for_and_the_run_can_be_moved(
        self, visit: Any, tmp_path: Path
    ) -> None:
        folder = stepped_run(tmp_path / "first")
        moved = tmp_path / "se cond#?%41"
        shutil.move(folder, moved)
        opened = visit(moved)
        assert (opened.pixel_centres(".tile .base >> nth=0", 2, 2) == 90).all()
        root = moved.as_uri() + "/"
        assert [url for url in opened.requests if not url.startswith((root, "data:"))] == []
        assert opened.complaints == []

    def test_a_page_elsewhere_finds_the_run(self, visit: Any, tmp_path: Path) -> None:
        folder = stepped_run(tmp_path / "r u n")
        write_gallery(folder, output=tmp_path / "pages")
        opened = visit(tmp_path / "pages")
        assert (opened.pixel_centres(".tile .base >> nth=0", 2, 2) == 90).all()

    def test_a_file_that_cannot_be_shown_is_a_link(self, visit: Any, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        run.log(0, p=run.image(BLACK, "media/images/100% p.png"))
        write_gallery(run.write())
        (tmp_path / "media/images/100% p.png").write_bytes(b"II*\0 a TIFF file")
        opened = visit(tmp_path)
        link = opened.page.locator(".tile a.file")
        assert link.inner_text() == "100% p.png cannot be shown here"
        assert link.get_attribute("href") == "media/images/100%25%20p.png"

    def test_skipped_records_are_told(self, visit: Any, tmp_path: Path) -> None:
        folder = stepped_run(tmp_path)
        with (folder / "history.jsonl").open("a") as file:
            file.write('{"_step": 100, "often": {"_ty')
        write_gallery(folder)
        opened = visit(folder)
        opened.page.locator("#notes summary").click()
        assert opened.text("#notes li") == ["1 \u00d7 unfinished line at the end skipped"]

    def test_a_run_without_pictures(self, visit: Any, tmp_path: Path) -> None:
        write_gallery(RunFolder(tmp_path).write())
        opened = visit(tmp_path)
        assert opened.text(".empty") == ["This run has no pictures yet."]
        assert opened.complaints == []


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
        assert seen[:5] == ["skip", "step-entry", "search", "tile-size", "side-toggle"]
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


def test_ten_thousand_pictures_and_five_hundred_steps(visit: Any, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.image(np.full((64, 64, 3), 77, np.uint8), "media/images/one.png")
    for step in range(500):
        row = {}
        for key in range(5):
            paths = [f"media/images/k{key}_{step}_{n}.png" for n in range(4)]
            for path in paths:
                os.link(tmp_path / "media/images/one.png", tmp_path / path)
            row[f"k{key}"] = separated(
                [{"path": path, "width": 64, "height": 64} for path in paths],
                captions=[f"{step}.{key}.{n}" for n in range(4)],
            )
        run.log(step, **row)
    page = write_gallery(run.write())
    assert page.stat().st_size < 2_000_000
    opened = visit(tmp_path)
    assert "10,000 pictures" in opened.text("#run-facts")[0]
    for at in (0, 250, 499):
        opened.set_range("#step-range", at)
        opened.settled()
        captions = opened.text(".tile figcaption")
        assert captions == [f"{at}.{key}.{n}" for key in range(5) for n in range(4)]
        assert opened.page.locator("img").count() <= 20
    lazy = opened.page.locator(".tile img").evaluate_all(
        "(all) => all.every((image) => image.loading === 'lazy' && image.width && image.height)"
    )
    assert lazy


def test_one_step_with_thousands_of_pictures_is_capped(visit: Any, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    image = run.image(BLACK, "media/images/one.png")
    keys = {f"key{n}": image for n in range(300)}
    run.log(0, many=separated([image] * 3000), **keys)
    write_gallery(run.write())
    opened = visit(tmp_path)
    assert opened.page.locator(".tile").count() <= 140
    opened.page.get_by_role("button", name="Show more of 3000 pictures").click()
    opened.settled()
    assert opened.page.locator(".panel").first.locator(".tile").count() == 300
    more_keys = opened.page.get_by_role("button", name="Show more of 301 keys")
    more_keys.click()
    opened.settled()
    assert opened.page.locator(".panel").count() == 160
    assert json.loads(opened.page.locator("#index").text_content())["images"] == 3300

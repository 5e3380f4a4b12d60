"""The served page: it grows with its runs, stays quick with many pictures, reads values."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import wbimage_ext

from ...scenario import rows_of
from ..made_runs import RunFolder, separated
from ..serving import serve
from .conftest import Visit
from .pages import EVERY_CLASS, NAMES, stepped_run
from .test_hostile import EVIL
from .test_runs import colour_run, three_runs

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")


LOGGER = """
import sys, time, numpy as np, wbimage_ext
with wbimage_ext.LocalRun(sys.argv[1], name=sys.argv[2]) as run:
    for step in range(10_000):
        pixels = np.full((20, 30, 3), step % 200, np.uint8)
        run.log({"p": wbimage_ext.Image(pixels, caption=f"at {step}"), "loss": 1 / (step + 1)})
        print(step, flush=True)
        time.sleep(0.2)
"""


class Logger:
    """A process that logs a step every fifth of a second."""

    def __init__(self, folder: Path, name: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", LOGGER, str(folder), name], stdout=subprocess.PIPE, text=True
        )

    def step(self) -> int:
        """Wait for the next step and return it."""
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())

    def kill(self) -> None:
        """End the process in the middle of what it does; again is no error."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def caption(opened: Visit) -> str:
    return str(opened.page.locator("figcaption").first.text_content())


def changes_asked(opened: Visit) -> int:
    """How often the page has asked for what is new."""
    return sum("/changes?" in url for url in opened.requests)


def wait_for_step(opened: Visit, step: int) -> None:
    """Wait until the first picture is that of a step, or of a later one."""
    opened.until(
        f"Number(document.querySelector('figcaption').textContent.split(' ')[1]) >= {step}"
    )


class TestLive:
    def test_steps_appear_and_the_slider_follows_only_at_the_end(
        self, visit: Any, tmp_path: Path
    ) -> None:
        logger = Logger(tmp_path / "run", "live")
        try:
            logger.step()
            with serve(tmp_path) as server:
                opened = visit(server.url)
                opened.page.locator("figcaption").first.wait_for()
                for _ in range(4):
                    step = logger.step()
                wait_for_step(opened, step)
                opened.page.locator("#step-back").click()
                opened.settled()
                held = caption(opened)
                (count,) = opened.text("#step-count")
                while logger.step() < step + 12:
                    pass
                opened.until(f"document.querySelector('#step-count').innerText !== '{count}'")
                assert caption(opened) == held
                opened.page.keyboard.press("End")
                wait_for_step(opened, int(held.split()[1]) + 1)
                at_end = int(caption(opened).split()[1])
                while logger.step() < at_end + 5:
                    pass
                wait_for_step(opened, at_end + 5)
                # A process that is killed leaves what it logged.
                logger.kill()
                last = rows_of(tmp_path / "run")[-1]["_step"]
                wait_for_step(opened, last)
                asked = changes_asked(opened)
                opened.wait_for(lambda: changes_asked(opened) > asked + 2)
                assert caption(opened) == f"at {last}"
                assert opened.complaints == []
        finally:
            logger.kill()

    def test_runs_that_begin_and_vanish(self, visit: Any, tmp_path: Path) -> None:
        colour_run(tmp_path / "a", "red", range(3), day=1)
        with serve(tmp_path) as server:
            opened = visit(server.url)
            opened.page.locator("figcaption", has_text="red 2").wait_for()
            colour_run(tmp_path / "b", "green", range(5), key="other", day=2)
            opened.page.locator("figcaption", has_text="green 4").wait_for()
            assert opened.text(".row-key") == ["other", "p"]
            assert len(opened.text("#run-table tbody tr")) == 2
            shutil.rmtree(tmp_path / "a")
            opened.page.locator("#run-name", has_text="green").wait_for()
            assert opened.text(".panel .key") == ["other"]
            shutil.rmtree(tmp_path / "b")
            opened.page.locator(".empty").wait_for()
            colour_run(tmp_path / "c", "blue", range(2))
            opened.page.locator("figcaption", has_text="blue 1").wait_for()

    def test_new_layers_classes_and_metrics_join(self, visit: Any, tmp_path: Path) -> None:
        run = RunFolder(tmp_path / "run")
        plain = run.image(np.zeros((16, 16, 3), np.uint8), "media/images/plain.png")
        run.log(0, p=plain)
        run.write()
        with serve(tmp_path) as server:
            opened = visit(server.url)
            opened.page.locator(".panel .key", has_text="p").wait_for()
            run.label_mask("q", "m", NAMES)
            masks = {"m": run.mask(EVERY_CLASS, "media/images/mask/q.mask.png")}
            run.log(1, q={**plain, "masks": masks}, loss=3.5)
            run.write()
            opened.page.locator(".layer .text", has_text="m").wait_for()
            opened.page.get_by_label("name 17", exact=True).wait_for()
            opened.page.locator(".chart .key", has_text="loss").wait_for()
            area = opened.page.locator(".panel[aria-label=q] .base").bounding_box()
            opened.page.mouse.move(
                area["x"] + area["width"] * 1.5 / 16, area["y"] + area["height"] * 1.5 / 16
            )
            opened.page.locator("#readout", has_text="name 17 (17)").wait_for()

    def test_a_server_that_ends_is_told_and_what_is_shown_stays(
        self, visit: Any, tmp_path: Path
    ) -> None:
        stepped_run(tmp_path)
        with serve(tmp_path) as server:
            opened = visit(server.url)
            opened.page.locator("figcaption", has_text="at 90").wait_for()
        opened.page.locator("#live-note", has_text="The server does not answer").wait_for()
        assert caption(opened) == "at 90"

    def test_a_second_client_and_another_step_for_each(self, visit: Any, tmp_path: Path) -> None:
        with serve(three_runs(tmp_path)) as server:
            first, second = visit(server.url), visit(server.url)
            for opened in (first, second):
                opened.page.locator("figcaption", has_text="red 90").wait_for()
            first.page.keyboard.press("Home")
            first.page.locator("figcaption", has_text="red 0").wait_for()
            assert second.text("figcaption")[0] == "red 90"

    @pytest.mark.parametrize("evil", EVIL)
    def test_text_from_outside_is_shown_as_written(
        self, visit: Any, tmp_path: Path, evil: str
    ) -> None:
        for name in ("one", "two"):
            run = RunFolder(tmp_path / name, name=evil)
            image = run.image(EVERY_CLASS, "media/images/p.png", caption=evil)
            run.log(0, **{evil: image, f"a{evil}": 3})
            run.write()
            (run.root / "config.json").write_text(json.dumps({evil: f"{evil} {name}"}))
        with serve(tmp_path) as server:
            opened = visit(server.url)
            opened.page.locator("figcaption").first.wait_for()
            assert opened.page.locator("figcaption").first.text_content() == evil
            assert (
                opened.page.locator(".row-key").text_content().strip()
                == (evil.partition("/")[2] or evil).strip()
            )
            assert opened.page.locator(".chart .key").text_content() == f"a{evil}"
            assert evil in opened.page.locator("#run-table .run-cell span").first.text_content()
            assert evil in opened.page.locator("#run-table th").nth(3).text_content()
            assert opened.page.evaluate("window.pwned") is None
            assert opened.page.locator("img[src=x], body svg[onload], b b").count() == 0
            assert opened.complaints == []


class TestMany:
    def run_of(self, root: Path, name: str, pictures: int) -> None:
        """Write a run of many pictures, five keys of four in each step, all in four files."""
        run = RunFolder(root, name)
        images = [
            run.image(np.full((64, 64, 3), n, np.uint8), f"media/images/{n}.png") for n in range(4)
        ]
        for step in range(pictures // 20):
            row: dict[str, Any] = {"loss": 1 / (step + 1)}
            for key in range(5):
                captions = [f"{step}.{key}.{n}" for n in range(4)]
                row[f"k{key}"] = separated(images, captions=captions)
            run.log(step, **row)
        run.write()

    def test_twenty_runs_of_ten_thousand_pictures(self, visit: Any, tmp_path: Path) -> None:
        for number in range(20):
            self.run_of(tmp_path / f"run {number}", f"run {number}", 10_000)
        with serve(tmp_path) as server:
            opened = visit(server.url)
            opened.until("document.querySelector('#live-note').hidden")
            opened.page.locator("#step-count", has_text="500 of 500").wait_for()
            for at in (250, 0, 249, 250, 1):
                opened.set_range("#step-range", at)
                opened.page.locator("figcaption", has_text=f"{at}.0.0").first.wait_for()
            memory = self.memory(opened)
            for at in range(0, 500, 5):
                opened.set_range("#step-range", at)
                opened.page.wait_for_timeout(15)
            assert opened.page.locator("img").count() <= 200
            assert self.memory(opened) < memory + 40e6
            # The other runs are read meanwhile, and the list knows them all.
            opened.until("Runs.all.every((run) => run.card.reading === 1)")
        assert memory < 150e6

    def memory(self, opened: Visit) -> float:
        """Bytes of the page's JavaScript after a collection."""
        session = opened.page.context.new_cdp_session(opened.page)
        session.send("HeapProfiler.collectGarbage")
        return float(session.send("Runtime.getHeapUsage")["usedSize"])


TABLE = np.stack([np.arange(256), 255 - np.arange(256), np.zeros(256)], -1).astype(np.uint8)


class TestValues:
    def open_values(self, visit: Any, folder: Path, server: Any) -> Visit:
        opened = visit(server.url)
        opened.page.locator(".tile .base").first.wait_for()
        opened.settled()
        return opened

    def point(self, opened: Visit, column: float, row: float, width: int, height: int) -> str:
        area = opened.page.locator(".tile .base").first.bounding_box()
        opened.page.mouse.move(
            area["x"] + (column + 0.5) * area["width"] / width,
            area["y"] + (row + 0.5) * area["height"] / height,
        )
        where = f"x {column}  y {row}"
        opened.page.locator("#readout .where", has_text=where).wait_for()
        return str(opened.page.locator("#readout .value").inner_text())

    def log(self, folder: Path, picture: Image.Image, suffix: str = "png", **options: Any) -> None:
        run = RunFolder(folder)
        (folder / "media").mkdir(parents=True)
        out = io.BytesIO()
        picture.save(out, suffix, **options)
        (folder / f"media/p.{suffix}").write_bytes(out.getvalue())
        path = f"media/p.{suffix}"
        size = {"width": picture.width, "height": picture.height}
        run.log(0, p={"_type": "image-file", "path": path, **size})
        run.write()

    @pytest.mark.parametrize("kind", ["L", "RGB", "RGBA", "LA", "P", "1", "I;16", "P2"])
    def test_the_pictures_own_values(self, visit: Any, tmp_path: Path, kind: str) -> None:
        random = np.random.default_rng(2)
        bands = {"RGB": 3, "RGBA": 4, "LA": 2}.get(kind, 1)
        pixels = random.integers(0, 256, (6, 8, bands), np.uint8)
        expected = ["  ".join(map(str, pixel)) for pixel in pixels.reshape(-1, bands)]
        if kind == "I;16":
            wide = random.integers(0, 65536, (6, 8)).astype(np.uint16)
            picture = Image.fromarray(wide)
            expected = [str(value) for value in wide.ravel()]
        elif kind == "1":
            picture = Image.fromarray(pixels[..., 0] > 127)
            expected = [str(int(value > 127)) for value in pixels.ravel()]
        elif kind in ("P", "P2"):
            colours = 256 if kind == "P" else 4  # four need two bits
            indices = pixels[..., 0] if kind == "P" else pixels[..., 0] % 4
            picture = Image.fromarray(indices)
            picture.putpalette([value for n in range(colours) for value in (n, 255 - n, 7)])
            expected = [f"index {n} ({n}, {255 - n}, 7)" for n in indices.ravel().tolist()]
        else:
            picture = Image.fromarray(pixels[..., 0] if bands == 1 else pixels)
        self.log(tmp_path, picture)
        with serve(tmp_path) as server:
            opened = self.open_values(visit, tmp_path, server)
            for row, column in ((0, 0), (3, 5), (5, 7), (2, 1)):
                told = self.point(opened, column, row, 8, 6)
                bare = (
                    told if kind.startswith("P") else "".join(c for c in told if c not in "RGBA ")
                )
                assert bare == expected[row * 8 + column].replace(
                    " ", "" if kind[0] != "P" else " "
                )

    def test_of_a_jpeg_that_is_turned(self, visit: Any, tmp_path: Path) -> None:
        pixels = np.zeros((64, 96, 3), np.uint8)
        pixels[:32, :48] = (250, 10, 10)
        exif = Image.Exif()
        exif[0x112] = 6
        self.log(tmp_path, Image.fromarray(pixels), "jpeg", exif=exif, quality=95, subsampling=0)
        with serve(tmp_path) as server:
            opened = self.open_values(visit, tmp_path, server)
            area = opened.page.locator(".tile .base").bounding_box()
            opened.page.mouse.move(
                area["x"] + area["width"] * 0.8, area["y"] + area["height"] * 0.2
            )
            opened.page.locator("#readout .value", has_text="R 2").wait_for()
            opened.page.mouse.move(
                area["x"] + area["width"] * 0.2, area["y"] + area["height"] * 0.2
            )
            opened.page.locator("#readout .value", has_text="R 0  G 0  B 0").wait_for()

    def test_window_and_level_of_sixteen_bits(self, visit: Any, tmp_path: Path) -> None:
        values = np.linspace(1000, 1200, 48).reshape(6, 8).astype(np.uint16)
        self.log(tmp_path, Image.fromarray(values))
        with serve(tmp_path) as server:
            opened = self.open_values(visit, tmp_path, server)
            opened.page.locator("button.open").click()
            dark = opened.pixel_centres(".pane .base", 8, 6)[..., 0]
            assert np.ptp(dark.astype(int)) <= 1  # the browser shows the upper eight bits
            area = opened.page.locator(".pane .base").bounding_box()
            opened.page.mouse.move(area["x"] + 30, area["y"] + 30)
            opened.page.locator("#readout .value", has_text="1000").wait_for()
            opened.page.get_by_role("button", name="Window from its lowest to its highest").click()
            opened.page.locator(".pane canvas.window:visible").wait_for()
            opened.page.mouse.move(5, 5)
            shown = opened.pixel_centres(".pane .base", 8, 6)[..., 0].astype(int)
            expected = (values.astype(float) - 1000) / 200 * 255
            assert np.abs(shown - expected).max() <= 1.5
            opened.page.get_by_role("button", name="whole range").click()
            opened.page.locator(".pane canvas.window").wait_for(state="hidden")

    def test_the_colour_bar_of_a_colormap(self, visit: Any, tmp_path: Path) -> None:
        picture = Image.fromarray(np.arange(208, 256, dtype=np.uint8).reshape(6, 8))
        picture.putpalette(TABLE.ravel().tolist())
        self.log(tmp_path, picture)
        with serve(tmp_path) as server:
            opened = self.open_values(visit, tmp_path, server)
            told = self.point(opened, 7, 5, 8, 6)
            assert told == "index 255 (255, 0, 0)"
            bar = opened.page.locator(".colour-bar")
            assert bar.is_visible()
            assert opened.text(".colour-ends span") == ["0", "255"]
            assert "does not say which values" in opened.text(".colours .hint")[0]
            area = bar.bounding_box()
            mark = opened.page.locator(".colour-mark").bounding_box()
            assert mark["x"] == pytest.approx(area["x"] + area["width"], abs=4)
            row = opened.pixels()[int(area["y"] + area["height"] / 2)]
            left, right = row[int(area["x"]) + 4], row[int(area["x"] + area["width"] * 0.75)]
            assert left[1] > 230
            assert int(right[0]) == pytest.approx(191, abs=6)

    @pytest.mark.parametrize(
        ("options", "told", "ends"),
        [
            ({"normalize": (-2, 2)}, {"-2": 0, "0.0": 127, "1.98": 253, "2": 255}, ["-2", "2"]),
            (
                {"normalize": (0, 1), "nan_color": (9, 9, 9)},
                {"0": 0, "0.500": 127, "1": 254, "NaN": 255},
                ["0", "1"],
            ),
        ],
    )
    def test_values_in_the_unit_of_the_data(
        self, visit: Any, tmp_path: Path, options: Any, told: dict[str, int], ends: list[str]
    ) -> None:
        values = np.array([[float(value) for value in told]])
        values[np.isclose(values, 1.98)] = 253.5 / 255 * 4 - 2
        picture = wbimage_ext.Image(np.repeat(values, 4, 0), colormap=TABLE, **options)
        with wbimage_ext.LocalRun(tmp_path) as run:
            run.log({"heat": [picture]})
        with serve(tmp_path) as server:
            opened = self.open_values(visit, tmp_path, server)
            for column, (value, index) in enumerate(told.items()):
                shown, _, rest = self.point(opened, column, 2, 4, 4).partition(" ")
                assert rest == f"(index {index})"
                assert shown == "NaN" if value == "NaN" else abs(float(shown) - float(value)) < 0.02
            assert opened.text(".colour-ends span") == ends
            assert not opened.page.locator(".colours .hint").is_visible()

    @pytest.mark.parametrize("bit_depth", [8, 16])
    def test_gray_values_in_the_unit_of_the_data(
        self, visit: Any, tmp_path: Path, bit_depth: int
    ) -> None:
        metres = np.linspace(0.5, 4.5, 48).reshape(6, 8)
        picture = wbimage_ext.Image(metres, normalize=(0, 5), bit_depth=bit_depth)
        with wbimage_ext.LocalRun(tmp_path) as run:
            run.log({"depth": picture})
        with serve(tmp_path) as server:
            opened = self.open_values(visit, tmp_path, server)
            shown, _, rest = self.point(opened, 7, 5, 8, 6).partition(" ")
            most = 2**bit_depth - 1
            assert rest == f"({int(4.5 / 5 * most)})"
            assert float(shown) == pytest.approx(4.5, abs=5 / most + 1e-5)
            assert opened.text(".colour-ends span") == ["0", "5"]

    def test_from_disk_it_says_what_is_needed(self, visit: Any, tmp_path: Path) -> None:
        opened = visit(stepped_run(tmp_path))
        assert "python -m wbimage_ext view PATH --serve" in opened.text(".control .hint")[0]

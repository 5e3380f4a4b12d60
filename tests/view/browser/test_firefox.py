"""The page in Firefox: exact colours of masks, turned pictures, several runs, a server, values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ..made_runs import RunFolder
from ..serving import serve
from .firefox import FIREFOX, Firefox, running_firefox
from .pages import class_run
from .test_runs import three_runs
from .test_turned import HEIGHT, WIDTH, turned_run

pytestmark = pytest.mark.skipif(FIREFOX is None, reason="Firefox is not installed")

CAPTIONS = "return [...document.querySelectorAll('figcaption')].map((c) => c.textContent).join();"
LOADED = (
    "const all = [...document.querySelectorAll('.shot img')];"
    "return all.length > 0 && all.every((image) => image.complete && image.naturalWidth);"
)


@pytest.fixture(scope="module")
def firefox() -> Iterator[Firefox]:
    with running_firefox() as browser:
        yield browser


def set_range(firefox: Firefox, selector: str, value: float) -> None:
    firefox.evaluate(
        "const range = document.querySelector(arguments[0]); range.value = arguments[1];"
        "range.dispatchEvent(new Event('input'));",
        selector,
        value,
    )


def press(firefox: Firefox, key: str) -> None:
    firefox.evaluate(
        "document.body.dispatchEvent("
        "new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}));",
        key,
    )


def class_colours(firefox: Firefox) -> np.ndarray:
    """Return the colours that the list of classes shows, in the order of their numbers."""
    css = firefox.evaluate(
        "return [...document.querySelectorAll('.class-row .swatch')]"
        ".map((swatch) => getComputedStyle(swatch).color.match(/\\d+/g).map(Number));"
    )
    return np.array(css)


def test_every_class_has_its_exact_colour(firefox: Firefox, tmp_path: Path) -> None:
    class_run(tmp_path)
    firefox.open((tmp_path / "index.html").as_uri())
    firefox.until(LOADED)
    set_range(firefox, ".control .slider input", 1)
    shown = firefox.centres(".tile .base", 16, 16)
    np.testing.assert_array_equal(shown.reshape(256, 3), class_colours(firefox))


@pytest.mark.parametrize("orientation", [3, 6, 7])
def test_overlays_of_a_turned_picture(firefox: Firefox, tmp_path: Path, orientation: int) -> None:
    turned_run(tmp_path, orientation, "jpeg")
    firefox.open((tmp_path / "index.html").as_uri())
    firefox.until(LOADED)
    press(firefox, "b")
    press(firefox, "m")
    size = (HEIGHT, WIDTH) if orientation >= 5 else (WIDTH, HEIGHT)
    is_patch = firefox.centres(".tile .base", *size).mean(-1) > 128
    assert is_patch.sum() == 8
    press(firefox, "m")
    set_range(firefox, ".control .slider input", 1)
    shown = firefox.centres(".tile .base", *size)
    np.testing.assert_array_equal((shown == class_colours(firefox)[1]).all(-1), is_patch)


def test_several_runs_from_disk_and_their_difference(firefox: Firefox, tmp_path: Path) -> None:
    three_runs(tmp_path)
    firefox.open((tmp_path / "index.html").as_uri())
    firefox.until(LOADED)
    assert firefox.evaluate(CAPTIONS) == "red 90,green 40,blue 59"
    firefox.evaluate(
        "const entry = document.getElementById('step-entry'); entry.value = '45';"
        "entry.dispatchEvent(new Event('change'));"
    )
    firefox.until("return document.querySelectorAll('figcaption').length === 2;")
    assert firefox.evaluate(CAPTIONS) == "red 40,green 40"
    assert firefox.evaluate("return document.querySelectorAll('.chart .line').length;") == 6
    firefox.evaluate(
        "[...document.querySelectorAll('.pick input')].slice(0, 2).forEach((box) => box.click());"
        "document.getElementById('tray-compare').click();"
        "document.querySelectorAll('#compare-bar button')[3].click();"
    )
    firefox.until("return document.querySelector('.pane .base').complete;")
    assert (firefox.centres(".pane .base", 3, 2) == (200, 200, 0)).all()


def test_a_served_run_grows_and_its_values_are_read(firefox: Firefox, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    values = np.arange(48, dtype=np.uint8).reshape(6, 8)
    run.log(0, p=run.image(values, "media/p.png", caption="first"), loss=1)
    run.write()
    with serve(tmp_path) as server:
        firefox.open(server.url)
        firefox.until(LOADED)
        run.log(1, p=run.image(values, "media/p.png", caption="second"), loss=2)
        run.write()
        firefox.until("return document.querySelector('figcaption').textContent === 'second';")
        firefox.until("return document.querySelector('.chart-values').textContent === '2';")
        firefox.evaluate(
            "const area = document.querySelector('.tile .base').getBoundingClientRect();"
            "document.querySelector('.tile .shot').dispatchEvent(new PointerEvent('pointermove',"
            "{clientX: area.x + area.width * 5.5 / 8, clientY: area.y + area.height * 2.5 / 6}));"
        )
        told = firefox.until("const v = document.querySelector('.value'); return v && v.innerText;")
        assert told == str(values[2, 5])

"""A real, headless Chromium; a page notes what was asked for and what went wrong."""

from __future__ import annotations

import io
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ...conftest import HANG_SECONDS, SHORT_FOLDER

CHROMIUM = os.environ.get("WBIMAGE_CHROMIUM") or shutil.which("chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    skip = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.slow)
            item.add_marker(skip)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--force-color-profile=srgb"],
            env={**os.environ, "TMPDIR": SHORT_FOLDER},  # of its profile, in which sockets are
            timeout=HANG_SECONDS * 1000,
        )
        yield chromium
        chromium.close()


class Visit:
    """A page that was opened, with what it asked for and complained about."""

    page: Any

    def __init__(self, page: Any, place: Path | str) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.goto(place if isinstance(place, str) else (place / "index.html").as_uri())

    def text(self, selector: str) -> list[str]:
        self.settled()
        return list(self.page.locator(selector).all_inner_texts())

    def until(self, script: str, seconds: float = HANG_SECONDS) -> None:
        """Wait until a script gives true; the page's policy forbids the usual way."""
        end = time.monotonic() + seconds
        while not self.page.evaluate(script):
            assert time.monotonic() < end, script
            self.page.wait_for_timeout(20)

    def wait_for(self, is_there: Callable[[], bool]) -> None:
        """Wait until something holds of what the page told."""
        end = time.monotonic() + HANG_SECONDS
        while not is_there():
            assert time.monotonic() < end, (self.requests[-3:], self.complaints)
            self.page.wait_for_timeout(20)

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

    def open_page(place: Path | str, **options: Any) -> Visit:
        """Open the page in a folder, or the page at a URL."""
        options = {"viewport": {"width": 1300, "height": 900}, **options}
        context = browser.new_context(reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_default_timeout(HANG_SECONDS * 1000)
        opened = Visit(context.new_page(), place)
        opened.settled()
        return opened

    yield open_page
    for context in contexts:
        context.close()

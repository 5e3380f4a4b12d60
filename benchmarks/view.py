"""The served page with many runs: the first picture, the time of a step, the browser's memory.

    python -m benchmarks.view [--runs 20] [--pictures 10000] [--steps 12] [--repeat 5]

Needs playwright, Debian's Chromium (or WBIMAGE_CHROMIUM=PATH), and the extra `view`. Each repeat
starts a server that has read nothing yet. *first picture* goes from the request of the page until a
picture is decoded in it. A *step* goes from moving the slider until its pictures are decoded, in
all runs that are shown. *again* is a step that was shown before.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import wbimage_ext

KEYS = 5
IMAGES_A_KEY = 4
IMAGES_A_STEP = KEYS * IMAGES_A_KEY
STEPS_OF_FILES = 50  # the files of a step come again after so many steps
SIDE = 64

# Resolves when the pictures in sight are those of the step, and decoded. The tiles say their step.
SHOWN = """async (at) => {
    const start = performance.now();
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    if (at !== null) {
        const range = document.getElementById("step-range");
        range.value = at;
        range.dispatchEvent(new Event("input"));
    }
    const isShown = (tile) => {
        const area = tile.getBoundingClientRect();
        const picture = tile.querySelector(".base");
        if (area.bottom < 0 || area.top > innerHeight) {
            return true;
        }
        const words = tile.querySelector("figcaption").textContent;
        return picture.complete && picture.naturalWidth > 0
            && (at === null || words.startsWith(`${at}.`));
    };
    const tiles = () => Array.from(document.querySelectorAll("figure.tile"));
    while (!tiles().length || !tiles().every(isShown)) {
        await frame();
    }
    return performance.now() - start;
}"""


def write_run(folder: Path, number: int, pictures: int) -> None:
    """Write a LocalRun of so many pictures, as fast as its lines can be written."""
    random = np.random.default_rng(number)
    media = folder / "media/images"
    media.mkdir(parents=True)
    for place in range(STEPS_OF_FILES * IMAGES_A_STEP):
        pixels = random.integers(0, 256, (8, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        (media / f"{place}.png").write_bytes(wbimage_ext.encode(pixels))
    with (folder / "history.jsonl").open("w") as history:
        for step in range(pictures // IMAGES_A_STEP):
            history.write(json.dumps(_row(step)) + "\n")
    about = {"name": f"run {number}", "started": f"2026-01-{number % 28 + 1:02}T00:00:00+00:00"}
    (folder / "run.json").write_text(json.dumps(about))
    (folder / "config.json").write_text(json.dumps({"rate": 0.1 / (number + 1)}))


def _row(step: int) -> dict[str, Any]:
    row: dict[str, Any] = {"_step": step, "loss": 1 / (step + 1), "accuracy": step / 1000}
    for key in range(KEYS):
        first = step % STEPS_OF_FILES * IMAGES_A_STEP + key * IMAGES_A_KEY
        places = range(first, first + IMAGES_A_KEY)
        row[f"k{key}"] = {
            "_type": "images/separated",
            "width": SIDE,
            "height": SIDE,
            "format": "png",
            "count": IMAGES_A_KEY,
            "filenames": [f"media/images/{place}.png" for place in places],
            "captions": [f"{step}.{key}.{place - first}" for place in places],
        }
    return row


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The URL of a server that has just begun."""
    command = [sys.executable, "-m", "wbimage_ext", "view", str(folder), "--serve"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGINT)


def measure(browser: Any, folder: Path, steps: int, last_step: int) -> dict[str, Any]:
    """One visit: seconds to the first picture, milliseconds of steps, bytes of memory."""
    with served(folder) as url:
        page = browser.new_context(viewport={"width": 1400, "height": 960}).new_page()
        start = time.perf_counter()
        page.goto(url, wait_until="commit")
        page.evaluate(
            """async () => {
                while (!Array.from(document.images).some((image) => image.naturalWidth)) {
                    await new Promise((done) => requestAnimationFrame(done));
                }
            }"""
        )
        first = time.perf_counter() - start
        while not page.evaluate("document.getElementById('live-note').hidden"):
            time.sleep(0.05)
        page.evaluate(SHOWN, None)
        places = [place * last_step // steps for place in range(steps)]
        order = [*places[::2], *places[1::2]]
        new = [page.evaluate(SHOWN, place) for place in order]
        again = [page.evaluate(SHOWN, place) for place in order]
        session = page.context.new_cdp_session(page)
        session.send("HeapProfiler.collectGarbage")
        heap = session.send("Runtime.getHeapUsage")["usedSize"]
        resident = _resident_bytes(browser)
        page.context.close()
    return {"first": first, "new": new, "again": again, "heap": heap, "resident": resident}


def _resident_bytes(browser: Any) -> int:
    """The memory of the browser's largest process that renders pages; 0 where Linux is not."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    sizes = [0]
    for process in processes:
        if process["type"] == "renderer":
            with contextlib.suppress(OSError):
                pages = Path(f"/proc/{process['id']}/statm").read_text().split()[1]
                sizes.append(int(pages) * os.sysconf("SC_PAGE_SIZE"))
    return max(sizes)


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.view", description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--pictures", type=int, default=10_000, help="of each run")
    parser.add_argument("--steps", type=int, default=12, help="of the slider, each measured twice")
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args(given)
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("WBIMAGE_CHROMIUM") or shutil.which("chromium")
    last_step = arguments.pictures // IMAGES_A_STEP - 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        for number in range(arguments.runs):
            write_run(Path(folder, f"run {number}"), number, arguments.pictures)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        visits = [
            measure(browser, Path(folder), arguments.steps, last_step)
            for _ in range(arguments.repeat)
        ]
        browser.close()
    firsts = [visit["first"] for visit in visits]
    print(f"{arguments.runs} runs of {arguments.pictures} pictures, {arguments.repeat} visits")
    print(f"load                 {os.getloadavg()[0]:.1f}")
    print(f"first picture        {statistics.median(firsts):.2f} s, at most {max(firsts):.2f} s")
    for name, words in (("new", "step, the first time"), ("again", "step, again")):
        times = [milliseconds for visit in visits for milliseconds in visit[name]]
        print(f"{words:<20} {statistics.median(times):.0f} ms, at most {max(times):.0f} ms")
    for name, words in (("heap", "heap of the page"), ("resident", "its process")):
        print(f"{words:<20} {max(visit[name] for visit in visits) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()

"""Text, links and markup from outside stay data in the page."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from wbimage_ext.view import write_page

from ..made_runs import RunFolder
from .pages import BLACK, EVERY_CLASS, stepped_run

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
        write_page(run.write())
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
        opened.wait_for(lambda: len(opened.complaints) >= 3)
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
        write_page(folder, output=tmp_path / "pages")
        opened = visit(tmp_path / "pages")
        assert (opened.pixel_centres(".tile .base >> nth=0", 2, 2) == 90).all()

    def test_a_file_that_cannot_be_shown_is_a_link(self, visit: Any, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        run.log(0, p=run.image(BLACK, "media/images/100% p.png"))
        write_page(run.write())
        (tmp_path / "media/images/100% p.png").write_bytes(b"II*\0 a TIFF file")
        opened = visit(tmp_path)
        link = opened.page.locator(".tile a.file")
        assert link.inner_text() == "100% p.png cannot be shown here"
        assert link.get_attribute("href") == "media/images/100%25%20p.png"

    def test_names_that_are_no_utf_8(self, visit: Any, tmp_path: Path) -> None:
        run = RunFolder(tmp_path)
        for name in ("good", "bad"):
            path = f"media/{name} \udcff.png"
            made = run.image(BLACK, f"media/{name}.png")
            (tmp_path / f"media/{name}.png").rename(tmp_path / path)
            run.log(0 if name == "good" else 1, **{name: {**made, "path": path}})
        (tmp_path / "media/bad \udcff.png").write_bytes(b"no picture")
        write_page(run.write())
        opened = visit(tmp_path)
        assert (
            opened.page.locator(".panel[aria-label=good] .base").evaluate(
                "(image) => image.naturalWidth"
            )
            == 16
        )
        link = opened.page.locator(".panel[aria-label=bad] a.file")
        assert link.inner_text() == "bad%20%FF.png cannot be shown here"
        assert opened.complaints == []

    def test_skipped_records_are_told(self, visit: Any, tmp_path: Path) -> None:
        folder = stepped_run(tmp_path)
        with (folder / "history.jsonl").open("a") as file:
            file.write('{"_step": 100, "often": {"_ty')
        write_page(folder)
        opened = visit(folder)
        opened.page.locator("#notes summary").click()
        assert opened.text("#notes li") == ["1 \u00d7 unfinished line at the end skipped"]

    def test_a_run_without_pictures(self, visit: Any, tmp_path: Path) -> None:
        write_page(RunFolder(tmp_path).write())
        opened = visit(tmp_path)
        assert opened.text(".empty") == ["This run has no pictures yet."]
        assert opened.complaints == []

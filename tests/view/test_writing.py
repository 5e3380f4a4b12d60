"""The page that is written: whole or not at all, safe, and without other packages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from wbimage_ext.view import page as page_module
from wbimage_ext.view import write_page

from .made_runs import GRAY, RunFolder, Seen, embedded, framed, one_image_run, wandb_folder


class TestWriting:
    def test_no_run(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("x")
        with pytest.raises(ValueError, match=r"no run in .*: neither history\.jsonl nor run-\*"):
            write_page(tmp_path)
        with pytest.raises(ValueError, match="is a file; give the run's directory"):
            write_page(tmp_path / "notes.txt")
        with pytest.raises(FileNotFoundError, match="no such run directory"):
            write_page(tmp_path / "gone")

    def test_the_one_run_below_a_folder_has_its_page_as_if_it_were_given(
        self, tmp_path: Path
    ) -> None:
        inner = wandb_folder(tmp_path / "wandb", framed([]))
        for folder in (tmp_path, tmp_path / "wandb", inner):
            assert write_page(folder) == inner / "files" / "index.html"

    def test_an_existing_page_is_replaced_whole_or_not_at_all(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = one_image_run(tmp_path).write()
        first = write_page(folder).read_bytes()
        assert write_page(folder).stat().st_size == len(first)
        (folder / "index.html").write_bytes(first)
        for error in (OSError(28, "No space left on device"), KeyboardInterrupt()):

            def fail(*_: object, error: BaseException = error) -> None:
                raise error

            with monkeypatch.context() as patch:
                patch.setattr(page_module, "_mask_blocks", fail)
                with pytest.raises(type(error)):
                    write_page(folder)
            assert (folder / "index.html").read_bytes() == first
            assert not [name for name in os.listdir(folder) if name.endswith(".tmp")]

    def test_a_read_only_run_says_what_would_help(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = one_image_run(tmp_path / "run").write()

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        catalog = Seen(folder).catalog
        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", refuse)
            with pytest.raises(PermissionError, match=r"another folder can be given as output"):
                page_module.write_runs([catalog], folder)

    def test_the_page_may_stand_elsewhere(self, tmp_path: Path) -> None:
        folder = one_image_run(tmp_path / "a b" / "run").write()
        page = write_page(folder, output=tmp_path / "pages" / "one")
        assert page == tmp_path / "pages" / "one" / "index.html"
        assert embedded(page, "run-ID")["base"] == "../../a%20b/run/"
        assert not (folder / "index.html").exists()

    @pytest.mark.parametrize("runs", ["one", "two"])
    def test_a_page_of_somebody_else_is_not_replaced(self, tmp_path: Path, runs: str) -> None:
        folder = one_image_run(tmp_path / "site" / "a").write()
        if runs == "two":
            one_image_run(tmp_path / "site" / "b").write()
            folder = tmp_path / "site"
        page = folder / "index.html"
        page.write_text("<!DOCTYPE html>\n<title>my own site</title>")
        with pytest.raises(FileExistsError) as raised:
            write_page(folder)
        assert str(raised.value) == (
            f"{page} is not a page of wbimage_ext; --output DIR names another folder"
        )
        assert "my own site" in page.read_text()
        assert [path.name for path in folder.glob(".*")] == []
        write_page(folder, tmp_path / "page")

    def test_a_page_of_an_earlier_version_is_replaced(self, tmp_path: Path) -> None:
        folder = one_image_run(tmp_path).write()
        page = write_page(folder)
        mark = '<meta name="generator" content="wbimage_ext">\n'
        text = page.read_text("ascii")
        assert text.count(mark) == 1
        page.write_text(text.replace(mark, ""), "ascii")
        write_page(folder)
        assert mark in page.read_text("ascii")

    def test_hostile_text_cannot_leave_the_data(self, tmp_path: Path) -> None:
        evil = "</script><script>alert(1)</script><!-- \u2028 \ud800"
        run = one_image_run(tmp_path, caption=evil)
        run.name = evil
        text = write_page(run.write()).read_text(encoding="ascii")
        assert "alert(1)</" not in text
        assert embedded(tmp_path / "index.html", "cells-ID-0")[0][0]["c"] == evil

    def test_the_policy_allows_only_the_page_itself(self, tmp_path: Path) -> None:
        text = write_page(one_image_run(tmp_path).write()).read_text()
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
        assert policy is not None
        assert policy[1].startswith("default-src 'none'; img-src 'self' data:; style-src 'sha256-")
        assert "unsafe" not in policy[1]
        assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg", "", text).replace(
            "http-equiv", ""
        )
        assert not re.search(r'<(?:script|link)[^>]* (?:src|href)="(?!data:)', text)

    def test_reading_needs_the_standard_library_alone(self, tmp_path: Path) -> None:
        folder = one_image_run(tmp_path).write()
        package = Path(page_module.__file__).parent.parent
        code = (
            "import sys, types\n"
            "for name in ('numpy', 'wandb', 'PIL', 'google'): sys.modules[name] = None\n"
            # The package without what its own __init__ imports.
            "package = types.ModuleType('wbimage_ext')\n"
            f"package.__path__ = [{str(package)!r}]\n"
            "sys.modules['wbimage_ext'] = package\n"
            "from wbimage_ext import view\n"
            "assert not [m for m in sys.modules if m.startswith('wbimage_ext.view.')]\n"
            f"view.write_page({str(folder)!r})\n"
            "assert 'starlette' not in sys.modules\n"
        )
        subprocess.run([sys.executable, "-I", "-c", code], check=True)


def test_sources_are_plain_ascii_with_short_lines() -> None:
    for source in sorted(page_module.SOURCES.iterdir()):
        text = source.read_text(encoding="ascii")
        assert "\t" not in text
        assert not [line for line in text.splitlines() if line != line.rstrip()]
        if source.suffix != ".css":
            assert max(map(len, text.splitlines())) <= 100, source.name


def test_axes_of_many_metrics_do_not_swell_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder(tmp_path)
    image = run.image(GRAY, "media/images/p.png")
    for step in range(20):
        falling = {f"loss{n}": 1 / (step + 1) for n in range(30)}
        run.log(step, p=image, **falling, epoch=step // 5, late=step if step > 9 else "")
    monkeypatch.setattr(page_module, "AXES_MOST_VALUES", 100)
    page = write_page(run.write())
    part = embedded(page, "run-ID")
    names = [part["metrics"][number] for number in part["axes"]]
    assert {"_timestamp", "epoch", "late"} <= set(names)
    assert len(names) == 5
    assert page.read_text().count('id="axis-') == 5
    late = embedded(page, f"axis-ID-{part['metrics'].index('late')}")
    assert late["values"] == [None] * 10 + list(range(10, 20))


def test_a_page_without_a_folder_carries_the_newest_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder(tmp_path)
    for step in range(10):
        pixels = np.random.default_rng(step).integers(0, 256, (40, 40), np.uint8)
        run.log(step, p=run.image(pixels, f"media/images/p_{step}.png"))
    catalog = Seen(run.write()).catalog
    monkeypatch.setattr(page_module, "CARRIED_MOST_BYTES", 9000)
    text = "".join(page_module.page_of_runs([catalog], None))
    (tmp_path / "page.html").write_text(text)
    part = embedded(tmp_path / "page.html", "run-ID")
    assert list(part["carried"]) == [f"media/images/p_{step}.png" for step in (9, 8, 7)]
    assert part["notes"] == ["7 files (the oldest, or missing ones) are not carried in this page"]

"""Every code block of the README and of docs/ runs, each page from top to bottom.

A block that opens with ```python runs in its page's one namespace, in an empty directory. One that
opens with ```python needs=NAME, or needs=NAME,NAME, is run where these packages are installed.
Lines of ```sh blocks that call this package's command line are run as well, unless they hold a
PLACEHOLDER; others install or build and belong to no test.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import wbimage_ext
from wbimage_ext.commands import main

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(python|sh)(?: needs=([\w,]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = "python -m wbimage_ext "
# Packages whose blocks hand over the bytes of `encoded`.
OTHER_LOGGERS = ("aim", "lightning,tensorboard", "mlflow", "tensorboard,torch", "trackio")


def packages_needed() -> list[tuple[Path, str | None]]:
    """Each page, and each page again with each package that some of its blocks need."""
    found: list[tuple[Path, str | None]] = []
    for page in PAGES:
        needs = {need for _language, need, _code in FENCE.findall(page.read_text("utf-8"))}
        found += [(page, None), *[(page, need) for need in sorted(needs - {""})]]
    return found


def name_of(value: Path | str | None) -> str:
    return value.stem if isinstance(value, Path) else value or "alone"


@pytest.mark.parametrize(("page", "package"), packages_needed(), ids=name_of)
@pytest.mark.filterwarnings("default")  # of the packages that are shown; ours are tested elsewhere
def test_code_blocks_run(
    page: Path,
    package: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    for name in package.split(",") if package else ():
        pytest.importorskip(name)
    monkeypatch.chdir(tmp_path)
    for name in ("WANDB_DIR", "WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    text = page.read_text("utf-8")
    names = {"__name__": page.stem}
    request.addfinalizer(wbimage_ext.uninstall)
    for block in FENCE.finditer(text):
        language, need, code = block.groups()
        line = text.count("\n", 0, block.start(3))
        if need not in (None, package):
            continue
        if language == "python":
            exec(compile("\n" * line + code, str(page), "exec"), names)
        else:
            run_commands(code)
    if package in OTHER_LOGGERS and page.stem == "guide":
        stored = [path for path in tmp_path.rglob("*") if path.is_file()]
        stored.remove(tmp_path / "sample.png")
        assert any(names["encoded"] in path.read_bytes() for path in stored), "encoded again"


def run_commands(code: str) -> None:
    for line in code.splitlines():
        if line.startswith(COMMAND) and not re.search(r" [A-Z_]{2,}\b", line):
            arguments = shlex.split(line.removeprefix(COMMAND), comments=True)
            assert main(arguments) == 0, line


@pytest.mark.source_tree
def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.source_tree
def test_the_guide_shows_every_command() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "wbimage_ext", "--help"], capture_output=True, text=True, cwd=ROOT
    )
    commands = re.findall(r"^    (\w+) ", run.stdout, re.MULTILINE)
    guide = (ROOT / "docs/guide.md").read_text("utf-8")
    assert commands
    assert all(f"{COMMAND}{command}" in guide for command in commands)

"""How the package is built: flags for each compiler, workflows that name actions by commit."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

setuptools = pytest.importorskip("setuptools")

pytestmark = pytest.mark.source_tree

SETUP = Path(__file__).parent.parent / "setup.py"


def run_setup(monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], dict[str, Any]]:
    """What setup.py defines, and what it gives to setuptools, which builds nothing here."""
    given: dict[str, Any] = {}
    monkeypatch.chdir(SETUP.parent)
    monkeypatch.setattr(setuptools, "setup", lambda **arguments: given.update(arguments))
    # It asks Windows itself where the platform is called so.
    monkeypatch.setattr("shutil.which", lambda name: name)
    return runpy.run_path(str(SETUP)), given


def flags_of(monkeypatch: pytest.MonkeyPatch, compiler: Any, system: str) -> tuple[str, str]:
    """The flags to compile and to link, of a build that stops before it compiles."""
    from setuptools.command.build_ext import build_ext

    monkeypatch.setattr(build_ext, "build_extensions", lambda self: None)
    monkeypatch.setattr("sys.platform", system)
    _, given = run_setup(monkeypatch)
    command = given["cmdclass"]["build_ext"](setuptools.Distribution())
    command.compiler = compiler
    command.extensions = given["ext_modules"]
    command.build_extensions()
    (module,) = command.extensions
    return " ".join(module.extra_compile_args), " ".join(module.extra_link_args)


def test_msvc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    compiler = SimpleNamespace(compiler_type="msvc", cc="cl.exe")
    compiling, linking = flags_of(monkeypatch, compiler, "win32")
    assert "/std:c11" in compiling
    assert "-std" not in compiling
    assert "-lm" not in linking
    assert compiler.cc == "cl.exe"


def test_clang_cl_is_named_by_cc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "clang-cl.exe"
    program.touch(0o755)
    monkeypatch.setenv("CC", str(program))
    compiler = SimpleNamespace(compiler_type="msvc", cc="cl.exe", initialize=lambda: None)
    compiling, _ = flags_of(monkeypatch, compiler, "win32")
    assert "/std:c11" in compiling
    assert "/clang:-ffp-contract=off" in compiling
    assert compiler.cc == str(program)


@pytest.mark.parametrize("kind", ["unix", "mingw32"])
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_gcc_and_clang(monkeypatch: pytest.MonkeyPatch, kind: str, system: str) -> None:
    compiler = SimpleNamespace(compiler_type=kind)
    compiling, linking = flags_of(monkeypatch, compiler, system)
    assert "-std=c11" in compiling
    assert "-ffp-contract=off" in compiling
    assert "/std" not in compiling
    assert ("--exclude-libs" in linking) == (system == "linux")


def test_a_build_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WBIMAGE_BUILD", "fast")
    with pytest.raises(SystemExit, match="WBIMAGE_BUILD is 'fast'; known are debug, sanitize"):
        flags_of(monkeypatch, SimpleNamespace(compiler_type="unix"), "linux")


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_another_libjpeg_is_named_by_the_compiler(tmp_path: Path) -> None:
    header = tmp_path / "jpeglib.h"
    header.write_text("#include_next <jpeglib.h>\n#undef JCS_EXTENSIONS\n", "utf-8")
    source = SETUP.parent / "wbimage_ext/core/jpeg/encode.c"
    flags = ["-fsyntax-only", f"-I{header.parent}", f"-I{SETUP.parent / 'wbimage_ext/core'}"]
    compiler = shlex.split(os.environ.get("CC", "cc"))
    run = subprocess.run([*compiler, *flags, source], capture_output=True, text=True)
    assert run.returncode != 0
    assert "wbimage_ext needs libjpeg-turbo" in run.stderr


def test_workflows_name_actions_by_commit() -> None:
    workflows = sorted((SETUP.parent / ".github/workflows").glob("*.yml"))
    used = [line for path in workflows for line in path.read_text("utf-8").splitlines()]
    used = [line for line in used if "uses:" in line]
    assert used
    for line in used:
        assert re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v[\d.]+$", line), line


LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")


def test_the_readme_of_the_package_has_no_link_that_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    defined, given = run_setup(monkeypatch)
    assert given["long_description_content_type"] == "text/markdown"
    targets = [target for _, _, target in LINK.findall(given["long_description"])]
    assert targets
    assert all(target.startswith(("https://", "#")) for target in targets)
    assert "coming from\nwandb.Image" in given["long_description"]  # a link's text stays

    readme = (SETUP.parent / "README.md").read_text("utf-8")
    moved = defined["readme_for_pypi"]("https://example.org/files")
    assert "![Two runs compared" in moved
    for (_, text, target), (_, same_text, new) in zip(
        LINK.findall(readme), LINK.findall(moved), strict=True
    ):
        assert text == same_text
        is_kept = target.startswith(("https://", "#"))
        assert new == (target if is_kept else f"https://example.org/files/{target}")


def test_the_sdist_holds_what_is_beside_the_package(tmp_path: Path) -> None:
    root = SETUP.parent
    if not (root / ".git").exists():
        pytest.skip("only git knows which files belong here")
    # What pyproject.toml builds with; an older one cannot read it.
    pytest.importorskip("setuptools", minversion="77")
    egg_info = [sys.executable, "setup.py", "-q", "egg_info", "--egg-base", str(tmp_path)]
    subprocess.run(egg_info, cwd=root, check=True, capture_output=True)
    listed = next(tmp_path.glob("*/SOURCES.txt")).read_text().splitlines()
    folders = ("tests", "docs", "examples", "benchmarks", "licenses")
    tracked = subprocess.check_output(["git", "ls-files", *folders], cwd=root, text=True)
    assert set(tracked.splitlines()) <= set(listed)

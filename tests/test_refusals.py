"""Memory refused to every call, allocation by allocation: see refusals.py, which runs by itself.

Its command does all of it; here are the core's module and a part of what is written in Python.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.source_tree,
    pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="refuse.c knows glibc's malloc"),
]

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def refuse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    assert compiler, "a C compiler is needed (Debian: apt-get install build-essential)"
    library = tmp_path_factory.mktemp("refuse") / "refuse.so"
    source = ROOT / "tests/c/refuse.c"
    flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fPIC", "-shared"]
    subprocess.run([compiler, *flags, str(source), "-o", str(library)], check=True)
    return library


def run(refuse: Path, *names: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "tests.refusals", str(refuse), *names],
        cwd=ROOT,
        env={**os.environ, "PYTHONMALLOC": "malloc", "LD_PRELOAD": str(refuse)},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "allocations refused in turn" in finished.stdout


# CPython itself is not equal to this everywhere: 3.10 and 3.11.2 raise exceptions without their
# text, 3.12 and 3.13 crash in code of their own (PyFunction_New, a dict that grows, the end of a
# generator).
@pytest.mark.skipif(
    not (3, 11, 7) <= sys.version_info < (3, 13), reason="this CPython fails by itself"
)
def test_the_core(refuse: Path) -> None:
    run(refuse, "--core")


@pytest.mark.skipif(
    not (3, 11, 7) <= sys.version_info < (3, 12), reason="this CPython fails by itself"
)
@pytest.mark.parametrize(
    "name", ["Image with all parts", "bind_to_run by a copy", "package: ==", "LocalRun"]
)
def test_the_package(name: str, refuse: Path) -> None:
    run(refuse, name)

"""The C tests of the core, built without Python: each make target of tests/c is one test here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

C_TESTS = Path(__file__).parent / "c"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the C tests use POSIX memory maps")


@pytest.fixture(scope="session")
def build_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("core_c")


@pytest.mark.parametrize("target", ["unit", "sanitize", "allocation", "replay"])
def test_make(target: str, build_root: Path) -> None:
    make = shutil.which("make")
    assert make, "the C tests need make and a C compiler (Debian: apt-get install build-essential)"
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    run = subprocess.run(
        [make, "-C", str(C_TESTS), f"-j{os.cpu_count() or 1}", target, f"BUILD_ROOT={build_root}"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if run.returncode != 0:
        last_lines = "\n".join(run.stdout.splitlines()[-40:])
        pytest.fail(f"make -C {C_TESTS} {target} failed:\n{last_lines}", pytrace=False)

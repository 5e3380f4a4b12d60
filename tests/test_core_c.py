"""The C tests of the core, built without Python: the make targets of tests/c are tests here.

Objects stay in tests/c/build, so that the next run compiles only what changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

C_TESTS = Path(__file__).parent / "c"

pytestmark = [
    pytest.mark.source_tree,
    pytest.mark.skipif(sys.platform == "win32", reason="the C tests use POSIX memory maps"),
]


# "sanitize" and "replay" share a folder of objects: one test, should tests run in parallel.
@pytest.mark.parametrize("targets", [["unit"], ["sanitize", "replay"]], ids=" ".join)
def test_make(targets: list[str]) -> None:
    make = shutil.which("make")
    assert make, "the C tests need make and a C compiler (Debian: apt-get install build-essential)"
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    run = subprocess.run(
        [make, "-C", str(C_TESTS), f"-j{os.cpu_count() or 1}", *targets],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if run.returncode != 0:
        last_lines = "\n".join(run.stdout.splitlines()[-40:])
        pytest.fail(f"make -C {C_TESTS} {' '.join(targets)} failed:\n{last_lines}", pytrace=False)

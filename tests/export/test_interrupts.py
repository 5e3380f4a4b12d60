"""An export that is killed, or interrupted, at any step: it is run again, without doubles."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wbimage_ext.export import export_run
from wbimage_ext.export.output import MARK_NAME
from wbimage_ext.files.locks import lock

from ..scenario import IS_THOROUGH
from .made import make_run, tree

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")

ROOT = Path(__file__).parents[2]

# Forks a child for each step, so that nothing but the work is repeated.
STEPS = """
import os, shutil, signal, sys
from pathlib import Path
from tests.export.made import tree
from tests.scenario import at_step
from wbimage_ext.export import export_run

run, target, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
how, stride = sys.argv[4], int(sys.argv[5])
output = folder / "output"
export_run(run, target, folder / "whole")
whole = tree(folder / "whole")

def is_whole(name):
    # Rows and pictures in a file that counts are all there.
    return name == "about.json" or "tfevents" in name

def act():
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    raise KeyboardInterrupt

ended_early, number, ended = 0, 1, False
while not ended:
    shutil.rmtree(output, ignore_errors=True)
    for attempt in range(2):  # what is left of one must not disturb the next
        pid = os.fork()
        if pid == 0:
            # False too where CPython drops the interrupt, in a callback of a weak reference.
            went_through = False
            try:
                went_through = at_step(number, act, lambda: export_run(run, target, output))
            except KeyboardInterrupt:
                pass
            os._exit(not went_through)
        ended = os.waitpid(pid, 0)[1] == 0
        there = {n: data for n, data in tree(output).items() if not n.endswith(".part")}
        # A table that is replaced once more has the same lines.
        assert all(whole[name] == data for name, data in there.items()), there.keys() - whole.keys()
        if any(is_whole(name) for name in there):
            assert there == whole
        if how == "interrupted":
            assert there == tree(output)
    export_run(run, target, output)
    assert tree(output) == whole
    ended_early += not ended
    number += stride
print(ended_early)
"""


@pytest.mark.parametrize("how", ["killed", "interrupted"])
@pytest.mark.parametrize(("target", "stride"), [("folder", 1409), ("tensorboard", 1511)])
def test_at_any_step(target: str, stride: int, how: str, tmp_path: Path) -> None:
    if target == "tensorboard":
        pytest.importorskip("tensorboard", reason="pip install tensorboard")
    run = make_run(tmp_path / "run", steps=2, pictures_each=2)
    arguments = [str(run), target, str(tmp_path), how, str(1 if IS_THOROUGH else stride)]
    child = subprocess.run(
        [sys.executable, "-c", STEPS, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert child.returncode == 0
    assert int(child.stdout) > 8


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", steps=1)
    export_run(run, "folder", tmp_path / "out")
    before = tree(tmp_path / "out")
    with (tmp_path / "out" / MARK_NAME).open("r+b") as mark:
        lock(mark.fileno())
        with pytest.raises(RuntimeError, match="another process is exporting to"):
            export_run(run, "folder", tmp_path / "out")
    assert tree(tmp_path / "out") == before

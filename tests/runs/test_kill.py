"""kill -9 at any moment: whole files in the media folder, lines that parse, a run that goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from wbimage_ext import Image, LocalRun
from wbimage_ext.files import staging
from wbimage_ext.view import write_page

from ..scenario import IS_THOROUGH, check_continued, check_run, rows_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")

ROOT = Path(__file__).parents[2]


def python(*arguments: str, **options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **options},
    )


# Forks a child for each step, so that nothing but the work is repeated.
STEPS = """
import os, resource, signal, sys
from pathlib import Path
from tests import scenario

folder, how, stride = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
picture = folder / "picture.png"
scenario.PILImage.new("RGB", (90, 70), (1, 2, 3)).save(picture)
os.fsync = lambda descriptor: None  # a kill loses nothing that the system has
if "across" in how:
    scenario.as_if_staged_elsewhere()
scenario.log_everything(folder / "warm", picture=picture)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def work(run):
    scenario.log_everything(run, picture=picture)

def child(number, run):
    if "bytes" in how:
        # The write that goes over the limit is cut short there, the next one kills.
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, resource.RLIM_INFINITY))
        work(run)
    else:
        scenario.at_step(number, die, lambda: work(run))

killed = 0
number = 1
while True:
    run = folder / f"run-{number}"
    pid = os.fork()
    if pid == 0:
        child(number, run)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    if run.exists():
        scenario.check_run(run)
        scenario.check_continued(run)
    if status == 0:
        break
    assert os.WIFSIGNALED(status), status
    killed += 1
    number += stride if "bytes" not in how else max(stride, number // 4)
print(killed)
"""


@pytest.mark.parametrize(
    ("how", "stride"), [("moved", 197), ("across", 201), ("bytes", 1600), ("bytes across", 1800)]
)
def test_a_kill_at_any_step(how: str, stride: int, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    step = 1 if IS_THOROUGH else stride
    child = python("-c", STEPS, str(tmp_path), how, str(step), TMPDIR=str(tmp_path / "temporary"))
    printed, _ = child.communicate()
    assert child.returncode == 0
    assert int(printed) > (8 if "bytes" in how else 15)
    # The killed ones left their staging directories, which later ones removed; but for one that
    # was killed before it had marked its own.
    left = [path for path in (tmp_path / "temporary").rglob("*") if path.is_file()]
    assert all(path.name == staging.OWNER_NAME and path.stat().st_size == 0 for path in left)


LOOP = """
import sys
from pathlib import Path
from tests.scenario import log_everything
folder = Path(sys.argv[1])
print("going", flush=True)
for seed in range(10_000):
    log_everything(folder, seed=seed, picture=Path(sys.argv[2]))
    if seed == 0:
        print("logged", flush=True)
"""


def test_a_kill_at_a_random_moment(tmp_path: Path) -> None:
    picture = tmp_path / "picture.bmp"
    Image(np.zeros((700, 900, 3)), file_type="bmp").bind_to_run(Place(tmp_path), "p", 0)
    (tmp_path / "media").rename(tmp_path / "made")
    next((tmp_path / "made/images").iterdir()).rename(picture)
    random = np.random.default_rng(0)
    for number in range(200 if IS_THOROUGH else 4):
        folder = tmp_path / f"run-{number}"
        child = python("-c", LOOP, str(folder), str(picture))
        assert child.stdout is not None
        with child.stdout:
            # Every second one is killed once it has logged, however slow the machine is.
            for _ in range(1 + number % 2):
                child.stdout.readline()
            time.sleep(random.uniform(0, 0.4))
        child.send_signal(signal.SIGKILL)
        child.wait()
        if folder.exists():
            rows = check_run(folder)
            assert rows or number % 2 == 0
            check_continued(folder)


class Place:
    def __init__(self, directory: Path) -> None:
        self.dir = str(directory)


def test_a_torn_line_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_bytes(b'{"a": 1, "_step": 3}\n{"a": 2, "_step": 4')
    assert len(rows_of(tmp_path)) == 1
    check_continued(tmp_path)


PAGE = """
import os, signal, sys
from wbimage_ext.view import write_page
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
write_page(sys.argv[1])
"""


def test_what_a_killed_process_left_of_a_page_is_removed_by_a_later_one(tmp_path: Path) -> None:
    with LocalRun(tmp_path) as run:
        run.log({"a": 1})
    python("-c", PAGE, str(tmp_path)).communicate()
    (left,) = tmp_path.glob(".*.tmp")
    write_page(tmp_path)
    assert left.exists(), "for all we know it is still being written"
    os.utime(left, (time.time() - 2 * 3600,) * 2)
    write_page(tmp_path)
    assert not left.exists()


# Staging directories of processes that could not remove theirs.

STAGES = """
import sys, time
import numpy as np
from wbimage_ext import Image
from wbimage_ext.files import memory, staging
memory.LIMIT_BYTES = memory._room = 0
image = Image(np.eye(5))
print(staging.staging_directory(), flush=True)
if sys.argv[1:] == ["wait"]:
    time.sleep(600)
"""


def staged_by_a_killed_process(folder: Path) -> Path:
    child = python("-c", STAGES, "wait", TMPDIR=str(folder))
    assert child.stdout is not None
    with child.stdout:
        directory = Path(child.stdout.readline().strip())
    child.kill()
    child.wait()
    assert len(list(directory.iterdir())) == 2, "an image and who owns it"
    return directory


def run_to_its_end(folder: Path) -> None:
    child = python("-c", STAGES, TMPDIR=str(folder))
    child.communicate()
    assert child.returncode == 0


def test_what_a_killed_process_staged_is_removed_by_the_next(tmp_path: Path) -> None:
    directory = staged_by_a_killed_process(tmp_path)
    run_to_its_end(tmp_path)
    assert not directory.exists()
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_abandoned_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    staging._staging.empty()
    mine = staging.staging_directory()
    image = Image(np.eye(5))
    (tmp_path / "wbimage-data").mkdir()
    (tmp_path / "wbimage-data" / "important").write_text("kept")
    (tmp_path / "wbimage-notes").write_text("kept")
    elsewhere = staged_by_a_killed_process(tmp_path)
    (elsewhere / staging.OWNER_NAME).write_bytes(b"another machine")
    linked = staged_by_a_killed_process(tmp_path).rename(tmp_path / "moved")
    (tmp_path / "wbimage-link").symlink_to(linked)
    before = sorted(path for path in tmp_path.rglob("*") if path != elsewhere)
    run_to_its_end(tmp_path)
    assert sorted(path for path in tmp_path.rglob("*") if path != elsewhere) == before
    assert elsewhere.exists()
    assert Path(mine).exists()
    image.bind_to_run(Place(tmp_path), "k", 0)
    staging._staging.empty()

"""fork, spawn, workers, shutdown: whoever makes images, they arrive, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from wbimage_ext import LocalRun

from ..conftest import SHORT_FOLDER, files_below, run_captured
from ..scenario import check_run, rows_of

ROOT = Path(__file__).parent.parent.parent

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def run_program(text: str, folder: Path, *arguments: str) -> str:
    """What a program prints; nothing that it staged stays in its temporary folder.

    A forkserver has its socket there.
    """
    program = folder / "program.py"
    program.write_text(text)
    with tempfile.TemporaryDirectory(dir=SHORT_FOLDER) as temporary:
        finished = run_captured(
            [sys.executable, "-W", "error", str(program), *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": temporary},
        )
        assert finished.returncode == 0, finished.stderr
        assert "Exception ignored" not in finished.stderr, finished.stderr
        assert [name for name in os.listdir(temporary) if name.startswith("wbimage")] == []
    return finished.stdout


STAGES_IN_BOTH = """
import os, sys
from types import SimpleNamespace
import numpy as np
from wbimage_ext import Image
from wbimage_ext.files import staging

run = SimpleNamespace(dir=sys.argv[1])
image = Image(np.eye(30))
staged = image._path
reader, writer = os.pipe()
pid = os.fork()
if pid == 0:
    mine = Image(np.eye(31))
    image.bind_to_run(run, "from_child", 0)
    os.write(writer, mine._path.encode())
    staging._staging.empty()
    os._exit(0)
os.close(writer)
with open(reader) as told:
    of_child = told.read()
assert os.waitpid(pid, 0)[1] == 0
assert os.path.dirname(of_child) not in ("", os.path.dirname(staged))
assert not os.path.exists(of_child)
assert os.path.exists(staged), "a child copies what its parent staged"
image.bind_to_run(run, "from_parent", 0)
"""


@forks
def test_a_forked_child_has_its_own_staging(tmp_path: Path) -> None:
    run_program(STAGES_IN_BOTH, tmp_path, str(tmp_path / "run"))
    assert len(files_below(tmp_path / "run")) == 2


WORKERS = """
import multiprocessing, os, sys
from concurrent.futures import ProcessPoolExecutor
import numpy as np
from wbimage_ext import Image, LocalRun

def make(n):
    pixels = np.full((20, 30, 3), 10 * n + 2, np.uint8)
    return Image(pixels, caption=str(n), masks={"m": {"mask_data": pixels[:, :, 0]}})

def feed(queue, n):
    queue.put(make(n))

if __name__ == "__main__":
    method, way, folder = sys.argv[1:]
    context = multiprocessing.get_context(method)
    make(0)
    if way == "pool":
        with context.Pool(2) as pool:  # ends its workers by a signal
            images = pool.map(make, range(6))
    elif way == "executor":
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            images = list(pool.map(make, range(6)))
    else:
        queue = context.Queue()
        workers = [context.Process(target=feed, args=(queue, n), daemon=True) for n in range(6)]
        for worker in workers:
            worker.start()
        images = [queue.get() for _ in workers]
        for worker in workers:
            worker.join()
    with LocalRun(folder) as run:
        for image in sorted(images, key=lambda image: image._caption):
            run.log({"k": image})
"""


@pytest.mark.parametrize(
    ("method", "way"),
    [("fork", "pool"), ("spawn", "queue"), ("forkserver", "executor"), ("fork", "queue")],
)
def test_images_of_workers_are_logged_after_the_workers_ended(
    method: str, way: str, tmp_path: Path
) -> None:
    import multiprocessing

    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {method}")
    run_program(WORKERS, tmp_path, method, way, str(tmp_path / "run"))
    rows = check_run(tmp_path / "run")
    assert [row["k"]["caption"] for row in rows] == [str(n) for n in range(6)]


FORKS = """
import os, sys
import numpy as np
from wbimage_ext import Image, LocalRun
from wbimage_ext.files import staging

image = Image(np.eye(9))
mine = staging.staging_directory()
run = LocalRun(sys.argv[1])
run.log({"k": Image(np.eye(5))})

def grandchild():
    with LocalRun(sys.argv[1] + "-2") as other:
        other.log({"own": Image(np.eye(7)), "inherited": image})
    try:
        run.log({"k": 1})
    except RuntimeError as error:
        assert "forked child" in str(error), error
    else:
        raise AssertionError("a child logged into its parent's run")
    run.finish()

def child(end):
    Image(np.eye(6))
    if end == "exec":
        os.execv(sys.executable, [sys.executable, "-c", ""])
    pid = os.fork()
    if pid == 0:
        grandchild()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert staging.staging_directory() != mine
    os._exit(0) if end == "_exit" else sys.exit(0)

for end in ("_exit", "exit", "exec"):
    pid = os.fork()
    if pid == 0:
        child(end)
    assert os.waitpid(pid, 0)[1] == 0, end
    assert os.path.exists(image._path)
run.log({"k": image})
run.finish()
"""


@forks
def test_children_and_their_children(tmp_path: Path) -> None:
    run_program(FORKS, tmp_path, str(tmp_path / "run"))
    assert len(check_run(tmp_path / "run")) == 2
    assert len(check_run(tmp_path / "run-2")) == 2, "a grandchild of each but the one of exec"


@forks
def test_a_run_is_free_once_its_process_is_killed_though_children_live(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from wbimage_ext import LocalRun\n"
        "run = LocalRun(sys.argv[1])\n"
        "if os.fork() == 0:\n    print(os.getpid(), flush=True); time.sleep(600)\n"
        "time.sleep(600)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
    try:
        parent.kill()
        parent.wait()
        with LocalRun(tmp_path) as run:
            run.log({"a": 1})
    finally:
        os.kill(child, signal.SIGKILL)
    assert len(rows_of(tmp_path)) == 1


FORKS_WHILE_ENCODING = """
import os, sys, threading, time
import numpy as np
from wbimage_ext import Image, LocalRun

pixels = np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8)
run = LocalRun(sys.argv[1])
going = True

def log():
    while going:
        run.log({"k": Image(pixels)})

threads = [threading.Thread(target=log, daemon=True) for _ in range(3)]
for thread in threads:
    thread.start()
for _ in range(8):
    pid = os.fork()
    if pid == 0:
        # A lock that nobody holds here any more would keep this waiting.
        with LocalRun(f"{sys.argv[1]}-{os.getpid()}") as own:
            own.log({"k": Image.from_batch(np.stack([pixels] * 2), num_threads=2)})
        os._exit(0)
    end = time.monotonic() + 300
    while not (status := os.waitpid(pid, os.WNOHANG))[0]:
        if time.monotonic() > end:
            os.kill(pid, 9)
            raise SystemExit("the child waits")
        time.sleep(0.01)
    assert status[1] == 0
going = False
for thread in threads:
    thread.join()
run.finish()
"""


@forks
def test_a_fork_while_other_threads_encode_and_log(tmp_path: Path) -> None:
    text = FORKS_WHILE_ENCODING.replace("import os,", "import warnings, os,", 1)
    # Python 3.12 and later warn of every fork beside threads.
    text = "import warnings; warnings.simplefilter('ignore', DeprecationWarning)\n" + text
    run_program(text, tmp_path, str(tmp_path / "run"))
    assert len(check_run(tmp_path / "run")) > 0
    assert len(list(tmp_path.glob("run-*"))) == 8


FORK_WHILE_STAGING = """
import os, tempfile, threading, time
import numpy as np
from wbimage_ext import Image
from wbimage_ext.files import memory

memory.LIMIT_BYTES = memory._room = 0
real, lock, making = tempfile.mkdtemp, threading.Lock(), threading.Event()

def mkdtemp(*args, **kwargs):
    with lock:  # as tempfile's own, which its first call takes
        making.set()
        time.sleep(0.3)
        return real(*args, **kwargs)

tempfile.mkdtemp = mkdtemp
thread = threading.Thread(target=lambda: Image(np.eye(5)))
thread.start()
making.wait()
pid = os.fork()
if pid == 0:
    os._exit(0 if lock.acquire(timeout=5) else 1)
assert os.waitpid(pid, 0)[1] == 0, "nobody in the child releases the lock"
thread.join()
"""


@forks
def test_a_fork_waits_for_the_staging_directory(tmp_path: Path) -> None:
    text = "import warnings; warnings.simplefilter('ignore', DeprecationWarning)\n"
    run_program(text + FORK_WHILE_STAGING, tmp_path)


SHUTDOWN = """
import atexit, sys, threading
import numpy as np
import wbimage_ext
from wbimage_ext import Image, LocalRun

run = LocalRun(sys.argv[1])
image = Image(np.eye(9))

class Late:
    def __del__(self):
        wbimage_ext.encode(np.eye(3))

def at_exit():
    run.log({"k": image, "batch": Image.from_batch(np.zeros((4, 5, 5, 3)), num_threads=4)})
    run.finish()

atexit.register(at_exit)
late = Late()
cycle = [late, image]
cycle.append(cycle)
large = np.random.default_rng(0).random((1500, 1500))

def encode():
    while True:
        wbimage_ext.encode(large)

for _ in range(4):
    threading.Thread(target=encode, daemon=True).start()
del late, cycle
"""


def test_the_interpreter_ends_while_images_live_and_daemons_encode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # CPython ends a daemon's thread within the call, which cannot free what it holds.
    options = os.environ.get("ASAN_OPTIONS", "")
    monkeypatch.setenv("ASAN_OPTIONS", f"{options}:detect_leaks=0")
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        run_program(SHUTDOWN, folder, str(folder / "run"))
        (row,) = check_run(folder / "run")
        assert row["batch"]["count"] == 4


AGAIN = """
import importlib, sys
import numpy as np
import wbimage_ext
from wbimage_ext import Image
from wbimage_ext.files import staging
first = Image(np.eye(4))
for name in ("files.staging", "files.stored", "image"):
    importlib.reload(sys.modules[f"wbimage_ext.{name}"])
importlib.reload(wbimage_ext)
second = wbimage_ext.Image(np.eye(4))
assert second._sha256 == first._sha256
del sys.modules["wbimage_ext._core"]
again = importlib.import_module("wbimage_ext._core")
assert again is not first
assert bytes(again.encode(np.eye(4))) == wbimage_ext.encode(np.eye(4))
"""


def test_modules_are_imported_again(tmp_path: Path) -> None:
    run_program(AGAIN, tmp_path)


SUBINTERPRETERS = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

def in_subinterpreters(code):
    for _ in range(3):
        id = interpreters.create()
        failed = interpreters.run_string(id, code)
        assert not failed, failed
        interpreters.destroy(id)

in_main, in_each = sys.argv[1:]
exec(in_main)
in_subinterpreters(in_each)
exec(in_main)
"""
IN_MAIN = """
import numpy, wbimage_ext
wbimage_ext.Image(numpy.eye(4))
"""
IN_EACH = """
try:
    import warnings
    warnings.simplefilter("ignore")  # NumPy's
    import wbimage_ext
    assert bytes(wbimage_ext.encode([[0.0, 1.0]]))
except ImportError as error:
    print("ImportError", error)
else:
    print("works")
"""
NUMPY_IN_EACH = """
try:
    import warnings
    warnings.simplefilter("ignore")
    import numpy
except ImportError:
    pass
"""


@pytest.mark.parametrize("in_main", [IN_MAIN, ""], ids=["after", "without"])
def test_subinterpreters_import_it_or_are_refused(in_main: str, tmp_path: Path) -> None:
    """NumPy 2 loads once in a process; nothing crashes, before that and after."""
    numpy_alone = subprocess.run(
        [sys.executable, "-c", SUBINTERPRETERS, in_main and "import numpy", NUMPY_IN_EACH],
        capture_output=True,
    )
    if numpy_alone.returncode != 0:
        pytest.skip("importing NumPy alone in subinterpreters ends this Python")
    printed = run_program(SUBINTERPRETERS, tmp_path, in_main, IN_EACH).splitlines()
    outcomes = [line.split()[0] for line in printed if line.startswith(("works", "ImportError"))]
    assert len(outcomes) == 3, printed

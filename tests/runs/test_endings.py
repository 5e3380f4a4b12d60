"""How runs end: by `finish`, at the end of a script, by an exception, in workers and children."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from wbimage_ext import Image, LocalRun
from wbimage_ext.view import page

from ..conftest import run_captured
from ..scenario import check_run

ROOT = Path(__file__).parents[2]

LOGS = """
import os, sys
import numpy as np
from wbimage_ext import Image, LocalRun

def log(folder):
    run = LocalRun(folder)
    run.log({"a": Image(np.eye(5))})
    run.log({"open": 1}, step=1)
    run.config["late"] = [1]
    run.config["late"].append(2)
    run.summary["best"] = 3
    return run
"""

ENDS = {
    "end of the script": "run = log(sys.argv[1])",
    "sys.exit": "run = log(sys.argv[1]); sys.exit(3)",
    "exception": "run = log(sys.argv[1]); 1 / 0",
    "run dropped": "log(sys.argv[1])",
    "handler of another module": "import atexit; run = log(sys.argv[1]); atexit.register(print, 1)",
    "forked child": """
run = log(sys.argv[1])
pid = os.fork()
if pid == 0:
    sys.exit(0)
os.waitpid(pid, 0)
assert not os.path.exists(os.path.join(sys.argv[1], "summary.json")), "the child wrote it"
""",
    "worker": """
import multiprocessing
if __name__ == "__main__":
    process = multiprocessing.get_context("fork").Process(target=log, args=(sys.argv[1],))
    process.start()
    process.join()
""",
    "worker with exit": """
import multiprocessing
def work(folder):
    global run
    run = log(folder)
    sys.exit(3)
if __name__ == "__main__":
    process = multiprocessing.get_context("fork").Process(target=work, args=(sys.argv[1],))
    process.start()
    process.join()
""",
}


@pytest.mark.parametrize("name", ENDS)
def test_a_run_that_nobody_finishes_is_written(name: str, tmp_path: Path) -> None:
    if "fork" in ENDS[name] and not hasattr(os, "fork"):
        pytest.skip("forks are of POSIX")
    run = tmp_path / "run"
    ended = run_captured(
        [sys.executable, "-c", LOGS + ENDS[name], str(run)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert ended.returncode == {"sys.exit": 3, "exception": 1}.get(name, 0), ended.stderr
    assert "Exception ignored" not in ended.stderr
    rows = check_run(run)
    assert [row["_step"] for row in rows] == [0, 1]
    assert rows[1]["open"] == 1
    assert json.loads((run / "summary.json").read_text())["best"] == 3
    assert json.loads((run / "config.json").read_text())["late"] == [1, 2]
    assert (run / "index.html").read_text().endswith("</html>\n")
    assert not [path for path in tmp_path.iterdir() if path != run], "nothing stays staged"


def test_a_run_that_was_deleted_ends_quietly(tmp_path: Path) -> None:
    run = LocalRun(tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / "gone")
    with warnings.catch_warnings(record=True) as warned:
        del run
        gc.collect()
    assert warned == []
    assert os.listdir(tmp_path) == ["gone"]


def test_finish_does_not_hide_the_users_exception(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied", "summary.json")

    def train() -> None:
        with LocalRun(tmp_path) as run:
            run.log({"open": 1}, step=1)
            monkeypatch.setattr("wbimage_ext.runs.folder.write_whole", refuse)
            raise ZeroDivisionError

    with (
        pytest.warns(RuntimeWarning, match="without its summary .* and its config .*denied"),
        pytest.raises(ZeroDivisionError),
    ):
        train()
    monkeypatch.undo()
    with LocalRun(tmp_path) as run:
        assert run.summary["open"] == 1, "the lock was let go, and the row was written"


def test_a_last_step_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object, row: object) -> bytes:
        raise OSError(28, "No space left on device", "history.jsonl")

    run = LocalRun(tmp_path)
    run.log({"open": 1}, step=1)
    monkeypatch.setattr("wbimage_ext.runs.history.History._append", refuse)
    with pytest.warns(RuntimeWarning, match=r"without its last step \(OSError: .*No space"):
        run.finish()
    run.finish()
    monkeypatch.undo()
    with LocalRun(tmp_path) as run:
        assert run.step == 0


def test_a_page_that_lacks_its_template_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "SOURCES", tmp_path / "nowhere")
    with pytest.warns(RuntimeWarning, match="without its page"), LocalRun(tmp_path / "run") as run:
        run.log({"a": Image(np.eye(4))})
    assert len(check_run(tmp_path / "run")) == 1


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")

    def refuse(*arguments: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with LocalRun(tmp_path) as run:
        run.log({"a": 1})
        with pytest.raises(RuntimeError, match="this process is already logging"):
            LocalRun(tmp_path)
    assert len(check_run(tmp_path)) == 1


def test_the_summary_of_a_killed_run_is_made_of_its_rows(tmp_path: Path) -> None:
    with LocalRun(tmp_path) as run:
        run.log({"a": 1})
        run.summary["a"] = 5
    program = "import os, sys; from wbimage_ext import LocalRun; run = LocalRun(sys.argv[1]); "
    program += "run.log({'b': 2}); os._exit(0)"
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, cwd=ROOT)
    with LocalRun(tmp_path) as run:
        assert (run.summary["a"], run.summary["b"]) == (5, 2)


def test_a_run_ends_without_its_page_where_another_page_is(tmp_path: Path) -> None:
    run = LocalRun(tmp_path)
    run.log({"a": 1})
    (tmp_path / "index.html").write_text("mine")
    with pytest.warns(RuntimeWarning, match="without its page .*is not a page of wbimage_ext"):
        run.finish()
    assert (tmp_path / "index.html").read_text() == "mine"
    assert (tmp_path / "summary.json").exists()

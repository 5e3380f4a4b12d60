"""init: which folder a run takes, runs that are resumed or disabled, and a second init."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
import sys
import tempfile
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext import Image, LocalRun
from wbimage_ext.runs.places import RESUME

from ..conftest import files_below

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    yield
    wbimage_ext.finish()


def about(run: LocalRun) -> Any:
    return json.loads(Path(run.dir, "run.json").read_text())


def run_of(steps: int, **arguments: Any) -> LocalRun:
    with wbimage_ext.init(**arguments) as run:
        for _ in range(steps):
            run.log({"a": 1})
    return run


# The folder.


def test_an_id_names_the_folder(tmp_path: Path) -> None:
    run = run_of(2, id="trial-7")
    assert run.dir == str(tmp_path / "wbimage-runs" / "trial-7")
    assert run.id == run.name == "trial-7"
    with wbimage_ext.init(id="trial-7") as again:
        assert (again.resumed, again.step) == (True, 2)
    unnamed = run_of(1)
    with wbimage_ext.init(id=unnamed.id, resume="must") as again:
        assert (again.dir, again.step) == (unnamed.dir, 1)
    with wbimage_ext.init(dir="own", id="trial-8") as run:
        assert (run.dir, run.id) == (str(tmp_path / "own"), "trial-8")


@pytest.mark.parametrize("run_id", ["a/b", "..", "", "a\\b", "a:b", "a\0b", "x?"])
def test_an_id_that_names_no_folder(run_id: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot name a folder"):
        LocalRun(id=run_id)
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("named", [{"id": "one"}, {"dir": "one"}])
def test_resume(named: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"resume='must': there is no run in .*one"):
        wbimage_ext.init(resume="must", **named)
    assert files_below(tmp_path) == []
    assert not run_of(1, resume="never", **named).resumed
    with pytest.raises(FileExistsError, match=r"resume='never': there is a run in .*one already"):
        wbimage_ext.init(resume="never", **named)
    for number, resume in enumerate(("must", "allow", "auto", True, False, None)):
        run = run_of(1, resume=resume, **named)
        assert run.resumed
        assert run.step == number + 2


def test_resume_without_a_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs the run's id, or its dir"):
        wbimage_ext.init(resume="must")
    first = run_of(1, resume="never")
    assert run_of(1, resume="allow").dir != first.dir
    with pytest.raises(ValueError, match="resume must be one of None, False, True, 'auto'"):
        wbimage_ext.init(resume="always")
    assert len(RESUME) == 7


ENDS = {
    "killed": (True, "os.kill(os.getpid(), 9)"),
    "exception": (True, "1 / 0"),
    "exit code": (True, "wandb.finish(exit_code=3)"),
    "end of the script": (False, ""),
    "finish": (False, "wandb.finish()"),
}


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of POSIX")
def test_auto_goes_on_with_a_run_that_failed(name: str, tmp_path: Path) -> None:
    is_continued, end = ENDS[name]
    script = "import os, wbimage_ext as wandb; wandb.init(resume='auto'); wandb.log({'a': 1}); "
    for resume in ("auto", True):
        subprocess.run(
            [sys.executable, "-c", script + end],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
        )
        with LocalRun(resume=resume) as run:
            assert run.resumed == is_continued


def test_auto_leaves_a_run_alone_that_is_logged_to(tmp_path: Path) -> None:
    with LocalRun(resume="auto") as open_run:
        open_run.log({"a": 1})
        with LocalRun(resume="auto") as other:
            assert other.dir != open_run.dir


# What else says how a run is called.


def test_the_environment_and_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {
        "PROJECT": "p", "NAME": "n", "TAGS": "a,b", "NOTES": "t", "RUN_GROUP": "g",
        "JOB_TYPE": "j", "ENTITY": "e", "RUN_ID": "i", "MODE": "online",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"WANDB_{name}", text)
    run = run_of(0)
    assert (run.project, run.name, run.tags, run.notes) == ("p", "n", ("a", "b"), "t")
    assert (run.group, run.job_type, run.entity, run.id) == ("g", "j", "e", "i")
    run = run_of(0, settings=wbimage_ext.Settings(run_name="m", run_group="h", x=1), group="k")
    assert (run.name, run.group) == ("m", "k")
    assert run_of(0, settings={"run_name": "l"}).name == "l"
    monkeypatch.setenv("WANDB_RESUME", "never")
    with pytest.raises(FileExistsError):
        wbimage_ext.init()


# The end.


def test_the_exit_code_is_kept_until_the_run_goes_on(tmp_path: Path) -> None:
    run = LocalRun("run")
    assert "exit_code" not in about(run)
    run.finish(exit_code=3, quiet=True)
    assert about(run)["exit_code"] == 3
    run.finish()
    assert about(run)["exit_code"] == 3
    with LocalRun("run") as run:
        assert "ended" not in about(run)
    assert about(run)["exit_code"] == 0
    assert about(run)["ended"] > about(run)["started"]
    for error, code in ((ZeroDivisionError(), 1), (SystemExit(4), 4), (SystemExit("x"), 1)):
        with pytest.raises(type(error)), LocalRun("run") as run:
            raise error
        assert about(run)["exit_code"] == code


# A second init.


def test_a_second_init_returns_the_run_that_is_open() -> None:
    first = wbimage_ext.init(project="p")
    with pytest.warns(UserWarning, match=r"init\(\) returns the run that is open"):
        assert wbimage_ext.init() is first
    assert wbimage_ext.init(reinit="return_previous", dir="x") is first
    assert wbimage_ext.init(reinit=False) is first
    other = wbimage_ext.init(reinit="create_new")
    assert wbimage_ext.run is first
    other.log({"a": 1})
    other.finish()
    second = wbimage_ext.init(reinit=True)
    assert wbimage_ext.run is second
    with pytest.raises(RuntimeError, match="finished"):
        first.log({"a": 1})
    third = wbimage_ext.init(id="third", reinit="finish_previous")
    with pytest.warns(UserWarning, match=r"the run that is open"):
        assert wbimage_ext.init(id="third") is third
    with pytest.warns(UserWarning, match=r"the run that is open"):
        assert wbimage_ext.init(os.path.relpath(third.dir)) is third
    with pytest.raises(RuntimeError, match="this process is already logging"):
        wbimage_ext.init(third.dir, reinit="create_new")
    with pytest.raises(ValueError, match="reinit must be one of"):
        wbimage_ext.init(reinit="always")


def test_a_notebook_finishes_the_run_before(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = types.SimpleNamespace(kernel=1)
    ipython = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)  # type: ignore[arg-type]
    first = wbimage_ext.init()
    assert wbimage_ext.init() is not first
    assert about(first)["exit_code"] == 0
    second = wbimage_ext.init("run")
    second.log({"a": 1})
    third = wbimage_ext.init("run")
    assert (third is second, third.step) == (False, 1)


# Disabled.


@pytest.mark.parametrize("how", ["argument", "environment", "settings"])
def test_a_disabled_run_costs_nothing(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments: dict[str, Any] = {"config": {"rate": 0.5}, "project": "p", "resume": "must"}
    if how == "argument":
        arguments["mode"] = "disabled"
    elif how == "settings":
        arguments["settings"] = wbimage_ext.Settings(mode="disabled")
    else:
        monkeypatch.setenv("WANDB_MODE", "disabled")
    picture = Image(np.eye(9))

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a disabled run opened a file")

    with monkeypatch.context() as patched:
        for name in ("open", "mkdir", "rename", "replace"):
            patched.setattr(os, name, refuse)
        patched.setattr(builtins, "open", refuse)
        patched.setattr("wbimage_ext.encoding.pixels._core.encode", refuse, raising=False)
        run = wbimage_ext.init("run", **arguments)
        assert wbimage_ext.run is run
        assert isinstance(run, LocalRun)
        assert (run.disabled, run.project, run.step, run.url) == (True, "p", 0, "")
        assert run.dir == tempfile.gettempdir()
        wbimage_ext.config.update({"depth": 2})
        wbimage_ext.define_metric("a", step_metric="b")
        wbimage_ext.watch(object())
        assert wbimage_ext.save("*.pt") == []
        for step in range(3):
            wbimage_ext.log({"a": step, "picture": picture, "any": object()}, step=step)
        wbimage_ext.summary["best"] = 3
        run.name, run.tags, run.notes = "n", ("t",), "text"
        assert (run.name, run.tags, run.notes) == ("n", ("t",), "text")
        assert (run.config.rate, run.config["depth"], run.summary.a) == (0.5, 2, 2)
        assert "text/plain" in run._repr_mimebundle_()
        wbimage_ext.finish(exit_code=1)
    assert wbimage_ext.run is None
    assert files_below(tmp_path) == []
    with pytest.raises(TypeError, match="log needs a dict of values, not None"):
        run.log(None)
    with run_of(0, mode="disabled") as again:
        assert again.id != run.id


def test_an_unknown_mode() -> None:
    with pytest.raises(ValueError, match="mode must be one of 'online', 'offline', 'disabled'"):
        wbimage_ext.init(mode="off")

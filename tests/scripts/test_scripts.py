"""The training scripts of examples/training: alone, and against real runs of wandb.

Each script is run with its import alone changed, and with wandb and install(). The two runs hold
the same rows, config, summary and files. wandb is that of this environment, or of the environment
that `.ci/wandb-versions 0.31.0` makes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PILImage

from wbimage_ext.view.readers import Details, open_run

from ..conftest import run_captured
from ..with_wandb.support import wandb_environment

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
WANDB_VERSION = "0.31.0"
WANDB_ENVIRONMENT = ROOT / ".wandb-versions" / WANDB_VERSION / "bin/python"


def needed_by(script: Path) -> list[str]:
    """The optional packages that a script imports."""
    imported = re.findall(r"^(?:import|from) (\w+)", script.read_text("utf-8"), re.MULTILINE)
    return sorted({"torch", "PIL"} & {*imported})


SCRIPTS = [
    pytest.param(
        script, id=script.stem, marks=pytest.mark.slow if "torch" in needed_by(script) else ()
    )
    for script in sorted((ROOT / "examples/training").glob("*.py"))
]


def run_python(python: str, folder: Path, *arguments: str) -> str:
    """The standard output of a program that runs in `folder`, with wandb shut in there."""
    folder.mkdir(exist_ok=True)
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith("WANDB_")},
        **wandb_environment(folder),
        "PYTHONPATH": str(ROOT),
    }
    ended = run_captured([python, *arguments], cwd=folder, env=environment)
    assert ended.returncode == 0, ended.stderr[-4000:]
    return ended.stdout


def has(python: str, packages: Sequence[str]) -> bool:
    """Whether a Python has the packages, wandb in the version that is compared."""
    program = f"""
from importlib import metadata, util
has_all = all(map(util.find_spec, {packages!r}))
print(has_all and ("wandb" not in {packages!r} or metadata.version("wandb") == "{WANDB_VERSION}"))
"""
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, cwd=HERE)
    return done.stdout == "True\n"


def python_that_runs(script: Path, *packages: str) -> str:
    """A Python that has the packages and what the script imports; skips where there is none."""
    needed = [*packages, *needed_by(script), "numpy"]
    for python in (sys.executable, str(WANDB_ENVIRONMENT)):
        if os.path.exists(python) and has(python, needed):
            return python
    pytest.skip(f"no Python has {', '.join(needed)}: .ci/wandb-versions {WANDB_VERSION} makes one")


def run_alone(python: str, script: Path, folder: Path) -> Path:
    """Run a script without wandb; return the folder of its run."""
    said = ["LocalRun.watch logs nothing", "LocalRun.save copies files"]
    ignored = [part for text in said for part in ("-W", f"ignore:{text}")]
    run_python(python, folder, "-W", "error", *ignored, str(HERE / "way.py"), "alone", str(script))
    (run,) = (folder / "wbimage-runs").iterdir()
    return run


# What a run holds.


# Times, and the range of a picture's values, which the rows of a LocalRun have besides.
NOT_COMPARED = {"_timestamp", "_runtime", "scale", "scales"}


def rows_of(run_dir: Path) -> list[Any]:
    return [compared(row) for row in open_run(run_dir).rows()]


def compared(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: compared(v) for key, v in value.items() if key not in NOT_COMPARED}
    return value


def details_of(run_dir: Path) -> Details:
    run = open_run(run_dir)
    list(run.rows())
    details = run.details()
    details.summary = compared({k: v for k, v in details.summary.items() if k[0] != "_"})
    for metric in details.metrics.values():
        if "step_metric" in metric:
            metric.setdefault("step_sync", True)  # wandb writes what it takes for granted
    return details


def config_of(run_dir: Path) -> tuple[Any, Any]:
    """The config, and the labels of masks and boxes that stand beside it."""
    run = open_run(run_dir)
    list(run.rows())
    config = run.about().config
    beside = config.pop("_wandb", {})
    return config, {key: value for key, value in beside.items() if "class_labels" in key}


def files_of(folder: Path) -> dict[str, str]:
    """Digests of the files that the script logged and saved, by path as wandb has it."""
    wandbs = {"output.log", "requirements.txt", "wandb-metadata.json", "wandb-summary.json"}
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in wandbs
    }


def files_of_local_run(run_dir: Path) -> dict[str, str]:
    media = files_of(run_dir / "media")
    saved = files_of(run_dir / "files") if (run_dir / "files").is_dir() else {}
    return {**{f"media/{path}": digest for path, digest in media.items()}, **saved}


def pictures_of(value: Any) -> Iterator[dict[str, Any]]:
    """What rows say of pictures: path, width, height."""
    if isinstance(value, list):
        for item in value:
            yield from pictures_of(item)
    elif isinstance(value, dict):
        if value.get("_type") == "image-file":
            yield value
        for name in value.get("filenames", ()):
            yield {**value, "path": name}
        for item in value.values():
            yield from pictures_of(item)


def check_pictures(run_dir: Path, rows: list[Any]) -> None:
    """Every picture of the rows is there, has its digest, and decodes to its size."""
    pictures = list(pictures_of(rows))
    assert pictures
    for picture in pictures:
        path = run_dir / picture["path"]
        assert hashlib.sha256(path.read_bytes()).hexdigest()[:20] in path.name
        with PILImage.open(path) as image:
            image.load()
            assert image.size == (picture["width"], picture["height"])


# The tests.


@pytest.mark.parametrize("script", SCRIPTS)
def test_alone(script: Path, tmp_path: Path) -> None:
    run = run_alone(python_that_runs(script), script, tmp_path)
    rows = rows_of(run)
    assert len(rows) >= 3
    check_pictures(run, rows)
    about = json.loads((run / "run.json").read_text())
    assert about["exit_code"] in (0, None)  # None where the script does not finish its run
    assert about["project"]
    assert json.loads((run / "config.json").read_text())
    assert (run / "index.html").stat().st_size > 10_000


@pytest.mark.parametrize("script", SCRIPTS)
def test_both_ways_leave_the_same(script: Path, tmp_path: Path) -> None:
    python = python_that_runs(script, "wandb")
    mine = run_alone(python, script, tmp_path / "alone")
    run_python(python, tmp_path / "wandb", str(HERE / "way.py"), "installed", str(script))
    (wandbs,) = (tmp_path / "wandb/wandb").glob("offline-run-*")
    rows = rows_of(mine)
    assert rows == rows_of(wandbs)
    check_pictures(mine, rows)
    assert config_of(mine) == config_of(wandbs)
    assert files_of_local_run(mine) == files_of(wandbs / "files")

    ours, theirs = details_of(mine), details_of(wandbs)
    for name in ("project", "group", "notes", "job_type", "tags", "metrics", "summary"):
        assert getattr(ours, name) == getattr(theirs, name), name

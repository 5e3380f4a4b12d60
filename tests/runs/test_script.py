"""A script that was written for wandb, under `import wbimage_ext as wandb`, without wandb."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import wbimage_ext
from wbimage_ext.runs import wandb_names

ROOT = Path(__file__).parents[2]

TRAINING = """
import argparse, sys
sys.modules["wandb"] = None
sys.path.insert(0, sys.argv[1])
import numpy as np
import wbimage_ext as wandb

assert wandb.run is None
wandb.login(key="x", relogin=True)
wandb.init(project="p", name="n", tags=["t"], config={"rate": 0.5},
           settings=wandb.Settings(start_method="thread"))
wandb.config.update(argparse.Namespace(epochs=3))
wandb.define_metric("loss", step_metric="epoch", summary="min")
for epoch in range(wandb.config.epochs):
    wandb.log({"epoch": epoch, "loss": np.float32(1 / (epoch + 1))}, commit=False)
    boxes = {"b": {"box_data": [{"position": {"minX": 0, "maxX": 1, "minY": 0, "maxY": 1},
                                 "class_id": 1}]}}
    wandb.log({"image": wandb.Image(np.eye(9), caption=f"{epoch}", boxes=boxes)})
wandb.run.summary["best"] = 1
wandb.summary.update({"other": 2})
wandb.run.name = wandb.run.name + "-" + wandb.run.id
with open("model.txt", "w") as file:
    file.write("weights")
wandb.save("model.txt")
print(wandb.run.dir)
wandb.finish()
assert wandb.run is None
"""


def test_a_training_script_runs_as_it_is(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-W", "ignore:LocalRun.save", "-c", TRAINING, str(ROOT)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ended.returncode == 0, ended.stderr
    folder = Path(ended.stdout.strip())
    rows = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    assert [(row["_step"], row["epoch"], row["image"]["caption"]) for row in rows] == [
        (0, 0, "0"),
        (1, 1, "1"),
        (2, 2, "2"),
    ]
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["loss"] == {"min": pytest.approx(1 / 3)}
    assert (summary["best"], summary["other"]) == (1, 2)
    config = json.loads((folder / "config.json").read_text())
    assert (config["rate"], config["epochs"]) == (0.5, 3)
    assert (folder / "files/model.txt").read_text() == "weights"
    assert json.loads((folder / "run.json").read_text())["name"] == f"n-{folder.name}"


def test_names_follow_the_run_that_init_started(tmp_path: Path) -> None:
    assert wbimage_ext.run is None
    wbimage_ext.finish()
    with wbimage_ext.init(tmp_path / "one", config={"a": 1}) as first:
        assert wbimage_ext.run is first
        assert wbimage_ext.config is first.config
        second = wbimage_ext.init(tmp_path / "two")
        wbimage_ext.log({"x": 1})
        assert wbimage_ext.summary["x"] == 1
        assert second.step == 1
        assert first.step == 0
        wbimage_ext.finish()
    assert wbimage_ext.run is None
    with wbimage_ext.init(tmp_path / "three") as third:
        assert wbimage_ext.run is third
    assert wbimage_ext.run is None
    with pytest.raises(RuntimeError, match=r"call init\(\) before log\(\)"):
        wbimage_ext.log({"x": 1})


def test_before_init_the_word_is_init() -> None:
    config = wbimage_ext.config
    for use in (
        lambda: config.rate,
        lambda: config["rate"],
        lambda: config.update({"a": 1}),
        lambda: setattr(config, "rate", 1),
        lambda: config.__setitem__("rate", 1),
        lambda: wbimage_ext.summary["best"],
        lambda: wbimage_ext.define_metric("x"),
        lambda: wbimage_ext.save("x"),
        lambda: wbimage_ext.watch(None),
    ):
        with pytest.raises(RuntimeError, match=r"call init\(\) before"):
            use()
    assert "no run" in repr(config)


def test_what_is_not_done_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "model.txt").write_text("weights")
    with wbimage_ext.init(tmp_path / "run"):
        with pytest.warns(UserWarning, match="watch logs nothing"):
            wbimage_ext.watch(object(), log="all", log_freq=10)
        with pytest.warns(UserWarning, match="save copies files as they are now"):
            wbimage_ext.save(tmp_path / "model.txt")
        # Once a run; every warning is an error here.
        wbimage_ext.watch(object())
        wbimage_ext.save(tmp_path / "model.txt", policy="end")
    with wbimage_ext.init(tmp_path / "other"):
        wbimage_ext.save(tmp_path / "model.txt", policy="now")


def test_other_names_of_wandb_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AttributeError, match=r"'Table', which wandb has: log a list of images"):
        _ = wbimage_ext.Table
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
        _ = wbimage_ext.nonsense
    assert not hasattr(wbimage_ext, "__wrapped__")
    with pytest.raises(ImportError, match=r"'Table', which wandb has: log a list of images"):
        from wbimage_ext import Table  # noqa: F401
    with pytest.raises(ImportError, match="cannot import name 'nonsense'"):
        from wbimage_ext import nonsense  # noqa: F401
    with wbimage_ext.LocalRun(tmp_path) as run:
        with pytest.raises(AttributeError, match=r"'log_artifact', which wandb has: save\("):
            run.log_artifact("x")
        with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
            _ = run.nonsense
        assert (run.offline, run.disabled, run.resumed) == (True, False, False)


def test_every_name_of_wandb_is_there_or_explained(tmp_path: Path) -> None:
    """With wandb installed: of the module and of its runs, whatever this version has."""
    wandb = pytest.importorskip("wandb")
    internal = {
        "agents", "analytics", "docker", "ensure_configured", "filesync", "InternalApi", "old",
        "Optional", "load_ipython_extension", "patched", "plots", "profiler", "proto", "set_trace",
        "START_TIME", "trigger", "vendor", "viz", "wandb", "wandb_agent", "wandb_lib",
        "wandb_torch", "annotations",
    }  # fmt: skip
    for name in set(dir(wandb)) - internal:
        if not name.startswith("_") and not hasattr(wbimage_ext, name):
            assert "which wandb has" in wandb_names.missing_of_module(name), name
    with wbimage_ext.LocalRun(tmp_path) as run:
        for name in dir(wandb.sdk.wandb_run.Run):
            if not name.startswith("_") and not hasattr(run, name):
                assert "which wandb has" in wandb_names.missing_of_run(name), name

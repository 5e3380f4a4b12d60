"""The arguments of `init`, what a run remembers of itself, metrics, and files that are saved."""

from __future__ import annotations

import copy
import json
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext import Image, LocalRun

from ..conftest import files_below


def about(run: LocalRun) -> Any:
    return json.loads(Path(run.dir, "run.json").read_text())


def test_unknown_arguments_are_named_and_kept_apart(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match=r"init does not know confg, format, version"):
        run = LocalRun(tmp_path, confg={"a": 1}, format="x", version=3)
    written = about(run)
    assert (written["format"], written["version"]) == ("wbimage LocalRun", 1)
    assert written["settings"] == {"confg": {"a": 1}, "format": "x", "version": 3}


def test_arguments_of_wandb_are_known(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run = LocalRun(
            tmp_path, name="n", project="p", entity="e", group="g", job_type="j", id="i",
            notes="text", tags="one", mode="offline", reinit=True, save_code=False, resume=None,
            anonymous="allow", force=False, sync_tensorboard=False, settings={"x": 1},
        )  # fmt: skip
    assert (run.name, run.project, run.entity, run.group) == ("n", "p", "e", "g")
    assert (run.job_type, run.id, run.notes, run.tags) == ("j", "i", "text", ("one",))
    assert "settings" not in about(run)
    run.finish()
    with pytest.warns(UserWarning, match=r"fork_from='a\?_step=3' has no effect"):
        LocalRun(tmp_path, fork_from="a?_step=3").finish()
    for name in ("save_code", "monitor_gym", "sync_tensorboard"):
        with pytest.warns(UserWarning, match=rf"^{name}=True has no effect: \w+\(\) "):
            LocalRun(tmp_path, **{name: True}).finish()
    with pytest.warns(UserWarning, match="mode='disabled' has no effect"):
        LocalRun(tmp_path, mode="disabled").finish()


def test_what_a_run_is_called_can_be_changed_and_is_saved(tmp_path: Path) -> None:
    run = LocalRun(tmp_path / "a run", project="p", tags=["one", "two"])
    assert run.name == run.id == "a run"
    run.name, run.notes, run.tags = "new", "better", ("three",)
    expected = {"name": "new", "notes": "better", "tags": ["three"], "project": "p"}
    assert about(run).items() >= expected.items()
    started = about(run)["started"]
    with pytest.raises(TypeError, match="tags must be a list of str, not 3"):
        run.tags = 3  # type: ignore[assignment]
    assert run.tags == ("three",)
    for name in ("id", "project", "entity", "group", "job_type", "url", "dir"):
        with pytest.raises(AttributeError):
            setattr(run, name, "other")
    run.finish()
    with pytest.raises(RuntimeError, match="finished"):
        run.name = "too late"
    assert run.name == "new"
    with LocalRun(tmp_path / "a run") as again:
        assert about(again).items() >= {**expected, "started": started}.items()


def test_a_misspelt_name_of_a_run_is_refused(tmp_path: Path) -> None:
    with LocalRun(tmp_path) as run:
        with pytest.raises(AttributeError, match="'nmae'; config, summary and log keep values"):
            run.nmae = "x"
        with pytest.raises(AttributeError) as raised:
            setattr(run, "x" * 100_000, 1)
        assert len(str(raised.value)) < 250


def test_a_subclass_of_a_run_has_attributes_of_its_own(tmp_path: Path) -> None:
    class Named(LocalRun):
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            self.epoch = 0
            super().__init__(*arguments, **settings)
            self.best = 0.5

    with Named(tmp_path, name="mine") as run:
        run.epoch += 1
        run.other = "x"
        run.name = "renamed"
        assert (run.epoch, run.best) == (1, 0.5)
        with pytest.raises(AttributeError):
            run.id = "other"  # type: ignore[misc]
    assert about(run)["name"] == "renamed"


def test_config_is_saved_at_each_change(tmp_path: Path) -> None:
    run = LocalRun(tmp_path)

    def written() -> Any:
        return json.loads((tmp_path / "config.json").read_text())

    run.config.update({"a": 1}, b=2, allow_val_change=True)
    assert written() == {"a": 1, "b": 2}
    run.config.c = 3
    del run.config["a"]
    assert run.config.pop("b") == 2
    config = run.config
    config |= {"d": 4}
    assert run.config.setdefault("e", 5) == 5
    assert written() == run.config == {"c": 3, "d": 4, "e": 5}
    with pytest.raises(AttributeError, match="there is no 'x'"):
        _ = run.config.x
    copied = copy.deepcopy(run.config)
    copied["f"] = 6
    assert "f" not in written()
    run.finish()
    with pytest.raises(RuntimeError, match="finished"):
        run.config["late"] = 1
    assert "late" not in run.config


def test_a_change_of_config_that_cannot_be_saved_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = LocalRun(tmp_path, config={"a": 1})

    def refuse(*arguments: object) -> None:
        raise OSError(28, "No space left on device", "config.json")

    with monkeypatch.context() as patched:
        patched.setattr("wbimage_ext.runs.folder.write_whole", refuse)
        with pytest.raises(OSError):
            run.config.update({"a": 2, "b": 3})
        with pytest.raises(OSError):
            run.name = "x"
    assert run.config == {"a": 1}
    assert run.name == tmp_path.name
    run.finish()


def test_the_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    with LocalRun("~/runs/a") as run:
        assert run.dir == str(tmp_path / "runs" / "a")
        assert run.url == (tmp_path / "runs/a/index.html").as_uri()


def test_a_damaged_file_of_an_earlier_run_is_named(tmp_path: Path) -> None:
    LocalRun(tmp_path).finish()
    (tmp_path / "config.json").write_text("{no")
    with pytest.raises(ValueError, match=r"config\.json is not JSON, mend it or remove it"):
        LocalRun(tmp_path)
    (tmp_path / "config.json").unlink()
    LocalRun(tmp_path).finish()


def test_files_of_an_earlier_run_hold_what_nobody_wrote(tmp_path: Path) -> None:
    with LocalRun(tmp_path) as run:
        run.log({"a": 1})
    rows = tmp_path / "history.jsonl"
    for damage in (b'{"_step": 1e400}', b'{"_step": 7, "a": ' + b"[" * 100_000, b'{"_step": NaN}'):
        rows.write_bytes(rows.read_bytes() + damage + b"\n")
    (tmp_path / "config.json").write_text('{"_wandb": {"mask/class_labels": 3}, "rate": 1}')
    (tmp_path / "run.json").write_text('{"metrics": {"a": 3}}')
    mask = {"truth": {"mask_data": np.eye(2), "class_labels": {1: "line"}}}
    with LocalRun(tmp_path) as run:
        run.log({"a": 2, "picture": Image(np.eye(2), masks=mask)})
        assert (run.step, dict(run.config)) == (2, {"rate": 1})
    (tmp_path / "config.json").write_text('{"_wandb": 3}')
    (tmp_path / "run.json").write_text('{"metrics": [1]}')
    with LocalRun(tmp_path) as run:
        run.define_metric("a", summary="min")
        run.log({"a": 2, "picture": Image(np.eye(2), masks=mask)})
    assert json.loads((tmp_path / "summary.json").read_text())["a"] == {"min": 1}


def test_metrics_say_what_the_summary_holds(tmp_path: Path) -> None:
    with LocalRun(tmp_path) as run:
        run.define_metric("epoch")
        run.define_metric("val/*", step_metric="epoch", summary="min,last")
        run.define_metric("accuracy", summary="best", goal="maximize")
        run.define_metric("mean", summary="mean,max")
        run.define_metric("hidden", summary="none")
        with pytest.raises(ValueError, match="summary must be of min, max"):
            run.define_metric("x", summary="median")
        with pytest.raises(TypeError, match="summary must be a str, not \\['min'\\]"):
            run.define_metric("x", summary=["min"])  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="name of a metric is empty"):
            run.define_metric("")
        with pytest.raises(TypeError, match="name of a metric must be a str, not 3"):
            run.define_metric("x", step_metric=3)  # type: ignore[arg-type]
        for i, value in enumerate((3, 1, 2)):
            run.log({"val/loss": value, "accuracy": value, "mean": value, "hidden": 1, "epoch": i})
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["val/loss"] == {"min": 1, "last": 2}
    assert summary["accuracy"] == {"best": 3}
    assert summary["mean"] == {"mean": 2.0, "max": 3}
    assert summary["epoch"] == 2
    assert "hidden" not in summary
    assert about(run)["metrics"]["val/*"] == {"step_metric": "epoch", "summary": "min,last"}


def test_a_row_gets_the_last_value_of_the_axis_that_it_lacks(tmp_path: Path) -> None:
    with LocalRun(tmp_path) as run:
        epoch = run.define_metric("epoch")
        run.define_metric("val/*", step_metric=epoch)
        run.define_metric("free", step_metric="epoch", step_sync=False)
        run.log({"val/a": 1})
        run.log({"epoch": 3})
        run.log({"val/a": 2, "x": 1})
        run.log({"val/a": 3, "epoch": 4})
        run.log({"free": 1})
        run.log({"val/a": 4}, commit=False)
        run.log({"epoch": 5})
    rows = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert [row.get("epoch") for row in rows] == [None, 3, 3, 4, None, 5]
    assert json.loads((tmp_path / "summary.json").read_text())["epoch"] == 5


def test_images_of_the_summary_are_in_the_run(tmp_path: Path) -> None:
    with LocalRun(tmp_path) as run:
        run.summary["best"] = Image(np.eye(8), caption="c")
        run.summary.update({"list": [Image(np.eye(7)), Image(np.eye(6))], "score": 0.5})
        run.summary.last = {"inside": Image(np.eye(5))}
        assert run.summary.setdefault("score", 3) == 0.5
        assert run.summary.setdefault("other", 3) == 3
        summary = run.summary
        summary |= {"more": 4}
        run.log({"a": 1})
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["score"], summary["other"], summary["more"], summary["a"]) == (0.5, 3, 4, 1)
    best = summary["best"]
    assert (best["_type"], best["caption"], best["width"]) == ("image-file", "c", 8)
    paths = [best["path"], *summary["list"]["filenames"], summary["last"]["inside"]["path"]]
    assert best["path"] == f"media/images/best_summary_{best['sha256'][:20]}.png"
    assert sorted(paths) == [n for n in files_below(tmp_path) if n.startswith("media/")]


@pytest.mark.filterwarnings("ignore:LocalRun.save copies files as they are now")
def test_files_are_saved_with_their_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("config.json", "deep/er/a.txt", "deep/b.txt"):
        path = tmp_path / "work" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    os.chdir("work")
    with LocalRun(tmp_path / "run", config={"mine": 1}) as run:
        assert run.save("deep/**/*.txt") == [
            os.path.join(run.dir, "files", "deep", "b.txt"),
            os.path.join(run.dir, "files", "deep", "er", "a.txt"),
        ]
        run.save(tmp_path / "work" / "config.json")
        run.save(tmp_path / "work/deep/er/a.txt", policy="now", base_path=tmp_path / "work/deep")
        with pytest.raises(ValueError, match="does not lie below"):
            run.save(tmp_path / "work/config.json", base_path="deep")
        # A script may name files that come later; wandb waits for them.
        with pytest.warns(UserWarning, match=r"save found no file of the name '\*\.ckpt'"):
            assert run.save("*.ckpt") == []
    saved = [name for name in files_below(run.dir) if name.startswith("files/")]
    assert saved == [
        "files/config.json", "files/deep/b.txt", "files/deep/er/a.txt", "files/er/a.txt",
    ]  # fmt: skip
    assert json.loads((tmp_path / "run/config.json").read_text()) == {"mine": 1}


@pytest.mark.parametrize("name", ["config.json", "summary.json", "index.html"])
def test_files_that_are_no_runs_are_not_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"mine": 1}')
    with pytest.raises(FileExistsError, match=f"{name} is not of a run.* give another dir"):
        LocalRun(tmp_path)
    assert files_below(tmp_path) == [name]
    assert (tmp_path / name).read_text() == '{"mine": 1}'


def test_a_folder_with_other_files_takes_a_run(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    LocalRun(tmp_path).finish()
    LocalRun(tmp_path).finish()


def test_a_dir_that_is_no_path_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="dir is empty"):
        LocalRun("")
    with pytest.raises(ValueError, match=r"dir 'a\\x00b' contains a NUL"):
        LocalRun("a\0b")
    assert files_below(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="names of Windows may have half a pair")
@pytest.mark.parametrize("names", [{"dir": "a\ud800b"}, {"id": "a\ud800b"}])
def test_a_name_of_half_a_pair_is_refused(
    names: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"(dir|id) 'a\\ud800b': no file name here can have"):
        LocalRun(**names)
    assert files_below(tmp_path) == []


def test_a_dir_may_be_bytes(tmp_path: Path) -> None:
    with LocalRun(os.fsencode(tmp_path)) as run:  # type: ignore[arg-type]
        assert run.dir == str(tmp_path)

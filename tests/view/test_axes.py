"""The axis that a run asks for, and the code that it ended with, of LocalRun and of wandb."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wbimage_ext.view import page as page_module
from wbimage_ext.view import write_page
from wbimage_ext.view.axes import axis_of

from .made_runs import GRAY, RunFolder, Seen, embedded, framed, history, message, wandb_folder

STEPS = {"step_metric": "epoch"}


@pytest.mark.parametrize(
    ("definitions", "axis"),
    [
        ({}, ""),
        ({"epoch": {}, "val/*": STEPS}, "epoch"),
        ({"*": STEPS}, "epoch"),
        ({"loss": {"step_metric": "batch"}, "val/p": STEPS}, "epoch"),  # that of the pictures
        ({"loss": {"step_metric": "batch"}}, "batch"),
        ({"val/p": {"step_metric": "nowhere"}, "loss": {"step_metric": "batch"}}, "batch"),
        ({"val/*": {"step_metric": "batch"}, "val/p*": STEPS}, "epoch"),  # the last that fits
        ({"*": {"step_metric": "batch"}, "val/p": STEPS}, "epoch"),  # its own first
        ({"a": 3, "b": [], "c": {"step_metric": {}}, "val/p": None}, ""),
    ],
)
def test_the_axis_that_is_asked_for(definitions: Any, axis: str) -> None:
    assert axis_of(definitions, ["val/p"], {"epoch", "batch", "loss"}) == axis


def run_with(root: Path, **about: Any) -> Path:
    run = RunFolder(root)
    for step in range(4):
        picture = run.image(GRAY, f"media/images/p_{step}.png")
        run.log(step, p=picture, a=step, b=-step, epoch=3 - step)
    run.write()
    known = json.loads((root / "run.json").read_text())
    (root / "run.json").write_text(json.dumps({**known, **about}))
    return root


def test_a_local_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Seen(run_with(tmp_path / "a")).catalog.card()
    assert (plain["axis"], plain["exit"]) == ("", None)
    root = run_with(tmp_path / "b", metrics={"p": STEPS}, exit_code=3)
    card = Seen(root).catalog.card()
    assert (card["axis"], card["exit"]) == ("epoch", 3)
    damaged = run_with(tmp_path / "c", metrics=[3], exit_code="x")
    card = Seen(damaged).catalog.card()
    assert (card["axis"], card["exit"]) == ("", None)
    # A page on disk carries few axes; that one is among them, although it falls.
    monkeypatch.setattr(page_module, "AXES_MOST_VALUES", 4)
    part = embedded(write_page(root), "run-ID")
    assert [part["metrics"][number] for number in part["axes"]] == ["epoch"]


def test_a_wandb_run(tmp_path: Path) -> None:
    metric = message((12, message((2, b"val/*"), (4, b"epoch"))))
    image = {"_type": "image-file", "path": "media/images/p.png", "width": 2, "height": 2}
    rows = [history({"_step": step, "val/p": image, "epoch": step}) for step in range(2)]
    records = [metric, *rows]
    card = Seen(wandb_folder(tmp_path / "a", framed(records))).catalog.card()
    assert (card["axis"], card["exit"]) == ("epoch", None)
    for code in (0, 3):
        ended = framed([*records, message((18, message((1, code)) if code else b""))])
        card = Seen(wandb_folder(tmp_path / str(code), ended)).catalog.card()
        assert (card["axis"], card["exit"]) == ("epoch", code)

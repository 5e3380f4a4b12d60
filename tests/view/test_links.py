"""Links in a run's folder: what leads out of it is not read, whichever file it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wbimage_ext.view import write_page

from .made_runs import GRAY, RunFolder, framed, history, one_image_run, wandb_folder


def secret_run(root: Path) -> RunFolder:
    """Write a run whose rows, name and configuration nobody outside may see."""
    run = RunFolder(root, name="SECRET name")
    run.log(0, secret=run.image(GRAY, "media/images/p.png", caption="SECRET caption"))
    run.write()
    (root / "config.json").write_text(json.dumps({"key": "SECRET config"}))
    return run


@pytest.mark.parametrize("name", ["history.jsonl", "run.json", "config.json"])
def test_files_of_a_local_run(tmp_path: Path, name: str) -> None:
    secret = secret_run(tmp_path / "secret")
    run = one_image_run(tmp_path / "runs" / "mine")
    run.write()
    (run.root / name).unlink()
    (run.root / name).symlink_to(secret.root / name)
    if name == "history.jsonl":
        with pytest.raises(ValueError, match=r"history\.jsonl is a link that leads out of the run"):
            write_page(tmp_path / "runs")
        one_image_run(tmp_path / "runs" / "other").write()
    page = write_page(tmp_path / "runs")
    text = page.read_text()
    assert "SECRET" not in text
    assert ("is a link" if name == "history.jsonl" else f"unreadable {name}") in text


def test_a_run_file_of_wandb(tmp_path: Path) -> None:
    hidden = wandb_folder(tmp_path / "secret", framed([history({"_step": 0, "SECRET": 1})]))
    run = wandb_folder(tmp_path / "runs", b"")
    (run / "run-abc.wandb").unlink()
    (run / "run-abc.wandb").symlink_to(hidden / "run-abc.wandb")
    with pytest.raises(ValueError, match=r"run-abc\.wandb is a link that leads out of the run"):
        write_page(tmp_path / "runs")


def test_folders_that_are_links_are_not_searched(tmp_path: Path) -> None:
    secret_run(tmp_path / "secret")
    one_image_run(tmp_path / "runs" / "mine").write()
    (tmp_path / "runs" / "link").symlink_to(tmp_path / "secret")
    page = write_page(tmp_path / "runs")
    assert page == tmp_path / "runs" / "mine" / "index.html"
    assert "SECRET" not in page.read_text()
    # Given by the user, a link is as good as what it leads to.
    page = write_page(tmp_path / "runs" / "link")
    assert "SECRET" in page.read_text()

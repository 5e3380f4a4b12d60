"""Which classes the package shows: wandb's subclasses or the standalone ones."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import wbimage_ext
from wbimage_ext import with_wandb

from ..conftest import HANG_SECONDS

ROOT = Path(__file__).parent.parent.parent

STANDALONE = """
import sys, warnings
sys.path.insert(0, {folder!r})
sys.path.insert(1, {root!r})
import wbimage_ext
assert "wandb" not in sys.modules
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    wbimage_ext.Image, wbimage_ext.Classes, wbimage_ext.Image
from wbimage_ext import annotations, image
assert wbimage_ext.Image is image.Image and wbimage_ext.Classes is annotations.Classes
assert wbimage_ext.ImageMask is annotations.ImageMask
print([str(w.message) for w in caught])
"""


def run(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments, "-c", code],
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_broken_wandb_gives_one_warning_and_the_standalone_class(tmp_path: Path) -> None:
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "__init__.py").write_text("raise ImportError('half installed')")
    said = run(STANDALONE.format(folder=str(tmp_path), root=str(ROOT)))
    assert said.count("half installed") == 1


def test_a_wandb_of_unknown_structure_gives_the_same(tmp_path: Path) -> None:
    (tmp_path / "wandb").mkdir()
    (tmp_path / "wandb" / "__init__.py").write_text("__version__ = '99.0'")
    said = run(STANDALONE.format(folder=str(tmp_path), root=str(ROOT)))
    assert said.count("cannot be used") == 1


def test_the_folder_of_offline_runs_is_no_wandb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wandb" / "offline-run").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    assert importlib.util.find_spec("wandb") is not None
    assert not with_wandb.is_wandb_installed()


def test_install_without_wandb_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(with_wandb, "is_wandb_installed", lambda: False)
    wbimage_ext.uninstall()
    with pytest.raises(ImportError, match="wandb"):
        wbimage_ext.install()

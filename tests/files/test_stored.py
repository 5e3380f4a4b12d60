"""Staging: private, and renewed for every file as long as it is needed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from wbimage_ext.files.stored import StoredFile


def test_staging_is_private() -> None:
    file = StoredFile.stage(b"data", ".png")
    directory = Path(file.path).parent
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert Path(file.path).read_bytes() == b"data"
    assert file.size == 4


def test_a_copy_goes_by_way_of_another_folder(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "source").write_bytes(b"data")
    seen: list[str] = []
    real = os.replace

    def replace(source: str, target: str) -> None:
        seen.append(os.path.dirname(source))
        real(source, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", replace)
        StoredFile(str(tmp_path / "source"), None, None).publish(
            str(tmp_path / "media" / "target"), str(tmp_path)
        )
    assert seen == [str(tmp_path)]
    assert (tmp_path / "media/target").read_bytes() == b"data"
    assert sorted(os.listdir(tmp_path)) == ["media", "source"]

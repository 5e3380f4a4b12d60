"""The run that the tests of a target export."""

from __future__ import annotations

from pathlib import Path

import pytest

from .made import make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("run"))

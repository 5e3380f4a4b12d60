"""Fixtures of wandb: shut in a temporary directory, a run, and install()."""

from __future__ import annotations

from typing import Any

import pytest

import wbimage_ext

from .support import wandb_environment


@pytest.fixture(scope="module")
def wandb(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in wandb_environment(tmp_path_factory.mktemp("wandb")).items():
            patch.setenv(name, value)
        import wandb

        yield wandb
        wandb.teardown()


@pytest.fixture
def run(wandb: Any) -> Any:
    run = wandb.init(project="tested", mode="offline")
    yield run
    run.finish()


@pytest.fixture
def installed(wandb: Any) -> Any:
    wbimage_ext.install()
    yield wandb
    wbimage_ext.uninstall()

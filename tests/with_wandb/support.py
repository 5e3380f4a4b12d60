"""What the tests in wandb's runs share: where wandb may write, programs, pixels."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ..conftest import HANG_SECONDS, run_captured

_spec = importlib.util.find_spec("wandb")
needs_wandb = pytest.mark.skipif(_spec is None or _spec.origin is None, reason="needs wandb")

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def wandb_environment(directory: Path) -> dict[str, str]:
    folders = ("WANDB_DIR", "WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR")
    return {
        **{name: str(directory) for name in folders},
        "WANDB_MODE": "offline",
        "WANDB_SILENT": "true",
        "WANDB_ERROR_REPORTING": "false",
        # For its service to begin, and to answer: 30 and 90 by themselves.
        "WANDB__SERVICE_WAIT": str(HANG_SECONDS),
        "WANDB_INIT_TIMEOUT": str(HANG_SECONDS),
        # The Python of a service that is written in Python.
        "WANDB__EXECUTABLE": str(HERE / "service.sh"),
        "WBIMAGE_TESTED_PYTHON": sys.executable,
    }


def run_python(directory: Path, *command: str) -> str:
    """Run the same Python with wandb shut in `directory`; its standard output."""
    directory.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        **wandb_environment(directory),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)]),
        "PYTHONHASHSEED": "0",
    }
    # The service of this process is not the child's to use or to end.
    environment.pop("WANDB_SERVICE", None)
    python = [sys.executable, "-W", "ignore", *command]
    done = run_captured(python, cwd=directory, env=environment)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def pixels(seed: int = 0, height: int = 24, width: int = 20) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def mask() -> dict[str, Any]:
    return {"mask_data": np.arange(480).reshape(24, 20) % 3, "class_labels": {0: "a", 2: "c"}}

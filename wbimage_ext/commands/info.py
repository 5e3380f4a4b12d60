"""`wbimage info`: prints versions, the CPU kernels in use, and the optional packages there are."""

from __future__ import annotations

import argparse
import platform
from importlib import metadata

import numpy

from .. import build_info
from . import DONE


def run(options: argparse.Namespace) -> int:
    """Print one fact a line."""
    facts = build_info()
    facts["python"] = f"{platform.python_version()}, {platform.platform()}"
    facts["numpy"] = numpy.__version__
    for name in ("pillow", "wandb", "torch", "matplotlib"):
        try:
            facts[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            facts[name] = "not installed"
    for name, value in facts.items():
        print(f"{name:<12} {value}")
    return DONE

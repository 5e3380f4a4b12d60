"""What the numbers were measured on: machine, operating system, versions of everything involved."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
from typing import Any

import wbimage_ext

_PACKAGES = (
    "numpy",
    "pillow",
    "opencv-python-headless",
    "imagecodecs",
    "fpng",
    "pydicom",
    "simplejpeg",
    "wandb",
)


def describe() -> dict[str, Any]:
    """Everything worth knowing, as plain strings and dicts."""
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": _cpu(),
        "cpus": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": _load(),
        "build": wbimage_ext.build_info(),
        "packages": {name: version for name in _PACKAGES if (version := _version(name))},
        "pillow": _pillow(),
    }


def _cpu() -> str:
    model = platform.processor()
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name.strip() == "model name":
                    model = value.strip()
                    break
    except OSError:
        pass
    return model or platform.machine()


def _load() -> float | None:
    """How many processes wanted a CPU during the last minute; over 1, times are worth less."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _pillow() -> dict[str, str]:
    """The libraries that Pillow runs on; of zlib the one that is loaded, which may be another than
    the one it was built for.
    """
    from PIL import features

    libraries = {}
    for name in ("zlib", "zlib_ng", "libjpeg_turbo"):
        if version := features.version(name):
            libraries[name] = str(version)
    if "zlib_ng" in libraries and "zlib-ng" not in libraries.get("zlib", ""):
        libraries["zlib_ng"] += " (built for it, not loaded)"
    return libraries

"""wandb.Image in C: the same arguments, JSON and folders, and faster encoding.

Importing this costs neither wandb nor Pillow; see the README for what each name does.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .annotations import BoundingBoxes2D, Classes, ImageMask
    from .arrays import encode, guess_mode, make_grid, to_uint8
    from .image import Image
    from .runs.attributes import AttributeDict, Config
    from .runs.local_run import LocalRun
    from .runs.script import Settings, define_metric, finish, init, log, login, save, watch
    from .threads import set_num_threads
    from .with_wandb import install, uninstall

    config: Config
    run: LocalRun | None
    summary: AttributeDict

__all__ = [
    "BoundingBoxes2D",
    "Classes",
    "Image",
    "ImageMask",
    "LocalRun",
    "Settings",
    "__version__",
    "build_info",
    "define_metric",
    "encode",
    "finish",
    "guess_mode",
    "init",
    "install",
    "log",
    "login",
    "make_grid",
    "save",
    "set_num_threads",
    "to_uint8",
    "uninstall",
    "watch",
]


# Imported when first asked for, so that a program pays for what it uses.
_HOMES = {
    "LocalRun": "runs.local_run",
    "encode": "arrays",
    "guess_mode": "arrays",
    "install": "with_wandb",
    "make_grid": "arrays",
    "set_num_threads": "threads",
    "to_uint8": "arrays",
    "uninstall": "with_wandb",
    **dict.fromkeys(
        ("Settings", "define_metric", "finish", "init", "log", "login", "save", "watch"),
        "runs.script",
    ),
}
# What these are changes with each run.
_OF_THE_RUN = ("config", "run", "summary")


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    elif name in __all__:
        # The media classes: with wandb installed subclasses of wandb's, which is imported now.
        globals().update(import_module(".with_wandb", __name__).media_classes())
    elif name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    else:
        # `from wbimage_ext import NAME` asks through this function of importlib. It drops the text
        # of an AttributeError.
        is_import = sys._getframe(1).f_code.co_name == "_handle_fromlist"
        return import_module(".runs.script", __name__).attribute(name, is_import=is_import)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_OF_THE_RUN})


def build_info() -> dict[str, str]:
    """Versions of the libraries and the CPU kernels in use."""
    from . import _core

    return {"wbimage_ext": __version__, **_core.build_info()}

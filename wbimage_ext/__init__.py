"""wandb.Image in C: log images so cheaply that nobody counts them.

Importing this costs neither wandb nor Pillow; see the README for what each name does.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .annotations import BoundingBoxes2D, Classes, ImageMask
    from .arrays import encode, guess_mode, make_grid, to_uint8
    from .image import Image
    from .runs.local_run import LocalRun, init
    from .with_wandb import install, uninstall

__all__ = [
    "BoundingBoxes2D",
    "Classes",
    "Image",
    "ImageMask",
    "LocalRun",
    "__version__",
    "build_info",
    "encode",
    "guess_mode",
    "init",
    "install",
    "make_grid",
    "to_uint8",
    "uninstall",
]


# Imported when first asked for, so that a program pays for what it uses.
_HOMES = {
    "LocalRun": "runs.local_run",
    "encode": "arrays",
    "guess_mode": "arrays",
    "init": "runs.local_run",
    "install": "with_wandb",
    "make_grid": "arrays",
    "to_uint8": "arrays",
    "uninstall": "with_wandb",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    elif name in __all__:
        # The media classes: with wandb installed subclasses of wandb's, which is imported now.
        globals().update(import_module(".with_wandb", __name__).media_classes())
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def build_info() -> dict[str, str]:
    """Versions of the libraries and the CPU kernels in use."""
    from . import _core

    return {"wbimage_ext": __version__, **_core.build_info()}

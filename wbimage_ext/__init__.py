"""wandb.Image in C: log images so cheaply that nobody counts them.

Importing this costs neither wandb nor Pillow; see the README for what each name does.
"""

from typing import TYPE_CHECKING, Any

from ._version import __version__
from .functions import encode, guess_mode, make_grid, to_uint8
from .integration import MEDIA_NAMES, install, media_classes, uninstall
from .local_run import LocalRun, init

if TYPE_CHECKING:
    from .image import Image
    from .metadata import BoundingBoxes2D, Classes, ImageMask

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


def __getattr__(name: str) -> Any:
    # With wandb installed these are subclasses of wandb's; it is imported when one is asked for.
    if name in MEDIA_NAMES:
        globals().update(media_classes())
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *MEDIA_NAMES})


def build_info() -> dict[str, str]:
    """Versions of the libraries and the CPU kernels in use."""
    from . import _core

    return {"wbimage_ext": __version__, **_core.build_info()}

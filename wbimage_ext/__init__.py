"""wandb.Image in C: log images so cheaply that nobody counts them.

Importing this costs neither wandb nor Pillow; see the README for what each name does.
"""

from ._version import __version__
from .functions import encode, guess_mode, make_grid, to_uint8
from .image import Image
from .local_run import LocalRun, init
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
    "make_grid",
    "to_uint8",
]


def build_info() -> dict[str, str]:
    """Versions of the libraries and the CPU kernels in use."""
    from . import _core

    return {"wbimage_ext": __version__, **_core.build_info()}

"""What follows from wandb being installed or not: the media classes, install() and uninstall().

In: the environment. Out: subclasses of wandb's classes where it can be imported, else the
standalone ones. Importing this imports no wandb; the functions do.
"""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any

from ..imported import imported

MEDIA_NAMES = ("BoundingBoxes2D", "Classes", "Image", "ImageMask")


def is_wandb_installed() -> bool:
    """Whether there is a wandb package; the `wandb` folder of offline runs is none."""
    try:
        spec = importlib.util.find_spec("wandb")
    except ValueError:  # a module that somebody put there by hand
        return False
    return spec is not None and spec.origin is not None


def media_classes() -> dict[str, Any]:
    """The public media classes by name: subclasses of wandb's where it is installed.

    An installed wandb that cannot be imported gives a RuntimeWarning and the standalone classes.
    """
    from .. import annotations as _annotations
    from .. import image

    source: Any = None
    if is_wandb_installed():
        try:
            from . import classes as source
        except Exception as error:
            warnings.warn(
                f"wandb is installed but cannot be used ({type(error).__name__}: {error}); "
                "wbimage_ext.Image goes into LocalRun only",
                RuntimeWarning,
                stacklevel=3,
            )
    if source is not None:
        return {name: getattr(source, name) for name in MEDIA_NAMES}
    return {
        "Image": image.Image,
        **{name: getattr(_annotations, name) for name in MEDIA_NAMES if name != "Image"},
    }


def imported_wandb() -> Any:
    """The module of wandb.

    Raises:
        ImportError: wandb is not installed, or cannot be imported.
    """
    if not is_wandb_installed():
        raise ImportError("this needs the wandb package. To get it, run: pip install wandb")
    import wandb

    return wandb


def own_media(value: Any) -> Any:
    """Ours for an image of wandb's own class, with its boxes and masks; else `value`.

    Nothing is an image of wandb's where wandb was not imported.
    """
    if not isinstance(value, imported("wandb", "Image", ())):
        return value
    from . import classes

    return classes.as_ours(value)


def install() -> None:
    """Make `wandb.Image` and its masks and boxes work as those of this package do.

    Methods of wandb's classes are replaced in place, so it does not matter who imported them before
    or under which name: every integration encodes, binds and publishes images as `Image` does, and
    converts pixels by its rule. Calling it again does nothing. Threads may be logging meanwhile.

    Raises:
        ImportError: wandb is not installed, or cannot be imported.
    """
    if not is_wandb_installed():
        raise ImportError("install() needs the wandb package. To get it, run: pip install wandb")
    from . import patch

    patch.install()


def uninstall() -> None:
    """Undo install(): every attribute of wandb's classes is what it was. Calling it again, or
    without install(), does nothing.
    """
    if is_wandb_installed():
        from . import patch

        patch.uninstall()

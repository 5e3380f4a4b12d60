"""PIL images: what Pillow has to do to one before, or instead of, the core.

In: a PIL image and the options. Out: Pixels, in the image's own memory where Pillow exports that;
or an EncodedImage that Pillow saved, for what the core has no form for. An image keeps its mode and
its size; a mode that the file type cannot hold is converted. Pillow is imported only by functions
that are given no image.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from .. import _core
from ..encoding.file_types import FILE_TYPES
from ..encoding.options import EncodeOptions
from ..encoding.warnings import warn_dropped_alpha, warn_of_clipping
from .kinds import Array, EncodedImage, Pixels

_DEEP_MODES = frozenset(["I", "I;16", "I;16L", "I;16B", "I;16N"])
_GRAY_MODES = frozenset(["1", "L", "LA", "La"])
_ALPHA_MODES = frozenset(["LA", "La", "PA", "RGBA", "RGBa"])
# Modes whose samples are values, by the mode that the core makes of them.
_MODES_OF_VALUES = {"RGB": "RGB", "RGBA": "RGBA", **dict.fromkeys(["L", "F", *_DEEP_MODES], "L")}


def read_image(image: Any, options: EncodeOptions) -> Pixels | EncodedImage:
    """The pixels of a PIL image, or the file that Pillow makes of it.

    `options.mode` is not looked at, as in wandb.

    Raises:
        ValueError: a side that is 0 or over MAX_DIMENSION, or a mode that fits no option.
    """
    options = options.checked()
    image.load()
    width, height = image.size
    if not (0 < width <= _core.MAX_DIMENSION and 0 < height <= _core.MAX_DIMENSION):
        raise ValueError(
            f"the image is {width} x {height} pixels; a side may have 1 to {_core.MAX_DIMENSION}"
        )
    if options.needs_values or image.mode == "F":
        array = values(image)
        return Pixels(array, image, mode=_MODES_OF_VALUES[image.mode], keeps_sides=True)
    given = _without_foreign_color_key(image)
    if image.mode in _DEEP_MODES:
        is_png = options.file_type == "png"
        samples = np.asarray(image)
        if not is_png or "transparency" not in given.info:
            return Pixels(
                samples,
                image,
                mode="I;16" if is_png else "L",
                is_scaled=True,
                icc_profile=_icc_profile(given, given),
            )
        warn_of_clipping(int(samples.min()), int(samples.max()), 65535)
    fitting, lost_alpha = fitted(given, options.file_type)
    if lost_alpha:
        warn_dropped_alpha(options.file_type)
    profile = _icc_profile(given, fitting)
    if is_for_core(fitting, options.file_type):
        return Pixels(
            view(fitting),
            image,
            mode=fitting.mode,
            is_scaled=True,
            keeps_sides=True,
            icc_profile=profile,
        )
    return EncodedImage(saved(fitting, options, profile), width, height)


def _without_foreign_color_key(image: Any) -> Any:
    """The image without a `transparency` that was left by another mode, as Pillow's copies may."""
    key = image.info.get("transparency")
    if image.mode == "P":
        is_own = isinstance(key, (int, bytes))
    elif image.mode == "RGB":
        is_own = isinstance(key, (tuple, list)) and len(key) == 3
    else:
        is_own = isinstance(key, int) and image.mode in ("1", "L", "I", "I;16")
    if key is None or is_own:
        return image
    image = image.copy()
    del image.info["transparency"]
    return image


# Colour spaces of ICC profiles, as their header names them (ICC.1:2022, table 19).
_COLOR_SPACES = {"L": b"GRAY", "LA": b"GRAY", "I;16": b"GRAY", "RGB": b"RGB ", "RGBA": b"RGB "}


def _icc_profile(given: Any, fitting: Any) -> bytes | None:
    """The image's profile; of a converted image only where it is one of the new mode."""
    profile = given.info.get("icc_profile")
    if not isinstance(profile, bytes) or not profile:
        return None
    if fitting.mode != given.mode and profile[16:20] != _COLOR_SPACES.get(fitting.mode):
        return None
    return profile


def require_pillow(purpose: str) -> Any:
    """The module PIL.Image.

    Raises:
        ImportError: Pillow is not installed; names what it is needed for.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            f"{purpose} needs the Pillow package. To get it, run: pip install pillow"
        ) from error
    return Image


def values(image: Any) -> Array:
    """The values of an image of one of the modes L, RGB, RGBA, I, I;16 and F.

    Raises:
        ValueError: another mode, whose samples are no values to scale or to colour.
    """
    if image.mode not in _MODES_OF_VALUES:
        raise ValueError(
            "normalize=(lo, hi), colormap and bit_depth=16 need an image of mode L, RGB, RGBA, I, "
            f"I;16 or F, not {image.mode}; convert() changes the mode"
        )
    return np.asarray(image)


def view(image: Any) -> Array:
    """The pixels of an image of mode L, LA, RGB or RGBA.

    Returns:
        uint8 array of shape (H, W), (H, W, 3) or (H, W, 4); LA has equal R, G and B. It shares the
        image's memory where the installed Pillow exports that and it lies in one block.
    """
    samples = _exported(image)
    width, height = image.size
    if samples is not None and image.mode == "L":
        return samples.reshape(height, width)
    if samples is not None:
        # Pillow keeps four bytes a pixel in every mode of more than one band.
        pixels = samples.reshape(height, width, 4)
        return pixels[:, :, :3] if image.mode == "RGB" else pixels
    return np.asarray(image.convert("RGBA") if image.mode == "LA" else image)


def _exported(image: Any) -> Array | None:
    """Pillow's own memory as bytes; None where it exports none."""
    export = getattr(image, "__arrow_c_array__", None)
    # Pillow 11.2.1 to 12.3.0 crash in the export of an image that maps memory of somebody else.
    if export is None or image.readonly:
        return None
    try:
        schema, array = export()
    except ValueError:
        # A large image lies in several blocks.
        return None
    samples = _core.arrow_bytes(schema, array)
    width, height = image.size
    return samples if samples.size == width * height * (1 if image.mode == "L" else 4) else None


def opened(data: Any) -> Any:
    """An encoded file in memory as a loaded PIL image."""
    image = require_pillow("opening an image").open(io.BytesIO(data))
    image.load()
    return image


def converted(image: Any, mode: str) -> Any:
    """The image in another mode, by Pillow.

    Raises:
        ValueError: Pillow knows no such conversion.
    """
    try:
        return image.convert(mode)
    except (ValueError, KeyError) as error:
        raise ValueError(f"Pillow cannot convert mode {image.mode} to {mode}: {error}") from error


def fitted(image: Any, file_type: str) -> tuple[Any, bool]:
    """The image in a mode that the file type can hold, and whether its alpha was lost by that."""
    kind = FILE_TYPES[file_type]
    if image.mode in kind.pillow_modes:
        return image, False
    substitute = kind.substitutes.get(image.mode)
    if substitute is None:
        substitute = "L" if image.mode in _GRAY_MODES else "RGB"
    had_alpha = image.mode in _ALPHA_MODES or (image.mode == "P" and "transparency" in image.info)
    if image.mode in ("La", "RGBa") and substitute not in ("LA", "RGBA"):
        image = image.convert(image.mode.upper())
    elif image.mode == "P" and had_alpha:
        image = image.convert("RGBA")
    elif substitute == "I;16":
        # The way between two 16-bit modes that loses nothing.
        image = image.convert("I")
    return converted(image, substitute), had_alpha and substitute not in ("LA", "RGBA")


def is_for_core(image: Any, file_type: str) -> bool:
    """Whether the core encodes all there is to an image; a colour key, for one, it does not."""
    kind = FILE_TYPES[file_type]
    has_color_key = kind.has_color_key and "transparency" in image.info
    return image.mode in kind.core_modes and not has_color_key


def saved(image: Any, options: EncodeOptions, profile: bytes | None) -> memoryview:
    """The file that Pillow writes for an image in a mode that the file type can hold."""
    buffer = io.BytesIO()
    level = {} if options.compress_level is None else {"compress_level": options.compress_level}
    # A saver leaves alone what its format does not have.
    title = options.type_of_file.title
    image.save(buffer, title, quality=options.quality, icc_profile=profile, **level)
    return buffer.getbuffer()

"""The encoders that are compared, ours among them. What is not installed is named and left out.

A peer's `prepare` takes pixels of uint8 or uint16, (H, W) or (H, W, C), brings them into the form
that the peer likes best, untimed, and returns the call to time, whose result is the encoded file;
None where the peer cannot take such pixels.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from wbimage_ext import _core, encode

from .corpus import Pixels
from .timing import Call

JPEG_QUALITY = 75
FPNGE_REPOSITORY = "https://github.com/animetosho/python-fpnge"

OURS = "wbimage_ext"
PILLOW = "Pillow"
LIBPNG = "libpng 6, all filters"


@dataclass(frozen=True)
class Peer:
    """One encoder with one setting."""

    name: str
    prepare: Callable[[Pixels], Call | None]


def found(module: str) -> ModuleType | None:
    """The module, or None where it is not installed or does not load."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def file_bytes(encoded: Any) -> bytes:
    """The file as bytes, whatever type a peer returns it in."""
    return bytes(memoryview(encoded).cast("B"))


def channels_of(pixels: Pixels) -> int:
    """1 for (H, W), else the last side."""
    return 1 if pixels.ndim == 2 else pixels.shape[2]


# Ours.


def core_with(disabled: str) -> Any:
    """A second instance of the extension module that does without some CPU kernels."""
    variable = "WBIMAGE_CPU_DISABLE"
    before = os.environ.get(variable)
    os.environ[variable] = disabled
    try:
        spec = importlib.util.spec_from_file_location(_core.__name__, _core.__file__)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        del os.environ[variable]
        if before is not None:
            os.environ[variable] = before
    return module


def ours(file_type: str, level: int | None = None) -> Peer:
    """The public function, with the copy to bytes that it makes."""
    name = OURS if level is None else f"{OURS} {level}"

    def prepare(pixels: Pixels) -> Call | None:
        if file_type == "jpg" and channels_of(pixels) not in (1, 3):
            return None
        return lambda: encode(pixels, file_type, normalize=False, compress_level=level)

    return Peer(name, prepare)


def ours_by_kernels(**options: Any) -> list[Peer]:
    """The core alone: with all kernels, and with fewer and fewer."""
    kernels = _core.build_info()["cpu"].split()
    peers = []
    for i in range(len(kernels), -1, -1):
        core = core_with(kernels[i] if i < len(kernels) else "")
        name = kernels[i - 1] if i > 0 else "portable"
        if name != "portable" or not kernels:
            peers.append(Peer(f"{OURS} core, {name}", _prepare_core(core, options)))
    return peers


def _prepare_core(core: Any, options: dict[str, Any]) -> Callable[[Pixels], Call]:
    return lambda pixels: lambda: core.encode(pixels, normalize=False, **options)


def ours_of_16_bits() -> Peer:
    """The public function; samples keep their values."""
    return Peer(OURS, lambda pixels: lambda: encode(pixels, bit_depth=16))


# Others.


def pillow(file_type: str, **options: Any) -> Peer:
    """Pillow; its image is made beforehand, so only `save` is timed."""
    from PIL import Image

    def prepare(pixels: Pixels) -> Call | None:
        if file_type == "JPEG" and channels_of(pixels) not in (1, 3):
            return None
        image = Image.fromarray(pixels)

        def call() -> memoryview:
            buffer = io.BytesIO()
            image.save(buffer, file_type, **options)
            return buffer.getbuffer()

        return call

    level = options.get("compress_level")
    return Peer(PILLOW if level is None else f"{PILLOW} {level}", prepare)


def opencv(cv2: ModuleType, extension: str, flags: Sequence[int] = ()) -> Peer:
    """OpenCV; the order of its channels is made beforehand."""
    cv2.setNumThreads(1)
    orders = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}

    def prepare(pixels: Pixels) -> Call | None:
        channels = channels_of(pixels)
        if channels == 2 or (channels == 4 and extension == ".jpg"):
            return None
        given = cv2.cvtColor(pixels, orders[channels]) if channels in orders else pixels
        return lambda: cv2.imencode(extension, given, flags)[1]

    return Peer("OpenCV", prepare)


def imagecodecs_png(imagecodecs: ModuleType, codec: str, level: int | None) -> Peer:
    """libpng or spng by imagecodecs."""
    function = getattr(imagecodecs, f"{codec}_encode")
    library = {"png": "libpng", "spng": "spng"}[codec]
    name = f"imagecodecs {library}" if level is None else f"imagecodecs {library} {level}"
    return Peer(name, lambda pixels: lambda: function(pixels, level=level))


def fpng(module: ModuleType) -> Peer:
    """fpng, which takes RGB and RGBA only."""

    def prepare(pixels: Pixels) -> Call | None:
        if channels_of(pixels) not in (3, 4):
            return None
        return lambda: module.from_ndarray(pixels)

    return Peer("fpng", prepare)


def fpnge(module: ModuleType, level: int) -> Peer:
    """fpnge, built for the CPU it runs on."""

    def prepare(pixels: Pixels) -> Call:
        given = np.ascontiguousarray(pixels[:, :, None] if pixels.ndim == 2 else pixels)
        return lambda: module.fromNP(given, level)

    return Peer(f"fpnge {level}", prepare)


def simplejpeg(module: ModuleType) -> Peer:
    """simplejpeg with the arithmetic that the others use."""

    def prepare(pixels: Pixels) -> Call | None:
        colors = {1: "GRAY", 3: "RGB"}.get(channels_of(pixels))
        if colors is None:
            return None
        given = np.ascontiguousarray(pixels[:, :, None] if pixels.ndim == 2 else pixels)
        sampling = "Gray" if colors == "GRAY" else "420"
        return lambda: module.encode_jpeg(
            given, JPEG_QUALITY, colorspace=colors, colorsubsampling=sampling, fastdct=False
        )

    return Peer("simplejpeg", prepare)


def imagecodecs_jpeg(imagecodecs: ModuleType) -> Peer:
    """libjpeg-turbo by imagecodecs."""

    def prepare(pixels: Pixels) -> Call | None:
        if channels_of(pixels) not in (1, 3):
            return None
        return lambda: imagecodecs.jpeg8_encode(pixels, level=JPEG_QUALITY, subsampling="420")

    return Peer("imagecodecs", prepare)


def png_peers() -> tuple[list[Peer], list[str]]:
    """The PNG encoders, Pillow's default first, and the names of what is not installed."""
    peers = [pillow("PNG"), pillow("PNG", compress_level=1)]
    missing = []
    if cv2 := found("cv2"):
        peers.append(opencv(cv2, ".png"))
    else:
        missing.append("opencv-python-headless")
    if imagecodecs := found("imagecodecs"):
        peers.append(imagecodecs_png(imagecodecs, "png", None))
        peers.append(imagecodecs_png(imagecodecs, "spng", None))
    else:
        missing.append("imagecodecs")
    if module := found("fpng"):
        peers.append(fpng(module))
    else:
        missing.append("fpng")
    if module := found("fpnge"):
        peers += [fpnge(module, 2), fpnge(module, 4)]
    else:
        missing.append("fpnge (not on PyPI: pip install git+" + FPNGE_REPOSITORY + ")")
    return [*peers, ours("png"), *ours_by_kernels()], missing


def sixteen_peers() -> tuple[list[Peer], list[str]]:
    """The encoders of 16-bit PNG, libpng's first, and the names of what is not installed. All of
    them need imagecodecs, which has the libpng that others are compared with.
    """
    missing = ["fpnge's 16-bit mode (not on PyPI)"]
    imagecodecs = found("imagecodecs")
    if imagecodecs is None:
        return [], [*missing, "imagecodecs"]
    peers = [_libpng_16(imagecodecs), _pillow_16()]
    if cv2 := found("cv2"):
        peers.append(opencv(cv2, ".png"))
    else:
        missing.append("opencv-python-headless")
    peers.append(imagecodecs_png(imagecodecs, "spng", None))
    return [*peers, ours_of_16_bits(), *ours_by_kernels(bit_depth=16)], missing


def _libpng_16(imagecodecs: ModuleType) -> Peer:
    every = imagecodecs.PNG.FILTER.ALL
    encode_png = imagecodecs.png_encode
    return Peer(LIBPNG, lambda pixels: lambda: encode_png(pixels, level=6, filter=every))


def _pillow_16() -> Peer:
    """Pillow at its default, whose only mode of 16 bits is gray."""
    default = pillow("PNG")
    return Peer(PILLOW, lambda pixels: default.prepare(pixels) if pixels.ndim == 2 else None)


def level_peers() -> list[Peer]:
    """Pillow and ours at every compression level."""
    peers = [pillow("PNG", compress_level=level) for level in range(10)]
    return peers + [ours("png", level) for level in range(10)]


def jpeg_peers() -> tuple[list[Peer], list[str]]:
    """The JPEG encoders, Pillow first, and the names of what is not installed."""
    from .turbojpeg import turbojpeg

    peers = [pillow("JPEG", quality=JPEG_QUALITY)]
    missing = []
    if cv2 := found("cv2"):
        peers.append(opencv(cv2, ".jpg", (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY)))
    else:
        missing.append("opencv-python-headless")
    if imagecodecs := found("imagecodecs"):
        peers.append(imagecodecs_jpeg(imagecodecs))
    else:
        missing.append("imagecodecs")
    if module := found("simplejpeg"):
        peers.append(simplejpeg(module))
    else:
        missing.append("simplejpeg")
    if direct := turbojpeg(JPEG_QUALITY):
        peers.append(Peer("libjpeg-turbo", direct))
    else:
        missing.append("libturbojpeg (a system library)")
    return [*peers, ours("jpg")], missing

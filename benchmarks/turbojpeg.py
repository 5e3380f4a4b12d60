"""libjpeg-turbo called directly, through its own TurboJPEG interface and ctypes.

On a system with one libjpeg-turbo this is the library that the extension links, so the difference
between the two is what the extension adds.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable

import numpy as np

from .corpus import Pixels
from .timing import Call

# Values of turbojpeg.h.
_PIXELS_RGB, _PIXELS_GRAY = 0, 6
_SAMPLING_420, _SAMPLING_GRAY = 2, 3
_NO_REALLOCATION, _ACCURATE_DCT = 1024, 4096


def turbojpeg(quality: int) -> Callable[[Pixels], Call | None] | None:
    """`prepare` of a peer, or None where the library is not installed."""
    path = ctypes.util.find_library("turbojpeg")
    if path is None:
        return None
    library = ctypes.CDLL(path)
    library.tjInitCompress.restype = ctypes.c_void_p
    library.tjBufSize.restype = ctypes.c_ulong
    handle = ctypes.c_void_p(library.tjInitCompress())

    def prepare(pixels: Pixels) -> Call | None:
        if pixels.ndim == 3 and pixels.shape[2] != 3:
            return None
        given = np.ascontiguousarray(pixels)
        height, width = given.shape[:2]
        is_gray = given.ndim == 2
        sampling = _SAMPLING_GRAY if is_gray else _SAMPLING_420
        pixel_format = _PIXELS_GRAY if is_gray else _PIXELS_RGB
        room = ctypes.create_string_buffer(library.tjBufSize(width, height, sampling))
        buffer = ctypes.c_void_p(ctypes.addressof(room))
        size = ctypes.c_ulong(len(room))
        source = ctypes.c_void_p(given.ctypes.data)
        flags = _NO_REALLOCATION | _ACCURATE_DCT

        def call() -> memoryview:
            size.value = len(room)
            failed = library.tjCompress2(
                handle, source, width, given.strides[0], height, pixel_format,
                ctypes.byref(buffer), ctypes.byref(size), sampling, quality, flags,
            )  # fmt: skip
            if failed:
                raise RuntimeError(f"tjCompress2 refused {given.shape}")
            return memoryview(room)[: size.value]

        return call

    return prepare

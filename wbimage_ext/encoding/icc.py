"""ICC profiles in encoded files.

In: the bytes of a PNG or JPEG file and a profile. Out: the file with the profile, in the place
where Pillow's savers put it.
"""

from __future__ import annotations

import zlib
from typing import Any

# PNG 3rd edition, 5.3 and 11.2.1: the signature, and IHDR with its length, type and checksum.
_PNG_HEADER_BYTES = 8 + 12 + 13

# SOI and the APP0 segment of JFIF, which libjpeg writes first.
_JPEG_HEADER_BYTES = 2 + 18

# ICC.1:2022, B.4: an APP2 segment has 65533 bytes; the first 14 say which part it holds.
_PROFILE_BYTES_A_SEGMENT = 65533 - 14


def in_png(data: Any, profile: bytes) -> bytes:
    """A PNG file that the core encoded, with a profile."""
    return _inserted(data, _PNG_HEADER_BYTES, _png_chunk(profile))


def in_jpeg(data: Any, profile: bytes) -> bytes:
    """A JPEG file that the core encoded, with a profile."""
    return _inserted(data, _JPEG_HEADER_BYTES, _jpeg_segments(profile))


def _inserted(data: Any, place: int, part: bytes) -> bytes:
    view = memoryview(data)
    return b"".join((view[:place], part, view[place:]))


def _png_chunk(profile: bytes) -> bytes:
    content = b"iCCP" + b"ICC Profile\0" + b"\0" + zlib.compress(profile)
    length = len(content) - 4
    return length.to_bytes(4, "big") + content + zlib.crc32(content).to_bytes(4, "big")


def _jpeg_segments(profile: bytes) -> bytes:
    step = _PROFILE_BYTES_A_SEGMENT
    parts = [profile[start : start + step] for start in range(0, len(profile), step)]
    if len(parts) > 255:
        raise ValueError(f"an ICC profile of {len(profile)} bytes is too long for JPEG")
    return b"".join(
        b"\xff\xe2"
        + (len(part) + 16).to_bytes(2, "big")
        + b"ICC_PROFILE\0"
        + bytes((number, len(parts)))
        + part
        for number, part in enumerate(parts, 1)
    )

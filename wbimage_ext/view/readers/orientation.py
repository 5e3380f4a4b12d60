"""Finds how browsers turn a picture: the orientation tag of its Exif data.

In: the first bytes of a JPEG or PNG file. Out: 1 to 8, where 1 is "as stored". Browsers turn these
two formats and no other by Exif (seen in Chromium 156 and Firefox 153).

Sources: Exif 2.32, section 4.6.4 (tag 0x0112 in the first directory), TIFF 6.0 for the layout, and
PNG, third edition, section 11.3.3.4 (eXIf).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

HEAD_BYTES = 64 * 1024  # a JPEG segment ends within them; cameras write Exif first
AS_STORED = 1
ORIENTATION_TAG = 0x0112
SHORT = 3  # the tag's type


def orientation(head: bytes) -> int:
    """The orientation that the file's first bytes give."""
    if head.startswith(b"\xff\xd8"):
        segments = _jpeg_segments(head)
        exif = next((s[6:] for kind, s in segments if kind == 0xE1 and s[:6] == b"Exif\0\0"), b"")
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        exif = next((body for kind, body in _png_chunks(head) if kind == b"eXIf"), b"")
    else:
        return AS_STORED
    return _of_tiff(exif)


def _jpeg_segments(head: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield marker and content of the segments before the scan."""
    at = 2
    while at + 4 <= len(head):
        if head[at] != 0xFF:
            return
        marker = head[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == 0xDA:
            return
        size = int.from_bytes(head[at + 2 : at + 4], "big")
        yield marker, head[at + 4 : at + 2 + size]
        at += 2 + size


def _png_chunks(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and content of the chunks before the pixels."""
    at = 8
    while at + 8 <= len(head) and (kind := head[at + 4 : at + 8]) != b"IDAT":
        size = int.from_bytes(head[at : at + 4], "big")
        yield kind, head[at + 8 : at + 8 + size]
        at += 12 + size


def _of_tiff(exif: bytes) -> int:
    if exif[:2] not in (b"II", b"MM"):
        return AS_STORED
    order: Literal["little", "big"] = "little" if exif[:2] == b"II" else "big"

    def number(at: int, size: int) -> int:
        return int.from_bytes(exif[at : at + size], order)

    directory = number(4, 4)
    for entry in range(number(directory, 2)):
        at = directory + 2 + 12 * entry
        if at + 12 > len(exif):
            break
        if number(at, 2) == ORIENTATION_TAG and number(at + 2, 2) == SHORT:
            value = number(at + 8, 2)
            return value if 1 <= value <= 8 else AS_STORED
    return AS_STORED

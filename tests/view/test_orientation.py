"""The orientation tag of Exif data, in JPEG and PNG files as programs write them, and damaged."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from wbimage_ext.view.readers.orientation import orientation


def encoded(kind: str, tag: object, order: str = "<") -> bytes:
    exif = Image.Exif()
    exif.endian = order
    exif[0x10F] = "a camera"
    exif[0x112] = tag
    out = io.BytesIO()
    Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(out, kind, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["jpeg", "png"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("tag", range(1, 9))
def test_every_orientation(kind: str, order: str, tag: int) -> None:
    assert orientation(encoded(kind, tag, order)) == tag


@pytest.mark.parametrize("kind", ["jpeg", "png"])
@pytest.mark.parametrize("tag", [0, 9, 255])
def test_what_is_no_orientation_turns_nothing(kind: str, tag: object) -> None:
    assert orientation(encoded(kind, tag)) == 1


def test_a_jpeg_with_other_segments_before_it() -> None:
    plain = encoded("jpeg", 6)
    other = b"\xff\xe1\x00\x10http://ns.ado\x00" + b"\xff\xff\xfe\x00\x04hi"
    assert orientation(plain[:2] + other + plain[2:]) == 6


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_any_damage_is_survived(kind: str) -> None:
    whole = encoded(kind, 6)
    random = np.random.default_rng(5)
    for _ in range(2000):
        content = bytearray(whole[: random.integers(len(whole) + 1)])
        for at in random.integers(0, max(1, len(content)), 3):
            content[at : at + 1] = bytes([random.integers(256)])
        assert 1 <= orientation(bytes(content)) <= 8


def test_other_formats_are_as_stored() -> None:
    assert orientation(b"") == 1
    assert orientation(b"GIF89a" + encoded("jpeg", 6)) == 1

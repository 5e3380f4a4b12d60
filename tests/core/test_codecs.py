"""The core's decoder and probe beside Pillow, over files that Pillow wrote."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage

from wbimage_ext import _core


def pillow_file(image: PILImage.Image, file_format: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, file_format, **options)
    return target.getvalue()


def png_file(width: int, depth: int, color_type: int, rows: list[bytes]) -> bytes:
    """A PNG of any depth, which Pillow reads but does not write."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, len(rows), depth, color_type, 0, 0, 0)
    palette = bytes(range(256)) * 3 if color_type == 3 else b""
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"PLTE", palette[: 3 << depth]) if palette else b"",
            chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))),
            chunk(b"IEND", b""),
        )
    )


def check_decoded(data: bytes) -> None:
    """Mode and pixel values are those of Pillow's getdata."""
    pixels, mode, sample_bytes = _core.decode(data)
    with PILImage.open(io.BytesIO(data)) as image:
        image.load()
        # Pillow before 10.3 widens 16-bit gray.
        assert mode == ("I;16" if image.mode == "I" else image.mode)
        expected = np.asarray(image.convert("L") if mode == "1" else image)
    values = pixels.view(np.uint16) if sample_bytes == 2 else pixels
    np.testing.assert_array_equal(values.reshape(expected.shape), expected)


@pytest.fixture(scope="module")
def picture(photo: np.ndarray[Any, Any]) -> PILImage.Image:
    return PILImage.fromarray(photo[100:190, 200:317])


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_png_decodes_as_in_pillow(mode: str, picture: PILImage.Image) -> None:
    check_decoded(pillow_file(picture.convert(mode), "PNG"))


@pytest.mark.parametrize(
    ("depth", "color_type", "channels"),
    [
        *((depth, 0, 1) for depth in (1, 2, 4, 16)),
        *((depth, 3, 1) for depth in (1, 2, 4)),
        *((16, 2, 3), (16, 4, 2), (16, 6, 4)),
    ],
)
def test_png_of_every_depth_decodes_as_in_pillow(
    depth: int, color_type: int, channels: int
) -> None:
    random = np.random.default_rng(depth)
    for width in (1, 5, 16, 33):
        row_bytes = (width * depth * channels + 7) // 8
        check_decoded(png_file(width, depth, color_type, [random.bytes(row_bytes)] * 3))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 95, "subsampling": 0}])
def test_jpeg_decodes_as_in_pillow(
    mode: str, options: dict[str, Any], picture: PILImage.Image
) -> None:
    data = pillow_file(picture.convert(mode), "JPEG", **options)
    pixels, decoded_mode, _ = _core.decode(data)
    assert decoded_mode == mode
    with PILImage.open(io.BytesIO(data)) as image:
        expected = np.asarray(image).reshape(pixels.shape).astype(int)
    # Library versions may round the transform differently.
    assert abs(expected - pixels).max() <= 3


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA"])
def test_bmp_decodes_as_in_pillow(mode: str, picture: PILImage.Image) -> None:
    check_decoded(pillow_file(picture.convert(mode), "BMP"))


PROBED = [
    ("PNG", "RGB", {}),
    ("PNG", "P", {}),
    ("PNG", "1", {}),
    ("JPEG", "RGB", {}),
    ("JPEG", "L", {"progressive": True}),
    ("JPEG", "CMYK", {}),
    ("BMP", "RGB", {}),
    ("BMP", "L", {}),
    ("BMP", "1", {}),
    ("GIF", "P", {}),
    ("WEBP", "RGB", {}),
    ("WEBP", "RGBA", {"lossless": True}),
]


def probe(data: bytes, piece_bytes: int) -> tuple[str, int, int]:
    started = _core.Probe()
    for start in range(0, len(data), piece_bytes):
        started.feed(data[start : start + piece_bytes])
    return started.finish()


@pytest.mark.parametrize(("file_format", "mode", "options"), PROBED)
def test_probe_of_what_pillow_writes(
    file_format: str, mode: str, options: dict[str, Any], picture: PILImage.Image
) -> None:
    data = pillow_file(picture.convert(mode), file_format, **options)
    for piece_bytes in (1, 13, 4096, len(data)):
        assert probe(data, piece_bytes) == (file_format.lower(), *picture.size)
    assert probe(data + b"and more", 100) == (file_format.lower(), *picture.size)
    for cut in range(1, len(data), max(1, len(data) // 50)):
        with pytest.raises(ValueError):
            probe(data[:cut], 1000)


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG"])
def test_probe_of_animations(file_format: str, picture: PILImage.Image) -> None:
    frames = [picture.rotate(angle) for angle in (90, 180)]
    data = pillow_file(picture, file_format, save_all=True, append_images=frames)
    assert probe(data, 999) == (file_format.lower(), *picture.size)


def stray_bytes(picture: PILImage.Image) -> bytes:
    data = pillow_file(picture, "JPEG")
    for marker in (b"\xff\xdb", b"\xff\xc0", b"\xff\xc4", b"\xff\xda"):
        data = data.replace(marker, b"\0\0stray" + marker, 1)
    return data


def no_trailer(picture: PILImage.Image) -> bytes:
    return pillow_file(picture, "GIF")[:-1]


def junk_for_a_trailer(picture: PILImage.Image) -> bytes:
    return no_trailer(picture) + b"junk"


def fault_after_the_pixels(picture: PILImage.Image) -> bytes:
    data = pillow_file(picture, "PNG")
    return data[:-12] + struct.pack(">I4s4sI", 4, b"tEXt", b"a\0bc", 0) + data[-12:]


@pytest.mark.parametrize(
    "make", [stray_bytes, no_trailer, junk_for_a_trailer, fault_after_the_pixels]
)
def test_what_is_shown_without_loss_is_taken(make: Any, picture: PILImage.Image) -> None:
    data = make(picture)
    with PILImage.open(io.BytesIO(data)) as image:
        image.load()
        expected = (image.format or "").lower(), *image.size
        pixels = np.asarray(image)
    for piece_bytes in (1, 13, len(data)):
        assert probe(data, piece_bytes) == expected
    if expected[0] != "gif":
        np.testing.assert_array_equal(_core.decode(data)[0], pixels)


def test_probe_says_where_a_png_is_damaged(picture: PILImage.Image) -> None:
    data = bytearray(pillow_file(picture, "PNG"))
    data[1000] ^= 1
    with pytest.raises(ValueError, match=r"PNG, chunk IDAT at byte 33: its CRC is 0x"):
        probe(bytes(data), 4096)

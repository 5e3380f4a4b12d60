"""Files of formats that the core does not know: Pillow loads them, and says why it does not."""

from __future__ import annotations

import contextlib
import errno
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage
from PIL import features

from wbimage_ext import Image

FORMATS = ["TIFF", "PPM", "ICO", "TGA", "SGI", "PCX", "DDS", "JPEG2000", "AVIF", "QOI"]


def encoded(name: str, side: int = 32) -> bytes:
    """A photograph's worth of bytes in the format; skips where this Pillow does not write it."""
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    image = PILImage.fromarray(pixels)
    buffer = io.BytesIO()
    PILImage.init()
    if name not in PILImage.SAVE or (name == "JPEG2000" and not features.check("jpg_2000")):
        pytest.skip(f"this Pillow does not write {name}")
    image.save(buffer, name)
    return buffer.getvalue()


def sources(data: bytes, folder: Path) -> list[Any]:
    path = folder / "photo.bin"
    path.write_bytes(data)
    return [path, data, io.BytesIO(data)]


@pytest.mark.parametrize("name", FORMATS)
def test_a_whole_file_is_taken(name: str, tmp_path: Path) -> None:
    for source in sources(encoded(name), tmp_path):
        image = Image(source)
        assert (image._width, image._height) == (32, 32)


@pytest.mark.parametrize("name", FORMATS)
def test_a_truncated_file_is_refused(name: str, tmp_path: Path) -> None:
    data = encoded(name)
    data = data[: len(data) // 2]
    with contextlib.suppress(Exception):
        PILImage.open(io.BytesIO(data)).load()
        pytest.skip("this Pillow takes half of the file for a whole one")
    for source in sources(data, tmp_path):
        with pytest.raises(ValueError, match="is not a whole image file") as raised:
            Image(source)
        assert "Pillow" in str(raised.value)
        assert len(str(raised.value)) < 500
    assert "photo.bin" in refusal_of(tmp_path / "photo.bin")


def refusal_of(source: Any) -> str:
    with pytest.raises(ValueError, match="is not a whole image file") as raised:
        Image(source)
    return str(raised.value)


def test_a_decompression_bomb_is_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded("PPM")
    monkeypatch.setattr(PILImage, "MAX_IMAGE_PIXELS", 100)
    assert "decompression bomb" in refusal_of(data)


def test_a_format_without_plugin_is_said_to_have_none() -> None:
    assert "no plugin" in refusal_of(b"\0\0\0 ftypxxxx" + bytes(100))


def test_without_pillow_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = encoded("TIFF")
    monkeypatch.setitem(sys.modules, "PIL", None)
    for source in sources(data, tmp_path):
        assert "Pillow" in refusal_of(source)


def test_a_read_error_names_its_path() -> None:
    memory = Path("/proc/self/mem")
    if not memory.exists():
        pytest.skip("this system has no file that cannot be read")
    with pytest.raises(OSError, match="/proc/self/mem") as raised:
        Image(memory)
    assert raised.value.errno == errno.EIO


@pytest.mark.parametrize("text", ["x" * 10**6, "x/" * 1500])
def test_what_is_no_path_is_told_in_a_few_words(text: str) -> None:
    with pytest.raises(OSError) as raised:
        Image(text)
    assert len(str(raised.value)) < 300

"""Images that are encoded already: passed through byte for byte, and checked to their end."""

from __future__ import annotations

import hashlib
import io
import mmap
import os
import tempfile
import threading
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage
from PIL import features

from wbimage_ext import Image
from wbimage_ext.files import staging
from wbimage_ext.files.stored import MadeFile
from wbimage_ext.inputs import files

from ..conftest import PlainRun

Array = np.ndarray[Any, Any]

# A Pillow that was built from source may lack WebP.
FORMATS = ["PNG", "JPEG", "BMP", "GIF", *(["WEBP"] if features.check("webp") else [])]
RARE_FORMATS = ["TIFF", "PPM", "ICO"]


def encoded(name: str, size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    buffer = io.BytesIO()
    PILImage.fromarray(pixels).save(buffer, name, **options)
    return buffer.getvalue()


def spread(data: bytes) -> memoryview:
    twice = bytearray(2 * len(data))
    twice[::2] = data
    return memoryview(twice)


KINDS: dict[str, Any] = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "BytesIO": io.BytesIO,
    "every second byte": lambda data: spread(data)[::2],
    "BufferedReader": lambda data: io.BufferedReader(io.BytesIO(data)),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_bytes_pass_through(kind: str, name: str, plain_run: PlainRun) -> None:
    data = encoded(name)
    image = Image(KINDS[kind](data), caption="c", file_type="bmp", mode="L")
    assert image.format == name.lower()
    assert (image._width, image._height) == (40, 30)
    assert image._sha256 == hashlib.sha256(data).hexdigest()
    assert image._size == len(data)
    image.bind_to_run(plain_run, "k", 0)
    described = image.to_json(plain_run)
    assert described["path"].endswith(f".{name.lower()}")
    assert (Path(plain_run.dir) / described["path"]).read_bytes() == data


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize("name", FORMATS)
def test_paths_are_left_where_they_are(
    name: str, tmp_path: Path, plain_run: PlainRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encoded(name)
    given = tmp_path / f"photo.{name.lower()}"
    given.write_bytes(data)
    monkeypatch.chdir(tmp_path)
    for path in (given, str(given), given.name):
        image = Image(path)
        assert image._path == str(given)
        assert (image.format, image._size) == (name.lower(), len(data))
        image.bind_to_run(plain_run, "k", 0)
    assert given.read_bytes() == data


def test_a_path_of_bytes(tmp_path: Path) -> None:
    class BytesPath:
        def __fspath__(self) -> bytes:
            return os.fsencode(tmp_path / "photo.png")

    (tmp_path / "photo.png").write_bytes(encoded("PNG"))
    assert Image(BytesPath())._width == 40


@pytest.mark.parametrize("name", FORMATS)
def test_bytes_after_the_end_are_kept(name: str) -> None:
    data = encoded(name) + b"and more"
    image = Image(data)
    assert Path(str(image._path)).read_bytes() == data


def test_a_file_is_read_from_its_position_to_its_end() -> None:
    data = encoded("PNG")
    file = io.BytesIO(b"a header" + data)
    file.seek(8)
    image = Image(file)
    assert image._sha256 == hashlib.sha256(data).hexdigest()
    assert file.tell() == 8 + len(data)
    assert not file.closed
    with pytest.raises(ValueError, match=r"BytesIO is at its end: seek\(0\)"):
        Image(file)
    with pytest.raises(ValueError, match="no bytes"):
        Image(io.BytesIO())


def test_files_that_cannot_seek() -> None:
    data = encoded("JPEG", (300, 200))
    read_end, write_end = os.pipe()

    def write() -> None:
        with os.fdopen(write_end, "wb") as writer:
            writer.write(data)

    # A pipe holds 64 KB on Linux and much less on Windows; then a writer waits for its reader.
    writing = threading.Thread(target=write)
    writing.start()
    with os.fdopen(read_end, "rb", buffering=0) as reader:
        assert Image(reader)._sha256 == hashlib.sha256(data).hexdigest()
    writing.join()


@pytest.mark.parametrize("name", RARE_FORMATS)
def test_rare_formats_that_pillow_opens(name: str, tmp_path: Path) -> None:
    data = encoded(name, (32, 32))
    path = tmp_path / "photo"
    path.write_bytes(data)
    for source in (data, io.BytesIO(data), path):
        image = Image(source)
        assert (image.format, image._width, image._height) == (name.lower(), 32, 32)
        assert Path(str(image._path)).read_bytes() == data


def damaged(name: str) -> dict[str, bytes]:
    data = encoded(name)
    half = data[: len(data) // 2]
    # A GIF is shown without its last byte, the trailer.
    cut = 2 if name == "GIF" else 1
    return {"half": half, "all but its end": data[:-cut], "head": data[:12]}


SOURCES = ["bytes", "BytesIO", "path", "open file"]


def source_of(kind: str, data: bytes, folder: Path) -> tuple[Any, str]:
    """The source, and what a refusal has to name."""
    if kind == "bytes":
        return data, f"bytes of {len(data)} bytes"
    if kind == "BytesIO":
        return io.BytesIO(data), "_io.BytesIO"
    path = folder / "photo.png"
    path.write_bytes(data)
    return (path if kind == "path" else path.open("rb")), "photo.png"


def check_refused(kind: str, data: bytes, folder: Path, reason: str) -> None:
    """The data are refused for a reason (a pattern), and the source of this kind is named."""
    source, named = source_of(kind, data, folder)
    with pytest.raises(ValueError, match=reason) as raised:
        Image(source)
    assert named in str(raised.value) or source == b""
    if hasattr(source, "close"):
        source.close()


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", SOURCES)
def test_truncated_files_are_named(kind: str, name: str, tmp_path: Path) -> None:
    for data in damaged(name).values():
        check_refused(kind, data, tmp_path, "is not a whole image file")


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize("kind", SOURCES)
def test_damage_is_named(kind: str, tmp_path: Path) -> None:
    data = bytearray(encoded("PNG"))
    data[60] ^= 1
    check_refused(kind, bytes(data), tmp_path, "IDAT|CRC")


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("data", [b"", b"x", b"hello, this is no image at all", bytes(5000)])
def test_foreign_files_are_named(kind: str, data: bytes, tmp_path: Path) -> None:
    check_refused(kind, data, tmp_path, "no bytes|begins with|bytes are empty")


class OtherBytes(bytes):
    """Bytes whose copy is of something else."""

    def __bytes__(self) -> bytes:
        return b"else"


@pytest.mark.parametrize("kind", [OtherBytes, bytearray, memoryview])
def test_the_bytes_that_were_checked_are_kept(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded("PNG")
    memory = bytearray(data)

    def made(kept: Any, *arguments: Any) -> Any:
        memory[:] = bytes(len(memory))  # as another thread may at any time
        return MadeFile(kept, *arguments)

    monkeypatch.setattr(files, "MadeFile", made)
    given = {bytearray: memory, memoryview: memoryview(memory)}.get(kind, OtherBytes(data))
    with Image(given)._file.open() as file:
        assert file.read() == data


class Reader:
    """A file whose `read` gives these pieces."""

    def __init__(self, *pieces: Any) -> None:
        self._pieces = [*pieces, b""]

    def read(self, _size: int) -> Any:
        return self._pieces.pop(0)


def test_what_read_gives_may_be_any_buffer() -> None:
    data = encoded("PNG")
    numbers = np.frombuffer(data[: len(data) // 4 * 4], np.int32)
    image = Image(Reader(memoryview(numbers), bytearray(data[numbers.nbytes :])))
    assert image._size == len(data)
    with image._file.open() as file:
        assert file.read() == data
    with pytest.raises(TypeError, match=r"read\(\) of .*Reader gave 5, not bytes"):
        Image(Reader(5))


@pytest.mark.skipif(os.name == "nt", reason="names of Windows may have half a pair")
def test_a_path_that_cannot_be_is_named() -> None:
    with pytest.raises(ValueError, match=r"'a\\ud800b': no file name here can have '\\ud800'"):
        Image("a\ud800b")


def test_the_systems_errors(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.png"):
        Image(tmp_path / "missing.png")
    with pytest.raises(OSError, match=tmp_path.name) as raised:
        Image(tmp_path)
    assert raised.value.errno is not None
    with pytest.raises(FileNotFoundError):
        Image("")
    locked = tmp_path / "locked.png"
    locked.write_bytes(encoded("PNG"))
    locked.chmod(0)
    if not os.access(locked, os.R_OK):
        with pytest.raises(PermissionError, match=r"locked\.png"):
            Image(locked)


def test_a_file_without_end_is_refused_at_once() -> None:
    if not os.path.exists("/dev/zero"):
        pytest.skip("there is no /dev/zero")
    with pytest.raises(ValueError, match="zero' is a device"):
        Image("/dev/zero")


@pytest.mark.usefixtures("nothing_stays")
def test_text_and_closed_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("notes")
    with path.open() as file, pytest.raises(TypeError, match="'rb'"):
        Image(file)
    path.write_bytes(encoded("PNG"))
    with path.open(encoding="utf-8") as file, pytest.raises(TypeError, match="'rb'"):
        Image(file)
    with pytest.raises(TypeError, match="StringIO"):
        Image(io.StringIO("notes"))
    file = io.BytesIO(encoded("PNG"))
    file.close()
    with pytest.raises(ValueError, match=r"_io\.BytesIO is closed"):
        Image(file)
    named = path.open("rb")
    named.close()
    with pytest.raises(ValueError, match=r"the file '.*notes\.txt' is closed"):
        Image(named)
    words = r"notes\.txt' is open for writing; mode 'rb' is needed"
    with path.open("wb") as writing, pytest.raises(OSError, match=words):
        Image(writing)


@pytest.mark.parametrize("data", [b"", bytearray(), memoryview(b"")])
def test_empty_bytes_are_named(data: Any) -> None:
    with pytest.raises(ValueError, match="the bytes are empty"):
        Image(data)


@pytest.mark.parametrize("name", ["PNG", "JPEG"])
def test_an_array_of_an_encoded_image_is_named(name: str) -> None:
    array = np.frombuffer(encoded(name), np.uint8)
    with pytest.raises(ValueError, match=r"looks like an encoded image: pass \.tobytes\(\)"):
        Image(array)
    assert Image(array.tobytes()).format == name.lower()
    with pytest.raises(ValueError, match="Un-supported shape"):
        Image(array[1:])


@pytest.mark.usefixtures("nothing_stays")
def test_a_failing_read_leaves_nothing_behind() -> None:
    class Failing(io.RawIOBase):
        def __init__(self) -> None:
            self.pieces = [encoded("PNG")[:100]]

        def read(self, size: int = -1) -> bytes:
            if self.pieces:
                return self.pieces.pop()
            raise OSError(5, "the disk has gone")

    with pytest.raises(OSError, match="the disk has gone"):
        Image(Failing())


@pytest.mark.usefixtures("nothing_stays")
def test_a_file_that_does_not_wait() -> None:
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    with (
        os.fdopen(read_end, "rb", buffering=0) as reader,
        os.fdopen(write_end, "wb"),
        pytest.raises(BlockingIOError, match="no bytes ready"),
    ):
        Image(reader)


def large_png(path: Path) -> int:
    """A PNG of some 64 MB: a chunk of text before the pixels."""
    data = encoded("PNG")
    text = b"comment\0" + bytes(1 << 20)
    chunk = b"tEXt" + text
    whole = len(text).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    with path.open("wb") as file:
        file.write(data[:33])
        for _ in range(64):
            file.write(whole)
        file.write(data[33:])
    return path.stat().st_size


@pytest.mark.parametrize("kind", ["path", "open file"])
@pytest.mark.usefixtures("nothing_in_memory")
def test_memory_is_bounded(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    size = large_png(path)
    tracemalloc.start()
    try:
        if kind == "path":
            image = Image(path)
        else:
            with path.open("rb") as file:
                image = Image(file)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert image._size == size
    assert peak < 3_000_000


def test_files_are_staged_in_the_staging_directory(plain_run: PlainRun) -> None:
    image = Image(io.BytesIO(encoded("GIF")))
    staged = Path(str(image._path))
    assert staged.parent == Path(staging.staging_directory())
    assert staged.suffix == ".gif"
    image.bind_to_run(plain_run, "k", 0)
    assert staged.exists(), "somebody asked for its path"


def test_temporary_files_of_the_standard_library() -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(encoded("PNG"))
        file.seek(0)
        assert Image(file)._width == 40
    with tempfile.SpooledTemporaryFile() as spooled:
        spooled.write(encoded("JPEG"))
        spooled.seek(0)
        assert Image(spooled).format == "jpeg"


def test_memory_maps_of_files(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(encoded("PNG"))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert Image(mapped)._sha256 == hashlib.sha256(encoded("PNG")).hexdigest()


def test_a_flat_memoryview_of_numbers_is_an_array() -> None:
    with pytest.raises(ValueError, match=r"Un-supported shape.*\[3\]"):
        Image(memoryview(np.zeros(3)))

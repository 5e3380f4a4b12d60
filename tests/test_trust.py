"""Names, files and runs from outside: nothing leaves the run's directory, nothing is obeyed."""

from __future__ import annotations

import json
import os
import stat
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbimage_ext import Image, LocalRun
from wbimage_ext.commands import main
from wbimage_ext.files import staging, stored
from wbimage_ext.files.names import check_windows_name, run_file_name, safe_key
from wbimage_ext.files.stored import MadeFile
from wbimage_ext.view import write_page

from .conftest import A_PIPE, HANG_SECONDS, PlainRun, files_below
from .generated import generated
from .scenario import BOXES
from .view import made_runs

ROOT = Path(__file__).parent.parent

HOSTILE = [
    "..", ".", "../../x", "a/../../../x", "/etc/x", "//x", "", "/", "a//b", "a/./b", "~/x", "$HOME",
    "CON", "nul.txt", "a/COM1/b", "trailing.", "trailing ", "C:\\x", "a:b", "..\\..\\x", "%2e%2e/x",
    "x\ny", "\x1b[31mred\x07", "\u202egnp.exe", "\udc80", "\ufeff", "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "{{7*7}}", "%s%n", "-rf",
    "';DROP TABLE x;--", ".hidden", "..." * 10, "\u0130" * 20, "__proto__", "constructor",
]  # fmt: skip


def outside(folder: Path) -> list[str]:
    """Every file below the parent of a run's directory that is not in the run's."""
    return [name for name in files_below(folder) if not name.startswith("run/")]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_wherever_it_can_stand(text: str, tmp_path: Path) -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    image = Image(
        pixels,
        caption=text,
        masks={text: {"mask_data": pixels, "class_labels": {0: text}}},
        boxes={text: {**BOXES, "class_labels": {1: text}}},
        classes=[{"id": 5, "name": text}],
    )
    with LocalRun(tmp_path / "run", name=text, config={text: text}) as run:
        try:
            run.log({text: image, "nested": {text: {text: Image(pixels, caption=text)}}})
            run.log({text: [Image(pixels + 1)] * 2, "text": text})
            image.bind_to_run(run, text, text, text)
        except ValueError as error:
            if os.name != "nt" or "cannot be a file name on Windows" not in str(error):
                raise
    assert outside(tmp_path) == []
    for name in files_below(tmp_path / "run"):
        assert (tmp_path / "run" / name).resolve().is_relative_to((tmp_path / "run").resolve())
    page = (tmp_path / "run/index.html").read_text("ascii")
    assert "<script>alert" not in page
    assert "<img src=x" not in page


@generated(60)
@given(st.text(max_size=40), st.text(max_size=10), st.text(max_size=10))
def test_any_text_is_a_file_in_the_run_or_an_error(key: str, step: str, id_: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = PlainRun(Path(folder) / "run")
        image = Image(np.eye(3))
        try:
            image.bind_to_run(run, key, step, id_)
        except (ValueError, OSError):  # a NUL, a lone surrogate, a name too long
            assert outside(Path(folder)) == []
            return
        (name,) = files_below(folder)
        assert name.startswith("run/media/images/")
        assert "/../" not in name


@pytest.mark.parametrize(
    ("key", "safe"),
    [
        ("train/loss", "train/loss"),
        ("/etc/passwd", "etc/passwd"),
        ("../x", "__/x"),
        ("a/../..", "a/__/__"),
        (".", "_"),
        ("..hidden", "..hidden"),
        (5, "5"),
    ],
)
def test_safe_key(key: Any, safe: str) -> None:
    assert safe_key(key) == safe


def test_step_and_id_make_no_folders() -> None:
    assert run_file_name("a/b", "1/2", "../x", ".png") == "a/b_1_2_.._x.png"
    with pytest.raises(ValueError, match="NUL"):
        run_file_name("a", "1\0", "x", ".png")
    with pytest.raises(ValueError, match="NUL"):
        run_file_name("a\0", "1", "x", ".png")


@pytest.mark.skipif(os.name == "nt", reason="names of Windows may have half a pair")
def test_a_key_of_half_a_pair_names_no_file() -> None:
    with pytest.raises(ValueError, match=r"key 'a\\ud800': no file name here can have '\\ud800'"):
        run_file_name("a\ud800", "1", "x", ".png")


@pytest.mark.parametrize(
    "name",
    ["con/a", "a/NUL.txt/b", "com¹/x", "lpt9", "conout$/x", "a /b", "a./b", ".. /x", "... /x",
     "C:x", "a:b/x", "..\\x", "a\\b", "x\x1fy", "a?", 'a"', "a|b", "<a"],
)  # fmt: skip
def test_what_windows_reads_otherwise_is_refused_there(name: str) -> None:
    with pytest.raises(ValueError, match="Windows"):
        check_windows_name(name)


def test_names_that_windows_takes() -> None:
    for name in ("con_0_abc.png", "a/b_1_2.png", "..hidden_0_1.png", "console/x.png", "\u00e4.png"):
        check_windows_name(name)


# Staging.


def test_staging_is_private_and_not_predictable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    previous = os.umask(0)
    try:
        made = [Path(staging.Staging().directory()) for _ in range(20)]
    finally:
        os.umask(previous)
    assert len({path.name for path in made}) == 20
    if os.name != "nt":  # there the folder of temporary files is the user's own
        for path in made:
            assert stat.S_IMODE(path.stat().st_mode) == 0o700
            assert stat.S_IMODE((path / staging.OWNER_NAME).stat().st_mode) & 0o111 == 0


@pytest.mark.parametrize("plant", ["symlink", "file", "directory", A_PIPE])
def test_what_is_planted_in_staging_is_not_followed(
    plant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "random_name", lambda: "planted")
    victim = tmp_path / "victim"
    victim.write_text("kept")
    place = Path(staging.staging_directory()) / "planted.png"
    if plant == "symlink":
        place.symlink_to(victim)
    elif plant == "file":
        place.write_text("planted")
    elif plant == "directory":
        place.mkdir()
    else:
        os.mkfifo(place)
    try:
        with pytest.raises(FileExistsError):
            MadeFile(b"data", ".png").path()
        assert os.path.lexists(place), "what is not ours is left there"
    finally:
        place.rmdir() if plant == "directory" else place.unlink()
    assert victim.read_text() == "kept"


# Headers: what they claim is compared with what is there before anything is allocated.


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    parts = [chunk(b"IHDR", header), *chunks, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg(width: int, height: int) -> bytes:
    from io import BytesIO

    from PIL import Image as PILImage

    file = BytesIO()
    PILImage.new("RGB", (16, 16)).save(file, "JPEG")
    data = bytearray(file.getvalue())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def bmp(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info + bytes(100)


CLAIMS = {
    "png 2^31": png(2**31 - 1, 2**31 - 1),
    "png": png(60000, 60000),
    "png iCCP": png(60000, 60000, chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(10**7)))),
    "png zTXt": png(60000, 60000, chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(10**7)))),
    "jpeg": jpeg(65000, 65000),
    "bmp": bmp(2**31 - 1, 2**31 - 1),
    "bmp small": bmp(20000, 20000),
}

BOUNDED = """
import resource, sys
from PIL import Image as PILImage
from wbimage_ext import Image, _core
data = sys.stdin.buffer.read()
_core.Probe()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), resource.RLIM_INFINITY))
for read in (_core.decode, lambda data: Image(data).to_data_array()):
    try:
        read(data)
    except (ValueError, PILImage.DecompressionBombError, OSError) as error:
        print(type(error).__name__, error)
    else:
        raise SystemExit("it was decoded")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")
@pytest.mark.parametrize("name", CLAIMS)
def test_a_header_claims_more_than_there_is(name: str) -> None:
    """64 MB more than the process has are enough to refuse: a MemoryError would be a failure."""
    program = [sys.executable, "-W", "ignore", "-c", BOUNDED]
    run = subprocess.run(
        program, input=CLAIMS[name], capture_output=True, cwd=ROOT, timeout=HANG_SECONDS
    )
    assert run.returncode == 0, run.stderr.decode()
    assert b"MemoryError" not in run.stdout


def test_a_true_run_of_zeros_is_no_claim() -> None:
    """Files at the bound of what deflate and Huffman codes can do decode as ever."""
    from io import BytesIO

    from PIL import Image as PILImage

    for mode, kind, options in [
        ("L", "PNG", {"compress_level": 9}),
        ("RGB", "PNG", {"compress_level": 9}),
        ("1", "PNG", {"compress_level": 9}),
        ("L", "JPEG", {"quality": 1, "optimize": True}),
        ("RGB", "JPEG", {"quality": 1, "progressive": True}),
    ]:
        file = BytesIO()
        PILImage.new(mode, (3000, 2000)).save(file, kind, **options)
        assert Image(file.getvalue())._pixels() is not None


# A run's directory that somebody else made.


def hostile_run(folder: Path) -> made_runs.RunFolder:
    run = made_runs.RunFolder(folder)
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    mask = run.mask(pixels, "media/images/mask/m.png")
    boxes = run.boxes([], {}, "media/metadata/boxes2D/b.json")
    run.log(0, k=run.image(pixels, "media/k.png", masks={"m": mask}, boxes={"b": boxes}))
    return run


@pytest.mark.parametrize("what", ["mask", "boxes"])
@pytest.mark.parametrize("how", ["link out", "folder out", A_PIPE, "device", "loop", "parent"])
def test_the_page_takes_nothing_from_outside_the_run(what: str, how: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    made = hostile_run(secret)
    (secret / "media/metadata/boxes2D/b.json").write_text(
        json.dumps({"box_data": [], "class_labels": {"1": "SECRET"}})
    )
    run = hostile_run(tmp_path / "run")
    name = {"mask": "media/images/mask/m.png", "boxes": "media/metadata/boxes2D/b.json"}[what]
    place = run.root / name
    place.unlink()
    if how == "link out":
        place.symlink_to(made.root / name)
    elif how == "folder out":
        place.parent.rmdir()
        place.parent.symlink_to((made.root / name).parent)
    elif how == "pipe":
        os.mkfifo(place)
    elif how == "device":
        place.symlink_to("/dev/zero")
    elif how == "loop":
        place.symlink_to(place.name)
    else:
        layers = run.rows[0]["k"]["masks" if what == "mask" else "boxes"]
        next(iter(layers.values()))["path"] = f"../secret/{name}"
    page = write_page(run.write()).read_text()
    assert "SECRET" not in page
    if what == "mask":
        import base64

        content = base64.b64encode((made.root / name).read_bytes()).decode()
        assert content not in page


def test_a_page_is_not_written_through_a_link(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("mine")
    run = tmp_path / "offline-run-1"
    run.mkdir()
    row = made_runs.history({"_step": 0})
    (run / "run-1.wandb").write_bytes(made_runs.framed([row]))
    (run / "files").symlink_to(site)
    with pytest.raises(ValueError, match="is a link"):
        write_page(run)
    own = hostile_run(tmp_path / "run")
    (own.root / "index.html").symlink_to(site / "index.html")
    with pytest.raises(FileExistsError, match="not a page of wbimage_ext"):
        write_page(own.write())
    assert (site / "index.html").read_text() == "mine"


def test_deep_huge_and_endless_files_of_a_run(tmp_path: Path) -> None:
    run = hostile_run(tmp_path / "run")
    run.write()
    history = run.root / "history.jsonl"
    deep = b'{"_step": 1, "k": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}\n"
    history.write_bytes(history.read_bytes() + deep + b'{"_step": 1e999}\n[' + b"9" * 9999 + b"]\n")
    (run.root / "config.json").write_bytes(b"[" * 100_000)
    with open(run.root / "media/metadata/boxes2D/b.json", "r+b") as file:
        file.truncate(1 << 40)
    assert "skipped" in write_page(run.root).read_text()
    message = made_runs.message
    item = message((1, b"k"), (16, b"[" * 100_000))
    record = message((1, 1), (2, message((1, item))))
    started = message((17, message((17, message((1, 2**62))))))
    other = tmp_path / "other"
    (other / "files").mkdir(parents=True)
    (other / "run-1.wandb").write_bytes(made_runs.framed([record, started]))
    assert "damaged record" in write_page(other).read_text()


# What a terminal would obey.


@pytest.mark.skipif(os.name == "nt", reason="names of Windows have no such characters")
def test_names_are_shown_not_obeyed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b]0;owned\x07\u202e\x9b2J\n"
    folder = tmp_path / evil
    folder.mkdir()
    (folder / f"{evil}.png").write_bytes(b"no image")
    (folder / "inner").mkdir()
    (folder / "inner/run-1.wandb").write_bytes(b"")
    Image(np.eye(4)).bind_to_run(PlainRun(folder / "good"), evil, 0)
    good = next((folder / "good").rglob("*.png"))
    run = str(folder / "run")
    assert main(["log", "--key", evil, "--dir", run, str(good), str(folder / f"{evil}.png")]) == 1
    assert main(["view", run]) == 0
    assert main(["view", str(folder / "good")]) == 1
    assert main(["bench", "--seconds", "0", str(good)]) == 0
    captured = capsys.readouterr()
    for line in (captured.out + captured.err).split("\n"):
        assert line.isprintable(), line
    assert r"\x1b]0;owned\x07" in captured.out

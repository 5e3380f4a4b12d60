"""What a process holds after many images: memory, descriptors, threads, staged files, objects."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import io
import os
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext import Image, LocalRun

from .conftest import PlainRun
from .test_image import BOXES, mask_values

ROOT = Path(__file__).parent.parent
needs_proc = pytest.mark.skipif(
    not os.path.exists("/proc/self/statm"), reason="what a process holds is read from /proc"
)


def run_python(*arguments: str) -> str:
    finished = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@needs_proc
def test_a_short_soak() -> None:
    assert "resident memory grew" in run_python("-m", "tests.soak", "--logged=2000", "--kept=600")


LARGE = """
import ctypes, threading
import numpy as np
from wbimage_ext import Image, encode

class Mallinfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks",
        "fordblks", "keepcost")]

mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = Mallinfo

def held_mb():
    # Not what is resident: of what threads gave back, glibc keeps up to 64 MB an arena to itself.
    info = mallinfo()
    return (info.uordblks + info.hblkhd) / 1e6

def on_threads(work, count):
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

small = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
for _ in range(3):
    on_threads(lambda: encode(small), 8)
before = held_mb()
large = np.tile(small, (12, 12, 1))
for file_type in ("png", "jpg", "bmp"):
    on_threads(lambda: encode(large, file_type), 2)
    Image(large, file_type=file_type)
del large
print("after large images", held_mb() - before)
for _ in range(9):
    on_threads(lambda: encode(small), 8)
before = held_mb()
for _ in range(40):
    on_threads(lambda: encode(small), 8)
print("after 320 threads", held_mb() - before)
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"),
    reason="mallinfo2 is of glibc 2.33",
)
def test_large_images_and_ended_threads_give_their_memory_back() -> None:
    grown = {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in run_python("-c", LARGE).splitlines()
    }
    # The pools keep four buffers of 6 MB and four of 8 MB at most; each image has 39 MB.
    assert grown["after large images"] < 56
    # The pools have four slots of 5 MB, and chance decides how many of them were filled before.
    # A file buffer a thread would be 80 MB, working memory a thread 1600.
    assert grown["after 320 threads"] < 24


FLAT = """
import resource
import numpy as np
from wbimage_ext import encode

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

plot = np.full((800, 1200, 4), 255, np.uint8)
plot[100:700:7, 150:1100, :3] = 40
mask = np.zeros((1500, 1500), np.uint8)
mask[300:900, 400:1200] = 3
for image in (plot, mask):
    for threads in (1, 4):
        encode(image, num_threads=threads)
        before = faults()
        for _ in range(10):
            encode(image, num_threads=threads)
        print(faults() - before)
"""


def test_flat_images_work_in_memory_that_is_kept() -> None:
    """A fault costs as much as 2000 bytes of a flat image, and 1 MB is 256 of them."""
    assert all(int(count) < 300 for count in run_python("-c", FLAT).split())


def makers(folder: Path) -> dict[str, Callable[[], Any]]:
    pixels = np.eye(20)
    mask = {"mask_data": mask_values()}
    png = wbimage_ext.encode(pixels)
    (folder / "image.png").write_bytes(png)

    def bound() -> Image:
        image = Image(pixels)
        image.bind_to_run(PlainRun(folder), "k", 0)
        image.to_json(image._run)
        return image

    return {
        "array": lambda: Image(pixels),
        "all parts": lambda: Image(pixels, masks={"m": mask}, boxes={"b": BOXES}),
        "bytes": lambda: Image(png),
        "open file": lambda: Image(io.BytesIO(png)),
        "path": lambda: Image(folder / "image.png"),
        "copy": lambda: Image(Image(pixels)),
        "batch": lambda: Image.from_batch([pixels, pixels], dataformats="NHW", num_threads=2)[0],
        "bound": bound,
        "pixels back": lambda: (image := Image(pixels), image.to_data_array(), image == image)[0],
    }


KINDS = "array, all parts, bytes, open file, path, copy, batch, bound, pixels back".split(", ")


@pytest.mark.parametrize("kind", KINDS)
def test_images_are_in_no_cycles(kind: str, tmp_path: Path) -> None:
    make = makers(tmp_path)[kind]
    make()
    gc.collect()
    gc.disable()
    try:
        image = make()
        gone = weakref.ref(image)
        del image
        assert gone() is None
    finally:
        gc.enable()


def test_a_run_holds_none_of_its_images(local_run: LocalRun) -> None:
    gc.collect()
    gc.disable()
    try:
        image = Image(np.eye(9), masks={"m": {"mask_data": mask_values()}}, boxes={"b": BOXES})
        gone = weakref.ref(image)
        local_run.log({"one": image, "many": [image, Image(np.eye(5))], "deep": {"er": image}})
        del image
        assert gone() is None
    finally:
        gc.enable()


def test_refused_images_are_gone_with_their_exception() -> None:
    def images() -> int:
        return sum(type(item) is Image for item in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        before = images()
        for _ in range(5):
            with contextlib.suppress(TypeError):
                Image(np.eye(9), masks={"m": {"mask_data": [[0.5]]}})
        assert images() == before
    finally:
        gc.enable()

"""What tests/refusals.py refuses memory to besides the core: images, masks, batches, and runs.

In: nothing. Out: calls, each with a look at the files that it may leave behind: staged files of
what was refused, parts of files in a run, half a line of a history.
"""

from __future__ import annotations

import copy
import io
import json
import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

import wbimage_ext
from wbimage_ext import Image, ImageMask, LocalRun
from wbimage_ext.files import staging

from .core_calls import ALPHA, BATCH, COLOR, FLOATS, GRAY, MASK, comparable
from .refusing import Refused
from .test_image import BOXES

_temporary = tempfile.TemporaryDirectory(prefix="refusals-")  # removed when the process ends
FOLDER = Path(_temporary.name)


class PlainRun:
    dir = str(FOLDER / "plain")


def staged() -> list[str]:
    return sorted(os.listdir(staging.staging_directory()))


def files_of(image: Any) -> list[Any]:
    """The stored files of an image and its layers."""
    layers = [
        layer
        for name in ("_masks", "_boxes")
        for layer in (getattr(image, name, None) or {}).values()
    ]
    return [part._file for part in (image, *layers) if part._file is not None]


def digests(result: Any) -> Any:
    """Images and masks by their files, which go away."""
    if isinstance(result, list):
        return [digests(item) for item in result]
    found = []
    for file in files_of(result):
        with file.open() as opened:
            found.append((file.sha256, len(opened.read())))
    return found, getattr(result, "_width", None), getattr(result, "_caption", None)


def making(name: str, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Refused:
    """Something that stages files: none is left of what was refused."""

    def check(outcome: Any) -> None:
        if staged() != before:
            raise AssertionError(
                f"{set(staged()) ^ set(before)} stay behind after {str(outcome)[:100]}"
            )

    before = staged()
    return Refused(name, partial(partial, function, *arguments, **keywords), digests, check, **LOST)


CACHES = "caches of CPython fill slowly"


def is_lost(error: Exception) -> bool:
    """Whether CPython 3.11 raised this in place of MemoryError.

    It loses an exception where there is no memory for the frame of a traceback or for a result of
    os.stat, takes a path for none when it cannot look up its __fspath__, pickle takes a class for
    not importable, and a lock that cannot be made is a RuntimeError.
    """
    text = str(error)
    return (
        isinstance(error, (SystemError, pickle.PicklingError))
        or "not PosixPath" in text
        or (text.startswith("can't allocate") and text.endswith("lock"))
    )


LOST: dict[str, Any] = {"grows": CACHES, "is_lost": is_lost}


def calls_of_package() -> Iterator[Refused]:
    """Images of every kind, what is asked of them, and runs."""
    png = wbimage_ext.encode(COLOR)
    path = FOLDER / "image.png"
    path.write_bytes(png)
    masks = {"m": {"mask_data": MASK}, "n": {"mask_data": MASK, "class_labels": {1: "one"}}}

    yield making("Image of an array", Image, FLOATS)
    yield making(
        "Image with all parts", Image, COLOR, caption="c", grouping=2, masks=masks,
        boxes={"b": BOXES}, classes=[{"id": 7, "name": "seven"}],
    )  # fmt: skip
    yield making("Image as jpg", Image, ALPHA[:, :, :3], file_type="jpg", quality=50)
    yield making("Image of lists", Image, GRAY.tolist())
    yield making("Image of bytes", Image, png)
    yield making("Image of a path", Image, str(path))
    yield making("Image of Pillow's", Image, PillowImage.fromarray(COLOR))
    # Not mode="P": without memory Pillow ends the process, in the constructor of its decoder.
    yield making("Image of an image", Image, Image(str(path)))
    yield making("ImageMask", ImageMask, {"mask_data": MASK}, "key")
    yield making("from_batch", Image.from_batch, BATCH, dataformats="NCHW", num_threads=1)

    def of_open_file(data: bytes) -> Image:
        return Image(io.BytesIO(data))

    yield making("Image of an open file", of_open_file, png)

    image, other = Image(COLOR), Image(COLOR, compress_level=1)
    for name, function, arguments in (
        ("encode", wbimage_ext.encode, (FLOATS,)),
        ("to_uint8", wbimage_ext.to_uint8, (FLOATS,)),
        ("make_grid", wbimage_ext.make_grid, (BATCH,)),
        ("guess_mode", wbimage_ext.guess_mode, (ALPHA,)),
        ("==", Image.__eq__, (image, other)),
        ("to_data_array", image.to_data_array, ()),
        ("pickle", pickle.dumps, (image,)),
        ("copy", lambda image: copy.copy(image)._sha256, (image,)),
    ):
        yield Refused(
            f"package: {name}", partial(partial, function, *arguments), comparable, **LOST
        )

    yield binding("bind_to_run", copies=False)
    yield binding("bind_to_run by a copy", copies=True)
    yield from runs(masks)


def binding(name: str, *, copies: bool) -> Refused:
    current: list[Image] = []
    found = FOLDER / "found.png"

    def prepare() -> partial[Any]:
        for old in Path(PlainRun.dir).rglob("*.*"):
            old.unlink()
        if copies:
            found.write_bytes(wbimage_ext.encode(COLOR))
        image = Image(found if copies else COLOR)
        current[:] = [image]
        return partial(image.bind_to_run, PlainRun, "k", 0)

    def check(outcome: Any) -> None:
        files = [file for file in Path(PlainRun.dir).rglob("*") if file.is_file()]
        if any(file.suffix != ".png" or file.stat().st_size != current[0]._size for file in files):
            raise AssertionError(f"parts of files in the run: {files}")
        if outcome == "MemoryError":
            current[0].bind_to_run(PlainRun, "k", 0)
        if not os.path.exists(current[0]._path or ""):
            raise AssertionError("the image has no file")

    return Refused(name, prepare, lambda result: result, check, **LOST)


class RunWatch:
    """A run in a new folder, and what its history holds."""

    def __init__(self) -> None:
        self.count = 0
        self.run: LocalRun | None = None

    def start(self) -> LocalRun:
        self.count += 1
        self.run = LocalRun(FOLDER / f"run-{self.count}")
        return self.run

    def rows(self) -> list[Any]:
        assert self.run is not None
        text = Path(self.run.dir, "history.jsonl").read_text()
        if text and not text.endswith("\n"):
            raise AssertionError("half a line in the history")
        return [json.loads(line) for line in text.splitlines()]

    def check_files(self) -> None:
        assert self.run is not None
        for file in Path(self.run.dir).rglob("*"):
            if file.suffix in (".part", ".tmp"):
                raise AssertionError(f"{file} stays behind")
            if file.suffix == ".json":
                json.loads(file.read_bytes())


def runs(masks: dict[str, Any]) -> Iterator[Refused]:
    watch = RunWatch()
    watch.start()
    logged = 0

    def prepare_log() -> partial[Any]:
        nonlocal logged
        assert watch.run is not None
        if logged > 20:  # all of a run is looked at each time
            watch.run._folder.history.close()
            watch.start()
            logged = 0
        assert watch.run is not None
        data = {
            "loss": 0.5,
            "image": Image(COLOR, masks=masks, boxes={"b": BOXES}),
            "list": [Image(GRAY, caption="c"), Image(GRAY)],
            "deep": {"array": np.arange(3)},
        }
        return partial(watch.run.log, data)  # fmt: skip

    def check_log(outcome: Any) -> None:
        nonlocal logged
        logged += outcome != "MemoryError"
        if len(watch.rows()) != logged:
            raise AssertionError(f"{len(watch.rows())} rows, not {logged}, after {outcome}")
        watch.check_files()

    yield Refused("log", prepare_log, lambda result: result, check_log, **LOST)

    def prepare_finish() -> partial[Any]:
        run = watch.start()
        run.log({"a": Image(GRAY)})
        run.log({"b": 2}, commit=False)
        return partial(run.finish)

    def check_finish(outcome: Any) -> None:
        assert watch.run is not None
        watch.check_files()
        watch.run.finish()
        if [row["_step"] for row in watch.rows()] != [0, 1]:
            raise AssertionError("a step was lost")
        if not Path(watch.run.dir, "index.html").exists():
            raise AssertionError("no page")

    yield Refused("finish", prepare_finish, lambda result: result, check_finish, **LOST)

    def prepare_start() -> partial[Any]:
        watch.count += 1
        return partial(LocalRun, FOLDER / f"run-{watch.count}", config={"a": 1})

    def check_start(outcome: Any) -> None:
        watch.run = LocalRun(FOLDER / f"run-{watch.count}")
        watch.check_files()

    def closed(run: LocalRun) -> None:
        run.finish()

    yield Refused("LocalRun", prepare_start, closed, check_start, **LOST)

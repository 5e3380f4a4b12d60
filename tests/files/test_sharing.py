"""Threads: sixteen that build and log, images they share, and arrays that change while encoded."""

from __future__ import annotations

import io
import mmap
import pickle
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage

from wbimage_ext import Image, ImageMask, LocalRun, _core, encode, to_uint8

from ..conftest import HANG_SECONDS, PlainRun, files_below
from ..scenario import BOXES, check_run

PIXELS = np.random.default_rng(0).integers(0, 256, (60, 70, 3), dtype=np.uint8)


def on_threads(count: int, work: Callable[[int], Any]) -> None:
    """Work on so many threads at once, and raise what the first failing one raised."""
    barrier = threading.Barrier(count)
    failures: list[BaseException] = []

    def begin(number: int) -> None:
        try:
            barrier.wait()
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=begin, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def rich_image(number: int = 0) -> Image:
    masks = {"m": {"mask_data": PIXELS[:, :, 0] // 64}}
    return Image(PIXELS + np.uint8(number), masks=masks, boxes={"b": BOXES})


def test_sixteen_threads_build_and_log_into_one_run(tmp_path: Path) -> None:
    with LocalRun(tmp_path) as run:
        on_threads(16, lambda n: [run.log({f"k{n}": rich_image(n)}) for _ in range(5)])
    rows = check_run(tmp_path)
    assert [row["_step"] for row in rows] == list(range(80))


def test_sixteen_threads_log_the_same_images_into_one_run_and_several(tmp_path: Path) -> None:
    for attempt in range(10):
        shared = rich_image(attempt)
        runs = [LocalRun(tmp_path / f"{attempt}-{n}") for n in range(4)]

        def log(n: int, runs: list[LocalRun] = runs, shared: Image = shared) -> None:
            runs[n % 4].log({f"k{n}": shared, "list": [shared, shared]})

        on_threads(16, log)
        for run in runs:
            rows = check_run(Path(run.dir))
            assert len(rows) == 4
            for row in rows:
                (key,) = [key for key in row if key.startswith("k")]
                assert row[key]["path"].startswith("media/images/k")
                assert row[key]["masks"]["m"]["path"].startswith("media/images/mask/k")
            run._folder.history.close()


def test_an_image_is_read_copied_and_bound_at_once(tmp_path: Path) -> None:
    for attempt in range(30):
        shared = Image(PIXELS + np.uint8(attempt))
        uses = [
            lambda n, shared=shared: shared.bind_to_run(PlainRun(tmp_path / str(n)), "k", n),
            lambda n, shared=shared: shared.to_data_array(),
            lambda n, shared=shared: pickle.loads(pickle.dumps(shared)),
            lambda n, shared=shared: shared.image,
        ]
        on_threads(8, lambda n, uses=uses: uses[n % 4](n))
    assert len(files_below(tmp_path)) == 60


# An array that another thread writes into: any pixels, no crash, a whole file.


def values_that_change(dtype: str, shape: tuple[int, ...]) -> tuple[Any, Callable[[int], None]]:
    array = np.zeros(shape, dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        extremes = np.array([0, 1, -1, 200, 255, 1e30, np.nan, np.inf]).astype(dtype)
    noise = np.random.default_rng(0).integers(0, 256, shape).astype(dtype)

    def change(step: int) -> None:
        if step % 3 == 0:
            array[...] = noise
        else:
            array[..., step % shape[-1]] = extremes[step % len(extremes)]
            array[step % shape[0]] = extremes[(step + 3) % len(extremes)]

    return array, change


def while_changing(change: Callable[[int], None], work: Callable[[], Any], times: int) -> list[Any]:
    stop = threading.Event()

    def go_on() -> None:
        step = 0
        while not stop.is_set():
            change(step)
            step += 1

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        return [work() for _ in range(times)]
    finally:
        stop.set()
        thread.join()


@pytest.mark.filterwarnings("ignore:values from .* are clipped")
@pytest.mark.filterwarnings("ignore:the image holds NaN")
@pytest.mark.parametrize("dtype", ["uint8", "bool", "int16", "uint64", "float16", "float32", ">f8"])
@pytest.mark.parametrize(
    "options",
    [{}, {"compress_level": 6}, {"file_type": "jpg"}, {"file_type": "bmp"}],
    ids=["png", "png 6", "jpg", "bmp"],
)
def test_an_array_changes_while_it_is_encoded(dtype: str, options: dict[str, Any]) -> None:
    array, change = values_that_change(dtype, (300, 310, 3))
    for file in while_changing(change, lambda: encode(array, **options), 6):
        with PILImage.open(io.BytesIO(file)) as image:
            assert image.size == (310, 300)
            image.load()


@pytest.mark.filterwarnings("ignore:the image holds NaN")
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32"])
def test_a_mask_and_values_change_while_they_are_read(dtype: str) -> None:
    array, change = values_that_change(dtype, (300, 310))

    def work() -> None:
        to_uint8(array)
        _core.encode_grid(array)
        try:
            mask = ImageMask({"mask_data": array}, "m")
        except TypeError:  # a value out of range
            return
        Image(mask._path).to_data_array()

    while_changing(change, work, 15)


@pytest.mark.filterwarnings("ignore:the image holds NaN")
def test_a_batch_changes_while_it_is_encoded() -> None:
    array, change = values_that_change("float32", (6, 90, 80, 3))
    batches = while_changing(change, lambda: Image.from_batch(array, num_threads=3), 5)
    for image in [image for batch in batches for image in batch]:
        image.to_data_array()


# Memory that is taken away meanwhile: refused, as long as the core looks at it.


def while_encoding(
    array: Any, attempt: Callable[[], Any], seconds: float = HANG_SECONDS
) -> list[BaseException]:
    """What attempts raise while another thread encodes, up to twenty of them."""
    raised: list[BaseException] = []
    is_enough = threading.Event()

    def work() -> None:
        while not is_enough.is_set():
            encode(array)

    thread = threading.Thread(target=work)
    thread.start()
    end = time.monotonic() + seconds
    try:
        while len(raised) < 20 and time.monotonic() < end:
            try:
                attempt()
            except (ValueError, BufferError) as error:
                raised.append(error)
    finally:
        is_enough.set()
        thread.join()
    return raised


@pytest.mark.parametrize("part", ["whole", "slice"])
def test_an_array_is_not_resized_meanwhile(part: str) -> None:
    array = np.random.default_rng(0).random((700, 800))
    view = array if part == "whole" else array[:300:2, 5:]
    # Before a call and after it the array may lose rows, which it does in place: NumPy does not
    # tell a slice that its memory moved.
    fewer_rows = iter(range(699, 300, -1))

    def lose_a_row() -> None:
        array.resize((next(fewer_rows), 800), refcheck=False)
        time.sleep(0.001)  # until the other thread encodes

    raised = while_encoding(view, lose_a_row)
    assert raised
    assert all(isinstance(error, ValueError) for error in raised)
    del view
    array.resize((5, 5), refcheck=False)


def test_a_buffer_is_neither_resized_nor_closed_meanwhile() -> None:
    memory = bytearray(np.random.default_rng(0).bytes(700 * 800))
    array = np.frombuffer(memory, np.uint8).reshape(700, 800)
    assert while_encoding(array, lambda: memory.append(0))
    mapped = mmap.mmap(-1, 700 * 800)
    view = memoryview(mapped)
    array = np.frombuffer(view, np.uint8).reshape(700, 800)
    assert while_encoding(array, mapped.close)
    while_encoding(array, view.release, seconds=0.1)
    assert while_encoding(array, mapped.close), "the array holds the map itself"

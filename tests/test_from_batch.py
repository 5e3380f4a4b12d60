"""Image.from_batch: each item as Image makes it alone, in order, on any number of threads."""

from __future__ import annotations

import _thread
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext import Classes, Image

from .conftest import HANG_SECONDS

Array = np.ndarray[Any, Any]


def values(*shape: int, dtype: str = "u1") -> Array:
    return (np.random.default_rng(0).random(shape) * 255).astype(dtype)


def bytes_of(image: Image) -> bytes:
    return Path(str(image._path)).read_bytes()


def assert_same(images: list[Image], alone: list[Image]) -> None:
    assert [bytes_of(image) for image in images] == [bytes_of(image) for image in alone]


THREADS = [None, 1, 2, 5]


@pytest.mark.parametrize("num_threads", THREADS)
@pytest.mark.parametrize("dtype", ["u1", "f2", ">f4", "f8", "i4", "?"])
def test_items_are_what_image_makes_of_each(dtype: str, num_threads: int | None) -> None:
    for channels in (1, 3, 4):
        data = values(7, 9, 11, channels, dtype=dtype)
        alone = [Image(item) for item in data]
        assert_same(Image.from_batch(data, num_threads=num_threads), alone)
        channels_first = data.transpose(0, 3, 1, 2)
        for batch_data in (channels_first, channels_first.copy()):
            assert_same(
                Image.from_batch(batch_data, dataformats="NCHW", num_threads=num_threads), alone
            )
    gray = values(6, 9, 11, dtype=dtype)
    images = Image.from_batch(gray, dataformats="NHW", num_threads=num_threads)
    assert_same(images, [Image(item) for item in gray])


@pytest.mark.parametrize(
    "layout",
    [
        lambda d: d[::-1],
        lambda d: d[::2, 1:, ::-1],
        lambda d: np.broadcast_to(d[:1], (5, *d.shape[1:])),
    ],
    ids=["reversed", "sliced", "broadcast"],
)
def test_layouts(layout: Any) -> None:
    data = layout(values(6, 9, 11, 3))
    assert_same(Image.from_batch(data), [Image(item) for item in data])


def test_arguments_reach_every_item() -> None:
    data = values(4, 8, 9, dtype="f8")
    table = values(256, 3)
    for arguments in (
        {"normalize": (10, 90)},
        {"normalize": False, "file_type": "bmp"},
        {"file_type": "jpg", "quality": 20},
        {"compress_level": 9, "mode": "RGB"},
        {"colormap": table, "nan_color": (1, 2, 3)},
        {"caption": "one for all", "grouping": 3, "classes": [{"id": 1, "name": "a"}]},
    ):
        images = Image.from_batch(data, dataformats="NHW", **arguments)
        alone = [Image(item, **arguments) for item in data]
        assert_same(images, alone)
        assert images == alone


def test_a_colormap_by_name() -> None:
    pytest.importorskip("matplotlib")
    data = values(3, 8, 9)
    images = Image.from_batch(data, dataformats="NHW", colormap="magma")
    assert_same(images, [Image(item, colormap="magma") for item in data])


def mask(number: int) -> dict[str, Any]:
    return {"m": {"mask_data": np.full((4, 5), number), "class_labels": {number: str(number)}}}


def box(number: int) -> dict[str, Any]:
    position = {"middle": [1, 1], "width": 1, "height": 1}
    data = [{"position": position, "class_id": number, "domain": "pixel"}]
    return {"b": {"box_data": data, "class_labels": {number: str(number)}}}


def test_each_item_can_have_its_own_captions_masks_and_boxes() -> None:
    data = values(3, 4, 5, 3)
    images = Image.from_batch(
        data,
        captions=["a", None, "c"],
        masks=[mask(1), None, mask(3)],
        boxes=(box(7), box(8), None),
        num_threads=2,
    )
    assert [image._caption for image in images] == ["a", None, "c"]
    labels = [image._masks and image._masks["m"]._val["class_labels"] for image in images]
    assert labels == [{1: "1"}, None, {3: "3"}]
    labels = [image._boxes and image._boxes["b"]._class_labels for image in images]
    assert labels == [{7: "7"}, {8: "8"}, None]


def test_one_value_can_be_for_all() -> None:
    images = Image.from_batch(values(3, 4, 5), dataformats="NHW", captions="c", masks=mask(2))
    assert [image._caption for image in images] == ["c"] * 3
    assert all(image._masks["m"]._val["class_labels"] == {2: "2"} for image in images)


def test_lists_of_anything(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    array = values(5, 6, 3)
    path = tmp_path / "a.png"
    pillow.fromarray(array).save(path)
    items = [array, array[:3], pillow.fromarray(array), path, path.read_bytes(), Image(array)]
    images = Image.from_batch(items, captions=[str(n) for n in range(6)], num_threads=2)
    assert [image._caption for image in images] == list("012345")
    assert [image._height for image in images] == [5, 3, 5, 5, 5, 5]
    assert_same(images, [Image(item) for item in items])
    nested = [values(4, 5, 3).tolist(), values(4, 5, 3).tolist()]
    assert_same(Image.from_batch(nested), [Image(item) for item in nested])
    channels_first = [values(3, 4, 5), values(3, 6, 7)]
    assert_same(
        Image.from_batch(channels_first, dataformats="NCHW"),
        [Image(item.transpose(1, 2, 0)) for item in channels_first],
    )


def test_subclasses_build_themselves() -> None:
    class Ours(Image):
        pass

    assert all(type(image) is Ours for image in Ours.from_batch(values(3, 4, 5, 3)))


@pytest.mark.parametrize("num_threads", THREADS)
def test_a_bad_item_names_its_index(num_threads: int | None, tmp_path: Path) -> None:
    items: list[Any] = [values(4, 4, 3) for _ in range(8)]
    items[5] = values(4, 4, 2)
    items[7] = values(4, 4, 2)
    with pytest.raises(ValueError, match=r"Un-supported shape.*\nitem 5 of the batch"):
        Image.from_batch(items, num_threads=num_threads)
    items[3] = values(4, 4, 3).astype(complex)
    with pytest.raises(TypeError, match=r"complex128.*\nitem 3 of the batch"):
        Image.from_batch(items, num_threads=num_threads)
    items[2] = tmp_path / "missing.png"
    with pytest.raises(FileNotFoundError, match=r"missing\.png.*\nitem 2 of the batch"):
        Image.from_batch(items, num_threads=num_threads)
    items[1] = values(4, 4)
    with pytest.raises(ValueError, match=r"\[4, 4\].*HWC.*\nitem 1 of the batch"):
        Image.from_batch(items, num_threads=num_threads)


def test_errors_of_other_types_name_the_item_too(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    path = tmp_path / "cut.png"
    pillow.fromarray(values(100, 100, 3)).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pillow.open(path) as cut, pytest.raises(OSError, match=r"truncated.*\nitem 0"):
        Image.from_batch([cut])
    data = np.zeros((2, 4, 4))
    data[1, 1, 1] = np.nan
    with pytest.raises(RuntimeWarning, match="NaN"):
        Image.from_batch(data, dataformats="NHW")


def test_a_bad_mask_names_its_item() -> None:
    masks = [mask(1), {"m": {"mask_data": np.full((4, 5), 300)}}]
    with pytest.raises(TypeError, match=r"Mask data must be integers.*\nitem 1 of the batch"):
        Image.from_batch(values(2, 4, 5, 3), masks=masks)


@pytest.mark.parametrize(
    ("shape", "arguments", "words"),
    [
        ((4, 5, 3), {}, r"\[4, 5, 3\].*3 dimensions.*NHWC.*NHW"),
        ((2, 3, 4, 5, 3), {}, "5 dimensions"),
        ((3, 4, 5, 3), {"dataformats": "HWC"}, "'HWC'"),
        ((), {}, "0 dimensions, NHWC names 4"),
        ((0, 4, 5, 3), {}, "empty"),
        ((3, 4, 0, 3), {}, "empty"),
        ((3, 4, 5, 3), {"captions": ["a"]}, "1 values for a batch of 3"),
        ((3, 4, 5, 3), {"masks": [None] * 4}, "4 values for a batch of 3"),
        ((3, 4, 5, 3), {"num_threads": 0}, "num_threads.*0"),
        ((3, 4, 5, 3), {"num_threads": 1.5}, "num_threads.*1.5"),
        ((3, 5, 5, 5), {}, "Un-supported.*\nitem 0"),
    ],
)
def test_wrong_batches_are_named(
    shape: tuple[int, ...], arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Image.from_batch(np.zeros(shape, np.uint8), **arguments)
    with pytest.raises(ValueError, match="empty"):
        Image.from_batch([])


@pytest.mark.parametrize(
    ("shape", "given", "better"),
    [
        ((2, 3, 18, 19), "NHWC", "NCHW"),
        ((2, 1, 18, 19), "NHWC", "NCHW"),
        ((2, 18, 19, 4), "NCHW", "NHWC"),
        ((2, 18, 19), "NHWC", "NHW"),
        ((2, 18, 19), "NCHW", "NHW"),
        ((2, 18, 19, 3), "NHW", "NHWC"),
    ],
)
@pytest.mark.parametrize("kind", ["numpy", "masked", "torch"])
def test_the_dataformats_that_fit_are_named(
    kind: str, shape: tuple[int, ...], given: str, better: str
) -> None:
    data: Any = values(*shape)
    if kind == "masked":
        data = np.ma.MaskedArray(data, data > 200)
    elif kind == "torch":
        data = pytest.importorskip("torch").from_numpy(data)
    with pytest.raises(ValueError) as raised:
        Image.from_batch(data, dataformats=given)
    expected = f"the batch has shape {list(shape)}; dataformats={better!r} reads it"
    assert str(raised.value) == expected
    assert len(Image.from_batch(data, dataformats=better)) == 2
    with pytest.raises(ValueError) as raised:
        Image.from_batch(list(data), dataformats=given)
    assert str(raised.value) == expected


def test_a_tensor_that_nothing_fits_is_named_as_it_is() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(ValueError, match=r"5 channels.*given torch.Tensor of shape \[2, 8, 9, 5\]"):
        Image.from_batch(torch.rand(2, 8, 9, 5))


def test_a_colormap_takes_a_tensor_of_one_channel_either_way() -> None:
    torch = pytest.importorskip("torch")
    data, colormap = torch.rand(2, 1, 8, 9), np.zeros((256, 3), np.uint8)
    images = Image.from_batch(data, colormap=colormap)
    assert_same(images, Image.from_batch(data, dataformats="NCHW", colormap=colormap))


def test_arguments_of_the_wrong_type_are_named() -> None:
    with pytest.raises(TypeError, match="captions"):
        Image.from_batch(values(2, 4, 5, 3), captions=["a", "b"], caption="c")
    with pytest.raises(TypeError, match="masks"):
        Image.from_batch(values(2, 4, 5, 3), masks=7)
    with pytest.raises(TypeError, match="colour"):
        Image.from_batch(values(2, 4, 5, 3), colour="red")


def test_threads_work_at_the_same_time() -> None:
    """Two items meet at a barrier, which one thread alone would never pass."""
    barrier = threading.Barrier(2, timeout=HANG_SECONDS)

    class Meeting(Image):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            barrier.wait()
            super().__init__(*args, **kwargs)

    images = Meeting.from_batch(values(4, 5, 6, 3), num_threads=2)
    assert len(images) == 4


def test_an_interrupt_ends_the_batch() -> None:
    started = []

    class Interrupting(Image):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            started.append(1)
            if len(started) == 1:
                _thread.interrupt_main()
            time.sleep(0.01)
            super().__init__(*args, **kwargs)

    # A process in the background may have been started with interrupts ignored.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            Interrupting.from_batch(values(2000, 4, 4, 3), num_threads=2)
    finally:
        signal.signal(signal.SIGINT, previous)
    assert len(started) < 2000


@pytest.mark.parametrize("dataformats", ["NCHW", "NHWC", "NHW"])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "bfloat16"])
def test_tensors(dtype: str, dataformats: str) -> None:
    torch = pytest.importorskip("torch")
    shape = {"NCHW": (5, 3, 8, 9), "NHWC": (5, 8, 9, 3), "NHW": (5, 8, 9)}[dataformats]
    tensor = torch.from_numpy(values(*shape)).to(getattr(torch, dtype))
    items = [item.permute(2, 0, 1) if dataformats == "NHWC" else item for item in tensor]
    alone = [Image(item) for item in items]
    assert_same(Image.from_batch(tensor, dataformats=dataformats), alone)
    assert_same(Image.from_batch(list(tensor), dataformats=dataformats), alone)


# Exceptions and warnings


class UnusualError(Exception):
    """An exception that needs more than a message."""

    def __init__(self, code: int, where: str) -> None:
        super().__init__(code, where)
        self.code = code


@pytest.mark.parametrize(
    "failure",
    [KeyError("k"), UnusualError(7, "here"), RuntimeWarning("w"), StopIteration(3)],
    ids=repr,
)
@pytest.mark.parametrize("num_threads", [1, 2])
def test_an_exception_stays_itself(failure: Exception, num_threads: int) -> None:
    class Failing(Image):
        def __init__(self, data: Any) -> None:
            if data.array[0, 0] == 2:
                raise failure
            super().__init__(data)

    data = np.arange(4, dtype=np.uint8).reshape(4, 1, 1).repeat(3, 1).repeat(3, 2)
    vars(failure).pop("__notes__", None)
    with pytest.raises(type(failure)) as raised:
        Failing.from_batch(data, dataformats="NHW", num_threads=num_threads)
    assert raised.value is failure
    assert raised.value.__notes__ == ["item 2 of the batch"]


@pytest.mark.parametrize("num_threads", [1, 2, np.int64(2)])
def test_a_warning_comes_once_at_the_callers_line(num_threads: int) -> None:
    data = np.full((6, 4, 5), np.nan, np.float32)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Image.from_batch(data, dataformats="NHW", num_threads=num_threads)
    assert [warning.category for warning in caught] == [RuntimeWarning]
    assert caught[0].filename == __file__


def test_arguments_of_each_item() -> None:
    data = values(3, 4, 5, 3)
    images = Image.from_batch(data, grouping=[1, 2.5, np.int64(3)])
    assert [image._grouping for image in images] == [1, 2.5, 3]
    assert [image._grouping for image in Image.from_batch(data, grouping=7)] == [7] * 3
    assert [i._grouping for i in Image.from_batch(data, grouping=np.arange(3))] == [0, 1, 2]
    sets = [[{"id": n, "name": f"name {n}"}] for n in range(3)]
    images = Image.from_batch(data, classes=sets)
    assert [image._classes._class_set for image in images] == sets
    for one in (sets[1], Classes(sets[1])):
        images = Image.from_batch(data, classes=one)
        assert [image._classes._class_set for image in images] == [sets[1]] * 3
    images = Image.from_batch(data, classes=[None, Classes(sets[1]), sets[2]])
    assert [image._classes and image._classes._class_set for image in images] == [None, *sets[1:]]
    with pytest.raises(ValueError, match="grouping has 2 values for a batch of 3"):
        Image.from_batch(data, grouping=[1, 2])


def test_masks_that_are_no_layers_are_named() -> None:
    with pytest.raises(ValueError, match='"masks" argument must be a dictionary of layers'):
        Image.from_batch(values(3, 4, 5, 3), masks=values(3, 4, 5))


def test_threads_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    data = values(5, 6, 7, 3)
    expected = Image.from_batch(data, num_threads=1)
    monkeypatch.setattr(_thread, "start_new_thread", refused)
    assert_same(Image.from_batch(data, num_threads=4), expected)


def test_a_batch_at_the_interpreters_end() -> None:
    program = (
        "import atexit, numpy as np; from wbimage_ext import Image\n"
        "data = np.zeros((8, 5, 6, 3), np.uint8)\n"
        "atexit.register(lambda: print(len(Image.from_batch(data, num_threads=4))))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ended.stdout, ended.stderr) == ("8\n", "")


@pytest.mark.parametrize("shape", [(1, 5, 3), (5, 1, 3), (1, 1, 4), (3, 1, 1), (1, 5, 1)], ids=str)
def test_named_axes_are_not_squeezed(shape: tuple[int, ...]) -> None:
    data = np.stack([values(*shape)] * 2)
    for batch in (data, list(data), data.astype(np.float32) / 255):
        image = Image.from_batch(batch)[0]
        assert (image._height, image._width) == shape[:2]
        assert np.array(image.to_data_array()).size == np.prod(shape)

"""Every kind of input, what is logged of it, and examples: the README's table is this list.

python -m tests.inputs.cases          writes the table into README.md
"""

from __future__ import annotations

import array
import importlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

README = Path(__file__).parents[2] / "README.md"
START = "<!-- inputs table -->\n"
END = "<!-- end -->"


@dataclass(frozen=True)
class InputCase:
    """One row of the table, and examples of it.

    `examples(folder)` gives pairs of an input and what the image then holds: pixels, encoded bytes
    that have to come through unchanged, or a str, the URL of a reference.
    """

    name: str
    becomes: str
    copies: str
    examples: Callable[[Path], list[tuple[Any, Array | bytes | str]]]
    needs: tuple[str, ...] = ()

    def is_possible(self) -> bool:
        """Whether the packages that the examples need are installed."""
        try:
            for name in self.needs:
                importlib.import_module(name)
        except ImportError:
            return False
        return True


def gray() -> Array:
    """(5, 7) uint8."""
    return np.random.default_rng(1).integers(0, 256, (5, 7), dtype=np.uint8)


def color() -> Array:
    """(6, 9, 3) uint8."""
    return np.random.default_rng(2).integers(0, 256, (6, 9, 3), dtype=np.uint8)


def color_alpha() -> Array:
    """(6, 9, 4) uint8."""
    return np.random.default_rng(3).integers(0, 256, (6, 9, 4), dtype=np.uint8)


class WithArrayInterface:
    """Has `__array_interface__` and nothing else."""

    def __init__(self, values: Array) -> None:
        self._values = values

    @property
    def __array_interface__(self) -> dict[str, Any]:
        return self._values.__array_interface__


class WithArrayMethod:
    """Has `__array__` and nothing else."""

    def __init__(self, values: Array) -> None:
        self._values = values

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        return self._values


class WithDlpack:
    """Has `__dlpack__` and nothing else."""

    def __init__(self, values: Array) -> None:
        self._values = values

    def __dlpack__(self, **arguments: Any) -> Any:
        return self._values.__dlpack__(**arguments)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._values.__dlpack_device__()


class WithNumpyMethod:
    """Has `numpy()` and nothing else."""

    def __init__(self, values: Array) -> None:
        self._values = values

    def numpy(self) -> Array:
        return self._values


def numpy_arrays(folder: Path) -> list[tuple[Any, Array]]:
    reversed_gray = gray()[::-1, ::-1]
    read_only = color()
    read_only.flags.writeable = False
    mapped = np.memmap(folder / "mapped", np.uint8, "w+", shape=(6, 9, 3))
    mapped[:] = color()
    return [
        (gray(), gray()),
        (color(), color()),
        (color_alpha(), color_alpha()),
        (reversed_gray, reversed_gray),
        (color().transpose(1, 0, 2), color().transpose(1, 0, 2)),
        (color()[::2, 1:-1], color()[::2, 1:-1]),
        (np.broadcast_to(gray()[:1], (4, 7)), np.broadcast_to(gray()[:1], (4, 7))),
        (gray() / 255.0, (gray() / 255.0 * 255).astype(np.uint8)),
        (gray().astype(">i4"), gray()),
        (gray() > 100, np.where(gray() > 100, 255, 0)),
        (read_only, read_only),
        (mapped, color()),
    ]


def lists(folder: Path) -> list[tuple[Any, Array]]:
    return [(gray().tolist(), gray()), (tuple(map(tuple, gray().tolist())), gray())]


def buffers(folder: Path) -> list[tuple[Any, Array]]:
    values = array.array("d", gray().ravel().astype(float))
    rows = [array.array("B", row.tolist()) for row in gray()]
    return [
        (memoryview(gray()), gray()),
        (memoryview(color().tobytes()).cast("B", (6, 9, 3)), color()),
        (memoryview(values).cast("B").cast("d", (5, 7)), gray()),
        (rows, gray()),
    ]


def array_likes(folder: Path) -> list[tuple[Any, Array]]:
    kinds = [WithArrayInterface, WithArrayMethod, WithNumpyMethod]
    if hasattr(np, "from_dlpack"):
        kinds.append(WithDlpack)
    return [(kind(color()), color()) for kind in kinds]


def pandas_frames(folder: Path) -> list[tuple[Any, Array]]:
    import pandas

    frame = pandas.DataFrame(gray())
    return [(frame, gray()), (frame.iloc[::-1, 1:], gray()[::-1, 1:])]


def jax_arrays(folder: Path) -> list[tuple[Any, Array]]:
    import jax.numpy

    small = (gray() // 64).astype(np.float32) * 32
    return [
        (jax.numpy.asarray(color()), color()),
        (jax.numpy.asarray(small), small),
        (jax.numpy.asarray(small).astype(jax.numpy.bfloat16), small),
    ]


def tensorflow_tensors(folder: Path) -> list[tuple[Any, Array]]:
    import tensorflow

    small = (gray() // 64).astype(np.float32) * 32
    return [
        (tensorflow.constant(color()), color()),
        (tensorflow.Variable(color()), color()),
        (tensorflow.cast(small, tensorflow.bfloat16), small),
    ]


def tensors(folder: Path) -> list[tuple[Any, Array]]:
    import torch

    full = color()
    full[0, 0, 0], full[0, 0, 1] = 0, 255
    grid = np.zeros((10, 24, 3), np.uint8)
    grid[2:8, 2:11] = grid[2:8, 13:22] = full
    batch = torch.from_numpy(full).permute(2, 0, 1)[None].expand(2, -1, -1, -1)
    whole = np.array([[0, 255], [51, 204]], np.uint8)
    return [
        (torch.from_numpy(whole), np.repeat(whole[:, :, None], 3, 2)),
        (torch.from_numpy(full).permute(2, 0, 1), full),
        (torch.from_numpy(full).permute(2, 0, 1).double().requires_grad_(), full),
        (batch, grid),
    ]


def pillow_images(folder: Path) -> list[tuple[Any, Array]]:
    from PIL import Image

    pairs = [(Image.fromarray(values), values) for values in (gray(), color(), color_alpha())]
    return [*pairs, (Image.fromarray(color_alpha()).convert("LA"), _as_la(color_alpha()))]


def _as_la(values: Array) -> Array:
    from PIL import Image

    return np.asarray(Image.fromarray(values).convert("LA"))


def pillow_other_modes(folder: Path) -> list[tuple[Any, Array]]:
    from PIL import Image

    image = Image.fromarray(color())
    palette, bits, cmyk = image.convert("P"), image.convert("1"), image.convert("CMYK")
    deep = gray().astype(np.uint16) * 257
    return [
        (palette, np.asarray(palette)),
        (bits, np.asarray(bits.convert("L"))),
        (cmyk, np.asarray(cmyk.convert("RGB"))),
        (Image.fromarray(deep), deep),
    ]


def encoded_images() -> list[bytes]:
    """A file of each format whose structure is checked."""
    from PIL import Image, features

    files = []
    # A Pillow that was built from source may lack WebP.
    for name in ("PNG", "JPEG", "BMP", "GIF", *(["WEBP"] if features.check("webp") else [])):
        buffer = io.BytesIO()
        Image.fromarray(color()).save(buffer, name)
        files.append(buffer.getvalue())
    return files


def encoded_bytes(folder: Path) -> list[tuple[Any, bytes]]:
    kinds = (bytes, bytearray, memoryview)
    return [(kind(data), data) for data in encoded_images() for kind in kinds]


def open_files(folder: Path) -> list[tuple[Any, bytes]]:
    pairs: list[tuple[Any, bytes]] = []
    for number, data in enumerate(encoded_images()):
        path = folder / f"open{number}"
        path.write_bytes(data)
        after_a_head = io.BytesIO(b"head" + data)
        after_a_head.seek(4)
        pairs += [(io.BytesIO(data), data), (after_a_head, data), (path.open("rb"), data)]
    return pairs


def paths(folder: Path) -> list[tuple[Any, bytes]]:
    pairs: list[tuple[Any, bytes]] = []
    for number, data in enumerate(encoded_images()):
        path = folder / f"path{number}"
        path.write_bytes(data)
        pairs += [(str(path), data), (path, data)]
    return pairs


def references(folder: Path) -> list[tuple[Any, str]]:
    urls = ["gs://bucket/a.png", "s3://bucket/a.png", "https://example.org/a.png"]
    return [(url, url) for url in urls]


def figures(folder: Path) -> list[tuple[Any, Array]]:
    from matplotlib.figure import Figure
    from PIL import Image

    figure = Figure(figsize=(2, 1))
    axes = figure.add_subplot()
    (line,) = axes.plot([1, 3, 2])
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    pixels = np.asarray(Image.open(buffer))
    return [(source, pixels) for source in (figure, axes, line)]


def other_images(folder: Path) -> list[tuple[Any, Array]]:
    from wbimage_ext import Image

    return [(Image(color()), color())]


IN_PLACE = "none"
INPUTS = [
    InputCase(
        "NumPy array of bool, integers or floats, any strides and byte order, read-only or mapped",
        "(H, W) gray, (H, W, 3) RGB, (H, W, 4) RGBA; values by the rule above",
        IN_PLACE,
        numpy_arrays,
    ),
    InputCase("nested lists of numbers", "as the array they make", "the array", lists),
    InputCase(
        "`memoryview` of two or more dimensions, list of `array.array`",
        "as an array",
        "none of a `memoryview`",
        buffers,
    ),
    InputCase(
        "anything with `__array_interface__`, `__array__`, `__dlpack__` on the CPU or `numpy()`",
        "as an array",
        "none of ours",
        array_likes,
    ),
    InputCase("pandas frame", "as an array", "none of one dtype", pandas_frames, ("pandas",)),
    InputCase("JAX array, bfloat16 too", "as an array", "none on the CPU", jax_arrays, ("jax",)),
    InputCase(
        "TensorFlow tensor or variable, bfloat16 too",
        "as an array",
        "none on the CPU",
        tensorflow_tensors,
        ("tensorflow",),
    ),
    InputCase(
        "torch tensor HW, CHW or NCHW, any dtype but complex",
        "torchvision's `make_grid(normalize=True)`, native",
        "none on the CPU, one from a device",
        tensors,
        ("torch",),
    ),
    InputCase(
        "Pillow image L, LA, RGB or RGBA",
        "the same mode and pixels, `mode` is ignored",
        "none where Pillow exports its memory, else one",
        pillow_images,
        ("PIL",),
    ),
    InputCase(
        "Pillow image of another mode",
        "what Pillow saves; what the file type cannot hold becomes RGB or L",
        "Pillow's",
        pillow_other_modes,
        ("PIL",),
    ),
    InputCase(
        "PNG, JPEG, BMP, GIF or WebP as `bytes`, `bytearray`, `memoryview`",
        "the same bytes, checked to the image's end, not decoded",
        "none of `bytes`, one of the others",
        encoded_bytes,
        ("PIL",),
    ),
    InputCase(
        "the same in an open binary file or `BytesIO`",
        "the bytes from its position on, checked as they are read",
        "a piece at a time",
        open_files,
        ("PIL",),
    ),
    InputCase(
        "path to such a file, `str` or `os.PathLike`; other formats where Pillow opens them",
        "the same file, checked and hashed in one reading, copied when it is logged",
        "a piece at a time",
        paths,
        ("PIL",),
    ),
    InputCase(
        "`gs://`, `s3://`, `http(s)://`", "a reference, for artifacts and tables", "-", references
    ),
    InputCase(
        "matplotlib figure, axes, artist, or `pyplot`",
        "the pixels of `savefig` with its settings",
        "the canvas",
        figures,
        ("matplotlib", "PIL"),
    ),
    InputCase(
        "another `Image`", "the same file, without its boxes and masks", IN_PLACE, other_images
    ),
]


def table() -> str:
    """The README's table."""
    rows = ["| input | what is logged | copies before encoding |", "|---|---|---|"]
    rows += [f"| {case.name} | {case.becomes} | {case.copies} |" for case in INPUTS]
    return "\n".join(rows) + "\n"


def table_in_readme() -> str:
    """What stands between the markers in README.md."""
    return README.read_text("utf-8").partition(START)[2].partition(END)[0]


def main() -> None:
    """Write the table into README.md."""
    text = README.read_text("utf-8")
    before, start, rest = text.partition(START)
    if not start:
        raise SystemExit(f"{os.fspath(README)} has no line {START!r}")
    README.write_text(before + start + table() + END + rest.partition(END)[2], "utf-8")


if __name__ == "__main__":
    main()

"""`python -m benchmarks.tune NAME [VALUE ...]`: tries other values of a fitted constant.

In: a name of core/base/fitted.h and pictures: of the benchmark's set "tune", or files of a folder.
Out: for each value the size of all files, the worst, and the time, beside those of the value that
is committed. Builds the core anew for each value, in a temporary folder, and measures all in turn
in one process.
"""

from __future__ import annotations

import argparse
import ctypes
import math
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .corpus import Pixels, pictures
from .timing import CLOCKS

CORE = Path(__file__).parent.parent / "wbimage_ext/core"
FITTED = Path("base/fitted.h")
PARTS = ("base", "pixels", "deflate", "png")
VALUE = r"(\b{} = )([^,/]+?)(,|\n)"

# Encodes rows that lie one after the other, and says how long the file is.
ENTRY = """
#include <stddef.h>
#include "png/encode.h"
typedef struct rows { const uint8_t *pixels; size_t row_bytes; } rows;
static const uint8_t *row(const void *context, size_t y, uint8_t *buffer)
{
    (void)buffer;
    return ((const rows *)context)->pixels + y * ((const rows *)context)->row_bytes;
}
size_t tune_encode(const uint8_t *pixels, size_t width, size_t height, unsigned channels)
{
    static wb_png_scratch *scratch;
    static wb_bytes file;
    const rows all = {pixels, width * channels};
    const wb_raster raster = {
        .width = width, .height = height, .channels = channels, .context = &all, .row = row};
    const wb_png_options options = {.compress_level = WB_PNG_LEVEL_FAST};
    if (scratch == NULL)
        scratch = wb_png_scratch_new();
    file.size_bytes = 0;
    wb_status status = wb_png_encode(&raster, &options, (wb_machine){wb_cpu_detect(NULL), 1},
                                     scratch, &file, NULL);
    return status == WB_OK ? file.size_bytes : 0;
}
"""


class Result(NamedTuple):
    """One value over all pictures."""

    sizes: list[int]
    seconds: list[float]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 on success."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tune",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", help="with or without WB_FIT_; none lists all of them")
    parser.add_argument("values", nargs="*", type=int, help="default: from half to twice")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="files to measure on")
    parser.add_argument("--rounds", type=int, default=5, help="default: %(default)s")
    options = parser.parse_args(arguments)
    known = constants()
    if options.name is None:
        print("\n".join(f"{name} = {value}" for name, value in known.items()))
        return 0
    name = options.name if options.name.startswith("WB_FIT_") else f"WB_FIT_{options.name}"
    if name not in known:
        parser.error(f"{options.name} is none of {', '.join(known)}")
    values = [known[name], *(options.values or _around(known[name]))]
    chosen = list(_pictures(options.pictures))
    for line in sweep(name, list(dict.fromkeys(values)), chosen, options.rounds):
        print(line)
    return 0


def constants() -> dict[str, int]:
    """Every fitted constant and its value."""
    text = re.sub(r"/\*.*?\*/", "", (CORE / FITTED).read_text(), flags=re.DOTALL)
    found = re.findall(r"\b(WB_FIT_\w+) = ([^,\n]+)", text)
    return {name: _number(value) for name, value in found}


def _number(text: str) -> int:
    number, _, shift = text.partition("<<")
    return int(number) << int(shift or 0)


def _around(value: int) -> list[int]:
    return [max(1, value * quarters // 4) for quarters in (2, 3, 5, 6, 8)]


def _pictures(folder: Path | None) -> Iterable[Pixels]:
    if folder is None:
        yield from (picture.pixels for picture in pictures() if picture.set == "tune")
        return
    from PIL import Image

    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (".png", ".bmp", ".webp", ".jpg", ".jpeg", ".tif", ".tiff"):
            with Image.open(path) as image:
                keep = image.mode in ("L", "LA", "RGB", "RGBA")
                yield np.asarray(image if keep else image.convert("RGB"))


def sweep(name: str, values: Sequence[int], chosen: Sequence[Pixels], rounds: int) -> list[str]:
    """Measure every value on every picture; the first is what the others are compared with."""
    with tempfile.TemporaryDirectory() as folder:
        encoders = [_build(Path(folder) / str(value), name, value) for value in values]
        results = [Result([], []) for _ in values]
        clock = CLOCKS["cpu"]
        for pixels in chosen:
            array = np.ascontiguousarray(pixels)
            channels = 1 if array.ndim == 2 else array.shape[2]
            shape = (array.shape[1], array.shape[0], channels)
            best = [math.inf] * len(values)
            sizes = [0] * len(values)
            for _ in range(rounds):
                for i, encode in enumerate(encoders):
                    start = clock()
                    sizes[i] = encode(array.ctypes.data, *shape)
                    best[i] = min(best[i], clock() - start)
            for result, size, seconds in zip(results, sizes, best, strict=True):
                result.sizes.append(size)
                result.seconds.append(seconds)
    return [
        _line(name, value, result, results[0])
        for value, result in zip(values, results, strict=True)
    ]


def _line(name: str, value: int, result: Result, base: Result) -> str:
    sizes = [size / other for size, other in zip(result.sizes, base.sizes, strict=True)]
    times = [time / other for time, other in zip(result.seconds, base.seconds, strict=True)]
    halves = [_mean(sizes[i::2]) for i in (0, 1) if sizes[i::2]]
    split = ", ".join(f"{half:.4f}" for half in halves)
    text = f"{name} = {value:<9} size {_mean(sizes):.4f} (halves {split}), worst {max(sizes):.3f}"
    return (
        f"{text}; time {_mean(times):.3f}, in total {sum(result.seconds) / sum(base.seconds):.3f}"
    )


def _mean(ratios: Sequence[float]) -> float:
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def _build(folder: Path, name: str, value: int) -> Callable[..., int]:
    """The encoder with another value, as a function."""
    for part in PARTS:
        shutil.copytree(CORE / part, folder / part)
    header = folder / FITTED
    text, count = re.subn(VALUE.format(name), rf"\g<1>{value}\g<3>", header.read_text())
    assert count == 1, name
    header.write_text(text)
    (folder / "entry.c").write_text(ENTRY)
    sources = [str(path) for path in folder.rglob("*.c") if path.name != "decode.c"]
    flags = shlex.split(_pkg_config("--cflags")) + shlex.split(_pkg_config("--libs"))
    library = folder / "encoder.so"
    command = ["cc", "-std=c11", "-O3", "-ffp-contract=off", "-fPIC", "-shared", f"-I{folder}"]
    subprocess.run([*command, *sources, "-o", str(library), *flags, "-lpthread"], check=True)
    encode = ctypes.CDLL(str(library)).tune_encode
    encode.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_uint]
    encode.restype = ctypes.c_size_t
    return encode  # type: ignore[no-any-return]


def _pkg_config(what: str) -> str:
    return subprocess.run(
        ["pkg-config", what, "libpng", "zlib"], check=True, capture_output=True, text=True
    ).stdout


if __name__ == "__main__":
    sys.exit(main())

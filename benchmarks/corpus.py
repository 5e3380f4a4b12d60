"""The images that encoders are compared on, of every class that people log.

Everything is shipped in a wheel (scikit-image, matplotlib, scikit-learn) or drawn here; nothing is
downloaded. An image belongs to one of two sets: ``tune`` is what parameters may be chosen on,
``judge`` is kept apart to judge by. A source that is not installed is left out.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import classes

Pixels = npt.NDArray[Any]  # uint8; of sixteen.py uint16


class Picture(NamedTuple):
    """One image of the corpus."""

    name: str
    kind: str  # the class: photo, plot, text, mask, once JPEG, ...
    set: str  # tune, judge
    pixels: Pixels  # (H, W) or (H, W, C) with C of 2, 3 or 4


def folder_of(module: str, *parts: str) -> Path | None:
    """A folder of an installed package, which is not imported; None where it is not there."""
    # scikit-image has its pictures in a second package from version 0.27 on.
    for name in ("_skimage2", module) if module == "skimage" else (module,):
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent.joinpath(*parts)
    return None


def read_picture(path: Path) -> Pixels:
    """A file's pixels as gray, RGB or RGBA."""
    from PIL import Image

    with Image.open(path) as image:
        keep = image.mode in ("L", "RGB", "RGBA")
        return np.asarray(image if keep else image.convert("RGB"))


_FILES = {
    ("skimage", "data"): {
        "astronaut.png": ("photo", "tune"),
        "coffee.png": ("photo", "tune"),
        "camera.png": ("photo", "tune"),
        "motorcycle_left.png": ("photo", "tune"),
        "coins.png": ("photo", "tune"),
        "gravel.png": ("photo", "tune"),
        "rocket.jpg": ("photo", "tune"),
        "logo.png": ("drawing", "tune"),
        "text.png": ("photo", "tune"),
        "horse.png": ("mask", "tune"),
        "chelsea.png": ("photo", "judge"),
        "hubble_deep_field.jpg": ("photo", "judge"),
        "retina.jpg": ("photo", "judge"),
        "ihc.png": ("photo", "judge"),
        "brick.png": ("photo", "judge"),
        "grass.png": ("photo", "judge"),
        "moon.png": ("photo", "judge"),
        "cell.png": ("photo", "judge"),
        "page.png": ("photo", "judge"),
        "color.png": ("drawing", "judge"),
        "phantom.png": ("drawing", "judge"),
        "microaneurysms.png": ("tiny", "judge"),
    },
    ("matplotlib", "mpl-data", "sample_data"): {
        "Minduka_Present_Blue_Pack.png": ("drawing", "tune"),
        "grace_hopper.jpg": ("photo", "judge"),
        "logo2.png": ("drawing", "judge"),
    },
    ("sklearn", "datasets", "images"): {
        "flower.jpg": ("photo", "tune"),
        "china.jpg": ("photo", "judge"),
    },
}


def _files() -> Iterator[Picture]:
    for (module, *parts), entries in _FILES.items():
        folder = folder_of(module, *parts)
        for file_name, (kind, set_name) in entries.items():
            if folder is not None and (folder / file_name).exists():
                name = file_name.partition(".")[0]
                yield Picture(name, kind, set_name, read_picture(folder / file_name))


def _figure(draw: Callable, alpha: bool, size_inches: tuple[float, float] = (6.4, 4.8)) -> Pixels:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size_inches, dpi=100)
    canvas = FigureCanvasAgg(figure)
    draw(figure)
    canvas.draw()
    rgba = np.asarray(canvas.buffer_rgba()).copy()
    return rgba if alpha else np.ascontiguousarray(rgba[:, :, :3])


def _lines(figure) -> None:
    random = np.random.default_rng(3)
    axes = figure.add_subplot()
    for i in range(4):
        axes.plot(np.cumsum(random.normal(size=200)), label=f"run {i}")
    axes.legend()
    axes.set_title("loss")
    axes.grid(True)


def _scatter(figure) -> None:
    random = np.random.default_rng(4)
    for i in range(4):
        axes = figure.add_subplot(2, 2, i + 1)
        x, y = random.normal(size=(2, 400))
        axes.scatter(x, y, c=x * y, s=12, cmap="viridis")


def _heat(figure) -> None:
    random = np.random.default_rng(5)
    axes = figure.add_subplot()
    figure.colorbar(axes.imshow(random.random((20, 20)), cmap="magma"), ax=axes)


def _confusion(figure) -> None:
    random = np.random.default_rng(6)
    axes = figure.add_subplot()
    table = random.integers(0, 100, (12, 12))
    axes.imshow(table, cmap="Blues")
    for (row, column), value in np.ndenumerate(table):
        axes.text(column, row, value, ha="center", va="center", fontsize=7)
    axes.set_xticks(range(12), [f"class {i}" for i in range(12)], rotation=60, fontsize=7)
    axes.set_yticks(range(12), [f"class {i}" for i in range(12)], fontsize=7)


def _contour(figure) -> None:
    y, x = np.mgrid[-3:3:200j, -3:3:200j]
    axes = figure.add_subplot()
    axes.contourf(x, y, np.exp(-(x**2) - y**2) + np.sin(3 * x) * np.cos(2 * y), 20)


def _bars(figure) -> None:
    random = np.random.default_rng(7)
    for i in range(6):
        axes = figure.add_subplot(2, 3, i + 1)
        axes.hist(random.normal(size=1000), bins=30, color=f"C{i}")
        axes.tick_params(labelsize=6)
        axes.set_title(f"layer {i} weights", fontsize=7)


def _plots() -> Iterator[Picture]:
    if importlib.util.find_spec("matplotlib") is None:
        return
    yield Picture("lines", "plot", "tune", _figure(_lines, alpha=True))
    yield Picture("scatter", "plot", "tune", _figure(_scatter, alpha=False))
    yield Picture("confusion", "plot", "tune", _figure(_confusion, alpha=True))
    yield Picture("stacked", "plot", "tune", _figure(_stacked, alpha=True, size_inches=(9, 6)))
    yield Picture("heat", "plot", "judge", _figure(_heat, alpha=False))
    yield Picture("contour", "plot", "judge", _figure(_contour, alpha=True))
    yield Picture("bars", "plot", "judge", _figure(_bars, alpha=True, size_inches=(12, 8)))


def _stacked(figure) -> None:
    random = np.random.default_rng(8)
    upper, lower = figure.subplots(2, 1)
    for i in range(3):
        upper.bar(np.arange(12) + i * 0.3, random.random(12), width=0.3, label=f"model {i}")
    upper.legend(fontsize=7)
    lower.matshow(random.integers(0, 5, (8, 30)), cmap="tab10", aspect="auto")
    lower.tick_params(labelsize=6)


_WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "while", "seven"]
_WORDS += ["wizards", "quietly", "mix", "potions", "and", "gradient", "descent", "finds", "no"]
_WORDS += ["minimum", "in", "valley", "of", "saddle", "points", "at", "epoch", "42"]


def _text(
    width: int, height: int, points: int, seed: int, paper: tuple[int, ...], ink: tuple[int, ...]
) -> Pixels:
    from PIL import Image, ImageDraw, ImageFont

    random = np.random.default_rng(seed)
    image = Image.new("L" if len(paper) == 1 else "RGB", (width, height), paper)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(points)
    for y in range(points, height - points, points * 3 // 2):
        line = " ".join(random.choice(_WORDS, size=width // (points * 3)))
        draw.text((points, y), line, fill=ink, font=font)
    return np.asarray(image)


def _texts() -> Iterator[Picture]:
    yield Picture("letter", "text", "tune", _text(800, 600, 14, 1, (255,), (0,)))
    yield Picture("console", "text", "tune", _text(960, 540, 11, 2, (30, 30, 46), (205, 214, 244)))
    yield Picture("memo", "text", "tune", _text(640, 480, 10, 5, (245,), (10,)))
    yield Picture("slide", "text", "judge", _text(1024, 768, 26, 3, (250, 248, 240), (60, 20, 20)))
    yield Picture("small_print", "text", "judge", _text(700, 500, 9, 4, (255,), (20,)))


def _disks(height: int, width: int, count: int, classes: int, seed: int) -> Pixels:
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    mask = np.zeros((height, width), np.uint8)
    for _ in range(count):
        centre_y, centre_x = random.integers(0, height), random.integers(0, width)
        radius = random.integers(10, min(height, width) // 4)
        inside = (y - centre_y) ** 2 + (x - centre_x) ** 2 < radius**2
        mask[inside] = random.integers(1, classes)
    return mask


def _masks() -> Iterator[Picture]:
    yield Picture("disks", "mask", "tune", _disks(512, 512, 20, 12, 1))
    yield Picture("many_disks", "mask", "judge", _disks(720, 1280, 120, 81, 2))
    random = np.random.default_rng(10)
    tiles = np.kron(random.integers(0, 9, (50, 40)), np.ones((10, 14))).astype(np.uint8)
    yield Picture("tiles", "mask", "tune", tiles)
    random = np.random.default_rng(9)
    blobs = np.kron(random.integers(0, 4, (32, 48)), np.ones((16, 16))).astype(np.uint8)
    yield Picture("patches", "mask", "judge", blobs)


def _noises() -> Iterator[Picture]:
    random = np.random.default_rng(11)
    yield Picture("noise_rgb", "noise", "tune", random.integers(0, 256, (256, 256, 3), np.uint8))
    normal = random.normal(128, 20, (300, 300))
    yield Picture("noise_gray", "noise", "judge", normal.clip(0, 255).astype(np.uint8))
    yield Picture("noise_full", "noise", "judge", random.integers(0, 256, (480, 480), np.uint8))


def _shrink(pixels: Pixels, side: int) -> Pixels:
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS))


def _tinies(photos: dict[str, Pixels]) -> Iterator[Picture]:
    y, x = np.mgrid[:28, :28]
    ring = np.abs(np.hypot(y - 13.5, x - 13.5) - 8)
    digit = (255 * np.clip(1.5 - ring / 2, 0, 1)).astype(np.uint8)
    yield Picture("digit_28", "tiny", "tune", digit)
    if "astronaut" in photos:
        yield Picture("astronaut_32", "tiny", "tune", _shrink(photos["astronaut"], 32))
    stroke = np.abs((y - 14) * 0.8 + (x - 14) * 0.6 + 3 * np.sin(x / 4))
    yield Picture("stroke_28", "tiny", "judge", (255 * np.clip(2 - stroke, 0, 1)).astype(np.uint8))
    for name in ("chelsea", "china"):
        if name in photos:
            yield Picture(f"{name}_32", "tiny", "judge", _shrink(photos[name], 32))


def _mosaic(photos: dict[str, Pixels], names: tuple[str, ...], height: int, width: int) -> Pixels:
    """Photographs beside each other at their own resolution, as a grid of samples is."""
    canvas = np.zeros((height, width, 3), np.uint8)
    tiles = [photos[name] for name in names if name in photos and photos[name].ndim == 3]
    y = turn = 0
    while tiles and y < height:
        x, row_height = 0, min(tile.shape[0] for tile in tiles)
        while x < width:
            tile = tiles[turn % len(tiles)][:row_height, :, :3]
            part = tile[: height - y, : width - x]
            canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
            x += part.shape[1]
            turn += 1
        y += row_height
    return canvas


def pictures() -> Iterator[Picture]:
    """Yields every picture that the installed packages allow, in a fixed order."""
    photos: dict[str, Pixels] = {}
    for picture in _files():
        photos[picture.name] = picture.pixels
        yield picture
    yield from _plots()
    yield from _texts()
    yield from _masks()
    yield from _noises()
    yield from _tinies(photos)
    for name, kind, set_name, pixels in classes.draw_all(photos):
        yield Picture(name, kind, set_name, pixels)
    tune = ("astronaut", "coffee", "flower", "motorcycle_left")
    judge = ("china", "chelsea", "retina", "ihc")
    yield Picture("mosaic_1080p", "photo", "tune", _mosaic(photos, tune, 1080, 1920))
    yield Picture("mosaic_1080p_judge", "photo", "judge", _mosaic(photos, judge, 1080, 1920))
    yield Picture("mosaic_4k", "4K", "tune", _mosaic(photos, tune, 2160, 3840))
    yield Picture("mosaic_4k_judge", "4K", "judge", _mosaic(photos, judge, 2160, 3840))
    if "chelsea" in photos:
        chelsea = photos["chelsea"]
        opaque = np.full((*chelsea.shape[:2], 1), 255, np.uint8)
        yield Picture("chelsea_rgba", "photo", "judge", np.concatenate([chelsea, opaque], axis=2))
    if "camera" in photos:
        gray = np.repeat(photos["camera"][..., None], 3, axis=2)
        yield Picture("camera_as_rgb", "photo", "tune", gray)
    if "coffee" in photos:
        coffee = photos["coffee"]
        fade = np.empty((*coffee.shape[:2], 1), np.uint8)
        fade[..., 0] = np.linspace(0, 255, coffee.shape[1])
        yield Picture("coffee_fade", "photo", "tune", np.concatenate([coffee, fade], axis=2))

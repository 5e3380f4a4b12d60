"""Pictures of every class that people log, drawn, or made from the photographs of the corpus.

In: photographs by name. Out: Pictures, each class with some of both sets; seeds are fixed. What a
class needs and is not installed (matplotlib, Pillow, scikit-learn) leaves the class out.
"""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Drawn = Iterator[tuple[str, str, str, Pixels]]  # name, kind, set, pixels

SEEDS = {"tune": 1, "judge": 2}
PHOTOS = {
    "tune": ("astronaut", "coffee", "motorcycle_left", "flower"),
    "judge": ("chelsea", "china", "ihc", "retina"),
}


def draw_all(photos: dict[str, Pixels]) -> Drawn:
    """Every class that the installed packages allow."""
    for set_name, seed in SEEDS.items():
        random = np.random.default_rng(seed)
        yield from _with_set(set_name, _synthetic(random))
        yield from _with_set(set_name, _fields(random))
        yield from _with_set(set_name, _games(random))
        if importlib.util.find_spec("PIL") is not None:
            yield from _with_set(set_name, _pages(random))
            chosen = {name: photos[name] for name in PHOTOS[set_name] if name in photos}
            yield from _with_set(set_name, _from_photos(chosen, random))
        if importlib.util.find_spec("sklearn") is not None:
            yield from _with_set(set_name, _digits(random))
        if importlib.util.find_spec("matplotlib") is not None:
            yield from _with_set(set_name, _figures(chosen, random))


def _with_set(set_name: str, drawn: Iterator[tuple[str, str, Pixels]]) -> Drawn:
    for name, kind, pixels in drawn:
        yield f"{name}_{set_name}", kind, set_name, np.ascontiguousarray(pixels)


def _bytes(values: npt.NDArray[Any]) -> Pixels:
    return np.clip(values, 0, 255).astype(np.uint8)


def _smooth(random: np.random.Generator, height: int, width: int, waves: int) -> npt.NDArray[Any]:
    """A sum of waves, from 0 to 1."""
    y, x = np.mgrid[: 1 : height * 1j, : 1 : width * 1j]
    field = np.zeros((height, width))
    for _ in range(waves):
        fy, fx, phase = random.normal(scale=5, size=3)
        field += np.sin(2 * np.pi * (fy * y + fx * x) / 2 + phase)
    return (field - field.min()) / (field.max() - field.min())


def _colored(field: npt.NDArray[Any], seed: int) -> Pixels:
    """By a colour map of 256 colours."""
    ramp = np.linspace(0, 1, 256)
    table = [
        127.5 + 127.5 * np.sin(2 * np.pi * (ramp * (0.4 + 0.3 * k) + 0.1 * seed)) for k in range(3)
    ]
    return _bytes(np.stack(table, axis=1))[_bytes(field * 255)]


def _synthetic(random: np.random.Generator) -> Iterator[tuple[str, str, Pixels]]:
    side = int(random.integers(240, 520))
    y, x = np.mgrid[:side, :side]
    yield "ramp", "gradient or flat", _bytes(x * 255 / side)
    yield "diagonal", "gradient or flat", _bytes(np.stack([x + y, x, 255 - y], 2) % 256)
    yield (
        "soft",
        "gradient or flat",
        _bytes(255 * np.stack([_smooth(random, side, side, 2)] * 3, 2)),
    )
    yield "flat", "gradient or flat", np.full((side, 2 * side, 3), random.integers(256), np.uint8)
    yield "checkers", "gradient or flat", _bytes(255 * ((x // 8 + y // 8) % 2))
    yield "checkers_1", "gradient or flat", _bytes(255 * ((x + y) % 2))
    sparse = np.zeros((side, side, 3), np.uint8)
    sparse[random.random((side, side)) < 0.002] = 255
    yield "sparse", "gradient or flat", sparse


def _fields(random: np.random.Generator) -> Iterator[tuple[str, str, Pixels]]:
    height, width = 360, 480
    depth = _smooth(random, height, width, 5)
    normals = np.stack([*np.gradient(depth * 40), np.ones_like(depth)], 2)
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    yield "depth", "depth, flow, normals", _bytes(255 * depth)
    yield "depth_colored", "depth, flow, normals", _colored(depth, 1)
    yield "normals", "depth, flow, normals", _bytes(127.5 + 127.5 * normals)
    flow = np.stack([_smooth(random, height, width, 3) for _ in range(2)] + [depth], 2)
    yield "flow", "depth, flow, normals", _bytes(255 * flow)
    y, x = np.mgrid[-1:1:400j, -1:1:400j]
    slice_ = (np.hypot(x / 0.7, y) < 0.9) * (0.4 + 0.4 * _smooth(random, 400, 400, 12))
    grain = random.normal(scale=0.02, size=slice_.shape) * (slice_ > 0)
    yield "slice", "medical", _bytes(255 * (slice_ + grain))
    yield "slice_rgb", "medical", np.repeat(_bytes(255 * slice_)[..., None], 3, 2)
    ground = np.stack([_smooth(random, 400, 500, 25) for _ in range(3)], 2)
    yield (
        "ground",
        "satellite",
        _bytes(60 + 120 * ground + random.normal(scale=9, size=ground.shape)),
    )
    attention = np.kron(random.dirichlet(np.full(24, 0.3), 24), np.ones((12, 12)))
    yield "attention", "attention map", _colored(attention / attention.max(), 2)
    time, band = np.mgrid[:1:500j, :1:128j]
    tones = np.exp(-((band - 0.3 - 0.2 * np.sin(9 * time)) ** 2) * 400)
    noise = random.exponential(0.08, size=tones.shape)
    yield "spectrogram", "spectrogram", _colored(np.clip(tones + noise, 0, 1).T[::-1], 3)


def _games(random: np.random.Generator) -> Iterator[tuple[str, str, Pixels]]:
    palette = random.integers(0, 256, (12, 3))
    sprites = random.integers(0, 12, (9, 16, 16)) * (random.random((9, 16, 16)) < 0.6)
    cells = random.choice(9, (14, 20), p=[0.6] + [0.05] * 8)
    frame = sprites[cells].transpose(0, 2, 1, 3).reshape(14 * 16, 20 * 16)
    yield "tiles", "game frame", palette[frame].astype(np.uint8)
    y, x = np.mgrid[:240, :320]
    shade = np.abs(y - 120)[..., None] * np.array([0.6, 0.5, 0.4]) + 40
    wall = ((x * 40 // (np.abs(y - 120) + 20)) % 7 * 9)[..., None]
    yield "corridor", "game frame", _bytes(shade + wall + random.integers(0, 4, (240, 320, 1)))


def _pages(random: np.random.Generator) -> Iterator[tuple[str, str, Pixels]]:
    from PIL import Image, ImageDraw, ImageFont

    def words(draw: ImageDraw.ImageDraw, x: int, y: int, count: int, size: int, ink: str) -> None:
        letters = random.integers(97, 123, count * 6).astype(np.uint8).tobytes().decode()
        text = " ".join(letters[i * 6 : i * 6 + int(random.integers(2, 7))] for i in range(count))
        draw.text((x, y), text, fill=ink, font=ImageFont.load_default(size))

    page = Image.new("RGB", (1280, 800), "#f6f8fa")
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 1280, 56), fill="#24292f")
    words(draw, 24, 16, 5, 18, "white")
    for k in range(12):
        x, y = 24 + k % 4 * 312, 80 + k // 4 * 232
        draw.rounded_rectangle((x, y, x + 296, y + 216), 8, fill="white", outline="#d0d7de")
        words(draw, x + 12, y + 10, 3, 14, "#1f2328")
        points = np.cumsum(random.normal(size=60))
        points = (points - points.min()) / np.ptp(points)
        line = [(x + 12 + 4.6 * i, y + 200 - 150 * v) for i, v in enumerate(points)]
        draw.line(line, fill="#0969da", width=2)
    yield "dashboard", "UI page", np.asarray(page)
    paper = Image.new("L", (900, 1200), 255)
    draw = ImageDraw.Draw(paper)
    for y in range(60, 1140, 22):
        words(draw, 60, y, int(random.integers(6, 15)), 13, "#111")
    yield "page_gray", "document", np.asarray(paper)
    yield "page_binary", "document", _bytes(255 * (np.asarray(paper) > 128))
    yield (
        "page_scan",
        "document",
        _bytes(np.asarray(paper) * 0.9 + random.normal(8, 3, (1200, 900))),
    )


def _shrunk(pixels: Pixels, height: int, width: int) -> Pixels:
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS))


def _once_jpeg(pixels: Pixels, quality: int) -> Pixels:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def _from_photos(
    photos: dict[str, Pixels], random: np.random.Generator
) -> Iterator[tuple[str, str, Pixels]]:
    from PIL import Image, ImageDraw, ImageFilter

    for number, (name, all_pixels) in enumerate(photos.items()):
        pixels = np.ascontiguousarray(all_pixels[:600, :800, :3])
        height, width = pixels.shape[:2]
        image = Image.fromarray(pixels)
        for quality in (75, 90):
            yield f"{name}_q{quality}", "once JPEG", _once_jpeg(pixels, quality)
        blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(2 + number)))
        yield f"{name}_blurred", "blurred or enlarged", blurred
        small = image.resize((width // 4, height // 4))
        large = small.resize((width, height), Image.Resampling.BICUBIC)
        yield f"{name}_enlarged", "blurred or enlarged", np.asarray(large)
        gray = np.asarray(image.convert("L"))
        yield f"{name}_gray_rgb", "gray as RGB", np.repeat(gray[..., None], 3, 2)
        draw = ImageDraw.Draw(image)
        for k in range(5):
            x, y = int(random.integers(width - 90)), int(random.integers(height - 90))
            color = tuple(int(v) for v in random.integers(0, 256, 3))
            draw.rectangle((x, y, x + 80, y + 60), outline=color, width=3)
            draw.text((x + 4, y + 4), f"class {k} 0.9{k}", fill=color)
        yield f"{name}_boxes", "photograph with boxes", np.asarray(image)
        labels = (_smooth(random, height, width, 4) * 5.99).astype(int)
        colors = random.integers(0, 256, (6, 3))
        yield f"{name}_overlay", "overlay", _bytes(pixels * 0.5 + colors[labels] * 0.5)
        letterbox = np.full((width, width, 3), 114, np.uint8)
        top = max(0, (width - height) // 2)
        letterbox[top : top + height] = pixels[: width - top]
        yield f"{name}_letterbox", "comparison or letterbox", letterbox
        fade = np.linspace(0, 255, width).astype(np.uint8)
        alpha = np.broadcast_to(fade[None, :, None], (height, width, 1))
        yield f"{name}_alpha", "with alpha", np.concatenate([pixels, alpha], 2)
    tiles = [_shrunk(np.ascontiguousarray(p[:, :, :3]), 64, 64) for p in photos.values()]
    if tiles:
        grid = np.pad(
            np.array([tiles[i % len(tiles)] for i in range(32)]), ((0, 0), (1, 1), (1, 1), (0, 0))
        )
        grid = grid.reshape(4, 8, 66, 66, 3).transpose(0, 2, 1, 3, 4).reshape(264, 528, 3)
        yield "samples", "sample grid", grid


def _digits(random: np.random.Generator) -> Iterator[tuple[str, str, Pixels]]:
    from sklearn.datasets import load_digits

    digits = load_digits().images[random.integers(0, 1700, 64)]
    grid = _bytes(digits * 15.9).reshape(8, 8, 8, 8).transpose(0, 2, 1, 3).reshape(64, 64)
    yield "digits_nearest", "digit grid", np.kron(grid, np.ones((4, 4), np.uint8))
    yield "digits_smooth", "digit grid", _shrunk(grid, 256, 256)


def _figures(
    photos: dict[str, Pixels], random: np.random.Generator
) -> Iterator[tuple[str, str, Pixels]]:
    drawings: list[tuple[str, str, Callable[[Any], None]]] = [
        ("mixed", "figure of mixed axes", partial(_draw_mixed, random=random, photos=photos)),
        ("imshow", "imshow figure", partial(_draw_imshow, random=random)),
        ("surface", "3-D rendering", partial(_draw_surface, random=random)),
        ("matrix", "confusion matrix", partial(_draw_matrix, random=random)),
    ]
    for name, kind, draw in drawings:
        for alpha in (False, True):
            yield f"{name}_{'rgba' if alpha else 'rgb'}", kind, _figure(draw, alpha)


def _figure(draw: Callable[[Any], None], alpha: bool) -> Pixels:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6), dpi=100)
    canvas = FigureCanvasAgg(figure)
    draw(figure)
    canvas.draw()
    rgba = np.asarray(canvas.buffer_rgba())
    return rgba.copy() if alpha else np.ascontiguousarray(rgba[:, :, :3])


def _draw_mixed(figure: Any, random: np.random.Generator, photos: dict[str, Pixels]) -> None:
    axes = figure.subplots(2, 2)
    axes[0, 0].plot(np.cumsum(random.normal(size=(200, 3)), axis=0))
    axes[0, 1].imshow(_smooth(random, 64, 64, 6), cmap="viridis")
    axes[1, 0].hist(random.normal(size=500), bins=25)
    for photo in photos.values():
        axes[1, 1].imshow(photo)


def _draw_imshow(figure: Any, random: np.random.Generator) -> None:
    axes = figure.add_subplot()
    image = axes.imshow(_smooth(random, 120, 160, 9), cmap="magma", interpolation="bilinear")
    figure.colorbar(image, ax=axes)


def _draw_surface(figure: Any, random: np.random.Generator) -> None:
    y, x = np.mgrid[:1:40j, :1:40j]
    axes = figure.add_subplot(projection="3d")
    axes.plot_surface(x, y, _smooth(random, 40, 40, 3), cmap="coolwarm")


def _draw_matrix(figure: Any, random: np.random.Generator) -> None:
    axes = figure.add_subplot()
    table = random.integers(0, 100, (10, 10)) + 500 * np.eye(10, dtype=int)
    axes.imshow(table, cmap="Blues")
    for (row, column), value in np.ndenumerate(table):
        axes.text(column, row, value, ha="center", va="center", fontsize=8)

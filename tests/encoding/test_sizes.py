"""Sizes of what is drawn by a formula: gradients, stripes, checkers.

A wrong plan, or a match that is cut short, makes such files many times as large.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image as PilImage

from wbimage_ext import encode

RANDOM = np.random.default_rng(5).integers(0, 256, (3, 1500), dtype=np.int64)

# Of columns x and rows y of a picture that is so many pixels wide.
PATTERNS: dict[str, Callable[[np.ndarray, np.ndarray, int], np.ndarray]] = {
    "diagonal": lambda x, y, side: x + y,
    "slow diagonal": lambda x, y, side: (x + y) * 255 // (2 * side),
    "left to right": lambda x, y, side: x * 255 // side,
    "top to bottom": lambda x, y, side: y * 255 // side,
    "x and y": lambda x, y, side: x & y,
    "x xor y": lambda x, y, side: x ^ y,
    "checkers": lambda x, y, side: (x + y) % 2 * 255,
    "squares": lambda x, y, side: (x // 8 + y // 8) % 2 * 255,
    "stripes": lambda x, y, side: (x + y) // 5 % 2 * 255,
    "sum of squares": lambda x, y, side: (x * x + y * y) >> 4,
    "product": lambda x, y, side: x * y,
    "products": lambda x, y, side: 3 * x * y + 7 * x,
    "columns that grow": lambda x, y, side: RANDOM[0][x] * y + RANDOM[1][x],
    "rows that grow": lambda x, y, side: RANDOM[0][y] * x + RANDOM[1][y],
    "tiles of 9 x 7": lambda x, y, side: RANDOM[2][x % 9 * 7 + y % 7],
}
LARGER = {("product", (50, 300), 4): 3.3}  # known
SHAPES = [(32, 32), (64, 64), (100, 100), (256, 256), (400, 20), (50, 300), (1366, 6)]


# What is done to noise in place, and how much of its size is left at most.
NOISES: dict[str, tuple[Callable[[np.ndarray], object], float]] = {
    "noise": (lambda pixels: None, 1.01),
    "every row twice": (lambda pixels: np.copyto(pixels[1::2], pixels[::2]), 0.6),
    "side by side": (lambda pixels: np.copyto(pixels[:, 50:], pixels[:, :50]), 0.65),
    "with a flat end": (lambda pixels: pixels[80:].fill(7), 0.85),
    "with a flat side": (lambda pixels: pixels[:, 80:].fill(7), 0.9),
}


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("kind", NOISES)
def test_noise_is_not_larger_than_it_is(kind: str, channels: int) -> None:
    change, share = NOISES[kind]
    pixels = np.random.default_rng(1).integers(0, 256, (100, 100, channels), dtype=np.uint8)
    change(pixels)
    pixels = pixels.squeeze()
    file = bytes(encode(pixels, normalize=False))
    assert np.array_equal(np.asarray(PilImage.open(io.BytesIO(file))), pixels)
    assert len(file) <= share * pixels.size + 200


def level_6_bytes(pixels: np.ndarray) -> int:
    return len(bytes(encode(pixels, normalize=False, compress_level=6)))


def least_bytes(pixels: np.ndarray) -> int:
    """The smaller of two: Pillow's size depends on the zlib and the processor that it has."""
    file = io.BytesIO()
    PilImage.fromarray(pixels).save(file, "PNG")
    return min(len(file.getvalue()), level_6_bytes(pixels))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_drawn_patterns_do_not_explode(pattern: str, shape: tuple[int, int], channels: int) -> None:
    y, x = np.mgrid[: shape[0], : shape[1]]
    gray = (PATTERNS[pattern](x, y, shape[1]) % 256).astype(np.uint8)
    pixels = gray if channels == 1 else np.repeat(gray[..., None], channels, axis=2)
    file = bytes(encode(pixels, normalize=False))
    assert np.array_equal(np.asarray(PilImage.open(io.BytesIO(file))), pixels)
    most = LARGER.get((pattern, shape, channels), 2.5)
    assert len(file) <= most * least_bytes(pixels)


@pytest.mark.parametrize("share", [0.005, 0.01])
def test_dots_take_less_than_level_6(share: float) -> None:
    pixels = (np.random.default_rng(1).random((512, 512)) < share).astype(np.uint8) * 255
    file = bytes(encode(pixels, normalize=False))
    assert np.array_equal(np.asarray(PilImage.open(io.BytesIO(file))), pixels)
    assert len(file) <= 0.9 * level_6_bytes(pixels)


def test_samples_that_come_again_in_a_row_are_found() -> None:
    rng = np.random.default_rng(2)
    smooth = rng.integers(0, 256, (4, 9, 9, 3)).repeat(8, 1).repeat(8, 2)[:, :64, :64] // 2
    tiles = np.pad(
        smooth + rng.integers(0, 24, smooth.shape), ((0, 0), (1, 1), (1, 1), (0, 0))
    ).astype(np.uint8)
    rows = [np.concatenate([tiles[(r + k) % 4] for k in range(8)], axis=1) for r in range(4)]
    grid = np.concatenate(rows)  # a tile comes again 792 bytes farther on
    assert len(encode(grid, normalize=False)) < 1.2 * least_bytes(grid)

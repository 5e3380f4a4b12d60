"""A picture that is computed: a lake between mountains, with balloons and boats.

In: the time of day. Out: the picture, the class of each pixel, and a box around each object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

CLASS_LABELS = {0: "sky", 1: "mountain", 2: "water", 3: "balloon", 4: "boat"}
SKY, MOUNTAIN, WATER, BALLOON, BOAT = CLASS_LABELS

HEIGHT, WIDTH = 320, 480
_SHORE = 210  # the row where the water begins

# Fractions of the width, of the height and of the size; the colours of a balloon's stripes.
_BALLOONS = (
    (0.22, 0.30, 1.0, ((0.90, 0.25, 0.20), (0.98, 0.85, 0.35))),
    (0.55, 0.20, 0.7, ((0.20, 0.35, 0.75), (0.95, 0.95, 0.95))),
    (0.80, 0.38, 0.5, ((0.95, 0.55, 0.15), (0.45, 0.15, 0.45))),
)
_BOATS = ((0.35, 0.78, 1.0), (0.68, 0.86, 1.3), (0.10, 0.90, 1.5))


@dataclass(frozen=True)
class Thing:
    """An object of the picture: its class, and its box in pixels as (left, right, top, bottom)."""

    class_id: int
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class Scene:
    """A picture (H, W, 3) of floats in [0, 1], its classes (H, W) of uint8, and its objects."""

    picture: Array
    classes: Array
    things: list[Thing]


def scene(time_of_day: float, seed: int = 0) -> Scene:
    """The lake at a time from 0, the morning, to 1, the evening; wind moves balloons and boats."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    picture = _sky(x, y, time_of_day)
    classes = np.full((HEIGHT, WIDTH), SKY, np.uint8)
    _add_mountains(picture, classes, x, y)
    _add_water(picture, classes, x, y, time_of_day)
    things = []
    for at_x, at_y, size, colors in _BALLOONS:
        center_x = WIDTH * (at_x + 0.15 * np.sin(6 * time_of_day + 9 * at_y))
        center_y = HEIGHT * (at_y + 0.04 * np.cos(5 * time_of_day + 7 * at_x))
        inside = _draw_balloon(picture, _Window(center_x, center_y, 42 * size), colors)
        things.append(_thing(classes, inside, BALLOON))
    for at_x, at_y, size in _BOATS:
        center_x = WIDTH * (0.08 + (at_x + 0.5 * time_of_day) % 0.84)
        inside = _draw_boat(picture, _Window(center_x, HEIGHT * at_y, 24 * size))
        things.append(_thing(classes, inside, BOAT))
    picture += 0.012 * np.random.default_rng(seed).standard_normal(picture.shape, np.float32)
    return Scene(np.clip(picture, 0, 1), classes, things)


def _mixed(one: Any, other: Any, share: Array) -> Array:
    """Colours of a picture: `share` (H, W) of the other one, the rest of the one."""
    first, second = np.asarray(one, np.float32), np.asarray(other, np.float32)
    return first + (second - first) * share.astype(np.float32)[..., None]


def _sky(x: Array, y: Array, time_of_day: float) -> Array:
    height = y / _SHORE
    noon = 1 - abs(2 * time_of_day - 1)
    top = np.array([0.16, 0.28, 0.55]) + noon * np.array([0.10, 0.22, 0.35])
    low = np.array([0.98, 0.62, 0.42]) * (1 - noon) + np.array([0.80, 0.90, 0.97]) * noon
    picture = _mixed(top, low, np.clip(height, 0, 1) ** 1.5)
    sun_x, sun_y = WIDTH * (0.1 + 0.8 * time_of_day), _SHORE * (0.75 - 0.6 * noon)
    distance = np.hypot(x - sun_x, y - sun_y)
    glow = np.exp(-((distance / 60) ** 2)) * 0.6
    picture = _mixed(picture, [1.0, 0.93, 0.75], np.where(distance < 14, 1.0, glow))
    clouds = np.sin(x / 31 + 4 * time_of_day) + np.sin(x / 13 + y / 9) + np.sin(y / 7)
    return _mixed(picture, [1, 1, 1], np.clip((clouds - 1.2) / 3, 0, 0.5) * (height < 0.6))


def _add_mountains(picture: Array, classes: Array, x: Array, y: Array) -> None:
    for top, height, width, color in (
        (110, 45, 61, (0.45, 0.50, 0.62)),
        (150, 30, 43, (0.28, 0.38, 0.36)),
        (185, 12, 23, (0.16, 0.28, 0.18)),
    ):
        ridge = top + height * np.sin(x / width) * np.sin(x / (2.7 * width) + top)
        ridge += 4 * np.sin(x / 7) + 2 * np.sin(x / 3.1)
        inside = (y > ridge) & (y < _SHORE)
        share = np.clip((y - ridge) / 90, 0, 1)
        color_here = _mixed(color, np.array(color) * 0.6, share)
        snow = inside & (y < ridge + np.clip(100 - ridge, 0, 18) * (1 + 0.3 * np.sin(x / 5)))
        color_here[snow] = (0.93, 0.95, 0.98)
        picture[inside] = color_here[inside]
        classes[inside] = MOUNTAIN


def _add_water(picture: Array, classes: Array, x: Array, y: Array, time_of_day: float) -> None:
    """The water shows what stands above it, upside down and darker."""
    below = slice(_SHORE, HEIGHT)
    mirrored = picture[np.clip(2 * _SHORE - 1 - np.arange(_SHORE, HEIGHT), 0, HEIGHT - 1)]
    ripples = np.sin(y[below] / 2.1 + 3 * np.sin(x[below] / 37 + 9 * time_of_day))
    brightness = 0.04 * ripples * (y[below] - _SHORE) / HEIGHT
    picture[below] = mirrored * np.array([0.62, 0.72, 0.80], np.float32) + brightness[..., None]
    classes[below] = WATER


class _Window:
    """The part of a picture around an object, with coordinates in units of the object's size."""

    def __init__(self, center_x: float, center_y: float, size: float) -> None:
        reach = 2 * size
        rows = slice(max(0, int(center_y - reach)), min(HEIGHT, int(center_y + reach)))
        columns = slice(max(0, int(center_x - reach)), min(WIDTH, int(center_x + reach)))
        self.part = (rows, columns)
        y, x = np.mgrid[self.part].astype(np.float32)
        self.across, self.down = (x - center_x) / size, (y - center_y) / size

    def whole(self, inside: Array) -> Array:
        """A mask of the window as one of the picture."""
        mask = np.zeros((HEIGHT, WIDTH), bool)
        mask[self.part] = inside
        return mask


def _draw_balloon(picture: Array, window: _Window, colors: Any) -> Array:
    across, down = window.across, window.down
    # Round above, and narrower towards the basket.
    half_width = np.sqrt(np.clip(1 - down**2, 0, 1)) * np.where(down > 0, 1 - 0.35 * down, 1)
    envelope = (np.abs(down) < 1) & (np.abs(across) < half_width)
    basket = (np.abs(across) < 0.16) & (down > 1.12) & (down < 1.4)
    stripe = np.floor(4 * np.arcsin(np.clip(across / np.maximum(half_width, 0.01), -1, 1)))
    light = 1 - 0.45 * np.clip(np.hypot(across + 0.35, down + 0.35), 0, 1.4) / 1.4
    one, other = colors
    colored = _mixed(one, other, stripe % 2 == 0) * light[..., None]
    picture[window.part][envelope] = colored[envelope]
    picture[window.part][basket] = (0.42, 0.28, 0.16)
    return window.whole(envelope | basket)


def _draw_boat(picture: Array, window: _Window) -> Array:
    across, up = window.across, -window.down
    hull = (up > 0) & (up < 0.35) & (np.abs(across) < 0.8 + 0.6 * up)
    sail = (up > 0.45) & (up < 1.9) & (across > -0.55) & (across < 0.75 - (up - 0.45) * 0.85)
    canvas = _mixed((0.97, 0.95, 0.90), (0.75, 0.73, 0.70), np.clip(-across, 0, 1))
    picture[window.part][hull] = (0.50, 0.16, 0.12)
    picture[window.part][sail] = canvas[sail]
    return window.whole(hull | sail)


def _thing(classes: Array, inside: Array, class_id: int) -> Thing:
    classes[inside] = class_id
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    left, right, top, bottom = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
    return Thing(class_id, (int(left), int(right), int(top), int(bottom)))

"""Draws speed against size, one point an encoder, as an SVG that follows light and dark.

In: points. Out: text. Written by hand, so that the same result gives the same file everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 820, 470
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 56, 52
LETTER_WIDTH, BOLD_WIDTH, LINE_HEIGHT = 7.4, 8.6, 14.0

STYLE = """\
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .quiet { fill: #656d76; }
  .paper { fill: #ffffff; }
  .grid { stroke: #d8dee4; stroke-width: 1; }
  .one { stroke: #8c959f; stroke-width: 1; stroke-dasharray: 4 3; }
  .theirs { fill: #57606a; }
  .ours { fill: #cf4a0c; }
  .name-ours { fill: #b93f06; font-weight: 600; }
  .line-theirs { fill: none; stroke: #57606a; stroke-opacity: 0.5; }
  .line-ours { fill: none; stroke: #cf4a0c; stroke-opacity: 0.6; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .paper { fill: #0d1117; }
    .grid { stroke: #2a313c; }
    .one { stroke: #6e7681; }
    .theirs { fill: #9198a1; }
    .ours { fill: #ff8f4c; }
    .name-ours { fill: #ff9e64; }
    .line-theirs { stroke: #9198a1; }
    .line-ours { stroke: #ff8f4c; }
  }
"""


class Point(NamedTuple):
    """One encoder, relative to the reference."""

    name: str
    speed: float
    size: float
    is_ours: bool


class Curve(NamedTuple):
    """One encoder at several levels."""

    name: str
    points: list[Point]  # named by their level
    is_ours: bool


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: _Box) -> float:
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)


class _Axes:
    """From ratios to places in the drawing; both axes are logarithmic."""

    def __init__(self, points: Sequence[Point]) -> None:
        speeds = [point.speed for point in points]
        sizes = [point.size for point in points]
        self.left, self.right = math.log(min(speeds) * 0.75), math.log(max(speeds) * 1.5)
        self.low, self.high = math.log(min([0.95, *sizes]) - 0.02), math.log(max(sizes) + 0.03)

    def x(self, speed: float) -> float:
        share = (math.log(speed) - self.left) / (self.right - self.left)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, size: float) -> float:
        share = (math.log(size) - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def draw(points: Sequence[Point], curves: Sequence[Curve], title: str, note: str) -> str:
    """The whole SVG.

    Args:
        points: one an encoder.
        curves: encoders by level.
        title: first line.
        note: second line, such as the machine.
    """
    everything = [*points, *(point for curve in curves for point in curve.points)]
    axes = _Axes(everything)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
        _text(LEFT, 24, title, "title"),
        _text(LEFT, 42, note, "quiet"),
        *_grid(axes),
    ]
    taken = [_around(axes, point) for point in everything]
    for curve in curves:
        lines += _curve(axes, curve, taken)
    for point in points:
        kind = "ours" if point.is_ours else "theirs"
        lines.append(_dot(axes, point, kind, 6 if point.is_ours else 4.5))
        lines.append(_label(axes, point, "name-ours" if point.is_ours else "", taken))
    return "\n".join([*lines, "</svg>"]) + "\n"


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text{style} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _dot(axes: _Axes, point: Point, kind: str, radius: float) -> str:
    name = f"{point.name}: {point.speed:.3g} times as fast, {point.size:.3f} of the size"
    x, y = axes.x(point.speed), axes.y(point.size)
    return (
        f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}">'
        f"<title>{escape(name)}</title></circle>"
    )


def _grid(axes: _Axes) -> list[str]:
    lines = []
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for speed in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500):
        if axes.left < math.log(speed) < axes.right:
            x, kind = axes.x(speed), "one" if speed == 1 else "grid"
            lines.append(f'<path class="{kind}" d="M{x:.1f} {TOP}V{bottom}"/>')
            lines.append(_text(x, bottom + 16, f"{speed:g}×", "quiet", "middle"))
    for percent in range(50, 200, 10):
        if axes.low < math.log(percent / 100) < axes.high:
            y, kind = axes.y(percent / 100), "one" if percent == 100 else "grid"
            lines.append(f'<path class="{kind}" d="M{LEFT} {y:.1f}H{right}"/>')
            lines.append(_text(LEFT - 8, y + 4, f"{percent / 100:.1f}", "quiet", "end"))
    lines.append(_text(right, HEIGHT - 12, "speed, faster →", "quiet", "end"))
    lines.append(_text(LEFT, HEIGHT - 12, "size of the file, smaller ↓", "quiet"))
    return lines


def _curve(axes: _Axes, curve: Curve, taken: list[_Box]) -> list[str]:
    kind = "ours" if curve.is_ours else "theirs"
    way = " ".join(f"{axes.x(p.speed):.1f},{axes.y(p.size):.1f}" for p in curve.points)
    lines = [f'<polyline class="line-{kind}" points="{way}"/>']
    lines += [_dot(axes, point, kind, 2.5) for point in curve.points]
    middle = curve.points[len(curve.points) // 2]._replace(name=curve.name)
    return [*lines, _label(axes, middle, "quiet", taken)]


def _around(axes: _Axes, point: Point) -> _Box:
    x, y = axes.x(point.speed), axes.y(point.size)
    return _Box(x - 6, y - 6, x + 6, y + 6)


def _label(axes: _Axes, point: Point, kind: str, taken: list[_Box]) -> str:
    """The point's name where it covers least of what stands there already."""
    x, y = axes.x(point.speed), axes.y(point.size)
    width = (BOLD_WIDTH if point.is_ours else LETTER_WIDTH) * len(point.name)
    places = []
    for distance in (0.0, 14.0, 28.0):
        for down in (0.0, -distance - 15, distance + 15):
            places += [(x + 9, y + down), (x - 9 - width, y + down), (x - width / 2, y + down)]
    best = min(
        (place for place in places if place[1] != y or abs(place[0] - x + width / 2) > 1),
        key=lambda place: _cost(_box(place, width), taken) + abs(place[1] - y) / 10,
    )
    taken.append(_box(best, width))
    return _text(best[0], best[1] + 4, point.name, kind)


def _box(place: tuple[float, float], width: float) -> _Box:
    return _Box(place[0], place[1] - LINE_HEIGHT / 2, place[0] + width, place[1] + LINE_HEIGHT / 2)


def _cost(box: _Box, taken: Sequence[_Box]) -> float:
    outside = max(LEFT - box.left, 0.0) + max(box.right - WIDTH + 4, 0.0)
    outside += max(TOP - box.top, 0.0) + max(box.bottom - HEIGHT + BOTTOM, 0.0)
    return sum(box.overlap(other) for other in taken) + 1000 * outside

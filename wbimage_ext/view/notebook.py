"""HTML for notebooks: one image with its boxes and masks, or the page of a run.

In: encoded pictures with what is drawn over them, or a run's directory. Out: HTML that carries all
it shows. An image's HTML has no script, so that notebooks show it whether they trust it or not.
Colours are the page's (web/overlays.js).
"""

from __future__ import annotations

import html
import itertools
import os
from collections.abc import Mapping
from typing import Any

from .pictures import box_corners
from .readers.orientation import orientation
from .safe import class_number, data_uri

COLOURS = (
    "#8792a8 #ff4d55 #2f95ff #33c56b #ffb01f #a968ff #00c0c7 #ff79c4 "
    "#c3dd35 #ff7d3c #6d78ff #a87740 #82d4ff #cf3a8b #4c9b58 #ffd79c"
).split()
OPACITY = 0.5
MOST_BOXES = 500
SIDE_PIXELS = 480  # of the longer side where it is shown, at most

_numbers = itertools.count()

# CSS matrix(a, b, c, d) for each Exif orientation, as in web/turn.js.
TURNS = {
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}


def image_html(
    content: bytes,
    size: tuple[int, int],
    *,
    caption: str | None = None,
    boxes: Mapping[str, Any] | None = None,
    masks: Mapping[str, Any] | None = None,
) -> str:
    """A figure of one image.

    Args:
        content: the encoded picture, in any format that browsers show.
        size: its stored width and height in pixels.
        caption: shown below.
        boxes: `{layer: {"box_data": [...], "class_labels": {id: name}}}`.
        masks: `{layer: {"content": PNG bytes, "class_labels": {id: name}}}`.
    """
    width, height = size
    turn = TURNS.get(orientation(content))
    is_sideways = turn is not None and turn[0] == 0
    shown = (height, width) if is_sideways else (width, height)
    scale = SIDE_PIXELS / max(shown)
    # Small pictures are enlarged by a whole number, so that their pixels stay alike.
    factor = min(scale, 1.0) if scale < 2 else int(scale)
    parts = [f'<image width="{shown[0]}" height="{shown[1]}" href="{data_uri(content)}"/>']
    overlays = []
    names: dict[int, str] = {}
    for mask in (masks or {}).values():
        overlays.append(_mask(mask["content"], size, names, mask.get("class_labels") or {}))
    for layer in (boxes or {}).values():
        given = layer if isinstance(layer, Mapping) else {"box_data": layer}
        overlays.append(_boxes(given, size, names))
    if turn is not None:
        matrix = _about_the_middle(turn, size, shown)
        overlays = [f'<g transform="matrix({matrix})">', *overlays, "</g>"]
    parts += overlays
    pixelated = ' style="image-rendering:pixelated"' if factor >= 1 else ""
    label = html.escape(caption or "picture", quote=True)
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}"{pixelated} '
        f'width="{shown[0] * factor:.0f}" height="{shown[1] * factor:.0f}" '
        f'viewBox="0 0 {shown[0]} {shown[1]}">{"".join(parts)}</svg>'
    )
    text = html.escape(caption) if caption else ""
    if names:
        text += _legend(names)
    below = f"<figcaption>{text}</figcaption>" if text else ""
    return f'<figure style="margin:0;display:inline-block">{picture}{below}</figure>'


def run_html(run_dir: str | os.PathLike[str], *, height: int = 640) -> str:
    """A frame with a run's page, which carries its pictures, the newest first.

    Args:
        run_dir: as for `write_page`.
        height: of the frame, in CSS pixels.

    Raises:
        As `write_page`.
    """
    from .library import Library, no_run
    from .page import page_of_runs

    library = Library([run_dir])
    catalogs = library.read_all()
    if not catalogs:
        raise no_run([run_dir], library)
    page = html.escape("".join(page_of_runs(catalogs, None, library.notes())), quote=True)
    name = html.escape(catalogs[0].card()["name"], quote=True)
    # Without allow-same-origin the page cannot reach the notebook around it.
    return (
        f'<iframe title="{name}" sandbox="allow-scripts" style="width:100%;height:{height}px;'
        f'border:1px solid #8886;border-radius:6px" srcdoc="{page}"></iframe>'
    )


def _colour(class_id: int) -> str:
    return COLOURS[class_id % len(COLOURS)]


def _mask(content: bytes, size: tuple[int, int], names: dict[int, str], labels: Any) -> str:
    """A mask whose classes an SVG filter colours by tables over its red channel."""
    for class_id, name in _class_names(labels).items():
        names.setdefault(class_id, name)
    colours = [tuple(bytes.fromhex(_colour(value)[1:])) for value in range(256)]
    # A little above c / 255, so that no browser's rounding falls to c - 1.
    tables = [
        " ".join(f"{min(1, (colour[channel] + 0.4) / 255):.4f}" for colour in colours)
        for channel in range(3)
    ]
    functions = "".join(
        f'<feFunc{channel} type="discrete" tableValues="{table}"/>'
        for channel, table in zip("RGB", tables, strict=True)
    )
    visible = " ".join(["0", *["1"] * 255])
    name = f"wbimage-mask-{os.getpid()}-{next(_numbers)}"
    return (
        f'<filter id="{name}" x="0" y="0" width="100%" height="100%" '
        'color-interpolation-filters="sRGB">'
        '<feColorMatrix in="SourceGraphic" result="class" '
        'values="1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 0 0 0 0 1"/>'
        f'<feComponentTransfer in="class" result="paint">{functions}</feComponentTransfer>'
        '<feColorMatrix in="SourceGraphic" values="0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0 0 0 0"/>'
        f'<feComponentTransfer result="chosen"><feFuncA type="discrete" tableValues="{visible}"/>'
        '</feComponentTransfer><feComposite in="paint" in2="chosen" operator="in"/></filter>'
        f'<image width="{size[0]}" height="{size[1]}" href="{data_uri(content)}" '
        f'opacity="{OPACITY}" style="image-rendering:pixelated" filter="url(#{name})"/>'
    )


def _boxes(layer: Mapping[str, Any], size: tuple[int, int], names: dict[int, str]) -> str:
    labels = _class_names(layer.get("class_labels") or {})
    drawn = []
    for box in list(layer.get("box_data") or ())[:MOST_BOXES]:
        position = box.get("position") if isinstance(box, Mapping) else None
        corners = box_corners(position) if isinstance(position, Mapping) else None
        if position is None or corners is None:
            continue
        is_pixel = "pixel" in (position.get("domain"), box.get("domain"))
        width, height = (1, 1) if is_pixel else size
        x0, y0, x1, y1 = (
            value * side for value, side in zip(corners, (width, height) * 2, strict=True)
        )
        class_id = box.get("class_id")
        class_id = class_id if isinstance(class_id, int) else 0
        names.setdefault(class_id, labels.get(class_id, f"class {class_id}"))
        title = html.escape(str(box.get("box_caption") or names[class_id]))
        shape = f'x="{x0}" y="{y0}" width="{x1 - x0}" height="{y1 - y0}" fill="none"'
        thin = 'vector-effect="non-scaling-stroke"'
        drawn.append(
            f'<rect {shape} stroke="#000" stroke-opacity=".55" stroke-width="4" {thin}/>'
            f'<rect {shape} stroke="{_colour(class_id)}" stroke-width="2" {thin}>'
            f"<title>{title}</title></rect>"
        )
    return "".join(drawn)


def _class_names(labels: Mapping[Any, Any]) -> dict[int, str]:
    """Names by class; what is no whole number is that of no class."""
    numbers = {key: class_number(key) for key in labels}
    return {n: str(labels[key]) for key, n in numbers.items() if n is not None}


def _about_the_middle(
    turn: tuple[int, int, int, int], size: tuple[int, int], shown: tuple[int, int]
) -> str:
    """The SVG matrix that turns the stored picture about its middle onto the shown one."""
    a, b, c, d = turn
    x = shown[0] / 2 - a * size[0] / 2 - c * size[1] / 2
    y = shown[1] / 2 - b * size[0] / 2 - d * size[1] / 2
    return f"{a} {b} {c} {d} {x:g} {y:g}"


def _legend(names: dict[int, str]) -> str:
    entries = "".join(
        '<span style="white-space:nowrap;margin-right:1em">'
        f'<span style="color:{_colour(class_id)}">&#9632;</span> {html.escape(name)}</span>'
        for class_id, name in sorted(names.items())
    )
    return f"<div>{entries}</div>"

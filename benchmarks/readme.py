"""The README's numbers, those of docs/performance.md, and the plot.

All are made from one saved result and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from . import plot
from .peers import LIBPNG, OURS, PILLOW
from .rows import Row
from .summary import LARGE_BYTES, Summary, groups, peers_of, summarize
from .values import NUMPY, NUMPY_AND_PILLOW
from .whole import FLOOR, WANDB

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PERFORMANCE = ROOT / "docs/performance.md"
PUBLISHED = ROOT / "benchmarks/results/published.json"
PLOT = PUBLISHED.with_suffix(".svg")
BEGIN, END = "<!-- numbers -->\n", "<!-- end -->"

# The set that was kept to judge by; arrays drawn by the benchmark belong to no set.
SET = "judge"

# What the table of Image() shows: row of the result -> what a reader calls it.
EXAMPLES = {
    "ihc": "photograph, 512x512 RGB",
    "ihc, jpg": "the same as JPEG",
    "mosaic_1080p_judge": "photographs, 1080x1920 RGB",
    "contour": "plot, 480x640 RGBA",
    "many_disks, ImageMask": "`ImageMask`, 720x1280 int64, 80 classes",
    "documented example": "noise, 100x100x3 int64 (wandb's documented example)",
    "stroke_28": "digit, 28x28",
}


def publish(result: dict[str, Any]) -> None:
    """Write the plot, and the numbers into the README and docs/performance.md."""
    PLOT.write_text(picture(result))
    _write_numbers(README, numbers(result))
    _write_numbers(PERFORMANCE, numbers_of_16_bits(result))


def _write_numbers(page: Path, text: str) -> None:
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}{text}{END}{after}")


def load(path: Path) -> dict[str, Any] | None:
    """A saved result, or None where there is none."""
    return json.loads(path.read_text()) if path.exists() else None


def published_numbers(page: Path = README) -> str:
    """What stands between the markers of a page."""
    return page.read_text().partition(BEGIN)[2].partition(END)[0]


def numbers(result: dict[str, Any]) -> str:
    """The Markdown, from the sections that the result has."""
    sections = {name: _judged(rows) for name, rows in result["sections"].items()}
    parts = []
    if rows := sections.get("png"):
        parts += [_png(rows), _classes(rows, PILLOW)]
    if (rows := sections.get("image")) and WANDB in peers_of(rows):
        parts.append(_image(rows, result["machine"]["packages"]["wandb"]))
    parts += _sentences(sections)
    parts.append(_conditions(result))
    return "\n\n".join(parts) + "\n"


def numbers_of_16_bits(result: dict[str, Any]) -> str:
    """The Markdown of the section "sixteen": encoders, then ours class by class."""
    rows = _judged(result["sections"]["sixteen"])
    head = ["16-bit PNG encoder", "speed", "size", "largest"]
    peers = _table(head, _lines_of_16_bits(rows))
    return f"{peers}\n\n{_classes(rows, LIBPNG)}\n"


def _lines_of_16_bits(rows: Sequence[Row]) -> Iterator[Sequence[str]]:
    for peer in [OURS, *(p for p in peers_of(rows) if p != OURS)]:
        every = summarize(rows, peer, LIBPNG)
        assert every is not None
        assert every.size is not None
        name = f"**{peer}**" if peer == OURS else peer
        if every.pictures < len(rows):
            name += f" (takes {every.pictures} of {len(rows)})"
        yield name, _times(every.speed), f"{every.size:.2f}", f"{every.worst_size:.2f}"


def _judged(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["set"] in (SET, "")]


def _table(head: Sequence[str], body: Iterator[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    lines += ["| " + " | ".join(cells) + " |" for cells in body]
    return "\n".join(lines)


def _times(ratio: float) -> str:
    return f"{ratio:.0f}x" if ratio >= 9.95 else f"{ratio:.1f}x"


def _png(rows: Sequence[Row]) -> str:
    alt = "Speed and file size of PNG encoders relative to Pillow's default"
    head = ["PNG encoder", "speed", "size", "largest", "70 KB and more", "photographs"]
    return f"![{alt}]({PLOT.relative_to(ROOT).as_posix()})\n\n" + _table(head, _png_lines(rows))


def _png_lines(rows: Sequence[Row]) -> Iterator[Sequence[str]]:
    found = groups(rows)
    for peer in [OURS, *(p for p in peers_of(rows) if not p.startswith(OURS))]:
        every = summarize(found["all"], peer, PILLOW)
        large = summarize(found.get("70 KB and more", []), peer, PILLOW)
        photos = summarize(found.get("photo", []), peer, PILLOW)
        assert every is not None
        assert every.size is not None
        assert every.worst_size is not None
        name = f"**{peer}**" if peer == OURS else peer
        if every.pictures < len(rows):
            name += f" (takes {every.pictures} of {len(rows)})"
        yield (
            name,
            _times(every.speed),
            f"{every.size:.2f}",
            f"{every.worst_size:.2f}",
            _speed_and_size(large),
            _speed_and_size(photos),
        )


def _classes(rows: Sequence[Row], reference: str) -> str:
    head = ["class (largest size first)", "pictures", "size", "worst size", "speed", "slowest"]
    by_class = {row["kind"]: [r for r in rows if r["kind"] == row["kind"]] for row in rows}
    found = [(name, summarize(members, OURS, reference)) for name, members in by_class.items()]
    known = [(name, each, each.size or 0) for name, each in found if each is not None]
    known.sort(key=lambda item: -item[2])
    return _table(head, (_class_line(name, each) for name, each, _ in known))


def _class_line(name: str, found: Summary) -> Sequence[str]:
    assert found.size is not None
    assert found.worst_size is not None
    return (
        name,
        f"{found.pictures}",
        f"{found.size:.2f}",
        f"{found.worst_size:.2f} ({found.worst_size_name})",
        _times(found.speed),
        f"{_times(found.slowest)} ({found.slowest_name})",
    )


def _speed_and_size(summary: Summary | None) -> str:
    if summary is None or summary.size is None:
        return ""
    return f"{_times(summary.speed)}, {summary.size:.2f}"


def _image(rows: Sequence[Row], version: str) -> str:
    head = [f"`Image(...)`, wandb {version} beside ours", "wandb", "wbimage_ext", "ratio", "floor"]
    return _table(head, _image_lines(rows))


def _image_lines(rows: Sequence[Row]) -> Iterator[Sequence[str]]:
    by_name = {row["name"]: row["peers"] for row in rows}
    for name, title in EXAMPLES.items():
        if name in by_name:
            theirs, ours, floor = (
                by_name[name][peer]["best_us"] / 1e3 for peer in (WANDB, OURS, FLOOR)
            )
            faster = f"**{_times(theirs / ours)}**"
            yield title, f"{theirs:.3g} ms", f"{ours:.3g} ms", faster, f"{floor:.2g} ms"


def _sentences(sections: dict[str, list[Row]]) -> Iterator[str]:
    facts = []
    jpeg = summarize(sections.get("jpeg", []), OURS, PILLOW)
    direct = summarize(sections.get("jpeg", []), OURS, "libjpeg-turbo")
    if jpeg is not None:
        facts.append(f"JPEG is encoded {jpeg.speed:.1f} times as fast as by Pillow")
        if direct is not None:
            facts[-1] += f", and {direct.speed:.2f} times as fast as by TurboJPEG"
    values = sections.get("uint8", [])
    if conversion := summarize(values, OURS, NUMPY):
        copy = summarize(values, OURS, "copy")
        assert copy is not None
        facts.append(
            f"`to_uint8` is {conversion.speed:.1f} times as fast as NumPy's expression, and reads "
            f"its input at {copy.speed:.0%} of the speed of `memcpy`"
        )
    if masks := summarize(sections.get("masks", []), OURS, NUMPY_AND_PILLOW):
        speed = f"{masks.speed:.0f} times as fast as by NumPy and Pillow"
        facts.append(f"Masks and their labels are made {speed}")
    if facts:
        yield ". ".join(facts) + "."


def _conditions(result: dict[str, Any]) -> str:
    machine = result["machine"]
    build = machine["build"]
    packages = machine["packages"]
    return (
        f"Speed and size are geometric means relative to Pillow's default. The pictures were kept "
        f"apart from those that the constants were fitted on. *largest* is the worst picture's "
        f"size. *70 KB and more*: speed and size where the raw pixels have at least "
        f"{LARGE_BYTES:,} bytes. *floor* is SHA-256 and one write of the same bytes. "
        f"{machine['cpu']}, one thread, "
        f"kernels {build['cpu']}, {machine['date']}; Pillow {packages['pillow']} on zlib "
        f"{machine['pillow']['zlib']}; {build['png']}; {build['jpeg']}. `python -m benchmarks` "
        f"measures all of it again, on the other half of the pictures too."
    )


def picture(result: dict[str, Any]) -> str:
    """The plot, from the sections "png" and "levels"."""
    rows = _judged(result["sections"]["png"])
    points = []
    for peer in peers_of(rows):
        summary = summarize(rows, peer, PILLOW)
        if summary is None or summary.size is None or peer.startswith(f"{OURS} core"):
            continue
        name = peer if summary.pictures == len(rows) else f"{peer} (RGB and RGBA only)"
        name = f"{PILLOW}, default" if peer == PILLOW else name
        points.append(plot.Point(name, summary.speed, summary.size, peer == OURS))
    levels = _judged(result["sections"].get("levels", []))
    curves = [
        plot.Curve(f"{name}, levels 1 to 9", _level_points(levels, name), name == OURS)
        for name in (PILLOW, OURS)
        if levels
    ]
    title = "PNG encoders: speed and file size relative to Pillow's default"
    machine = result["machine"]
    note = f"geometric means over {len(rows)} pictures; {machine['cpu']}, one thread"
    return plot.draw(points, curves, title, note)


def _level_points(rows: Sequence[Row], name: str) -> list[plot.Point]:
    points = []
    for level in range(1, 10):
        summary = summarize(rows, f"{name} {level}", f"{PILLOW} 6")
        if summary is not None and summary.size is not None:
            label = f"{name} {level}"
            points.append(plot.Point(label, summary.speed, summary.size, name == OURS))
    return points

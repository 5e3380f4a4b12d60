"""Prints a result as plain text.

In: a result, as `python -m benchmarks` saves it. Out: lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .peers import LIBPNG, OURS, PILLOW
from .rows import Row
from .summary import Summary, groups, peers_of, summarize
from .values import NUMPY, NUMPY_AND_PILLOW
from .whole import FLOOR, WANDB

# How many of the weakest pictures are named.
WEAKEST = 6


class Section(NamedTuple):
    """How a section is summarized."""

    title: str
    reference: str


SECTIONS = {
    "png": Section("PNG, default of each encoder; ratios to Pillow's default", PILLOW),
    "sixteen": Section("16-bit PNG; ratios to libpng's level 6 with all filters", LIBPNG),
    "levels": Section("PNG by compression level; ratios to Pillow's level of the same number", ""),
    "jpeg": Section("JPEG, quality 75, 4:2:0; ratios to Pillow", PILLOW),
    "uint8": Section("to_uint8; ratios to NumPy's expression", NUMPY),
    "masks": Section("Masks in memory; ratios to NumPy and Pillow", NUMPY_AND_PILLOW),
    "image": Section("Image(); ratios to wandb.Image()", WANDB),
}


def report(result: dict[str, Any], each: bool = False) -> Iterator[str]:
    """The whole result: machine, then each section by set and group; `each` adds every row."""
    yield from _machine(result)
    for name, section in SECTIONS.items():
        rows: list[Row] = result["sections"].get(name, [])
        if not rows:
            continue
        yield ""
        yield section.title
        for set_name in dict.fromkeys(row["set"] for row in rows):
            in_set = [row for row in rows if row["set"] == set_name]
            if set_name:
                yield f"  set {set_name!r}"
            yield from (_levels(in_set) if name == "levels" else _groups(in_set, section.reference))
            if name == "uint8":
                yield from _throughput(in_set)
            if each and name in ("png", "sixteen", "jpeg", "masks"):
                yield from _each(in_set, section.reference)
            if name == "image":
                yield from _floor(in_set)
        if name == "jpeg":
            yield from _direct(rows)


def _machine(result: dict[str, Any]) -> Iterator[str]:
    machine = result["machine"]
    yield f"{machine['cpu']}, {machine['cpus']} CPUs, load {machine['load']}, {machine['date']}"
    for title in ("build", "packages", "pillow"):
        yield f"{title}: " + ", ".join(f"{name} {value}" for name, value in machine[title].items())
    if result["missing"]:
        yield f"not installed, left out: {', '.join(result['missing'])}"
    clock = f"{result['rounds']} rounds, {result['clock']} time"
    yield f"{clock}; speeds are ratios of best times (of medians)"


def _groups(rows: Sequence[Row], reference: str) -> Iterator[str]:
    """Every peer over the broad groups, then ours over each kind."""
    by_group = groups(rows)
    for group in ("all", "70 KB and more", "photo"):
        members = by_group.pop(group, [])
        lines = [
            f"      {peer:26}{_line(summary)}"
            for peer in peers_of(members)
            if peer != reference and (summary := summarize(members, peer, reference))
        ]
        yield from [f"    {group}", *lines] if lines else []
    if by_group:
        yield f"    {OURS} by class"
    for group, members in by_group.items():
        if summary := summarize(members, OURS, reference):
            yield f"      {group:26}{_line(summary)}"
    yield from _shares(rows, reference)
    yield from _weakest(rows, reference)


def _shares(rows: Sequence[Row], reference: str) -> Iterator[str]:
    """How many pictures are larger than the reference's by 5 and by 20 percent."""
    summaries = [summarize([row], OURS, reference) for row in rows]
    sizes = [found.size for found in summaries if found is not None and found.size is not None]
    if sizes:
        over = ", ".join(
            f"{sum(size > limit for size in sizes)} of {len(sizes)} pictures over {limit}"
            for limit in (1.05, 1.2)
        )
        yield f"    {OURS}, size: {over}"


def _weakest(rows: Sequence[Row], reference: str) -> Iterator[str]:
    """The pictures on which ours does worst."""
    each = [(row["name"], summarize([row], OURS, reference)) for row in rows]
    known = [(name, summary) for name, summary in each if summary is not None]
    slowest = sorted(known, key=lambda item: item[1].speed)[:WEAKEST]
    names = ", ".join(f"{name} {summary.speed:.1f}x" for name, summary in slowest)
    yield f"    {OURS}, slowest: {names}"
    sized = [(name, summary.size) for name, summary in known if summary.size is not None]
    if sized:
        largest = sorted(sized, key=lambda item: -item[1])[:WEAKEST]
        names = ", ".join(f"{name} {size:.3f}" for name, size in largest)
        yield f"    {OURS}, largest: {names}"


def _line(summary: Summary) -> str:
    text = f"{summary.speed:7.1f}x ({summary.median_speed:6.1f}x)"
    text += f"  slowest {summary.slowest:6.1f}x {summary.slowest_name}"
    if summary.size is not None:
        text += f"; size {summary.size:.4f}, worst {summary.worst_size:.3f} "
        text += summary.worst_size_name
    return text + f"; spread {summary.spread:.0%}, n={summary.pictures}"


def _levels(rows: Sequence[Row]) -> Iterator[str]:
    for level in range(10):
        summary = summarize(rows, f"{OURS} {level}", f"{PILLOW} {level}")
        if summary is not None:
            yield f"      level {level}{_line(summary)}"


def _throughput(rows: Sequence[Row]) -> Iterator[str]:
    yield "    GB of input a second"
    for row in rows:
        speeds = (
            f"{peer} {row['raw_bytes'] / measure['best_us'] / 1e3:.2f}"
            for peer, measure in row["peers"].items()
        )
        yield f"      {row['name']:34}" + ", ".join(speeds)


def _each(rows: Sequence[Row], reference: str) -> Iterator[str]:
    for row in rows:
        theirs, ours = row["peers"][reference], row["peers"][OURS]
        text = f"      {row['name']:26}{row['kind']:8}{'x'.join(map(str, row['shape'])):14}"
        text += f"{theirs['best_us'] / ours['best_us']:7.1f}x {ours['best_us']:9.1f} us"
        text += f" {ours['best_us'] * 1e3 / row['raw_bytes']:6.2f} ns a byte"
        if ours["size_bytes"] and theirs["size_bytes"]:
            text += f"  size {ours['size_bytes'] / theirs['size_bytes']:.3f},"
            text += f" {ours['size_bytes'] / row['raw_bytes']:.4f} of raw"
        yield text


def _floor(rows: Sequence[Row]) -> Iterator[str]:
    summary = summarize(rows, FLOOR, OURS)
    if summary is None:
        return
    yield f"    ours takes {summary.speed:.2f} times the floor (SHA-256 and one write)"
    for row in rows:
        peers = row["peers"]
        times = ", ".join(f"{peer} {measure['best_us']:.0f}" for peer, measure in peers.items())
        ratio = peers[OURS]["best_us"] / peers[FLOOR]["best_us"]
        yield f"      {row['name']:34}{ratio:5.2f} times the floor; us: {times}"


def _direct(rows: Sequence[Row]) -> Iterator[str]:
    summary = summarize(rows, OURS, "libjpeg-turbo")
    if summary is not None:
        yield f"  ours beside libjpeg-turbo called directly, both sets: {_line(summary)}"
    same = sum(
        row["peers"][OURS]["size_bytes"] == row["peers"][PILLOW]["size_bytes"] for row in rows
    )
    yield f"  files as long as Pillow's: {same} of {len(rows)}"

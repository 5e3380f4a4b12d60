"""`python -m benchmarks`: measures, prints, saves, and brings the README up to date."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from wbimage_ext import set_num_threads

from . import machine, readme, report, sixteen
from .corpus import Picture, pictures
from .files import jpeg_rows, level_rows, png_rows, sixteen_rows
from .rows import Options
from .timing import CLOCKS
from .values import conversion_rows, mask_rows
from .whole import image_rows

MEASURES = {
    "png": png_rows,
    "sixteen": sixteen_rows,
    "levels": level_rows,
    "jpeg": jpeg_rows,
    "uint8": conversion_rows,
    "masks": mask_rows,
    "image": image_rows,
}

DESCRIPTION = """\
Measure wbimage_ext beside other encoders, one thread, in one process.

Outputs are decoded and compared before anything is timed. Then, picture by picture, every encoder
gets its turn in each round, so that drift of the machine hits all alike. What is not installed is
named and left out: `pip install -e '.[bench]'` brings what is on PyPI.

sections:
  png     the fast encoder beside Pillow, OpenCV, imagecodecs, fpng and fpnge;
          also with fewer CPU kernels
  sixteen 16-bit PNG beside libpng's level 6 with all filters, Pillow, OpenCV and others,
          on slices, depth maps, microscopy, elevation, noise, gradients
  levels  compress_level 0 to 9 beside Pillow's
  jpeg    beside Pillow, OpenCV, imagecodecs, simplejpeg, and libjpeg-turbo called directly
  uint8   to_uint8 beside NumPy's expression and a memory copy
  masks   labels, range check and PNG beside NumPy and Pillow
  image   whole Image() beside wandb.Image(), and the floor: SHA-256 and one write of the same bytes

The encoder's constants were fitted on the set "tune"; "judge" was kept apart, though its weak
pictures were known while the last of them were chosen. Both are always reported apart.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 on success."""
    options = _parser().parse_args(arguments)
    if options.publish:
        result = json.loads(options.publish.read_text())
        _save(readme.PUBLISHED, result)
        readme.publish(result)
        return 0
    if options.show:
        result = json.loads(options.show.read_text())
    else:
        chosen = choose(options.set, options.pictures)
        what = Options(chosen, options.rounds, options.clock)
        # As the other encoders, and so that the clock of a thread sees all of the work.
        set_num_threads(1)
        result = measure(options.sections, what, partial(_save, options.save))
    for line in report.report(result, options.each):
        print(line)
    return 0


def _save(path: Path | None, result: dict[str, Any]) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_text(result))


def _sections(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown} unknown; known are {list(MEASURES)}")
    return names


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--sections",
        type=_sections,
        default=list(MEASURES),
        metavar="A,B",
        help="measure these only",
    )
    parser.add_argument("--set", choices=["tune", "judge"], help="measure one set only")
    parser.add_argument(
        "--pictures", metavar="REGEX", help="measure pictures whose name or kind it matches whole"
    )
    parser.add_argument("--rounds", type=int, default=9, help="default: %(default)s")
    parser.add_argument(
        "--clock",
        choices=list(CLOCKS),
        default="wall",
        help="cpu: the thread's CPU time, where others use the machine too; default: %(default)s",
    )
    parser.add_argument(
        "--save", type=Path, metavar="FILE", help="write the result as JSON, after each section"
    )
    parser.add_argument("--each", action="store_true", help="print a line a picture too")
    parser.add_argument("--show", type=Path, metavar="FILE", help="print a saved result")
    parser.add_argument(
        "--publish",
        type=Path,
        metavar="FILE",
        help="make FILE the result that is committed and the README and the plot show",
    )
    return parser


def choose(set_name: str | None, pattern: str | None) -> list[Picture]:
    """The pictures of a set, None for both, whose name or kind a regular expression matches."""
    chosen = [
        picture
        for picture in (*pictures(), *sixteen.pictures())
        if set_name in (None, picture.set)
        and any(re.fullmatch(pattern or ".*", text) for text in (picture.name, picture.kind))
    ]
    if not chosen:
        sys.exit(f"no picture of the corpus has a name or kind like {pattern!r}")
    return chosen


def measure(
    sections: list[str], options: Options, keep: Callable[[dict[str, Any]], None] | None = None
) -> dict[str, Any]:
    """Measure some sections.

    Args:
        sections: keys of MEASURES.
        options: what to measure, and how long.
        keep: called with the result so far after each section.

    Raises:
        WrongOutputError: an encoder's file does not hold the picture.
    """
    result: dict[str, Any] = {
        "machine": machine.describe(),
        "rounds": options.rounds,
        "clock": options.clock,
        "missing": [],
        "sections": {},
    }
    for name in sections:
        dtype = np.uint16 if name == "sixteen" else np.uint8
        fitting = [picture for picture in options.pictures if picture.pixels.dtype == dtype]
        rows, missing = MEASURES[name](replace(options, pictures=fitting)) if fitting else ([], [])
        result["sections"][name] = rows
        result["missing"] += [item for item in missing if item not in result["missing"]]
        if keep is not None:
            keep(result)
    return result


def as_text(result: dict[str, Any]) -> str:
    """JSON with one line a row, so that a diff shows what changed."""
    head = {name: value for name, value in result.items() if name != "sections"}
    lines = json.dumps(head, indent=1)[:-2] + ',\n "sections": {\n'
    parts = []
    for name, rows in result["sections"].items():
        body = ",\n".join("   " + json.dumps(row) for row in rows)
        parts.append(f'  "{name}": [\n{body}\n  ]')
    return lines + ",\n".join(parts) + "\n }\n}\n"


if __name__ == "__main__":
    sys.exit(main())

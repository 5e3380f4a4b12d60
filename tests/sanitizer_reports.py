"""Looks through sanitizers' reports for those that our code is part of: .ci/sanitize ends with it.

Python and NumPy leave memory behind at their end, and synchronise in ways that a sanitizer cannot
see. A list of their functions to be silent about would hide our own leaks, because Python's
functions are in every stack. So it is the other way round: a report counts where a frame of its
stacks lies in the extension; allocations that it asks Python or a library for are among them.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

OURS = re.compile(r"wbimage_ext/(core|binding)/|wbimage_ext/_core\.")
# What ends one report and begins the next, in a leak's summary and between races.
BORDER = re.compile(r"^(?=(?:Direct|Indirect) leak of |={18})", re.MULTILINE)


def is_ours(report: str) -> bool:
    """Whether a stack of the report has a frame in the extension."""
    frames = [line for line in report.splitlines() if re.match(r"\s*#\d+ ", line)]
    return any(OURS.search(frame) for frame in frames)


def main(directory: str) -> int:
    files = sorted(Path(directory).iterdir())
    reports = [part for path in files for part in BORDER.split(path.read_text(errors="replace"))]
    reports = [part for part in reports if re.search(r"^\s*#0 ", part, re.MULTILINE)]
    ours = [part for part in reports if is_ours(part)]
    # An error that is no leak and no race ended its process: it counts whoever made it.
    fatal = [
        part for part in reports if "ERROR: AddressSanitizer" in part or "runtime error" in part
    ]
    print(f"{len(files)} processes reported {len(reports)} times, {len(ours)} in our code")
    for part in {*ours, *fatal}:
        print(part)
    return 1 if ours or fatal else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

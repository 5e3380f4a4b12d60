"""Writes docs/reference.md from the signatures and docstrings of what the package offers.

python docs/make_reference.py
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import wbimage_ext
from wbimage_ext import annotations as parts
from wbimage_ext import image
from wbimage_ext.runs import local_run

HEAD = """# Reference

Made from the docstrings by `python docs/make_reference.py`; the text lives there. With wandb
installed, `Image`, `ImageMask`, `BoundingBoxes2D` and `Classes` are subclasses of wandb's, with the
same names, and take the same arguments.
"""

# The standalone classes, so that the page is the same with wandb installed and without.
CLASSES: list[type[Any]] = [
    image.Image,
    parts.BoundingBoxes2D,
    parts.ImageMask,
    parts.Classes,
    local_run.LocalRun,
]

# Members of wandb's protocol that nobody calls by hand.
UNLISTED = frozenset(["guess_mode", "get_media_subdir", "validate", "type_name"])
SECTIONS = ("Args:", "Attributes:", "Returns:", "Raises:")


def reference() -> str:
    """The whole page."""
    names = [name for name in wbimage_ext.__all__ if name not in {c.__name__ for c in CLASSES}]
    parts = [HEAD, "\n## Classes\n"]
    for described in CLASSES:
        parts += _class(described)
    parts.append("\n## Functions\n")
    for name in names:
        member = getattr(wbimage_ext, name)
        if inspect.isfunction(member):
            parts.append(_entry("###", f"{name}{_signature(member)}", member))
    return "".join(parts)


def _class(described: type[Any]) -> Iterator[str]:
    initial = described.__init__
    title = f"{described.__name__}{_signature(initial)}"
    yield _entry("###", title, described)
    for name, member in vars(described).items():
        if name.startswith("_") or name in UNLISTED:
            continue
        if isinstance(member, (classmethod, staticmethod)):
            member = member.__func__
        if isinstance(member, property):
            yield _entry("####", f"{described.__name__}.{name}", member)
        elif inspect.isfunction(member):
            yield _entry("####", f"{described.__name__}.{name}{_signature(member)}", member)


def _signature(function: Any) -> str:
    """The signature as it was written, without self, cls and the types."""
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in ("self", "cls")
    ]
    return str(inspect.Signature(parameters))


def _entry(level: str, title: str, described: Any) -> str:
    text = inspect.getdoc(described)
    if not text:
        raise SystemExit(f"{title} has no docstring")
    name = title.partition("(")[0]
    return f"\n{level} {name}\n\n```text\n{title}\n```\n\n{_markdown(text)}\n"


def _markdown(text: str) -> str:
    """A docstring as Markdown: its sections become lists."""
    lines: list[str] = []
    in_section = False
    for line in text.splitlines():
        if line in SECTIONS:
            lines += [f"**{line}**", ""]
            in_section = True
        elif in_section and (item := re.match(r"    (\*{0,2}[\w, .]+?): (.*)", line)):
            lines.append(f"- `{item[1]}`: {item[2]}")
        elif in_section and line.startswith("    "):
            lines.append("  " + line.strip() if lines[-1].startswith(("-", "  ")) else line.strip())
        else:
            lines.append(line)
    return "\n".join(lines).rstrip()


if __name__ == "__main__":
    page = Path(__file__).with_name("reference.md")
    if sys.argv[1:] != ["--check"]:
        page.write_text(reference(), encoding="utf-8")
    elif page.read_text(encoding="utf-8") != reference():
        sys.exit("docs/reference.md is not what the docstrings say: python docs/make_reference.py")

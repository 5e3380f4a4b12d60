"""Puts the page's sources and a run's catalog together into one ``index.html``.

In: a Catalog and the folder to write to. Out: the page's path. The page refers to nothing but the
run's media files. A content security policy lets only the scripts and styles put in here run.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .catalog import Catalog, Mask
from .readers.files import read_in_run

SOURCES = Path(__file__).with_name("web")

CELLS_BLOCK_CHARACTERS = 256 * 1024  # parsed within a few milliseconds, when a step is looked at
MASKS_BLOCK_BYTES = 512 * 1024
MASK_MOST_BYTES = 4 * 1024 * 1024
# The bytes of mask files carried in the page so that it can name the class under the pointer
# (a page opened from disk may show its images, not read them). Newest steps come first.
ALL_MASKS_MOST_BYTES = 64 * 1024 * 1024
ABANDONED_AFTER_SECONDS = 3600  # no page takes that long

STYLE_TAG = re.compile(r'<link rel="stylesheet" href="([\w.]+)">')
SCRIPT_TAG = re.compile(r'<script src="([\w.]+)"></script>')
POLICY_TAG = "<!-- content security policy -->"
DATA_TAG = "<!-- data -->"
MASKS_TAG = "<!-- masks -->"  # after the scripts: the first picture does not wait for masks


def write_catalog(catalog: Catalog, folder: Path) -> Path:
    """Write ``folder/index.html``, whole or not at all; raises OSError saying what would help."""
    target = folder / "index.html"
    temporary = folder / f".index-{os.getpid()}-{secrets.token_hex(4)}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(folder)
        with temporary.open("x", encoding="ascii", newline="\n") as file:
            file.writelines(_page(catalog, folder))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise type(error)(
            error.errno,
            f"cannot write the page ({error.strerror}); another folder can be given as output",
            str(target),
        ) from error
    return target


def _remove_abandoned(folder: Path) -> None:
    """Remove what killed processes left of pages; a younger one may still be written."""
    for left in folder.glob(".index-*.tmp"):
        # Another process may be removing it too.
        with contextlib.suppress(FileNotFoundError):
            if time.time() - left.lstat().st_mtime > ABANDONED_AFTER_SECONDS:
                left.unlink()


def _page(catalog: Catalog, folder: Path) -> Iterator[str]:
    template = (SOURCES / "page.html").read_text(encoding="utf-8")
    styles = [_source(name) for name in STYLE_TAG.findall(template)]
    scripts = [_source(name) for name in SCRIPT_TAG.findall(template)]
    policy = "; ".join(
        [
            "default-src 'none'",
            "img-src 'self' data:",
            "style-src " + " ".join(map(_hash, styles)),
            "script-src " + " ".join(map(_hash, scripts)),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    template = template.replace(
        POLICY_TAG, f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    )
    template = STYLE_TAG.sub(lambda _: f"<style>{styles.pop(0)}</style>", template)
    template = SCRIPT_TAG.sub(lambda _: f"<script>{scripts.pop(0)}</script>", template)
    before, rest = template.split(DATA_TAG)
    between, after = rest.split(MASKS_TAG)
    mask_blocks = list(_mask_blocks(catalog))
    yield before
    yield from _data(catalog, folder, mask_blocks)
    yield between
    for number, masks in enumerate(mask_blocks):
        yield _block(
            f"masks-{number}", _json([_mask_text(mask, catalog.media_root) for mask in masks])
        )
    yield after


def _source(name: str) -> str:
    """Return a source in ASCII, as its hash and the page's encoding must agree."""
    text = (SOURCES / name).read_text(encoding="utf-8")
    text.encode("ascii")
    return text


def _hash(text: str) -> str:
    try:
        digest = hashlib.sha256(text.encode()).digest()
    except ValueError as error:  # OpenSSL's word for it
        raise MemoryError(f"no memory to hash: {error}") from error
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _data(catalog: Catalog, folder: Path, mask_blocks: list[list[Mask]]) -> Iterator[str]:
    """Yield the index, then blocks of cells in order of steps."""
    steps = catalog.index["steps"]
    blocks: list[list[str]] = []
    starts: list[int] = []
    characters = CELLS_BLOCK_CHARACTERS
    for at, step in enumerate(steps):
        if characters >= CELLS_BLOCK_CHARACTERS:
            blocks.append([])
            starts.append(at)
            characters = 0
        cells = f'"{at}":{_json(catalog.cells[step])}'
        characters += len(cells)
        blocks[-1].append(cells)
    places: list[list[int] | None] = [None] * len(catalog.masks)
    for number, masks in enumerate(mask_blocks):
        for at, mask in enumerate(masks):
            places[mask.number] = [number, at]
    index = {
        **catalog.index,
        "written": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "base": _base(catalog.media_root, folder),
        "cellBlocks": starts,
        "maskPlaces": places,
    }
    yield _block("index", _json(index))
    for number, block in enumerate(blocks):
        yield _block(f"cells-{number}", "{" + ",".join(block) + "}")


def _json(value: Any) -> str:
    """Return JSON in ASCII that cannot end the script element it stands in, nor open a comment."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _block(name: str, text: str) -> str:
    return f'<script type="application/json" id="{name}">{text}</script>\n'


def _base(media_root: Path, folder: Path) -> str:
    """Return what to put before the media's URLs: nothing where the page lies beside the media."""
    try:
        relative = os.path.relpath(media_root.resolve(), folder.resolve())
    except ValueError:  # another drive
        return media_root.resolve().as_uri() + "/"
    if relative == os.curdir:
        return ""
    return "/".join(quote(os.fsencode(part), safe="") for part in Path(relative).parts) + "/"


def _mask_blocks(catalog: Catalog) -> Iterator[list[Mask]]:
    left_bytes = ALL_MASKS_MOST_BYTES
    block: list[Mask] = []
    block_bytes = 0
    for mask in reversed(catalog.masks):
        if not 0 < mask.size_bytes <= min(MASK_MOST_BYTES, left_bytes):
            continue
        left_bytes -= mask.size_bytes
        block.append(mask)
        block_bytes += mask.size_bytes
        if block_bytes >= MASKS_BLOCK_BYTES:
            yield block
            block, block_bytes = [], 0
    if block:
        yield block


def _mask_text(mask: Mask, root: Path) -> str:
    """Return a mask's PNG file in base64, or nothing if it went away or is no PNG file."""
    try:
        content = read_in_run(mask.path, root, MASK_MOST_BYTES)
    except (OSError, ValueError, RuntimeError):  # or a loop of links
        return ""
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        return ""
    return base64.b64encode(content).decode()

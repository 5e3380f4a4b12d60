"""Puts the page's sources and runs together into one `index.html`.

In: catalogs that are read to the end, and the folder to write to. Out: the page's path. The page
refers to nothing but the runs' media files. A content security policy lets only the scripts and
styles put in here run. A served page is the same without the data, which it asks the server for.

The data are JSON in script elements, named by what catalog.py calls them: `page` (the list of
runs), and for each run `run-ID`, `cells-ID-BLOCK`, `series-ID-METRIC` and `axis-ID-METRIC`.
`masks-NUMBER` are lists of mask files in base64, for the class under the pointer.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..files.whole import replace
from .catalog import Catalog, json_text
from .pictures import Mask, MediaFile
from .safe import data_uri

SOURCES = Path(__file__).with_name("web")

MASKS_BLOCK_BYTES = 512 * 1024
MASK_MOST_BYTES = 4 * 1024 * 1024
# The bytes of mask files carried in the page so that it can name the class under the pointer
# (a page opened from disk may show its images, not read them). Newest steps come first.
ALL_MASKS_MOST_BYTES = 64 * 1024 * 1024
AXES_MOST_VALUES = 500_000  # of each run: some megabytes
# Pictures that lie outside the run's folder are carried in the page, up to this many bytes; and all
# pictures where the page has no folder, as in a notebook, which keeps it in its own file.
STAGED_MOST_BYTES = 64 * 1024 * 1024
CARRIED_MOST_BYTES = 12 * 1024 * 1024
ABANDONED_AFTER_SECONDS = 3600  # no page takes that long

STYLE_TAG = re.compile(r'<link rel="stylesheet" href="([\w.]+)">')
SCRIPT_TAG = re.compile(r'<script src="([\w.]+)"></script>')
POLICY_TAG = "<!-- content security policy -->"
DATA_TAG = "<!-- data -->"
MASKS_TAG = "<!-- masks -->"  # after the scripts: the first picture does not wait for masks
# In the head of a page of ours, and in that of a page of a version without the first.
OWN_MARKS = (
    b'<meta name="generator" content="wbimage_ext">',
    b"default-src 'none'; img-src 'self' data:; style-src 'sha256-",
)
HEAD_BYTES = 1024

Json = dict[str, Any]


def write_runs(catalogs: Sequence[Catalog], folder: Path, notes: Sequence[str] = ()) -> Path:
    """Write `folder/index.html`, whole or not at all; raises OSError saying what would help.

    FileExistsError: there is an `index.html` that is not a page of this package.
    """
    target = folder / "index.html"
    if os.path.lexists(target) and not _is_own_page(target):
        raise FileExistsError(
            f"{target} is not a page of wbimage_ext; --output DIR names another folder"
        )
    temporary = folder / f".index-{os.getpid()}-{secrets.token_hex(4)}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(folder)
        with temporary.open("x", encoding="ascii", newline="\n") as file:
            file.writelines(page_of_runs(catalogs, folder, notes))
            file.flush()
            os.fsync(file.fileno())
        replace(str(temporary), str(target))
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


def page_of_runs(
    catalogs: Sequence[Catalog], folder: Path | None, notes: Sequence[str] = ()
) -> Iterator[str]:
    """Yield a page that carries its data; without a folder it carries its pictures too."""
    before, between, after = _template("")
    mask_blocks = [] if folder is None else list(_mask_blocks(catalogs))
    places: dict[tuple[str, int], list[int]] = {}
    for number, block in enumerate(mask_blocks):
        for at, (catalog, mask) in enumerate(block):
            places[catalog.id, mask.number] = [number, at]
    cards = [catalog.card() for catalog in catalogs]
    ids = [catalog.id for catalog in catalogs]
    yield before
    yield _block(
        "page",
        {
            "served": False,
            "written": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "list": {"version": 1, "ids": ids, "cards": cards, "notes": list(notes)},
        },
    )
    bytes_left = CARRIED_MOST_BYTES if folder is None else STAGED_MOST_BYTES
    for catalog in catalogs:
        outside = _outside(catalog, is_all=folder is None)
        carried = _carried(outside, bytes_left)
        bytes_left -= sum(map(len, carried.values()))
        masks = [places.get((catalog.id, mask.number)) for mask in catalog.pictures.masks]
        base = "" if folder is None else _base(catalog.run.media_root, folder)
        axes = catalog.axes_within(AXES_MOST_VALUES)
        of_page = {"base": base, "carried": carried, "maskPlaces": masks, "axes": axes}
        part = {**catalog.part(0), **of_page}
        if left_out := len(outside) - len(carried):
            note = f"{left_out} files (the oldest, or missing ones) are not carried in this page"
            part["notes"] = [*part["notes"], note]
        yield _block(f"run-{catalog.id}", part)
        for metric in range(catalog.metric_count):
            yield _block(f"series-{catalog.id}-{metric}", catalog.series(metric, 0))
        for metric in axes:
            yield _block(f"axis-{catalog.id}-{metric}", catalog.axis(metric))
        for block_number in range(catalog.block_count):
            yield _element(f"cells-{catalog.id}-{block_number}", catalog.cells(block_number))
    yield between
    for number, block in enumerate(mask_blocks):
        yield _block(f"masks-{number}", [_mask_text(catalog, mask) for catalog, mask in block])
    yield after


def served_page() -> tuple[str, str]:
    """The page that asks a server for its data, and its content security policy."""
    more = "connect-src 'self'"
    before, between, after = _template(more)
    return before + _block("page", {"served": True}) + between + after, policy(more)


def policy(more: str) -> str:
    """The content security policy of the page: nothing runs but its own sources."""
    template = _source("page.html")
    styles = [_source(name) for name in STYLE_TAG.findall(template)]
    scripts = [_source(name) for name in SCRIPT_TAG.findall(template)]
    return "; ".join(
        [
            "default-src 'none'",
            "img-src 'self' data:",
            "style-src " + " ".join(map(_hash, styles)),
            "script-src " + " ".join(map(_hash, scripts)),
            "base-uri 'none'",
            "form-action 'none'",
            *([more] if more else []),
        ]
    )


def _template(more_policy: str) -> tuple[str, str, str]:
    """The page with its sources put in: before the data, between, and after the masks."""
    template = _source("page.html").replace(
        POLICY_TAG,
        f'<meta http-equiv="Content-Security-Policy" content="{policy(more_policy)}">',
    )
    template = STYLE_TAG.sub(lambda tag: f"<style>{_source(tag[1])}</style>", template)
    template = SCRIPT_TAG.sub(lambda tag: f"<script>{_source(tag[1])}</script>", template)
    before, rest = template.split(DATA_TAG)
    between, after = rest.split(MASKS_TAG)
    return before, between, after


def _is_own_page(path: Path) -> bool:
    """Whether this package wrote the file; it writes no link."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return any(mark in head for mark in OWN_MARKS)


def _remove_abandoned(folder: Path) -> None:
    """Remove what killed processes left of pages; a younger one may still be written."""
    for left in folder.glob(".index-*.tmp"):
        # Another process may be removing it too, or on Windows reading it.
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if time.time() - left.lstat().st_mtime > ABANDONED_AFTER_SECONDS:
                left.unlink()


def _source(name: str) -> str:
    """A source in ASCII, as its hash and the page's encoding must agree."""
    text = (SOURCES / name).read_text(encoding="utf-8")
    text.encode("ascii")
    return text


def _hash(text: str) -> str:
    try:
        digest = hashlib.sha256(text.encode()).digest()
    except ValueError as error:  # OpenSSL's word for it
        raise MemoryError(f"no memory to hash: {error}") from error
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _block(name: str, value: Any) -> str:
    return _element(name, json_text(value))


def _element(name: str, text: str) -> str:
    return f'<script type="application/json" id="{name}">{text}</script>\n'


def _base(media_root: Path, folder: Path) -> str:
    """What to put before the media's URLs: nothing where the page lies beside the media."""
    try:
        relative = os.path.relpath(media_root.resolve(), folder.resolve())
    except ValueError:  # another drive
        return media_root.resolve().as_uri() + "/"
    if relative == os.curdir:
        return ""
    return "/".join(quote(os.fsencode(part), safe="") for part in Path(relative).parts) + "/"


def _outside(catalog: Catalog, is_all: bool) -> dict[str, MediaFile]:
    """The files by URL that do not lie in the run's folder, or all files."""
    files = catalog.pictures.files
    root = catalog.run.media_root
    return {url: file for url, file in files.items() if is_all or file.root != root}


def _carried(files: dict[str, MediaFile], most_bytes: int) -> dict[str, str]:
    """Files as data URIs by URL, the newest ones, as many as there is room for."""
    carried: dict[str, str] = {}
    for url, file in reversed(files.items()):
        with contextlib.suppress(OSError, ValueError, RuntimeError):  # or a loop of links
            uri = data_uri(file.read(most_bytes))
            most_bytes -= len(uri)
            if most_bytes <= 0:
                break
            carried[url] = uri
    return carried


def _mask_blocks(catalogs: Sequence[Catalog]) -> Iterator[list[tuple[Catalog, Mask]]]:
    left_bytes = ALL_MASKS_MOST_BYTES
    block: list[tuple[Catalog, Mask]] = []
    block_bytes = 0
    for catalog in catalogs:
        for mask in reversed(catalog.pictures.masks):
            if not 0 < mask.size_bytes <= min(MASK_MOST_BYTES, left_bytes):
                continue
            left_bytes -= mask.size_bytes
            block.append((catalog, mask))
            block_bytes += mask.size_bytes
            if block_bytes >= MASKS_BLOCK_BYTES:
                yield block
                block, block_bytes = [], 0
    if block:
        yield block


def _mask_text(catalog: Catalog, mask: Mask) -> str:
    """A mask's PNG file in base64, or nothing if it went away or is no PNG file."""
    file: MediaFile = catalog.pictures.files[mask.url]
    try:
        content = file.read(MASK_MOST_BYTES)
    except (OSError, ValueError, RuntimeError):  # or a loop of links
        return ""
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        return ""
    return base64.b64encode(content).decode()

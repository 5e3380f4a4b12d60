"""Makes runs for the tests of view: LocalRun directories and wandb run files, written by hand.

In: pixel arrays, boxes, labels. Out: directories on disk. Written here byte for byte, so that the
page is tested against the formats and not against this package's own writers.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from wbimage_ext.view.catalog import Catalog
from wbimage_ext.view.readers import open_run

FILE_HEADER = b":W&B\xe1\xbe\x00"
BLOCK_BYTES = 32 * 1024
DATA = Path(__file__).parent.parent / "data"
VERSIONS = ["0.16.3", "0.31.0"]
GRAY = np.full((6, 8), 90, np.uint8)


class RunFolder:
    """A LocalRun directory in the making; ``write`` brings rows and configuration to disk."""

    def __init__(self, root: Path, name: str = "a run") -> None:
        self.root = root
        self.name = name
        self.rows: list[dict[str, Any]] = []
        self.mask_labels: dict[str, Any] = {}
        root.mkdir(parents=True, exist_ok=True)

    def png(self, pixels: np.ndarray, path: str) -> dict[str, Any]:
        """Save uint8 pixels of shape (H, W) or (H, W, 3); return path, size and digest."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(file)
        return self._about(path)

    def image(self, pixels: np.ndarray, path: str, **more: Any) -> dict[str, Any]:
        height, width = pixels.shape[:2]
        about = self.png(pixels, path)
        return {
            "_type": "image-file",
            "format": "png",
            "width": width,
            "height": height,
            **about,
            **more,
        }

    def mask(self, pixels: np.ndarray, path: str) -> dict[str, Any]:
        return {"_type": "mask", **self.png(pixels, path)}

    def boxes(self, data: list[Any], labels: dict[str, str], path: str) -> dict[str, Any]:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"box_data": data, "class_labels": labels}))
        return {"_type": "boxes2D", **self._about(path)}

    def label_mask(self, key: str, layer: str, labels: dict[str, str]) -> None:
        name = f"{key}_wandb_delimeter_{layer}"
        self.mask_labels[name] = {"type": "mask/class_labels", "key": name, "value": labels}

    def log(self, step: int, **values: Any) -> None:
        self.rows.append({"_step": step, "_timestamp": 1.7e9 + step, **values})

    def write(self) -> Path:
        lines = "".join(json.dumps(row) + "\n" for row in self.rows)
        (self.root / "history.jsonl").write_text(lines)
        config = {"lr": 0.1, "_wandb": {"mask/class_labels": self.mask_labels}}
        (self.root / "config.json").write_text(json.dumps(config))
        about = {"format": "wbimage LocalRun", "version": 1, "name": self.name}
        (self.root / "run.json").write_text(
            json.dumps({**about, "started": "2026-01-02T03:04:05+00:00"})
        )
        return self.root

    def _about(self, path: str) -> dict[str, Any]:
        content = (self.root / path).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        return {"path": path, "size": len(content), "sha256": digest}


def separated(images: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return the JSON of a list of images, as it stands in a row."""
    return {
        "_type": "images/separated",
        "width": images[0]["width"],
        "height": images[0]["height"],
        "format": "png",
        "count": len(images),
        "filenames": [image["path"] for image in images],
        **more,
    }


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def message(*fields: tuple[int, bytes | int]) -> bytes:
    """Return a protobuf message of varints and length-delimited fields."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def history(values: dict[str, Any], nested: bool = False) -> bytes:
    """Return a history record: whole values under their keys, or each leaf under its path."""
    items = _leaves(values, ()) if nested else [((key,), value) for key, value in values.items()]
    fields = []
    for path, value in items:
        names = [(2, name.encode()) for name in path] if nested else [(1, path[0].encode())]
        fields.append((1, message(*names, (16, json.dumps(value).encode()))))
    return message((1, 7), (2, message(*fields)))


def _leaves(value: Any, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and value:
        return [leaf for key, child in value.items() for leaf in _leaves(child, (*path, key))]
    return [(path, value)]


def framed(records: list[bytes]) -> bytes:
    """Return a wandb run file of these records."""
    out = bytearray(FILE_HEADER)
    for record in records:
        rest, is_first = record, True
        while is_first or rest:
            room = BLOCK_BYTES - len(out) % BLOCK_BYTES
            if room < 7:
                out += bytes(room)
                room = BLOCK_BYTES
            part, rest = rest[: room - 7], rest[room - 7 :]
            kind = (1 if is_first else 4) if not rest else (2 if is_first else 3)
            out += struct.pack("<IHB", zlib.crc32(part, zlib.crc32(bytes([kind]))), len(part), kind)
            out += part
            is_first = False
    return bytes(out)


def embedded(page: Path, name: str) -> Any:
    """Return a block of the JSON that a page carries; ``-ID`` stands for the first run's id."""
    text = page.read_text()
    blocks = dict(re.findall(r'<script type="application/json" id="(.*?)">(.*?)</script>', text))
    first = json.loads(blocks["page"])["list"]["ids"][0]
    return json.loads(blocks[name.replace("-ID", f"-{first}")])


def one_image_run(root: Path, **more: Any) -> RunFolder:
    run = RunFolder(root)
    run.log(0, picture=run.image(GRAY, "media/images/picture_0_aa.png", **more))
    return run


def wandb_folder(root: Path, content: bytes) -> Path:
    folder = root / "offline-run-20260101_000000-abc"
    (folder / "files").mkdir(parents=True)
    (folder / "run-abc.wandb").write_bytes(content)
    return folder


def image_row(step: int, **more: Any) -> dict[str, Any]:
    path = f"media/images/p_{step}.png"
    return {
        "_step": step,
        "p": {"_type": "image-file", "path": path, "width": 2, "height": 2},
        **more,
    }


class Seen:
    """A run that was read to its end, as the page would see it.

    ``index`` has what is known of the whole run; ``cells[step][panel]`` the images of one entry.
    """

    def __init__(self, place: str | Path) -> None:
        self.catalog = Catalog(open_run(place), "here")
        self.catalog.read()
        part = self.catalog.part(0)
        card = self.catalog.card()
        assert json.loads(json.dumps(part)) == part
        panels, steps = part["entries"][::2], part["entries"][1::2]
        blocks = range(self.catalog.block_count)
        entries = [entry for block in blocks for entry in json.loads(self.catalog.cells(block))]
        self.cells: dict[int, dict[int, Any]] = {}
        for panel, step, images in zip(panels, steps, entries, strict=True):
            self.cells.setdefault(step, {})[panel] = images
        self.index = {
            "run": {"name": card["name"]},
            "steps": sorted(self.cells),
            "images": card["images"],
            **{key: part[key] for key in ("panels", "layers", "labels", "scores", "notes")},
        }

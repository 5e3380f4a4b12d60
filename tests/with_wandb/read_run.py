"""What an offline run left behind: its records, its files, and the pixels in them.

In: a run's directory. Out: plain values in which names and digests that depend on the encoder are
replaced by what they stand for, so that two programs can be compared.
"""

import hashlib
import json
import os
import re
import struct
from pathlib import Path

import numpy as np
from PIL import Image as PILImage
from wandb.proto import wandb_internal_pb2

_BLOCK_BYTES = 32768
_FILE_HEADER_BYTES = 7
_RECORD_HEADER = struct.Struct("<IHB")
_FULL, _LAST = 1, 4

_DIGEST = re.compile(r"[0-9a-f]{20,64}")
_ARTIFACT_ID = re.compile(r"(?<=wandb-client-artifact://)[^/:]+")
# Milliseconds and addresses, of which wandb makes names.
_NUMBER = re.compile(r"\d{13,}")


def records(run_dir: Path):
    """The records of a run's `.wandb` file, which has the form of a LevelDB log."""
    (path,) = run_dir.glob("*.wandb")
    data = path.read_bytes()
    position, parts = _FILE_HEADER_BYTES, []
    while position + _RECORD_HEADER.size <= len(data):
        left_in_block = _BLOCK_BYTES - position % _BLOCK_BYTES
        if left_in_block < _RECORD_HEADER.size:
            position += left_in_block
            continue
        _checksum, size, kind = _RECORD_HEADER.unpack_from(data, position)
        if kind == 0:
            position += left_in_block
            continue
        position += _RECORD_HEADER.size
        parts.append(data[position : position + size])
        position += size
        if kind in (_FULL, _LAST):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(b"".join(parts))
            parts = []
            yield record


def _items(items) -> dict:
    row: dict = {}
    for item in items:
        keys = list(item.nested_key) or [item.key]
        at = row
        for key in keys[:-1]:
            at = at.setdefault(key, {})
        at[keys[-1]] = json.loads(item.value_json)
    return row


def content(path: Path):
    """What a file says, whatever its bytes: pixels, or parsed JSON."""
    if path.suffix in (".png", ".bmp", ".gif"):
        with PILImage.open(path) as image:
            pixels = np.asarray(image)
            return [image.mode, list(pixels.shape), hashlib.sha256(pixels.tobytes()).hexdigest()]
    if path.suffix in (".jpg", ".jpeg"):
        with PILImage.open(path) as image:
            return [image.mode, list(image.size)]
    if path.suffix == ".json":
        return json.loads(path.read_text())
    return hashlib.sha256(path.read_bytes()).hexdigest()


class _Names:
    """Gives every digest in the text a name that follows from the content it stands for."""

    def __init__(self) -> None:
        self._name_of: dict[str, str] = {}

    def add(self, digest: str, path: Path) -> None:
        text = json.dumps(self.plain(content(path)), sort_keys=True)
        name = "C" + hashlib.sha256(text.encode()).hexdigest()[:8].upper()
        self._name_of[digest[:20]] = name

    def text(self, text: str) -> str:
        text = _DIGEST.sub(lambda found: self._name_of.get(found[0][:20], "DIGEST"), text)
        return _NUMBER.sub("NUMBER", _ARTIFACT_ID.sub("ID", text))

    def plain(self, value):
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        if isinstance(value, dict):
            has_file = "sha256" in value
            return {
                self.text(key): "SIZE" if has_file and key == "size" else self.plain(item)
                for key, item in value.items()
                if key not in ("_timestamp", "_runtime", "digest", "_wandb")
            }
        return value


def describe(run_dir: Path) -> dict:
    """Rows, published files, labels in the config, artifacts, and the media folder of a run."""
    files_dir = run_dir / "files"
    media = sorted(
        path for path in files_dir.rglob("*") if path.is_file() and "media" in path.parts
    )
    names = _Names()
    # Tables name images, so images come first.
    for path in sorted(media, key=lambda path: path.suffix == ".json"):
        names.add(hashlib.sha256(path.read_bytes()).hexdigest(), path)
    rows, published, labels, artifacts = [], [], {}, []
    summary: dict = {}
    for record in records(run_dir):
        kind = record.WhichOneof("record_type")
        if kind == "history":
            row = _items(record.history.item)
            rows.append({**names.plain(row), "_step": row.get("_step", record.history.step.num)})
        elif kind == "summary":
            summary.update(names.plain(_items(record.summary.update)))
        elif kind == "files":
            published += [names.text(item.path) for item in record.files.files]
        elif kind == "config":
            wandb_config = _items(record.config.update).get("_wandb", {})
            if isinstance(wandb_config, dict):
                labels.update(
                    {key: value for key, value in wandb_config.items() if "class_labels" in key}
                )
        elif kind == "artifact":
            artifacts.append(_artifact(record.artifact, names))
    return {
        "rows": rows,
        "summary": {key: value for key, value in summary.items() if not key.startswith("_")},
        "published": sorted(name for name in published if name.startswith("media")),
        "labels": labels,
        "artifacts": artifacts,
        "media": sorted(
            [names.text(path.relative_to(files_dir).as_posix()), path.is_symlink()]
            for path in media
        ),
    }


def _artifact(record, names: _Names) -> dict:
    entries = []
    for entry in record.manifest.contents:
        local = Path(entry.local_path) if entry.local_path else None
        says = None
        if local is not None and local.is_file():
            suffixes = "".join(Path(entry.path).suffixes[-2:])
            named = local.with_name("content" + suffixes)
            if not named.exists():
                os.link(local, named)
            says = names.plain(content(named))
            named.unlink()
        elif entry.ref:
            says = names.text(entry.ref)
        entries.append([names.text(entry.path), says])
    return {
        "type": record.type,
        "entries": sorted(entries, key=json.dumps),
    }

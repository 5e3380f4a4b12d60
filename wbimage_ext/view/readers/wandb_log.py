"""Reads the rows and the configuration from wandb's run file, `run-<id>.wandb`.

In: a file that may still be growing, or be damaged. Out: history rows, config, name, counts of
what had to be skipped. The file is only ever opened for reading, and wandb is not needed.

The framing is LevelDB's log format: after 7 bytes of file header, blocks of 32 KiB hold records,
each with CRC-32 (4 bytes), length (2) and type (1), little-endian; long records are split over
blocks. A record is one protobuf message `wandb_internal.Record`. Of it we need few fields, whose
numbers are the same from wandb 0.16.3 to 0.31.0, so they are taken from the wire format directly.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE_HEADER = b":W&B\xe1\xbe\x00"
BLOCK_BYTES = 32 * 1024
RECORD_HEADER = struct.Struct("<IHB")
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4

# Fields of wandb_internal.Record. The known ones that hold nothing for the page are listed so
# that only what no wandb up to 0.31.0 writes is counted as unknown.
HISTORY, SUMMARY, CONFIG, ARTIFACT, METRIC, RUN, EXIT = 2, 3, 5, 8, 12, 17, 18
ENVELOPE = {1, 16, 19, 200}  # num, control, uuid, _info
RUN_TEXTS = {1: "id", 3: "project", 6: "group", 7: "job_type", 9: "notes"}
SUMMARIES = {1: "min", 2: "max", 3: "mean", 4: "best", 5: "last", 6: "none", 7: "copy", 8: "first"}
METRIC_FLAGS = {1: "step_sync", 2: "hidden"}
GOALS = {1: "minimize", 2: "maximize"}
OTHER_KNOWN = {*range(3, 14), *range(18, 28), 100}


class WandbLog:
    """The contents of one run file, as far as it was read.

    Attributes: `name` and `started` (Unix seconds, 0 if unknown) of the run, `exit_code` once
    it has ended, `skipped` a count for each reason, `offset` the bytes that are done with,
    `is_unfinished` whether bytes behind it are no whole record yet, `texts` and `tags` of the
    run, `metrics` that were defined, `staged` for each table's file name in an artifact the
    local files of that artifact.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = ""
        self.started = 0
        self.exit_code: int | None = None
        self.skipped: Counter[str] = Counter()
        self.offset = 0
        self.is_unfinished = False
        self.staged: dict[str, dict[str, str]] = {}
        self.texts: dict[str, str] = {}
        self.tags: dict[str, None] = {}
        self.metrics: dict[str, dict[str, Any]] = {}
        self._parts: list[bytes] = []  # of a record that is split over blocks
        self._config = _Values()
        self._summary = _Values()

    @property
    def config(self) -> dict[str, Any]:
        """The configuration."""
        return self._config.parsed("damaged configuration value", self.skipped)

    @property
    def summary(self) -> dict[str, Any]:
        """The summary."""
        return self._summary.parsed("damaged summary value", self.skipped)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield each history row not yet read as a nested dict with `_step`, in their order."""
        for record in self._records():
            try:
                fields = list(_fields(record))
                kinds = {number for number, _ in fields} - ENVELOPE
                for number, value in fields:
                    if number == HISTORY:
                        yield self._row(value)
                    elif number == SUMMARY:
                        self._summary.update(value)
                    elif number == CONFIG:
                        self._config.update(value)
                    elif number == METRIC:
                        self._read_metric(value)
                    elif number == ARTIFACT:
                        self._read_artifact(value)
                    elif number == EXIT:
                        code = next((code for field, code in _fields(value) if field == 1), 0)
                        self.exit_code = code if isinstance(code, int) else None
                    elif number == RUN:
                        self._read_run(value)
                if kinds - OTHER_KNOWN - {HISTORY, CONFIG, ARTIFACT, RUN}:
                    self.skipped["unknown record"] += 1
            except (ValueError, TypeError, AttributeError, RecursionError, struct.error):
                self.skipped["damaged record"] += 1

    def _records(self) -> Iterator[bytes]:
        """Yield the payloads whose checksums hold; after damage go on at the next block."""
        self.is_unfinished = False
        with self.path.open("rb") as file:
            if self.offset == 0:
                header = file.read(len(FILE_HEADER))
                if header != FILE_HEADER[: len(header)]:
                    raise ValueError(f"{self.path} is not a wandb run file: its header is wrong")
                if len(header) < len(FILE_HEADER):
                    return
                self.offset = len(FILE_HEADER)
            while True:
                start = self.offset
                file.seek(start)
                block = file.read(BLOCK_BYTES - start % BLOCK_BYTES)
                if not block:
                    break
                block_end = start + BLOCK_BYTES - start % BLOCK_BYTES
                is_last = os.fstat(file.fileno()).st_size <= block_end
                yield from self._block_records(block, block_end, is_last)
                if self.offset < block_end:
                    break  # the rest of the last block is not written yet
        self.is_unfinished = self.is_unfinished or bool(self._parts)

    def _block_records(self, block: bytes, block_end: int, is_last: bool) -> Iterator[bytes]:
        """Yield the records that end in this rest of a block, and move the offset behind them."""
        at = 0
        start_offset = self.offset
        while len(block) - at >= RECORD_HEADER.size:
            checksum, size, kind = RECORD_HEADER.unpack_from(block, at)
            start = at + RECORD_HEADER.size
            data = block[start : start + size]
            if is_last and (len(data) < size or not any(block[at:])):
                self.is_unfinished = True
                return
            if (
                kind not in (FULL, FIRST, MIDDLE, LAST)
                or len(data) < size
                or zlib.crc32(data, zlib.crc32(bytes([kind]))) != checksum
            ):
                # The length may be what is damaged: the rest of this block cannot be found.
                self._parts.clear()
                self.skipped["damaged record"] += 1
                self.offset = block_end
                return
            at = start + size
            self.offset = start_offset + at
            if kind in (FULL, FIRST) and self._parts:
                self._parts.clear()
                self.skipped["damaged record"] += 1
            elif kind in (MIDDLE, LAST) and not self._parts:
                continue  # its start was lost with the damage counted before
            self._parts.append(data)
            if kind in (FULL, LAST):
                record = b"".join(self._parts)
                self._parts.clear()
                yield record
        if start_offset + len(block) == block_end:
            self.offset = block_end  # the rest is too short for a record
        elif any(block[at:]):
            self.is_unfinished = True

    def _read_artifact(self, artifact: bytes) -> None:
        """Note the local files of an artifact that holds a logged table."""
        fields = list(_fields(artifact))
        if (4, b"run_table") not in fields:
            return
        files: dict[str, str] = {}
        for manifest in (value for number, value in fields if number == 12):
            for content in (value for number, value in _fields(manifest) if number == 4):
                entry = dict(_fields(content))
                if isinstance(entry.get(1), bytes) and isinstance(entry.get(6), bytes):
                    files[entry[1].decode()] = entry[6].decode()
        self.staged.update({name: files for name in files if name.endswith(".table.json")})

    def _row(self, history: bytes) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for number, value in _fields(history):
            if number == 1:
                path, item = _item(value)
                _set_path(row, path, item)
            elif number == 2 and "_step" not in row:
                row["_step"] = next((step for field, step in _fields(value) if field == 1), 0)
        return row

    def _read_run(self, run: bytes) -> None:
        for number, value in _fields(run):
            if number in RUN_TEXTS and value:
                self.texts[RUN_TEXTS[number]] = value.decode("utf-8", "replace")
            if number == 1 and not self.name:
                self.name = value.decode("utf-8", "replace")
            elif number == 4:
                self._config.update(value)
            elif number == 5:
                self._summary.update(value)
            elif number == 10:
                self.tags[value.decode("utf-8", "replace")] = None
            elif number == 8 and value:
                self.name = value.decode("utf-8", "replace")
            elif number == 17:
                self.started = next((time for field, time in _fields(value) if field == 1), 0)

    def _read_metric(self, metric: bytes) -> None:
        """Note what define_metric was told; what wandb concludes from a pattern is left out."""
        fields = dict(_fields(metric))
        name = fields.get(1) or fields.get(2)
        if not isinstance(name, bytes) or fields.get(10):
            return
        options: dict[str, Any] = {}
        if isinstance(fields.get(4), bytes):
            options["step_metric"] = fields[4].decode("utf-8", "replace")
        flags = dict(_fields(fields.get(6, b"")))
        options.update({word: True for n, word in METRIC_FLAGS.items() if flags.get(n)})
        summaries = [SUMMARIES[n] for n, on in _fields(fields.get(7, b"")) if on and n in SUMMARIES]
        if summaries:
            options["summary"] = ",".join(summaries)
        if fields.get(8) in GOALS:
            options["goal"] = GOALS[fields[8]]
        self.metrics[name.decode("utf-8", "replace")] = options


class _Values:
    """Values by path, of which only the last of each is parsed: a configuration or a summary."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, ...], bytes] = {}
        self._parsed: dict[str, Any] | None = {}

    def update(self, record: bytes) -> None:
        """Take in a record's updates (field 1) and removals (field 2)."""
        self._parsed = None
        for number, value in _fields(record):
            if number not in (1, 2):
                continue
            path, text = _key_and_field(value, 16)
            if number == 1 and isinstance(text, bytes):
                self._texts[path] = text
            else:
                self._texts.pop(path, None)

    def parsed(self, reason: str, skipped: Counter[str]) -> dict[str, Any]:
        """The values as one dict; those that are no JSON are counted under a reason."""
        if self._parsed is None:
            self._parsed = {}
            damaged = 0
            for path, text in self._texts.items():
                try:
                    _set_path(self._parsed, path, json.loads(text))
                except (ValueError, RecursionError):
                    damaged += 1
            if damaged:
                skipped[reason] = damaged
        return self._parsed


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Yield `(field number, value)` of a protobuf message.

    Values are int (varint), bytes (length-delimited) or float (8 and 4 bytes wide).
    Raises ValueError where the message is cut off or uses the deprecated group types.
    """
    at, end = 0, len(message)
    while at < end:
        tag, at = _varint(message, at)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if wire_type == 2:
            size, at = _varint(message, at)
        elif wire_type in (1, 5):
            size = 8 if wire_type == 1 else 4
        else:
            raise ValueError(f"wire type {wire_type} is not in use")
        if at + size > end:
            raise ValueError("a field reaches over its message's end")
        chunk = message[at : at + size]
        at += size
        yield number, chunk if wire_type == 2 else struct.unpack(f"<{'fd'[size == 8]}", chunk)[0]


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a varint does not end")


def _key_and_field(item: bytes, wanted: int) -> tuple[tuple[str, ...], Any]:
    """An item's path (`key` is one name, `nested_key` several) and one field."""
    key: str | None = None
    nested: list[str] = []
    found: Any = None
    for number, value in _fields(item):
        if number == 1:
            key = value.decode("utf-8", "replace")
        elif number == 2:
            nested.append(value.decode("utf-8", "replace"))
        elif number == wanted:
            found = value
    return tuple(nested) if nested else (key or "",), found


def _item(item: bytes) -> tuple[tuple[str, ...], Any]:
    """Path and value of a history item, whose value is JSON or one of the plain types."""
    path, text = _key_and_field(item, 16)
    if text is not None:
        return path, json.loads(text)
    for number, value in _fields(item):
        if number == 4:
            return path, bool(value)
        if number == 5:  # int64: negative numbers come as 64-bit two's complement
            return path, value - (1 << 64) if value >> 63 else value
        if number == 6:
            return path, value
        if number == 7:
            return path, value.decode("utf-8", "replace")
        if number == 8:
            return path, json.loads(value)
    return path, None


def _set_path(tree: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        child = tree.get(name)
        if not isinstance(child, dict):
            child = tree[name] = {}
        tree = child
    tree[path[-1]] = value

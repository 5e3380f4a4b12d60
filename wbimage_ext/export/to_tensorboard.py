"""A run as an event file of TensorBoard.

In: a Source. Out: one `events.out.tfevents...` file with an event for each row, at the row's time.
Numbers become scalars, which TensorBoard keeps in 32 bits. Pictures are the encoded files as they
are; those of a list have the tags KEY/0, KEY/1 and so on. Captions and other texts are texts. The
config is a text, and TensorBoard's hyperparameters. TensorBoard has no masks and no boxes.
"""

from __future__ import annotations

import datetime
import io
import json
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..files.whole import write_whole_from
from ..view.readers import Row
from . import Exported, Progress
from .output import OutputFolder, default_output
from .source import Picture, Source, is_pictures, leaves, number_of

FILE_VERSION = "brain.Event:2"

_PNG_COLOR_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}  # by colour type: PNG, third edition, 11.2.1
_MOST_TEXT = 64 * 1024  # characters of one text
_STEPS = range(-(2**63), 2**63)


def check_installed() -> None:
    """Raise ImportError where TensorBoard's package is not there."""
    try:
        import tensorboard.compat.proto.event_pb2
        import tensorboard.plugins.hparams.summary_v2
        import tensorboard.summary.writer.record_writer  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"an export to TensorBoard needs its package ({error}). To get it, run: "
            "pip install tensorboard"
        ) from error


def export(source: Source, output: Any, progress: Progress) -> Exported:
    """Write the event file; an earlier one of this run is replaced when the new one is whole."""
    path = os.path.abspath(output or default_output("tensorboard", source))
    with OutputFolder(path, "tensorboard", source):
        events = _Events(source, Exported(path))
        rows = progress(source.rows(), source.row_count)
        write_whole_from(os.path.join(path, events.file_name()), events.records(rows))
        return events.exported()


class _Events:
    def __init__(self, source: Source, exported: Exported) -> None:
        self._source = source
        self._exported = exported
        self._layers = 0
        self._rows_left_out = 0
        self._start = _seconds(source.started)

    def file_name(self) -> str:
        """The same name each time; TensorBoard wants the time first."""
        return f"events.out.tfevents.{int(self._start):010}.wbimage"

    def exported(self) -> Exported:
        """What was exported, and what TensorBoard has no place for."""
        if self._layers:
            self._exported.notes.append(
                f"TensorBoard shows no masks and no boxes: {self._layers} were left out"
            )
        saved = len(list(self._source.saved_files()))
        if saved:
            self._exported.notes.append(f"TensorBoard keeps no files: {saved} were left out")
        if self._rows_left_out:
            self._exported.notes.append(
                f"{self._rows_left_out} rows of steps over 64 bits were left out"
            )
        self._exported.problems = self._source.problems
        return self._exported

    def records(self, rows: Iterable[Row]) -> Iterator[bytes]:
        """Yield the file, record by record."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        framed = _fast_framing() or _framed_by_tensorboard

        def record(**content: Any) -> bytes:
            return framed(Event(**content).SerializeToString())

        time = self._start
        yield record(wall_time=time, file_version=FILE_VERSION)
        for summary in self._about():
            yield record(wall_time=time, step=0, summary=summary)
        for row in rows:
            self._exported.rows += 1
            logged = number_of(row.get("_timestamp"))
            time = time if logged is None else logged
            if row["_step"] not in _STEPS:
                self._rows_left_out += 1
                continue
            values = [value for key, leaf in leaves(row) for value in self._values(key, leaf)]
            if values:
                yield record(wall_time=time, step=row["_step"], summary=Summary(value=values))

    def _about(self) -> Iterator[Any]:
        """Yield summaries of what is known besides the rows."""
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb

        source = self._source
        about = {"name": source.name, "started": source.started, **vars(source.details)}
        for tag, value in (("run", about), ("config", source.config)):
            text = json.dumps(value, indent=4)
            # Markdown shows it as it is.
            yield _text(tag, "\n".join("    " + line for line in text.splitlines()))
        parameters = dict(_parameters(source.config))
        if parameters:
            yield hparams_pb(parameters, trial_id=source.name, start_time_secs=self._start)

    def _values(self, key: tuple[str, ...], leaf: Any) -> Iterator[Any]:
        """Yield the values of one place in a row."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        tag = "/".join(key)
        number = number_of(leaf)
        if number is not None:
            yield Summary.Value(tag=tag, simple_value=_as_float("f", number))
        elif is_pictures(leaf):
            for picture in self._source.pictures(key, leaf):
                place = "" if picture.place is None else f"/{picture.place}"
                yield Summary.Value(tag=tag + place, image=_image(picture))
                if picture.caption:
                    yield from _text(f"{tag}{place}/caption", picture.caption).value
                self._layers += len(picture.masks) + len(picture.boxes)
                self._exported.pictures += 1
        elif leaf is not None:
            text = leaf if isinstance(leaf, str) else json.dumps(leaf)
            yield from _text(tag, text[:_MOST_TEXT]).value


def _fast_framing() -> Callable[[bytes], bytes] | None:
    """Makes a record of bytes; None without the package google-crc32c.

    TensorBoard computes the checksum in Python, at a few megabytes a second. A record is its
    length, a checksum of that, the bytes and a checksum of them, all little-endian; a CRC-32C is
    masked as TensorFlow's core/lib/hash/crc32c.h says.
    """
    try:
        from google_crc32c import value as crc32c
    except ImportError:
        return None

    def masked(data: bytes) -> bytes:
        checksum = crc32c(data)
        turned = (checksum >> 15 | checksum << 17) + 0xA282EAD8
        return struct.pack("<I", turned & 0xFFFFFFFF)

    def framed(data: bytes) -> bytes:
        length = struct.pack("<Q", len(data))
        return b"".join([length, masked(length), data, masked(data)])

    return framed


def _framed_by_tensorboard(data: bytes) -> bytes:
    from tensorboard.summary.writer.record_writer import RecordWriter

    file = io.BytesIO()
    RecordWriter(file).write(data)
    return file.getvalue()


def _text(tag: str, text: str) -> Any:
    from tensorboard.plugins.text.summary_v2 import text_pb

    return text_pb(tag, text.encode("utf-8", "backslashreplace"))


def _image(picture: Picture) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary

    data = picture.file.content
    width, height, channels = picture.width, picture.height, 3
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        width, height, _depth, color_type = struct.unpack_from(">IIBB", data, 16)
        channels = _PNG_COLOR_CHANNELS.get(color_type, 3)
    return Summary.Image(width=width, height=height, colorspace=channels, encoded_image_string=data)


def _as_float(form: str, number: int | float) -> float:
    """A number for a field of 32 bits, form f, or of 64, form d: neither takes larger ones."""
    try:
        return struct.unpack(form, struct.pack(form, number))[0]  # type: ignore[no-any-return]
    except (OverflowError, struct.error):
        return float("inf") if number > 0 else float("-inf")


def _parameters(config: Any) -> Iterator[tuple[str, Any]]:
    """Yield hyperparameters; nested names are joined by dots."""
    for key, value in leaves({"config": config}):
        if isinstance(value, (bool, int, float, str)):
            yield ".".join(key[1:]), _as_float("d", value) if type(value) is int else value
        elif value is not None and key[1:]:
            yield ".".join(key[1:]), json.dumps(value)


def _seconds(started: str) -> float:
    """When the run started, in seconds since 1970; 0 where that is not known."""
    try:
        return datetime.datetime.fromisoformat(started).timestamp()
    except ValueError:
        return 0.0

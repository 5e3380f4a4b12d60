"""Encoders of files: PNG by default, of 16 bits and by level, JPEG.

In: pictures. Out: a Row each, with the size of every peer's file. Outputs are decoded and compared
before anything is timed.
"""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np

from .corpus import Picture, Pixels
from .peers import PILLOW, Peer, file_bytes, jpeg_peers, level_peers, png_peers, sixteen_peers
from .rows import Options, Row, WrongOutputError, make_row, require_equal, with_progress
from .timing import Call, time_in_turn

# A JPEG may be this much farther from the original than Pillow's: libraries round differently.
RMSE_FACTOR, RMSE_SLACK = 1.03, 0.1


def png_rows(options: Options) -> tuple[list[Row], list[str]]:
    """The fast encoder beside others; and what is not installed."""
    peers, missing = png_peers()
    return _rows("png", peers, options), missing


def sixteen_rows(options: Options) -> tuple[list[Row], list[str]]:
    """16-bit PNG beside others, decoded by libpng; and what is not installed."""
    peers, missing = sixteen_peers()
    return _rows("sixteen", peers, options) if peers else [], missing


def level_rows(options: Options) -> tuple[list[Row], list[str]]:
    """Every compression level beside Pillow's."""
    slow = replace(options, rounds=max(1, options.rounds // 3))
    return _rows("levels", level_peers(), slow), []


def jpeg_rows(options: Options) -> tuple[list[Row], list[str]]:
    """JPEG at the same quality and sampling; and what is not installed."""
    peers, missing = jpeg_peers()
    pictures = [picture for picture in options.pictures if _has_jpeg_channels(picture.pixels)]
    return _rows("jpeg", peers, replace(options, pictures=pictures)), missing


def _has_jpeg_channels(pixels: Pixels) -> bool:
    return pixels.ndim == 2 or pixels.shape[2] == 3


def _rows(label: str, peers: list[Peer], options: Options) -> list[Row]:
    rows = []
    for picture in with_progress(options.pictures, label):
        calls: dict[str, Call] = {}
        sizes: dict[str, int] = {}
        rmse_of_pillow = None
        for peer in peers:
            call = peer.prepare(picture.pixels)
            if call is None:
                continue
            encoded = file_bytes(call())
            if label == "jpeg":
                rmse = _rmse(encoded, picture.pixels)
                rmse_of_pillow = rmse if peer.name == PILLOW else rmse_of_pillow
                if rmse_of_pillow is not None:
                    _require_close(peer.name, picture, rmse, rmse_of_pillow)
            else:
                found = decoded_16(encoded) if label == "sixteen" else decoded(encoded)
                require_equal(peer.name, picture.name, found, picture.pixels)
            calls[peer.name] = call
            sizes[peer.name] = len(encoded)
        timings = time_in_turn(calls, options.rounds, options.clock)
        rows.append(
            make_row(picture.name, picture.kind, picture.set, picture.pixels, timings, sizes)
        )
    return rows


def decoded(encoded: bytes) -> Pixels:
    """A file's pixels, by Pillow."""
    from PIL import Image

    with Image.open(io.BytesIO(encoded)) as image:
        return np.asarray(image)


def decoded_16(encoded: bytes) -> Pixels:
    """A file's pixels of 16 bits, by imagecodecs' libpng."""
    import imagecodecs

    return np.asarray(imagecodecs.png_decode(encoded))


def _rmse(encoded: bytes, pixels: Pixels) -> float:
    difference = decoded(encoded).astype(np.float32) - pixels
    return float(np.sqrt(np.mean(difference * difference)))


def _require_close(peer: str, picture: Picture, rmse: float, rmse_of_pillow: float) -> None:
    bound = rmse_of_pillow * RMSE_FACTOR + RMSE_SLACK
    if rmse > bound:
        raise WrongOutputError(
            f"{peer}'s JPEG of {picture.name} is {rmse:.2f} from the original, over {bound:.2f}"
        )

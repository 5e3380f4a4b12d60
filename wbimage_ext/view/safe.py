"""Turns numbers, paths and pictures from outside into values that are safe to show.

In: values of any type. Out: finite numbers, relative URLs without a way out, data URIs, or None.
"""

from __future__ import annotations

import base64
import os
from typing import Any
from urllib.parse import quote

# By content, not by name: wandb stages files without extensions.
IMAGE_TYPES = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
    b"RIFF": "image/webp",
}
MOST_EXACT = 2**53  # the largest range of integers that a JavaScript number holds
MOST_DRAWN = 1e300  # sums of two do not overflow


def number(value: Any) -> int | float | None:
    """A finite number, rounded to six decimals, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if value != value or abs(value) > MOST_EXACT:
        return None
    return int(value) if float(value).is_integer() else round(value, 6)


def numbers(*values: Any) -> list[int | float] | None:
    """All of the values as numbers, or None if one of them is none."""
    found = [each for value in values if (each := number(value)) is not None]
    return found if len(found) == len(values) else None


def class_number(key: Any) -> int | None:
    """The number of a class, of which JSON makes a text; None for a fraction, and for no number."""
    try:
        value = float(key)
    except (TypeError, ValueError, OverflowError):
        return None
    return int(value) if value.is_integer() else None


def is_drawable(value: Any) -> bool:
    """Whether this is a number that charts and scales can show."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and -MOST_DRAWN < value < MOST_DRAWN


def image_type(content: bytes) -> str | None:
    """The MIME type of a picture that browsers show, by its first bytes."""
    if content[4:12] == b"ftypavif":
        return "image/avif"
    return next((kind for start, kind in IMAGE_TYPES.items() if content.startswith(start)), None)


def data_uri(content: bytes) -> str:
    """A picture's file as a data URI; browsers look at the content themselves."""
    kind = image_type(content) or "image/png"
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def media_url(path: Any) -> str | None:
    """A run's media path as a relative URL, or None where it would leave the run.

    Each segment is percent-encoded, so that no name can become a scheme, a query or markup.
    """
    if not isinstance(path, str) or not path or "\0" in path:
        return None
    segments = path.split("/")
    if os.path.isabs(path) or any(s in ("", ".", "..") or os.sep in s for s in segments):
        return None
    try:
        return "/".join(quote(os.fsencode(segment), safe="") for segment in segments)
    except UnicodeEncodeError:
        return None

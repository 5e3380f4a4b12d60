"""An image as a notebook shows it.

In: an image with its masks and boxes. Out: a bundle of MIME types, as IPython asks for by
`_repr_mimebundle_`: the image's file, or HTML that needs no other file.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from .encoding.file_types import FILE_TYPES
from .view.notebook import image_html

# What browsers show, and what notebooks show by itself.
_SHOWN_IN_HTML = frozenset(("gif", "webp", *FILE_TYPES))
_SHOWN_ALONE = frozenset(("png", "jpg", "jpeg"))

# A notebook's file holds what it shows, as base64.
MOST_BYTES = 8 << 20


def image_bundle(image: Any) -> dict[str, Any]:
    """The image's file, and where it has a caption, masks or boxes HTML that shows them.

    Where the file is elsewhere, cannot be read, is of a format that browsers do not show, or has
    over MOST_BYTES, there is only text.
    """
    text = {"text/plain": repr(image)}
    file_format = str(image.format).lower()
    if image._file is None or file_format not in _SHOWN_IN_HTML:
        return text
    try:
        return {**text, **_pictures(image, file_format)}
    except OSError:  # the user's file, or that of a mask, was removed
        return text


def _pictures(image: Any, file_format: str) -> dict[str, Any]:
    bundle: dict[str, Any] = {}
    content = _content(image)
    if len(content) > MOST_BYTES:
        return bundle
    if file_format in _SHOWN_ALONE:
        bundle[FILE_TYPES[file_format].mime_type] = base64.b64encode(content).decode()
    if not bundle or image._caption is not None or image._masks or image._boxes:
        bundle["text/html"] = image_html(
            content,
            (image._width, image._height),
            caption=None if image._caption is None else str(image._caption),
            # From their files, where NumPy's numbers and tensors are plain ones.
            boxes={
                name: {**json.loads(_content(boxes)), "class_labels": boxes._class_labels}
                for name, boxes in (image._boxes or {}).items()
            },
            masks={
                name: {"content": _content(mask), "class_labels": _labels_of_mask(mask)}
                for name, mask in (image._masks or {}).items()
            },
        )
    return bundle


def _content(media: Any) -> bytes:
    with media._file.open() as file:
        return bytes(file.read())


def _labels_of_mask(mask: Any) -> Mapping[int, str]:
    return getattr(mask, "_val", {}).get("class_labels", {})  # type: ignore[no-any-return]

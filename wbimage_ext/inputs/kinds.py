"""What an input turns out to be: pixels, an encoded image, or a reference.

In: what the modules beside this one found. Out: the classes below, and the exception for an object
that is none of them, which names the object and says what would be right.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..files.stored import StoredFile
from ..imported import imported
from ..wording import describe, shortened

Array = np.ndarray[Any, Any]


@dataclass(slots=True, eq=False)
class Pixels:
    """An array of pixels.

    Attributes:
        array: bool, integer or float values.
        given: what the caller passed, to be named in refusals.
        is_bfloat16: the uint16 elements of `array` are the bits of bfloat16 values.
        is_masked_integers: the values were integers; masked ones are NaN, so all are floats.
        is_nan_masked: every NaN stands for a masked value, so nobody is warned of it.
        is_tensor: the array was a torch tensor, which is laid out as a normalised grid.
        dataformats: names a tensor's axes; None goes by their number.
        mode: L, LA, RGB, RGBA or I;16, whatever the options say; None goes by them.
        is_scaled: the values are samples that nothing scales; what the file cannot hold is clipped.
        keeps_sides: the shape is (H, W) or (H, W, C) as it stands, also where a side is 1.
        icc_profile: goes into the file.
    """

    array: Array
    given: Any = None
    is_bfloat16: bool = False
    is_masked_integers: bool = False
    is_nan_masked: bool = False
    is_tensor: bool = False
    dataformats: str | None = None
    mode: str | None = None
    is_scaled: bool = False
    keeps_sides: bool = False
    icc_profile: bytes | None = None


@dataclass(slots=True, eq=False)
class EncodedImage:
    """An encoded image in memory.

    Attributes:
        data: a bytes-like object.
        width, height: in pixels.
        scale: what samples stand for, as rows of runs have it; None where they are the values.
    """

    data: Any
    width: int
    height: int
    scale: dict[str, float] | None = None


@dataclass(slots=True, eq=False)
class EncodedFile:
    """An encoded image whose structure was checked: in its place, or staged where it had none."""

    file: StoredFile
    format: str
    width: int
    height: int


@dataclass(slots=True, eq=False)
class Reference:
    """A `gs://`, `s3://` or `http(s)://` URL."""

    url: str


Source = Pixels | EncodedImage | EncodedFile | Reference


def is_instance(data: Any, module_name: str, class_name: str) -> bool:
    """isinstance by name: what was not imported has no instances."""
    kind = imported(module_name, class_name)
    return isinstance(kind, type) and isinstance(data, kind)


def refusal(data: Any, reason: object = None) -> TypeError:
    """The exception for an object that makes no image."""
    if isinstance(data, (list, tuple)) and all(isinstance(x, (str, os.PathLike)) for x in data):
        return TypeError(
            f"cannot make an image of a {describe(data)} of paths; one image per call: "
            "[Image(path) for path in paths]"
        )
    return TypeError(
        f"cannot make an image of {_named(data, reason)}: an array or tensor of bool, integer or "
        "float values, a Pillow image or a figure is needed. A path works too, and an encoded "
        "image as bytes or an open file"
    )


def values_refusal(data: Any, reason: object = None) -> TypeError:
    """The exception for an object that holds no values, where only values will do."""
    return TypeError(
        f"cannot take the values of {_named(data, reason)}: an array or tensor of bool, integer "
        "or float values is needed"
    )


def _named(data: Any, reason: object) -> str:
    name = "None" if data is None else describe(data)
    return name if reason is None else f"{name} ({shortened(str(reason))})"

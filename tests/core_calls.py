"""Calls of every function of the core's Python module, good and refused: one table for all who ask
what happens in each of them.

In: nothing. Out: calls with their arguments made, to be repeated as often as wanted.
"""

from __future__ import annotations

import ctypes
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wbimage_ext import _core


@dataclass(frozen=True)
class Call:
    """One call; `raises` is what it is refused with, `prints_dtype` whether that names a dtype."""

    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    raises: type[Exception] | None = None

    @property
    def prints_dtype(self) -> bool:
        if self.raises and "pad_value" in self.keywords:
            return True
        array = self.arguments[0] if self.arguments else None
        return isinstance(array, np.ndarray) and array.dtype.kind not in "buif"


def comparable(result: Any) -> Any:
    """What a call gave, as a value that == compares by content."""
    if isinstance(result, tuple):
        return tuple(comparable(part) for part in result)
    if isinstance(result, np.ndarray):
        return result.shape, result.dtype.str, result.tobytes()
    if isinstance(result, _core.Encoded):
        about = (result.width, result.height, result.mode, result.found_nan, result.dropped_alpha)
        return bytes(result), len(result), about, result.value_range
    if isinstance(result, _core.Probe):
        return "Probe"
    return result


random = np.random.default_rng(0)
GRAY = random.integers(0, 256, (20, 30), np.uint8)
COLOR = random.integers(0, 256, (20, 30, 3), np.uint8)
ALPHA = random.integers(0, 256, (20, 30, 4), np.uint8)
FLOATS = random.normal(size=(20, 30, 3))
BATCH = random.random((5, 3, 8, 9), np.float32)
MASK = random.integers(0, 5, (20, 30))
WITH_NAN = np.where(GRAY > 9, 0.5, np.nan)
MANY_SIDES = np.zeros((2,) * 30, np.uint8)
COLORMAP = bytes(range(256)) * 3


def by_pillow(array: Any, file_type: str) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(array).save(file, file_type)
    return file.getvalue()


# Arrow arrays, as Pillow exports its pixels.


class _Schema(ctypes.Structure):
    pass


_Schema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(_Schema))), ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p),
]  # fmt: skip


class _Array(ctypes.Structure):
    pass


_Array._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))), ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p),
]  # fmt: skip

_VALUES = ctypes.create_string_buffer(bytes(range(24)))
_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
_kept: list[Any] = []


def arrow(
    is_list: bool = False,
    values_format: bytes = b"C",
    release: int = 1,
    offset: int = 0,
    null_count: int = 0,
) -> tuple[Any, Any]:
    """The capsules of an Arrow array of 24 values, or of 6 lists of 4; nothing is released."""
    buffers = (ctypes.c_void_p * 2)(None, ctypes.addressof(_VALUES))
    schema = _Schema(format=values_format, release=release)
    array = _Array(
        length=24, n_buffers=2, buffers=buffers, release=release, offset=offset,
        null_count=null_count,
    )  # fmt: skip
    _kept.append((buffers, schema, array))
    if is_list:
        schemas = (ctypes.POINTER(_Schema) * 1)(ctypes.pointer(schema))
        arrays = (ctypes.POINTER(_Array) * 1)(ctypes.pointer(array))
        schema = _Schema(format=b"+w:4", n_children=1, children=schemas, release=release)
        array = _Array(length=6, n_buffers=1, n_children=1, children=arrays, release=release)
        _kept.append((schemas, arrays, schema, array))
    return (
        _new_capsule(ctypes.addressof(schema), b"arrow_schema", None),
        _new_capsule(ctypes.addressof(array), b"arrow_array", None),
    )


# Objects that fail when they are asked.


class _Failing:
    def __float__(self) -> float:
        raise LookupError("no number today")

    def __iter__(self) -> Iterator[Any]:
        raise LookupError("no items today")

    def __repr__(self) -> str:
        return "Failing()"


class _NoIndex:
    def __index__(self) -> int:
        raise LookupError("no integer today")


class _NoLength:
    def __len__(self) -> int:
        raise LookupError("no length today")

    def __getitem__(self, index: int) -> float:
        return 0.0


class _Unprintable:
    def __repr__(self) -> str:
        raise LookupError("no text today")


# CPython 3.10 and 3.11.2 raise an exception without its text where that cannot be put together.
UNPRINTABLE = LookupError if sys.version_info >= (3, 11, 7) else ValueError


def closed(data: bytes) -> memoryview:
    view = memoryview(data)
    view.release()
    return view


def fed(*pieces: Any) -> Any:
    """What a new probe says once it was fed."""
    probe = _core.Probe()
    for piece in pieces:
        probe.feed(piece)
    return probe.finish()


def all_of_encoded(array: Any) -> Any:
    """Every way in which an Encoded is read."""
    encoded = _core.encode(array)
    with memoryview(encoded) as view:
        return bytes(view), len(encoded), encoded.mode, encoded.width, encoded.found_nan


def writable_view_of_encoded() -> Any:
    view = ctypes.c_char.from_buffer(_core.encode(GRAY))
    raise AssertionError(f"{view} of read-only memory")


def good_calls() -> list[Call]:
    png, jpg, bmp = (by_pillow(COLOR, name) for name in ("png", "jpeg", "bmp"))
    encode, grid, mask = _core.encode, _core.encode_grid, _core.encode_mask
    calls = [
        Call("encode L", encode, (GRAY,)),
        Call("encode RGB", encode, (COLOR,)),
        Call("encode RGBA", encode, (ALPHA,)),
        Call("encode floats", encode, (FLOATS,)),
        Call("encode strided", encode, (FLOATS[::-2, ::3],)),
        Call("encode swapped", encode, (FLOATS.astype(">f4"),)),
        Call("encode longdouble", encode, (FLOATS.astype(np.longdouble),)),
        Call("encode NaN", encode, (WITH_NAN,)),
        Call("encode 32 dimensions", encode, (np.zeros((1,) * 32, np.uint8),)),
        Call("encode larger", encode, (np.tile(COLOR, (20, 20, 1)),)),
        Call("encode too large to keep", encode, (np.zeros((1700, 1700, 3), np.uint8), "bmp")),
        Call("encode flat", encode, (np.zeros((300, 300, 3), np.uint8),)),
        Call("encode on threads", encode, (np.zeros((900, 900, 3)),), {"num_threads": 3}),
        Call("mask on threads", mask, (np.zeros((1200, 1200), int),), {"num_threads": 2}),
        Call("to_uint8 on threads", _core.to_uint8, (np.zeros((900, 900)),), {"num_threads": 2}),
        Call("encode jpg", encode, (COLOR, "jpg"), {"quality": 90}),
        Call("encode jpg of RGBA", encode, (ALPHA, "jpg")),
        Call("encode jpg of L", encode, (GRAY, "jpeg")),
        Call("encode bmp", encode, (COLOR, "bmp")),
        Call("encode bmp of L", encode, (GRAY, "bmp")),
        Call("encode with its sides", encode, (COLOR[:1],), {"keeps_sides": True}),
        Call(
            "encode by numbers of NumPy",
            encode,
            (COLOR,),
            {"normalize": np.True_, "compress_level": np.int64(1), "quality": np.uint8(9)},
        ),
        Call("encode limits of NumPy", encode, (GRAY,), {"normalize": np.array([0, 9])}),
        Call("encode limits", encode, (GRAY,), {"normalize": (0, 1.5)}),
        Call("encode list of limits", encode, (GRAY,), {"normalize": [0, 10**18]}),
        Call("encode as it is", encode, (GRAY,), {"normalize": False}),
        Call("encode bfloat16", encode, (GRAY.astype(np.uint16),), {"bfloat16": True}),
        Call("encode tensor rule", encode, (FLOATS,), {"tensor_rule": True}),
        Call("encode a palette", encode, (WITH_NAN,), {"colormap": COLORMAP, "nan_color": b"abc"}),
        Call("grid of a batch", grid, (BATCH,)),
        Call("grid of HW", grid, (BATCH[0, 0],)),
        Call("grid of CHW, jpg", grid, (BATCH[0], "jpg")),
        Call("grid of NHWC", grid, (BATCH.transpose(0, 2, 3, 1),), {"dataformats": "NHWC"}),
        Call("mask", mask, (MASK,)),
        Call("mask of uint8", mask, (MASK.astype(np.uint8),)),
        Call("mask of floats", mask, (MASK[::-1].astype(">f8"),)),
        Call("make_grid", _core.make_grid, (BATCH,), {"pad_value": 0.5}),
        Call("make_grid of one", _core.make_grid, (GRAY, 8, 2, 0, "HW")),
        Call("to_uint8", _core.to_uint8, (FLOATS,)),
        Call("to_uint8 strided", _core.to_uint8, (BATCH[::-2, :, ::-1],)),
        Call("to_uint8 longdouble", _core.to_uint8, (FLOATS.astype(np.longdouble),)),
        Call("to_uint8 limits", _core.to_uint8, (GRAY,), {"normalize": (-5, 5)}),
        Call("to_uint8 of one value", _core.to_uint8, (np.array(3.5),)),
        Call("guess_mode", _core.guess_mode, (ALPHA,)),
        Call("decode png", _core.decode, (png,)),
        Call("decode without a limit", _core.decode, (png,), {"max_pixels": None}),
        Call("decode jpg", _core.decode, (jpg,)),
        Call("decode bmp", _core.decode, (memoryview(bmp),)),
        Call("decode a palette", _core.decode, (bytes(encode(GRAY, colormap=COLORMAP)),)),
        Call("arrow_bytes", _core.arrow_bytes, arrow()),
        Call("arrow_bytes of lists", _core.arrow_bytes, arrow(is_list=True)),
        Call("build_info", _core.build_info),
        Call("Probe", _core.Probe),
        Call("Probe of png", fed, (png[:50], bytearray(png[50:]))),
        Call("Probe of jpg", fed, (jpg,)),
        Call("Probe of bmp", fed, (bmp,)),
        Call("Encoded", all_of_encoded, (COLOR,)),
    ]
    # Only a rare build has no libdeflate for them.
    calls += [
        Call(f"encode level {level}", encode, (COLOR,), {"compress_level": level})
        for level in (0, 1, 6, 9)
    ]
    calls += [
        Call(f"encode {dtype}", encode, (np.resize(GRAY, (9, 11)).astype(dtype),))
        for dtype in ("?", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", ">i8")
    ]
    calls += [
        Call(f"encode {mode} of {array.shape}", encode, (array,), {"mode": mode})
        for mode in ("L", "LA", "RGB", "RGBA")
        for array in (GRAY, COLOR, ALPHA)
    ]
    return calls


def refused_calls() -> list[Call]:
    png = by_pillow(COLOR, "png")
    encode, grid, mask = _core.encode, _core.encode_grid, _core.encode_mask
    wide = np.broadcast_to(np.uint8(0), (2, 70_000))
    table: list[tuple[str, type[Exception], Callable[..., Any], tuple[Any, ...], dict[str, Any]]]
    table = [
        ("no array", TypeError, encode, ("text",), {}),
        ("no argument", TypeError, encode, (), {}),
        ("an unknown keyword", TypeError, encode, (GRAY,), {"color": 1}),
        ("a complex dtype", TypeError, encode, (GRAY.astype(complex),), {}),
        ("objects", TypeError, encode, (GRAY.astype(object),), {}),
        ("text", TypeError, encode, (np.array([["a"]]),), {}),
        ("clongdouble", TypeError, encode, (GRAY.astype(np.clongdouble),), {}),
        ("one dimension", ValueError, encode, (GRAY[0],), {}),
        ("two channels", ValueError, encode, (COLOR[:, :, :2],), {}),
        ("30 dimensions", ValueError, encode, (MANY_SIDES,), {}),
        ("nothing in it", ValueError, encode, (GRAY[:0],), {}),
        ("too wide", ValueError, encode, (wide,), {}),
        ("no threads", ValueError, encode, (GRAY,), {"num_threads": 0}),
        ("threads of text", TypeError, mask, (MASK,), {"num_threads": "2"}),
        ("a file type", ValueError, encode, (GRAY, "gif"), {}),
        ("a file type that is no text", TypeError, encode, (GRAY, 5), {}),
        ("a file type with a zero", ValueError, encode, (GRAY, "p\0ng"), {}),
        ("a mode", ValueError, encode, (GRAY,), {"mode": "CMYK"}),
        ("a mode that is no text", ValueError, encode, (GRAY,), {"mode": 5}),
        ("a surrogate as mode", UnicodeEncodeError, encode, (GRAY,), {"mode": "\ud800"}),
        ("an unprintable mode", UNPRINTABLE, encode, (GRAY,), {"mode": _Unprintable()}),
        ("normalize 5", ValueError, encode, (GRAY,), {"normalize": 5}),
        ("normalize of a failing index", LookupError, encode, (GRAY,), {"normalize": _NoIndex()}),
        ("a failing length", LookupError, encode, (GRAY,), {"normalize": _NoLength()}),
        ("a long normalize", ValueError, encode, (GRAY,), {"normalize": bytes(1000)}),
        ("three limits", ValueError, encode, (GRAY,), {"normalize": (1, 2, 3)}),
        ("limits that are text", ValueError, encode, (GRAY,), {"normalize": ("a", "b")}),
        ("limits too large", ValueError, encode, (GRAY,), {"normalize": (0, 10**400)}),
        ("limits the wrong way", ValueError, encode, (GRAY,), {"normalize": (2, 1)}),
        ("infinite limits", ValueError, encode, (GRAY,), {"normalize": (0, float("inf"))}),
        ("limits that fail", LookupError, encode, (GRAY,), {"normalize": (0, _Failing())}),
        ("a first limit that fails", LookupError, encode, (GRAY,), {"normalize": (_Failing(), 1)}),
        ("limits that do not come", LookupError, encode, (GRAY,), {"normalize": _Failing()}),
        ("quality 0", ValueError, encode, (GRAY,), {"quality": 0}),
        ("quality of a word", TypeError, encode, (GRAY,), {"quality": "best"}),
        ("a quality of True", TypeError, encode, (GRAY,), {"quality": True}),
        ("a failing quality", LookupError, encode, (GRAY,), {"quality": _NoIndex()}),
        ("a huge quality", ValueError, encode, (GRAY,), {"quality": 10**30}),
        ("level 10", ValueError, encode, (GRAY,), {"compress_level": 10}),
        ("a huge level", ValueError, encode, (GRAY,), {"compress_level": 10**30}),
        ("a level of text", TypeError, encode, (GRAY,), {"compress_level": "1"}),
        ("nan_color alone", ValueError, encode, (GRAY,), {"nan_color": b"abc"}),
        ("a palette for jpg", ValueError, encode, (GRAY, "jpg"), {"colormap": COLORMAP}),
        ("a palette and a mode", ValueError, encode, (GRAY,), {"colormap": COLORMAP, "mode": "L"}),
        ("a short palette", ValueError, encode, (GRAY,), {"colormap": b"abc"}),
        ("a palette of text", TypeError, encode, (GRAY,), {"colormap": "viridis"}),
        ("a closed palette", ValueError, encode, (GRAY,), {"colormap": closed(COLORMAP)}),
        ("a short nan_color", ValueError, encode, (GRAY,),
         {"colormap": COLORMAP, "nan_color": b"a"}),
        ("a nan_color of text", TypeError, encode, (GRAY,),
         {"colormap": COLORMAP, "nan_color": "abc"}),
        ("a palette for colours", ValueError, encode, (COLOR,), {"colormap": COLORMAP}),
        ("no grid", TypeError, grid, ("text",), {}),
        ("no grid at all", TypeError, grid, (), {}),
        ("a grid's quality", ValueError, grid, (BATCH,), {"quality": 101}),
        ("a grid of objects", TypeError, grid, (BATCH.astype(object),), {}),
        ("a grid of one dimension", ValueError, grid, (GRAY[0],), {}),
        ("a grid of five", ValueError, grid, (BATCH[None],), {}),
        ("a grid without rows", ValueError, grid, (BATCH,), {"nrow": 0}),
        ("less than no padding", ValueError, grid, (BATCH,), {"padding": -1}),
        ("axes twice", ValueError, grid, (BATCH,), {"dataformats": "NCHH"}),
        ("unknown axes", ValueError, grid, (BATCH,), {"dataformats": "ABCD"}),
        ("axes without a width", ValueError, grid, (BATCH[0, 0],), {"dataformats": "NH"}),
        ("an empty grid", ValueError, grid, (BATCH[:0],), {}),
        ("a grid of five channels", ValueError, grid, (np.zeros((2, 5, 4, 4)),), {}),
        ("a grid too wide", ValueError, grid, (wide,), {}),
        ("a grid past all numbers", ValueError, grid, (BATCH,), {"padding": 2**62}),
        ("no mask", TypeError, mask, ("text",), {}),
        ("a mask of objects", TypeError, mask, (MASK.astype(object),), {}),
        ("a mask of three", TypeError, mask, (COLOR,), {}),
        ("an empty mask", ValueError, mask, (MASK[:0],), {}),
        ("a mask over 255", TypeError, mask, (MASK + 300,), {}),
        ("a mask of fractions", TypeError, mask, (MASK + 0.5,), {}),
        ("a mask too wide", ValueError, mask, (wide,), {}),
        ("make_grid of nothing", TypeError, _core.make_grid, (), {}),
        ("make_grid of text", TypeError, _core.make_grid, ("text",), {}),
        ("make_grid's axes", ValueError, _core.make_grid, (BATCH,), {"dataformats": "HWC"}),
        ("make_grid's padding", ValueError, _core.make_grid, (BATCH,), {"padding": -1}),
        ("make_grid's value", ValueError, _core.make_grid, (BATCH,), {"pad_value": "a"}),
        ("make_grid's two values", ValueError, _core.make_grid, (BATCH,), {"pad_value": [1, 2]}),
        ("make_grid's no value", ValueError, _core.make_grid, (BATCH,), {"pad_value": []}),
        ("make_grid too large", ValueError, _core.make_grid, (BATCH,), {"padding": 2**31}),
        ("make_grid past numbers", ValueError, _core.make_grid, (BATCH,), {"padding": 2**62}),
        ("to_uint8 of nothing", TypeError, _core.to_uint8, (), {}),
        ("to_uint8 of text", TypeError, _core.to_uint8, ("text",), {}),
        ("to_uint8 of objects", TypeError, _core.to_uint8, (GRAY.astype(object),), {}),
        ("to_uint8's limits", ValueError, _core.to_uint8, (GRAY,), {"normalize": (2, 1)}),
        ("to_uint8 of an empty array", ValueError, _core.to_uint8, (GRAY[:0],), {}),
        ("guess_mode of text", TypeError, _core.guess_mode, ("text",), {}),
        ("guess_mode of a line", ValueError, _core.guess_mode, (GRAY[0],), {}),
        ("decode of text", TypeError, _core.decode, ("text",), {}),
        ("decode of what is closed", ValueError, _core.decode, (closed(png),), {}),
        ("decode of too much", ValueError, _core.decode, (png,), {"max_pixels": 599}),
        ("decode of less than none", ValueError, _core.decode, (png,), {"max_pixels": -1}),
        ("a limit of text", TypeError, _core.decode, (png,), {"max_pixels": "1"}),
        ("decode of anything", ValueError, _core.decode, (b"anything",), {}),
        ("decode of a part", ValueError, _core.decode, (png[:-30],), {}),
        ("decode of a strip", BufferError, _core.decode, (memoryview(png)[::2],), {}),
        ("decode of a damaged file", ValueError, _core.decode, (png[:60] + b"xx" + png[62:],), {}),
        ("arrow_bytes of one", TypeError, _core.arrow_bytes, (arrow()[0],), {}),
        ("arrow_bytes of none", ValueError, _core.arrow_bytes, (1, 2), {}),
        ("arrow_bytes of half", ValueError, _core.arrow_bytes, (arrow()[0], 2), {}),
        ("released Arrow", ValueError, _core.arrow_bytes, arrow(release=0), {}),
        ("Arrow of floats", TypeError, _core.arrow_bytes, arrow(values_format=b"f"), {}),
        ("Arrow lists of floats", TypeError, _core.arrow_bytes, arrow(True, b"f"), {}),
        ("Arrow with nulls", TypeError, _core.arrow_bytes, arrow(null_count=1), {}),
        ("a part of Arrow", TypeError, _core.arrow_bytes, arrow(offset=1), {}),
        ("Probe of something", TypeError, _core.Probe, (1,), {}),
        ("Probe fed text", TypeError, _core.Probe().feed, ("text",), {}),
        ("Probe fed what is closed", ValueError, _core.Probe().feed, (closed(png),), {}),
        ("Probe of anything", ValueError, fed, (b"anything at all, but not an image",), {}),
        ("Probe of a damaged file", ValueError, fed, (png[:60] + b"xx" + png[62:],), {}),
        ("Probe of a part", ValueError, fed, (png[:-30],), {}),
        ("Probe of nothing", ValueError, fed, (), {}),
        ("Encoded is not made", TypeError, _core.Encoded, (), {}),
        ("Encoded is not written", TypeError, writable_view_of_encoded, (), {}),
        ("Encoded is not renamed", AttributeError, setattr, (encode(GRAY), "mode", "L"), {}),
    ]  # fmt: skip
    return [Call(name, function, args, kw, raises) for name, raises, function, args, kw in table]

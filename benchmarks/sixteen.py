"""Pictures of 16 bits: slices, depth maps, microscopy, elevation, noise, gradients, colour.

In: files that come with pydicom, matplotlib and scikit-image, and seeds. Out: Pictures of uint16 in
the two sets of the corpus. What is not installed is left out; nothing is downloaded. The seed of
what is drawn for the set "judge" was never used before the last constant was chosen.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .corpus import Picture, folder_of, read_picture

Values = npt.NDArray[Any]
Named = tuple[str, str, Values]  # name, kind, values

MOST = 65535

# What pydicom brings: file -> name, kind, set.
_SLICES = {
    "693_J2KI.dcm": ("ct_chest", "CT", "tune"),
    "CT_small.dcm": ("ct_small", "CT", "tune"),
    "J2K_pixelrep_mismatch.dcm": ("ct_head", "CT", "judge"),
    "JPEG2000.dcm": ("bone_scan", "MR and scans", "tune"),
    "MR_small.dcm": ("mr_small", "MR and scans", "tune"),
    "examples_overlay.dcm": ("mr_overlay", "MR and scans", "judge"),
}


def pictures() -> Iterator[Picture]:
    """Yields every picture that the installed packages allow, in a fixed order."""
    yield from _slices()
    yield from _measured()
    for set_name, seed in (("tune", 1), ("judge", 3)):
        random = np.random.default_rng(seed)
        for draw in (_drawn_slices, _depths, _microscopy, _elevation, _noises, _gradients, _colour):
            for name, kind, values in draw(random, set_name):
                pixels = np.ascontiguousarray(np.clip(values, 0, MOST).astype(np.uint16))
                yield Picture(f"{name}_{set_name}", kind, set_name, pixels)


def _slices() -> Iterator[Picture]:
    """Real slices, as their values are and over the full range."""
    folder = folder_of("pydicom", "data", "test_files")
    for file_name, (name, kind, set_name) in _SLICES.items():
        if folder is None or not (folder / file_name).exists():
            continue
        values = _read_slice(folder / file_name)
        if values is not None:
            yield Picture(name, kind, set_name, values)
            spread = (values * (MOST / values.max())).astype(np.uint16)
            yield Picture(f"{name}_spread", kind, set_name, spread)


def _read_slice(path: Path) -> Values | None:
    """A slice from 0 on, or None where a package that its compression needs is not installed."""
    import pydicom

    try:
        values = pydicom.dcmread(path).pixel_array.astype(np.int32)
    except (RuntimeError, NotImplementedError):
        return None
    return (values - values.min()).astype(np.uint16)


def _measured() -> Iterator[Picture]:
    """A slice, an elevation and a disparity that packages bring as plain arrays."""
    samples = folder_of("matplotlib", "mpl-data", "sample_data")
    if samples is not None and (samples / "s1045.ima.gz").exists():
        head = np.frombuffer(gzip.decompress((samples / "s1045.ima.gz").read_bytes()), np.uint16)
        yield Picture("mr_head", "MR and scans", "judge", head.reshape(256, 256))
    if samples is not None and (samples / "jacksboro_fault_dem.npz").exists():
        with np.load(samples / "jacksboro_fault_dem.npz") as file:
            metres = file["elevation"]
        yield Picture("fault", "elevation", "judge", metres.astype(np.uint16))
        spread = (metres - metres.min()) * (MOST / np.ptp(metres))
        yield Picture("fault_spread", "elevation", "tune", spread.astype(np.uint16))
    data = folder_of("skimage", "data")
    if data is not None and (data / "motorcycle_disp.npz").exists():
        with np.load(data / "motorcycle_disp.npz") as file:
            disparity = np.nan_to_num(file["arr_0"], posinf=0)
        yield Picture("disparity", "depth", "tune", (disparity * 256).astype(np.uint16))
        seen = disparity > 0
        millimetres = np.where(seen, 193.0 * 995 / np.where(seen, disparity + 31, 1), 0)
        yield Picture("motorcycle", "depth", "judge", millimetres.astype(np.uint16))


def _waves(random: np.random.Generator, height: int, width: int, count: int) -> Values:
    """A smooth field from 0 to 1."""
    y, x = np.mgrid[: 1 : height * 1j, : 1 : width * 1j]
    field = np.zeros((height, width))
    for _ in range(count):
        fy, fx, phase = random.normal(scale=5, size=3)
        field += np.sin(np.pi * (fy * y + fx * x) + phase)
    return (field - field.min()) / np.ptp(field)


def _drawn_slices(random: np.random.Generator, set_name: str) -> Iterator[Named]:
    """A body in air: 12 bits with a scanner's noise, and the same over the full range."""
    side = 512 if set_name == "judge" else 448
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    body = np.hypot(x / 0.85, y / 0.65) < 1
    units = np.where(body, 1000 + 80 * _waves(random, side, side, 9), 24.0)
    for _ in range(14):
        cy, cx = random.uniform(-0.5, 0.5, 2)
        radius = random.uniform(0.03, 0.16)
        inside = np.hypot(x - cx, y - cy) < radius
        units[inside & body] += random.choice([-700, -60, 60, 900])
    grainy = np.clip(units + random.normal(scale=11, size=units.shape) * (0.3 + body), 0, 4095)
    yield "phantom", "CT", grainy
    yield "phantom_spread", "CT", np.floor(grainy) * MOST / 4095
    magnitude = np.abs(300 * _waves(random, side, side, 20) * body)
    rician = np.hypot(
        magnitude + random.normal(scale=8, size=(side, side)),
        random.normal(scale=8, size=(side, side)),
    )
    yield "rician", "MR and scans", rician


def _depths(random: np.random.Generator, set_name: str) -> Iterator[Named]:
    """Millimetres of a room: by a renderer, and by a sensor with steps, noise and holes."""
    height, width = (480, 640) if set_name == "judge" else (424, 512)
    y, x = np.mgrid[:height, :width]
    floor = 520_000 / np.maximum(y - height / 3, 90)
    room = np.minimum(floor, 4200 - x * 1.7)
    for _ in range(7):
        cy, cx = random.uniform(0.2, 0.9) * height, random.uniform(0, width)
        ball = 1 - ((x - cx) ** 2 + (y - cy) ** 2) / random.uniform(30, 100) ** 2
        near = room.min() + random.uniform(0, 900)
        room = np.where(ball > 0, near - 200 * np.sqrt(abs(ball)), room)
    room = np.maximum(room, 300)
    yield "room", "depth", room
    shifts = np.floor(480_000 / room + random.normal(scale=0.3, size=room.shape))
    sensed = 480_000 / np.maximum(shifts, 1)
    edges = np.abs(np.gradient(room)[1]) > 40
    yield "sensor", "depth", np.where(edges | (random.random(room.shape) < 0.004), 0, sensed)
    yield "relief", "depth", 60_000 * _waves(random, height, width, 6)


def _microscopy(random: np.random.Generator, set_name: str) -> Iterator[Named]:
    """Fluorescence by a camera of 12, 14 and 16 bits: an offset, shot noise, reading noise."""
    side = 512 if set_name == "judge" else 400
    y, x = np.mgrid[:side, :side]
    light = 8 * _waves(random, side, side, 5)
    for _ in range(70):
        cy, cx = random.uniform(0, side, 2)
        near = np.hypot(y - cy, (x - cx) * random.uniform(0.7, 1.3)) / random.uniform(4, 18)
        light += random.uniform(20, 300) * np.exp(-(near**2))
    electrons = random.poisson(light) + random.normal(scale=1.6, size=light.shape)
    yield "cells", "microscopy", 100 + electrons * 2.2
    yield "cells_bright", "microscopy", 400 + (random.poisson(light * 20) * 2.1)
    data = folder_of("skimage", "data")
    name = "cell.png" if set_name == "judge" else "hubble_deep_field.jpg"
    if data is not None and (data / name).exists():
        gray = read_picture(data / name).astype(float)
        gray = gray if gray.ndim == 2 else gray[:600, :700].mean(axis=2)
        yield name.partition(".")[0], "microscopy", 100 + random.poisson(gray * 9)


def _elevation(random: np.random.Generator, set_name: str) -> Iterator[Named]:
    """Fractal land, in metres with a sea, and in centimetres."""
    side = 601 if set_name == "judge" else 512
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    frequency[0, 0] = 1
    phases = np.exp(2j * np.pi * random.random((side, side)))
    land = np.real(np.fft.ifft2(phases * frequency**-2.1))
    land = (land - land.min()) / np.ptp(land)
    yield "metres", "elevation", np.maximum(2600 * land - 700, 0)
    yield "centimetres", "elevation", 60_000 * land


def _noises(random: np.random.Generator, set_name: str) -> Iterator[Named]:
    del set_name
    yield "noise", "noise", random.integers(0, MOST, (300, 400), endpoint=True)
    yield "noise_12", "noise", random.integers(0, 4095, (320, 320), endpoint=True)
    yield "noise_narrow", "noise", random.normal(20_000, 30, (350, 350))


def _gradients(random: np.random.Generator, set_name: str) -> Iterator[Named]:
    """Slopes by a few values a pixel, by less than one, over the full range, and round ones."""
    height, width = (480, 640) if set_name == "judge" else (400, 500)
    y, x = np.mgrid[:height, :width]
    a, b = random.integers(20, 90, 2)
    yield "slope", "gradient", (x * a + y * b) % 65536
    yield "slope_slow", "gradient", 900 + x * 0.31 + y * 0.17
    yield "slope_full", "gradient", x * (MOST / (width - 1))
    yield "round", "gradient", np.hypot(x - width / 2, y - height / 3) * 140
    yield "soft", "gradient", 30_000 + 9_000 * np.sin(x / 130) + 4_000 * np.cos(y / 90)


def _colour(random: np.random.Generator, set_name: str) -> Iterator[Named]:
    """RGB and RGBA: a camera's 14 bits, a rendering, normals."""
    data = folder_of("skimage", "data")
    name = "chelsea.png" if set_name == "judge" else "astronaut.png"
    if data is not None and (data / name).exists():
        linear = (read_picture(data / name)[:300, :450, :3] / 255.0) ** 2.2 * 14_000
        yield "raw", "colour", 512 + linear + random.normal(scale=4 + np.sqrt(linear) / 3)
    shade = np.stack([_waves(random, 300, 400, 4) for _ in range(3)], axis=2)
    cover = np.clip(3 * _waves(random, 300, 400, 3) - 1, 0, 1)[..., None]
    yield "rendering", "colour", MOST * np.concatenate([shade * cover, cover], axis=2)
    slopes = np.gradient(_waves(random, 320, 320, 8) * 60)
    normals = np.stack([*slopes, np.ones_like(slopes[0])], axis=2)
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    yield "normals", "colour", (0.5 + 0.5 * normals) * MOST

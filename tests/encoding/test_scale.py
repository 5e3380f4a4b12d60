"""Which values the samples of a file stand for: `Image` knows, and rows of runs tell."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext import Image, LocalRun

TABLE = np.random.default_rng(5).integers(0, 256, (256, 3), dtype=np.uint8)
SIGNED = np.random.default_rng(0).normal(0, 20, (40, 31))


@pytest.mark.filterwarnings("ignore:values from")
@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i8", "f2", "f4", "f8", "?"])
@pytest.mark.parametrize("factor", [0.01, 1, 20])
@pytest.mark.parametrize("normalize", [True, False, (-1, 4), (0, 1)], ids=str)
@pytest.mark.parametrize("kind", ["gray", "colormap", "nan_color", "16 bits"])
def test_samples_stand_for_values(dtype: str, factor: float, normalize: Any, kind: str) -> None:
    values = SIGNED * factor
    data = (abs(values) if dtype in ("u1", "?") else values).astype(dtype)
    options: dict[str, Any] = {
        "gray": {},
        "colormap": {"colormap": TABLE},
        "nan_color": {"colormap": TABLE, "nan_color": (1, 2, 3)},
        "16 bits": {"bit_depth": 16},
    }[kind]
    image = Image(data, normalize=normalize, **options)
    top = {"nan_color": 254, "16 bits": 65535}.get(kind, 255)
    scale = image._scale or {"lo": 0, "hi": top}
    assert scale.get("nan_index") == (255 if kind == "nan_color" else None)
    samples = np.asarray(image.to_data_array()).astype(np.float64)
    step = (scale["hi"] - scale["lo"]) / top
    told = scale["lo"] + samples * step
    # Samples are truncated, in the precision of the dtype.
    rounding = {"f2": 2**-9, "f4": 2**-20}.get(dtype, 1e-12) * (scale["hi"] - scale["lo"])
    behind = np.clip(data.astype(np.float64), scale["lo"], scale["hi"]) - told
    assert behind.min() >= -rounding
    # A colour for NaN takes one of the samples: two values share one.
    assert behind.max() < step * (2 if kind == "nan_color" else 1) + rounding


def test_a_tensor_has_the_scale_of_its_range() -> None:
    torch = pytest.importorskip("torch")
    image = Image(torch.linspace(-3, 5, 48).reshape(1, 6, 8))
    assert image._scale == {"lo": -3, "hi": 5}


def test_samples_that_are_values_have_no_scale() -> None:
    assert Image(np.arange(48, dtype=np.uint8).reshape(6, 8))._scale is None
    assert Image(np.arange(48).reshape(6, 8), bit_depth=16)._scale is None
    # JPEG changes samples.
    assert Image(SIGNED, file_type="jpg")._scale is None


def test_rows_tell_the_scale(tmp_path: Path) -> None:
    heat = Image(SIGNED, colormap=TABLE, normalize=(-2, 2))
    missing = Image(SIGNED, colormap=TABLE, nan_color=(9, 9, 9), normalize=(0, 10))
    plain = Image(np.arange(48, dtype=np.uint8).reshape(6, 8))
    with LocalRun(tmp_path) as run:
        run.log({"one": heat, "plain": plain, "list": [heat, plain, missing], "of plain": [plain]})
        run.log({"copies": [Image(heat), pickle.loads(pickle.dumps(heat))]})
    first, second = map(json.loads, (tmp_path / "history.jsonl").read_text().splitlines())
    scale = {"lo": -2, "hi": 2}
    assert first["one"]["scale"] == scale
    assert "scale" not in first["plain"]
    assert first["list"]["scales"] == [scale, None, {"lo": 0, "hi": 10, "nan_index": 255}]
    assert "scales" not in first["of plain"]
    assert second["copies"]["scales"] == [scale, scale]

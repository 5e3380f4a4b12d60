"""A run as an event file, read back by TensorBoard's own reader."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import pytest

from wbimage_ext import LocalRun
from wbimage_ext.export import export_run, to_tensorboard

from .made import flat, pictures, rows_by_step, tree

pytest.importorskip("tensorboard", reason="pip install tensorboard")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2


@pytest.fixture(scope="module")
def output(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("output")
    result = export_run(run, "tensorboard", output)
    assert result.problems == []
    layers, files = result.notes
    assert "no masks and no boxes" in layers
    assert files == "TensorBoard keeps no files: 1 were left out"
    return output


@pytest.fixture(scope="module")
def events(output: Path) -> Any:
    everything = {"scalars": 0, "images": 0, "tensors": 0}
    return EventAccumulator(str(output), size_guidance=everything).Reload()


def test_every_picture_is_there_byte_by_byte(run: Path, events: Any) -> None:
    rows = rows_by_step(run)
    expected: dict[str, dict[int, tuple[float, bytes]]] = {}
    for step, key, place, picture in pictures(run):
        tag = key if key in rows[step] else key.replace(".", "/")
        tag = tag if place is None else f"{tag}/{place}"
        content = (run / picture["path"]).read_bytes()
        expected.setdefault(tag, {})[step] = rows[step]["_timestamp"], content
    found = {
        tag: {
            image.step: (image.wall_time, image.encoded_image_string)
            for image in events.Images(tag)
        }
        for tag in events.Tags()["images"]
    }
    assert found == expected
    image = events.Images("sample")[0]
    assert (image.width, image.height) == (32, 24)


def test_scalars_are_at_their_steps_and_times(run: Path, events: Any) -> None:
    expected: dict[str, dict[int, tuple[float, float]]] = {}
    for step, row in rows_by_step(run).items():
        for tag, value in flat(row, "/").items():
            is_number = isinstance(value, (int, float)) or value in ("NaN", "Infinity")
            if is_number and not tag.startswith("_"):
                number = pytest.approx(float(value), rel=1e-6, nan_ok=True)
                expected.setdefault(tag, {})[step] = row["_timestamp"], number
    found = {
        tag: {scalar.step: (scalar.wall_time, scalar.value) for scalar in events.Scalars(tag)}
        for tag in events.Tags()["scalars"]
    }
    assert found == expected
    assert math.isnan(events.Scalars("odd")[0].value)


def test_texts_and_the_config_are_there(events: Any) -> None:
    def texts(tag: str) -> dict[int, str]:
        return {e.step: e.tensor_proto.string_val[0].decode() for e in events.Tensors(tag)}

    assert texts("text")[1] == "said at 0"
    assert texts("sample/caption")[1] == "step 0, \u00e4"
    assert texts("list/2/caption")[3] == "no 2"
    assert texts("counts")[5] == "[1, 2, 2]"
    assert '"rate": 0.01' in texts("config")[0]
    assert '"name": "a run"' in texts("run")[0]
    metadata = events.SummaryMetadata("_hparams_/session_start_info")
    data = plugin_data_pb2.HParamsPluginData.FromString(metadata.plugin_data.content)
    parameters = data.session_start_info.hparams
    assert parameters["rate"].number_value == 0.01
    assert parameters["model.name"].string_value == "small"
    assert parameters["layers"].string_value == "[3, 4]"


def test_again_is_the_same(run: Path, output: Path, events: Any) -> None:
    before = tree(output)
    export_run(run, "tensorboard", output)
    assert tree(output) == before


def test_with_a_faster_checksum_the_file_is_the_same(
    run: Path, output: Path, events: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("google_crc32c", reason="pip install google-crc32c")
    assert to_tensorboard._fast_framing() is not None
    export_run(run, "tensorboard", tmp_path / "fast")
    monkeypatch.setitem(sys.modules, "google_crc32c", None)
    assert to_tensorboard._fast_framing() is None
    export_run(run, "tensorboard", tmp_path / "slow")
    assert tree(tmp_path / "fast") == tree(tmp_path / "slow")


def test_texts_that_utf8_does_not_have(tmp_path: Path) -> None:
    with LocalRun(tmp_path / "run", name="\udcff", config={"\udcff": "\udcff"}) as run:
        run.log({"\udcff": 1, "text": "\udcff"})
    export_run(tmp_path / "run", "tensorboard", tmp_path / "out")
    events = EventAccumulator(str(tmp_path / "out")).Reload()
    assert events.Tags()["scalars"] == ["\\udcff"]


def test_numbers_and_steps_that_are_too_large(tmp_path: Path) -> None:
    with LocalRun(tmp_path / "run", config={"seed": 10**400}) as run:
        run.log({"loss": 10**400, "small": 1})
    with (tmp_path / "run/history.jsonl").open("a") as history:  # as another program may write it
        history.write(f'{{"loss": 2, "_step": {2**63}}}\n')
    result = export_run(tmp_path / "run", "tensorboard", tmp_path / "out")
    assert result.notes == ["1 rows of steps over 64 bits were left out"]
    events = EventAccumulator(str(tmp_path / "out")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(0, math.inf)]

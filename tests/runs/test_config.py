"""What a config can be given as, and the forms of the files it can come from."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wbimage_ext import LocalRun

EXPECTED = {"rate": 0.001, "model": {"depth": 3, "name": "net"}, "sizes": [1, 2]}


@dataclasses.dataclass
class Model:
    depth: int = 3
    name: str = "net"


@dataclasses.dataclass
class Arguments:
    __slots__ = ("model", "rate", "sizes")
    rate: float
    model: Model
    sizes: list[int]


class Node(Mapping[str, Any]):
    """A Mapping that is no dict, with others inside, as OmegaConf's DictConfig."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        return Node(value) if isinstance(value, dict) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Flags:
    """The part of absl's FlagValues that matters: its __dict__ holds no flags."""

    def __init__(self) -> None:
        self.__dict__["__flags"] = {}

    def flag_values_dict(self) -> dict[str, Any]:
        return dict(EXPECTED)


def written(run: LocalRun) -> Any:
    run.finish()
    return json.loads(Path(run.dir, "config.json").read_text())


@pytest.mark.parametrize(
    "config",
    [
        EXPECTED,
        argparse.Namespace(**EXPECTED),
        SimpleNamespace(**EXPECTED),
        Arguments(0.001, Model(), [1, 2]),
        Node(EXPECTED),
        Flags(),
    ],
    ids=lambda config: type(config).__name__,
)
def test_objects(tmp_path: Path, config: Any) -> None:
    run = LocalRun(tmp_path / "a", config=config)
    assert run.config.rate == run.config["rate"] == 0.001
    assert written(run) == EXPECTED
    run = LocalRun(tmp_path / "b", config={"rate": 2})
    run.config.setdefaults(config)
    assert written(run) == {**EXPECTED, "rate": 2}
    run = LocalRun(tmp_path / "c")
    run.config.update(config, allow_val_change=True)
    assert written(run) == EXPECTED


YAML = """
wandb_version: 1
rate:
  desc: null
  value: 0.001
model: {depth: 3, name: net}
sizes:
  - 1
  - 2
"""


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.json").write_text(json.dumps(EXPECTED))
    assert written(LocalRun("a", config="config.json")) == EXPECTED
    assert written(LocalRun("b", config=tmp_path / "config.json")) == EXPECTED
    pytest.importorskip("yaml")
    Path("config.yaml").write_text(YAML)
    assert written(LocalRun("c", config="config.yaml")) == EXPECTED
    Path("empty.yml").write_text("# nothing\n")
    assert written(LocalRun("d", config="empty.yml")) == {}


def test_yaml_without_pyyaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    (tmp_path / "config.yaml").write_text(YAML)
    with pytest.raises(ImportError, match=r"reading .*config\.yaml needs PyYAML.*pip install"):
        LocalRun(tmp_path / "run", config=str(tmp_path / "config.yaml"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "content", "error", "text"),
    [
        ("none.json", None, FileNotFoundError, r"none\.json"),
        ("cut.json", '{"a": ', ValueError, r"cut\.json cannot be read: Expecting value: line 1"),
        ("list.json", "[1, 2]", ValueError, r"list\.json must hold values by name, not \[1, 2\]"),
        ("bytes.json", b"\xff", ValueError, r"bytes\.json cannot be read: .*utf-8"),
        ("bad.yaml", "a: [1", ValueError, r"(?s)bad\.yaml cannot be read: .*line 1"),
    ],
)
def test_files_that_are_refused(
    tmp_path: Path, name: str, content: str | bytes | None, error: type[Exception], text: str
) -> None:
    if name.endswith("yaml"):
        pytest.importorskip("yaml")
    if content is not None:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
    with pytest.raises(error, match=text):
        LocalRun(tmp_path / "run", config=tmp_path / name)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("config", [3, [1], Model, None.__class__, 1.5])
def test_other_objects_are_refused(tmp_path: Path, config: Any) -> None:
    with pytest.raises(TypeError, match="a config must be a dict"):
        LocalRun(tmp_path / "run", config=config)
    with LocalRun(tmp_path / "run") as run, pytest.raises(TypeError, match="a config must be"):
        run.config.update(config)

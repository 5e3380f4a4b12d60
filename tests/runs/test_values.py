"""What LocalRun writes of values of every kind: in rows, captions, labels, config and summary."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import decimal
import enum
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext import Image, LocalRun
from wbimage_ext.runs.values import MOST_CHARACTERS, plain_json

from ..conftest import files_below

NAN, INFINITY = float("nan"), float("inf")


class Color(enum.Enum):
    RED = np.int64(3)


@dataclasses.dataclass
class Options:
    rate: Any
    path: Path


class Unwritable:
    def __str__(self) -> str:
        raise ValueError("no text")


def read(run: LocalRun, name: str) -> Any:
    """A file of a run, read by a parser that refuses bare NaN."""

    def refuse(text: str) -> None:
        raise AssertionError(f"{text} is not JSON")

    lines = Path(run.dir, name).read_text().splitlines()
    if name.endswith(".jsonl"):
        return [json.loads(line, parse_constant=refuse) for line in lines]
    return json.loads("\n".join(lines), parse_constant=refuse)


PLAIN = [
    (np.float32(1.5), 1.5),
    (np.longdouble(1.5), 1.5),
    (np.array([1.5, 2], np.longdouble), [1.5, 2.0]),
    (np.bool_(True), True),
    (np.array([[7]]), 7),
    (np.array([[7, 8]]), [[7, 8]]),
    (np.array([]), []),
    (NAN, "NaN"),
    (np.float16(-INFINITY), "-Infinity"),
    ([1.0, [NAN, {"x": INFINITY}]], [1.0, ["NaN", {"x": "Infinity"}]]),
    ({1: 2, np.int64(3): 4, None: 5}, {"1": 2, "3": 4, "None": 5}),
    (b"text", "text"),
    (datetime.datetime(2026, 1, 2, 3), "2026-01-02T03:00:00"),
    (np.datetime64("2026-01-02"), "2026-01-02"),
    (decimal.Decimal("1.50"), "1.50"),
    (1 + 2j, "(1+2j)"),
    (Color.RED, 3),
    (Path("a/b"), str(Path("a/b"))),
    (Options(np.float32(0.5), Path("c")), {"rate": 0.5, "path": "c"}),
    (range(3), [0, 1, 2]),
    ({4}, [4]),
    (len, "builtins.len"),
    (10**5000, hex(10**5000)[:MOST_CHARACTERS]),
]


@pytest.mark.parametrize(("value", "expected"), PLAIN, ids=lambda value: type(value).__name__)
def test_conversion(value: Any, expected: Any) -> None:
    converted = plain_json("k", value)
    assert json.loads(json.dumps(converted, allow_nan=False)) == expected


def test_tensors_become_numbers_and_lists() -> None:
    torch = pytest.importorskip("torch")
    loss = torch.tensor(0.5, requires_grad=True)
    values = {"loss": loss, "one": loss.reshape(1, 1), "half": torch.ones(2, dtype=torch.bfloat16)}
    assert plain_json("k", values) == {"loss": 0.5, "one": 0.5, "half": [1.0, 1.0]}
    assert plain_json("k", {torch.tensor(2): 1}) == {"2": 1}
    assert plain_json("k", torch.empty(3, device="meta")).startswith("tensor(")


def test_arrays_of_jax() -> None:
    jax = pytest.importorskip("jax")
    assert plain_json("k", {"a": jax.numpy.float32(2), "b": jax.numpy.arange(2)}) == {
        "a": 2.0,
        "b": [0, 1],
    }


def test_a_text_stands_for_what_has_no_form_in_json(local_run: LocalRun) -> None:
    with pytest.warns(UserWarning, match=r"'deep\.er\[1\]': this complex has no form"):
        local_run.log({"deep": {"er": [1, 2j]}})
    with pytest.warns(UserWarning, match="has no form in JSON") as warned:
        local_run.log({"b": bytes(10**7), "c": Unwritable(), "d": memoryview(bytes(500))})
    assert all(len(str(warning.message)) < 200 for warning in warned)
    first, second = read(local_run, "history.jsonl")
    assert first["deep"] == {"er": [1, "2j"]}
    assert second["b"].startswith("b'\\x00")
    assert second["c"].startswith("<")
    assert all(len(second[key]) <= MOST_CHARACTERS for key in "bcd")


@pytest.mark.filterwarnings("ignore:.*has no form in JSON")
def test_what_holds_itself_is_written_to_a_depth(local_run: LocalRun) -> None:
    endless_list: list[Any] = []
    endless_list.append(endless_list)
    endless_dict: dict[str, Any] = {}
    endless_dict["d"] = endless_dict
    local_run.log({"list": endless_list, "dict": endless_dict})
    local_run.config["list"] = endless_list
    local_run.summary["dict"] = endless_dict
    local_run.finish()
    assert "[[...]]" in str(read(local_run, "config.json"))
    assert "{'d': {...}}" in str(read(local_run, "summary.json"))
    assert all(text in str(read(local_run, "history.jsonl")) for text in ("[[...]]", "{...}"))


def test_captions_groupings_and_labels_of_any_number(local_run: LocalRun) -> None:
    image = Image(
        np.eye(5),
        caption=np.int64(3),  # type: ignore[arg-type]
        grouping=np.float32(NAN),
        masks={"m": {"mask_data": np.eye(5, dtype=int), "class_labels": {np.int64(1): "one"}}},
    )
    local_run.log({"open": 1, "one": image, "many": [image, image]}, step=0)
    local_run.log({"next": 2}, step=1)
    local_run.finish()
    rows = read(local_run, "history.jsonl")
    assert rows[0]["one"]["caption"] == 3
    assert rows[0]["one"]["grouping"] == "NaN"
    assert rows[0]["many"]["captions"] == [3, 3]
    assert rows[1]["next"] == 2
    labels = read(local_run, "config.json")["_wandb"]["mask/class_labels"]
    assert labels["one_wandb_delimeter_m"]["value"] == {"1": "one"}


def test_config_and_summary_of_any_kind(tmp_path: Path) -> None:
    with LocalRun(tmp_path, config={"rate": np.float32(0.5), "nan": NAN, "object": object}) as run:
        run.summary["best"] = np.float64(NAN)
        run.summary["thing"] = Unwritable()
        run.config["deep"] = {1: [np.int8(2)]}
        run.log({"a": 1})
    config, summary = read(run, "config.json"), read(run, "summary.json")
    assert config == {"rate": 0.5, "nan": "NaN", "object": "builtins.object", "deep": {"1": [2]}}
    assert summary["best"] == "NaN"
    assert summary["a"] == 1
    assert summary["thing"].startswith("<")


def figure() -> Any:
    return pytest.importorskip("matplotlib.figure").Figure()


def pyplot() -> Any:
    return pytest.importorskip("matplotlib.pyplot")


def pillow() -> Any:
    return pytest.importorskip("PIL.Image").new("L", (4, 4))


REFUSED = {
    "a figure": (figure, TypeError, r"'x' is a matplotlib.Figure: .*Image\(\.\.\.\)"),
    "pyplot": (pyplot, TypeError, r"Image\(\.\.\.\)"),
    "a Pillow image": (pillow, TypeError, r"'x' is a PIL.Image: .*Image\(\.\.\.\)"),
    "deep": (lambda: [{"y": pillow()}], TypeError, r"'x\[0\]\.y' is a PIL.Image"),
    "an image in dicts of a list": (
        lambda: [{"y": Image(np.eye(4))}],
        TypeError,
        r"'x\[0\]\.y' is a wbimage_ext.Image: images can be logged in a list",
    ),
    "a key that no file can have": (lambda: {"a\0b": Image(np.eye(4))}, ValueError, "NUL"),
    "images and numbers": (lambda: [Image(np.eye(4)), 3], ValueError, r"'x': Mixed media types"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("step", [None, 1])
def test_a_refused_value_is_named_and_changes_nothing(
    name: str, step: int | None, local_run: LocalRun
) -> None:
    make, kind, text = REFUSED[name]
    local_run.log({"before": 1}, step=step)
    files = files_below(local_run.dir)
    with pytest.raises(kind, match=text) as raised:
        local_run.log({"image": Image(np.eye(4)), "x": make()}, step=step)
    assert len(str(raised.value)) < 250
    assert files_below(local_run.dir) == files
    local_run.log({"after": Image(np.eye(4))}, step=step)
    local_run.finish()
    keys = {key for row in read(local_run, "history.jsonl") for key in row if key[0] != "_"}
    assert keys == {"before", "after"}


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda run: run.log(bytes(10**7)), "a dict of values"),
        (lambda run: run.log({bytes(10**7): 1}), "must be str"),
        (lambda run: run.log({"a": 1}, step="x" * 10**7), "step must be an integer"),
        (lambda run: run.log({"a": 1}, step=1.5), "step must be an integer"),
        (lambda run: run.config.update(bytes(10**7)), "Namespace"),
    ],
)
def test_messages_are_short_whatever_was_passed(call: Any, text: str, local_run: LocalRun) -> None:
    with pytest.raises(TypeError, match=text) as raised:
        call(local_run)
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("step", [2**63, -(2**63) - 1, 10**5000], ids=["most", "least", "long"])
def test_a_step_that_does_not_fit_is_refused_at_once(step: int, local_run: LocalRun) -> None:
    with pytest.raises(ValueError, match="step must be an integer of 64 bits") as raised:
        local_run.log({"a": 1}, step=step)
    assert len(str(raised.value)) < 200
    local_run.log({"b": 1}, step=2**63 - 1)
    local_run.finish()
    (row,) = read(local_run, "history.jsonl")
    assert (row["b"], row["_step"], "a" in row) == (1, 2**63 - 1, False)


def test_steps_are_integers_of_any_kind(local_run: LocalRun) -> None:
    for step in (np.int64(3), np.uint8(4), True):
        local_run.log({"a": 1}, step=step)  # type: ignore[arg-type]
    local_run.finish()
    assert [row["_step"] for row in read(local_run, "history.jsonl")] == [3, 4, 1]


def test_config_of_a_parser(tmp_path: Path) -> None:
    arguments = argparse.Namespace(rate=0.5, hidden=1)
    with LocalRun(tmp_path, config=arguments, config_exclude_keys=["hidden"]) as run:
        run.config.update(argparse.Namespace(more=math.pi), allow_val_change=True)
        run.config.rate = 0.25
        run.config.setdefaults({"rate": 1, "new": 2})
    assert read(run, "config.json") == {"rate": 0.25, "more": math.pi, "new": 2}
    assert run.config.as_dict() == {"rate": 0.25, "more": math.pi, "new": 2}


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_a_large_array_is_written_with_one_warning(kind: str, tmp_path: Path) -> None:
    array: Any = np.zeros((101, 100), np.uint8)
    if kind == "torch":
        array = pytest.importorskip("torch").from_numpy(array)
    run = LocalRun(tmp_path)
    with pytest.warns(UserWarning, match="numbers") as warned:
        run.log({"a": {"img": array}, "small": array[:100], "list": [0] * 20_000})
    assert [str(warning.message) for warning in warned] == [
        "'a.img': 10,100 numbers go into the history as text; Image(array) logs a picture"
    ]
    assert warned[0].filename == __file__
    assert read(run, "history.jsonl")[0]["a"]["img"] == array.tolist()
    run.finish()

"""Line charts of metrics: runs overlaid, tied to the slider, smoothed, long and on a log scale."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wbimage_ext.view import write_page

from ..made_runs import RunFolder
from .conftest import Visit
from .pages import BLACK


def metric_run(root: Path, name: str = "a run", factor: float = 1) -> RunFolder:
    """Log 100 steps of two metrics, and a picture each ten steps."""
    run = RunFolder(root, name)
    image = run.image(BLACK, "media/images/p.png")
    for step in range(100):
        row: dict[str, Any] = {"loss": factor * 10.0 ** (-step / 50), "score": {"f1": step / 100}}
        if step % 10 == 0:
            row["p"] = {**image, "caption": f"at {step}"}
        run.log(step, **row)
    run.write()
    return run


def lines(opened: Visit, metric: str) -> list[str]:
    opened.settled()
    chart = opened.page.locator(f".chart[aria-label='{metric}']")
    return list(chart.locator(".line").evaluate_all("(all) => all.map((p) => p.getAttribute('d'))"))


def points(path: str) -> np.ndarray:
    numbers = [pair.split() for pair in path.replace("M", "L").split("L")[1:]]
    return np.array(numbers, float)


def test_runs_are_overlaid_and_told_apart(visit: Any, tmp_path: Path) -> None:
    metric_run(tmp_path / "a", "one")
    metric_run(tmp_path / "b", "two", factor=2)
    write_page(tmp_path)
    opened = visit(tmp_path)
    assert opened.text(".chart .key") == ["loss", "score.f1"]
    assert len(lines(opened, "loss")) == 2
    first, second = (points(path) for path in lines(opened, "loss"))
    assert len(first) == len(second) == 100
    colours = opened.page.locator(".chart .line").evaluate_all(
        "(all) => all.map((p) => p.style.stroke)"
    )
    assert colours[0] != colours[1]
    # The cursor stands at the last step that has pictures.
    assert opened.text(".chart >> nth=0 >> .chart-values span") == ["0.01585", "0.0317"]
    label = opened.page.locator(".plot").first.get_attribute("aria-label")
    assert label in ("loss: one 0.01585, two 0.0317", "loss: two 0.0317, one 0.01585")


def test_a_click_goes_there_and_the_slider_moves_the_cursor(visit: Any, tmp_path: Path) -> None:
    metric_run(tmp_path)
    write_page(tmp_path)
    opened = visit(tmp_path)
    area = opened.page.locator(".plot").first.bounding_box()
    x = points(lines(opened, "loss")[0])[:, 0]
    opened.page.mouse.click(area["x"] + x[47], area["y"] + 60)
    assert opened.text("figcaption") == ["at 40"]
    opened.page.mouse.move(5, 5)
    opened.page.keyboard.press("ArrowLeft")
    assert opened.text("figcaption") == ["at 30"]
    cursor = float(opened.page.locator(".cursor line").first.get_attribute("x1"))
    assert cursor == pytest.approx(x[30], abs=0.2)
    assert opened.text(".chart >> nth=0 >> .chart-values") == ["0.2512"]
    opened.page.mouse.move(area["x"] + x[80], area["y"] + 60)
    assert opened.text(".chart >> nth=0 >> .chart-values") == ["0.02512"]


def test_an_axis_of_steps_has_whole_numbers_alone(visit: Any, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    for step in range(3):
        run.log(step, loss=0.5 - step / 10)
    run.write()
    write_page(tmp_path)
    opened = visit(tmp_path)
    opened.settled()
    ticks = {
        anchor: opened.page.locator(f".plot text[text-anchor={anchor}]").all_text_contents()
        for anchor in ("middle", "end")
    }
    assert ticks == {"middle": ["0", "1", "2"], "end": ["0.3", "0.35", "0.4", "0.45", "0.5"]}


def test_log_scale_makes_an_exponential_straight(visit: Any, tmp_path: Path) -> None:
    metric_run(tmp_path)
    write_page(tmp_path)
    opened = visit(tmp_path)
    linear = points(lines(opened, "loss")[0])[:, 1]
    assert np.ptp(np.diff(linear)) > 1
    opened.page.get_by_label("Log scale").check()
    log = points(lines(opened, "loss")[0])[:, 1]
    assert np.ptp(np.diff(log)) < 0.3
    # Zero has no place on it and leaves a gap.
    f1 = points(lines(opened, "score.f1")[0])
    assert len(f1) == 99


def test_smoothing(visit: Any, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    values = [1.0, 0.0] * 20
    for step, value in enumerate(values):
        run.log(step, loss=value)
    write_page(run.write())
    opened = visit(tmp_path)
    raw = points(lines(opened, "loss")[0])[:, 1]
    opened.set_range("#chart-tools input[type=range]", 0.9)
    faint, smooth = (points(path)[:, 1] for path in lines(opened, "loss"))
    np.testing.assert_array_equal(faint, raw)
    average, weight, expected = 0.0, 1.0, []
    for value in values:
        average = average * 0.9 + value * 0.1
        weight *= 0.9
        expected.append(average / (1 - weight))
    share = (raw.max() - smooth) / (raw.max() - raw.min())
    np.testing.assert_allclose(share, expected, atol=0.01)


def test_a_million_steps_keep_their_peaks_and_stay_quick(visit: Any, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.write()
    random = np.random.default_rng(0)
    values = np.exp(-np.arange(1_000_000) / 300_000) + random.normal(0, 0.01, 1_000_000)
    values[654_321] = 5.0
    values[123_456] = -3.0
    with (tmp_path / "history.jsonl").open("w") as file:
        file.writelines(
            f'{{"_step":{step},"loss":{value:.6g}}}\n' for step, value in enumerate(values)
        )
    page = write_page(tmp_path)
    assert page.stat().st_size < 1_000_000
    opened = visit(tmp_path)
    (line,) = lines(opened, "loss")
    assert 100 < len(points(line)) < 2500
    band = points(opened.page.locator(".band").first.get_attribute("d").rstrip("Z"))
    area = opened.page.locator(".plot").first.bounding_box()
    top, bottom = band[:, 1].min(), band[:, 1].max()
    assert top == pytest.approx(8, abs=0.5)  # the frame's edges: nothing is cut off
    assert bottom == pytest.approx(area["height"] - 20, abs=0.5)
    peak = band[band[:, 1].argmin(), 0]
    x0, x1 = band[:, 0].min(), band[:, 0].max()
    assert (peak - x0) / (x1 - x0) == pytest.approx(0.654321, abs=0.01)
    took = opened.page.evaluate(
        """() => {
            let shortest = Infinity;  // the others had to wait for the processor
            for (let turn = 0; turn < 20; turn += 1) {
                const start = performance.now();
                Charts.moved();
                document.querySelector("#chart-tools input").dispatchEvent(new Event("input"));
                shortest = Math.min(shortest, performance.now() - start);
            }
            return shortest;
        }"""
    )
    assert took < 100


def test_many_metrics_are_shown_row_by_row_and_found(visit: Any, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    for step in range(3):
        run.log(step, **{f"m{n}": step * n for n in range(50)}, **{"val/loss": step})
    write_page(run.write())
    opened = visit(tmp_path)
    assert opened.text(".chart .key") == ["val/loss", "m0", "m1"]
    opened.page.get_by_role("button", name="Show more of 51 metrics (3 shown)").click()
    assert len(opened.text(".chart")) == 15
    opened.page.locator("#search").fill("m4")
    assert opened.text(".chart .key") == ["m4", "m40", "m41"]


def test_values_that_cannot_be_drawn(visit: Any, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.write()
    rows = [
        {"_step": 0, "a": "NaN", "b": 1e308, "c": 7, "d": True, "e": None},
        {"_step": 1, "a": 2, "b": float("inf"), "c": 7, "d": False},
        {"_step": 2, "a": float("nan"), "b": 1, "c": 7},
    ]
    (tmp_path / "history.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    write_page(tmp_path)
    opened = visit(tmp_path)
    assert opened.text(".chart .key") == ["c", "a", "b"]
    assert len(points(lines(opened, "a")[0])) == 1
    assert len(points(lines(opened, "c")[0])) == 3
    assert opened.complaints == []

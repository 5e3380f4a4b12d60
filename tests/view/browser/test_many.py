"""Runs with very many pictures."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from wbimage_ext.view import write_page

from ..made_runs import RunFolder, separated
from .pages import BLACK


def test_ten_thousand_pictures_and_five_hundred_steps(visit: Any, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.image(np.full((64, 64, 3), 77, np.uint8), "media/images/one.png")
    for step in range(500):
        row = {}
        for key in range(5):
            paths = [f"media/images/k{key}_{step}_{n}.png" for n in range(4)]
            for path in paths:
                os.link(tmp_path / "media/images/one.png", tmp_path / path)
            row[f"k{key}"] = separated(
                [{"path": path, "width": 64, "height": 64} for path in paths],
                captions=[f"{step}.{key}.{n}" for n in range(4)],
            )
        run.log(step, **row)
    page = write_page(run.write())
    assert page.stat().st_size < 2_000_000
    opened = visit(tmp_path)
    assert "10,000 pictures" in opened.text("#run-facts")[0]
    for at in (0, 250, 499):
        opened.set_range("#step-range", at)
        opened.settled()
        captions = opened.text(".tile figcaption")
        assert captions == [f"{at}.{key}.{n}" for key in range(5) for n in range(4)]
        assert opened.page.locator("img").count() <= 20
    lazy = opened.page.locator(".tile img").evaluate_all(
        "(all) => all.every((image) => image.loading === 'lazy' && image.width && image.height)"
    )
    assert lazy


def test_one_step_with_thousands_of_pictures_is_capped(visit: Any, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    image = run.image(BLACK, "media/images/one.png")
    keys = {f"key{n}": image for n in range(300)}
    run.log(0, many=separated([image] * 3000), **keys)
    write_page(run.write())
    opened = visit(tmp_path)
    assert opened.page.locator(".tile").count() <= 140
    opened.page.get_by_role("button", name="Show more of 3000 pictures").click()
    opened.settled()
    assert opened.page.locator(".panel").first.locator(".tile").count() == 300
    more_keys = opened.page.get_by_role("button", name="Show more of 301 keys")
    # What comes into sight is drawn, and the button moves, before it is clicked.
    more_keys.scroll_into_view_if_needed()
    opened.settled()
    more_keys.click()
    opened.until("document.querySelectorAll('.panel').length === 160")
    assert "3,300 pictures" in opened.text("#run-facts")[0]

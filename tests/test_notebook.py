"""What a notebook gets of an image and of a run: bundles of MIME types."""

from __future__ import annotations

import base64
import html
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext import Image, LocalRun, notebook

MASKS = {"m": {"mask_data": np.eye(20, dtype=int) * 2, "class_labels": {0: "road", 2: "<car>"}}}
HOSTILE = '<img src=x onerror="1">'


BOX = {"position": {"minX": 0.25, "maxX": 0.5, "minY": 0.5, "maxY": 1.0}, "class_id": 2}


def test_an_image_is_its_file() -> None:
    for file_type, name in (("png", "image/png"), ("jpg", "image/jpeg")):
        image = Image(np.eye(20), file_type=file_type)
        bundle = image._repr_mimebundle_()
        assert bundle.keys() == {"text/plain", name}
        assert base64.b64decode(bundle[name]) == wbimage_ext.encode(np.eye(20), file_type)
    bmp = Image(np.eye(20), file_type="bmp")._repr_mimebundle_()
    assert bmp.keys() == {"text/plain", "text/html"}


def test_what_cannot_be_shown_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Image("https://example.com/a.png")._repr_mimebundle_().keys() == {"text/plain"}
    monkeypatch.setattr(notebook, "MOST_BYTES", 10)
    assert Image(np.eye(20))._repr_mimebundle_().keys() == {"text/plain"}


def test_a_file_that_was_removed_is_text(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(wbimage_ext.encode(np.eye(20)))
    image = Image(tmp_path / "a.png", masks={"m": {"path": str(tmp_path / "b.png")}})
    assert image._repr_mimebundle_().keys() == {"text/plain", "image/png", "text/html"}
    (tmp_path / "b.png").unlink()
    assert image._repr_mimebundle_().keys() == {"text/plain"}


def test_caption_masks_and_boxes_are_shown_as_html() -> None:
    for layers in ({"caption": "text"}, {"masks": MASKS}, {"boxes": {"b": {"box_data": [BOX]}}}):
        bundle = Image(np.eye(20), **layers)._repr_mimebundle_()
        assert bundle.keys() == {"text/plain", "image/png", "text/html"}
    image = Image(np.eye(20), caption=HOSTILE, masks={HOSTILE: MASKS["m"]})
    tags: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attributes: Any) -> None:
            tags.append(tag)
            assert not any(name.startswith("on") for name, _ in attributes)

    text = image._repr_mimebundle_()["text/html"]
    Parser().feed(text)
    assert "script" not in tags
    assert html.escape(HOSTILE) in text
    assert "&lt;car&gt;" in text


@pytest.mark.parametrize("kind", [float, np.float32, np.array, "torch"])
def test_boxes_of_any_numbers_are_drawn(kind: Any) -> None:
    if kind == "torch":
        kind = pytest.importorskip("torch").tensor
    corners = {name: kind(value) for name, value in BOX["position"].items()}
    middle = {"middle": np.array([0.5, 0.5]), "width": kind(0.5), "height": kind(0.25)}
    layers = {
        "corners": {"box_data": [{"position": corners, "class_id": np.int64(2)}]},
        "middle": {
            "box_data": [{"position": middle, "class_id": 3}],
            "class_labels": {np.uint8(3): "cat", 1.5: "between"},
        },
    }
    text = Image(np.eye(20), boxes=layers)._repr_mimebundle_()["text/html"]
    drawn = html.unescape(text)
    assert 'x="5.0" y="10.0" width="5.0" height="10.0"' in drawn
    assert 'x="5.0" y="7.5" width="10.0" height="5.0"' in drawn
    assert drawn.count("<title>class_2</title>") == drawn.count("<title>cat</title>") == 1
    assert "between" not in drawn


def test_a_run_is_its_page_so_far(tmp_path: Path) -> None:
    with LocalRun(tmp_path, name='a "run"') as run:
        run.log({"k": Image(np.eye(20), caption="first")})
        bundle = run._repr_mimebundle_()
        assert bundle["text/plain"] == f"<LocalRun 'a \"run\"' in {tmp_path}>"
        text = bundle["text/html"]
        assert "<iframe" in text
        page = html.unescape(text.partition('srcdoc="')[2])
        assert "data:image/png;base64," in page
        run.log({"k": Image(np.eye(20), caption="second")})
        assert len(run._repr_mimebundle_()["text/html"]) > len(text)

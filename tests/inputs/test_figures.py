"""matplotlib inputs: the pixels of savefig with the same settings, and a figure left as it was."""

from __future__ import annotations

import io
import sys
import types
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage

from wbimage_ext import Image

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")

from matplotlib import pyplot  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

Array = np.ndarray[Any, Any]


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    yield
    pyplot.close("all")


def figure_with_axes(figure: Any = None) -> Any:
    figure = Figure(figsize=(2.1, 1.3)) if figure is None else figure
    axes = figure.add_subplot()
    axes.plot([1, 3, 2], label="a line")
    axes.imshow(np.arange(12).reshape(3, 4), alpha=0.5)
    axes.legend()
    return figure


def savefig(figure: Any, file_type: str = "png") -> Array:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=file_type)
    return np.asarray(PILImage.open(buffer))


def test_a_figure() -> None:
    figure = figure_with_axes()
    image = Image(figure)
    theirs = savefig(figure)
    assert image.image.mode == "RGBA"
    assert (image._height, image._width) == theirs.shape[:2]
    np.testing.assert_array_equal(np.asarray(image.image), theirs)


def sources(figure: Any) -> dict[str, Any]:
    axes = figure.axes[0]
    return {
        "figure": figure,
        "axes": axes,
        "line": axes.lines[0],
        "image": axes.images[0],
        "bars": axes.bar([1, 2], [1, 2]),
        "error bars": axes.errorbar([1, 2], [1, 2], yerr=0.1),
        "legend": axes.get_legend(),
        "canvas": figure.canvas,
    }


@pytest.mark.parametrize("kind", sources(figure_with_axes()))
def test_what_belongs_to_a_figure_is_that_figure(kind: str) -> None:
    figure = figure_with_axes()
    source = sources(figure)[kind]
    np.testing.assert_array_equal(np.asarray(Image(source).image), savefig(figure))


def test_subfigures() -> None:
    figure = Figure(figsize=(2, 1))
    left, _right = figure.subfigures(1, 2)
    axes = left.add_subplot()
    theirs = savefig(figure)
    for source in (left, axes):
        np.testing.assert_array_equal(np.asarray(Image(source).image), theirs)


def test_pyplot_is_its_current_figure() -> None:
    pyplot.figure(figsize=(1, 1))
    figure_with_axes(pyplot.figure(figsize=(2, 1)))
    theirs = savefig(pyplot.gcf())
    np.testing.assert_array_equal(np.asarray(Image(pyplot).image), theirs)
    # In its older interface pyplot is a module like any other.
    with pytest.raises(TypeError, match="module"):
        Image(types.ModuleType("pyplot"))


SETTINGS: list[dict[str, Any]] = [
    {"savefig.dpi": 61},
    {"savefig.facecolor": "red", "savefig.edgecolor": "blue"},
    {"savefig.transparent": True},
    {"savefig.bbox": "tight"},
    {"savefig.bbox": "tight", "savefig.pad_inches": 0.3, "savefig.dpi": 93},
    {"savefig.format": "pdf"},
    {"figure.autolayout": True},
    {"figure.constrained_layout.use": True},
    {"image.origin": "lower"},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_settings_are_savefigs(settings: dict[str, Any]) -> None:
    with matplotlib.rc_context(settings):
        # Two figures, because automatic layout moves on with every drawing.
        theirs = savefig(figure_with_axes())
        np.testing.assert_array_equal(np.asarray(Image(figure_with_axes()).image), theirs)


def test_the_figure_is_left_as_it_was() -> None:
    figure = figure_with_axes(pyplot.figure())
    figure.set_dpi(77)
    number = figure.number
    before = (figure.dpi, figure.get_facecolor(), figure.canvas, tuple(figure.get_size_inches()))
    with matplotlib.rc_context({"savefig.dpi": 50, "savefig.facecolor": "green"}):
        Image(figure)
    after = (figure.dpi, figure.get_facecolor(), figure.canvas, tuple(figure.get_size_inches()))
    assert after == before
    assert pyplot.fignum_exists(number)


def test_other_canvases() -> None:
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    figure = figure_with_axes()
    canvas = FigureCanvasSVG(figure)
    np.testing.assert_array_equal(np.asarray(Image(figure).image), savefig(figure))
    assert figure.canvas is canvas


@pytest.mark.parametrize("file_type", ["jpg", "bmp"])
def test_file_types_without_alpha(file_type: str) -> None:
    figure = figure_with_axes()
    with warnings.catch_warnings():
        # An opaque figure loses nothing.
        warnings.simplefilter("error")
        image = Image(figure, file_type=file_type)
    theirs = PILImage.fromarray(savefig(figure)).convert("RGB")
    if file_type == "jpg":
        buffer = io.BytesIO()
        theirs.save(buffer, "JPEG")
        theirs = PILImage.open(buffer)
    np.testing.assert_array_equal(np.asarray(image.image.convert("RGB")), np.asarray(theirs))


def test_a_transparent_figure_as_jpeg_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    # Where wandb is imported it gives the warning, not Python.
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    with (
        matplotlib.rc_context({"savefig.transparent": True}),
        pytest.warns(UserWarning, match="transparency"),
    ):
        Image(figure_with_axes(), file_type="jpg")


def test_mode_and_values() -> None:
    figure = figure_with_axes()
    theirs = PILImage.fromarray(savefig(figure))
    for mode in ("L", "RGB", "P"):
        expected = theirs.convert(mode)
        ours = Image(figure, mode=mode).image
        assert ours.mode == mode
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(expected))
    # What is drawn are colours, not values to be scaled.
    np.testing.assert_array_equal(np.asarray(Image(figure, normalize=(0, 10)).image), theirs)


def test_an_artist_without_a_figure_is_named() -> None:
    from matplotlib.lines import Line2D

    with pytest.raises(ValueError, match=r"Line2D belongs to no figure"):
        Image(Line2D([1], [1]))


@pytest.mark.parametrize("dataformats", ["NHWC", "NCHW", "NHW"])
def test_a_batch_of_figures(dataformats: str) -> None:
    images = Image.from_batch([figure_with_axes(), figure_with_axes()], dataformats=dataformats)
    theirs = savefig(figure_with_axes())
    for image in images:
        np.testing.assert_array_equal(np.asarray(image.image), theirs)


def test_figures_on_threads() -> None:
    figures = [figure_with_axes() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        images = list(pool.map(Image, figures * 2))
    theirs = savefig(figures[0])
    for image in images:
        np.testing.assert_array_equal(np.asarray(image.image), theirs)

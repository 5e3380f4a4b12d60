"""Copies, pickles and images of worker processes in runs of wandb: ours, and wandb's own after
install(). A row names files of its own run, each under its own digest.
"""

from __future__ import annotations

import copy
import hashlib
import json
import multiprocessing
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wbimage_ext
from wbimage_ext import LocalRun

from .support import mask, needs_wandb, pixels, run_python

pytestmark = [needs_wandb, pytest.mark.filterwarnings("default")]

POSITION = {"minX": 0.1, "maxX": 0.5, "minY": 0, "maxY": 1}
BOXES = {"box_data": [{"position": POSITION, "class_id": 1}], "class_labels": {1: "a"}}


@pytest.fixture(params=["ours", "installed"])
def make(request: pytest.FixtureRequest, wandb: Any) -> Iterator[Callable[..., Any]]:
    """The class of images: ours, or wandb's own after install()."""
    if request.param == "ours":
        yield wbimage_ext.Image
    else:
        wbimage_ext.install()
        yield wandb.Image
        wbimage_ext.uninstall()


class Runs:
    """Runs one after the other, with the rows that wandb makes of what is logged."""

    def __init__(self, wandb: Any) -> None:
        self._wandb = wandb
        self.run: Any = None
        self.rows: list[dict[str, Any]] = []

    def begin(self) -> None:
        self.run = self._wandb.init(project="tested", mode="offline")
        self.rows = []
        run = self.run
        interface = run._interface if hasattr(run, "_interface") else run._backend.interface
        send = interface.publish_partial_history

        def watch(*arguments: Any, **more: Any) -> Any:
            result = send(*arguments, **more)
            # Its values were replaced by their JSON.
            self.rows.append(next(it for it in arguments if isinstance(it, dict)))
            return result

        interface.publish_partial_history = watch

    def log(self, data: dict[str, Any]) -> None:
        self.run.log(data)

    def end(self, *, remove: bool = False) -> None:
        """Check that rows name files of this run, and files have their own digests."""
        directory = Path(self.run.dir)
        for row in self.rows:
            for name in paths_in(row):
                assert (directory / name).is_file(), name
        for file in directory.rglob("media/**/*"):
            if file.is_file():
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                assert digest[:20] == file.name.split("_")[-1].split(".")[0]
        self.run.finish()
        if remove:
            shutil.rmtree(directory.parent)


def paths_in(value: Any) -> Iterator[str]:
    """The paths of files in a row."""
    if isinstance(value, dict):
        if "path" in value:
            yield value["path"]
        yield from value.get("filenames", ())
        for inner in value.values():
            yield from paths_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from paths_in(inner)


@pytest.fixture
def runs(wandb: Any) -> Iterator[Runs]:
    runs = Runs(wandb)
    yield runs
    if runs.run is not None:
        runs.run.finish()


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda image: pickle.loads(pickle.dumps(image)),
    "Image(image)": lambda image: type(image)(image),
    "itself": lambda image: image,
}


@pytest.mark.parametrize("make_copy", COPIES.values(), ids=COPIES)
def test_copies_are_logged_in_any_run(
    make_copy: Callable[[Any], Any], make: Any, runs: Runs
) -> None:
    image = make(pixels(), boxes={"b": BOXES}, caption="c")
    before = make_copy(image)
    runs.begin()
    runs.log({"before": before})
    runs.log({"image": image, "list": [image, before, make_copy(image)]})
    after = make_copy(image)
    runs.log({"after": after})
    runs.end(remove=True)
    runs.begin()
    runs.log({"image": image})
    runs.log({"before": before, "after": after, "list": [after, image]})
    keys = {Path(name).name.split("_")[0] for name in paths_in(runs.rows)}
    # wandb binds an object once to a run, so that a second key names the file of the first.
    assert keys == {"image", "list"} | ({"before", "after"} if before is not image else set())
    runs.end(remove=True)
    for some in (image, before, after):
        assert np.array_equal(np.asarray(some.image), pixels())


def test_an_image_of_a_local_run_and_of_two_wandb_runs_at_a_time(
    make: Any, runs: Runs, wandb: Any, tmp_path: Path
) -> None:
    image = make(pixels(), boxes={"b": BOXES}, masks={"m": mask()})
    with LocalRun(tmp_path / "local") as local:
        local.log({"local": image})
    runs.begin()
    runs.log({"one": image})
    if "create_new" in str(wandb.Settings.__annotations__.get("reinit")):
        other = wandb.init(project="tested", mode="offline", reinit="create_new")
        other.log({"two": image})
        other.log({"list": [image]})
        names = [file.name.split("_")[0] for file in Path(other.dir).rglob("*.png")]
        assert sorted(names) == ["list", "list", "one", "one"]
        other.finish()
    runs.log({"again": image})
    runs.end()


def test_copies_go_into_artifacts_whatever_run_was_removed(
    make: Any, runs: Runs, wandb: Any
) -> None:
    image = make(pixels())
    runs.begin()
    runs.log({"image": image})
    runs.end(remove=True)
    artifact = wandb.Artifact("kept", "dataset")
    artifact.add(image, "image")
    artifact.add(copy.copy(image), "copy")
    runs.begin()
    runs.log({"again": image, "table": wandb.Table(columns=["a"], data=[[make(image)]])})
    runs.end()


def test_an_image_that_was_rewritten_is_refused_and_can_be_logged_later(
    make: Any, runs: Runs, tmp_path: Path
) -> None:
    path = tmp_path / "given.png"
    good, other = (wbimage_ext.encode(pixels(n)) for n in (1, 2))
    path.write_bytes(good)
    image = make(str(path))
    runs.begin()
    path.write_bytes(other)
    for value in (image, [image], {"deep": [make(pixels(3)), image]}):
        with pytest.raises(OSError, match="changed") as raised:
            runs.log({"k": value})
        assert raised.value.filename == str(path)
    path.write_bytes(good)
    runs.log({"k": image})
    assert runs.rows[-1]["k"]["sha256"] == hashlib.sha256(good).hexdigest()
    runs.end()


def test_numpy_numbers_of_boxes(make: Any, runs: Runs, wandb: Any) -> None:
    position = {name: np.int32(n) for n, name in enumerate(("minX", "minY", "maxX", "maxY"))}
    boxes = [
        {"position": position, "domain": "pixel", "class_id": 1, "scores": {"s": np.float32(0.5)}}
    ]
    layers = {"b": {"box_data": boxes, "class_labels": {1: "a"}}}
    image = make(pixels(), caption=np.int64(3), boxes=layers)
    runs.begin()
    runs.log({"image": image, "list": [image]})
    (file, _other) = sorted(Path(runs.run.dir).rglob("*.boxes2D.json"))
    (box,) = json.loads(file.read_text())["box_data"]
    assert box["position"] == {"minX": 0, "minY": 1, "maxX": 2, "maxY": 3}
    assert box["scores"] == {"s": 0.5}
    artifact = wandb.Artifact("kept", "dataset")
    artifact.add(image, "image")
    artifact.add(wandb.Table(columns=["image"], data=[[image]]), "table")
    entry = artifact.manifest.entries["image.image-file.json"]
    written = json.loads(Path(entry.local_path).read_text())
    assert written["boxes"]["b"] == [box]
    runs.end()


def test_boxes_and_masks_of_wandbs_own_classes(wandb: Any, runs: Runs, tmp_path: Path) -> None:
    boxes = wandb.data_types.BoundingBoxes2D(copy.deepcopy(BOXES), "b")
    layer = wandb.data_types.ImageMask(mask(), "m")
    image = wbimage_ext.Image(pixels(), boxes={"b": boxes}, masks={"m": layer})
    with LocalRun(tmp_path) as local:
        local.log({"k": image})
    runs.begin()
    runs.log({"k": image, "theirs": wandb.Image(pixels(), boxes={"b": boxes}, masks={"m": layer})})
    runs.end()
    row = json.loads((tmp_path / "history.jsonl").read_text())
    assert (tmp_path / row["k"]["masks"]["m"]["path"]).is_file()
    assert (tmp_path / row["k"]["boxes"]["b"]["path"]).is_file()


def test_images_made_before_install_are_copied_and_logged_after(wandb: Any, runs: Runs) -> None:
    given = wandb.Image(pixels(), masks={"m": mask()}, boxes={"b": copy.deepcopy(BOXES)})
    wbimage_ext.install()
    try:
        copies = [make_copy(given) for make_copy in COPIES.values()]
        for _ in range(2):
            runs.begin()
            runs.log({f"alone{n}": image for n, image in enumerate(copies)})
            runs.log({"list": copies})
            runs.end(remove=True)
        for image in copies:
            assert np.array_equal(np.asarray(image.image), pixels())
    finally:
        wbimage_ext.uninstall()


@pytest.mark.parametrize("is_installed", [False, True])
def test_images_of_wandbs_own_in_a_local_run(
    is_installed: bool, wandb: Any, runs: Runs, tmp_path: Path
) -> None:
    def theirs(seed: int) -> Any:
        return wandb.Image(
            pixels(seed), caption=str(seed), masks={"m": mask()}, boxes={"b": copy.deepcopy(BOXES)}
        )

    if is_installed:
        wbimage_ext.install()
    try:
        images = [theirs(n) for n in range(4)]
        with LocalRun(tmp_path) as local:
            local.log({"alone": images[0], "list": images[:2], "deep": {"er": images[2]}})
            local.log({"mixed": [wbimage_ext.Image(pixels(9), caption="ours"), images[3]]})
            local.log({"mixed": [images[3], wbimage_ext.Image(pixels(9), caption="ours")]})
        runs.begin()
        runs.log({"list": images, "alone": images[0]})
        runs.end()
    finally:
        wbimage_ext.uninstall()
    rows = [json.loads(row) for row in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert rows[0]["alone"]["masks"]["m"]["_type"] == "mask"
    assert rows[0]["list"]["captions"] == ["0", "1"]
    assert [row["mixed"]["captions"] for row in rows[1:]] == [["ours", "3"], ["3", "ours"]]
    for row in rows[1:]:
        for name in row["mixed"]["filenames"]:
            assert (tmp_path / name).is_file()


STANDALONE_PICKLE = """
import sys
from pathlib import Path
import pickle
import numpy as np
import wbimage_ext.image
image = wbimage_ext.image.Image(
    np.arange(12, dtype=np.uint8).reshape(3, 4), caption="c",
    masks={"m": {"mask_data": np.arange(12).reshape(3, 4)}},
)
Path(sys.argv[1]).write_bytes(pickle.dumps(image))
assert "wandb" not in sys.modules
"""


def test_a_standalone_pickle_is_the_subclass_where_wandb_is(runs: Runs, tmp_path: Path) -> None:
    run_python(tmp_path / "other", "-c", STANDALONE_PICKLE, str(tmp_path / "pickle"))
    image = pickle.loads((tmp_path / "pickle").read_bytes())
    assert type(image) is wbimage_ext.Image
    assert type(image._masks["m"]) is wbimage_ext.ImageMask
    runs.begin()
    runs.log({"k": image, "list": [image]})
    assert len(list(paths_in(runs.rows))) == 4
    runs.end()


WORKERS = """
import multiprocessing, os, sys
from pathlib import Path
import numpy as np
import wandb, wbimage_ext
from tests.queues import all_of
which, way, method = sys.argv[1:]
if which == "installed":
    wbimage_ext.install()
Image = wandb.Image if which == "installed" else wbimage_ext.Image

def make(n):
    array = np.full((20, 24, 3), 10 * n + 2, np.uint8)
    return Image(array, caption=str(n), masks={"m": {"mask_data": array[:, :, 0]}})

def feed(queue, count):
    for n in range(count):
        queue.put(make(n))

class Images:
    def __len__(self):
        return 8
    def __getitem__(self, n):
        return make(n)

def made(context):
    if way == "pool":
        with context.Pool(2) as pool:
            return pool.map(make, range(8))
    if way == "queue":
        queue = context.Queue()
        maker = context.Process(target=feed, args=(queue, 8))
        maker.start()
        return all_of(queue, maker)
    from torch.utils.data import DataLoader
    loader = DataLoader(
        Images(), batch_size=4, num_workers=2, collate_fn=list, multiprocessing_context=method
    )
    return [image for batch in loader for image in batch]

if __name__ == "__main__":
    run = wandb.init(mode="offline")
    images = made(multiprocessing.get_context(method))
    assert type(images[0]) is Image, type(images[0])
    run.log({"list": images})
    for image in images:
        run.log({"alone": image})
    for n, image in enumerate(images):
        assert (np.asarray(image.image) == 10 * n + 2).all()
        assert image._caption == str(n)
    files = list(Path(run.dir).rglob("*.png"))
    # wandb binds an image once to a run: those of the list are not written again.
    assert len(files) == 16, len(files)
    run.finish()
"""


@pytest.mark.parametrize("which", ["ours", "installed"])
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.parametrize("way", ["pool", "queue", "data loader"])
def test_images_of_workers(way: str, method: str, which: str, tmp_path: Path) -> None:
    if way == "data loader":
        pytest.importorskip("torch")
    script = tmp_path / "workers.py"
    script.write_text(WORKERS)
    run_python(tmp_path / "run", str(script), which, way, method)


INSTALLED_IN_WORKERS_ONLY = WORKERS.replace(
    'if which == "installed":', 'if which == "installed" and __name__ != "__main__":'
)


def test_pickles_of_installed_images_are_wandbs_own_where_it_is_not_installed(
    tmp_path: Path,
) -> None:
    assert INSTALLED_IN_WORKERS_ONLY != WORKERS
    script = tmp_path / "workers.py"
    script.write_text(INSTALLED_IN_WORKERS_ONLY)
    run_python(tmp_path / "run", str(script), "installed", "pool", "spawn")

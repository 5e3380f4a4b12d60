"""Image, masks and boxes in real offline runs of the installed wandb, and install()."""

from __future__ import annotations

import builtins
import copy
import hashlib
import json
import multiprocessing
import os
import pickle
import sys
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wbimage_ext

from .support import HERE, ROOT, mask, needs_wandb, pixels, run_python

# wandb's own deprecations are not ours to fail on.
pytestmark = [needs_wandb, pytest.mark.filterwarnings("default")]

PROGRAM = HERE / "program.py"


# The same program with wandb's class and with ours.


@pytest.fixture(scope="module")
def said_by_wandb(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return said_with("wandb", tmp_path_factory.mktemp("program"))


def said_with(which: str, directory: Path) -> Any:
    result = directory / "said.json"
    run_python(directory / "runs", str(PROGRAM), which, str(result))
    return json.loads(result.read_text())


@pytest.mark.parametrize("which", ["ours", "installed"])
def test_the_same_program_leaves_the_same_runs(
    which: str, said_by_wandb: Any, tmp_path: Path
) -> None:
    said = said_with(which, tmp_path)
    assert len(said["runs"][0]["rows"]) > 30
    assert len(said["runs"][0]["media"]) > 150
    ours, theirs = dict(said["said"]), dict(said_by_wandb["said"])
    for error, wandbs in zip(ours.pop("errors"), theirs.pop("errors"), strict=True):
        assert error[0] == wandbs[0]
        assert error[1].startswith(wandbs[1]), "our texts may add what would be right"
    assert ours == theirs
    for ours, theirs in zip(said["runs"], said_by_wandb["runs"], strict=True):
        for part in theirs:
            assert ours[part] == theirs[part], part


# Subclasses.


def test_classes_are_subclasses(wandb: Any) -> None:
    data_types = wandb.data_types
    for ours, theirs in (
        (wbimage_ext.Image, wandb.Image),
        (wbimage_ext.Classes, wandb.Classes),
        (wbimage_ext.BoundingBoxes2D, data_types.BoundingBoxes2D),
        (wbimage_ext.ImageMask, data_types.ImageMask),
    ):
        assert issubclass(ours, theirs)
        assert ours is not theirs
        assert ours.__module__ == "wbimage_ext"


def test_wandbs_image_counts_as_ours_in_a_list_but_not_as_a_subclass_of_ours(wandb: Any) -> None:
    class Mine(wbimage_ext.Image):
        pass

    assert isinstance(wandb.Image(pixels()), wbimage_ext.Image)
    assert not isinstance(wandb.Image(pixels()), Mine)
    assert isinstance(Mine(pixels()), wbimage_ext.Image)
    assert not issubclass(wandb.Image, wbimage_ext.Image)


TYPE_MAP = """
{first}
from wandb.sdk.data_types.base_types.wb_value import WBValue
{second}
import wandb, wbimage_ext
wbimage_ext.Image
assert WBValue.type_mapping()["image-file"] is wandb.Image
assert WBValue.type_mapping()["mask"] is wandb.data_types.ImageMask
assert WBValue.type_mapping()["bounding-boxes"] is wandb.data_types.BoundingBoxes2D
assert WBValue.type_mapping()["classes"] is wandb.Classes
"""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("import wbimage_ext; wbimage_ext.Image", ""),
        ("", "WBValue.type_mapping()"),
        ("import wandb", "import wbimage_ext; wbimage_ext.Image"),
    ],
)
def test_the_type_map_keeps_the_originals(first: str, second: str, tmp_path: Path) -> None:
    run_python(tmp_path, "-c", TYPE_MAP.format(first=first, second=second))


def test_importing_the_package_imports_no_wandb(tmp_path: Path) -> None:
    code = "import sys, wbimage_ext; wbimage_ext.encode; assert 'wandb' not in sys.modules"
    run_python(tmp_path, "-c", code)


def test_local_run_takes_them_too(wandb: Any, local_run: Any) -> None:
    image = wbimage_ext.Image(pixels(), caption="c", masks={"m": mask()})
    local_run.log({"one": image, "list": [wbimage_ext.Image(pixels())]})
    row = json.loads(Path(local_run.dir, "history.jsonl").read_text())
    assert row["one"]["_type"] == "image-file"
    assert row["one"]["masks"]["m"]["_type"] == "mask"
    assert row["list"]["filenames"] == [row["list"]["filenames"][0]]
    assert Path(local_run.dir, row["one"]["path"]).is_file()


def test_made_of_wandbs_own_it_leaves_that_its_file(wandb: Any, run: Any) -> None:
    theirs = wandb.Image(pixels(), caption="kept", grouping=2)
    ours = wbimage_ext.Image(theirs)
    assert (ours._caption, ours._grouping, ours._width, ours._height) == ("kept", 2, 20, 24)
    run.log({"ours": ours, "theirs": theirs})
    assert np.array_equal(ours.image, pixels())
    assert np.array_equal(theirs.image, pixels())


def test_copies_are_logged_after_the_first_was_moved(run: Any) -> None:
    image = wbimage_ext.Image(pixels())
    copies = [copy.copy(image), copy.deepcopy(image), wbimage_ext.Image(image)]
    run.log({"image": image})
    for number, copied in enumerate(copies):
        run.log({f"copy {number}": copied})
        assert np.array_equal(copied.image, pixels())


def test_bytes_of_a_pickle_are_its_own(wandb: Any) -> None:
    image = wbimage_ext.Image(pixels(), caption="c", masks={"m": mask()})
    data = pickle.dumps(image)
    os.unlink(image._path)
    restored = pickle.loads(data)
    assert type(restored) is wbimage_ext.Image
    assert restored._caption == "c"
    assert np.array_equal(restored.image, pixels())


# What a list costs.


def test_a_list_is_described_without_opening_a_file(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [wbimage_ext.Image(pixels(n)) for n in range(5)]
    for image in images:
        image.bind_to_run(run, "key", 0)
    assert all(os.path.exists(image._path) for image in images), "asked for before the JSON"

    def fail(*arguments: Any, **more: Any) -> Any:
        raise AssertionError(f"opened {arguments}")

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "open", fail)
        patch.setattr(os, "open", fail)
        described = wbimage_ext.Image.seq_to_json(images, run, "key", 0)
    assert (described["width"], described["height"], described["count"]) == (20, 24, 5)


@pytest.mark.parametrize("image_class", ["ours", "installed"])
def test_a_list_is_published_at_once(image_class: str, wandb: Any, run: Any) -> None:
    if image_class == "installed":
        wbimage_ext.install()
    try:
        make = wandb.Image if image_class == "installed" else wbimage_ext.Image
        interface = getattr(run, "_interface", None) or run._backend.interface
        messages: list[Any] = []
        send = interface.publish_files
        interface.publish_files = lambda files: (messages.append(files["files"]), send(files))
        run.log({"list": [make(pixels(n), masks={"m": mask()}) for n in range(7)]})
        assert [len(files) for files in messages] == [14]
        run.log({"one": make(pixels())})
        assert [len(files) for files in messages] == [14, 1]
        del interface.publish_files
    finally:
        wbimage_ext.uninstall()


def test_what_could_not_be_published_is_published_the_next_time(run: Any) -> None:
    interface = getattr(run, "_interface", None) or run._backend.interface
    messages: list[Any] = []

    def fail(files: Any) -> Any:
        raise BrokenPipeError("the service went away")

    image = wbimage_ext.Image(pixels())
    image.bind_to_run(run, "k", 0)
    interface.publish_files = fail
    with pytest.raises(BrokenPipeError):
        image.to_json(run)
    interface.publish_files = lambda files: messages.extend(files["files"])
    described = image.to_json(run)
    del interface.publish_files
    assert [str(name) for name, _policy in messages] == [described["path"]]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of processes are of POSIX")
def test_no_room_in_the_run(run: Any) -> None:
    from .. import disks

    image = wbimage_ext.Image(pixels(), masks={"m": mask()})
    folder = Path(run.dir)

    def files_of_ours() -> list[Path]:  # wandb's service writes others when it likes
        return [path for path in folder.rglob("*") if path.suffix in (".png", ".part")]

    with disks.over_quota(folder, 10), pytest.raises(OSError, match="room") as raised:
        run.log({"k": image})
    assert raised.value.filename.startswith(run.dir)
    assert files_of_ours() == []
    run.log({"k": image})
    assert len(files_of_ours()) == 2


def test_the_server_is_asked_nothing_for_each_image(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = sys.modules["wandb.sdk.data_types.image"]

    def fail(*arguments: Any) -> Any:
        raise AssertionError("asked")

    if hasattr(module, "_server_accepts_artifact_path"):
        monkeypatch.setattr(module, "_server_accepts_artifact_path", fail)
    run.log({"list": [wbimage_ext.Image(pixels(n)) for n in range(3)]})


PUBLISHED_AT_THE_END = """
from pathlib import Path
import numpy as np, wandb, wbimage_ext, read_run
run = wandb.init(mode="offline")
wbimage_ext.Image(np.full((4, 4, 3), 200, np.uint8)).bind_to_run(run, "bound", 0)
directory = Path(run.dir).parent
run.finish()
wandb.teardown()
(name,) = read_run.describe(directory)["published"]
assert name.startswith("media/images/bound_0_"), name
"""


def test_what_was_bound_and_not_described_is_published_at_the_end(tmp_path: Path) -> None:
    run_python(tmp_path, "-c", PUBLISHED_AT_THE_END)


@pytest.mark.usefixtures("nothing_in_memory")
def test_memory_does_not_grow_with_images_logged_and_kept_over_its_bound(run: Any) -> None:
    array = pixels(0, 224, 224)
    kept = []

    def log(count: int) -> None:
        for _ in range(count):
            image = wbimage_ext.Image(array)
            kept.append(image)
            run.log({"image": image})

    log(20)
    tracemalloc.start()
    log(100)
    size, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 100 * 20_000


# Other processes.


def _make_image(seed: int) -> Any:
    return wbimage_ext.Image(pixels(seed), caption=str(seed), masks={"m": mask()})


@pytest.mark.parametrize(
    "method", [m for m in ("fork", "spawn") if m in multiprocessing.get_all_start_methods()]
)
def test_images_made_in_workers_are_logged_here(method: str, run: Any) -> None:
    with multiprocessing.get_context(method).Pool(2) as pool:
        images = pool.map(_make_image, range(4))
        pool.close()
        pool.join()
    run.log({"list": images})
    for seed, image in enumerate(images):
        assert np.array_equal(image.image, pixels(seed))


RUN_IN_CHILD = """
import multiprocessing, os, sys
from pathlib import Path
import numpy as np, wandb, wbimage_ext
wbimage_ext.Image

def work(directory):
    os.environ["WANDB_DIR"] = directory
    run = wandb.init(mode="offline", dir=directory)
    run.log({"image": wbimage_ext.Image(np.full((4, 4, 3), 200, np.uint8)),
             "list": [wbimage_ext.Image(np.full((4, 4, 3), n, np.uint8)) for n in range(2, 5)]})
    run.finish()

if __name__ == "__main__":
    here = Path.cwd() / "child"
    here.mkdir()
    context = multiprocessing.get_context(sys.argv[1])
    child = context.Process(target=work, args=(str(here),))
    child.start()
    child.join()
    assert child.exitcode == 0
    assert len(list(here.rglob("media/images/*.png"))) == 4
"""


@pytest.mark.parametrize(
    "method", [m for m in ("fork", "spawn") if m in multiprocessing.get_all_start_methods()]
)
def test_a_run_in_another_process(method: str, tmp_path: Path) -> None:
    script = tmp_path / "child_run.py"
    script.write_text(RUN_IN_CHILD)
    run_python(tmp_path, str(script), method)


# Adapters that only newer versions have.


def test_eval_table_takes_ours(wandb: Any) -> None:
    module = pytest.importorskip("wandb.sdk.data_types.eval_table._media_ces")
    pytest.importorskip("coreweave_evaluations")
    run = wandb.init(mode="offline", entity="somebody", project="tested")
    try:
        image = wbimage_ext.Image(pixels(), caption="c", masks={"m": mask()})
        field = module.EvalTableMediaField("key", "inputs", "column")
        assert module.is_supported_wandb_media(image)
        cell = module.prepare_media(image, run, field)
        assert cell.extension_type == "wandb-image"
        assert (cell.value["width"], cell.value["height"]) == (20, 24)
        assert image._run is None
        run.log({"image": image})
        assert np.array_equal(image.image, pixels())
    finally:
        run.finish()


def test_weave_unwraps_ours(wandb: Any) -> None:
    adapters = pytest.importorskip("wandb.integration.weave.media_adapters")
    assert np.array_equal(adapters._unwrap_image(wbimage_ext.Image(pixels()), "c"), pixels())


# install().


def attributes_of_wandb(wandb: Any) -> dict[str, dict[str, Any]]:
    """Every attribute of every class that wandb's modules define."""
    found = {}
    for name, module in list(sys.modules.items()):
        if name == "wandb" or name.startswith("wandb."):
            for value in list(vars(module).values()):
                if isinstance(value, type) and value.__module__.startswith("wandb."):
                    found[f"{value.__module__}.{value.__qualname__}"] = dict(vars(value))
    return found


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {
        f"{name.rpartition('.')[2]}.{attribute}"
        for name in before
        for attribute in before[name].keys() | after[name].keys()
        if before[name].get(attribute) is not after[name].get(attribute)
    }


def test_uninstall_restores_every_attribute(wandb: Any) -> None:
    before = attributes_of_wandb(wandb)
    wbimage_ext.uninstall()
    assert not changed(before, attributes_of_wandb(wandb))
    wbimage_ext.install()
    once = attributes_of_wandb(wandb)
    assert "Image.__init__" in changed(before, once)
    assert all(
        name.split(".")[0] in ("Image", "ImageMask", "BoundingBoxes2D")
        for name in changed(before, once)
    )
    wbimage_ext.install()
    assert not changed(once, attributes_of_wandb(wandb))
    wbimage_ext.uninstall()
    assert not changed(before, attributes_of_wandb(wandb))
    wbimage_ext.uninstall()
    assert not changed(before, attributes_of_wandb(wandb))


def test_names_taken_before_are_ours_after_install(wandb: Any) -> None:
    from wandb import Image as taken_before  # noqa: N813

    data = np.array([[-1.0, 0.0], [0.5, 1.0]])
    expected = wbimage_ext.to_uint8(data)
    wbimage_ext.install()
    try:
        for made in (taken_before(data), wandb.Image(data), wandb.data_types.Image(data)):
            assert type(made) is taken_before
            assert made._sha256 == hashlib.sha256(wbimage_ext.encode(data)).hexdigest()
            assert np.array_equal(made.image, expected)
        assert np.array_equal(taken_before.to_uint8(data), expected)
        assert taken_before(data, normalize=(-1, 3), compress_level=9)._width == 2
    finally:
        wbimage_ext.uninstall()


def test_classes_are_checked_here_after_install(wandb: Any) -> None:
    class_set = [{"id": 1, "name": "cat"}]
    wbimage_ext.install()
    try:
        image = wandb.Image(pixels(), classes=iter(class_set))
        assert image._classes._class_set == class_set
        with pytest.raises(TypeError, match="each class must be a dict with 'id' and 'name', not"):
            wandb.Image(pixels(), classes=[{"id": 1}])
    finally:
        wbimage_ext.uninstall()


def test_after_uninstall_wandbs_files_are_as_before(wandb: Any) -> None:
    def made() -> list[str]:
        data = np.random.default_rng(0).random((9, 8, 3))
        images = [
            wandb.Image(data),
            wandb.Image((data * 255).astype(np.uint8), file_type="jpg"),
            wandb.Image(data[:, :, 0]),
        ]
        return [image._sha256 for image in images]

    before = made()
    wbimage_ext.install()
    during = made()
    wbimage_ext.uninstall()
    assert made() == before
    assert during != before


def test_images_live_on_through_uninstall(wandb: Any, run: Any) -> None:
    before = wandb.Image(pixels(0))
    wbimage_ext.install()
    between = wandb.Image(pixels(1), boxes={"b": {"box_data": []}}, masks={"m": mask()})
    run.log({"made before": before})
    wbimage_ext.uninstall()
    run.log({"made between": [between, wandb.Image(pixels(2))]})
    assert np.array_equal(before.image, pixels(0))
    assert np.array_equal(between.image, pixels(1))


def test_installed_masks_leave_the_callers_dict(installed: Any) -> None:
    given = {"mask_data": np.arange(16).reshape(4, 4)}
    made = installed.Image(pixels(), masks={"m": given})
    assert list(given) == ["mask_data"]
    assert type(made._masks["m"]) is installed.data_types.ImageMask
    assert made._masks["m"]._val["class_labels"][15] == "class_15"
    assert np.array_equal(made.image, pixels())


def test_install_while_threads_make_images(wandb: Any) -> None:
    data = pixels()
    failures: list[BaseException] = []
    stop = threading.Event()

    def make() -> None:
        while not stop.is_set():
            try:
                assert np.array_equal(wandb.Image(data, masks={"m": mask()}).image, data)
            except BaseException as error:
                failures.append(error)
                return

    def toggle() -> None:
        for _ in range(100):
            wbimage_ext.install()
            wbimage_ext.uninstall()

    before = attributes_of_wandb(wandb)
    makers = [threading.Thread(target=make) for _ in range(2)]
    togglers = [threading.Thread(target=toggle) for _ in range(2)]
    for thread in makers + togglers:
        thread.start()
    for thread in togglers:
        thread.join()
    stop.set()
    for thread in makers:
        thread.join()
    assert not failures
    assert not changed(before, attributes_of_wandb(wandb))


INSTALL_ORDER = """
{imports}
import numpy as np
import wbimage_ext
wbimage_ext.install()
import wandb
import wandb.sdk.data_types.image
run = wandb.init(mode="offline")
data = np.linspace(-1, 1, 300).reshape(10, 10, 3)
for make in (wandb.Image, wandb.data_types.Image, wandb.sdk.data_types.image.Image):
    assert np.array_equal(make(data).image, wbimage_ext.to_uint8(data))
run.log({{"list": [wandb.Image(data), wbimage_ext.Image(data)]}})
assert run.summary["list"]["count"] == 2
run.finish()
"""


@pytest.mark.parametrize("imports", ["", "import wandb", "from wandb import Image"])
def test_install_in_either_order(imports: str, tmp_path: Path) -> None:
    run_python(tmp_path, "-c", INSTALL_ORDER.format(imports=imports))


def test_the_pytorch_example(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    run_python(tmp_path, str(ROOT / "examples" / "train_pytorch.py"))
    assert len(list(tmp_path.rglob("media/images/*.png"))) == 4 * 8
    # Masks that are the same, such as those of nothing found, share a file.
    assert len(list(tmp_path.rglob("media/images/mask/*.png"))) > 4 * 8

"""examples/ray_dataset.py on a local Ray: thousands of arrays encoded in workers, logged by one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage

import wbimage_ext
from benchmarks import ray_workers

pytestmark = [
    pytest.mark.slow,
    # Ray's own, at import and at shutdown.
    pytest.mark.filterwarnings("ignore"),
]

ray = pytest.importorskip("ray", reason='pip install "ray[data]" pyarrow')
IMAGES, FILES = 4000, 40


@pytest.fixture(scope="module")
def example() -> ModuleType:
    return ray_workers.example()


@pytest.fixture(scope="module")
def local_ray(example: ModuleType) -> Iterator[None]:
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(example)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def arrays(index: int) -> np.ndarray[Any, Any]:
    """Smooth pictures with some noise, (IMAGES / FILES, 96, 128, 3) uint8."""
    random = np.random.default_rng(index)
    small = random.integers(0, 230, (IMAGES // FILES, 12, 16, 3), np.uint8)
    return small.repeat(8, 1).repeat(8, 2) + random.integers(0, 9, (1, 96, 128, 1), np.uint8)


def test_thousands_of_arrays(example: ModuleType, local_ray: None, tmp_path: Path) -> None:
    folder = tmp_path / "arrays"
    folder.mkdir()
    for index in range(FILES):
        np.save(folder / f"{index:03}.npy", arrays(index))
    example.encode_folder(folder, tmp_path / "warm", workers=2)
    speeds = {n: example.encode_folder(folder, tmp_path / f"out{n}", workers=n) for n in (1, 2)}
    print(f"\n{IMAGES} images of 128 x 96, images a second by workers: {speeds}")

    rows = list(example.stored_rows(tmp_path / "out2"))
    assert len(rows) == IMAGES
    assert all(row["size"] == len(row["encoded"]) for row in rows)
    expected = {wbimage_ext.encode(image) for index in range(FILES) for image in arrays(index)}
    assert {row["encoded"] for row in rows} == expected

    logged, directory = example.log_to_run(tmp_path / "out2", str(tmp_path / "run"))
    assert logged == IMAGES
    lines = (Path(directory) / "history.jsonl").read_text().splitlines()
    assert sum(json.loads(line)["data_set"]["count"] for line in lines) == IMAGES
    written = {path.read_bytes() for path in Path(directory).rglob("*.png")}
    assert written == expected


def test_workers_see_the_shared_memory(
    example: ModuleType, local_ray: None, tmp_path: Path
) -> None:
    np.save(tmp_path / "0.npy", arrays(0))

    def look(batch: dict[str, Any]) -> dict[str, Any]:
        # Memory of Ray's store cannot be written to; a copy could.
        return {"is_copy": [bool(batch["data"].flags.writeable or batch["data"].flags.owndata)]}

    data = example.read_folder(tmp_path).materialize()
    looked = data.map_batches(look, batch_size=None, batch_format="numpy", zero_copy_batch=True)
    assert {row["is_copy"] for row in looked.take_all()} == {False}


def test_a_folder_of_images_becomes_a_table(
    example: ModuleType, local_ray: None, tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for index, image in enumerate(arrays(0)[:5]):
        PILImage.fromarray(image).save(folder / f"{index}.png")
    example.encode_folder(folder, tmp_path / "out", workers=1, file_type="jpg")
    images = dict(example.stored_images(tmp_path / "out"))
    assert sorted(images) == [f"{index}.png" for index in range(5)]
    assert {image.format for image in images.values()} <= {"jpg", "jpeg"}
    pytest.importorskip("wandb")
    table = example.wandb_table(tmp_path / "out")
    assert len(table.data) == 5

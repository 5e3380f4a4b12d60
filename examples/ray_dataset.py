"""Encode a data set on a Ray cluster, then log it from one process without encoding it again.

    python examples/ray_dataset.py encode FOLDER OUTPUT [--workers N]
    python examples/ray_dataset.py log OUTPUT [--dir RUN] [--wandb-table]

`encode` reads a folder of image files, or of .npy files of shape (N, H, W) or (N, H, W, C), encodes
batches in Ray's workers and writes Parquet files with the columns encoded, sha256, size, and name
where the rows come from image files. A worker sees a batch in Ray's shared memory and encodes from
there: pixels are not copied, only the small encoded files travel on. `log` reads the Parquet files
and hands the bytes to `Image`, which checks and hashes them, and encodes nothing.

Needs: pip install "ray[data]" pyarrow; --wandb-table needs wandb.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import wbimage_ext

IMAGES_A_STEP = 100  # what one key of one step shows; Image.MAX_ITEMS is the limit


def encode_batch(batch: dict[str, Any], file_type: str) -> dict[str, Any]:
    """One batch: pixels in; encoded files, their digests and sizes out."""
    pixels = batch["image"] if "image" in batch else batch["data"]
    files = [wbimage_ext.encode(image, file_type) for image in pixels]
    encoded = {
        "encoded": files,
        "sha256": [hashlib.sha256(file).hexdigest() for file in files],
        "size": [len(file) for file in files],
    }
    if "path" in batch:
        encoded["name"] = [Path(path).name for path in batch["path"]]
    return encoded


def read_folder(folder: Path) -> Any:
    """A Ray data set with the column "data" (from .npy files), or "image" and "path"."""
    import ray.data

    files = len(list(folder.glob("*.npy")))
    if files:
        # A block for each file: smaller ones cost Ray more than the encoding does.
        return ray.data.read_numpy(str(folder), file_extensions=["npy"], override_num_blocks=files)
    return ray.data.read_images(str(folder), include_paths=True)


def encode_folder(folder: Path, output: Path, workers: int, file_type: str = "png") -> float:
    """Encode `folder` into Parquet files under `output`; returns images a second."""
    data = read_folder(folder).materialize()
    images = data.count()
    start = time.perf_counter()
    data.map_batches(
        encode_batch,
        fn_args=(file_type,),
        batch_size=None,  # whole blocks: a batch of its own size would have to be put together
        batch_format="numpy",
        zero_copy_batch=True,
        concurrency=workers,
    ).write_parquet(str(output), concurrency=workers)
    return images / (time.perf_counter() - start)


def stored_rows(output: Path) -> Iterator[dict[str, Any]]:
    """The rows of the Parquet files, in the order of their names."""
    import pyarrow.parquet

    for path in sorted(output.rglob("*.parquet")):
        with pyarrow.parquet.ParquetFile(path) as file:
            for piece in file.iter_batches(batch_size=IMAGES_A_STEP):
                yield from piece.to_pylist()


def stored_images(output: Path) -> Iterator[tuple[str, Any]]:
    """The name and the Image of each row; the digests are compared."""
    for i, row in enumerate(stored_rows(output)):
        if hashlib.sha256(row["encoded"]).hexdigest() != row["sha256"]:
            raise ValueError(f"row {i} of {output} is damaged: its digest differs")
        name = row.get("name") or f"image {i}"
        yield name, wbimage_ext.Image(row["encoded"], caption=name)


def log_to_run(output: Path, directory: str | None) -> tuple[int, str]:
    """Log every row into a run, some a step; returns how many and the run's directory."""
    logged = 0
    images: list[Any] = []
    with wbimage_ext.init(dir=directory) as run:
        for _name, image in stored_images(output):
            images.append(image)
            if len(images) == IMAGES_A_STEP:
                run.log({"data_set": images})
                logged += len(images)
                images = []
        if images:
            run.log({"data_set": images})
            logged += len(images)
    return logged, run.dir


def wandb_table(output: Path) -> Any:
    """The rows as a wandb.Table, to be logged or added to an artifact."""
    import wandb

    table = wandb.Table(columns=["name", "image"])
    for name, image in stored_images(output):
        table.add_data(name, image)
    return table


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    encode = commands.add_parser("encode", help="encode a folder into Parquet files")
    encode.add_argument("folder", type=Path)
    encode.add_argument("output", type=Path)
    encode.add_argument("--workers", type=int, default=2)
    encode.add_argument("--file-type", default="png", choices=["png", "jpg", "bmp"])
    encode.set_defaults(command=_encode)
    log = commands.add_parser("log", help="log Parquet files of encoded images")
    log.add_argument("output", type=Path)
    log.add_argument("--dir", help="run directory (default: a new one under wbimage-runs)")
    log.add_argument("--wandb-table", action="store_true", help="log one wandb.Table to wandb")
    log.set_defaults(command=_log)
    options = parser.parse_args(arguments)
    return int(options.command(options))


def _encode(options: argparse.Namespace) -> int:
    speed = encode_folder(options.folder, options.output, options.workers, options.file_type)
    print(f"{speed:.0f} images a second with {options.workers} workers, in {options.output}")
    return 0


def _log(options: argparse.Namespace) -> int:
    if options.wandb_table:
        import wandb

        table = wandb_table(options.output)
        with wandb.init(dir=options.dir) as run:
            run.log({"data_set": table})
        print(f"logged a table of {len(table.data)} images")
        return 0
    logged, directory = log_to_run(options.output, options.dir)
    print(f"logged {logged} images into {directory}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

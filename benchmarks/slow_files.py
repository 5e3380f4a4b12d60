"""A step of 50 photographs on a file system where every call waits, beside one where none does.

    python -m benchmarks.slow_files [--milliseconds 2] [--repeat 5] [--folder DIR]

Linux only: `slow_calls.c` is compiled and loaded into a child process, where calls below one folder
of DIR sleep. The run is there, temporary files are not. With wandb installed, its own class, ours,
and its own after install() log the same photographs, each in an offline run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .wandb_step import photos

PHOTOS = 50


def milliseconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e3


def put_one(folder: Path) -> None:
    """What the least a whole file takes: create, write, close, rename."""
    part = folder / "one.part"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.write(descriptor, b"one")
    os.close(descriptor)
    os.replace(part, folder / "one")


def measure(folder: Path, repeat: int) -> dict[str, float]:
    """Medians, in milliseconds, of one file and of each way to log the photographs."""
    import wbimage_ext

    pixels = photos(PHOTOS)
    result = {
        "one file": statistics.median(milliseconds(lambda: put_one(folder)) for _ in range(9))
    }

    def steps(name: str, image_class: Any, log: Callable[[dict[str, Any]], Any]) -> None:
        def step() -> None:
            log({"photos": [image_class(photo) for photo in pixels]})

        step()  # makes the folders
        result[name] = statistics.median(milliseconds(step) for _ in range(repeat))

    with wbimage_ext.LocalRun(folder / "local") as local:
        steps("LocalRun", wbimage_ext.Image, local.log)
        files = list((folder / "local").rglob("*.png"))
        assert len(files) == PHOTOS * (repeat + 1)
    try:
        import wandb
    except ImportError:
        return result
    run = wandb.init(mode="offline", dir=str(folder))
    steps("wandb", wandb.Image, run.log)
    steps("wandb, our class", wbimage_ext.Image, run.log)
    wbimage_ext.install()
    steps("wandb, install()", wandb.Image, run.log)
    wbimage_ext.uninstall()
    assert len(list(Path(run.dir).rglob("*.png"))) == 3 * PHOTOS * (repeat + 1)
    run.finish()
    return result


def measure_in_child(folder: Path, repeat: int, slow: dict[str, str]) -> dict[str, float]:
    (folder / "wandb").mkdir(parents=True)
    environment = {
        **os.environ,
        **slow,
        "WANDB_MODE": "offline",
        "WANDB_SILENT": "true",
        "WANDB_DIR": str(folder),
    }
    command = [sys.executable, "-m", "benchmarks.slow_files", "--child", str(folder)]
    command += ["--repeat", str(repeat)]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    shutil.rmtree(folder)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def compare(folder: Path, repeat: int, wait: float) -> None:
    library = folder / "slow_calls.so"
    source = Path(__file__).with_name("slow_calls.c")
    compiler = os.environ.get("CC", "cc").split()
    command = [*compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    fast = measure_in_child(folder / "fast", repeat, {})
    slow = measure_in_child(
        folder / "slow",
        repeat,
        {
            "LD_PRELOAD": str(library),
            "SLOW_FOLDER": str(folder / "slow"),
            "SLOW_MICROSECONDS": str(int(wait * 1000)),
        },
    )
    one = slow["one file"]
    print(f"{wait} ms a call, one file {one:.1f} ms; medians of {PHOTOS} photographs a step")
    for name in list(fast)[1:]:
        more = (slow[name] - fast[name]) / one
        text = f"{name:18} fast {fast[name]:7.1f} ms   slow {slow[name]:7.1f} ms"
        text += f"   {more:5.1f} times one file more"
        if "wandb" in slow and name != "wandb":
            text += f"   {slow[name] / slow['wandb']:.3f} of wandb's"
        print(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--milliseconds", type=float, default=2)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--folder", help="where runs are made; removed at the end")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        print(json.dumps(measure(options.child, options.repeat)))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        compare(Path(folder).resolve(), options.repeat, options.milliseconds)


if __name__ == "__main__":
    main()

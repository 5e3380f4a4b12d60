"""The command line: `python -m wbimage_ext demo | log | view | info | bench`.

In: arguments. Out: text on standard output, errors on standard error, and an exit code: 0 all done,
1 something could not be read or written, 2 the arguments are wrong.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence

from ._version import __version__

_MANY_FILES = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        _print_error(error)
        return 1


def _shown(value: object) -> str:
    """Text that may come from elsewhere, without characters that a terminal obeys."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value)
    )


def _print_error(error: Exception) -> None:
    print(f"wbimage_ext: {_shown(error)}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wbimage_ext",
        description="Log images into a run directory, fast, without a server or an account.",
    )
    parser.add_argument("--version", action="version", version=f"wbimage_ext {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser(
        "demo",
        help="log example images, with boxes and masks, and your own files",
        description="Log the documented examples, a scene with boxes and masks, and your files.",
    )
    demo.add_argument("files", nargs="*", metavar="IMAGE_FILE", help="image files to log too")
    demo.add_argument("--dir", help="run directory (default: a new one under wbimage-runs)")
    demo.set_defaults(command=_demo)

    log = commands.add_parser(
        "log",
        help="log image files into a run directory",
        description="Check image files and copy them into a run directory, one step each.",
    )
    log.add_argument("--key", required=True, help="name to log under; slashes make folders")
    log.add_argument("--dir", help="run directory (default: a new one under wbimage-runs)")
    log.add_argument("files", nargs="+", metavar="FILE", help="image files")
    log.set_defaults(command=_log)

    view = commands.add_parser(
        "view",
        help="write a page to look at a run: images, masks, boxes, steps",
        description="Write index.html beside a run's media; it needs no network and no server.",
    )
    view.add_argument("run", metavar="RUN_DIR", help="a LocalRun or wandb run directory")
    view.add_argument("--output", metavar="DIR", help="folder for the page, if not the run's")
    view.add_argument("--open", action="store_true", help="open the page in the browser")
    view.set_defaults(command=_view)

    info = commands.add_parser(
        "info",
        help="versions of the libraries and the CPU kernels in use",
        description="Print versions, the CPU kernels in use, and what optional packages are there.",
    )
    info.set_defaults(command=_info)

    bench = commands.add_parser(
        "bench",
        help="measure encoding here against NumPy and Pillow",
        description="Encode pictures and your files here and with NumPy and Pillow in turn, after "
        "checking that both give the same pixels. Without Pillow only our times are printed.",
    )
    bench.add_argument("files", nargs="*", metavar="IMAGE_FILE", help="image files to measure too")
    bench.add_argument(
        "--seconds", type=float, default=1.0, help="for each picture and file type (default: 1)"
    )
    bench.set_defaults(command=_bench)
    return parser


def _demo(options: argparse.Namespace) -> int:
    from .demo import log_demo
    from .local_run import LocalRun

    with LocalRun(options.dir, name="demo") as run:
        print(f"{'step':>4}  {'key':<20} {'images':<22} {'file size':>10}  {'ms an image':>11}")
        for step, logged in enumerate(log_demo(run, options.files), start=run.step):
            images = logged.images
            first = images[0]
            what = f"{len(images)} x {first._width}x{first._height} {first.format}"
            size = sum(image._size or 0 for image in images) // len(images)
            milliseconds = 1000 * logged.seconds / len(images)
            print(f"{step:>4}  {logged.key:<20} {what:<22} {size:>10,}  {milliseconds:>11.2f}")
    _print_place(run.dir)
    return 0


def _log(options: argparse.Namespace) -> int:
    from .image import Image
    from .local_run import LocalRun

    failed = 0
    start = time.perf_counter()
    with LocalRun(options.dir) as run:
        for path in _with_progress(options.files):
            try:
                run.log({options.key: Image(path, caption=os.path.basename(path))})
            except (OSError, ValueError) as error:
                failed += 1
                _print_error(error)
    seconds = time.perf_counter() - start
    print(f"logged {len(options.files) - failed} of {len(options.files)} files in {seconds:.2f} s")
    _print_place(run.dir)
    return 1 if failed else 0


def _view(options: argparse.Namespace) -> int:
    from .gallery import write_gallery

    page = write_gallery(options.run, options.output)
    print(_shown(page))
    if options.open:
        import webbrowser

        webbrowser.open(page.absolute().as_uri())
    return 0


def _info(options: argparse.Namespace) -> int:
    import platform
    from importlib import metadata

    import numpy

    from . import build_info

    facts = build_info()
    facts["python"] = f"{platform.python_version()}, {platform.platform()}"
    facts["numpy"] = numpy.__version__
    for name in ("pillow", "wandb", "torch", "matplotlib"):
        try:
            facts[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            facts[name] = "not installed"
    for name, value in facts.items():
        print(f"{name:<12} {value}")
    return 0


def _bench(options: argparse.Namespace) -> int:
    from . import bench

    _info(options)
    print(f"\n{'':<27} {'here':>18} {'Pillow':>20}")
    print(f"{'picture':<22} {'file':<4} {'ms':>8} {'bytes':>9} {'ms':>10} {'bytes':>9}  faster")
    for measured in bench.measure(options.seconds, options.files):
        line = f"{_shown(measured.name)[:22]:<22} {measured.file_type:<4}"
        line += f" {1000 * measured.seconds:>8.3f} {measured.size:>9,}"
        if measured.peer_seconds is not None:
            low, middle, high = bench.spread(measured.ratios)
            line += f" {1000 * measured.peer_seconds:>10.3f} {measured.peer_size:>9,}"
            line += f"  {middle:.1f} x ({low:.1f} to {high:.1f})"
        print(line, flush=True)
    print("\nms: the fastest round; faster: median of the rounds' ratios, and quartiles")
    return 0


def _print_place(directory: str) -> None:
    directory = _shown(directory)
    print(f"\nThe run is in {directory}")
    print(f"  a page to look at it:      {os.path.join(directory, 'index.html')}")
    print(f"  images, masks and boxes:   {os.path.join(directory, 'media')}")
    print(f"  one JSON line a step:      {os.path.join(directory, 'history.jsonl')}")


def _with_progress(paths: Sequence[str]) -> Iterable[str]:
    if len(paths) < _MANY_FILES:
        return paths
    try:
        from tqdm import tqdm
    except ImportError:
        return _plain_progress(paths)
    if not sys.stderr.isatty():
        return _plain_progress(paths)
    return tqdm(paths, unit="file")


def _plain_progress(paths: Sequence[str]) -> Iterator[str]:
    for done, path in enumerate(paths):
        if done and done % max(1, len(paths) // 10) == 0:
            print(f"{done} of {len(paths)} files", file=sys.stderr)
        yield path

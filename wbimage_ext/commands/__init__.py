"""The command line: `wbimage demo | log | view | export | info | bench`.

In: arguments, also those of `python -m wbimage_ext`. Out: text on standard output, errors on
standard error, and an exit code. Each command has a file of its own with `run(options)`, which is
imported when the command is called.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from .._version import __version__
from .terminal import print_error

# The exit codes. A command returns one; argparse itself ends the process for wrong arguments.
DONE = 0
SOMETHING_FAILED = 1  # something could not be read or written
WRONG_ARGUMENTS = 2
INTERRUPTED = 130  # by Ctrl-C; what a shell reports


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(import_module(f".{options.command}", __name__).run(options))
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        print_error(error)
        return SOMETHING_FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wbimage",
        description="Log images into a run directory, fast, without a server or an account.",
    )
    parser.add_argument("--version", action="version", version=f"wbimage_ext {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    _add_demo(commands)
    _add_log(commands)
    _add_view(commands)
    _add_export(commands)
    commands.add_parser(
        "info",
        help="versions of the libraries and the CPU kernels in use",
        description="Print versions, the CPU kernels in use, and which optional packages there "
        "are.",
    )
    _add_bench(commands)
    return parser


def _add_demo(commands: Any) -> None:
    demo = commands.add_parser(
        "demo",
        help="log a small training with masks, boxes and a loss, and your own files",
        description="Log the documented examples, two runs of a small training with masks, boxes "
        "and a loss, and your files.",
    )
    demo.add_argument("files", nargs="*", metavar="IMAGE_FILE", help="image files to log too")
    demo.add_argument("--dir", help="run directory (default: a new one under wbimage-runs)")


def _add_log(commands: Any) -> None:
    log = commands.add_parser(
        "log",
        help="log image files into a run directory",
        description="Check image files and copy them into a run directory, one step each.",
    )
    log.add_argument("--key", required=True, help="name to log under; slashes make folders")
    log.add_argument("--dir", help="run directory (default: a new one under wbimage-runs)")
    log.add_argument("files", nargs="+", metavar="FILE", help="image files, or patterns of them")


def _add_view(commands: Any) -> None:
    view = commands.add_parser(
        "view",
        help="write a page to look at runs: images, masks, boxes, metrics; or serve it, live",
        description="Write one page for the given runs; it needs no network and no server. With "
        "--serve a server on this machine shows them while they grow; its URL is the first line "
        "of the output.",
    )
    view.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a LocalRun or wandb run directory, or a folder that holds some at any depth",
    )
    view.add_argument("--serve", action="store_true", help="serve the page until interrupted")
    view.add_argument(
        "--host", default="127.0.0.1", help="address to serve at (default: %(default)s)"
    )
    view.add_argument("--port", type=int, default=0, help="port to serve at (default: a free one)")
    view.add_argument("--open", action="store_true", help="open the page in the browser")
    view.add_argument("--output", metavar="DIR", help="folder for index.html, if not the runs'")


def _add_export(commands: Any) -> None:
    export = commands.add_parser(
        "export",
        help="bring a run to wandb, to TensorBoard or into plain files",
        description="Export a run; it stays as it is, and no picture is encoded again. What was "
        "interrupted can be run again.",
    )
    export.add_argument("run", metavar="RUN", help="a LocalRun or wandb run directory")
    export.add_argument("--to", required=True, choices=["wandb", "tensorboard", "folder"])
    export.add_argument(
        "--output",
        metavar="DIR",
        help="folder to write to (default: wbimage-exports/TARGET/NAME; for wandb its own)",
    )


def _add_bench(commands: Any) -> None:
    bench = commands.add_parser(
        "bench",
        help="measure encoding here against NumPy and Pillow",
        description="Encode pictures and your files here and with NumPy and Pillow in turn, after "
        "checking that both give the same pixels. Without Pillow only our times are printed.",
    )
    bench.add_argument("files", nargs="*", metavar="IMAGE_FILE", help="image files to measure too")
    bench.add_argument(
        "--seconds", type=_seconds, default=1.0, help="for each picture and file type (default: 1)"
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number of seconds from 0 on, not {text}")
    return seconds

"""`wbimage view`: writes a page to look at runs, or serves it while they grow."""

from __future__ import annotations

import argparse
import contextlib
import sys

from ..view import write_page
from . import DONE
from .terminal import shown


def run(options: argparse.Namespace) -> int:
    """Write the page and print its path, or serve it after printing its URL."""
    if options.serve:
        return _serve(options)
    page = write_page(options.paths, options.output)
    print(shown(page))
    if options.open:
        _open(page.absolute().as_uri())
    return DONE


def _serve(options: argparse.Namespace) -> int:
    from ..view.library import Library, no_run
    from ..view.server import ViewServer

    if options.output is not None:
        raise ValueError("--output is for a page on disk; --serve writes none")
    library = Library(options.paths)
    if not library.ids() and library.notes():
        raise no_run(options.paths, library)
    server = ViewServer(library, options.host, options.port)

    def announce() -> None:
        print(server.url, flush=True)
        print(f"From another machine: {server.tunnel}", file=sys.stderr)
        print("and open the same address there. Ctrl+C ends the server.", file=sys.stderr)
        if options.open:
            _open(server.url)

    with contextlib.suppress(KeyboardInterrupt):  # the way to end it
        server.run(announce)
    return DONE


def _open(url: str) -> None:
    import webbrowser

    webbrowser.open(url)

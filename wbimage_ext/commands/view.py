"""`wbimage view`: writes a page to look at a run."""

from __future__ import annotations

import argparse

from ..view import write_page
from . import DONE
from .terminal import shown


def run(options: argparse.Namespace) -> int:
    """Write the page and print its path."""
    page = write_page(options.run, options.output)
    print(shown(page))
    if options.open:
        import webbrowser

        webbrowser.open(page.absolute().as_uri())
    return DONE

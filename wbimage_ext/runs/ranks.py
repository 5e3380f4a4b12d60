"""The processes of one job that log into one run's folder, each with a history of its own.

In: the argument `rank`, or the environment that torchrun and others set. Out: the rank, and one
page of all ranks. Rank 0 keeps its files in the run's folder itself, rank N in `ranks/N`.
"""

from __future__ import annotations

import json
import operator
import os
from collections.abc import Mapping
from typing import Any

from ..files.locks import is_locked
from ..view import write_page
from ..wording import shown
from .places import ABOUT_NAME, HISTORY_NAME, RANKS_FOLDER

_MOST_PAGES = 10


def rank_of(
    given: Any, *, is_shared: bool, environment: Mapping[str, str] = os.environ
) -> int | None:
    """The rank of this process among those that log into one run; None where it logs alone.

    Args:
        given: the argument; None asks the environment.
        is_shared: whether the run's folder is one that other processes can name too.
        environment: RANK counts where WORLD_SIZE is over 1. Launchers that set none set LOCAL_RANK,
            which is the same on the first node.

    Raises:
        TypeError: it is no integer.
        ValueError: it is negative, or the ranks share no folder.
    """
    if given is not None:
        try:
            rank = operator.index(given)
        except TypeError:
            raise TypeError(f"rank must be an integer, not {shown(given)}") from None
        if rank < 0:
            raise ValueError(f"rank must be 0 or more, not {rank}")
        if rank > 0 and not is_shared:
            raise ValueError(f"rank={rank} needs dir or id: the run that the ranks share")
        return rank
    if not is_shared or (_number(environment, "WORLD_SIZE") or 1) < 2:
        return None
    known = _number(environment, "RANK")
    if known is None and not _number(environment, "NODE_RANK"):
        known = _number(environment, "LOCAL_RANK")
    return known


def is_first_at_work(directory: str) -> bool:
    """Whether rank 0 has begun and not ended, so that it will write the page.

    Where the file system has no locks, a rank 0 that was killed counts as one at work.
    """
    try:
        with open(os.path.join(directory, ABOUT_NAME), encoding="utf-8") as file:
            if "ended" in json.load(file):
                return False
    except (OSError, ValueError):
        return False
    try:
        return is_locked(os.path.join(directory, HISTORY_NAME))
    except OSError:
        return True


def write_common_page(directory: str) -> None:
    """Write the page of all ranks; again where one of them has logged meanwhile.

    Ranks often end at the same time. Which of them writes last is not known, so each looks whether
    its page has everything.
    """
    for _ in range(_MOST_PAGES):
        sizes = _history_sizes(directory)
        write_page(directory)
        if _history_sizes(directory) == sizes:
            return


def _history_sizes(directory: str) -> dict[str, int]:
    ranks = os.path.join(directory, RANKS_FOLDER)
    names = os.listdir(ranks) if os.path.isdir(ranks) else []
    sizes = {}
    for folder in (directory, *(os.path.join(ranks, name) for name in names)):
        path = os.path.join(folder, HISTORY_NAME)
        if os.path.exists(path):
            sizes[path] = os.path.getsize(path)
    return sizes


def _number(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None

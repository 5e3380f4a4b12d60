"""SHA-256, as hashlib computes it.

In: bytes. Out: the 64 digits that name a file. hashlib's ValueError for a lack of memory becomes
MemoryError.
"""

from __future__ import annotations

import hashlib
from typing import Any


def sha256_of(data: Any) -> str:
    """The digest of a bytes-like object, 64 digits."""
    try:
        return hashlib.sha256(data).hexdigest()
    except ValueError as error:
        raise MemoryError(f"no memory to hash: {error}") from error


class Sha256:
    """hashlib's SHA-256, with MemoryError where OpenSSL says ValueError for it."""

    __slots__ = ("_hash",)

    def __init__(self) -> None:
        try:
            self._hash = hashlib.sha256()
        except ValueError as error:
            raise MemoryError(f"no memory to hash: {error}") from error

    def update(self, piece: Any) -> None:
        """Take the next piece."""
        self._hash.update(piece)

    def hexdigest(self) -> str:
        """The digest of all pieces, 64 digits."""
        try:
            return self._hash.hexdigest()
        except ValueError as error:
            raise MemoryError(f"no memory to hash: {error}") from error

"""SHA-256, as hashlib computes it.

In: bytes. Out: the 64 digits that name a file. hashlib's ValueError for a lack of memory becomes
MemoryError.
"""

from __future__ import annotations

import hashlib
from typing import Any


class Sha256:
    """hashlib's SHA-256, with MemoryError where OpenSSL says ValueError for it."""

    __slots__ = ("_hash",)

    def __init__(self, data: Any = b"") -> None:
        try:
            self._hash = hashlib.sha256(data)
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

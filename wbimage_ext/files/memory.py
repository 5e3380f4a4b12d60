"""How many bytes of encoded files the process keeps in memory.

In: files that images hold, as they come and go. Out: whether one more may stay in memory.
"""

from __future__ import annotations

# A list of a hundred photographs, or thousands of plots: what one step of training logs. wandb
# keeps as much for twenty images, which it holds decoded.
LIMIT_BYTES = 64 << 20

# Size by id of each file in memory. Files come and go in any thread, in signal handlers and when
# garbage is collected: a dict's own operations are the only ones that none of these divides.
_sizes: dict[int, int] = {}

# Bytes that may be added before the sizes are summed again.
_room = LIMIT_BYTES


def admit(file: object, size: int) -> bool:
    """Whether `file`, of so many bytes, may be in memory until `release` is called for it."""
    global _room
    if size > _room:
        _room = LIMIT_BYTES - sum(list(_sizes.values()))
        if size > _room:
            return False
    _room -= size
    _sizes[id(file)] = size
    return True


def release(file: object) -> None:
    """Count the file no longer; it need not have been admitted."""
    _sizes.pop(id(file), None)

"""How many examples Hypothesis makes up for a test, and which."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings

from .scenario import IS_THOROUGH


def generated(examples: int) -> Any:
    """Settings of a test: the same examples each time, or others and more where it is thorough.

    So a change makes a test fail, and not the day; none is bounded by time.
    """
    return settings(
        max_examples=examples * (20 if IS_THOROUGH else 1),
        derandomize=not IS_THOROUGH,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )

"""Counts that fade with time: so many of late."""

import math

from controller.core.energy import SECONDS_PER_HOUR


def faded(value: float, elapsed_s: float, memory_h: float) -> float:
    """Return what is left of a count after a while."""
    return value * math.exp(-elapsed_s / (memory_h * SECONDS_PER_HOUR))

"""DALI's numbers: arc power levels and the register of fade time (IEC 62386-102)."""

import math

from controller.core.fade import dali_level

OFF, LEAST, MOST = 0, 1, 254
MASK = 255
GREATEST_REGISTER = 15


def arc_level(flux_pct: float) -> int:
    """Return the arc power level (0 off, else 1 to 254) nearest to a flux in percent."""
    if flux_pct <= 0.0:
        return OFF
    return max(LEAST, min(MOST, round(dali_level(flux_pct))))


def fade_time_s(register: int) -> float:
    """Return how long a fade lasts by the register: 0.5 * sqrt(2 ** k) s, at once for 0."""
    return 0.5 * math.sqrt(2.0**register) if register else 0.0


def fade_register(fade_s: float, *, upwards: bool) -> int:
    """Return the register whose fade time is nearest to `fade_s`, and upwards never slower."""
    registers = range(GREATEST_REGISTER + 1)
    if upwards:
        return max(k for k in registers if fade_time_s(k) <= max(fade_s, 0.0))
    return min(registers, key=lambda k: abs(fade_time_s(k) - fade_s))

"""Fades: timed changes of a lamp's level, linear in DALI level.

The DALI logarithmic dimming curve (IEC 62386-102) ties a level n in 1..254 to a luminous flux of
X(n) = 10 ** ((n - 1) / (253 / 3) - 1) percent; 0 is off. Levels are real numbers here, so that a
flux asked for is the flux that results. The lowest flux of a lit lamp is 0.1 %.
"""

import math
from typing import NamedTuple

LEVELS_PER_DECADE = 253 / 3
FULL_PCT = 100.0
LEAST_LIT_PCT = 0.1


def dali_level(flux_pct: float) -> float:
    """Convert luminous flux in percent (0..100) to a DALI level: 0 for off, else 1..254."""
    if flux_pct <= 0.0:
        return 0.0
    return 1.0 + LEVELS_PER_DECADE * (math.log10(max(flux_pct, LEAST_LIT_PCT)) + 1.0)


def flux_pct(dali_level: float) -> float:
    """Convert a DALI level (0 or 1..254) to luminous flux in percent."""
    if dali_level < 1.0:
        return 0.0
    return float(min(FULL_PCT, 10.0 ** ((dali_level - 1.0) / LEVELS_PER_DECADE - 1.0)))


class Fade(NamedTuple):
    """One lamp's course of level: `from_pct` until `begin_s`, `to_pct` from `end_s` on.

    Between them it is linear in DALI level. A fade from off starts at the least lit level, a fade
    to off ends with a step from it, as a DALI gear does.
    """

    from_pct: float
    to_pct: float
    begin_s: float
    fade_s: float

    @property
    def end_s(self) -> float:
        """Monotonic seconds at which the target is reached."""
        return self.begin_s + self.fade_s

    def dali_ends(self) -> tuple[float, float]:
        """DALI levels at both ends of the ramp, off taken as the least lit level."""
        return max(1.0, dali_level(self.from_pct)), max(1.0, dali_level(self.to_pct))

    def level_pct_at(self, mono_s: float) -> float:
        """Flux in percent at `mono_s`."""
        if mono_s >= self.end_s:
            return self.to_pct
        if mono_s <= self.begin_s or self.from_pct == self.to_pct:
            return self.from_pct
        low, high = self.dali_ends()
        return flux_pct(low + (high - low) * (mono_s - self.begin_s) / self.fade_s)

    def redirected(self, to_pct: float, begin_s: float, fade_s: float) -> "Fade":
        """Return the fade that replaces this one at `begin_s`, from wherever it is by then."""
        return Fade(self.level_pct_at(begin_s), to_pct, begin_s, fade_s)


def holding(level_pct: float, since_s: float) -> Fade:
    """Return the course of a lamp that stays at `level_pct`."""
    return Fade(level_pct, level_pct, since_s, 0.0)

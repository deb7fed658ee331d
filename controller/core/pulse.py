"""A lamp that is identified pulses calmly, for somebody who looks for it outside."""

from typing import NamedTuple

from controller.core.arbitration import OrderedLevel
from controller.core.fade import FULL_PCT

# Slow enough for a fade each way, and never dark: whoever stands below it can see.
PULSE_S = 4.0
PULSE_LOW_PCT = 30.0


class Pulse(NamedTuple):
    """A lamp that is identified: at `level_pct` until `turns_at_s`, then at the other level."""

    level_pct: float
    turns_at_s: float
    until_s: float

    def at(self, now_s: float) -> "Pulse":
        """Return the pulse as it is at `now_s`."""
        if now_s < self.turns_at_s:
            return self
        other_pct = PULSE_LOW_PCT if self.level_pct == FULL_PCT else FULL_PCT
        return Pulse(other_pct, now_s + PULSE_S, self.until_s)

    @property
    def ordered(self) -> OrderedLevel:
        """The level that is wanted now."""
        return OrderedLevel(self.level_pct, self.until_s, "identify")

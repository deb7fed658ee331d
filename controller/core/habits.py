"""Habits: what is learned of each sensor from the people it sees, and from those it does not.

Four things differ from sensor to sensor and stand in no data sheet: how long the output stays high
after the last movement, how often the sensor misses somebody, how often it reports nobody, and how
often it is the first to see somebody. All are learned from passages and forgotten in time. Before
anything is learned a sensor is taken for a nominal one of the field.
"""

import math
from typing import NamedTuple

from controller.core.energy import SECONDS_PER_HOUR

# Before anything is learned: how often sensors of the field see people, and nobody. Assumptions.
DETECTION_PROBABILITY = 0.95
FALSE_ALARMS_PER_H = 0.5
# What that is worth: so many passings, so many hours.
PRIOR_PASSINGS = 20.0
PRIOR_H = 0.5
# The last 200 passings are remembered, and half an hour of passages that nothing foretold.
FADE = 1.0 - 1.0 / 200.0
MEMORY_H = 0.5
# After its output fell a sensor sees nothing for a while: 2.5 to 3 s, an HC-SR501.
BLIND_S = 3.0
# A sensor sees nobody if it missed so many in a row as one of its kind does once in so many times.
DEAF_ONCE_IN = 1000.0
# A quarter of the newest samples is smaller: groups, and those who stand, only make them longer.
HOLD_SAMPLES = 9
HOLD_SHARE = 4
LEAST_HOLD_SAMPLES = 5


class Habit(NamedTuple):
    """What is known of one sensor.

    `seen` and `missed`: decayed numbers of people who certainly passed; `missed_in_row` the last of
    them. Of people whom nothing foretold, decayed numbers as of `counted_at_s`: `found` were seen
    again, `lone` were not. `holds_s`: the newest samples of how long the output stayed high after
    somebody had left; `hold_s` what follows from them, 0 while that is unknown.
    """

    seen: float = PRIOR_PASSINGS * DETECTION_PROBABILITY
    missed: float = PRIOR_PASSINGS * (1.0 - DETECTION_PROBABILITY)
    missed_in_row: int = 0
    lone: float = 0.0
    found: float = 0.0
    counted_at_s: float = 0.0
    holds_s: tuple[float, ...] = ()
    hold_s: float = 0.0

    @property
    def detection_probability(self) -> float:
        """The chance that somebody who passes is seen."""
        return self.seen / (self.seen + self.missed)

    @property
    def deaf(self) -> bool:
        """Whether it saw nobody for so long that it is not to be relied upon."""
        if not self.missed_in_row:
            return False
        chance = (1.0 - self.detection_probability) ** self.missed_in_row
        return chance * DEAF_ONCE_IN < 1.0

    def false_alarms_per_h(self, now_s: float) -> float:
        """Return the rate of passages without anybody there."""
        lone = FALSE_ALARMS_PER_H * PRIOR_H + self.lone * self._decay(now_s)
        return lone / (PRIOR_H + MEMORY_H)

    def people_per_h(self, now_s: float, prior_per_h: float) -> float:
        """Return the rate of people whom nothing foretold, `prior_per_h` before any is learned."""
        found = prior_per_h * PRIOR_H + self.found * self._decay(now_s)
        return found / (PRIOR_H + MEMORY_H)

    def with_seen(self, hold_s: float) -> "Habit":
        """Learn that somebody who passed was seen.

        `hold_s`: how long the output stayed high after they must have left.
        """
        holds_s = (*self.holds_s[1 - HOLD_SAMPLES :], hold_s)
        enough = len(holds_s) >= LEAST_HOLD_SAMPLES
        return Habit(
            self.seen * FADE + 1.0,
            self.missed * FADE,
            0,
            self.lone,
            self.found,
            self.counted_at_s,
            holds_s,
            max(0.0, sorted(holds_s)[len(holds_s) // HOLD_SHARE]) if enough else 0.0,
        )

    def with_missed(self) -> "Habit":
        """Learn that somebody passed and was not seen."""
        return self._replace(
            seen=self.seen * FADE,
            missed=self.missed * FADE + 1.0,
            missed_in_row=self.missed_in_row + 1,
        )

    def with_lone(self, now_s: float) -> "Habit":
        """Learn that a passage which nothing foretold was confirmed by no other sensor."""
        return self._counted(now_s, found=0.0, lone=1.0)

    def with_found(self, now_s: float) -> "Habit":
        """Learn that a passage which nothing foretold was somebody."""
        return self._counted(now_s, found=1.0, lone=0.0)

    def _counted(self, now_s: float, *, found: float, lone: float) -> "Habit":
        decay = self._decay(now_s)
        return self._replace(
            found=self.found * decay + found,
            lone=self.lone * decay + lone,
            counted_at_s=now_s,
        )

    def _decay(self, now_s: float) -> float:
        return math.exp(-(now_s - self.counted_at_s) / (MEMORY_H * SECONDS_PER_HOUR))

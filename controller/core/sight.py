"""What a sensor's seeing people for so long tells of them: how many, how fast, whether they stood.

1. Whom a sensor sees for longer than one of their speed needs is a group, up to a length. Who is
   seen for longer than that stood there, or somebody else did.
2. A speed is measured from near edge to near edge. If the first sensor saw them for less time than
   it needs to pass it, only the end of their way past it was seen: then from its far edge.
3. A first speed is the least there can be. People may be faster if the sensor it is measured from
   saw them for longer than one of that speed needs; it is no speed at all if it saw them for longer
   than a group does.
"""

from typing import NamedTuple

from controller.core.profile import Presence
from controller.core.track import Track, speeds_m_s

# How long after the first of a group the last may follow.
GREATEST_TAIL_S = 6.0
# Nearer to one another than that they count as one.
TOGETHER_S = 1.0
# Whom a sensor saw for so much of the time that their speed needs, it saw all of the way.
WHOLE_CROSSING = 0.8
SPEED_GAIN = 0.4


class Sight(NamedTuple):
    """A sensor that sees people within `reach_m`; its output stays high for `hold_s` more."""

    reach_m: float
    hold_s: float
    presence: Presence

    def gone_s(self, fall_s: float) -> float:
        """Return when the last of them left its reach if its output fell at `fall_s`."""
        return fall_s - self.hold_s

    def alone_s(self, speed_m_s: float | None) -> float:
        """Return for how long it sees somebody who passes alone; of unknown speed, the fastest."""
        return 2.0 * self.reach_m / (speed_m_s or self.presence.fastest_m_s)

    def tail_s(self, speed_m_s: float | None, stay_s: float) -> float:
        """Return how long after the first of them the last comes if the output is high so long."""
        return max(0.0, stay_s - (self.alone_s(speed_m_s) + self.hold_s))

    def outlasts(self, stay_s: float) -> bool:
        """Whether its output is high for longer than a group of the slowest need to pass."""
        crossing_s = 2.0 * self.reach_m / self.presence.slowest_m_s
        return stay_s > self.hold_s + crossing_s + GREATEST_TAIL_S


def measured_m_s(sight: Sight, track: Track, distance_m: float, at_s: float) -> float:
    """Return how fast a track's people went from their sensor to one so far on, by `at_s`."""
    speed_m_s = distance_m / (at_s - track.rise_s)
    if track.fall_s is None or track.speed_m_s is not None:
        return speed_m_s
    crossing_m, gone_s = 2.0 * sight.reach_m, sight.gone_s(track.fall_s)
    seen_m = (gone_s - track.rise_s) * speed_m_s
    if seen_m >= WHOLE_CROSSING * crossing_m:  # always if they were still there at `at_s`
        return speed_m_s
    left_m = distance_m - crossing_m
    return min(speed_m_s, left_m / (at_s - gone_s)) if left_m > 0.0 else speed_m_s


def smoothed_m_s(track: Track, now_m_s: float) -> float:
    """Return a track's speed after another was measured. Stops do not count."""
    if track.speed_m_s is None:
        return now_m_s
    if track.stopped_s is not None:
        return track.speed_m_s
    mean_m_s = track.speed_m_s + SPEED_GAIN * (now_m_s - track.speed_m_s)
    return max(mean_m_s, now_m_s) if track.may_be_faster else mean_m_s


def doubted(sight: Sight, track: Track, stay_s: float) -> Track:
    """Return a track whose first speed was measured from a sensor that saw them for `stay_s`."""
    tail_s = sight.tail_s(track.speed_m_s, stay_s)
    if tail_s <= GREATEST_TAIL_S:
        may_be_faster = track.seen_before is not None or tail_s > TOGETHER_S
        return track._replace(may_be_faster=may_be_faster)
    slowest_m_s, _ = speeds_m_s(track, sight.presence)
    return track._replace(
        speed_m_s=None, slowest_m_s=slowest_m_s, tail_s=GREATEST_TAIL_S, may_be_faster=True
    )

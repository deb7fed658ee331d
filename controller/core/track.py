"""A track: what is believed of some people who move along the path together. Plain data.

What confirms, opens and drops tracks stands in `tracks.py`, what they keep lit in `reach.py`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from controller.core.path import MotionSensor
from controller.core.profile import Presence
from controller.core.ways import Heading, SensorAhead, Way

WALKER_FASTEST_M_S = 2.0
# So many sensors in a row have seen people who are certainly there.
ESTABLISHED_HITS = 3
# Whose speed is not known may be somewhat faster than the fastest people served.
FASTER_THAN_FASTEST = 1.2
# Relative uncertainty of speed after so many passages: some 10 % after two and 5 % after three are
# measured in the field.
SPEED_SPREADS = {2: 0.10, 3: 0.07}
SETTLED_SPREAD = 0.05
# Log-odds (nats) from which a lone passage is taken for somebody who goes on.
BELIEVED_ODDS = -2.5


class Window(NamedTuple):
    """When a cell may be needed, `from_s` to `until_s`, in monotonic seconds.

    Between `calm_from_s` and `calm_until_s` it is not needed yet, or needed again so soon that it
    is not to be dimmed, if it is lit.
    """

    from_s: float
    until_s: float
    calm_from_s: float
    calm_until_s: float


class Track(NamedTuple):
    """People who were last seen at `sensor`, from `rise_s` to `fall_s` (None: still).

    `headings`: where they may be going. `speed_m_s` is None after a lone passage, or if the first
    sensor saw too much for it; whoever it was is no slower than `slowest_m_s`. `tail_s`: how long
    after the first of them the last follows. `hits`: sensors that saw them. `odds`: log-odds (nats)
    that they exist and move on. `missed`: sensors on the way that did not see them since; `hidden`
    if one of them was busy. `stopped_s`: since when they are waited for, None if they are not.
    `seen_before`: the sensor before and since when, if it still saw somebody. `may_be_faster`:
    their speed was measured from when the sensor before began to see somebody, but they may have
    stood there, or come while it saw others. `review_s`: when the next sensor should have seen
    them. `windows`: by lamp.
    """

    sensor: str
    rise_s: float
    headings: tuple[Heading, ...]
    tail_s: float
    odds: float
    slowest_m_s: float = 0.0
    fall_s: float | None = None
    speed_m_s: float | None = None
    hits: int = 1
    missed: frozenset[str] = frozenset()
    hidden: bool = False
    stopped_s: float | None = None
    seen_before: tuple[str, float] | None = None
    may_be_faster: bool = False
    review_s: float = math.inf
    windows: Mapping[str, Window] = MappingProxyType({})

    @property
    def believed(self) -> bool:
        """Whether light is to go with them."""
        return self.speed_m_s is not None or self.odds >= BELIEVED_ODDS

    def stay_s(self, now_s: float) -> float:
        """Return for how long their sensor has seen them by `now_s`."""
        return (now_s if self.fall_s is None else self.fall_s) - self.rise_s

    def planned(self, review_s: float, windows: Mapping[str, Window]) -> "Track":
        """Return the same with its plan, the last two fields."""
        return Track(*self[:-2], review_s, windows)


@dataclass(frozen=True, slots=True)
class Ground:
    """What tracks move on: the way ahead of every heading, the sensors, and the settings."""

    ways: Mapping[Heading, Way]
    sensors: Mapping[str, MotionSensor]
    presence: Presence


def fastest_unknown_m_s(presence: Presence) -> float:
    """Return how fast people are at most whose speed is not known."""
    return presence.fastest_m_s * FASTER_THAN_FASTEST


def speeds_m_s(track: Track, presence: Presence) -> tuple[float, float]:
    """Return the slowest and the fastest plausible speed of a track's people."""
    if track.speed_m_s is None:
        slowest_m_s = max(track.slowest_m_s, presence.slowest_m_s)
        return slowest_m_s, fastest_unknown_m_s(presence)
    spread = SPEED_SPREADS.get(track.hits, SETTLED_SPREAD)
    return track.speed_m_s * (1.0 - spread), track.speed_m_s * (1.0 + spread)


def next_sensors(way: Way, passed: frozenset[str]) -> Sequence[SensorAhead]:
    """Return the sensors that come next on each branch, but for those in `passed`."""
    if not passed or passed.isdisjoint(way.by_sensor):
        return way.firsts
    found = []
    for ahead in way.sensors:
        if ahead.heading.sensor in passed:
            continue
        for gate in ahead.gates:
            if gate.sensor not in passed:
                break
        else:
            found.append(ahead)
    return found


def farthest_due_m(way: Way, passed: frozenset[str]) -> float:
    """Return how far it is to the farthest of the sensors that come next; 0: there is none."""
    if not passed or passed.isdisjoint(way.by_sensor):
        return way.due_m
    return max((one.distance_m for one in next_sensors(way, passed)), default=0.0)


def farthest_open_m(way: Way, passed: frozenset[str]) -> float:
    """Return how far branches go on which no sensor sees anybody but those in `passed`; 0: none."""
    if not passed or passed.isdisjoint(way.by_sensor):
        return way.open_m
    return max(
        (end.distance_m for end in way.ends if all(gate.sensor in passed for gate in end.gates)),
        default=0.0,
    )

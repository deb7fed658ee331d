"""Hours and nights: counts of whole hours, and of each night its quietest hour.

What is told of people is told by the whole hour, so that no alarm says when somebody passed.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from controller.core.energy import SECONDS_PER_HOUR
from controller.core.health.counting import Counts
from controller.core.state import State
from controller.core.ways import Heading

# A night is told of after so many whole dark hours, and cut where it is dark for longer.
LEAST_NIGHT_H = 3
GREATEST_NIGHT_H = 12
# A sensor that is high for longer than this share of an hour tells nothing of others.
TELLING_SHARE = 0.5
# Behind so many others a sensor is still near.
NEAR_GATES = 1


class MotionHour(NamedTuple):
    """An hour of a motion sensor.

    `rises_per_h` and `high_share` (0 to 1): how often and how long it saw somebody. `lone_per_h`:
    passages that no other sensor confirmed, as the tracker learned; None if those next to it could
    not. `near_per_h`: how often the one near rose that rose most; None if none could tell, infinite
    if there is none. `unseen`: people that sensors before and behind it saw since it rose last.
    """

    rises_per_h: float
    high_share: float
    lone_per_h: float | None
    near_per_h: float | None
    unseen: int


class LampHour(NamedTuple):
    """An hour of a lamp: the share of it (0 to 1) in which somebody needed it, and its ups."""

    needed_share: float
    ups_per_h: float


class PastHour(NamedTuple):
    """The last whole hour, of own sensors and lamps; `dark`: all of it was."""

    dark: bool
    motion: Mapping[str, MotionHour]
    lamps: Mapping[str, LampHour]


class Night(NamedTuple):
    """A night so far: its whole dark hours, and by lamp the least `needed_share` of them."""

    hours: int = 0
    quietest: Mapping[str, float] = MappingProxyType({})

    def lived(self, hour: PastHour) -> "Night":
        """Add an hour of darkness."""
        shares = {
            lamp: min(self.quietest.get(lamp, 1.0), now.needed_share)
            for lamp, now in hour.lamps.items()
        }
        return Night(self.hours + 1, shares)


class Hours(NamedTuple):
    """The present hour, which began at `begun_s` with these counts, and what came before it.

    `dark`: the present hour was so far. `told`: the last night that was long enough to be told of.
    """

    begun_s: float
    counts: Counts
    dark: bool = True
    past: PastHour | None = None
    night: Night = Night()
    told: Night | None = None

    def lived(self, state: State, counts: Counts, now_s: float) -> "Hours":
        """Let time pass up to `now_s`; `counts` are booked up to then."""
        hours = self if state.sky.dark else self._ended()._replace(dark=False)
        if now_s < hours.begun_s + SECONDS_PER_HOUR:
            return hours
        past = _past_hour(hours, state, counts, now_s)
        night = hours.night.lived(past) if past.dark else hours.night
        closed = Hours(now_s, counts, state.sky.dark, past, night, hours.told)
        return closed._ended() if night.hours >= GREATEST_NIGHT_H else closed

    def _ended(self) -> "Hours":
        """Let the night end, if it is one."""
        told = self.night if self.night.hours >= LEAST_NIGHT_H else self.told
        return self._replace(night=Night(), told=told)


def _past_hour(hours: Hours, state: State, counts: Counts, now_s: float) -> PastHour:
    elapsed_s = now_s - hours.begun_s
    elapsed_h, before = elapsed_s / SECONDS_PER_HOUR, hours.counts
    rises_per_h = {
        s: (x.rises - before.motion[s].rises) / elapsed_h for s, x in counts.motion.items()
    }
    high_shares = {
        s: (x.high_s - before.motion[s].high_s) / elapsed_s for s, x in counts.motion.items()
    }
    telling = {s for s, share in high_shares.items() if share <= TELLING_SHARE}
    motion: dict[str, MotionHour] = {}
    for sensor in state.site.own_sensors:
        near = _near(state, sensor, NEAR_GATES)
        lone_per_h = state.watch.tracks.habits[sensor].false_alarms_per_h(now_s)
        motion[sensor] = MotionHour(
            rises_per_h=rises_per_h[sensor],
            high_share=high_shares[sensor],
            lone_per_h=lone_per_h if _near(state, sensor, 0) <= telling else None,
            near_per_h=max(
                (rises_per_h[s] for s in near & telling), default=None if near else math.inf
            ),
            unseen=counts.motion[sensor].unseen,
        )
    lamps = {
        lamp: LampHour(
            needed_share=(count.needed_s - before.lamps[lamp].needed_s) / elapsed_s,
            ups_per_h=(count.ups - before.lamps[lamp].ups) / elapsed_h,
        )
        for lamp, count in counts.lamps.items()
    }
    return PastHour(hours.dark, motion, lamps)


def _near(state: State, sensor: str, most_gates: int) -> set[str]:
    """Return the sensors near one, behind at most so many others, as far as their nodes speak."""
    ways = [state.site.ways[Heading(sensor, forward=f)] for f in (True, False)]
    return {
        ahead.heading.sensor
        for way in ways
        for ahead in way.sensors
        if len(ahead.gates) <= most_gates and ahead.heading.sensor != sensor
    } - state.watch.tracks.silent

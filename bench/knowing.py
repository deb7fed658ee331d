"""A core that knows who it is that a sensor sees: an idealisation for `bench.distance`."""

from collections.abc import Iterator
from typing import NamedTuple

from controller.core.path import MotionSensor
from controller.core.track import ESTABLISHED_HITS, Track
from controller.core.tracks import MOST_ODDS, Tracks, _opened
from controller.core.ways import Heading
from firmware_sim import sensors
from firmware_sim.people import Person
from firmware_sim.world import World

# A rise belongs to people who come or go at most so much later or earlier.
MOST_OFF_S = 0.5


class Passing(NamedTuple):
    """Somebody within reach of a sensor, `rise_s` to `fall_s` as it would report them alone."""

    rise_s: float
    fall_s: float
    forward: bool
    speed_m_s: float


class Knowing:
    """Opens tracks as the core does, but with the direction and the speed of who was seen."""

    def __init__(self, world: World) -> None:
        """Find out who passes where."""
        self._passings = {s.id: [*_passings(s, world.people)] for s in world.path.motion_sensors}

    def __call__(self, tracks: Tracks, sensor: str, rise_s: float) -> Track:
        """Open a track. Where nobody was it is as blind as ever."""
        track = _opened(tracks, sensor, rise_s)
        there = (
            x
            for x in self._passings[sensor]
            if x.rise_s - MOST_OFF_S <= rise_s <= x.fall_s + MOST_OFF_S
        )
        somebody = max(there, default=None)
        if somebody is None:
            return track
        return track._replace(
            rise_s=somebody.rise_s,
            headings=(Heading(sensor, somebody.forward),),
            speed_m_s=somebody.speed_m_s,
            hits=ESTABLISHED_HITS,
            odds=MOST_ODDS,
        )


def _passings(sensor: MotionSensor, people: tuple[Person, ...]) -> Iterator[Passing]:
    for leg in (leg for person in people for leg in person.legs()):
        low_m, high_m = sorted((leg.from_m, leg.to_m))
        low_m = max(low_m, sensor.at_m - sensor.reach_m)
        high_m = min(high_m, sensor.at_m + sensor.reach_m)
        if leg.section == sensor.section and low_m < high_m:
            rise_s, fall_s = sorted(leg.time_at(m) + sensors.LATENCY_S for m in (low_m, high_m))
            yield Passing(rise_s, fall_s, leg.to_m > leg.from_m, leg.speed_m_s)

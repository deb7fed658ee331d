"""Few people, as at night, and what healthy sensors see of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from firmware_sim.people import Kind, Person, Waypoint
from firmware_sim.sensors import Grade, LevelChange, sense
from firmware_sim.storm.course import LENGTH_M, PATH, SECTION

WALKER_M_S = 2.0
WALKERS_M_S = (0.7, 2.0)
RIDERS_M_S = (2.5, 8.3)
RIDERS, RESTING, EASTWARD = 0.65, 0.1, 0.5
REST_S = (20.0, 600.0)
# Of a busy night: who rests, and for how long; who is met, and how much later they set out.
BUSY_RESTING, BUSY_MEETING = 0.6, 0.3
BUSY_REST_S = (3.0, 40.0), (20.0, 300.0)
BUSY_PAUSE_S = (150.0, 600.0)
MEETING_S = 300.0
BEGIN_S = 60.0
PERFECT = Grade(1.0, 1e-12)


@dataclass(frozen=True, slots=True)
class Walk:
    """Somebody goes from one end to the other at an even speed.

    `rest_sensor`: where they rest for `rest_s` seconds, if that is not 0.
    """

    at_s: float
    speed_m_s: float
    eastward: bool
    rest_sensor: int = 0
    rest_s: float = 0.0

    def stay(self, sensor: int) -> tuple[float, float]:
        """Return from when to when they are within reach of a sensor, by its number."""
        at_m, reach_m = PATH.motion_sensors[sensor].at_m, PATH.motion_sensors[sensor].reach_m
        way_m = at_m if self.eastward else LENGTH_M - at_m
        times = [self.at_s + (way_m + side * reach_m) / self.speed_m_s for side in (-1.0, 1.0)]
        if self.rest_s > 0.0:
            rest_m = PATH.motion_sensors[self.rest_sensor].at_m
            rest_way_m = rest_m if self.eastward else LENGTH_M - rest_m
            times = [
                time_s + (self.rest_s if way_m + side * reach_m > rest_way_m else 0.0)
                for time_s, side in zip(times, (-1.0, 1.0), strict=True)
            ]
        return times[0], times[1]

    def person(self, number: int) -> Person:
        """Return where they are at what time."""
        sensor = PATH.motion_sensors[self.rest_sensor]
        kind = Kind.PEDESTRIAN if self.speed_m_s <= WALKER_M_S else Kind.CYCLIST
        places = [0.0, LENGTH_M] if self.eastward else [LENGTH_M, 0.0]
        if self.rest_s > 0.0:
            places.insert(1, sensor.at_m)
        points, now_s = [Waypoint(self.at_s, SECTION, places[0])], self.at_s
        for before_m, after_m in pairwise(places):
            now_s += abs(after_m - before_m) / self.speed_m_s
            points.append(Waypoint(round(now_s, 3), SECTION, after_m))
            if self.rest_s > 0.0 and after_m == sensor.at_m:
                now_s += self.rest_s
                points.append(Waypoint(round(now_s, 3), SECTION, after_m))
        return Person(f"P{number:02}", kind, tuple(points))


def draw_walks(rng: Random, until_s: float, number: int) -> tuple[Walk, ...]:
    """Draw people who enter before `until_s`."""
    walks = []
    for _ in range(number):
        speed_m_s = _speed_m_s(rng)
        rests = rng.random() < RESTING
        walks.append(
            Walk(
                round(rng.uniform(BEGIN_S, until_s), 1),
                speed_m_s,
                rng.random() < EASTWARD,
                rng.randrange(len(PATH.motion_sensors)) if rests else 0,
                round(rng.uniform(*REST_S), 1) if rests else 0.0,
            )
        )
    return tuple(sorted(walks, key=lambda walk: walk.at_s))


def draw_busy_walks(rng: Random, until_s: float) -> tuple[Walk, ...]:
    """Draw people who enter before `until_s`, every few minutes; most rest, some meet others."""
    walks, at_s = [], BEGIN_S
    while at_s < until_s:
        walks.append(_busy_walk(rng, at_s))
        if rng.random() < BUSY_MEETING:
            walks.append(_busy_walk(rng, min(until_s, at_s + rng.uniform(0.0, MEETING_S))))
        at_s += rng.uniform(*BUSY_PAUSE_S)
    return tuple(sorted(walks, key=lambda walk: walk.at_s))


def _busy_walk(rng: Random, at_s: float) -> Walk:
    speed_m_s, eastward = _speed_m_s(rng), rng.random() < EASTWARD
    if rng.random() >= BUSY_RESTING:
        return Walk(round(at_s, 1), speed_m_s, eastward)
    rest_s = round(rng.uniform(*rng.choice(BUSY_REST_S)), 1)
    return Walk(
        round(at_s, 1), speed_m_s, eastward, rng.randrange(len(PATH.motion_sensors)), rest_s
    )


def _speed_m_s(rng: Random) -> float:
    return round(rng.uniform(*(RIDERS_M_S if rng.random() < RIDERS else WALKERS_M_S)), 2)


def sensed(people: Sequence[Person], seed: int, end_s: float) -> tuple[LevelChange, ...]:
    """Return what sensors put out that miss nobody."""
    return sense(PATH, people, PERFECT, seed, (0.0, end_s)).changes

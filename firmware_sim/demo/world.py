"""People on the demo's path and what its motion sensors make of them. Pure: time is an argument.

Times are seconds since the show began, places are metres from the path's west end.
"""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from firmware_sim.people import Kind

LATENCY_S = 0.1
OUTPUT_HOLD_S = 1.0
CYCLIST_M_S = (3.5, 4.5)
WALKER_M_S = (1.3, 1.5)
WALKER_SHARE = 0.2
PAUSE_S = 45.0
"""Mean time between two entries at one end; it is never less than `LEAST_PAUSE_S`."""
LEAST_PAUSE_S = 5.0
EASTWARD = 1
WESTWARD = -1


@dataclass(frozen=True, slots=True)
class Traveller:
    """Somebody who moves evenly from one end to the other; eastward if the velocity is positive."""

    kind: Kind
    enters_s: float
    enters_m: float
    velocity_m_s: float

    def at_m(self, now_s: float) -> float:
        """Return the place."""
        return self.enters_m + self.velocity_m_s * (now_s - self.enters_s)

    def passes_s(self, at_m: float) -> float:
        """Return the time at which the traveller is, or would have been, at a place."""
        return self.enters_s + (at_m - self.enters_m) / self.velocity_m_s

    def raises(self, at_m: float, reach_m: float, now_s: float) -> bool:
        """Say whether a sensor at `at_m` puts its output high now because of this traveller."""
        begin_s, end_s = sorted((self.passes_s(at_m - reach_m), self.passes_s(at_m + reach_m)))
        begin_s = max(begin_s, self.enters_s)
        return begin_s < end_s and begin_s + LATENCY_S <= now_s < end_s + OUTPUT_HOLD_S


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A sensor's output rises (`active`) or falls."""

    sensor: str
    active: bool


class World:
    """The path's people, entering without end, and the outputs of its sensors.

    `sensors_m`: where each sensor stands; all see `reach_m` metres to either side. Time may only
    go forward. `passages` counts rising outputs.
    """

    def __init__(
        self,
        travellers: Iterator[Traveller],
        sensors_m: Mapping[str, float],
        *,
        reach_m: float,
        length_m: float,
    ) -> None:
        """Begin before anybody has come. `travellers` are in order of entry."""
        self._coming = travellers
        self._next = next(travellers, None)
        self._present: list[Traveller] = []
        self._sensors_m = sensors_m
        self._reach_m = reach_m
        self._length_m = length_m
        self._active: frozenset[str] = frozenset()
        self.passages = 0

    def advance(self, now_s: float) -> tuple[LevelChange, ...]:
        """Let time pass until `now_s`; return which outputs are different then."""
        self._let_in(now_s)
        self._present = [x for x in self._present if now_s < self._forgotten_s(x)]
        active = frozenset(
            sensor
            for sensor, at_m in self._sensors_m.items()
            if any(x.raises(at_m, self._reach_m, now_s) for x in self._present)
        )
        rising, falling = sorted(active - self._active), sorted(self._active - active)
        self._active = active
        self.passages += len(rising)
        return (
            *(LevelChange(sensor, active=True) for sensor in rising),
            *(LevelChange(sensor, active=False) for sensor in falling),
        )

    def people(self, now_s: float) -> tuple[Traveller, ...]:
        """Return who is on the path."""
        return tuple(x for x in self._present if 0.0 <= x.at_m(now_s) <= self._length_m)

    def _let_in(self, now_s: float) -> None:
        while self._next is not None and self._next.enters_s <= now_s:
            self._present.append(self._next)
            self._next = next(self._coming, None)

    def _forgotten_s(self, traveller: Traveller) -> float:
        """Return when no sensor can be high any more because of somebody."""
        end_m = self._length_m if traveller.velocity_m_s > 0.0 else 0.0
        return traveller.passes_s(end_m) + OUTPUT_HOLD_S


def everybody(rng: Random, length_m: float) -> Iterator[Traveller]:
    """Yield people in order of entry, without end: a few are there at 0 s, others come later."""
    yield Traveller(Kind.CYCLIST, 0.0, 0.05 * length_m, _speed_m_s(rng, Kind.CYCLIST))
    yield Traveller(Kind.PEDESTRIAN, 0.0, 0.82 * length_m, _speed_m_s(rng, Kind.PEDESTRIAN))
    east, west = (_entering(Random(rng.random()), d, length_m) for d in (EASTWARD, WESTWARD))
    yield from heapq.merge(east, west, key=lambda x: x.enters_s)


def _entering(rng: Random, direction: int, length_m: float) -> Iterator[Traveller]:
    enters_m = 0.0 if direction == EASTWARD else length_m
    enters_s = 0.0
    while True:
        enters_s += LEAST_PAUSE_S + rng.expovariate(1.0 / (PAUSE_S - LEAST_PAUSE_S))
        kind = Kind.PEDESTRIAN if rng.random() < WALKER_SHARE else Kind.CYCLIST
        yield Traveller(kind, enters_s, enters_m, direction * _speed_m_s(rng, kind))


def _speed_m_s(rng: Random, kind: Kind) -> float:
    return rng.uniform(*(CYCLIST_M_S if kind is Kind.CYCLIST else WALKER_M_S))

"""Motion sensors as they are: they miss people, see nobody there, come late and go blind.

Every sensor draws from streams of its own, so that what one draws never shifts another's.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from controller.core.path import MotionSensor, Path
from firmware_sim.geometry import zone
from firmware_sim.intervals import Interval, intersection, union
from firmware_sim.people import Leg, Person

SECONDS_PER_HOUR = 3600.0
LATENCY_S = 0.4
BLIND_S = 2.5
OUTPUT_HOLD_S = 2.0


@dataclass(frozen=True, slots=True)
class Grade:
    """How good the sensors are: chance to notice a passing, false alarms a sensor and hour."""

    detection_probability: float
    false_alarms_per_h: float


# Assumptions for passive infrared and radar sensors, spanning well and badly adjusted ones.
GRADES = {
    "good": Grade(0.99, 0.1),
    "nominal": Grade(0.95, 0.5),
    "poor": Grade(0.80, 4.0),
}


@dataclass(frozen=True, slots=True)
class LevelChange:
    """The output of a sensor rises (`active`) or falls at `time_s`."""

    time_s: float
    sensor: str
    active: bool


@dataclass(frozen=True, slots=True)
class Sensed:
    """What all sensors of a path put out in a night, in order of time.

    `false_alarms`: rising edges without anybody there.
    """

    changes: tuple[LevelChange, ...]
    false_alarms: int

    @property
    def detections(self) -> list[LevelChange]:
        """Rising edges."""
        return [change for change in self.changes if change.active]


def sense(path: Path, people: Sequence[Person], grade: Grade, seed: int, run: Interval) -> Sensed:
    """Let every sensor watch the people during the run (begin and end in s)."""
    legs_on: dict[str, list[tuple[int, Leg]]] = {s.id: [] for s in path.sections}
    for number, person in enumerate(people):
        for leg in person.legs():
            legs_on[leg.section].append((number, leg))
    changes: list[LevelChange] = []
    false_alarms = 0
    for sensor in path.motion_sensors:
        alarms = _false_alarms(sensor, grade, seed, run)
        stays = _noticed(stays_at(path, sensor, legs_on), sensor, grade, seed)
        highs = intersection(_highs([*stays, *alarms]), [run])
        false_alarms += len({begin_s for begin_s, _ in alarms} & {rise_s for rise_s, _ in highs})
        changes += _changes(sensor.id, highs)
    changes.sort(key=lambda c: c.time_s)
    return Sensed(tuple(changes), false_alarms)


def stays_at(
    path: Path, sensor: MotionSensor, legs_on: dict[str, list[tuple[int, Leg]]]
) -> list[Interval]:
    """Return when people were within reach of a sensor: one interval a passing, by its begin.

    `legs_on`: everybody's legs by section, with a number for each person.
    """
    within: dict[int, list[Interval]] = {}
    for section, stretches in zone(path, sensor.section, sensor.at_m, sensor.reach_m).items():
        for number, leg in legs_on[section]:
            for from_m, to_m in stretches:
                if (stay := _crossing(leg, from_m, to_m)) is not None:
                    within.setdefault(number, []).append(stay)
    return sorted(stay for stays in within.values() for stay in union(stays))


def _crossing(leg: Leg, from_m: float, to_m: float) -> Interval | None:
    """Return when a leg lies between two chainages, if for any time at all."""
    if leg.from_m == leg.to_m:
        return (leg.begin_s, leg.end_s) if from_m <= leg.from_m <= to_m else None
    a_s, b_s = sorted((leg.time_at(from_m), leg.time_at(to_m)))
    begin_s, end_s = max(a_s, leg.begin_s), min(b_s, leg.end_s)
    return (begin_s, end_s) if begin_s < end_s else None


def _noticed(
    stays: Iterable[Interval], sensor: MotionSensor, grade: Grade, seed: int
) -> list[Interval]:
    rng = Random(f"{seed}/sensor/{sensor.id}/notice")
    return [
        (begin_s + LATENCY_S, end_s + LATENCY_S)
        for begin_s, end_s in stays
        if rng.random() < grade.detection_probability
    ]


def _false_alarms(sensor: MotionSensor, grade: Grade, seed: int, run: Interval) -> list[Interval]:
    """Draw a Poisson process of alarms that last no time themselves; the output holds them."""
    rng = Random(f"{seed}/sensor/{sensor.id}/alarms")
    alarms: list[Interval] = []
    time_s = run[0]
    while True:
        time_s += rng.expovariate(grade.false_alarms_per_h / SECONDS_PER_HOUR)
        if time_s > run[1]:
            return alarms
        alarms.append((time_s, time_s))


def _highs(seen: list[Interval]) -> list[Interval]:
    """Return when the output is high, from what is seen.

    It stays high while somebody is seen, retriggered, and for `OUTPUT_HOLD_S` after. For
    `BLIND_S` after its fall nothing is seen; who is still there then raises it again.
    """
    highs: list[Interval] = []
    for begin_s, end_s in sorted(seen):
        if highs and begin_s <= highs[-1][1]:
            highs[-1] = (highs[-1][0], max(highs[-1][1], end_s + OUTPUT_HOLD_S))
            continue
        sighted_s = max(begin_s, highs[-1][1] + BLIND_S) if highs else begin_s
        if sighted_s <= end_s:
            highs.append((sighted_s, end_s + OUTPUT_HOLD_S))
    return highs


def _changes(sensor: str, highs: Iterable[Interval]) -> Iterator[LevelChange]:
    """Yield rise and fall of the output; times to the millisecond, as written."""
    for rise_s, fall_s in highs:
        yield LevelChange(round(rise_s, 3), sensor, active=True)
        yield LevelChange(round(fall_s, 3), sensor, active=False)

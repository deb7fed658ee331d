"""What makes people hard to follow: they come and go in mid-path, stop, turn, meet, walk dogs.

Each habit takes people who go straight through a path and changes some of them, with random
numbers of its own. Shares and times are assumptions.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from random import Random

from firmware_sim.people import Kind, Person, Waypoint

MID_PATH_SHARE = 0.5
LEAST_STAY_M = 100.0
STOP_SHARE = 0.3
STOP_S = (60.0, 300.0)
TURN_SHARE = 0.2
TURN_BETWEEN = (0.2, 0.8)
MEET_WITHIN_S = 60.0
DOG_STEP_S = 8.0
DOG_AWAY_M = (5.0, 20.0)
TIME_DIGITS = 3

People = tuple[Person, ...]


def in_mid_path(people: People, rng: Random) -> People:
    """Let half of the people enter, and half leave, somewhere along their way."""
    return tuple(_cut(person, rng) for person in people)


def with_stops(people: People, rng: Random) -> People:
    """Let three of ten stop for one to five minutes somewhere along their way."""
    return tuple(_stopped(p, rng) if rng.random() < STOP_SHARE else p for p in people)


def with_turns(people: People, rng: Random) -> People:
    """Let one of five turn round on the way and leave where they came from."""
    return tuple(_turned(p, rng) if rng.random() < TURN_SHARE else p for p in people)


def opposed(people: People, rng: Random) -> People:
    """Keep every second one, and let somebody of the same speed come towards each."""
    kept = people[::2]
    return tuple(one for person in kept for one in (person, _opponent(person, rng)))


def dogs(people: People, rng: Random) -> People:
    """Give every walker a dog that runs to and fro, up to 20 m ahead and behind; dogs only."""
    return tuple(_dog(person, rng) for person in people if person.kind is Kind.PEDESTRIAN)


def _cut(person: Person, rng: Random) -> Person:
    length_m = _length_m(person)
    room_m = (length_m - LEAST_STAY_M) / 2.0
    begins, ends = (rng.random() < MID_PATH_SHARE for _ in range(2))
    begin_m, end_m = rng.uniform(0.0, room_m), length_m - rng.uniform(0.0, room_m)
    stretch = (begin_m if begins else 0.0, end_m if ends else length_m)
    return replace(person, waypoints=tuple(_between(person, *stretch)))


def _stopped(person: Person, rng: Random) -> Person:
    at_m = rng.uniform(0.0, _length_m(person))
    stop_s = rng.uniform(*STOP_S)
    before = list(_between(person, 0.0, at_m))
    after = [_later(p, stop_s) for p in _between(person, at_m, _length_m(person))]
    return replace(person, waypoints=(*before, *after))


def _turned(person: Person, rng: Random) -> Person:
    length_m = _length_m(person)
    forth = list(_between(person, 0.0, length_m * rng.uniform(*TURN_BETWEEN)))
    turn_s = forth[-1].time_s
    back = [replace(p, time_s=_rounded(2.0 * turn_s - p.time_s)) for p in reversed(forth[:-1])]
    return replace(person, waypoints=(*forth, *back))


def _opponent(person: Person, rng: Random) -> Person:
    points = person.waypoints
    shift_s = rng.uniform(-MEET_WITHIN_S, MEET_WITHIN_S)
    both_s = points[0].time_s + points[-1].time_s + shift_s
    back = (replace(p, time_s=_rounded(both_s - p.time_s)) for p in reversed(points))
    return Person(f"{person.rider}o", person.kind, tuple(back))


def _dog(person: Person, rng: Random) -> Person:
    """Follow the walker's way; needs a path of one section."""
    first, last = person.waypoints[0], person.waypoints[-1]
    low_m, high_m = sorted((first.at_m, last.at_m))
    points, side = [first], 1.0
    steps = int((last.time_s - first.time_s) / DOG_STEP_S)
    for k in range(1, steps + 1):
        time_s = first.time_s + k * DOG_STEP_S
        share = (time_s - first.time_s) / (last.time_s - first.time_s)
        walker_m = first.at_m + share * (last.at_m - first.at_m)
        at_m = walker_m + side * rng.uniform(*DOG_AWAY_M)
        points.append(Waypoint(_rounded(time_s), first.section, min(max(at_m, low_m), high_m)))
        side = -side
    return Person(f"{person.rider}d", person.kind, tuple(points))


def _length_m(person: Person) -> float:
    return sum(abs(leg.to_m - leg.from_m) for leg in person.legs())


def _between(person: Person, begin_m: float, end_m: float) -> Iterator[Waypoint]:
    """Yield the way from `begin_m` to `end_m`, metres walked from the entry."""
    walked_m = 0.0
    last: Waypoint | None = None
    for a, b in pairwise(person.waypoints):
        step_m = abs(b.at_m - a.at_m) if a.section == b.section else 0.0
        low_m, high_m = max(begin_m - walked_m, 0.0), min(end_m - walked_m, step_m)
        walked_m += step_m
        if low_m >= high_m:
            continue
        for along_m in (low_m, high_m):
            share = along_m / step_m
            time_s = _rounded(a.time_s + share * (b.time_s - a.time_s))
            point = Waypoint(time_s, a.section, a.at_m + share * (b.at_m - a.at_m))
            if point != last:
                yield point
            last = point


def _later(point: Waypoint, by_s: float) -> Waypoint:
    return replace(point, time_s=_rounded(point.time_s + by_s))


def _rounded(time_s: float) -> float:
    """Round to the millisecond, as times are written."""
    return round(time_s, TIME_DIGITS)

"""Riders and walkers drawn from counts: speeds, companions, entry times and ways.

The mix is an assumption fitted to speeds measured on cycle paths (mean 20, sd 5 km/h).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from random import Random

from controller.core.path import Path
from controller.settings.faults import Fault, SettingsError
from firmware_sim.counts import QUARTER_S, Bin
from firmware_sim.geometry import Traverse, leaf_junctions, shortest_way
from firmware_sim.people import Kind, Person, Waypoint

KMH = 1 / 3.6
SLOW_SHARE = 0.6
SLOW_RIDERS_KMH = (18.0, 3.5)
FAST_RIDERS_KMH = (21.5, 3.2)
RIDER_BOUNDS_KMH = (6.0, 42.0)
WALKERS_M_S = (1.34, 0.26)
WALKER_BOUNDS_M_S = (0.7, 2.2)
WALKERS_PER_RIDER = 0.12
COMPANION_SHARE = 0.15
COMPANION_GAP_M = (3.0, 15.0)
TIME_DIGITS = 3


@dataclass(frozen=True, slots=True)
class _Entry:
    """Somebody enters the path. `way`: the sections walked, from leaf to leaf."""

    time_s: float
    kind: Kind
    speed_m_s: float
    way: tuple[Traverse, ...]


class Ways:
    """The ways through a path in both directions of a counter.

    The first direction leads from a leaf junction to one that the path file names later.
    Raises SettingsError for a path with fewer than two ends.
    """

    def __init__(self, path: Path) -> None:
        """Find the ways of `path`."""
        leaves = leaf_junctions(path)
        if len(leaves) < 2:  # noqa: PLR2004 - a way has two ends
            problem = f"has {len(leaves)} junctions with one section, where people could enter"
            hint = "two are needed; say with --trajectories how people move"
            raise SettingsError(f"path {path.id}", [Fault("junctions", problem, hint)])
        pairs = list(combinations(leaves, 2))
        self._ways = (
            [shortest_way(path, a, b) for a, b in pairs],
            [shortest_way(path, b, a) for a, b in pairs],
        )

    def draw(self, rng: Random, direction: int) -> tuple[Traverse, ...]:
        """Draw a way in one direction, 0 or 1."""
        return rng.choice(self._ways[direction])


def draw_people(
    path: Path, bins: Iterable[Bin], seed: int, companion_share: float = COMPANION_SHARE
) -> tuple[Person, ...]:
    """Draw everybody who enters during the counted quarter hours, in order of entry.

    `companion_share`: chance that a rider is followed by another.
    """
    ways = Ways(path)
    entries: list[_Entry] = []
    for direction in (0, 1):
        rng = Random(f"{seed}/people/{direction}")
        for counted in bins:
            entries += _riders(rng, counted, direction, ways, companion_share)
        rng = Random(f"{seed}/walkers/{direction}")
        for counted in bins:
            entries += _walkers(rng, counted, direction, ways)
    entries.sort(key=lambda e: e.time_s)
    return tuple(
        Person(f"P{number:05d}", entry.kind, _waypoints(entry))
        for number, entry in enumerate(entries, start=1)
    )


def _riders(
    rng: Random, counted: Bin, direction: int, ways: Ways, companion_share: float
) -> Iterator[_Entry]:
    left = counted.cyclists[direction]
    while left > 0:
        time_s = _entry_time_s(rng, counted)
        way = ways.draw(rng, direction)
        speed_m_s = _rider_speed_m_s(rng)
        has_companion = rng.random() < companion_share
        yield _Entry(time_s, Kind.CYCLIST, speed_m_s, way)
        left -= 1
        if has_companion and left > 0:
            later_s = rng.uniform(*COMPANION_GAP_M) / speed_m_s
            yield _Entry(time_s + later_s, Kind.CYCLIST, speed_m_s, way)
            left -= 1


def _walkers(rng: Random, counted: Bin, direction: int, ways: Ways) -> Iterator[_Entry]:
    number = sum(rng.random() < WALKERS_PER_RIDER for _ in range(counted.cyclists[direction]))
    for _ in range(number):
        time_s = _entry_time_s(rng, counted)
        speed_m_s = _truncated(rng, WALKERS_M_S, WALKER_BOUNDS_M_S)
        yield _Entry(time_s, Kind.PEDESTRIAN, speed_m_s, ways.draw(rng, direction))


def _entry_time_s(rng: Random, counted: Bin) -> float:
    return rng.choice(counted.begins_s) + rng.uniform(0.0, QUARTER_S)


def _rider_speed_m_s(rng: Random) -> float:
    normal = SLOW_RIDERS_KMH if rng.random() < SLOW_SHARE else FAST_RIDERS_KMH
    return _truncated(rng, normal, RIDER_BOUNDS_KMH) * KMH


def _truncated(rng: Random, normal: tuple[float, float], bounds: tuple[float, float]) -> float:
    """Draw from a normal distribution (mean, sd), again until it lies within the bounds."""
    while True:
        drawn = rng.gauss(*normal)
        if bounds[0] <= drawn <= bounds[1]:
            return drawn


def _waypoints(entry: _Entry) -> tuple[Waypoint, ...]:
    """Return entry to and exit from every section; times to the millisecond, as written."""
    points = []
    walked_m = 0.0
    for traverse in entry.way:
        for at_m in traverse.ends_m:
            time_s = entry.time_s + walked_m / entry.speed_m_s
            points.append(Waypoint(round(time_s, TIME_DIGITS), traverse.section, at_m))
            walked_m += traverse.length_m
        walked_m -= traverse.length_m
    return tuple(points)

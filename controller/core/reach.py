"""Which sensors concern which lamps, and for how long. Distances, never lamp counts.

Somebody seen at a sensor may leave it on every way there is, and is next seen at the next sensor.
Until then

- a lamp before that next sensor stays needed until the slowest person has left its cell, or
  could have been seen again, on whichever way takes longest;
- a lamp beyond it is needed by those who approach it, as far as the fastest one's preview looks
  past it, for the hold.

A cell is the stretch that a lamp lights: half the way to its neighbours.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush

from controller.core.path import Lamp, MotionSensor, Path, Section
from controller.core.profile import Presence

GREATEST_PREVIEW_M = 300.0
GREATEST_UNSEEN_M = 150.0
GRAVITY_M_S2 = 9.81


@dataclass(frozen=True, slots=True)
class Approach:
    """One way from a sensor to a lamp, along the path.

    `beyond_m`: how far the lamp lies beyond the next sensor on the way, 0 if before or at it.
    `seen_again_m`: distance to that sensor if it stands in the lamp's section, else None.
    `half_cell_m`: half the lamp's cell.
    """

    sensor: str
    distance_m: float
    beyond_m: float
    seen_again_m: float | None
    half_cell_m: float


@dataclass(frozen=True, slots=True)
class Link:
    """A sensor whose evidence lights a lamp, for `hold_s` after the last of it."""

    sensor: str
    hold_s: float


@dataclass(frozen=True, slots=True)
class Site:
    """What one node knows of the path: its own lamps and the sensors that concern them.

    `approaches`: per own lamp, from every sensor near enough to concern it. `outward`: per own
    sensor, to the lamps of other nodes. `heard_nodes`: whose passages this node listens to.
    """

    path: Path
    node: str
    controller_w: float
    lamps: Mapping[str, Lamp]
    own_sensors: frozenset[str]
    own_light_sensors: frozenset[str]
    approaches: Mapping[str, tuple[Approach, ...]]
    outward: Mapping[str, tuple[Approach, ...]]
    heard_nodes: frozenset[str]

    @property
    def position_deg(self) -> tuple[float, float]:
        """Latitude and longitude."""
        return self.path.latitude_deg, self.path.longitude_deg


def stopping_sight_m(speed_m_s: float, presence: Presence) -> float:
    """Wet stopping sight distance in metres: reaction and braking (AASHTO), capped."""
    braking_m = speed_m_s**2 / (2.0 * GRAVITY_M_S2 * presence.friction)
    return min(presence.preview_cap_m, presence.reaction_s * speed_m_s + braking_m)


def hold_s(way: Approach, presence: Presence) -> float | None:
    """Return how long a passage lights the lamp on this way, None if it does not."""
    if way.beyond_m - way.half_cell_m > stopping_sight_m(presence.fastest_m_s, presence):
        return None
    if way.beyond_m > 0.0:
        return presence.hold_s
    leave_m = way.distance_m + way.half_cell_m + presence.behind_m
    if way.seen_again_m is not None:
        leave_m = min(leave_m, way.seen_again_m)
    return max(presence.hold_s, leave_m / presence.slowest_m_s)


def links(approaches: tuple[Approach, ...], presence: Presence) -> tuple[Link, ...]:
    """Return the sensors that light a lamp, each with its longest hold over all ways."""
    holds_s: dict[str, float] = {}
    for way in approaches:
        held_s = hold_s(way, presence)
        if held_s is not None:
            holds_s[way.sensor] = max(held_s, holds_s.get(way.sensor, 0.0))
    return tuple(Link(sensor, held_s) for sensor, held_s in holds_s.items())


def build_site(path: Path, node: str) -> Site:
    """Work out one node's view of the path. Raises KeyError for a node that the path lacks."""
    controller_w = {n.id: n.controller_w for n in path.nodes}[node]
    graph = _Graph(path)
    ways = {sensor.id: graph.approaches(sensor) for sensor in path.motion_sensors}
    lamps = {lamp.id: lamp for lamp in path.lamps if lamp.node == node}
    own = frozenset(sensor.id for sensor in path.motion_sensors if sensor.node == node)
    approaches = {
        lamp: tuple(way for found in ways.values() for way in found.get(lamp, ())) for lamp in lamps
    }
    concerning = {way.sensor for found in approaches.values() for way in found}
    return Site(
        path=path,
        node=node,
        controller_w=controller_w,
        lamps=lamps,
        own_sensors=own,
        own_light_sensors=frozenset(s.id for s in path.light_sensors if s.node == node),
        approaches=approaches,
        outward={
            sensor: tuple(
                way for lamp, found in ways[sensor].items() if lamp not in lamps for way in found
            )
            for sensor in sorted(own)
        },
        heard_nodes=frozenset(
            s.node for s in path.motion_sensors if s.id in concerning and s.id not in own
        ),
    )


@dataclass(frozen=True, slots=True)
class _Leg:
    """A walk along one section up to its end.

    `walked_m` is the distance at `from_m`, the chainage where the walk along this section begins.
    """

    section: Section
    from_m: float
    forward: bool
    walked_m: float

    def distance_m(self, at_m: float) -> float:
        """Return the distance at a chainage; less than `walked_m` if it lies behind."""
        return self.walked_m + (at_m - self.from_m if self.forward else self.from_m - at_m)

    @property
    def end(self) -> tuple[str, bool]:
        """The junction ahead, and whether it is the section's end (else its start)."""
        return (self.section.end, True) if self.forward else (self.section.start, False)

    @property
    def length_m(self) -> float:
        """The distance at the junction ahead."""
        return self.distance_m(self.section.length_m if self.forward else 0.0)


class _Graph:
    """The path with everything sorted along its sections."""

    def __init__(self, path: Path) -> None:
        self._sections = {s.id: s for s in path.sections}
        # Per junction the sections that meet there, each with whether it is the section's end.
        self._meeting: dict[str, list[tuple[Section, bool]]] = {j: [] for j in path.junctions}
        for section in path.sections:
            self._meeting[section.start].append((section, False))
            self._meeting[section.end].append((section, True))
        self._lamps: dict[str, list[Lamp]] = {s: [] for s in self._sections}
        for lamp in sorted(path.lamps, key=lambda x: x.at_m):
            self._lamps[lamp.section].append(lamp)
        self._sensors: dict[str, list[MotionSensor]] = {s: [] for s in self._sections}
        for sensor in sorted(path.motion_sensors, key=lambda x: x.at_m):
            self._sensors[sensor.section].append(sensor)
        self._half_cells_m = {
            lamp: half_m
            for section, lamps in self._lamps.items()
            for lamp, half_m in _half_cells_m(lamps, self._sections[section].length_m)
        }

    def approaches(self, sensor: MotionSensor) -> dict[str, list[Approach]]:
        """Return per lamp every way on which nobody is seen, else the shortest one beyond."""
        found: dict[str, list[Approach]] = {}
        frontier: list[tuple[_Leg, float]] = []
        for leg, seen_m in self._unseen_legs(sensor):
            if seen_m is not None:
                at_m = leg.from_m + (seen_m - leg.walked_m) * (1 if leg.forward else -1)
                frontier.append((_Leg(leg.section, at_m, leg.forward, 0.0), seen_m))
            for lamp, distance_m in self._lamps_ahead(leg, GREATEST_UNSEEN_M):
                if seen_m is None or distance_m <= seen_m:
                    way = self._way(sensor, lamp, distance_m, 0.0, seen_m)
                    found.setdefault(lamp, []).append(way)
        for lamp, (beyond_m, seen_m) in self._beyond(frontier).items():
            if lamp not in found:
                found[lamp] = [self._way(sensor, lamp, seen_m + beyond_m, beyond_m, None)]
        return found

    def _way(
        self,
        sensor: MotionSensor,
        lamp: str,
        distance_m: float,
        beyond_m: float,
        seen_again_m: float | None,
    ) -> Approach:
        return Approach(sensor.id, distance_m, beyond_m, seen_again_m, self._half_cells_m[lamp])

    def _unseen_legs(self, origin: MotionSensor) -> Iterator[tuple[_Leg, float | None]]:
        """Walk every way outward until somebody would be seen again; yield legs with where."""
        section = self._sections[origin.section]
        ways = [(_Leg(section, origin.at_m, forward, 0.0), ()) for forward in (True, False)]
        stack: list[tuple[_Leg, tuple[str, ...]]] = list(ways)
        while stack:
            leg, passed = stack.pop()
            seen_m = self._next_sensor_m(leg, origin)
            yield leg, seen_m
            junction, _ = leg.end
            if seen_m is None and leg.length_m <= GREATEST_UNSEEN_M and junction not in passed:
                stack += [(onward, (*passed, junction)) for onward in self._onward(leg)]

    def _beyond(self, frontier: list[tuple[_Leg, float]]) -> dict[str, tuple[float, float]]:
        """Walk on from the next sensors, shortest way first; return distances beyond them."""
        found: dict[str, tuple[float, float]] = {}
        heap = [(leg.length_m, order, leg, seen_m) for order, (leg, seen_m) in enumerate(frontier)]
        order = len(heap)
        reached: set[str] = set()
        while heap:
            _, _, leg, seen_m = heappop(heap)
            for lamp, beyond_m in self._lamps_ahead(leg, GREATEST_PREVIEW_M):
                if beyond_m < found.get(lamp, (math.inf, 0.0))[0]:
                    found[lamp] = (beyond_m, seen_m)
            junction, _ = leg.end
            if leg.length_m <= GREATEST_PREVIEW_M and junction not in reached:
                reached.add(junction)
                for onward in self._onward(leg):
                    order += 1
                    heappush(heap, (onward.length_m, order, onward, seen_m))
        return found

    def _onward(self, leg: _Leg) -> Iterator[_Leg]:
        """Return the legs that begin where this one ends, without turning back."""
        junction, came_to_end = leg.end
        for section, at_end in self._meeting[junction]:
            if section.id != leg.section.id or at_end != came_to_end:
                from_m = section.length_m if at_end else 0.0
                yield _Leg(section, from_m, not at_end, leg.length_m)

    def _lamps_ahead(self, leg: _Leg, limit_m: float) -> Iterator[tuple[str, float]]:
        for lamp in self._lamps[leg.section.id]:
            distance_m = leg.distance_m(lamp.at_m)
            if leg.walked_m <= distance_m <= limit_m + self._half_cells_m[lamp.id]:
                yield lamp.id, distance_m

    def _next_sensor_m(self, leg: _Leg, origin: MotionSensor) -> float | None:
        """Return the distance to the next sensor; one within the origin's reach tells nothing."""
        distances_m = (leg.distance_m(s.at_m) for s in self._sensors[leg.section.id])
        ahead_m = (m for m in distances_m if m >= leg.walked_m and m > origin.reach_m)
        return min(ahead_m, default=None)


def _half_cells_m(lamps: list[Lamp], length_m: float) -> Iterator[tuple[str, float]]:
    """Return half the cell of each lamp of a section: its wider side."""
    for i, lamp in enumerate(lamps):
        left_m = (lamp.at_m - lamps[i - 1].at_m) / 2 if i else lamp.at_m
        last = i + 1 == len(lamps)
        right_m = length_m - lamp.at_m if last else (lamps[i + 1].at_m - lamp.at_m) / 2
        yield lamp.id, max(left_m, right_m)

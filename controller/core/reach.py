"""Which sensors concern which lamps, and for how long. Distances, never lamp counts.

Somebody seen at a sensor may leave it either way, and is next seen at the next sensor. Until then

- a lamp before that next sensor stays needed until the slowest person has left its cell, or
  could have been seen again;
- a lamp beyond it is needed by those who approach it, as far as the fastest one's preview looks
  past it, for the hold.

A cell is the stretch that a lamp lights: half the way to its neighbours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush

from controller.core.path import Lamp, MotionSensor, Path, Section
from controller.core.profile import Presence

GREATEST_PREVIEW_M = 100.0
GREATEST_UNSEEN_M = 150.0
GRAVITY_M_S2 = 9.81


@dataclass(frozen=True, slots=True)
class Approach:
    """The way from a sensor to a lamp, along the path.

    `beyond_m`: how far the lamp lies beyond the first other sensor on the way, 0 if before or at
    it. `seen_again_m`: distance to the next sensor at or behind the lamp, None if none is near.
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


def links(approaches: tuple[Approach, ...], presence: Presence) -> tuple[Link, ...]:
    """Return which of these approaches light their lamp, under the operators' settings."""
    preview_m = stopping_sight_m(presence.fastest_m_s, presence)
    found = []
    for way in approaches:
        if way.beyond_m == 0.0:
            leave_m = way.distance_m + way.half_cell_m + presence.behind_m
            if way.seen_again_m is not None:
                leave_m = min(leave_m, way.seen_again_m)
            found.append(Link(way.sensor, max(presence.hold_s, leave_m / presence.slowest_m_s)))
        elif way.beyond_m - way.half_cell_m <= preview_m:
            found.append(Link(way.sensor, presence.hold_s))
    return tuple(found)


def build_site(path: Path, node: str) -> Site:
    """Work out one node's view of the path. Raises KeyError for a node that the path lacks."""
    controller_w = {n.id: n.controller_w for n in path.nodes}[node]
    graph = _Graph(path)
    ways = {sensor.id: graph.approaches(sensor) for sensor in path.motion_sensors}
    lamps = {lamp.id: lamp for lamp in path.lamps if lamp.node == node}
    own = frozenset(sensor.id for sensor in path.motion_sensors if sensor.node == node)
    approaches = {
        lamp: tuple(found[lamp] for found in ways.values() if lamp in found) for lamp in lamps
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
            sensor: tuple(way for lamp, way in ways[sensor].items() if lamp not in lamps)
            for sensor in sorted(own)
        },
        heard_nodes=frozenset(
            s.node for s in path.motion_sensors if s.id in concerning and s.id not in own
        ),
    )


@dataclass(frozen=True, slots=True)
class _Leg:
    """A walk along one section, begun `walked_m` after the sensor, which ends at a junction."""

    section: Section
    from_m: float
    forward: bool
    walked_m: float
    sensor_passed_m: float | None

    def distance_m(self, at_m: float) -> float:
        ahead_m = at_m - self.from_m if self.forward else self.from_m - at_m
        return self.walked_m + ahead_m

    def limit_m(self) -> float:
        if self.sensor_passed_m is None:
            return GREATEST_UNSEEN_M
        return self.sensor_passed_m + GREATEST_PREVIEW_M


class _Graph:
    """The path with everything sorted along its sections."""

    def __init__(self, path: Path) -> None:
        self._sections = {s.id: s for s in path.sections}
        self._at_junction: dict[str, list[Section]] = {j: [] for j in path.junctions}
        for section in path.sections:
            self._at_junction[section.start].append(section)
            self._at_junction[section.end].append(section)
        self._lamps: dict[str, list[Lamp]] = {s: [] for s in self._sections}
        for lamp in sorted(path.lamps, key=lambda x: x.at_m):
            self._lamps[lamp.section].append(lamp)
        self._sensors: dict[str, list[MotionSensor]] = {s: [] for s in self._sections}
        for sensor in sorted(path.motion_sensors, key=lambda x: x.at_m):
            self._sensors[sensor.section].append(sensor)
        self._half_cells_m = self._measure_half_cells()

    def _measure_half_cells(self) -> dict[str, float]:
        half_cells = {}
        for section, lamps in self._lamps.items():
            for i, lamp in enumerate(lamps):
                left_m = (lamp.at_m - lamps[i - 1].at_m) / 2 if i else lamp.at_m
                right_m = (
                    (lamps[i + 1].at_m - lamp.at_m) / 2
                    if i + 1 < len(lamps)
                    else self._sections[section].length_m - lamp.at_m
                )
                half_cells[lamp.id] = max(left_m, right_m)
        return half_cells

    def approaches(self, sensor: MotionSensor) -> dict[str, Approach]:
        """Walk outward from a sensor, shortest way first, as far as it can concern a lamp."""
        section = self._sections[sensor.section]
        order = 0
        heap: list[tuple[float, int, _Leg]] = []
        for forward in (True, False):
            heappush(heap, (0.0, order, _Leg(section, sensor.at_m, forward, 0.0, None)))
            order += 1
        reached: set[str] = set()
        found: dict[str, Approach] = {}
        while heap:
            _, _, leg = heappop(heap)
            for way, lamp in self._along(leg, sensor.id):
                if lamp not in found or way.distance_m < found[lamp].distance_m:
                    found[lamp] = way
            junction = leg.section.end if leg.forward else leg.section.start
            for onward in self._onward(leg, junction, sensor.id, reached):
                heappush(heap, (onward.walked_m, order, onward))
                order += 1
        return found

    def _along(self, leg: _Leg, origin: str) -> Iterator[tuple[Approach, str]]:
        others_m = self._sensor_distances_m(leg, origin)
        for lamp in self._lamps[leg.section.id]:
            distance_m = leg.distance_m(lamp.at_m)
            if distance_m < leg.walked_m:
                continue
            passed_m = leg.sensor_passed_m
            if passed_m is None:
                passed_m = next((m for m in others_m if m < distance_m), None)
            limit_m = (
                GREATEST_UNSEEN_M if passed_m is None else passed_m + GREATEST_PREVIEW_M
            ) + self._half_cells_m[lamp.id]
            if distance_m <= limit_m:
                yield (
                    Approach(
                        origin,
                        distance_m,
                        0.0 if passed_m is None else distance_m - passed_m,
                        next((m for m in others_m if m >= distance_m), None),
                        self._half_cells_m[lamp.id],
                    ),
                    lamp.id,
                )

    def _onward(self, leg: _Leg, junction: str, origin: str, reached: set[str]) -> Iterator[_Leg]:
        walked_m = leg.distance_m(leg.section.length_m if leg.forward else 0.0)
        passed_m = leg.sensor_passed_m
        if passed_m is None:
            passed_m = next(iter(self._sensor_distances_m(leg, origin)), None)
        for section in self._at_junction[junction]:
            back = section.id == leg.section.id and section.start != section.end
            if junction in reached or back:
                continue
            forward = section.start == junction
            onward = _Leg(
                section, 0.0 if forward else section.length_m, forward, walked_m, passed_m
            )
            if walked_m <= onward.limit_m():
                yield onward
        reached.add(junction)

    def _sensor_distances_m(self, leg: _Leg, origin: str) -> list[float]:
        distances_m = (
            leg.distance_m(s.at_m) for s in self._sensors[leg.section.id] if s.id != origin
        )
        return sorted(m for m in distances_m if m >= leg.walked_m)

"""Ways ahead: from a sensor, in one direction, which lamp cells and which sensors come when.

Distances are metres along the way, counted from the sensor: positive ahead, negative behind. A
lamp's cell is the stretch of which it is the nearest lamp along the path. On a junction a way
goes on along every branch but the one it came from. A sensor that sees a fork sees people there
whichever branch they take. All this is worked out once per path.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple, TypeVar

from controller.core.path import Lamp, MotionSensor, Path, Section

HORIZON_M = 240.0
"""How far ahead a passage is worth knowing: some half a minute of a fast rider's way."""
BEHIND_M = 100.0
"""How far behind somebody whom a sensor begins to see: as much as a profile may keep lit there."""
FORK_ENDS = 3
"""So many ends of sections meet where somebody may take one branch or another."""


class Heading(NamedTuple):
    """A direction of travel at a sensor: along its section or against it."""

    sensor: str
    forward: bool


class Gate(NamedTuple):
    """A sensor that must be passed on a way, and where it begins to see."""

    sensor: str
    edge_m: float


class CellAhead(NamedTuple):
    """A lamp's cell on a way, as far as it lies in one section: from `near_m` to `far_m`.

    `gates`: the sensors on its branch, nearest first, as far as the end of that section.
    """

    lamp: str
    near_m: float
    far_m: float
    gates: tuple[Gate, ...]

    @property
    def unseen(self) -> bool:
        """Whether somebody may come to it before another sensor has seen them."""
        return all(gate.edge_m > self.near_m for gate in self.gates)


class SensorAhead(NamedTuple):
    """A sensor on a way, in the heading in which people come to it; `gates` come before it."""

    heading: Heading
    distance_m: float
    gates: tuple[Gate, ...]

    @property
    def unseen(self) -> bool:
        """Whether somebody may come to it before another sensor has seen them."""
        return not self.gates


class EndAhead(NamedTuple):
    """Where a branch ends, at most at the horizon; `gates`: the sensors on it, nearest first."""

    distance_m: float
    gates: tuple[Gate, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """What lies ahead of a heading on every branch, nearest first, and behind it.

    Where branches meet again, several ways lead to one cell or sensor. It is listed for the
    nearest of them, and for the nearest and the farthest on which it is `unseen`.
    `by_sensor`: the sensors ahead by their names. `ends`: of branches past the same sensors the
    farthest one's. `firsts`: the sensors that come next on each branch, `due_m`: how far the
    farthest of them is, `open_m`: how far branches go without any; 0 if there are none. They are
    asked for at every passage.
    """

    cells: tuple[CellAhead, ...]
    sensors: tuple[SensorAhead, ...]
    by_sensor: Mapping[str, tuple[SensorAhead, ...]]
    ends: tuple[EndAhead, ...]
    firsts: tuple[SensorAhead, ...]
    due_m: float
    open_m: float

    @classmethod
    def of(
        cls,
        cells: tuple[CellAhead, ...],
        sensors: tuple[SensorAhead, ...],
        ends: tuple[EndAhead, ...],
    ) -> "Way":
        """Index the sensors by their names; tell those that come next."""
        by_sensor: dict[str, tuple[SensorAhead, ...]] = {}
        for one in sensors:
            by_sensor[one.heading.sensor] = (*by_sensor.get(one.heading.sensor, ()), one)
        firsts = tuple(one for one in sensors if one.unseen)
        due_m = max((one.distance_m for one in firsts), default=0.0)
        open_m = max((end.distance_m for end in ends if not end.gates), default=0.0)
        return cls(cells, sensors, by_sensor, ends, firsts, due_m, open_m)


_Thing = TypeVar("_Thing", Lamp, MotionSensor)
_Ahead = TypeVar("_Ahead", bound=CellAhead | SensorAhead)


class _Cell(NamedTuple):
    """A lamp's cell, as far as it lies in `section`, in chainage."""

    section: str
    from_m: float
    to_m: float
    lamp: str


class _Onlooker(NamedTuple):
    """A sensor that sees a junction, `away_m` off it on its section's end (else its start)."""

    sensor: MotionSensor
    at_end: bool
    away_m: float


class _Passing(NamedTuple):
    """Where a way comes to a sensor, and in which heading."""

    sensor: MotionSensor
    forward: bool
    distance_m: float

    @property
    def heading(self) -> Heading:
        """The heading in which people come to the sensor."""
        return Heading(self.sensor.id, self.forward)

    @property
    def gate(self) -> Gate:
        """The sensor as one that must be passed."""
        return Gate(self.sensor.id, self.distance_m - self.sensor.reach_m)


@dataclass(frozen=True, slots=True)
class _Leg:
    """A walk along a section, begun at chainage `from_m`, `walked_m` after the start.

    `gates` and `junctions` were passed before. Sensors `aside` see where it begins.
    """

    section: Section
    forward: bool
    from_m: float
    walked_m: float = 0.0
    gates: tuple[Gate, ...] = ()
    junctions: tuple[str, ...] = ()
    aside: tuple[_Passing, ...] = ()

    @property
    def end(self) -> tuple[str, bool]:
        """The junction ahead, and whether it is the section's end (else its start)."""
        return (self.section.end, True) if self.forward else (self.section.start, False)

    @property
    def end_m(self) -> float:
        """The distance of the junction ahead."""
        return self.distance_m(self.section.length_m if self.forward else 0.0)

    def distance_m(self, at_m: float) -> float:
        """Return the distance of a chainage; less than `walked_m` if it lies behind."""
        return self.walked_m + (at_m - self.from_m if self.forward else self.from_m - at_m)

    def stretch(self, horizon_m: float) -> tuple[float, float]:
        """Return the chainages between which it runs, as far as the horizon."""
        left_m = horizon_m - self.walked_m
        if self.forward:
            return self.from_m, min(self.section.length_m, self.from_m + left_m)
        return max(0.0, self.from_m - left_m), self.from_m


class _Row:
    """What stands along one section, in order of chainage."""

    def __init__(self, cells: list[_Cell], sensors: list[MotionSensor]) -> None:
        self._cells = cells
        self._froms_m = [cell.from_m for cell in cells]
        self._tos_m = [cell.to_m for cell in cells]
        self._sensors = sensors
        self._ats_m = [sensor.at_m for sensor in sensors]

    def cells(self, from_m: float, to_m: float) -> list[_Cell]:
        """Return the cells that overlap a stretch."""
        return self._cells[bisect_right(self._tos_m, from_m) : bisect_left(self._froms_m, to_m)]

    def sensors(self, from_m: float, to_m: float) -> list[MotionSensor]:
        """Return the sensors within a stretch, its ends included."""
        return self._sensors[bisect_left(self._ats_m, from_m) : bisect_right(self._ats_m, to_m)]


class Graph:
    """The path with everything sorted along its sections."""

    def __init__(self, path: Path) -> None:
        """Sort; divide every section among the nearest lamps."""
        self._sections = {section.id: section for section in path.sections}
        # Per junction the sections that meet there, each with whether it is the section's end.
        self._meeting: dict[str, list[tuple[Section, bool]]] = {j: [] for j in path.junctions}
        for section in path.sections:
            self._meeting[section.start].append((section, False))
            self._meeting[section.end].append((section, True))
        self._lamps = _by_section(path, path.lamps)
        self._sensors = _by_section(path, path.motion_sensors)
        self._rows = {
            section.id: _Row(self._divided(section), self._sensors[section.id])
            for section in path.sections
        }
        self._onlookers = {junction: self._looking_at(junction) for junction in path.junctions}

    def way(self, origin: MotionSensor, heading: Heading) -> Way:
        """Return what lies ahead of a heading at `origin`."""
        cells: dict[_Cell, list[CellAhead]] = {}
        sensors: dict[Heading, list[SensorAhead]] = {}
        ends_m: dict[tuple[Gate, ...], float] = {}
        starts = self._starts(origin, forward=heading.forward)
        for leg in self._legs(origin, starts, HORIZON_M):
            gates = leg.gates
            for one in self._passings(leg, origin):
                found = SensorAhead(one.heading, one.distance_m, gates)
                sensors.setdefault(one.heading, []).append(found)
                gates = (*gates, one.gate)
            for cell, near_m, far_m in self._cells_on(leg, HORIZON_M):
                ahead = CellAhead(cell.lamp, near_m, far_m, gates)
                cells.setdefault(cell, []).append(ahead)
            if not self._goes_on(leg, HORIZON_M):
                ends_m[gates] = max(ends_m.get(gates, 0.0), min(leg.end_m, HORIZON_M))
        kept = [x for ways in cells.values() for x in _kept(ways, lambda cell: cell.near_m)]
        kept += self._behind(origin, heading)
        passed = [x for ways in sensors.values() for x in _kept(ways, lambda one: one.distance_m)]
        return Way.of(
            tuple(sorted(kept, key=lambda cell: cell.near_m)),
            tuple(sorted(passed, key=lambda one: one.distance_m)),
            tuple(EndAhead(end_m, gates) for gates, end_m in ends_m.items()),
        )

    def watched(self, sensor: MotionSensor) -> frozenset[str]:
        """Return the lamps into whose cells a sensor looks."""
        both = [self._start(sensor, forward=forward) for forward in (True, False)]
        return frozenset(
            cell.lamp
            for leg in self._legs(sensor, both, sensor.reach_m)
            for cell, _, _ in self._cells_on(leg, sensor.reach_m)
        )

    def nearest_sensor_m(self, lamp: Lamp) -> float:
        """Return how far it is from a lamp to the nearest sensor; infinite if there is none."""
        section = self._sections[lamp.section]
        found_m = [abs(sensor.at_m - lamp.at_m) for sensor in self._sensors[section.id]]
        for at_end, away_m in ((False, lamp.at_m), (True, section.length_m - lamp.at_m)):
            beyond_m, _ = self._nearest_beyond(section, self._sensors, at_end=at_end)
            found_m.append(away_m + beyond_m)
        return min(found_m)

    def _behind(self, origin: MotionSensor, heading: Heading) -> Iterator[CellAhead]:
        """Yield the cells behind the one that the sensor stands in, each for the nearest way."""
        cells: dict[_Cell, list[CellAhead]] = {}
        back = self._start(origin, forward=not heading.forward)
        horizon_m = origin.reach_m + BEHIND_M
        for leg in self._legs(origin, [back], horizon_m):
            for cell, near_m, far_m in self._cells_on(leg, horizon_m):
                if near_m >= 0.0:
                    behind = CellAhead(cell.lamp, -far_m, -near_m, ())
                    cells.setdefault(cell, []).append(behind)
        for ways in cells.values():
            yield max(ways, key=lambda cell: cell.near_m)

    def _start(self, origin: MotionSensor, *, forward: bool) -> _Leg:
        return _Leg(self._sections[origin.section], forward, origin.at_m)

    def _starts(self, origin: MotionSensor, *, forward: bool) -> list[_Leg]:
        """Return where people go whom a sensor begins to see: ahead, or aside at a fork."""
        ahead, back = (self._start(origin, forward=f) for f in (forward, not forward))
        fork_m, (junction, _) = back.end_m, back.end
        if fork_m >= origin.reach_m or len(self._meeting[junction]) < FORK_ENDS:
            return [ahead]
        # It sees them on the fork behind it, where they may take another branch.
        return [ahead, *self._beyond(replace(back, walked_m=-2.0 * fork_m), origin)]

    def _legs(self, origin: MotionSensor, starts: list[_Leg], horizon_m: float) -> Iterator[_Leg]:
        """Walk every way outward, as far as the horizon, each junction once on each way."""
        stack = starts.copy()
        while stack:
            leg = stack.pop()
            yield leg
            if self._goes_on(leg, horizon_m):
                stack += self._beyond(leg, origin)

    def _goes_on(self, leg: _Leg, horizon_m: float) -> bool:
        """Whether ways go on where a leg ends, within the horizon and not in circles."""
        junction, _ = leg.end
        return (
            leg.end_m <= horizon_m
            and junction not in leg.junctions
            and len(self._meeting[junction]) > 1
        )

    def _beyond(self, leg: _Leg, origin: MotionSensor) -> Iterator[_Leg]:
        """Yield the legs that follow one."""
        junction, came_to_end = leg.end
        gates = (*leg.gates, *(one.gate for one in self._passings(leg, origin)))
        for section, at_end in self._onward(junction, leg.section, at_end=came_to_end):
            on_the_way = ((leg.section.id, came_to_end), (section.id, at_end))
            aside = (
                _Passing(x.sensor, not x.at_end, leg.end_m + x.away_m)
                for x in self._onlookers[junction]
                if (x.sensor.section, x.at_end) not in on_the_way
            )
            yield _Leg(
                section=section,
                forward=not at_end,
                from_m=section.length_m if at_end else 0.0,
                walked_m=leg.end_m,
                gates=gates,
                junctions=(*leg.junctions, junction),
                aside=tuple(aside),
            )

    def _onward(
        self, junction: str, section: Section, *, at_end: bool
    ) -> Iterator[tuple[Section, bool]]:
        """Yield where a way goes on that comes to a junction along a section: not straight back."""
        for onward, onward_at_end in self._meeting[junction]:
            if onward is not section or onward_at_end != at_end:
                yield onward, onward_at_end

    def _cells_on(self, leg: _Leg, horizon_m: float) -> Iterator[tuple[_Cell, float, float]]:
        """Yield the cells that a leg crosses, each with where it begins and ends on the way."""
        for cell in self._rows[leg.section.id].cells(*leg.stretch(horizon_m)):
            near_m, far_m = sorted((leg.distance_m(cell.from_m), leg.distance_m(cell.to_m)))
            yield cell, near_m, far_m

    def _passings(self, leg: _Leg, origin: MotionSensor) -> list[_Passing]:
        """Return in order who sees people on a leg; within the origin's reach is no other place."""
        along = (
            _Passing(sensor, leg.forward, leg.distance_m(sensor.at_m))
            for sensor in self._rows[leg.section.id].sensors(*leg.stretch(HORIZON_M))
        )
        others = [one for one in (*along, *leg.aside) if one.distance_m > origin.reach_m]
        return sorted(others, key=lambda one: one.distance_m)

    def _looking_at(self, junction: str) -> list[_Onlooker]:
        """Return the sensors that see a fork."""
        meeting = self._meeting[junction]
        if len(meeting) < FORK_ENDS:
            return []
        found = (
            _Onlooker(sensor, at_end, section.length_m - sensor.at_m if at_end else sensor.at_m)
            for section, at_end in meeting
            for sensor in self._sensors[section.id]
        )
        return [one for one in found if one.away_m < one.sensor.reach_m]

    def _divided(self, section: Section) -> list[_Cell]:
        """Divide a section among its nearest lamps.

        Beyond the first and the last lamp the nearest lamp beyond the junction counts too.
        """
        before_m, before = self._nearest_beyond(section, self._lamps, at_end=False)
        after_m, after = self._nearest_beyond(section, self._lamps, at_end=True)
        places = [(lamp.at_m, lamp.id) for lamp in self._lamps[section.id]]
        if before:
            places.insert(0, (-before_m, before))
        if after:
            places.append((section.length_m + after_m, after))
        borders_m = [0.0, *((a + b) / 2.0 for (a, _), (b, _) in pairwise(places)), section.length_m]
        edges_m = [min(max(border_m, 0.0), section.length_m) for border_m in borders_m]
        return [
            _Cell(section.id, from_m, to_m, lamp)
            for (_, lamp), (from_m, to_m) in zip(places, pairwise(edges_m), strict=False)
            if from_m < to_m
        ]

    def _nearest_beyond(
        self, section: Section, things: Mapping[str, list[_Thing]], *, at_end: bool
    ) -> tuple[float, str]:
        """Return how far beyond an end of a section the nearest thing is, and which.

        Infinitely far is none, of empty name.
        """
        heap = [(0.0, "", section.end if at_end else section.start)]
        reached: set[str] = set()
        while heap:
            walked_m, found, junction = heappop(heap)
            if found:
                return walked_m, found
            if junction in reached:
                continue
            reached.add(junction)
            for onward, from_end in self._onward(junction, section, at_end=at_end):
                row = things[onward.id]
                if row:
                    first = row[-1] if from_end else row[0]
                    away_m = onward.length_m - first.at_m if from_end else first.at_m
                    heappush(heap, (walked_m + away_m, first.id, junction))
                else:
                    beyond = onward.start if from_end else onward.end
                    heappush(heap, (walked_m + onward.length_m, "", beyond))
        return math.inf, ""


def _by_section(path: Path, things: Iterable[_Thing]) -> dict[str, list[_Thing]]:
    found: dict[str, list[_Thing]] = {section.id: [] for section in path.sections}
    for thing in sorted(things, key=lambda x: x.at_m):
        found[thing.section].append(thing)
    return found


def _kept(ways: list[_Ahead], distance_m: Callable[[_Ahead], float]) -> Iterable[_Ahead]:
    """Of several ways to one thing keep the nearest, and the nearest and the farthest unseen."""
    ways.sort(key=distance_m)
    unseen = [one for one in ways if one.unseen]
    return dict.fromkeys((ways[0], *unseen[:1], *unseen[-1:]))

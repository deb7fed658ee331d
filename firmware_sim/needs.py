"""What light each person needs, and when: the judge's side of presence, from the truth.

Somebody at x who moves with speed v needs the cells that overlap [x - 8 m, x + preview(v)] in the
direction of travel; a walker [x - 8 m, x + 15 m]. On the graph this is measured along the way the
person takes; before its begin and beyond its end, straight on to the end of the section.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from controller.core.path import Path
from firmware_sim.geometry import Cell, lamp_cells
from firmware_sim.intervals import Interval
from firmware_sim.people import Kind, Leg, Person

BEHIND_M = 8.0
WALKER_AHEAD_M = 15.0
PREVIEW_CAP_M = 60.0
REACTION_S = 2.5
FRICTION = 0.25
GRAVITY_M_S2 = 9.81
THIRD = 3


@dataclass(frozen=True, slots=True)
class LampNeed:
    """Somebody needs the cell of `lamp` during an interval, end excluded."""

    lamp: str
    during: Interval


@dataclass(slots=True)
class PersonNeeds:
    """All needs of one person.

    `needed`: cells within view; `own`: the cell the person is in; `passings_s`: when the person
    was beside each lamp on the way.
    """

    needed: list[LampNeed] = field(default_factory=list)
    own: list[LampNeed] = field(default_factory=list)
    passings_s: list[float] = field(default_factory=list)
    begin_s: float = 0.0

    @property
    def entry(self) -> Interval:
        """From the entry to the third lamp; all the way if there are fewer."""
        third = self.passings_s[:THIRD] or [self.begin_s]
        return self.begin_s, third[-1]

    @property
    def judged(self) -> Interval:
        """Between the third lamp and the third last; empty if there are too few."""
        if len(self.passings_s) < THIRD:
            return self.begin_s, self.begin_s
        return self.passings_s[THIRD - 1], self.passings_s[-THIRD]


def preview_m(kind: Kind, speed_m_s: float) -> float:
    """Return how far ahead somebody needs light: wet stopping sight distance (AASHTO), capped."""
    if kind is Kind.PEDESTRIAN:
        return WALKER_AHEAD_M
    braking_m = speed_m_s**2 / (2.0 * GRAVITY_M_S2 * FRICTION)
    return min(PREVIEW_CAP_M, REACTION_S * speed_m_s + braking_m)


class NeedFinder:
    """Finds needs on one path."""

    def __init__(self, path: Path) -> None:
        """Divide the path into lamp cells."""
        self._cells = lamp_cells(path)
        self._lamps = {
            s.id: [(lamp.at_m, lamp.id) for lamp in path.lamps if lamp.section == s.id]
            for s in path.sections
        }

    def needs(self, person: Person) -> PersonNeeds:
        """Return all that one person needs, in order of each run."""
        found = PersonNeeds(begin_s=person.waypoints[0].time_s)
        passings: set[tuple[float, str]] = set()
        for run in _runs(person.legs()):
            line = _Line(run, self._cells)
            for placed in line.legs:
                ahead_m = preview_m(person.kind, placed.leg.speed_m_s)
                found.needed += line.needs(placed, BEHIND_M, ahead_m)
                found.own += line.needs(placed, 0.0, 0.0)
                passings.update(self._passings(placed.leg))
        found.passings_s = [time_s for time_s, _ in sorted(passings)]
        return found

    def _passings(self, leg: Leg) -> Iterator[tuple[float, str]]:
        low_m, high_m = sorted((leg.from_m, leg.to_m))
        for at_m, lamp in self._lamps[leg.section]:
            if low_m <= at_m <= high_m and low_m < high_m:
                yield round(leg.time_at(at_m), 6), lamp


def _runs(legs: Iterable[Leg]) -> Iterator[list[Leg]]:
    """Split a way where the person turns round."""
    run: list[Leg] = []
    heading = 0.0
    for leg in legs:
        if run and leg.section != run[-1].section:
            heading = 0.0
        elif run and (leg.to_m - leg.from_m) * heading < 0.0:
            yield run
            run = []
        heading = (leg.to_m - leg.from_m) or heading
        run.append(leg)
    if run:
        yield run


@dataclass(frozen=True, slots=True)
class _Placed:
    """A leg on a line, from and to in metres along it."""

    leg: Leg
    from_m: float
    to_m: float

    def time_at(self, along_m: float) -> float:
        share = (along_m - self.from_m) / (self.to_m - self.from_m)
        return self.leg.begin_s + (self.leg.end_s - self.leg.begin_s) * share


class _Line:
    """A run stretched out: metres along it grow with time. Cells of all its sections lie on it."""

    def __init__(self, run: Iterable[Leg], cells: Mapping[str, tuple[Cell, ...]]) -> None:
        self.legs: list[_Placed] = []
        self._cells: list[tuple[float, float, str]] = []
        along_m = 0.0
        for section, group in groupby(run, key=lambda leg: leg.section):
            legs = list(group)
            backward = any(leg.to_m < leg.from_m for leg in legs)
            sign = -1.0 if backward else 1.0
            origin_m = along_m - sign * legs[0].from_m
            for leg in legs:
                self.legs.append(
                    _Placed(leg, origin_m + sign * leg.from_m, origin_m + sign * leg.to_m)
                )
            for cell in cells[section]:
                from_m, to_m = sorted(origin_m + sign * m for m in (cell.from_m, cell.to_m))
                self._cells.append((from_m, to_m, cell.lamp))
            along_m = self.legs[-1].to_m

    def needs(self, placed: _Placed, behind_m: float, ahead_m: float) -> Iterator[LampNeed]:
        """Yield the cells that overlap the view on one leg, each with its time."""
        leg = placed.leg
        for from_m, to_m, lamp in self._cells:
            first_m, last_m = from_m - ahead_m, to_m + behind_m
            if placed.from_m == placed.to_m:
                if first_m <= placed.from_m < last_m:
                    yield LampNeed(lamp, (leg.begin_s, leg.end_s))
                continue
            begin_m, end_m = max(placed.from_m, first_m), min(placed.to_m, last_m)
            if begin_m < end_m:
                yield LampNeed(lamp, (placed.time_at(begin_m), placed.time_at(end_m)))

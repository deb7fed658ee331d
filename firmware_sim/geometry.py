"""Ways, zones and lamp cells on the graph of a path. Distances in metres along the path."""

import heapq
import math
from dataclasses import dataclass
from itertools import pairwise

from controller.core.path import Path, Section
from firmware_sim.intervals import Interval, union


@dataclass(frozen=True, slots=True)
class Traverse:
    """One section walked from end to end, forward if from its start junction."""

    section: str
    length_m: float
    forward: bool

    @property
    def ends_m(self) -> tuple[float, float]:
        """Chainage at entry and at exit."""
        return (0.0, self.length_m) if self.forward else (self.length_m, 0.0)


@dataclass(frozen=True, slots=True)
class Cell:
    """The part of a section that `lamp` is to light."""

    lamp: str
    from_m: float
    to_m: float


def leaf_junctions(path: Path) -> tuple[str, ...]:
    """Return the junctions with one section only, where people enter, in the path's order."""
    degree = dict.fromkeys(path.junctions, 0)
    for section in path.sections:
        degree[section.start] += 1
        degree[section.end] += 1
    return tuple(j for j in path.junctions if degree[j] == 1)


def shortest_way(path: Path, start: str, end: str) -> tuple[Traverse, ...]:
    """Return the sections from one junction to another. Raises ValueError if there is no way."""
    arrived: dict[str, tuple[Traverse, str]] = {}
    best = {start: 0.0}
    queue = [(0.0, start)]
    while queue:
        walked_m, junction = heapq.heappop(queue)
        if walked_m > best[junction]:
            continue
        for section in path.sections:
            for here, there, forward in _both_ways(section):
                onward_m = walked_m + section.length_m
                if here == junction and onward_m < best.get(there, math.inf):
                    best[there] = onward_m
                    arrived[there] = (Traverse(section.id, section.length_m, forward), junction)
                    heapq.heappush(queue, (onward_m, there))
    if end not in best:
        raise ValueError(f"no way from junction {start} to {end}")
    way: list[Traverse] = []
    while end != start:
        traverse, end = arrived[end]
        way.append(traverse)
    return tuple(reversed(way))


def _both_ways(section: Section) -> tuple[tuple[str, str, bool], tuple[str, str, bool]]:
    return (section.start, section.end, True), (section.end, section.start, False)


def junction_distances(path: Path, section_id: str, at_m: float) -> dict[str, float]:
    """Return the distance from a place to every junction that can be reached."""
    home = next(s for s in path.sections if s.id == section_id)
    best: dict[str, float] = {}
    queue = sorted([(at_m, home.start), (home.length_m - at_m, home.end)])
    while queue:
        walked_m, junction = heapq.heappop(queue)
        if junction in best:
            continue
        best[junction] = walked_m
        for section in path.sections:
            for here, there, _ in _both_ways(section):
                if here == junction and there not in best:
                    heapq.heappush(queue, (walked_m + section.length_m, there))
    return best


def zone(path: Path, section_id: str, at_m: float, reach_m: float) -> dict[str, list[Interval]]:
    """Return the stretches of each section that lie within `reach_m` of a place."""
    away = junction_distances(path, section_id, at_m)
    found: dict[str, list[Interval]] = {}
    for section in path.sections:
        length = section.length_m
        stretches = [
            (0.0, min(length, reach_m - away.get(section.start, math.inf))),
            (max(0.0, length - (reach_m - away.get(section.end, math.inf))), length),
        ]
        if section.id == section_id:
            stretches.append((max(0.0, at_m - reach_m), min(length, at_m + reach_m)))
        if merged := union(stretches):
            found[section.id] = merged
    return found


def lamp_cells(path: Path) -> dict[str, tuple[Cell, ...]]:
    """Divide every section among its nearest lamps: half the spacing on either side of each.

    Beyond the last lamp of a section the nearest lamp of an adjoining section counts, so that a
    stretch at a junction belongs to whichever lamp is nearest along the path.
    """
    away = {lamp.id: junction_distances(path, lamp.section, lamp.at_m) for lamp in path.lamps}
    cells = {}
    for section in path.sections:
        places = [(lamp.at_m, lamp.id) for lamp in path.lamps if lamp.section == section.id]
        others = [lamp.id for lamp in path.lamps if lamp.section != section.id]
        for junction, at_start in ((section.start, True), (section.end, False)):
            reachable = [(away[o][junction], o) for o in others if junction in away[o]]
            if reachable:
                d, lamp = min(reachable)
                places.append((-d if at_start else section.length_m + d, lamp))
        cells[section.id] = _divide(sorted(places), section.length_m)
    return cells


def _divide(places: list[tuple[float, str]], length_m: float) -> tuple[Cell, ...]:
    bounds = [0.0, *((a + b) / 2 for (a, _), (b, _) in pairwise(places)), length_m]
    edges = [min(max(b, 0.0), length_m) for b in bounds]
    return tuple(
        Cell(lamp, a, b)
        for (_, lamp), (a, b) in zip(places, pairwise(edges), strict=False)
        if a < b
    )

"""Lamps counted from a lamp, as fixed zones count them: the n next ones along every branch."""

from collections.abc import Iterator
from dataclasses import dataclass

from controller.core.path import Path
from firmware_sim.geometry import junction_distances


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A lamp so many lamps away; `ahead` if the way to it begins with growing chainage."""

    lamp: str
    away: int
    ahead: bool


class Neighbourhood:
    """Who stands next to whom on one path."""

    def __init__(self, path: Path) -> None:
        """Sort the lamps along their sections."""
        self._path = path
        self._sections = {s.id: s for s in path.sections}
        self._home = {lamp.id: lamp for lamp in path.lamps}
        self._rows = {
            s.id: [x.id for x in sorted(path.lamps, key=lambda x: x.at_m) if x.section == s.id]
            for s in path.sections
        }

    def nearest(self) -> dict[str, str]:
        """Return each motion sensor's own lamp: the nearest along the path."""
        return {s.id: self._nearest(s.section, s.at_m) for s in self._path.motion_sensors}

    def around(self, lamp: str, most: int) -> list[Neighbour]:
        """Return the lamp itself and up to `most` next ones along every branch."""
        section = self._home[lamp].section
        place = self._rows[section].index(lamp)
        found = [Neighbour(lamp, 0, ahead=True), Neighbour(lamp, 0, ahead=False)]
        for ahead in (True, False):
            ways = self._walk(section, place, most, frozenset({section}), forward=ahead)
            found += [Neighbour(name, away, ahead) for name, away in ways]
        return found

    def _walk(
        self, section: str, place: int, left: int, passed: frozenset[str], *, forward: bool
    ) -> Iterator[tuple[str, int]]:
        """Yield lamps after `place` with their number, through junctions, never turning back."""
        row = self._rows[section]
        onward = row[place + 1 :] if forward else row[:place][::-1]
        yield from ((lamp, k) for k, lamp in enumerate(onward[:left], start=1))
        if (still := left - len(onward)) <= 0:
            return
        home = self._sections[section]
        junction = home.end if forward else home.start
        for other in self._path.sections:
            if other.id in passed or junction not in (other.start, other.end):
                continue
            outward = other.start == junction
            begin = -1 if outward else len(self._rows[other.id])
            beyond = self._walk(other.id, begin, still, passed | {other.id}, forward=outward)
            yield from ((lamp, k + len(onward)) for lamp, k in beyond)

    def _nearest(self, section: str, at_m: float) -> str:
        to_junctions_m = junction_distances(self._path, section, at_m)

        def distance_m(lamp: str) -> float:
            home = self._home[lamp]
            ends = self._sections[home.section]
            over_m = min(
                to_junctions_m[ends.start] + home.at_m,
                to_junctions_m[ends.end] + ends.length_m - home.at_m,
            )
            return min(over_m, abs(home.at_m - at_m)) if home.section == section else over_m

        return min(self._home, key=distance_m)

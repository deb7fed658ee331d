"""Trajectories as CSV: `rider,kind,time_s,section,at_m`, linear between rows."""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from controller.core.path import Path, Section
from controller.settings.faults import Fault, SettingsError, nearest, quoted
from firmware_sim.people import Kind, Person, Waypoint

COLUMNS = ("rider", "kind", "time_s", "section", "at_m")
AT_JUNCTION_M = 0.5
GREATEST_TIME_S = 7 * 86400.0
MOST_FAULTS = 1000


def write_trajectories(people: Iterable[Person], file: FilePath) -> None:
    """Write one row a waypoint, people in order. Read back, they are the same."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened, lineterminator="\n")
        rows.writerow(COLUMNS)
        for person in people:
            for point in person.waypoints:
                rows.writerow(
                    (person.rider, person.kind.value, point.time_s, point.section, point.at_m)
                )


def read_trajectories(file: FilePath, path: Path) -> tuple[Person, ...]:
    """Read people. Raises SettingsError that names every fault by its line."""
    reader = _Reader({s.id: s for s in path.sections})
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.DictReader(opened)
            if set(rows.fieldnames or ()) != set(COLUMNS):
                reader.fault(1, "is not the header", f"the columns are {','.join(COLUMNS)}")
            else:
                for row in rows:
                    reader.take(rows.line_num, row)
                    if len(reader.faults) >= MOST_FAULTS:
                        reader.fault(rows.line_num, "is where reading ended", "mend those above")
                        break
    except (UnicodeDecodeError, csv.Error) as error:
        fault = Fault("file", f"is not a readable CSV file: {error}", "save it as CSV in UTF-8")
        raise SettingsError(file.name, [fault]) from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        fault = Fault("file", f"cannot be read: {why}", "check the name and the permissions")
        raise SettingsError(file.name, [fault]) from error
    if reader.faults:
        raise SettingsError(file.name, reader.faults)
    return reader.people()


@dataclass(slots=True)
class _Track:
    kind: Kind
    points: list[Waypoint] = field(default_factory=list)


class _Reader:
    """Collects people row by row, and what is wrong with the rows."""

    def __init__(self, sections: dict[str, Section]) -> None:
        self.faults: list[Fault] = []
        self._sections = sections
        self._tracks: dict[str, _Track] = {}

    def fault(self, line: int, problem: str, hint: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(f"line {line}", problem, hint))

    def take(self, line: int, row: dict[str, str]) -> None:
        """Add one row, unless it is faulty in itself."""
        faults = len(self.faults)
        self._check_row(line, row)
        if len(self.faults) > faults:
            return
        kind = Kind(row["kind"])
        point = Waypoint(float(row["time_s"]), row["section"], float(row["at_m"]))
        track = self._tracks.setdefault(row["rider"], _Track(kind))
        self._check_order(line, track, kind, point)
        track.points.append(point)

    def people(self) -> tuple[Person, ...]:
        """Return everybody who was read without fault."""
        return tuple(
            Person(rider, track.kind, tuple(track.points)) for rider, track in self._tracks.items()
        )

    def _check_row(self, line: int, row: dict[str, str]) -> None:
        if None in row or None in row.values():
            self.fault(line, "has too few or too many values", f"{len(COLUMNS)} are needed")
            return
        if not row["rider"]:
            self.fault(line, "has no rider", "give everybody a name")
        if row["kind"] not in set(Kind):
            self.fault(line, f"has the kind {quoted(row['kind'])}", f"use {' or '.join(Kind)}")
        time_s, at_m = _number(row["time_s"]), _number(row["at_m"])
        if time_s is None or abs(time_s) > GREATEST_TIME_S:
            problem = f"has {quoted(row['time_s'])} for time_s"
            self.fault(line, problem, "give seconds after lighting-up time, a week at most")
        section = self._sections.get(row["section"])
        if section is None:
            problem = f"has the unknown section {quoted(row['section'])}"
            self.fault(line, problem, nearest(row["section"], self._sections))
        elif at_m is None or not 0.0 <= at_m <= section.length_m:
            problem = f"has {quoted(row['at_m'])} for at_m"
            self.fault(line, problem, f"section {section.id} runs from 0 to {section.length_m:g} m")

    def _check_order(self, line: int, track: _Track, kind: Kind, point: Waypoint) -> None:
        if kind is not track.kind:
            self.fault(line, f"makes a {kind} of a {track.kind}", "give each kind its own rider")
        if not track.points:
            return
        before = track.points[-1]
        if point.time_s < before.time_s:
            problem = f"runs back in time, from {before.time_s:g} to {point.time_s:g} s"
            self.fault(line, problem, "sort each rider's rows by time_s")
        if point.section != before.section:
            if not self._junctions_at(before) & self._junctions_at(point):
                problem = f"changes from section {before.section} to {point.section} on the way"
                hint = "end one section and begin the next at the junction between them"
                self.fault(line, problem, hint)
        elif point.time_s == before.time_s and point.at_m != before.at_m:
            problem = f"is a second place at {point.time_s:g} s"
            self.fault(line, problem, "nobody is at two places at once")

    def _junctions_at(self, point: Waypoint) -> set[str]:
        section = self._sections[point.section]
        found = set()
        if point.at_m <= AT_JUNCTION_M:
            found.add(section.start)
        if point.at_m >= section.length_m - AT_JUNCTION_M:
            found.add(section.end)
        return found


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None

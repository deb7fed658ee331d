"""People on the path: who, and where at what time. The truth that only the judge sees."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class Kind(StrEnum):
    """How somebody moves."""

    CYCLIST = "cyclist"
    PEDESTRIAN = "pedestrian"


@dataclass(frozen=True, slots=True)
class Waypoint:
    """Somebody is `at_m` along `section` at `time_s`, seconds after the night's time zero."""

    time_s: float
    section: str
    at_m: float


@dataclass(frozen=True, slots=True)
class Leg:
    """Even movement along one section between two moments; standing where both ends agree."""

    section: str
    from_m: float
    to_m: float
    begin_s: float
    end_s: float

    @property
    def speed_m_s(self) -> float:
        """Speed without its direction; 0 for a leg that takes no time."""
        elapsed_s = self.end_s - self.begin_s
        return abs(self.to_m - self.from_m) / elapsed_s if elapsed_s > 0.0 else 0.0

    def time_at(self, at_m: float) -> float:
        """Return the moment at which somebody who moves on this leg is at `at_m`."""
        return self.begin_s + (self.end_s - self.begin_s) * (at_m - self.from_m) / (
            self.to_m - self.from_m
        )


@dataclass(frozen=True, slots=True)
class Person:
    """One rider or walker. Waypoints run forward in time; movement between them is even.

    Two waypoints in a row on different sections are the same place, the junction between them;
    if time passes there, the person waits.
    """

    rider: str
    kind: Kind
    waypoints: tuple[Waypoint, ...]

    def legs(self) -> Iterator[Leg]:
        """Yield the movement section by section."""
        for a, b in pairwise(self.waypoints):
            to_m = b.at_m if a.section == b.section else a.at_m
            if b.time_s > a.time_s:
                yield Leg(a.section, a.at_m, to_m, a.time_s, b.time_s)

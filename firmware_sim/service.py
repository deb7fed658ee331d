"""Whether the light was where people needed it, and where nobody did."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from firmware_sim.intervals import Interval, gaps, intersection, total, union
from firmware_sim.needs import LampNeed, PersonNeeds

LOW_PERCENTILE = 0.05


@dataclass(frozen=True, slots=True)
class Service:
    """How well people were served. Shares are 0..1, None where nobody was judged.

    `s_full`: share of person-seconds with every needed cell served; `s_own`: with the person's
    own cell served; `p5`: 5th percentile over persons of their own full share; all between the
    third lamp and the third last. `entry_s_full`: as `s_full`, from the entry to the third lamp.
    """

    s_full: float | None
    s_own: float | None
    p5: float | None
    entry_s_full: float | None


class Hearing:
    """Hears one person after the other about the light there was.

    `served`: when each lamp's cell is served; only what happens during `night` counts.
    """

    def __init__(self, served: Mapping[str, Sequence[Interval]], night: Interval) -> None:
        """Begin with nobody."""
        self._served = served
        self._night = night
        self._judged: list[tuple[float, float]] = []
        self._own_s = 0.0
        self._entries: list[tuple[float, float]] = []

    def hear(self, needs: PersonNeeds) -> None:
        """Take one person's needs into account."""
        unserved = self._unserved(needs.needed)
        if judged := intersection([needs.judged], [self._night]):
            self._judged.append(_served_of(judged, unserved))
            self._own_s += _served_of(judged, self._unserved(needs.own))[0]
        if entry := intersection([needs.entry], [self._night]):
            self._entries.append(_served_of(entry, unserved))

    def service(self) -> Service:
        """Return the shares over all who were heard."""
        present_s = sum(present_s for _, present_s in self._judged)
        own_shares = sorted(served_s / present_s for served_s, present_s in self._judged)
        return Service(
            s_full=_share(self._judged),
            s_own=self._own_s / present_s if present_s else None,
            p5=percentile(own_shares, LOW_PERCENTILE) if own_shares else None,
            entry_s_full=_share(self._entries),
        )

    def _unserved(self, needs: Iterable[LampNeed]) -> list[Interval]:
        return union(gap for need in needs for gap in gaps(need.during, self._served[need.lamp]))


def needed_by_lamp(
    people: Iterable[PersonNeeds], lamps: Iterable[str], night: Interval
) -> dict[str, list[Interval]]:
    """Return when anybody at all needs each lamp during the night."""
    needed: dict[str, list[Interval]] = {lamp: [] for lamp in lamps}
    for person in people:
        for need in person.needed:
            needed[need.lamp] += intersection([need.during], [night])
    return {lamp: union(intervals) for lamp, intervals in needed.items()}


def _served_of(judged: list[Interval], unserved: list[Interval]) -> tuple[float, float]:
    """Return seconds served and seconds judged."""
    present_s = total(judged)
    return present_s - total(intersection(judged, unserved)), present_s


def _share(seconds: Iterable[tuple[float, float]]) -> float | None:
    served_s = present_s = 0.0
    for served, present in seconds:
        served_s += served
        present_s += present
    return served_s / present_s if present_s else None


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0..1) of sorted values lie, linear between them."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)

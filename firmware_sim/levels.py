"""Levels of lamps over time, as fade commands; what light there was follows from them alone."""

import csv
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path as FilePath
from typing import NamedTuple

from controller.core.energy import fade_energy_wh
from controller.core.fade import Fade, dali_level
from controller.core.path import PowerTable
from firmware_sim.intervals import Interval, union

COLUMNS = ("time_s", "lamp", "from_pct", "to_pct", "fade_s", "reason")
_time_s = attrgetter("time_s")


class FadeCommand(NamedTuple):
    """A lamp begins to fade at `time_s`; levels are flux in percent, see `controller.core.fade`."""

    time_s: float
    lamp: str
    from_pct: float
    to_pct: float
    fade_s: float
    reason: str

    @property
    def fade(self) -> Fade:
        """The course that it begins."""
        return Fade(self.from_pct, self.to_pct, self.time_s, self.fade_s)


def by_lamp(commands: Iterable[FadeCommand], lamps: Iterable[str]) -> dict[str, list[FadeCommand]]:
    """Sort commands into one list a lamp, in order of time."""
    courses: dict[str, list[FadeCommand]] = {lamp: [] for lamp in lamps}
    for command in commands:
        courses[command.lamp].append(command)
    return courses


def pieces(course: Sequence[FadeCommand], during: Interval) -> Iterator[tuple[Fade, Interval]]:
    """Yield each fade with the time for which it holds sway.

    Before its first command a lamp is as that command found it; without any command it is off.
    """
    begin_s, end_s = during
    first = bisect_right(course, begin_s, key=_time_s)
    last = bisect_left(course, end_s, key=_time_s)
    if first:
        fade = course[first - 1].fade
    else:
        found_pct = course[0].from_pct if course else 0.0
        fade = Fade(found_pct, found_pct, begin_s, 0.0)
    for command in course[first:last]:
        if begin_s < command.time_s:
            yield fade, (begin_s, command.time_s)
        fade, begin_s = command.fade, command.time_s
    yield fade, (begin_s, end_s)


def lit(course: Sequence[FadeCommand], at_least_pct: float, during: Interval) -> list[Interval]:
    """Return when a lamp's level is at least `at_least_pct` (above 0)."""
    return union(_lit(fade, at_least_pct, sway) for fade, sway in pieces(course, during))


def _lit(fade: Fade, at_least_pct: float, sway: Interval) -> Interval:
    """Return when one fade, seen alone, is at or above a level; the crossing is computed."""
    begins, ends = fade.from_pct >= at_least_pct, fade.to_pct >= at_least_pct
    if begins and ends:
        return sway
    if not begins and not ends:
        return sway[0], sway[0]
    low, high = fade.dali_ends()
    share = 0.0 if low == high else (dali_level(at_least_pct) - low) / (high - low)
    crossing_s = fade.begin_s + fade.fade_s * min(max(share, 0.0), 1.0)
    return (max(crossing_s, sway[0]), sway[1]) if ends else (sway[0], min(crossing_s, sway[1]))


def energy_wh(course: Sequence[FadeCommand], power: PowerTable, during: Interval) -> float:
    """Integrate a lamp's electrical power over a stretch of time, in Wh."""
    return sum(fade_energy_wh(power, fade, *sway) for fade, sway in pieces(course, during))


def write_levels(commands: Iterable[FadeCommand], file: FilePath) -> None:
    """Write one row a fade command."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows(
            (
                round(c.time_s, 6),
                c.lamp,
                round(c.from_pct, 4),
                c.to_pct,
                c.fade_s,
                c.reason,
            )
            for c in commands
        )

"""The judge: what a night's light cost, and whom it served. Knows levels and the truth only.

Works on events: the moments at which fades cross a level and at which people begin or cease to
need a cell are computed, nothing is sampled.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from controller.core.energy import SECONDS_PER_HOUR
from controller.core.path import Path
from firmware_sim.intervals import Interval, intersection, total
from firmware_sim.levels import FadeCommand, by_lamp, energy_wh, lit
from firmware_sim.needs import NeedFinder
from firmware_sim.people import Person
from firmware_sim.service import Hearing, Service, needed_by_lamp
from firmware_sim.span import NightSpan

SERVED_PCT = 90.0
DARKNESS_PCT = 25.0
DARKNESS_FROM, DARKNESS_TO = time(23), time(5)
FLICKER_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge's measures of a night; all but the shares are means a lamp.

    `energy_wh` is integrated from the levels of the whole run. From lighting-up time to dawn:
    `waste_h`, hours at 90 % or more that nobody needed; `up_switches`, commands that raise the
    target; `flicker`, those within 10 s after a dim start; `darkness_h`, hours above 25 % between
    23:00 and 05:00.
    """

    service: Service
    energy_wh: float
    waste_h: float
    up_switches: float
    flicker: float
    darkness_h: float


class Judge:
    """Judges one night after the other of the same people; what they need is found only once.

    `needed`: when anybody needs each lamp, from lighting-up time to dawn.
    """

    def __init__(self, path: Path, span: NightSpan, people: Iterable[Person]) -> None:
        """Find out what everybody needs."""
        self._path = path
        self._span = span
        self._night = (0.0, float(span.dark_end_s))
        finder = NeedFinder(path)
        self._needs = [finder.needs(person) for person in people]
        self.needed = needed_by_lamp(self._needs, (lamp.id for lamp in path.lamps), self._night)

    def judge(self, commands: Iterable[FadeCommand]) -> Verdict:
        """Judge what one scheme did."""
        night, lamps = self._night, len(self._path.lamps)
        courses = by_lamp(commands, self.needed)
        served = {lamp: lit(course, SERVED_PCT, night) for lamp, course in courses.items()}
        hearing = Hearing(served, night)
        for needs in self._needs:
            hearing.hear(needs)
        switches = [_switches(course, night) for course in courses.values()]
        return Verdict(
            service=hearing.service(),
            energy_wh=_energy_wh(self._path, self._span, courses),
            waste_h=self._waste_s(served) / SECONDS_PER_HOUR / lamps,
            up_switches=sum(ups for ups, _ in switches) / lamps,
            flicker=sum(flickers for _, flickers in switches) / lamps,
            darkness_h=_darkness_s(courses.values(), self._span, night) / SECONDS_PER_HOUR / lamps,
        )

    def _waste_s(self, served: Mapping[str, Sequence[Interval]]) -> float:
        """Return the seconds, summed over lamps, that a cell was served and nobody needed it."""
        return sum(
            total(intervals) - total(intersection(self.needed[lamp], intervals))
            for lamp, intervals in served.items()
        )


def judge(
    path: Path, span: NightSpan, people: Iterable[Person], commands: Iterable[FadeCommand]
) -> Verdict:
    """Judge one night of one scheme."""
    return Judge(path, span, people).judge(commands)


def mean_energy_wh(path: Path, span: NightSpan, commands: Iterable[FadeCommand]) -> float:
    """Return the energy of the whole run per lamp, in Wh."""
    return _energy_wh(path, span, by_lamp(commands, (lamp.id for lamp in path.lamps)))


def _energy_wh(path: Path, span: NightSpan, courses: Mapping[str, Sequence[FadeCommand]]) -> float:
    run = (float(span.start_s), float(span.end_s))
    return sum(energy_wh(courses[x.id], x.power, run) for x in path.lamps) / len(path.lamps)


def _switches(course: Sequence[FadeCommand], night: Interval) -> tuple[int, int]:
    """Count a lamp's up-switches, and those of them that come within 10 s after a dim start."""
    ups = flickers = 0
    target_pct = course[0].from_pct if course else 0.0
    dimmed_at_s: float | None = None
    for command in course:
        if command.to_pct < target_pct:
            dimmed_at_s = command.time_s
        elif command.to_pct > target_pct and night[0] <= command.time_s <= night[1]:
            ups += 1
            if dimmed_at_s is not None and command.time_s - dimmed_at_s <= FLICKER_WITHIN_S:
                flickers += 1
        target_pct = command.to_pct
    return ups, flickers


def _darkness_s(
    courses: Iterable[Sequence[FadeCommand]], span: NightSpan, night: Interval
) -> float:
    quiet = (span.time_s(0, DARKNESS_FROM), span.time_s(1, DARKNESS_TO))
    during = intersection([quiet], [night])
    return sum(total(lit(course, DARKNESS_PCT, hours)) for course in courses for hours in during)

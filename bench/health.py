"""`python -m bench.health`: twenty weeks of healthy life on real counts, all sensor grades.

Every week is a run of its own, day and night, on the small path of `firmware_sim.health`. Nothing
is broken, so no rule may raise an alarm. The weeks are complete ones of the City of Muenster's
counts, from the folder that CYCLELIGHT_DATA names, else from ../shared/data beside the project.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from multiprocessing import Pool
from pathlib import Path
from typing import NamedTuple

from bench.derive_traffic import A5, A6, data_folder
from firmware_sim.health import counted, days, lived, watched
from firmware_sim.sensors import GRADES

DAYS = 7
# Winter and summer, the quiet path and the busy one; all quarter hours of these were counted.
WEEKS = (
    *((A6, 1, day) for day in (6, 13, 20)),
    *((A6, 2, day) for day in (3, 10, 17)),
    *((A6, 10, day) for day in (6, 13, 20)),
    *((A6, 11, day) for day in (3, 10, 17)),
    *((A6, 12, day) for day in (1, 8, 15)),
    (A6, 3, 10),
    (A6, 6, 16),
    (A6, 9, 8),
    (A5, 1, 13),
    (A5, 6, 9),
)
YEAR = 2025


class Week(NamedTuple):
    """A week to live through. `counts`: the counter's file."""

    grade: str
    counts: Path
    first: date


class Found(NamedTuple):
    """What health found in a week: people, and how often each alarm was raised, by code."""

    week: Week
    people: int
    alarms: Counter[str]


def lives(week: Week) -> Found:
    """Live through a week."""
    span = days(week.first, DAYS)
    seed = week.first.toordinal()
    world = lived(span, counted(week.counts, span), week.grade, seed)
    changes = watched(world, seed).changes
    return Found(week, len(world.people), Counter(c.code for c in changes if c.raised))


def weeks(data: Path, number: int) -> Iterator[Week]:
    """Yield the first `number` weeks with every grade."""
    for counts, month, day in WEEKS[:number]:
        for grade in GRADES:
            yield Week(grade, data / counts, date(YEAR, month, day))


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weeks", type=int, default=len(WEEKS), metavar="N")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    args = parser.parse_args()
    data = data_folder()
    if data is None:
        parser.error("set CYCLELIGHT_DATA to the folder of the raw counts")
    alarms: Counter[tuple[str, str]] = Counter()
    lived_weeks: Counter[str] = Counter()
    people: Counter[str] = Counter()
    with Pool(args.jobs, maxtasksperchild=1) as pool:
        for found in pool.imap_unordered(lives, list(weeks(data, args.weeks))):
            week = found.week
            lived_weeks[week.grade] += 1
            people[week.grade] += found.people
            alarms.update({(week.grade, code): n for code, n in found.alarms.items()})
            print(week.grade, week.first, found.people, dict(found.alarms), file=sys.stderr)
    for grade in GRADES:
        raised = {code: n for (of, code), n in sorted(alarms.items()) if of == grade}
        told = ", ".join(f"{code} {n}" for code, n in raised.items()) or "no alarm"
        print(f"{grade}: {lived_weeks[grade]} weeks, {people[grade]} people: {told}")


if __name__ == "__main__":
    main()

"""How bright each lamp was in each quarter of an hour of a night, from closed records."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from controller.core.fade import FULL_PCT
from controller.report.report import Report
from controller.store.records import ClosedRecord

QUARTER_S = 900.0
LONGEST_S = 2.0 * QUARTER_S
"""A longer record tells nothing of a quarter of an hour: an old night that was folded into one."""

Sums = dict[tuple[str, int], tuple[float, float]]
"""By lamp and quarter of an hour: level-time and time, in s."""


@dataclass(frozen=True, slots=True)
class Levels:
    """A table of mean levels in %, a row a lamp, a column a quarter of an hour; NaN: no record.

    `edges_s`: where quarters begin and the last one ends, in POSIX seconds. `section_ends`: after
    how many lamps each section ends.
    """

    lamps: tuple[str, ...]
    edges_s: tuple[float, ...]
    level_pct: tuple[tuple[float, ...], ...]
    section_ends: tuple[int, ...]

    @property
    def gaps(self) -> bool:
        """Whether a record is missing anywhere."""
        return any(math.isnan(x) for row in self.level_pct for x in row)


def levels_of(report: Report) -> Levels | None:
    """Return the levels of the lit part of a night, None where no quarters of it are kept."""
    sums: Sums = {}
    records = [r for source in report.sources for r in source.records if _is_short(r)]
    for record in records:
        _add(sums, record)
    lit = [quarter for (_, quarter), (light_s, _) in sums.items() if light_s > 0.0]
    if not lit:
        return None
    quarters = range(min(lit), max(lit) + 1)
    lamps = [(x.lamp, x.section) for x in report.whole.lamps]
    return Levels(
        lamps=tuple(lamp for lamp, _ in lamps),
        edges_s=tuple(q * QUARTER_S for q in (*quarters, quarters[-1] + 1)),
        level_pct=tuple(tuple(_row(sums, lamp, quarters)) for lamp, _ in lamps),
        section_ends=tuple(_ends([section for _, section in lamps])),
    )


def _is_short(record: ClosedRecord) -> bool:
    return record.start_utc_s is not None and record.duration_s <= LONGEST_S


def _add(sums: Sums, record: ClosedRecord) -> None:
    """Count a record for the quarter in which its middle lies."""
    if record.start_utc_s is None:
        return
    quarter = math.floor((record.start_utc_s + record.duration_s / 2.0) / QUARTER_S)
    for lamp, energy in record.lamps.items():
        light_s, time_s = sums.get((lamp, quarter), (0.0, 0.0))
        sums[lamp, quarter] = light_s + energy.full_load_s, time_s + record.duration_s


def _row(sums: Sums, lamp: str, quarters: range) -> Iterator[float]:
    for quarter in quarters:
        light_s, time_s = sums.get((lamp, quarter), (0.0, 0.0))
        yield FULL_PCT * light_s / time_s if time_s > 0.0 else math.nan


def _ends(sections: Sequence[str | None]) -> Iterator[int]:
    end = 0
    for _, those in groupby(sections):
        end += len(list(those))
        yield end

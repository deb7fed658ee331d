"""Periods that are accounted for: whole nights, from noon to noon by the site's clocks."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

NOON = time(12)
ONE_DAY = timedelta(days=1)
MONTHS = 12

Kind = Literal["night", "month", "year"]


@dataclass(frozen=True, slots=True)
class Period:
    """The nights that begin on the days from `first` to `last`, both included."""

    kind: Kind
    first: date
    last: date

    @property
    def nights(self) -> int:
        """How many nights it has."""
        return (self.last - self.first).days + 1

    @property
    def label(self) -> str:
        """What it is called: `2025-01-15`, `2025-01`, `2025`."""
        return self.first.isoformat()[: {"night": 10, "month": 7, "year": 4}[self.kind]]

    def bounds_s(self, zone: ZoneInfo) -> tuple[float, float]:
        """Return when it begins and ends, in POSIX seconds."""
        begin, end = (
            datetime.combine(day, NOON, zone).timestamp()
            for day in (self.first, self.last + ONE_DAY)
        )
        return begin, end

    def duration_s(self, zone: ZoneInfo) -> float:
        """Return how long it is; a night in which clocks are changed has 23 or 25 hours."""
        begin_s, end_s = self.bounds_s(zone)
        return end_s - begin_s


def night(day: date) -> Period:
    """Return the night that begins on a day."""
    return Period("night", day, day)


def month(year: int, number: int) -> Period:
    """Return the nights that begin in a month, counted from 1."""
    return Period("month", date(year, number, 1), date(year, number, monthrange(year, number)[1]))


def year(number: int) -> Period:
    """Return the nights that begin in a year."""
    return Period("year", date(number, 1, 1), date(number, MONTHS, 31))


def parts(period: Period) -> tuple[Period, ...]:
    """Divide a month into its nights and a year into its months; a night stays whole."""
    match period.kind:
        case "night":
            return (period,)
        case "month":
            return tuple(night(period.first + i * ONE_DAY) for i in range(period.nights))
        case "year":
            return tuple(month(period.first.year, i) for i in range(1, MONTHS + 1))

"""Which nights a report is about: as asked for, else the last complete night."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from controller.accounts.period import Period, month, night, year
from controller.settings.faults import Fault, SettingsError

MOST_NAMED = 12


class Asked(NamedTuple):
    """What was asked for: one of these, or nothing. Of `month` the first day."""

    night: date | None = None
    month: date | None = None
    year: int | None = None


def chosen(asked: Asked, nights: Sequence[date], now: datetime, zone: ZoneInfo) -> Period:
    """Return the period. `nights`: those with records.

    Raises SettingsError, which names the nights there are, if the period has none.
    """
    known = sorted(set(nights))
    period, option = _asked(asked)
    if period is None:
        complete = [x for x in known if night(x).bounds_s(zone)[1] <= now.timestamp()]
        if complete:
            return night(complete[-1])
        problem = "no night is complete yet"
        hint = f"name one with --night: {named(known)}" if known else "wait for the first night"
    elif any(period.first <= x <= period.last for x in known):
        return period
    else:
        problem = f"there are no records of {period.label}"
        hint = f"there are: {named(known)}" if known else "there are none of any night yet"
    raise SettingsError("arguments", [Fault(option, problem, hint)])


def _asked(asked: Asked) -> tuple[Period | None, str]:
    match asked:
        case Asked(night=date() as day):
            return night(day), "--night"
        case Asked(month=date() as first):
            return month(first.year, first.month), "--month"
        case Asked(year=int() as number):
            return year(number), "--year"
        case _:
            return None, "--state"


def stretches(nights: Sequence[date]) -> list[tuple[date, date]]:
    """Put nights that follow one another together: first and last of each stretch."""
    found: list[tuple[date, date]] = []
    for day in nights:
        if found and (day - found[-1][1]).days == 1:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def named(nights: Sequence[date], to: str = "to") -> str:
    """Name nights, the last ones if there are many stretches of them. `to`: in any language."""
    parts = [f"{a}" if a == b else f"{a} {to} {b}" for a, b in stretches(nights)]
    more = len(parts) - MOST_NAMED
    return ", ".join([*(["..."] if more > 0 else []), *parts[-MOST_NAMED:]])

"""Rules as a profile gives them: what holds at certain hours, seasons and places.

Times of night are text: `23:00` by the clock on the wall, or an event of the sun with an offset,
`sunset+30min`, `dawn-1h`. Days of the year are text, month first: `04-01`.
"""

import re
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field

from controller.core.profile import NightTime, Rule, SunEvent
from controller.settings.shape import Identifier, Table, refusal

MOST_RULES = 50
MOST_SECTIONS = 100
GREATEST_OFFSET_MINUTES = 360
LEAP_YEAR = 2024
"""A year that has every day there is."""

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
SUN_EVENTS: tuple[SunEvent, ...] = get_args(SunEvent)

_WALL = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_SUN = rf"({'|'.join(SUN_EVENTS)})(?:([+-])([0-9]{{1,4}})(min|h))?"
_DAY = r"(0[1-9]|1[0-2])-([0-3][0-9])"
_TIME_HINT = 'write it like "23:00", "sunset+30min" or "dawn-1h"'
_DAY_HINT = 'write it like "04-01", month first'


def night_time(text: str) -> NightTime:
    """Read a time of night. Raises a refusal for what is none."""
    if wall := re.fullmatch(_WALL, text):
        return NightTime(None, 60 * int(wall[1]) + int(wall[2]))
    sun = re.fullmatch(_SUN, text)
    if sun is None:
        raise refusal("is no time of night", _TIME_HINT)
    minutes = int(sun[3] or 0) * (60 if sun[4] == "h" else 1)
    if minutes > GREATEST_OFFSET_MINUTES:
        hint = f"at most {GREATEST_OFFSET_MINUTES} minutes, or give a time like 23:00"
        raise refusal("is too far from the sun's event", hint)
    event = SUN_EVENTS[SUN_EVENTS.index(sun[1])]
    return NightTime(event, -minutes if sun[2] == "-" else minutes)


def night_time_text(at: NightTime) -> str:
    """Write a time of night as `night_time` reads it."""
    if at.event is None:
        return "{:02}:{:02}".format(*divmod(at.minutes, 60))
    return at.event if at.minutes == 0 else f"{at.event}{at.minutes:+}min"


def day_of_year(text: str) -> tuple[int, int]:
    """Read a day of the year as month and day. Raises a refusal for what is none."""
    found = re.fullmatch(_DAY, text)
    try:
        day = date.fromisoformat(f"{LEAP_YEAR}-{text}") if found else None
    except ValueError:
        day = None
    if day is None:
        raise refusal("is no day of the year", _DAY_HINT)
    return day.month, day.day


def _checked_time(text: str) -> str:
    night_time(text)
    return text


def _checked_day(text: str) -> str:
    day_of_year(text)
    return text


TimeText = Annotated[
    str,
    Field(max_length=20, json_schema_extra={"pattern": f"^({_WALL}|{_SUN})$"}),
    AfterValidator(_checked_time),
]
DayText = Annotated[
    str,
    Field(max_length=5, json_schema_extra={"pattern": f"^{_DAY}$"}),
    AfterValidator(_checked_day),
]
Month = Annotated[int, Field(ge=1, le=12)]
Percent = Annotated[float, Field(ge=0, le=100)]


class RuleSettings(Table):
    """One rule. What is left out says nothing: at all times, in all sections, no level."""

    name: Identifier
    months: tuple[Month, ...] = Field(
        default=(),
        strict=False,
        max_length=12,
        description="months in which the night begins, like [11, 12, 1]; left out: all",
    )
    dates: Annotated[tuple[DayText, DayText] | None, Field(strict=False)] = Field(
        default=None,
        description='first and last day on which the night begins, like ["04-01", "10-31"]',
    )
    weekdays: tuple[Weekday, ...] = Field(
        default=(),
        strict=False,
        max_length=7,
        description='days on which the night begins, like ["fri", "sat"]; left out: all',
    )
    begin: TimeText | None = Field(
        default=None, alias="from", description=f"{_TIME_HINT}; left out: noon"
    )
    end: TimeText | None = Field(
        default=None, alias="to", description=f"{_TIME_HINT}; left out: the next noon"
    )
    sections: tuple[Identifier, ...] = Field(
        default=(),
        strict=False,
        max_length=MOST_SECTIONS,
        description=f"ids of sections of the path, at most {MOST_SECTIONS}; left out: all",
    )
    base_pct: Percent | None = Field(
        default=None, description="the level when nobody is there, in percent, 0 to 100"
    )
    presence_pct: Percent | None = Field(
        default=None, description="the level when somebody is there, in percent, 0 to 100"
    )
    cap_pct: Percent | None = Field(
        default=None, description="the most that both levels may be, in percent, 0 to 100"
    )
    colour_k: float | None = Field(
        default=None,
        ge=1500,
        le=6500,
        description="the colour of light of lamps that can be tuned, in kelvin, 1500 to 6500",
    )
    nature: bool = Field(
        default=False, description="whether the rule protects animals, true or false"
    )


def core_rule(settings: RuleSettings) -> Rule:
    """Give a rule as the core takes it."""
    dates = settings.dates
    return Rule(
        name=settings.name,
        months=settings.months,
        weekdays=tuple(WEEKDAYS.index(day) for day in settings.weekdays),
        dates=None if dates is None else (day_of_year(dates[0]), day_of_year(dates[1])),
        begin=None if settings.begin is None else night_time(settings.begin),
        end=None if settings.end is None else night_time(settings.end),
        sections=settings.sections,
        base_pct=settings.base_pct,
        presence_pct=settings.presence_pct,
        cap_pct=settings.cap_pct,
        colour_k=settings.colour_k,
        nature=settings.nature,
    )


def rule_document(rule: Rule) -> dict[str, object]:
    """Give what `RuleSettings` would make a rule of; what says nothing is left out."""
    dates = rule.dates or ()
    given: dict[str, object] = {
        "name": rule.name,
        "months": list(rule.months),
        "dates": [f"{month:02}-{day:02}" for month, day in dates],
        "weekdays": [WEEKDAYS[day] for day in rule.weekdays],
        "from": None if rule.begin is None else night_time_text(rule.begin),
        "to": None if rule.end is None else night_time_text(rule.end),
        "sections": list(rule.sections),
        "base_pct": rule.base_pct,
        "presence_pct": rule.presence_pct,
        "cap_pct": rule.cap_pct,
        "colour_k": rule.colour_k,
        "nature": rule.nature or None,
    }
    return {name: value for name, value in given.items() if value not in (None, [])}

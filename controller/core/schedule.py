"""What the profile's rules set now, section by section, and when that can next differ.

1. A night belongs to the day it began on: it lasts from noon to noon, local time. Months, dates
   and weekdays of a rule mean that day. Times from 12:00 on are on that day, earlier ones on the
   next; sunset and dusk are that evening's, sunrise and dawn the next morning's.
2. Of several rules that say something about a level the last one counts: the general comes first,
   exceptions below it. Of caps the lowest counts, whatever the order.
3. A cap holds for base and presence. Whoever is there always has the safety floor.
4. Without a trusted clock no rule applies.

A wall time that comes twice when clocks are put back means the first; one that is left out when
they are put forward means the moment when they are.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from controller.core.daylight import CLOCK_STEP_S, sun_elevation_deg
from controller.core.moment import Moment
from controller.core.path import Path
from controller.core.profile import Levels, NightTime, Profile, Rule, SunEvent
from controller.core.site import Site

NOON = time(12)
NOON_MINUTES = 12 * 60
# The sun's upper edge at the horizon with the customary 34 minutes of refraction; civil twilight.
TWILIGHTS_DEG: tuple[tuple[SunEvent, SunEvent, float], ...] = (
    ("sunset", "sunrise", -0.833),
    ("dusk", "dawn", -6.0),
)
DAY_S = 86400.0
HALF_DAY_S = DAY_S / 2.0
HOUR_S = 3600.0
# The sky turns by a degree in so many seconds, seen from the sun.
DEGREE_S = DAY_S / 360.0
# The sun's lowest point lies at most so far from midnight by mean solar time (equation of time).
EQUATION_OF_TIME_S = 1200.0
EXACT_S = 0.5


class Orders(NamedTuple):
    """What the profile wants in a section now, caps applied, and which rules say so.

    `colour_k`: colour temperature in kelvin, None where no rule says any.
    """

    levels: Levels
    base_rule: str = ""
    presence_rule: str = ""
    colour_k: float | None = None


class Schedule(NamedTuple):
    """What is in force. `recheck_s`: monotonic seconds at which it can next differ.

    `late`: whether it is the part of the night for which the baseline sets a level of its own;
    without a trusted clock it is, so that no saving is claimed that may be none.
    `clock_offset_s`: UTC less monotonic seconds, None without a trusted clock.
    """

    by_section: dict[str, Orders]
    recheck_s: float
    clock_offset_s: float | None
    late: bool


class Night(NamedTuple):
    """One night of a path, from noon to noon, with the sun's events in it. POSIX seconds.

    `lowest_s`: when the sun is lowest. An event may lie beyond noon where the time zone does not
    fit the place. Where the sun stays above an event's elevation, it is when the sun is lowest, in
    the evening and the morning alike; where the sun stays below, the night's beginning or end.
    """

    day: date
    begin_s: float
    end_s: float
    lowest_s: float
    sun_s: Mapping[SunEvent, float]


def outdated(schedule: Schedule, moment: Moment) -> bool:
    """Whether time, or a step or a change of trust of the clock, calls for a fresh schedule."""
    if moment.mono_s >= schedule.recheck_s:
        return True
    offset_s, known_s = _offset_s(moment), schedule.clock_offset_s
    if offset_s is None or known_s is None:
        return offset_s is not known_s
    return abs(offset_s - known_s) > CLOCK_STEP_S


def scheduled(profile: Profile, site: Site, moment: Moment) -> Schedule:
    """Work out what is in force in every section with own lamps."""
    sections = {lamp.section for lamp in site.lamps.values()}
    rules = [rule for rule in profile.rules if not rule.sections or sections & {*rule.sections}]
    offset_s, utc_s = _offset_s(moment), moment.utc_s
    if utc_s is None:
        general = dict.fromkeys(sections, Orders(profile.levels))
        return Schedule(general, math.inf, offset_s, late=True)
    night = night_at(site.path, utc_s)
    windows = list(windows_of(rules, night, site.path))
    in_force = [rule for rule, begin_s, end_s in windows if begin_s <= utc_s < end_s]
    late_s = [time_s(x, night, site.path) for x in (profile.baseline.begin, profile.baseline.end)]
    bounds_s = [night.end_s, *late_s, *(at_s for _, *window in windows for at_s in window)]
    next_s = min((at_s for at_s in bounds_s if at_s > utc_s), default=utc_s + HOUR_S)
    by_section = {x: orders_in(x, in_force, profile.levels) for x in sections}
    recheck_s = moment.mono_s + next_s - utc_s
    return Schedule(by_section, recheck_s, offset_s, late=late_s[0] <= utc_s < late_s[1])


def _offset_s(moment: Moment) -> float | None:
    return None if moment.utc_s is None else moment.utc_s - moment.mono_s


# --- rules ----------------------------------------------------------------------------------------


def orders_in(section: str, in_force: Iterable[Rule], general: Levels) -> Orders:
    """Join the rules that apply now, in their order, for one section."""
    base_pct, presence_pct, cap_pct = general.base_pct, general.presence_pct, math.inf
    base_rule = presence_rule = cap_rule = ""
    colour_k: float | None = None
    for rule in in_force:
        if rule.sections and section not in rule.sections:
            continue
        if rule.base_pct is not None:
            base_pct, base_rule = rule.base_pct, rule.name
        if rule.presence_pct is not None:
            presence_pct, presence_rule = rule.presence_pct, rule.name
        if rule.cap_pct is not None and rule.cap_pct < cap_pct:
            cap_pct, cap_rule = rule.cap_pct, rule.name
        if rule.colour_k is not None:
            colour_k = rule.colour_k
    presence_pct = max(presence_pct, base_pct)
    if base_pct > cap_pct:
        base_pct, base_rule = cap_pct, cap_rule
    if presence_pct > cap_pct:
        presence_pct, presence_rule = cap_pct, cap_rule
    floor_pct = general.safety_floor_pct
    levels = Levels(base_pct, max(presence_pct, floor_pct), floor_pct, general.fail_safe_pct)
    return Orders(levels, base_rule, presence_rule, colour_k)


def applies_to(rule: Rule, day: date) -> bool:
    """Whether a rule is meant for the night that begins on a day."""
    return (
        (not rule.months or day.month in rule.months)
        and (not rule.weekdays or day.weekday() in rule.weekdays)
        and (rule.dates is None or _between(rule.dates, (day.month, day.day)))
    )


def _between(dates: tuple[tuple[int, int], tuple[int, int]], day: tuple[int, int]) -> bool:
    """Whether a day of the year lies within two, both included; they may span new year."""
    first, last = dates
    return first <= day <= last if first <= last else day >= first or day <= last


def windows_of(
    rules: Iterable[Rule], night: Night, path: Path
) -> Iterator[tuple[Rule, float, float]]:
    """Yield the rules of a night with from when to when they apply, in POSIX seconds."""
    for rule in rules:
        if applies_to(rule, night.day):
            begin_s = night.begin_s if rule.begin is None else time_s(rule.begin, night, path)
            end_s = night.end_s if rule.end is None else time_s(rule.end, night, path)
            yield rule, begin_s, end_s


# --- times ----------------------------------------------------------------------------------------


def night_at(path: Path, utc_s: float) -> Night:
    """Return the night that a moment belongs to."""
    local = datetime.fromtimestamp(utc_s, ZoneInfo(path.timezone))
    day = local.date() if local.time() >= NOON else local.date() - timedelta(days=1)
    return night_of(path, day)


def night_of(path: Path, day: date) -> Night:
    """Return the night that begins on a day."""

    def elevation_deg(utc_s: float) -> float:
        return sun_elevation_deg(path.latitude_deg, path.longitude_deg, utc_s)

    zone = ZoneInfo(path.timezone)
    begin_s, end_s = _wall_s(zone, day, NOON), _wall_s(zone, day + timedelta(days=1), NOON)
    lowest_s = _lowest_s(elevation_deg, path.longitude_deg, (begin_s + end_s) / 2.0)
    before_s, after_s = lowest_s - HALF_DAY_S, lowest_s + HALF_DAY_S
    sun_s: dict[SunEvent, float] = {}
    for evening, morning, wanted_deg in TWILIGHTS_DEG:
        sun_s[evening] = _passed_s(elevation_deg, wanted_deg, lowest_s, before_s, begin_s)
        sun_s[morning] = _passed_s(elevation_deg, wanted_deg, lowest_s, after_s, end_s)
    return Night(day, begin_s, end_s, lowest_s, sun_s)


def time_s(at: NightTime, night: Night, path: Path) -> float:
    """Return when a time of night is, in POSIX seconds, within the night."""
    if at.event is None:
        day = night.day if at.minutes >= NOON_MINUTES else night.day + timedelta(days=1)
        return _wall_s(ZoneInfo(path.timezone), day, time(*divmod(at.minutes, 60)))
    event_s = night.sun_s[at.event] + 60.0 * at.minutes
    return min(max(event_s, night.begin_s), night.end_s)


def _wall_s(zone: ZoneInfo, day: date, wall: time) -> float:
    """Return when the clocks first show a time, or jump over it, in POSIX seconds."""
    shown = datetime.combine(day, wall, zone)
    at_s, otherwise_s = shown.timestamp(), shown.replace(fold=1).timestamp()
    if otherwise_s >= at_s:
        return at_s
    # Clocks jump over it: read by either of the two offsets it falls on the far side of the jump.
    offset = datetime.fromtimestamp(at_s, zone).utcoffset()
    jump_s = _boundary_s(
        otherwise_s, at_s, lambda utc_s: datetime.fromtimestamp(utc_s, zone).utcoffset() == offset
    )
    return float(round(jump_s))


def _passed_s(
    elevation_deg: Callable[[float], float],
    wanted_deg: float,
    lowest_s: float,
    highest_s: float,
    never_up_s: float,
) -> float:
    """Return when the sun passes an elevation between its lowest and its highest point."""
    if elevation_deg(lowest_s) >= wanted_deg:
        return lowest_s
    if elevation_deg(highest_s) < wanted_deg:
        return never_up_s
    return _boundary_s(lowest_s, highest_s, lambda utc_s: elevation_deg(utc_s) >= wanted_deg)


def _boundary_s(from_s: float, to_s: float, holds: Callable[[float], bool]) -> float:
    """Return where something begins to hold, between where it does not and where it does."""
    while abs(to_s - from_s) > EXACT_S:
        middle_s = (from_s + to_s) / 2.0
        if holds(middle_s):
            to_s = middle_s
        else:
            from_s = middle_s
    return (from_s + to_s) / 2.0


def _lowest_s(
    elevation_deg: Callable[[float], float], longitude_deg: float, around_s: float
) -> float:
    """Return when the sun is lowest, nearest to a moment: near midnight by mean solar time."""
    past_midnight_s = (around_s + DEGREE_S * longitude_deg + HALF_DAY_S) % DAY_S - HALF_DAY_S
    mean_s = around_s - past_midnight_s
    return _boundary_s(
        mean_s - EQUATION_OF_TIME_S,
        mean_s + EQUATION_OF_TIME_S,
        lambda utc_s: elevation_deg(utc_s + HOUR_S) > elevation_deg(utc_s - HOUR_S),
    )

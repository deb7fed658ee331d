"""What must hold of a profile's rules: within each, between them, and on a path."""

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import NamedTuple

from controller.core.daylight import sun_elevation_deg
from controller.core.path import Path
from controller.core.profile import Daylight, Levels, NightTime, Rule, SunEvent
from controller.core.schedule import NOON_MINUTES, Night, applies_to, night_of, windows_of
from controller.settings.entries import Entry, entries
from controller.settings.faults import Fault, nearest, quoted
from controller.settings.rules import LEAP_YEAR, RuleSettings, core_rule
from controller.settings.shape import Loc, value_at

NATURE_BASE_GREATEST_PCT = 25.0
"""At a quarter of full light bats did as in unlit places, at half they did not (Rowse 2018)."""
SHORT_GAP_MINUTES = 30
DAY_MINUTES = 24 * 60
_SUN_ORDER: tuple[SunEvent, ...] = ("sunset", "dusk", "dawn", "sunrise")

EVERY_DAY = tuple(date(LEAP_YEAR, 1, 1) + timedelta(days=number) for number in range(366))
# Three nights a month; a season that is too short for them is looked at night by night.
PROBED_DAYS = frozenset(day for day in EVERY_DAY if day.day in (1, 11, 21))
SHORT_SEASON_DAYS = 60


class Placed(NamedTuple):
    """A sound rule, where it stands, and the days of a leap year on which its nights can begin."""

    entry: Entry
    rule: Rule
    days: frozenset[date]

    def fault(self, problem: str, hint: str, *names: str) -> Fault:
        """Give a fault of the rule or of one of its fields."""
        return Fault(self.entry.place(*names), problem, hint)


def rule_faults(
    document: Mapping[str, object], unsound: frozenset[Loc], path: Path | None
) -> Iterator[Fault]:
    """Give what cannot be meant by the rules that are sound; with a path, on that path."""
    if Entry(document, (), unsound).is_faulty("rules"):
        return  # no list, or too long a one
    given = entries(document, unsound, "rules")
    yield from _duplicates(given)
    rules = [_placed(entry) for entry in given if _is_sound(entry)]
    general, daylight = _levels(document, unsound), _daylight(document, unsound)
    for number, one in enumerate(rules):
        yield from _level_faults(one, general)
        yield from _season_faults(one)
        yield from _time_faults(one)
        yield from _hidden(one, rules[number + 1 :])
    if path is not None:
        yield from _unknown_sections(rules, path)
    if path is not None and daylight is not None:
        yield from _never_dark(rules, path, daylight)


def gap_notes(rules: Sequence[Rule]) -> Iterator[str]:
    """Remark where one rule ends shortly before another begins: the general levels hold there."""
    for one, other in itertools.permutations(rules, 2):
        gap = _minutes_between(one.end, other.begin)
        if gap is None or not 0 < gap < SHORT_GAP_MINUTES or _conditions(one) != _conditions(other):
            continue
        alike = (rule for rule in rules if _conditions(rule) == _conditions(one))
        if not any(_spans(rule, one.end, other.begin) for rule in alike):
            names = f"{quoted(one.name)} and {quoted(other.name)}"
            yield f"between the rules {names} the general levels hold for {gap} minutes"


# --- what the document has ------------------------------------------------------------------------


def _is_sound(entry: Entry) -> bool:
    return not any(loc[: len(entry.loc)] == entry.loc for loc in entry.unsound)


def _placed(entry: Entry) -> Placed:
    rule = core_rule(RuleSettings.model_validate(value_at(entry.document, entry.loc)))
    any_weekday = replace(rule, weekdays=())
    return Placed(entry, rule, frozenset(x for x in EVERY_DAY if applies_to(any_weekday, x)))


def _levels(document: Mapping[str, object], unsound: frozenset[Loc]) -> Levels | None:
    """Give the general levels, None where one is faulty."""
    section, default = Entry(document, ("levels",), unsound), Levels()
    found = {x.name: section.number_or(x.name, getattr(default, x.name)) for x in fields(Levels)}
    sound = {name: value for name, value in found.items() if value is not None}
    return Levels(**sound) if len(sound) == len(found) else None


def _daylight(document: Mapping[str, object], unsound: frozenset[Loc]) -> Daylight | None:
    """Give when it is dark, None where that is faulty."""
    section, default = Entry(document, ("daylight",), unsound), Daylight()
    on_deg = section.number_or("on_elevation_deg", default.on_elevation_deg)
    advance_s = section.number_or("advance_s", default.advance_s)
    if on_deg is None or advance_s is None:
        return None
    return replace(default, on_elevation_deg=on_deg, advance_s=advance_s)


# --- within a rule --------------------------------------------------------------------------------


def _level_faults(one: Placed, general: Levels | None) -> Iterator[Fault]:
    rule = one.rule
    if all(x is None for x in (rule.base_pct, rule.presence_pct, rule.cap_pct, rule.colour_k)):
        hint = "add base_pct, presence_pct, cap_pct or colour_k, or remove it"
        yield one.fault("sets nothing", hint)
    elif rule.nature and all(x is None for x in (rule.base_pct, rule.cap_pct, rule.colour_k)):
        yield one.fault("protects nothing", "add cap_pct, base_pct or colour_k", "nature")
    elif general is not None:
        yield from _against_general(one, general)
        yield from _too_bright_for_nature(one, general)


def _against_general(one: Placed, general: Levels) -> Iterator[Fault]:
    base_pct, presence_pct = one.rule.base_pct, one.rule.presence_pct
    if base_pct is not None:
        most_pct = general.presence_pct if presence_pct is None else presence_pct
        if base_pct > most_pct:
            where = "levels.presence_pct" if presence_pct is None else "presence_pct"
            problem = f"{base_pct:g} is above {where} ({most_pct:g})"
            yield one.fault(problem, "lower it, or set presence_pct as well", "base_pct")
        if base_pct > general.fail_safe_pct:
            problem = f"{base_pct:g} is above levels.fail_safe_pct ({general.fail_safe_pct:g})"
            yield one.fault(problem, "lower it, or raise levels.fail_safe_pct", "base_pct")
    if presence_pct is None:
        return
    if base_pct is None and presence_pct < general.base_pct:
        problem = f"{presence_pct:g} is below levels.base_pct ({general.base_pct:g})"
        yield one.fault(problem, "raise it, or set base_pct as well", "presence_pct")
    if presence_pct < general.safety_floor_pct:
        floor_pct = general.safety_floor_pct
        problem = f"{presence_pct:g} is below levels.safety_floor_pct ({floor_pct:g})"
        yield one.fault(problem, "nobody goes below the floor: raise it", "presence_pct")


def _too_bright_for_nature(one: Placed, general: Levels) -> Iterator[Fault]:
    rule = one.rule
    named = "cap_pct" if rule.base_pct is None else "base_pct"
    base_pct = general.base_pct if rule.base_pct is None else rule.base_pct
    base_pct = base_pct if rule.cap_pct is None else min(base_pct, rule.cap_pct)
    if rule.nature and base_pct > NATURE_BASE_GREATEST_PCT:
        problem = f"leaves {base_pct:g} % of light while nobody is there, too much for animals"
        hint = f"at most {NATURE_BASE_GREATEST_PCT:g}, as Rowse (2018) found for bats"
        yield one.fault(problem, hint, named)


def _season_faults(one: Placed) -> Iterator[Fault]:
    if not one.days:
        problem = "never applies: its months and dates exclude one another"
        yield one.fault(problem, "mend one of them", "months")


def _time_faults(one: Placed) -> Iterator[Fault]:
    if ends_before_it_begins(one.rule):
        problem = "is no later than from; a night lasts from noon to noon"
        yield one.fault(problem, "swap from and to, or make two rules of it", "to")


def ends_before_it_begins(rule: Rule) -> bool:
    """Whether a rule ends before it begins in whatever night, as far as is known without a path."""
    begin, end = rule.begin, rule.end
    if begin is not None and end is not None and begin.event and end.event:
        no_earlier = _SUN_ORDER.index(begin.event) >= _SUN_ORDER.index(end.event)
        return no_earlier and begin.minutes >= end.minutes
    begin_min, end_min = _from_noon(begin, 0), _from_noon(end, DAY_MINUTES)
    return begin_min is not None and end_min is not None and begin_min >= end_min


def _from_noon(at: NightTime | None, otherwise: int) -> int | None:
    """Return a wall time in minutes after noon, None for an event of the sun."""
    if at is None:
        return otherwise
    return None if at.event else (at.minutes - NOON_MINUTES) % DAY_MINUTES


# --- between rules --------------------------------------------------------------------------------


def _duplicates(given: Iterable[Entry]) -> Iterator[Fault]:
    seen: set[str] = set()
    for entry in given:
        name = entry.text("name")
        if name in seen:
            yield Fault(
                entry.place("name"), "there is another rule of this name", "give each its own name"
            )
        if name is not None:
            seen.add(name)


def _hidden(one: Placed, later: Sequence[Placed]) -> Iterator[Fault]:
    over = next((other for other in later if _hides(other, one)), None)
    if over is not None and over.rule.name != one.rule.name:
        problem = f"never counts: the later rule {quoted(over.rule.name)} sets all that it sets"
        yield one.fault(problem, "put the general rule first, its exceptions below it")


def _hides(later: Placed, one: Placed) -> bool:
    """Whether a later rule applies whenever a rule does and sets all that it sets."""
    rule, over = one.rule, later.rule
    return (
        rule.cap_pct is None  # of caps the lowest counts, whatever the order
        and (over.base_pct is not None or rule.base_pct is None)
        and (over.presence_pct is not None or rule.presence_pct is None)
        and (over.colour_k is not None or rule.colour_k is None)
        and _includes(over.weekdays, rule.weekdays)
        and _includes(over.sections, rule.sections)
        and _spans(over, rule.begin, rule.end)
        and one.days <= later.days
    )


def _includes(whole: Collection[object], part: Collection[object]) -> bool:
    """Whether a condition lets all through that another does; an empty one lets all through."""
    return not whole or (bool(part) and set(part) <= set(whole))


def _spans(rule: Rule, begin: NightTime | None, end: NightTime | None) -> bool:
    """Whether a rule holds from one time of night to another, as far as is known without a path."""
    before, after = _minutes_between(rule.begin, begin), _minutes_between(end, rule.end)
    begins = rule.begin is None or (before is not None and before >= 0)
    return begins and (rule.end is None or (after is not None and after >= 0))


def _minutes_between(one: NightTime | None, other: NightTime | None) -> int | None:
    """Return the minutes from one time of night to another, None if that differs by the night."""
    if one is None or other is None or one.event != other.event:
        return None
    if one.event is not None:
        return other.minutes - one.minutes
    return (other.minutes - NOON_MINUTES) % DAY_MINUTES - (one.minutes - NOON_MINUTES) % DAY_MINUTES


def _conditions(rule: Rule) -> tuple[object, ...]:
    """Give what a rule asks for beside the time of night."""
    return rule.months, rule.dates, rule.weekdays, rule.sections


# --- on a path ------------------------------------------------------------------------------------


def _unknown_sections(rules: Iterable[Placed], path: Path) -> Iterator[Fault]:
    known = {section.id for section in path.sections}
    for one in rules:
        for name in one.rule.sections:
            if name not in known:
                problem = f"the path has no section {quoted(name)}"
                yield one.fault(problem, nearest(name, known), "sections")


def _never_dark(rules: Iterable[Placed], path: Path, daylight: Daylight) -> Iterator[Fault]:
    """Give the rules at whose hours it is never dark on this path."""
    nights: dict[date, Night] = {}
    for one in rules:
        if not one.days or ends_before_it_begins(one.rule):
            continue  # told already
        long = len(one.days) > SHORT_SEASON_DAYS
        for day in sorted(one.days & PROBED_DAYS if long else one.days):
            if day not in nights:
                nights[day] = night_of(path, day)
            if _is_dark(one.rule, nights[day], path, daylight):
                break
        else:
            problem = "never applies: at its hours it is never dark here"
            yield one.fault(problem, "look at from and to, dates and months")


def _is_dark(rule: Rule, night: Night, path: Path, daylight: Daylight) -> bool:
    """Whether it is dark at a rule's hours of a night, by the sun or by a light sensor."""
    ((_, begin_s, end_s),) = windows_of([replace(rule, weekdays=())], night, path)
    if begin_s >= end_s:
        return False
    first_s, last_s = begin_s - daylight.advance_s, end_s + daylight.advance_s
    darkest_s = min(max(night.lowest_s, first_s), last_s)
    elevation_deg = sun_elevation_deg(path.latitude_deg, path.longitude_deg, darkest_s)
    return elevation_deg < daylight.on_elevation_deg

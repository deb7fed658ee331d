"""Rules of the profile: which hold when and where, to the minute, at every latitude."""

import csv
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.arbitration import Rung
from controller.core.daylight import sun_elevation_deg
from controller.core.effects import FadeLamp
from controller.core.events import (
    EmergencyDeclared,
    OverrideOrdered,
    ProfileChanged,
    TimePassed,
)
from controller.core.lamps import ladder
from controller.core.moment import Moment
from controller.core.path import Path
from controller.core.profile import Levels, NightTime, Profile, Rule, SunEvent
from controller.core.schedule import (
    Night,
    Orders,
    Schedule,
    applies_to,
    night_at,
    night_of,
    orders_in,
    outdated,
    scheduled,
    time_s,
    windows_of,
)
from controller.core.site import build_site
from tests.core.build import NIGHT, Host, settled, started, straight_path
from tests.support.data import data_file

BERLIN = ZoneInfo("Europe/Berlin")
PATH = replace(straight_path(), timezone="Europe/Berlin")
SITE = build_site(PATH, "n1")
SECTION = next(iter(SITE.lamps.values())).section
GENERAL = Levels()


def berlin(text: str, *, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).timestamp()


def clock(text: str) -> NightTime:
    hours, minutes = text.split(":")
    return NightTime(None, 60 * int(hours) + int(minutes))


def placed(latitude_deg: float, longitude_deg: float, timezone: str = "Etc/UTC") -> Path:
    return replace(PATH, latitude_deg=latitude_deg, longitude_deg=longitude_deg, timezone=timezone)


def in_force(rules: tuple[Rule, ...], utc_s: float, path: Path = PATH) -> Orders:
    site = SITE if path is PATH else build_site(path, "n1")
    return scheduled(Profile(rules=rules), site, Moment(0.0, utc_s)).by_section[SECTION]


# --- nights and times -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2025-01-15 12:00", "2025-01-15"),
        ("2025-01-15 23:59", "2025-01-15"),
        ("2025-01-16 00:00", "2025-01-15"),
        ("2025-01-16 11:59", "2025-01-15"),
        ("2028-02-29 03:00", "2028-02-28"),
        ("2028-03-01 03:00", "2028-02-29"),
        ("2025-01-01 03:00", "2024-12-31"),
    ],
)
def test_a_night_belongs_to_the_day_it_began_on(at: str, day: str) -> None:
    night = night_at(PATH, berlin(at))
    assert night.day == date.fromisoformat(day)
    assert night.begin_s == berlin(f"{day} 12:00")


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2025-03-29", 23), ("2026-03-28", 23), ("2025-10-25", 25), ("2026-10-24", 25)],
)
def test_the_nights_in_which_the_clocks_change_are_an_hour_shorter_or_longer(
    day: str, hours: int
) -> None:
    night = night_of(PATH, date.fromisoformat(day))
    assert night.end_s - night.begin_s == hours * 3600.0


@pytest.mark.parametrize(
    ("day", "text", "utc"),
    [
        ("2025-01-15", "23:00", "2025-01-15T22:00Z"),
        ("2025-01-15", "04:30", "2025-01-16T03:30Z"),
        ("2025-01-15", "12:00", "2025-01-15T11:00Z"),
        ("2025-01-15", "11:59", "2025-01-16T10:59Z"),
        ("2025-03-29", "23:00", "2025-03-29T22:00Z"),
        ("2025-03-29", "01:59", "2025-03-30T00:59Z"),
        ("2025-03-29", "02:30", "2025-03-30T01:00Z"),  # left out: when clocks are put forward
        ("2025-03-29", "03:00", "2025-03-30T01:00Z"),
        ("2025-03-29", "04:30", "2025-03-30T02:30Z"),
        ("2025-10-25", "02:30", "2025-10-26T00:30Z"),  # comes twice: the first
        ("2025-10-25", "03:00", "2025-10-26T02:00Z"),
        ("2028-02-28", "04:30", "2028-02-29T03:30Z"),
    ],
)
def test_a_wall_time_is_right_to_the_second(day: str, text: str, utc: str) -> None:
    night = night_of(PATH, date.fromisoformat(day))
    assert time_s(clock(text), night, PATH) == datetime.fromisoformat(utc).timestamp()


def test_an_offset_is_counted_from_the_suns_event_and_never_leaves_the_night() -> None:
    night = night_of(PATH, date(2025, 1, 15))
    sunset_s = night.sun_s["sunset"]
    assert time_s(NightTime("sunset", 30), night, PATH) == sunset_s + 1800.0
    assert time_s(NightTime("sunset", -90), night, PATH) == sunset_s - 5400.0
    # It may pass midnight, and is still of the same night.
    assert time_s(NightTime("dusk", 460), night, PATH) > berlin("2025-01-16 00:00")
    assert time_s(NightTime("sunset", -600), night, PATH) == night.begin_s
    assert time_s(NightTime("sunrise", 600), night, PATH) == night.end_s


# --- the sun --------------------------------------------------------------------------------------

EVENTS: dict[SunEvent, str] = {
    "dawn": "civil_dawn_utc",
    "sunrise": "sunrise_utc",
    "sunset": "sunset_utc",
    "dusk": "civil_dusk_utc",
}


@pytest.mark.parametrize("event", EVENTS)
def test_at_soest_the_sun_is_right_to_half_a_minute_for_three_years(event: SunEvent) -> None:
    soest = placed(51.57, 8.11, "Europe/Berlin")
    with data_file("solar/soest_sun_2024-2026_reference.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert len(rows) > 1000
    off_s = []
    for row in rows:
        day = date.fromisoformat(row["date"])
        morning = event in ("dawn", "sunrise")
        night = night_of(soest, day - timedelta(days=1) if morning else day)
        known_s = datetime.fromisoformat(row[EVENTS[event]]).timestamp()
        off_s.append(abs(night.sun_s[event] - known_s))
    assert max(off_s) < 30.0


@pytest.mark.parametrize("month", range(1, 13))
def test_an_event_is_found_to_half_a_second(month: int) -> None:
    night = night_of(PATH, date(2025, month, 15))
    passings: tuple[tuple[SunEvent, float, float], ...] = (
        ("sunset", -0.833, 1.0),
        ("dusk", -6.0, 1.0),
        ("dawn", -6.0, -1.0),
        ("sunrise", -0.833, -1.0),
    )
    for event, wanted_deg, sinking in passings:
        before_deg, after_deg = (
            sun_elevation_deg(PATH.latitude_deg, PATH.longitude_deg, night.sun_s[event] + x_s)
            for x_s in (-0.5, 0.5)
        )
        assert (before_deg - wanted_deg) * sinking >= 0.0
        assert (after_deg - wanted_deg) * sinking <= 0.0


@pytest.mark.parametrize("longitude_deg", [-179.0, -75.0, 0.0, 8.0, 120.0, 179.0])
@pytest.mark.parametrize("month", [2, 11])
def test_the_sun_is_lowest_opposite_to_its_highest_point(longitude_deg: float, month: int) -> None:
    """The equation of time is 14 minutes behind in February, 16 ahead in November."""
    place = placed(50.0, longitude_deg, f"Etc/GMT{-round(longitude_deg / 15.0):+d}")
    lowest_s = night_of(place, date(2025, month, 10)).lowest_s
    lowest_deg, *others_deg = (
        sun_elevation_deg(50.0, longitude_deg, lowest_s + x_s)
        for x_s in (0.0, -1800.0, 1800.0, -7200.0, 7200.0)
    )
    assert lowest_deg < min(others_deg)
    assert others_deg[0] == pytest.approx(others_deg[1], abs=0.02)


# The tables are rounded to minutes.
USNO_S = 60.0


@pytest.mark.parametrize(
    ("name", "evening", "morning"),
    [
        ("sunrise_usno_reference_testdata.csv", "sunset", "sunrise"),
        ("sunrise_usno_reference_testdata_civil.csv", "dusk", "dawn"),
        ("sunrise_usno_reference_testdata_extreme.csv", "sunset", "sunrise"),
    ],
)
def test_all_over_the_world_the_sun_is_right_to_the_minute(
    name: str, evening: SunEvent, morning: SunEvent
) -> None:
    lines = [x for x in data_file(f"solar/{name}").read_text().splitlines() if x[:1].isdigit()]
    assert len(lines) > 50
    for line in lines:
        at, latitude, longitude, kind, rise, down = line.split(",")
        day = date.fromisoformat(at[:10])
        zone = f"Etc/GMT{-round(float(longitude) / 15):+d}".replace("+0", "")
        place = placed(float(latitude), float(longitude), zone)
        after, before = night_of(place, day), night_of(place, day - timedelta(days=1))
        if kind == "ALL_DAY":
            assert after.sun_s[evening] == after.lowest_s
            assert before.sun_s[morning] == before.lowest_s
        elif kind == "ALL_NIGHT":
            assert after.sun_s[evening] == after.begin_s
            assert before.sun_s[morning] == before.end_s
        else:
            assert _minutes_apart(evening, place, day, down) <= USNO_S / 60.0
            assert _minutes_apart(morning, place, day, rise) <= USNO_S / 60.0


def _minutes_apart(event: SunEvent, place: Path, day: date, text: str) -> float:
    """How far an event is from that of a table, whose days are those of UTC."""
    known_s = datetime.fromisoformat(f"{day} {text}+00:00").timestamp()
    nights = [night_of(place, day + timedelta(days=n)) for n in (-2, -1, 0, 1)]
    return min(abs(night.sun_s[event] - known_s) for night in nights) / 60.0


@pytest.mark.parametrize("latitude_deg", [-90.0, -78.0, 0.0, 66.6, 78.0, 90.0])
@pytest.mark.parametrize("month", range(1, 13))
def test_at_no_latitude_anything_fails(latitude_deg: float, month: int) -> None:
    path = placed(latitude_deg, 15.6, "Arctic/Longyearbyen")
    night = night_of(path, date(2025, month, 21))
    times_s = [night.sun_s[x] for x in ("sunset", "dusk", "dawn", "sunrise")]
    assert times_s == sorted(times_s)
    assert night.begin_s <= times_s[0]
    assert times_s[-1] <= night.end_s


def test_where_the_sun_never_sets_no_rule_from_sunset_to_sunrise_applies() -> None:
    rule = Rule("r", begin=NightTime("sunset", 0), end=NightTime("sunrise", 0), base_pct=5.0)
    svalbard = placed(78.0, 15.6, "Arctic/Longyearbyen")
    for hours in range(24):
        june_s = berlin("2025-06-21 12:00") + 3600.0 * hours
        december_s = berlin("2025-12-21 12:00") + 3600.0 * hours
        assert in_force((rule,), june_s, svalbard).base_rule == ""
        assert in_force((rule,), december_s, svalbard).base_rule == "r"


# --- which rules hold -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "day", "applies"),
    [
        (Rule("r"), "2025-01-15", True),
        (Rule("r", months=(1, 12)), "2025-12-31", True),
        (Rule("r", months=(1, 12)), "2025-02-01", False),
        (Rule("r", weekdays=(4, 5)), "2025-01-17", True),  # a Friday
        (Rule("r", weekdays=(4, 5)), "2025-01-19", False),
        (Rule("r", dates=((4, 1), (10, 31))), "2025-04-01", True),
        (Rule("r", dates=((4, 1), (10, 31))), "2025-10-31", True),
        (Rule("r", dates=((4, 1), (10, 31))), "2025-11-01", False),
        (Rule("r", dates=((11, 15), (2, 29))), "2028-02-29", True),
        (Rule("r", dates=((11, 15), (2, 29))), "2025-12-31", True),
        (Rule("r", dates=((11, 15), (2, 29))), "2025-03-01", False),
        (Rule("r", dates=((11, 15), (2, 29))), "2025-11-15", True),
        (Rule("r", dates=((11, 15), (2, 29))), "2025-11-14", False),
        (Rule("r", dates=((2, 29), (2, 29))), "2027-02-28", False),
        (Rule("r", months=(1,), weekdays=(0,)), "2025-01-15", False),
    ],
)
def test_rules_are_for_nights_that_begin_on_certain_days(
    rule: Rule, day: str, *, applies: bool
) -> None:
    assert applies_to(rule, date.fromisoformat(day)) == applies


STANDBY = Rule(
    "standby",
    weekdays=(0, 1, 2, 3, 6),
    begin=clock("23:00"),
    end=clock("04:30"),
    base_pct=0.0,
    presence_pct=60.0,
)


@pytest.mark.parametrize(
    ("at", "rule"),
    [
        ("2025-01-15 22:59:59", ""),  # Wednesday
        ("2025-01-15 23:00:00", "standby"),
        ("2025-01-16 04:29:59", "standby"),
        ("2025-01-16 04:30:00", ""),
        ("2025-01-17 23:30:00", ""),  # Friday night
        ("2025-01-18 02:00:00", ""),
        ("2025-01-20 02:00:00", "standby"),  # Sunday's night, on Monday
    ],
)
def test_a_rule_holds_between_its_times_on_its_nights(at: str, rule: str) -> None:
    orders = in_force((STANDBY,), berlin(at))
    assert (orders.base_rule, orders.presence_rule) == (rule, rule)
    assert orders.levels.base_pct == (0.0 if rule else GENERAL.base_pct)
    assert orders.levels.presence_pct == (60.0 if rule else GENERAL.presence_pct)


def test_the_last_rule_that_says_something_counts() -> None:
    general = Rule("general", base_pct=20.0, presence_pct=80.0)
    exception = Rule("exception", base_pct=5.0)
    orders = orders_in("s", [general, exception], GENERAL)
    assert (orders.levels.base_pct, orders.base_rule) == (5.0, "exception")
    assert (orders.levels.presence_pct, orders.presence_rule) == (80.0, "general")


def test_of_caps_the_lowest_counts_whatever_the_order() -> None:
    caps = [Rule("low", cap_pct=25.0), Rule("high", cap_pct=60.0)]
    for rules in (caps, caps[::-1]):
        orders = orders_in("s", rules, GENERAL)
        assert (orders.levels.presence_pct, orders.presence_rule) == (25.0, "low")
        assert (orders.levels.base_pct, orders.base_rule) == (10.0, "")


def test_a_cap_that_changes_nothing_is_not_named_and_of_equal_ones_the_first_is() -> None:
    at_base, at_presence = Rule("at_base", cap_pct=10.0), Rule("at_presence", cap_pct=100.0)
    orders = orders_in("s", [at_presence], GENERAL)
    assert (orders.base_rule, orders.presence_rule) == ("", "")
    orders = orders_in("s", [at_base, replace(at_base, name="again")], GENERAL)
    assert (orders.base_rule, orders.presence_rule) == ("", "at_base")


def test_a_cap_below_the_base_level_lowers_it_but_no_person_goes_below_the_floor() -> None:
    orders = orders_in("s", [Rule("bats", cap_pct=5.0)], GENERAL)
    assert (orders.levels.base_pct, orders.base_rule) == (5.0, "bats")
    assert orders.levels.presence_pct == GENERAL.safety_floor_pct
    assert orders.levels.fail_safe_pct == GENERAL.fail_safe_pct


def test_a_rule_is_for_its_sections() -> None:
    rule = Rule("r", sections=("canal",), base_pct=0.0)
    assert orders_in("canal", [rule], GENERAL).base_rule == "r"
    assert orders_in("town", [rule], GENERAL) == Orders(GENERAL)


PERCENT = st.none() | st.integers(0, 100).map(float)
RULES = st.lists(
    st.builds(
        Rule,
        name=st.sampled_from(["a", "b", "c"]),
        base_pct=PERCENT,
        presence_pct=PERCENT,
        cap_pct=PERCENT,
        sections=st.sampled_from([(), ("s",), ("t",)]),
    ),
    max_size=6,
)


@given(rules=RULES, base=st.integers(0, 50), floor=st.integers(0, 50))
def test_whatever_the_rules_caps_hold_and_people_have_the_floor(
    rules: list[Rule], base: int, floor: int
) -> None:
    general = Levels(float(base), 60.0, float(floor), 100.0)
    levels, base_rule, presence_rule, _ = orders_in("s", rules, general)
    caps = [x.cap_pct for x in rules if x.cap_pct is not None and "t" not in x.sections]
    assert levels.base_pct <= min(caps, default=100.0)
    assert levels.presence_pct <= max(min(caps, default=100.0), floor)
    assert levels.presence_pct >= max(levels.base_pct, floor)
    assert (levels.safety_floor_pct, levels.fail_safe_pct) == (floor, 100.0)
    assert bool(base_rule) or levels.base_pct == base
    assert {base_rule, presence_rule} <= {"", *(x.name for x in rules if "t" not in x.sections)}


# --- when it can next differ ----------------------------------------------------------------------

TIMES = (
    st.none()
    | st.builds(NightTime, st.none(), st.integers(0, 1439))
    | st.builds(NightTime, st.sampled_from(list(EVENTS)), st.integers(-360, 360))
)
TIMED = st.lists(
    st.builds(
        Rule,
        name=st.sampled_from(["a", "b", "c"]),
        begin=TIMES,
        end=TIMES,
        weekdays=st.sampled_from([(), (5,), (0, 6)]),
        base_pct=st.integers(0, 100).map(float),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(
    rules=TIMED,
    day=st.sampled_from(
        [date(2025, 3, 29), date(2025, 10, 25), date(2028, 2, 28), date(2025, 6, 21)]
    ),
)
def test_no_change_is_missed(rules: list[Rule], day: date) -> None:
    profile, night = Profile(rules=tuple(rules)), night_of(PATH, day)
    at_s, known = night.begin_s, None
    while at_s < night.end_s:
        schedule = scheduled(profile, SITE, Moment(at_s - night.begin_s, at_s))
        next_s = schedule.recheck_s + night.begin_s
        assert at_s < next_s <= night.end_s + 1e-3
        for share in (0.0, 0.5, 0.999):
            probe_s = at_s + share * (next_s - at_s)
            assert _brute(rules, night, probe_s) == schedule.by_section[SECTION].base_rule
        known, at_s = schedule, next_s
    assert known is not None


def _brute(rules: list[Rule], night: Night, utc_s: float) -> str:
    found = ""
    for rule, begin_s, end_s in windows_of(rules, night, PATH):
        if begin_s <= utc_s < end_s:
            found = rule.name
    return found


def test_a_schedule_is_outdated_when_time_has_come_or_the_clock_changed() -> None:
    schedule = Schedule({}, 1000.0, 500.0, late=False)
    assert not outdated(schedule, Moment(999.0, 1499.0))
    assert not outdated(schedule, Moment(999.0, 1499.5))
    assert outdated(schedule, Moment(1000.0, 1500.0))
    assert not outdated(schedule, Moment(999.0, 1500.0))  # by a second
    assert not outdated(schedule, Moment(999.0, 1498.0))
    assert outdated(schedule, Moment(999.0, 1500.1))
    assert outdated(schedule, Moment(999.0, 1497.9))
    assert outdated(schedule, Moment(999.0, 1510.0))
    assert outdated(schedule, Moment(999.0, None))
    assert not outdated(schedule._replace(clock_offset_s=None), Moment(999.0, None))
    assert outdated(schedule._replace(clock_offset_s=None), Moment(999.0, 1499.0))


def test_without_rules_only_the_baseline_and_the_night_are_looked_for() -> None:
    begun = night_at(SITE.path, NIGHT)
    utc_s, seen = begun.begin_s, list[tuple[str, bool]]()
    while utc_s < begun.end_s:
        schedule = scheduled(Profile(), SITE, Moment(0.0, utc_s))
        shown = datetime.fromtimestamp(utc_s, BERLIN).strftime("%H:%M")
        seen.append((shown, schedule.late))
        utc_s += schedule.recheck_s
    assert seen == [("12:00", False), ("23:00", True), ("05:00", False)]
    assert scheduled(Profile(), SITE, Moment(0.0, None)).late


def test_rules_of_sections_without_own_lamps_are_not_waited_for() -> None:
    at_s = berlin("2025-01-15 20:00")
    for section, next_s in (("elsewhere", "23:00"), (SECTION, "21:00")):
        rule = Rule("r", begin=clock("21:00"), sections=(section,), base_pct=5.0)
        schedule = scheduled(Profile(rules=(rule,)), SITE, Moment(700.0, at_s))
        assert schedule.recheck_s == 700.0 + berlin(f"2025-01-15 {next_s}") - at_s
        assert schedule.clock_offset_s == at_s - 700.0


# --- in the lamps ---------------------------------------------------------------------------------


def with_rules(*rules: Rule) -> Profile:
    return Profile(rules=rules)


def local(host: Host) -> str:
    assert host.utc_at_zero_s is not None
    return datetime.fromtimestamp(host.utc_at_zero_s + host.now_s, BERLIN).strftime("%H:%M:%S")


def test_a_rules_beginning_and_end_move_the_lamps_once_and_at_that_time() -> None:
    profile = with_rules(Rule("late", begin=clock("23:00"), end=clock("04:30"), base_pct=5.0))
    evening_s = berlin("2025-01-15 22:00")
    host = settled(profile=profile, utc_s=evening_s)
    host.run_to(7.5 * 3600.0)
    moves = [
        (datetime.fromtimestamp(evening_s + at_s, BERLIN).strftime("%H:%M:%S"), level, why)
        for at_s, level, why in host.fades("L05")
    ]
    assert moves == [("23:00:00", 5.0, "base:late"), ("04:30:00", 10.0, "base")]


def test_a_rule_is_told_by_the_ladder() -> None:
    rule = Rule("late", base_pct=5.0, presence_pct=70.0)
    host = settled(profile=with_rules(rule))
    host.motion("M05", active=True)
    presence, base, day = ladder(host.state, "L05", host.now_s)
    assert (presence.level_pct, presence.rule, presence.reason) == (70.0, "late", "presence:M05")
    assert (base.level_pct, base.rule, base.reason) == (5.0, "late", "base:late")
    assert (day.rule, day.reason) == ("", "day")


def test_a_cap_never_beats_emergency_fail_safe_or_override() -> None:
    bats = Rule("bats", base_pct=0.0, cap_pct=20.0, nature=True)
    host = started(profile=with_rules(bats))
    assert ladder(host.state, "L05", host.now_s)[0].level_pct == 100.0  # just started
    host = settled(profile=with_rules(bats))
    host.motion("M05", active=True)
    assert ladder(host.state, "L05", host.now_s)[0].level_pct == 20.0
    host.tell(OverrideOrdered(("L05",), 80.0, 60.0))
    assert ladder(host.state, "L05", host.now_s)[0].level_pct == 80.0
    host.tell(EmergencyDeclared(60.0))
    assert ladder(host.state, "L05", host.now_s)[0].rung is Rung.EMERGENCY


def test_a_node_that_boots_without_a_clock_follows_no_rule_until_it_has_the_time() -> None:
    profile = with_rules(Rule("late", base_pct=5.0))
    host = settled(profile=profile, utc_s=None)
    host.run_to(host.now_s + 3600.0)
    assert ladder(host.state, "L05", host.now_s)[0].reason == "fail_safe:daylight_unknown"
    host.utc_at_zero_s = NIGHT
    host.tell(TimePassed())
    assert host.fades("L05")[-1][1:] == (5.0, "base:late")
    host.utc_at_zero_s = None
    host.tell(TimePassed())
    assert ladder(host.state, "L05", host.now_s)[0].rule == ""


def test_new_rules_hold_at_once() -> None:
    host = settled()
    host.tell(ProfileChanged(with_rules(Rule("late", base_pct=5.0))))
    assert host.fades("L05")[-1][1:] == (5.0, "base:late")
    host.tell(ProfileChanged(Profile()))
    assert host.fades("L05")[-1][1:] == (10.0, "base")


def test_the_last_rule_that_says_a_colour_counts_and_it_is_commanded_with_the_level() -> None:
    warm, amber = Rule("warm", colour_k=2700.0), Rule("amber", colour_k=1800.0)
    assert orders_in("s", [warm, amber], GENERAL).colour_k == 1800.0
    assert orders_in("s", [amber, Rule("r", base_pct=5.0)], GENERAL).colour_k == 1800.0
    assert orders_in("s", [], GENERAL).colour_k is None
    host = settled()
    host.tell(ProfileChanged(with_rules(amber)))
    host.motion("M05", active=True)
    host.tell(ProfileChanged(Profile()))
    commands = [e for _, e in host.effects if isinstance(e, FadeLamp) and e.lamp == "L05"]
    # First the level is as before, and last again: those commands are for the colour alone.
    assert [(x.level_pct, x.colour_k) for x in commands] == [
        (10.0, 1800.0),
        (100.0, 1800.0),
        (100.0, None),
    ]

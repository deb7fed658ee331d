"""Rules followed from one recheck to the next, found anew minute by minute, and in the ladder."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.core.arbitration import OrderedLevel, Rung, Situation, arbitrate
from controller.core.daylight import sun_elevation_deg
from controller.core.events import LuxMeasured, TimePassed
from controller.core.moment import Moment
from controller.core.path import Path
from controller.core.profile import Levels, NightTime, Profile, Rule, SunEvent
from controller.core.schedule import Orders, Schedule, night_of, orders_in, scheduled
from controller.core.site import Site, build_site
from controller.core.watch import Need
from tests.core.build import NIGHT, settled, straight_path

BERLIN = ZoneInfo("Europe/Berlin")
SITE = build_site(straight_path(2, 2), "n0")
LONGYEARBYEN = replace(
    straight_path(2, 2), latitude_deg=78.22, longitude_deg=15.63, timezone="Arctic/Longyearbyen"
)
LEVEL_PCT = 42.0


def wall(hour: int, minute: int = 0) -> NightTime:
    return NightTime(None, 60 * hour + minute)


def sun(event: SunEvent, offset_min: int = 0) -> NightTime:
    return NightTime(event, offset_min)


def ruled(
    begin: NightTime | None, end: NightTime | None, *, months: tuple[int, ...] = ()
) -> Profile:
    return Profile(rules=(Rule("late", months=months, begin=begin, end=end, base_pct=LEVEL_PCT),))


def on_path(path: Path) -> Site:
    return build_site(path, "n0")


def at(site: Site, profile: Profile, utc_s: float) -> Schedule:
    return scheduled(profile, site, Moment(0.0, utc_s))


def in_force(schedule: Schedule) -> bool:
    return schedule.by_section["s"].levels.base_pct == LEVEL_PCT


def changes(
    profile: Profile, begin: datetime, end: datetime, site: Site = SITE
) -> list[tuple[datetime, bool]]:
    """Follow the schedule's own recheck times; give when the rule begins and ends, in UTC."""
    now_s, end_s, found = begin.timestamp(), end.timestamp(), []
    was = in_force(at(site, profile, now_s))
    for _ in range(1000):
        schedule = at(site, profile, now_s)
        if in_force(schedule) != was:
            was = in_force(schedule)
            found.append((datetime.fromtimestamp(now_s, UTC), was))
        assert schedule.recheck_s > 0.0
        now_s += schedule.recheck_s
        if now_s >= end_s:
            return found
    raise AssertionError("it never comes to the end")


def shown(instants: list[tuple[datetime, bool]]) -> list[str]:
    return [f"{x.astimezone(BERLIN):%d %H:%M:%S %Z}" for x, _ in instants]


# --- the clock on the wall ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        (wall(23), wall(4, 30), ["15 23:00:00 CET", "16 04:30:00 CET"]),
        (wall(12, 1), wall(23), ["15 12:01:00 CET", "15 23:00:00 CET"]),
        (wall(0), wall(11, 59), ["16 00:00:00 CET", "16 11:59:00 CET"]),
        (None, wall(18), ["15 12:00:00 CET", "15 18:00:00 CET"]),
        (wall(18), None, ["15 18:00:00 CET", "16 12:00:00 CET"]),
    ],
)
def test_times_from_noon_on_are_that_days_and_earlier_ones_the_next_days(
    begin: NightTime, end: NightTime, expected: list[str]
) -> None:
    day = datetime(2025, 1, 15, 11, 59, tzinfo=BERLIN)
    profile = replace(
        ruled(begin, end), rules=(replace(ruled(begin, end).rules[0], dates=((1, 15), (1, 15))),)
    )
    assert shown(changes(profile, day, day + timedelta(days=2))) == expected


def label(instant_s: int, zone: ZoneInfo) -> tuple[date, int]:
    local = datetime.fromtimestamp(instant_s, zone)
    return local.date(), 60 * local.hour + local.minute


def first_shown_s(day: date, minute: int, zone: ZoneInfo) -> int:
    """When the clocks first show a time or a later one, found minute by minute."""
    on = day if minute >= 720 else day + timedelta(days=1)
    start_s = int(datetime(day.year, day.month, day.day, 11, tzinfo=zone).timestamp())
    return next(
        s for s in range(start_s, start_s + 30 * 3600, 60) if label(s, zone) >= (on, minute)
    )


CHANGES_OF_CLOCKS = [
    date(2025, 3, 29),
    date(2025, 10, 25),
    date(2026, 3, 28),
    date(2026, 10, 24),
]


@pytest.mark.parametrize("day", CHANGES_OF_CLOCKS)
@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (wall(1, 59), wall(3)),
        (wall(2), wall(2, 30)),
        (wall(2, 30), wall(3, 30)),
        (wall(2, 1), wall(2, 59)),
        (wall(23), wall(4, 30)),
        (wall(23), wall(2)),
        (wall(3), wall(11, 59)),
    ],
)
def test_in_the_night_the_clocks_are_changed(day: date, begin: NightTime, end: NightTime) -> None:
    begin_s, end_s = (first_shown_s(day, x.minutes, BERLIN) for x in (begin, end))
    expected = [(begin_s, True), (end_s, False)] if begin_s < end_s else []
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=BERLIN)
    night = changes(ruled(begin, end), noon, noon + timedelta(hours=24))
    assert [(x.timestamp(), on) for x, on in night] == expected


@pytest.mark.parametrize("year", [2027, 2028])
def test_the_29th_of_february_is_a_day_like_others(year: int) -> None:
    rule = Rule("leap", dates=((2, 29), (2, 29)), base_pct=LEVEL_PCT)
    found = changes(
        Profile(rules=(rule,)),
        datetime(year, 2, 27, 12, tzinfo=BERLIN),
        datetime(year, 3, 3, 12, tzinfo=BERLIN),
    )
    leap = ["29 12:00:00 CET", "01 12:00:00 CET"]
    assert shown(found) == (leap if year == 2028 else [])


@pytest.mark.parametrize("year", [2027, 2028])
def test_a_season_to_the_end_of_february_ends_with_it(year: int) -> None:
    rule = Rule("winter", dates=((12, 1), (2, 29)), base_pct=LEVEL_PCT)
    found = changes(
        Profile(rules=(rule,)),
        datetime(year, 2, 1, 12, tzinfo=BERLIN),
        datetime(year, 3, 9, 12, tzinfo=BERLIN),
    )
    assert shown(found) == ["01 12:00:00 CET"]


def test_a_season_over_new_year_goes_on() -> None:
    rule = Rule("winter", dates=((12, 31), (1, 1)), base_pct=LEVEL_PCT)
    found = changes(
        Profile(rules=(rule,)),
        datetime(2025, 12, 20, 12, tzinfo=BERLIN),
        datetime(2026, 1, 20, 12, tzinfo=BERLIN),
    )
    assert shown(found) == ["31 12:00:00 CET", "02 12:00:00 CET"]


def test_a_weekday_is_that_of_the_evening() -> None:
    friday = 4
    rule = Rule("friday", weekdays=(friday,), begin=wall(23), end=wall(4), base_pct=LEVEL_PCT)
    found = changes(
        Profile(rules=(rule,)),
        datetime(2025, 1, 13, 12, tzinfo=BERLIN),
        datetime(2025, 1, 20, 12, tzinfo=BERLIN),
    )
    assert shown(found) == ["17 23:00:00 CET", "18 04:00:00 CET"]


def test_a_month_is_that_of_the_evening() -> None:
    found = changes(
        ruled(wall(23), wall(4), months=(1,)),
        datetime(2025, 1, 31, 12, tzinfo=BERLIN),
        datetime(2025, 2, 3, 12, tzinfo=BERLIN),
    )
    assert shown(found) == ["31 23:00:00 CET", "01 04:00:00 CET"]


# --- the sun --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (sun("sunset"), sun("sunrise")),
        (sun("dusk"), sun("dawn")),
        (sun("sunset", 30), sun("sunrise", -30)),
    ],
)
def test_where_the_sun_never_sets_a_window_between_its_events_is_empty(
    begin: NightTime, end: NightTime
) -> None:
    noon = datetime(2025, 6, 10, 12, tzinfo=ZoneInfo("Arctic/Longyearbyen"))
    site = on_path(LONGYEARBYEN)
    assert changes(ruled(begin, end), noon, noon + timedelta(days=3), site) == []


def test_where_the_sun_never_rises_the_night_is_from_noon_to_noon() -> None:
    zone = ZoneInfo("Arctic/Longyearbyen")
    site, noon = on_path(LONGYEARBYEN), datetime(2025, 12, 10, 12, tzinfo=zone)
    rule = replace(ruled(sun("sunset", 60), sun("sunrise", -60)), version=1)
    found = changes(rule, noon, noon + timedelta(days=1), site)
    assert [f"{x.astimezone(zone):%d %H:%M:%S}" for x, _ in found] == [
        "10 13:00:00",
        "11 11:00:00",
    ]
    rule = ruled(sun("sunset"), sun("sunrise"))
    assert changes(rule, noon, noon + timedelta(days=3), site) == []
    assert in_force(at(site, rule, noon.timestamp() + 1.0))


@given(
    st.floats(-90.0, 90.0),
    st.floats(-180.0, 180.0),
    st.dates(date(2020, 1, 1), date(2035, 12, 31)),
    st.sampled_from(["Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"]),
)
@settings(max_examples=150, deadline=None)
def test_anywhere_on_earth_the_suns_events_come_in_order_within_the_night(
    latitude_deg: float, longitude_deg: float, day: date, timezone: str
) -> None:
    path = replace(
        SITE.path, latitude_deg=latitude_deg, longitude_deg=longitude_deg, timezone=timezone
    )
    night = night_of(path, day)
    order: list[SunEvent] = ["sunset", "dusk", "dawn", "sunrise"]
    times_s = [night.sun_s[event] for event in order]
    assert all(math.isfinite(x) for x in times_s)
    # Whatever the zone, the events are used within the night only.
    kept_s = [min(max(x, night.begin_s), night.end_s) for x in times_s]
    assert kept_s == sorted(kept_s)


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(0, 1439), st.integers(0, 1439))
@example(date(2028, 10, 28), 0, 1)
@example(date(2028, 3, 25), 0, 1)
@settings(max_examples=60, deadline=None)
def test_what_is_in_force_is_what_the_clock_on_the_wall_says(
    day: date, begin: int, end: int
) -> None:
    begin_s, end_s = (first_shown_s(day, x, BERLIN) for x in (begin, end))
    rule = Rule("r", begin=NightTime(None, begin), end=NightTime(None, end), base_pct=LEVEL_PCT)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=BERLIN)
    # By the clock on the wall: a night in which clocks are changed has an hour more or less.
    noon_s, next_noon_s = (int(x.timestamp()) for x in (noon, noon + timedelta(days=1)))
    profile, expected_next_s = Profile(rules=(rule,)), {begin_s, end_s, next_noon_s}
    for now_s in range(noon_s, noon_s + 22 * 3600, 977):
        schedule = at(SITE, profile, float(now_s))
        assert in_force(schedule) == (begin_s <= now_s < end_s), now_s
        missed = [x for x in expected_next_s if now_s < x < now_s + schedule.recheck_s - 1.0]
        assert not [x for x in missed if begin_s < end_s], (now_s, missed)


def test_the_sun_is_lowest_in_the_middle_between_its_events() -> None:
    night = night_of(SITE.path, date(2025, 1, 15))
    lowest_deg = sun_elevation_deg(51.57, 8.11, night.lowest_s)
    for shift_s in (-900.0, 900.0):
        assert sun_elevation_deg(51.57, 8.11, night.lowest_s + shift_s) > lowest_deg


# --- what they cost -------------------------------------------------------------------------------


EVENING = datetime(2025, 1, 15, 20, tzinfo=BERLIN).timestamp()


def test_between_its_beginning_and_its_end_a_rule_costs_nothing() -> None:
    plain = settled(utc_s=EVENING)
    ruled_host = settled(profile=ruled(wall(23), wall(4, 30)), utc_s=EVENING)
    wakes = ruled_host.wakes - plain.wakes
    for host in (plain, ruled_host):
        host.run_to(12 * 3600.0)
    assert ruled_host.wakes - plain.wakes - wakes <= 2
    assert len(ruled_host.fades("L05")) == 2


def test_as_long_as_nothing_can_differ_the_schedule_is_not_worked_out_anew() -> None:
    host = settled(profile=ruled(wall(23), wall(4, 30)), utc_s=EVENING)
    host.run_to(2 * 3600.0)
    before = host.state.schedule
    host.passage("M05")
    host.tell(LuxMeasured("X1", 3.0))
    host.run_to(2.9 * 3600.0)
    assert host.state.schedule is before
    host.run_to(3.1 * 3600.0)
    assert host.state.schedule is not before


def test_a_rule_for_other_nodes_sections_never_wakes_this_one() -> None:
    rule = Rule("elsewhere", sections=("t",), begin=wall(19), end=wall(4), base_pct=LEVEL_PCT)
    alone = at(SITE, Profile(), NIGHT)
    assert at(SITE, Profile(rules=(rule,)), NIGHT).recheck_s == alone.recheck_s


def test_when_the_clock_is_set_the_rules_of_the_new_time_hold_at_once() -> None:
    host = settled(profile=ruled(wall(23), wall(4, 30)), utc_s=EVENING)
    host.utc_at_zero_s = EVENING + 3 * 3600.0
    host.tell(TimePassed())
    assert host.fades("L05")[-1] == (host.now_s, LEVEL_PCT, "base:late")
    host.utc_at_zero_s = EVENING
    host.tell(TimePassed())
    assert host.fades("L05")[-1] == (host.now_s, Profile().levels.base_pct, "base")


# --- in the ladder --------------------------------------------------------------------------------

PERCENT = st.none() | st.integers(0, 100).map(float)
SETTING = st.builds(
    Rule,
    name=st.sampled_from(["a", "b", "c"]),
    sections=st.sampled_from([(), ("s",), ("t",), ("s", "t")]),
    base_pct=PERCENT,
    presence_pct=PERCENT,
    cap_pct=PERCENT,
)


SITUATIONS = st.builds(
    Situation,
    orders=st.just(Orders(Levels())),
    dark=st.booleans(),
    unknown=st.sampled_from(["", "just_started"]),
    override=st.none() | st.builds(OrderedLevel, st.floats(0.0, 100.0), st.just(60.0)),
    emergency_until_s=st.none() | st.just(60.0),
    need=st.none() | st.just(Need(30.0, "M07")),
)


@given(st.lists(SETTING, max_size=6), st.floats(0.0, 60.0), SITUATIONS)
def test_whatever_the_rules_the_ladder_keeps_its_promises(
    rules: list[Rule], floor_pct: float, situation: Situation
) -> None:
    general = Levels(presence_pct=70.0, safety_floor_pct=floor_pct)
    situation = situation._replace(orders=orders_in("s", rules, general))
    told = {proposal.rung: proposal for proposal in arbitrate(situation)}
    winner = arbitrate(situation)[0]
    here = [x for x in rules if not x.sections or "s" in x.sections]
    cap_pct = min((x.cap_pct for x in here if x.cap_pct is not None), default=100.0)
    if situation.dark:
        base = told[Rung.BASE]
        assert base.level_pct <= cap_pct
        assert base.reason == (f"base:{base.rule}" if base.rule else "base")
        assert bool(base.rule) == any(
            x.base_pct is not None or (x.cap_pct is not None and x.cap_pct < general.base_pct)
            for x in here
        )
    if situation.somebody_there:
        presence = told[Rung.PRESENCE]
        assert floor_pct <= presence.level_pct <= max(cap_pct, floor_pct)
        assert presence.level_pct >= told[Rung.BASE].level_pct
        assert presence.reason == "presence:M07"
        assert winner.level_pct >= floor_pct
    if situation.dark and situation.unknown:
        assert told[Rung.FAIL_SAFE].level_pct == general.fail_safe_pct
    if situation.emergency_until_s is not None:
        assert (winner.rung, winner.level_pct) == (Rung.EMERGENCY, 100.0)
    assert all(told[x].rule == "" for x in told if x not in (Rung.BASE, Rung.PRESENCE))

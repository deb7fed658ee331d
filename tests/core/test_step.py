"""Decisions of one node, with exact times."""

import math
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.effects import FadeLamp
from controller.core.events import LuxMeasured, ProfileChanged, Stopped, TimePassed
from controller.core.profile import Profile
from tests.core.build import (
    NIGHT,
    NOON,
    QUIET_S,
    hold_s,
    read_all,
    settled,
    started,
    straight_path,
    with_levels,
    with_presence,
)

LAMPS = ("L04", "L05", "L06", "L07")
P = Profile().presence
BASE_PCT, FULL_PCT = Profile().levels.base_pct, Profile().levels.presence_pct


# --- start ----------------------------------------------------------------------------------------


def test_a_node_that_starts_at_night_lights_every_lamp_at_once() -> None:
    host = started()
    assert [e for _, e in host.effects if isinstance(e, FadeLamp)] == [
        FadeLamp(lamp, FULL_PCT, P.fade_up_s, host.reason(lamp)) for lamp in LAMPS
    ]
    assert {host.reason(lamp).partition(":")[0] for lamp in LAMPS} == {"presence"}


def test_it_stays_lit_until_the_sensors_are_read() -> None:
    host = started()
    host.run_to(3600.0)
    assert {host.level(lamp) for lamp in LAMPS} == {FULL_PCT}


def test_it_goes_to_base_exactly_when_the_hold_after_the_first_reading_ends() -> None:
    host = started()
    host.run_to(5.0)
    read_all(host)
    host.run_to(QUIET_S)
    held_s = {lamp: max(x.hold_s for x in host.state.reach.links[lamp]) for lamp in LAMPS}
    for lamp in LAMPS:
        *_, last = host.fades(lamp)
        assert last == (5.0 + held_s[lamp], BASE_PCT, "base")


def test_somebody_may_have_passed_a_neighbours_sensor_before_the_start() -> None:
    path = straight_path()
    others = tuple(x for x in path.motion_sensors if x.node != "n1")
    host = started(path=replace(path, motion_sensors=others))
    host.run_to(500.0)
    assert host.fades("L04") == [
        (0.0, FULL_PCT, host.fades("L04")[0][2]),
        (max(x.hold_s for x in host.state.reach.links["L04"]), BASE_PCT, "base"),
    ]
    assert host.fades("L04")[0][2].startswith("presence:")


def test_a_node_that_starts_at_noon_is_dark() -> None:
    host = started(utc_s=NOON)
    assert host.effects == [(0.0, FadeLamp(x, 0.0, P.fade_down_s, "day")) for x in LAMPS]


def test_a_node_that_starts_without_clock_and_sensor_lights_the_path() -> None:
    host = started(utc_s=None)
    read_all(host)
    host.run_to(12 * 3600.0)
    assert {host.level(lamp) for lamp in LAMPS} == {FULL_PCT}
    assert host.reasons() == {"fail_safe:daylight_unknown"}


# --- passages -------------------------------------------------------------------------------------


def test_a_passage_raises_the_lamps_around_it_in_one_step() -> None:
    host = settled()
    effects = host.motion("M05", active=True)
    assert [e for e in effects if isinstance(e, FadeLamp)] == [
        FadeLamp(lamp, FULL_PCT, P.fade_up_s, "presence:M05") for lamp in LAMPS
    ]
    host.run_to(QUIET_S + P.fade_up_s)
    assert {host.level(lamp) for lamp in LAMPS} == {FULL_PCT}


def test_a_passage_at_the_end_raises_only_what_it_reaches() -> None:
    host = settled()
    effects = host.motion("M04", active=True)
    assert [e.lamp for e in effects if isinstance(e, FadeLamp)] == ["L04", "L05", "L06"]
    assert host.target("L07") == BASE_PCT


def test_light_stays_for_each_lamps_hold_after_the_end_of_movement() -> None:
    host = settled()
    host.motion("M05", active=True)
    host.run_to(QUIET_S + 4.0)
    host.motion("M05", active=False)
    host.run_to(QUIET_S + 200.0)
    for lamp in LAMPS:
        end_s = QUIET_S + 4.0 + hold_s(host, lamp, "M05")
        assert host.fades(lamp) == [
            (QUIET_S, FULL_PCT, "presence:M05"),
            (end_s, BASE_PCT, "base"),
        ]


def test_dimming_takes_the_time_to_fade_down() -> None:
    host = settled()
    host.passage("M05")
    host.run_to(QUIET_S + 200.0)
    downs = {e.fade_s for _, e in host.effects if isinstance(e, FadeLamp) and e.level_pct < 50.0}
    assert downs == {P.fade_down_s}


def test_a_new_passage_extends_without_a_new_command() -> None:
    host = settled()
    host.passage("M05")
    host.run_to(QUIET_S + 15.0)
    host.passage("M05")
    host.run_to(QUIET_S + 200.0)
    assert host.fades("L05") == [
        (QUIET_S, FULL_PCT, "presence:M05"),
        (QUIET_S + 15.0 + hold_s(host, "L05", "M05"), BASE_PCT, "base"),
    ]


def test_a_passage_while_the_light_fades_turns_it_round() -> None:
    host = settled()
    host.passage("M05")
    dim_s = QUIET_S + hold_s(host, "L05", "M05")
    host.run_to(dim_s + P.fade_down_s / 2)
    half_way = host.level("L05")
    assert BASE_PCT < half_way < FULL_PCT
    host.motion("M05", active=True)
    assert host.level("L05") == half_way
    host.run_to(host.now_s + P.fade_up_s)
    assert host.level("L05") == FULL_PCT


def test_a_lower_level_that_is_still_brighter_than_now_is_reached_fading_up() -> None:
    host = settled()
    host.motion("M05", active=True)
    host.run_to(QUIET_S + P.fade_up_s / 10)
    effects = host.tell(ProfileChanged(with_levels(presence_pct=60.0)))
    assert FadeLamp("L05", 60.0, P.fade_up_s, "presence:M05") in effects


def test_somebody_who_stands_keeps_the_light_for_hours() -> None:
    host = settled()
    host.motion("M05", active=True)
    host.run_to(QUIET_S + 4 * 3600.0)
    assert host.fades("L05") == [(QUIET_S, FULL_PCT, "presence:M05")]
    assert host.level("L05") == FULL_PCT


def test_a_sensor_that_cannot_be_read_lights_its_lamps_until_it_can() -> None:
    host = settled()
    host.motion("M05", active=None)
    host.run_to(QUIET_S + 3600.0)
    assert {host.level(lamp) for lamp in LAMPS} == {FULL_PCT}
    host.motion("M05", active=False)
    host.run_to(QUIET_S + 3600.0 + hold_s(host, "L05", "M05"))
    assert host.target("L05") == BASE_PCT


def test_a_report_from_the_future_counts_as_now() -> None:
    host = settled()
    host.motion("M05", active=True, at_s=QUIET_S + 1000.0)
    host.run_to(QUIET_S + 1.0)
    host.motion("M05", active=False)
    host.run_to(QUIET_S + 100.0)
    assert host.target("L05") == BASE_PCT


def test_a_late_report_counts_from_when_it_was() -> None:
    host = settled()
    host.motion("M05", active=True, at_s=QUIET_S - 3.0)
    host.motion("M05", active=False, at_s=QUIET_S - 2.0)
    host.run_to(QUIET_S + 100.0)
    assert host.fades("L05")[-1][0] == QUIET_S - 2.0 + hold_s(host, "L05", "M05")


def test_by_day_nobody_lights_a_lamp() -> None:
    host = settled(utc_s=NOON)
    host.motion("M05", active=True)
    assert host.effects == []


def test_somebody_there_at_nightfall_has_light_from_the_first_moment() -> None:
    host = settled(utc_s=NOON)
    host.motion("M05", active=True)
    host.run_to(8 * 3600.0)
    assert [level for _, level, _ in host.fades("L05")] == [FULL_PCT]


# --- what concerns nobody here --------------------------------------------------------------------


def test_what_concerns_nothing_of_this_node_changes_nothing() -> None:
    host = settled()
    before = host.state
    assert host.motion("M99", active=True) == ()
    assert host.motion("M03", active=True) == ()
    assert host.hear("M99", 1) == ()
    assert host.state == before


def test_a_passage_far_away_changes_nothing() -> None:
    host = settled("n0", path=straight_path(16))
    before = host.state
    assert host.hear("M15", 1) == ()
    assert host.state == before


def test_a_neighbour_cannot_speak_for_our_own_sensor() -> None:
    host = settled()
    before = host.state
    assert host.hear("M05", 1) == ()
    assert host.state == before


# --- profiles -------------------------------------------------------------------------------------


def test_a_new_presence_level_counts_at_once() -> None:
    host = settled()
    host.motion("M05", active=True)
    host.run_to(QUIET_S + 10.0)
    host.tell(ProfileChanged(with_levels(presence_pct=60.0)))
    assert host.fades("L05")[-1] == (QUIET_S + 10.0, 60.0, "presence:M05")
    assert {host.target(lamp) for lamp in LAMPS} == {60.0}


def test_a_new_hold_counts_for_those_who_are_there() -> None:
    host = settled()
    host.passage("M05")
    host.run_to(QUIET_S + 10.0)
    host.tell(ProfileChanged(with_presence(hold_s=300.0)))
    host.run_to(QUIET_S + 600.0)
    assert host.fades("L05")[-1] == (QUIET_S + 300.0, BASE_PCT, "base")


def test_a_shorter_hold_that_is_already_over_ends_the_light() -> None:
    host = settled(profile=with_presence(hold_s=300.0))
    host.run_to(600.0)
    host.effects.clear()
    host.passage("M05")
    host.run_to(800.0)
    host.tell(ProfileChanged(Profile()))
    assert host.fades("L05")[-1] == (800.0, BASE_PCT, "base")


def test_a_new_base_level_counts_at_once() -> None:
    host = settled()
    host.tell(ProfileChanged(with_levels(base_pct=25.0)))
    assert {host.target(lamp) for lamp in LAMPS} == {25.0}


# --- any number of steps --------------------------------------------------------------------------


@given(st.lists(st.floats(0.0, 400.0), max_size=20))
@settings(max_examples=50, deadline=None)
def test_a_step_too_many_changes_nothing(extra_s: list[float]) -> None:
    quiet, nervous = settled(), settled()
    for host, extras in ((quiet, []), (nervous, sorted(extra_s))):
        host.motion("M05", active=True)
        host.run_to(QUIET_S + 25.0)
        host.motion("M05", active=False)
        for at_s in extras:
            host.run_to(max(host.now_s, QUIET_S + at_s))
            host.tell(TimePassed())
        host.run_to(QUIET_S + 400.0)
    assert nervous.effects == quiet.effects
    assert nervous.state.evidence == quiet.state.evidence


def test_a_step_that_changes_nothing_returns_the_same_state() -> None:
    host = settled()
    before = host.state
    host.tell(TimePassed())
    assert host.state is before


def test_the_node_asks_to_be_woken_at_the_next_deadline() -> None:
    host = settled(record_s=math.inf)
    sky_s = host.state.sky.recheck_s
    assert host.wake_at_s == sky_s
    host.passage("M05")
    holds_s = [hold_s(host, lamp, "M05") for lamp in LAMPS]
    assert host.wake_at_s == min(sky_s, QUIET_S + min(holds_s))


def test_a_node_without_lamps_runs() -> None:
    path = settled().state.site.path
    host = started(path=replace(path, lamps=tuple(x for x in path.lamps if x.node != "n1")))
    read_all(host)
    host.run_to(3600.0)
    host.tell(LuxMeasured("X1", 1.0))
    host.tell(Stopped())
    assert {e.lamps for _, e in host.records()} == {()}


def test_nothing_is_decided_by_the_origin_of_the_monotonic_clock() -> None:
    host = settled(utc_s=NIGHT)
    assert host.state.sky.clock_offset_s == NIGHT

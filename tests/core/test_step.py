"""Decisions of one node, with exact times."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.effects import FadeLamp
from controller.core.events import (
    LuxMeasured,
    NeighbourReported,
    ProfileChanged,
    Stopped,
    TimePassed,
)
from controller.core.path import Path
from controller.core.profile import Profile
from tests.core.build import (
    LEAVING_S,
    NIGHT,
    NOON,
    QUIET_S,
    REACH_M,
    SPACING_M,
    UNSEEN_S,
    Host,
    line,
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
# So long the slowest need from one sensor of the straight path to the next.
SETTLING_S = SPACING_M / P.slowest_m_s
OWN_CELL_ONLY, BOTH_WAYS = ["L05"], ["L04", "L05", "L06"]


def one_node() -> Host:
    """The straight path with all its lamps on one node."""
    return settled("n0", path=straight_path(12, 12))


def commands(host: Host, level_pct: float) -> dict[str, float]:
    """When each lamp was last sent to a level."""
    fades = [(at_s, e) for at_s, e in host.effects if isinstance(e, FadeLamp)]
    return {e.lamp: at_s for at_s, e in fades if e.level_pct == level_pct}


def lit(host: Host) -> list[str]:
    return [lamp for lamp in host.state.lamps if host.target(lamp) == FULL_PCT]


# --- start ----------------------------------------------------------------------------------------


def test_a_node_that_starts_at_night_lights_every_lamp_at_once() -> None:
    host = started()
    assert [e for _, e in host.effects if isinstance(e, FadeLamp)] == [
        FadeLamp(lamp, FULL_PCT, P.fade_up_s, "fail_safe:just_started") for lamp in LAMPS
    ]


def test_it_goes_to_base_exactly_when_everybody_must_have_been_seen_once() -> None:
    host = started()
    read_all(host)
    for node in ("n0", "n2"):
        host.tell(NeighbourReported(node, online=True))
    host.run_to(QUIET_S)
    for lamp in LAMPS:
        (_, first, _), (at_s, last, reason) = host.fades(lamp)
        assert (first, last, reason) == (FULL_PCT, BASE_PCT, "base")
        assert at_s == pytest.approx(SETTLING_S)


def test_it_stays_lit_until_the_sensors_are_read() -> None:
    host = started()
    host.run_to(3600.0)
    assert {host.level(lamp) for lamp in LAMPS} == {FULL_PCT}
    assert host.reasons() == {"fail_safe:sensor_unreadable"}


def test_one_sensor_that_is_not_read_lights_wherever_it_alone_would_see_somebody() -> None:
    host = started()
    for node in ("n0", "n2"):
        host.tell(NeighbourReported(node, online=True))
    for sensor in ("M04", "M06", "M07"):
        host.motion(sensor, active=False)
    host.run_to(3600.0)
    assert {host.reason(lamp) for lamp in BOTH_WAYS} == {"fail_safe:sensor_unreadable"}
    assert host.reason("L07") == "base"
    host.motion("M05", active=False)
    assert host.reasons() == {"base"}


def test_whoever_is_at_a_sensor_at_the_start_has_light_when_the_rest_is_dimmed() -> None:
    host = started()
    read_all(host)
    for node in ("n0", "n2"):
        host.tell(NeighbourReported(node, online=True))
    host.run_to(20.0)
    host.motion("M05", active=True)
    host.run_to(3600.0)
    assert {host.reason(lamp) for lamp in BOTH_WAYS} == {"presence:M05"}
    assert host.reason("L07") == "base"


def test_a_node_that_starts_at_noon_is_dark() -> None:
    host = started(utc_s=NOON)
    assert host.effects == [(0.0, FadeLamp(x, 0.0, P.fade_down_s, "day")) for x in LAMPS]


def test_a_node_that_starts_without_clock_and_sensor_lights_the_path() -> None:
    host = started(utc_s=None)
    read_all(host)
    host.run_to(12 * 3600.0)
    assert {host.level(lamp) for lamp in LAMPS} == {FULL_PCT}
    assert host.reasons() == {"fail_safe:daylight_unknown"}


def test_a_lamp_too_far_from_every_sensor_is_never_dimmed() -> None:
    host = settled("n", path=line(400.0, {"near": 10.0, "far": 350.0}, {"M": 10.0}))
    assert (host.reason("near"), host.reason("far")) == ("base", "fail_safe:no_sensor_near")


def test_without_any_sensor_nothing_is_dimmed() -> None:
    path = straight_path()
    host = settled(path=replace(path, motion_sensors=()))
    host.run_to(3600.0)
    assert host.reasons() == {"fail_safe:no_sensor_near"}


# --- neighbours that are not there ----------------------------------------------------------------


def long_node(start: Callable[..., Host]) -> Host:
    """A node long enough that in its middle no neighbour's people come unseen: L08 to L15."""
    return start(path=straight_path(24, 8))


def test_lamps_next_to_a_node_that_was_never_heard_stay_lit() -> None:
    host = long_node(started)
    read_all(host)
    host.run_to(3600.0)
    silent = {x for x in host.state.lamps if host.reason(x) == "fail_safe:neighbour_silent"}
    guards = host.state.site.guards
    assert silent == guards["n0"] | guards["n2"]
    assert {x: host.reason(x) for x in ("L08", "L11", "L12", "L15")} == {
        "L08": "fail_safe:neighbour_silent",
        "L11": "base",
        "L12": "base",
        "L15": "fail_safe:neighbour_silent",
    }


def test_a_node_that_goes_is_lit_for_at_once_and_one_that_comes_back_settles_anew() -> None:
    host = long_node(settled)
    gone_s, back_s = host.now_s, host.now_s + 1000.0
    host.tell(NeighbourReported("n0", online=False))
    host.run_to(back_s)
    host.tell(NeighbourReported("n0", online=True))
    host.run_to(back_s + 1000.0)
    for lamp in host.state.site.guards["n0"]:
        (on_s, high, why), (off_s, low, base) = host.fades(lamp)
        assert (on_s, high, why) == (gone_s, FULL_PCT, "fail_safe:neighbour_silent")
        assert (low, base) == (BASE_PCT, "base")
        assert off_s == pytest.approx(back_s + SETTLING_S)
    assert {lamp for lamp in host.state.lamps if host.fades(lamp)} == host.state.site.guards["n0"]


def test_it_settles_once_however_often_a_neighbour_says_that_it_is_there() -> None:
    host = settled()
    host.tell(NeighbourReported("n0", online=False))
    host.run_to(1000.0)
    for after_s in (0.0, 20.0, 40.0):
        host.run_to(1000.0 + after_s)
        host.tell(NeighbourReported("n0", online=True))
    host.run_to(2000.0)
    assert host.fades("L04")[-1][0] == pytest.approx(1000.0 + SETTLING_S)


# --- passages -------------------------------------------------------------------------------------


def test_a_passage_raises_the_lamps_around_it_in_one_step() -> None:
    host = settled()
    effects = host.motion("M05", active=True)
    assert [e for e in effects if isinstance(e, FadeLamp)] == [
        FadeLamp(lamp, FULL_PCT, P.fade_up_s, "presence:M05") for lamp in BOTH_WAYS
    ]
    host.run_to(QUIET_S + P.fade_up_s)
    assert [host.level(lamp) for lamp in LAMPS] == [FULL_PCT, FULL_PCT, FULL_PCT, BASE_PCT]


def test_a_passage_at_the_end_raises_only_what_it_reaches() -> None:
    host = settled()
    effects = host.motion("M04", active=True)
    assert [e.lamp for e in effects if isinstance(e, FadeLamp)] == ["L04", "L05"]


def test_light_stays_where_the_slowest_may_be_and_both_ways_until_they_must_be_seen() -> None:
    host = settled()
    host.passage("M05", 2.0)
    host.run_to(QUIET_S + 200.0)
    for lamp in BOTH_WAYS:
        assert host.fades(lamp)[0] == (QUIET_S, FULL_PCT, "presence:M05")
        assert len(host.fades(lamp)) == 2
    assert commands(host, BASE_PCT) == {
        "L05": pytest.approx(QUIET_S + 2.0 + LEAVING_S),
        "L04": pytest.approx(QUIET_S + UNSEEN_S),
        "L06": pytest.approx(QUIET_S + UNSEEN_S),
    }


def test_dimming_takes_the_time_to_fade_down() -> None:
    host = settled()
    host.passage("M05")
    host.run_to(QUIET_S + 200.0)
    downs = {e.fade_s for _, e in host.effects if isinstance(e, FadeLamp) and e.level_pct < 50.0}
    assert downs == {P.fade_down_s}


def test_the_second_sensor_tells_the_way_and_light_leaves_the_other_one() -> None:
    host = one_node()
    host.motion("M05", active=True)
    assert lit(host) == ["L04", "L05", "L06"]
    host.run_to(QUIET_S + 2.8)
    host.motion("M05", active=False)
    host.run_to(QUIET_S + 7.0)
    host.motion("M06", active=True)
    assert lit(host) == ["L05", "L06", "L07"]
    assert host.reason("L07") == "presence:M06"
    host.run_to(QUIET_S + 14.0)
    host.motion("M07", active=True)
    assert host.target("L05") == BASE_PCT
    assert lit(host) == ["L06", "L07", "L08"]


def test_light_runs_as_far_ahead_as_it_takes_to_stop() -> None:
    reached = {}
    for speed_m_s in (1.34, 5.0, 8.0):
        host = one_node()
        for i in range(3):
            host.run_to(QUIET_S + i * SPACING_M / speed_m_s)
            host.motion(f"M{i + 2:02}", active=True)
            host.run_to(host.now_s + 2 * REACH_M / speed_m_s)
            host.motion(f"M{i + 2:02}", active=False)
        reached[speed_m_s] = lit(host)[-1]
    assert reached == {1.34: "L05", 5.0: "L05", 8.0: "L06"}


def test_what_a_rider_has_left_is_dimmed_when_they_are_beyond_it() -> None:
    host, speed_m_s, spread = one_node(), 5.0, 0.1  # their speed is known to 10 % by then
    for i in (5, 6):
        host.run_to(QUIET_S + (i - 5) * SPACING_M / speed_m_s)
        host.motion(f"M{i:02}", active=True)
        host.run_to(host.now_s + 2 * REACH_M / speed_m_s)
        host.motion(f"M{i:02}", active=False)
    fall_s = host.now_s
    host.run_to(QUIET_S + 2 * SPACING_M / speed_m_s)
    beyond_m = SPACING_M / 2 + P.behind_m - REACH_M
    *_, (at_s, level, _) = host.fades("L06")
    assert level == BASE_PCT
    assert at_s == pytest.approx(fall_s + beyond_m / (speed_m_s * (1 - spread)))


def test_a_flash_lights_its_own_cell_only_and_not_for_long() -> None:
    host = settled()
    host.passage("M05", 0.3)
    assert lit(host) == OWN_CELL_ONLY
    host.run_to(QUIET_S + 200.0)
    # No walker passes a sensor in a flash: 18.5 m beyond its reach the cell is behind them.
    assert commands(host, BASE_PCT)["L05"] == pytest.approx(QUIET_S + 0.3 + 18.5 / 2.5)


def alarm(host: Host, times: int) -> None:
    """Let M05 see somebody whom no other sensor sees, again and again, as soon as it is over."""
    for _ in range(times):
        host.passage("M05", 2.0)
        host.run_to(host.now_s + UNSEEN_S)


def test_after_three_lone_passages_soon_after_each_other_a_sensor_lights_its_own_cell_only() -> (
    None
):
    host = settled()
    for known, expected in enumerate([BOTH_WAYS, BOTH_WAYS, BOTH_WAYS, OWN_CELL_ONLY]):
        host.motion("M05", active=True)
        assert (known, lit(host)) == (known, expected)
        host.run_to(host.now_s + 2.0)
        host.motion("M05", active=False)
        host.run_to(host.now_s + UNSEEN_S)
    assert host.reasons() == {"base"}


def test_after_an_hour_a_sensor_is_believed_again() -> None:
    host = settled()
    alarm(host, 4)
    host.run_to(host.now_s + 3600.0)
    host.motion("M05", active=True)
    assert lit(host) == BOTH_WAYS


def test_whoever_is_seen_at_the_next_sensor_has_light_though_the_first_is_not_believed() -> None:
    host = settled()
    alarm(host, 4)
    host.passage("M05", 3.0)  # as long as somebody at 5 m/s is seen, at least
    host.run_to(host.now_s + 4.0)
    host.motion("M06", active=True)
    assert {"L06", "L07"} <= set(lit(host))


def test_a_new_passage_extends_without_a_new_command() -> None:
    host = settled()
    host.passage("M05")
    host.run_to(QUIET_S + 15.0)
    host.passage("M05")
    host.run_to(QUIET_S + 200.0)
    (on_s, _, _), (off_s, _, _) = host.fades("L05")
    assert on_s == QUIET_S
    assert off_s == pytest.approx(QUIET_S + 15.0 + 2.0 + LEAVING_S)


def test_a_passage_while_the_light_fades_turns_it_round() -> None:
    host = settled()
    host.passage("M05")
    dim_s = host.now_s + LEAVING_S
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
    for lamp in BOTH_WAYS:
        assert host.fades(lamp) == [(QUIET_S, FULL_PCT, "presence:M05")]
        assert host.level(lamp) == FULL_PCT


def test_somebody_who_goes_on_after_hours_has_light_on_either_way() -> None:
    host = settled()
    host.motion("M05", active=True)
    host.run_to(QUIET_S + 4 * 3600.0)
    host.motion("M05", active=False)
    host.run_to(host.now_s + (SPACING_M - 2 * REACH_M) / P.slowest_m_s)
    assert host.target("L04") == host.target("L06") == FULL_PCT
    host.run_to(host.now_s + 3600.0)
    assert host.reasons() == {"base"}


def test_a_sensor_that_cannot_be_read_lights_its_lamps_until_it_can() -> None:
    host = settled()
    host.motion("M05", active=None)
    host.run_to(QUIET_S + 3600.0)
    assert {host.level(lamp) for lamp in BOTH_WAYS} == {FULL_PCT}
    assert {host.reason(lamp) for lamp in BOTH_WAYS} == {"fail_safe:sensor_unreadable"}
    assert host.level("L07") == BASE_PCT
    host.motion("M05", active=False)
    assert host.reasons() == {"base"}


def test_a_report_from_the_future_counts_as_now() -> None:
    host = settled()
    host.motion("M05", active=True, at_s=QUIET_S + 1000.0)
    host.run_to(QUIET_S + 2.0)
    host.motion("M05", active=False)
    host.run_to(QUIET_S + 200.0)
    assert commands(host, BASE_PCT)["L05"] == pytest.approx(QUIET_S + 2.0 + LEAVING_S)


def test_a_late_report_counts_from_when_it_was() -> None:
    host = settled()
    host.motion("M05", active=True, at_s=QUIET_S - 4.0)
    host.motion("M05", active=False, at_s=QUIET_S - 2.0)
    host.run_to(QUIET_S + 200.0)
    assert commands(host, BASE_PCT) == {
        "L05": pytest.approx(QUIET_S - 2.0 + LEAVING_S),
        "L04": pytest.approx(QUIET_S - 4.0 + UNSEEN_S),
        "L06": pytest.approx(QUIET_S - 4.0 + UNSEEN_S),
    }


def test_a_passage_whose_beginning_is_told_after_its_end_still_lights() -> None:
    host = settled()
    host.motion("M05", active=False, at_s=QUIET_S - 2.0)
    assert lit(host) == []
    host.motion("M05", active=True, at_s=QUIET_S - 4.0)
    assert {"L04", "L05", "L06"} == set(lit(host))


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
    assert host.tell(NeighbourReported("n9", online=False)) == ()
    assert host.tell(NeighbourReported("n1", online=False)) == ()
    assert host.tell(NeighbourReported("n0", online=True)) == ()
    assert host.state == before


def test_a_passage_far_away_changes_nothing() -> None:
    host = settled("n0", path=straight_path(16))
    before = host.state
    assert host.hear("M15", 1, active=True) == ()
    assert host.state == before


def test_a_neighbour_cannot_speak_for_our_own_sensor() -> None:
    host = settled()
    before = host.state
    assert host.hear("M05", 1, active=True) == ()
    assert host.state == before


def test_a_change_at_one_sensor_leaves_the_lamps_elsewhere_as_they_are() -> None:
    host = settled("n0", path=straight_path(30, 30))
    before = host.state.lamps
    host.motion("M05", active=True)
    changed = {lamp for lamp in before if host.state.lamps[lamp] is not before[lamp]}
    assert changed == {"L04", "L05", "L06"}


# --- profiles -------------------------------------------------------------------------------------


def test_a_new_presence_level_counts_at_once() -> None:
    host = settled()
    host.motion("M05", active=True)
    host.run_to(QUIET_S + 10.0)
    host.tell(ProfileChanged(with_levels(presence_pct=60.0)))
    assert host.fades("L05")[-1] == (QUIET_S + 10.0, 60.0, "presence:M05")
    assert {host.target(lamp) for lamp in BOTH_WAYS} == {60.0}


def test_a_new_hold_counts_for_those_who_are_there() -> None:
    host = settled()
    host.passage("M05", 2.0)
    host.run_to(QUIET_S + 10.0)
    host.tell(ProfileChanged(with_presence(hold_s=20.0)))
    host.run_to(QUIET_S + 600.0)
    assert commands(host, BASE_PCT)["L05"] == pytest.approx(QUIET_S + 2.0 + LEAVING_S + 20.0)


def test_a_shorter_hold_that_is_already_over_ends_the_light() -> None:
    host = settled(profile=with_presence(hold_s=20.0))
    host.passage("M05", 2.0)
    host.run_to(QUIET_S + 40.0)
    assert host.target("L05") == FULL_PCT
    host.tell(ProfileChanged(Profile()))
    assert host.fades("L05")[-1] == (QUIET_S + 40.0, BASE_PCT, "base")


def test_slower_people_are_waited_for_who_come_after_the_profile_says_so() -> None:
    host = settled()
    host.tell(ProfileChanged(with_presence(slowest_m_s=P.slowest_m_s / 2)))
    host.passage("M05", 2.0)
    host.run_to(QUIET_S + 600.0)
    assert commands(host, BASE_PCT)["L05"] == pytest.approx(QUIET_S + 2.0 + 2 * LEAVING_S)


def test_a_new_base_level_counts_at_once() -> None:
    host = settled()
    host.tell(ProfileChanged(with_levels(base_pct=25.0)))
    assert {host.target(lamp) for lamp in LAMPS} == {25.0}


# --- any number of steps --------------------------------------------------------------------------


@given(st.lists(st.floats(0.0, 400.0), max_size=20))
@settings(max_examples=50, deadline=None)
def test_a_step_too_many_changes_nothing(extra_s: list[float]) -> None:
    course = [("M05", True, 0.0), ("M05", False, 3.0), ("M06", True, 7.0), ("M06", False, 9.0)]
    course += [("M07", True, 90.0), ("M07", False, 250.0)]
    quiet, nervous = settled(), settled()
    for host, extras in ((quiet, []), (nervous, extra_s)):
        todo: list[tuple[float, tuple[str, bool] | None]] = [(after_s, None) for after_s in extras]
        todo += [(after_s, (sensor, active)) for sensor, active, after_s in course]
        for after_s, change in sorted(todo, key=lambda x: (x[0], x[1] is not None)):
            host.run_to(QUIET_S + after_s)
            if change is None:
                host.tell(TimePassed())
            else:
                host.motion(change[0], active=change[1])
        host.run_to(QUIET_S + 700.0)
    assert nervous.effects == quiet.effects
    assert nervous.state.watch == quiet.state.watch


def test_the_same_events_at_the_same_times_come_to_the_same() -> None:
    def played() -> Host:
        host = settled()
        for i, (sensor, active) in enumerate([("M04", True), ("M04", False), ("M05", True)]):
            host.run_to(QUIET_S + 3.3 * i)
            host.motion(sensor, active=active)
        host.hear("M03", 1, active=True)
        host.run_to(QUIET_S + 500.0)
        return host

    first, second = played(), played()
    assert first.effects == second.effects
    assert first.state == second.state


def test_a_step_that_changes_nothing_returns_the_same_state() -> None:
    host = settled()
    before = host.state
    host.tell(TimePassed())
    assert host.state is before


@pytest.mark.parametrize("active", [True, False, None])
def test_a_report_told_twice_changes_nothing(*, active: bool | None) -> None:
    host = settled()
    host.motion("M05", active=True)
    host.run_to(QUIET_S + 2.0)
    host.motion("M05", active=active)
    before = host.state
    assert host.motion("M05", active=active) == ()
    assert host.state == before


def test_the_node_asks_to_be_woken_at_the_next_deadline() -> None:
    host = settled(record_s=math.inf)
    sky_s = host.state.sky.recheck_s
    assert host.wake_at_s == sky_s
    host.passage("M05", 2.0)
    assert host.wake_at_s == pytest.approx(min(sky_s, QUIET_S + 2.0 + LEAVING_S))
    host.run_to(QUIET_S + 2.0 + LEAVING_S + 1.0)
    assert host.wake_at_s == pytest.approx(min(sky_s, QUIET_S + UNSEEN_S))


def test_a_node_without_lamps_runs() -> None:
    path: Path = settled().state.site.path
    host = started(path=replace(path, lamps=tuple(x for x in path.lamps if x.node != "n1")))
    read_all(host)
    host.run_to(3600.0)
    host.tell(LuxMeasured("X1", 1.0))
    host.tell(Stopped())
    assert {e.lamps for _, e in host.records()} == {()}


def test_nothing_is_decided_by_the_origin_of_the_monotonic_clock() -> None:
    host = settled(utc_s=NIGHT)
    assert host.state.sky.clock_offset_s == NIGHT

"""What neighbours tell one another, and what they make of it."""

import pytest

from controller.core.effects import AnnouncePassage
from controller.core.events import NeighbourReported
from controller.core.presence import REANNOUNCE_S, SILENT_S
from controller.core.profile import Profile
from tests.core.build import (
    NIGHT,
    NOON,
    QUIET_S,
    REACH_M,
    UNSEEN_S,
    Host,
    neighbours,
    read_all,
    settled,
    started,
    straight_path,
    with_daylight,
)

FASTEST_CROSSING_S = 2.0 * REACH_M / Profile().presence.fastest_m_s
FULL_PCT, BASE_PCT = Profile().levels.presence_pct, Profile().levels.base_pct


def said(host: Host) -> list[tuple[float, str, float, bool]]:
    """Every announcement: (time, sensor, age, whether somebody is there)."""
    return [(at_s, x.sensor, x.age_s, x.active) for at_s, x in host.announced()]


# --- telling --------------------------------------------------------------------------------------


def test_somebody_who_comes_is_announced_at_once() -> None:
    host = settled()
    [announced] = [x for x in host.motion("M04", active=True) if isinstance(x, AnnouncePassage)]
    assert (announced.sensor, announced.age_s, announced.active) == ("M04", 0.0, True)


def test_somebody_who_leaves_is_announced_at_once() -> None:
    host = settled()
    host.motion("M04", active=True)
    host.run_to(QUIET_S + 3.0)
    [announced] = [x for x in host.motion("M04", active=False) if isinstance(x, AnnouncePassage)]
    assert (announced.sensor, announced.age_s, announced.active) == ("M04", 0.0, False)


def test_a_late_report_is_announced_with_its_age() -> None:
    host = settled()
    host.motion("M04", active=True, at_s=QUIET_S - 4.0)
    host.motion("M04", active=False, at_s=QUIET_S - 1.0)
    assert said(host) == [(QUIET_S, "M04", 4.0, True), (QUIET_S, "M04", 1.0, False)]


def test_while_somebody_stays_it_is_told_again_and_again_since_when() -> None:
    host = settled()
    host.motion("M04", active=True, at_s=QUIET_S - 2.0)
    host.run_to(QUIET_S + 3.5 * REANNOUNCE_S)
    host.motion("M04", active=False)
    left_s = host.now_s
    host.run_to(QUIET_S + 100.0)
    assert said(host) == [
        *((QUIET_S + i * REANNOUNCE_S, "M04", 2.0 + i * REANNOUNCE_S, True) for i in range(4)),
        (left_s, "M04", 0.0, False),
    ]


def test_every_newcomer_is_announced_however_soon() -> None:
    host = settled()
    for i in range(3):
        host.run_to(QUIET_S + i)
        host.passage("M04", 0.5)
    assert [(at_s, active) for at_s, _, _, active in said(host)] == [
        (QUIET_S + i + after_s, active)
        for i in range(3)
        for after_s, active in ((0.0, True), (0.5, False))
    ]


def test_a_newcomer_is_announced_even_if_the_end_of_the_one_before_came_late() -> None:
    host = settled()
    host.motion("M04", active=True)
    host.run_to(QUIET_S + REANNOUNCE_S + 0.2)
    host.motion("M04", active=False, at_s=QUIET_S + REANNOUNCE_S - 0.2)
    host.run_to(QUIET_S + REANNOUNCE_S + 1.0)
    host.motion("M04", active=True)
    assert said(host)[-1] == (QUIET_S + REANNOUNCE_S + 1.0, "M04", 0.0, True)


def test_the_same_report_again_is_not_announced_again() -> None:
    host = settled()
    host.motion("M04", active=True)
    host.run_to(QUIET_S + 1.0)
    assert host.motion("M04", active=True, at_s=QUIET_S) == ()


def test_announcements_are_numbered_without_gap_or_double() -> None:
    host = started()
    host.run_to(50.0)
    numbers = [x.seq for _, x in host.announced()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 10


def test_a_sensor_that_is_not_read_yet_is_announced_as_occupied() -> None:
    host = started()
    assert said(host) == [(0.0, sensor, 0.0, True) for sensor in ("M04", "M05", "M06", "M07")]


def test_the_first_reading_takes_that_back() -> None:
    host = started()
    host.run_to(3.0)
    host.effects.clear()
    read_all(host)
    assert said(host) == [(3.0, sensor, 0.0, False) for sensor in ("M04", "M05", "M06", "M07")]


def test_only_sensors_that_concern_a_neighbour_are_announced() -> None:
    # Light is worth knowing of for 240 m: the seven lamps ahead of a sensor.
    host = settled(path=straight_path(60, 20))
    for i in range(20, 40):
        host.motion(f"M{i}", active=True)
    assert [sensor for _, sensor, _, _ in said(host)] == [
        f"M{i}" for i in (*range(20, 27), *range(33, 40))
    ]


def test_by_day_nothing_is_announced() -> None:
    host = settled(utc_s=NOON)
    host.motion("M04", active=True)
    host.run_to(QUIET_S + 60.0)
    assert said(host) == []


def test_before_dusk_a_neighbour_may_already_need_to_know() -> None:
    host = settled(utc_s=NOON)
    while not host.state.sky.twilight:
        host.run_to(host.wake_at_s)
    assert not host.state.sky.dark
    host.motion("M04", active=True)
    assert said(host) == [(host.now_s, "M04", 0.0, True)]


def test_somebody_there_at_nightfall_is_announced_with_since_when_they_are_there() -> None:
    host = settled(utc_s=NOON, profile=with_daylight(advance_s=0.0))
    host.motion("M04", active=True)
    host.run_to(8 * 3600.0)
    at_s, sensor, age_s, active = said(host)[0]
    assert (sensor, age_s, active) == ("M04", at_s - QUIET_S, True)


def test_a_clock_that_becomes_known_at_night_lets_the_neighbours_know() -> None:
    host = settled(utc_s=NOON)
    host.motion("M04", active=True)
    host.run_to(QUIET_S + 100.0)
    host.utc_at_zero_s = NIGHT
    host.run_to(host.wake_at_s)
    assert said(host) == [(host.now_s, "M04", host.now_s - QUIET_S, True)]


# --- hearing --------------------------------------------------------------------------------------


def off_s(host: Host, lamp: str = "L04") -> float:
    """When a lamp was dimmed that was lit once."""
    host.run_to(host.now_s + 600.0)
    (_, high, _), (at_s, low, reason) = host.fades(lamp)
    assert (high, low, reason) == (FULL_PCT, BASE_PCT, "base")
    return at_s


def test_a_heard_passage_lights_where_they_may_come_until_they_must_have_been_seen() -> None:
    host = settled()
    host.hear("M03", 1, active=True)
    host.run_to(QUIET_S + 2.0)
    host.hear("M03", 2)
    assert host.fades("L04") == [(QUIET_S, FULL_PCT, "presence:M03")]
    assert off_s(host) == pytest.approx(QUIET_S + UNSEEN_S)
    assert all(host.fades(lamp) == [] for lamp in ("L05", "L06", "L07"))


def test_a_heard_passage_counts_from_when_it_was() -> None:
    host = settled()
    host.hear("M03", 1, age_s=5.0, active=True)
    host.hear("M03", 2, age_s=3.0)
    assert off_s(host) == pytest.approx(QUIET_S - 5.0 + UNSEEN_S)


def test_a_passage_of_which_only_the_end_is_heard_lights_too() -> None:
    host = settled()
    host.hear("M03", 2, age_s=1.0)
    assert host.fades("L04") == [(QUIET_S, FULL_PCT, "presence:M03")]
    # It may have been the fastest, who came as much sooner as they need to pass a sensor.
    assert off_s(host) == pytest.approx(QUIET_S - 1.0 - FASTEST_CROSSING_S + UNSEEN_S)


def test_a_passage_that_was_long_ago_lights_nothing() -> None:
    host = settled()
    assert host.hear("M03", 1, age_s=UNSEEN_S + 1.0) == ()


def test_a_passage_from_the_future_is_one_of_now() -> None:
    host = settled()
    host.hear("M03", 1, age_s=-60.0)
    assert off_s(host) == pytest.approx(QUIET_S - FASTEST_CROSSING_S + UNSEEN_S)


def test_somebody_heard_and_then_seen_has_light_that_runs_ahead() -> None:
    host = settled()
    host.hear("M03", 1, active=True)
    host.run_to(QUIET_S + 7.0)
    host.motion("M04", active=True)
    assert host.target("L05") == FULL_PCT
    assert host.reason("L05") == "presence:M04"


def test_doubles_and_older_announcements_change_nothing() -> None:
    host = settled()
    host.hear("M03", 7, active=True)
    host.run_to(QUIET_S + 10.0)
    before = host.state
    for seq in (7, 6, 1):
        for active in (True, False):
            assert host.hear("M03", seq, active=active) == ()
    assert host.state == before


def test_after_a_restart_of_the_neighbour_its_numbers_begin_anew() -> None:
    host = settled()
    host.hear("M03", 7, active=True)
    host.run_to(QUIET_S + 2.0)
    host.hear("M03", 8)
    host.run_to(QUIET_S + 300.0)
    assert host.target("L04") == BASE_PCT
    host.hear("M03", 1, boot="c", active=True)
    assert host.target("L04") == FULL_PCT


def test_all_that_is_lit_for_somebody_who_stands_stays_lit_at_the_neighbours() -> None:
    nodes = neighbours(("n0", "n1"))
    nodes.motion("M03", active=True)
    nodes.run_to(QUIET_S + 20.5 * REANNOUNCE_S)
    assert nodes.hosts["n1"].fades("L04") == [(QUIET_S, FULL_PCT, "presence:M03")]


def test_a_lost_announcement_heals_with_the_next() -> None:
    speaker, listener = settled("n0"), settled("n1")
    speaker.motion("M03", active=True)
    speaker.run_to(QUIET_S + REANNOUNCE_S)
    listener.run_to(QUIET_S + REANNOUNCE_S)
    _, lost = speaker.announced()[0]
    _, came = speaker.announced()[1]
    assert came.seq > lost.seq
    assert listener.target("L04") == BASE_PCT
    listener.hear("M03", came.seq, age_s=came.age_s, active=came.active)
    assert listener.target("L04") == FULL_PCT


def test_when_it_was_lost_that_they_left_silence_tells() -> None:
    host = settled()
    host.hear("M03", 1, active=True)
    host.run_to(QUIET_S + REANNOUNCE_S)
    host.hear("M03", 2, age_s=REANNOUNCE_S, active=True)
    silent_s = QUIET_S + REANNOUNCE_S + SILENT_S
    host.run_to(silent_s - 1.0)
    assert "M03" in host.state.watch.occupied
    host.run_to(silent_s)
    assert "M03" not in host.state.watch.occupied
    assert off_s(host) == pytest.approx(QUIET_S + UNSEEN_S)


def test_whoever_stood_there_when_the_neighbour_fell_silent_is_not_waited_for_for_ever() -> None:
    host = settled()
    for i in range(30):
        host.run_to(QUIET_S + i * REANNOUNCE_S)
        host.hear("M03", i + 1, age_s=i * REANNOUNCE_S, active=True)
    assert host.fades("L04") == [(QUIET_S, FULL_PCT, "presence:M03")]
    host.run_to(host.now_s + SILENT_S + UNSEEN_S)
    assert host.reasons() == {"base"}


def test_a_neighbour_that_goes_offline_tells_of_nobody_and_is_lit_for() -> None:
    host = settled(path=straight_path(24, 8))
    host.hear("M07", 1, active=True)
    host.tell(NeighbourReported("n0", online=False))
    host.run_to(QUIET_S + 3600.0)
    assert "M07" not in host.state.watch.occupied
    assert host.reason("L08") == "fail_safe:neighbour_silent"
    assert host.reason("L12") == "base"

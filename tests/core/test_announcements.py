"""What neighbours tell one another, and what they make of it."""

import pytest

from controller.core.effects import AnnouncePassage
from controller.core.profile import Profile
from controller.core.state import REANNOUNCE_S
from tests.core.build import (
    NIGHT,
    NOON,
    QUIET_S,
    Host,
    hold_s,
    neighbours,
    settled,
    started,
    straight_path,
    with_daylight,
    with_presence,
)

FULL_PCT = Profile().levels.presence_pct


def said(host: Host) -> list[tuple[float, str, float]]:
    """Every announcement: (time, sensor, age)."""
    return [(at_s, x.sensor, x.age_s) for at_s, x in host.announced()]


def test_somebody_who_comes_is_announced_at_once() -> None:
    host = settled()
    [announced] = [x for x in host.motion("M04", active=True) if isinstance(x, AnnouncePassage)]
    assert (announced.sensor, announced.age_s) == ("M04", 0.0)


def test_a_late_report_is_announced_with_its_age() -> None:
    host = settled()
    host.motion("M04", active=True, at_s=QUIET_S - 2.0)
    assert said(host) == [(QUIET_S, "M04", 2.0)]


def test_while_somebody_stays_they_are_announced_again_and_again() -> None:
    host = settled()
    host.motion("M04", active=True, at_s=QUIET_S - 2.0)
    host.run_to(QUIET_S + 3.5 * REANNOUNCE_S)
    host.motion("M04", active=False)
    left_s = host.now_s
    host.run_to(QUIET_S + 100.0)
    assert said(host) == [
        (QUIET_S, "M04", 2.0),
        *((QUIET_S + i * REANNOUNCE_S, "M04", 0.0) for i in (1, 2, 3)),
        (left_s, "M04", 0.0),
    ]


def test_every_newcomer_is_announced_however_soon() -> None:
    host = settled()
    for i in range(3):
        host.run_to(QUIET_S + i)
        host.passage("M04")
    came_and_left_s = [QUIET_S + i for i in range(3) for _ in ("came", "left")]
    assert [at_s for at_s, _, _ in said(host)] == came_and_left_s


def test_a_newcomer_is_announced_even_if_the_end_of_the_one_before_came_late() -> None:
    host = settled()
    host.motion("M04", active=True)
    host.run_to(QUIET_S + REANNOUNCE_S + 0.2)
    host.motion("M04", active=False, at_s=QUIET_S + REANNOUNCE_S - 0.2)
    host.run_to(QUIET_S + REANNOUNCE_S + 1.0)
    host.motion("M04", active=True)
    assert said(host)[-1] == (QUIET_S + REANNOUNCE_S + 1.0, "M04", 0.0)


def test_announcements_are_numbered_without_gap_or_double() -> None:
    host = started()
    host.run_to(50.0)
    numbers = [x.seq for _, x in host.announced()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 10


def test_a_sensor_that_is_not_read_yet_is_announced_as_occupied() -> None:
    host = started()
    assert said(host) == [(0.0, sensor, 0.0) for sensor in ("M04", "M05", "M06", "M07")]


def test_only_sensors_that_concern_a_neighbour_are_announced() -> None:
    host = settled(path=straight_path(18, 6))
    for sensor in ("M06", "M07", "M08", "M09", "M10", "M11"):
        host.motion(sensor, active=True)
    assert [sensor for _, sensor, _ in said(host)] == ["M06", "M07", "M10", "M11"]


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
    assert said(host) == [(host.now_s, "M04", 0.0)]


def test_somebody_there_at_nightfall_is_announced_as_being_there() -> None:
    host = settled(utc_s=NOON, profile=with_daylight(advance_s=0.0))
    host.motion("M04", active=True)
    host.run_to(8 * 3600.0)
    assert said(host)[0][2] == 0.0


# --- hearing --------------------------------------------------------------------------------------


def test_a_heard_passage_lights_the_lamps_it_concerns_for_their_holds() -> None:
    host = settled()
    host.hear("M03", 1)
    host.run_to(QUIET_S + 200.0)
    for lamp in ("L04", "L05"):
        end_s = QUIET_S + hold_s(host, lamp, "M03")
        assert host.fades(lamp) == [(QUIET_S, FULL_PCT, "presence:M03"), (end_s, 10.0, "base")]
    assert host.fades("L06") == []


def test_a_heard_passage_counts_from_when_it_was() -> None:
    host = settled()
    host.hear("M03", 1, age_s=3.0)
    host.run_to(QUIET_S + 200.0)
    assert host.fades("L04")[-1][0] == QUIET_S - 3.0 + hold_s(host, "L04", "M03")


def test_a_passage_that_was_long_ago_lights_nothing() -> None:
    host = settled()
    assert host.hear("M03", 1, age_s=60.0) == ()


def test_a_passage_from_the_future_is_one_of_now() -> None:
    host = settled()
    host.hear("M03", 1, age_s=-60.0)
    host.run_to(QUIET_S + 200.0)
    assert host.fades("L04")[-1][0] == QUIET_S + hold_s(host, "L04", "M03")


def test_doubles_and_older_announcements_change_nothing() -> None:
    host = settled()
    host.hear("M03", 7)
    host.run_to(QUIET_S + 10.0)
    before = host.state
    for seq in (7, 6, 1):
        assert host.hear("M03", seq) == ()
    assert host.state == before


def test_after_a_restart_of_the_neighbour_its_numbers_begin_anew() -> None:
    host = settled()
    host.hear("M03", 7)
    host.run_to(QUIET_S + 10.0)
    host.hear("M03", 1, boot="c")
    host.run_to(QUIET_S + 200.0)
    assert host.fades("L04")[-1][0] == QUIET_S + 10.0 + hold_s(host, "L04", "M03")


@pytest.mark.parametrize("hold", [1.0, 5.0, 20.0])
def test_all_that_is_lit_for_somebody_who_stands_stays_lit_at_the_neighbours(hold: float) -> None:
    nodes = neighbours(("n0", "n1"), profile=with_presence(hold_s=hold))
    nodes.motion("M03", active=True)
    nodes.run_to(QUIET_S + 3.5 * REANNOUNCE_S)
    for lamp in ("L04", "L05"):
        assert nodes.hosts["n1"].fades(lamp) == [(QUIET_S, FULL_PCT, "presence:M03")]


def test_a_lost_announcement_heals_with_the_next() -> None:
    speaker, listener = settled("n0"), settled("n1")
    speaker.motion("M03", active=True)
    speaker.run_to(QUIET_S + REANNOUNCE_S)
    listener.run_to(QUIET_S + REANNOUNCE_S)
    _, lost = speaker.announced()[0]
    _, came = speaker.announced()[1]
    assert came.seq > lost.seq
    listener.hear("M03", came.seq, age_s=came.age_s)
    assert listener.target("L04") == FULL_PCT


def test_a_clock_that_becomes_known_at_night_lets_the_neighbours_know() -> None:
    host = settled(utc_s=NOON)
    host.motion("M04", active=True)
    host.run_to(QUIET_S + 100.0)
    host.utc_at_zero_s = NIGHT
    host.run_to(host.wake_at_s)
    assert said(host) == [(host.now_s, "M04", 0.0)]

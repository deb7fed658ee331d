"""Whom a passage belongs to: measured in standard deviations of what tracks predicted."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.fitting import (
    FARTHER_SENSOR_COSTS,
    FASTER,
    GATE,
    SAME_SENSOR_FITS,
    SLACK_S,
    SLOWER,
    STOPPED_FITS,
    TIMING_SD_S,
    UNKNOWN_SPEED_FITS,
    Fit,
    best_fit,
)
from controller.core.habits import BLIND_S
from controller.core.path import Section
from controller.core.track import FASTER_THAN_FASTEST, Track
from controller.core.ways import Heading
from tests.core.build import SPACING_M, line, small_path
from tests.core.crowd import NEXT_S, RIDER, ROW, SPEED_M_S, START_S, P, ground_on

BOTH = (Heading("M02", forward=True), Heading("M02", forward=False))
LONE = RIDER._replace(headings=BOTH, speed_m_s=None, hits=1, tail_s=3.0)
DUE_S = START_S + NEXT_S  # when M03 should see the rider
# Half of 5 % of the time on the way, and what sensors are late.
SD_S = math.hypot(NEXT_S * 0.05 / 2.0, TIMING_SD_S)


def fit(sensor: str, rise_s: float, *tracks: Track, earliest_s: float | None = None) -> Fit | None:
    return best_fit(tracks, ROW, sensor, rise_s if earliest_s is None else earliest_s, rise_s)


def fitting(sensor: str, rise_s: float, *tracks: Track, earliest_s: float | None = None) -> Fit:
    found = fit(sensor, rise_s, *tracks, earliest_s=earliest_s)
    assert found is not None
    return found


# --- in time --------------------------------------------------------------------------------------


def test_who_comes_as_predicted_fits_entirely() -> None:
    found = fitting("M03", DUE_S, RIDER)
    assert found.misfit == pytest.approx(0.0, abs=1e-9)
    assert (found.track, found.at_s) == (RIDER, DUE_S)
    assert found.ahead is not None
    assert (found.ahead.heading, found.ahead.distance_m) == (Heading("M03", forward=True), 35.0)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("deviations", [0.5, 1.0, 3.0])
def test_who_comes_early_or_late_fits_worse_by_deviations(sign: float, deviations: float) -> None:
    found = fitting("M03", DUE_S + sign * deviations * SD_S, RIDER)
    assert found.misfit == pytest.approx(deviations)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_the_gate_is_three_and_a_half_deviations_wide(sign: float) -> None:
    assert GATE == 3.5
    assert fit("M03", DUE_S + sign * (GATE - 0.01) * SD_S, RIDER) is not None
    assert fit("M03", DUE_S + sign * (GATE + 0.01) * SD_S, RIDER) is None


@pytest.mark.parametrize(("hits", "spread"), [(2, 0.10), (3, 0.07), (4, 0.05), (9, 0.05)])
def test_the_oftener_somebody_was_seen_the_better_is_known_when(hits: int, spread: float) -> None:
    # Two metres a second on 35 m, so that speed counts as much as what sensors are late.
    track = RIDER._replace(hits=hits, speed_m_s=2.0)
    sd_s = math.hypot(17.5 * spread / 2.0, TIMING_SD_S)
    assert fitting("M03", START_S + 17.5 + sd_s, track).misfit == pytest.approx(1.0)


def test_farther_away_is_more_uncertain() -> None:
    # M05 is the third sensor on: two in between.
    sd_s = math.hypot(3.0 * NEXT_S * 0.05 / 2.0, TIMING_SD_S)
    found = fitting("M05", START_S + 3.0 * NEXT_S + sd_s, RIDER)
    assert found.misfit == pytest.approx(1.0 + 2.0 * FARTHER_SENSOR_COSTS)


@pytest.mark.parametrize("passed_s", [0.0, -1.0])
def test_nobody_is_ahead_before_they_were_seen(passed_s: float) -> None:
    for track in (RIDER, LONE):
        assert fit("M03", START_S + passed_s, track) is None


def test_where_sensors_are_close_together_nobody_is_too_fast_to_be_seen_by_the_next() -> None:
    # 8 m at 8.3 m/s take less than a second.
    ground = ground_on(
        small_path(
            [Section("s", "a", "b", 100.0)],
            {"L": ("s", 50.0)},
            {"M": ("s", 40.0), "T": ("s", 48.0)},
        )
    )
    track = LONE._replace(sensor="M", headings=(Heading("M", forward=True),))
    for somebody in (track, track._replace(speed_m_s=8.3, hits=2)):
        at_s = START_S + 8.0 / 8.3
        found = best_fit((somebody,), ground, "T", at_s, at_s)
        assert found is not None
        assert found.track is somebody


@pytest.mark.parametrize("late_s", [-1.25, 1.25])
def test_a_rider_is_expected_to_three_fifths_of_a_second_and_half_a_spread_of_speed(
    late_s: float,
) -> None:
    # 35 m take 7 s, give or take 0.35 s; with sensors' 0.6 s a deviation is 0.625 s.
    assert fitting("M03", DUE_S + late_s, RIDER).misfit == pytest.approx(2.0)


# --- groups ---------------------------------------------------------------------------------------


def test_the_last_of_a_group_may_be_the_first_that_is_seen() -> None:
    group = RIDER._replace(tail_s=4.0)
    assert fitting("M03", DUE_S + 4.0, group).misfit == pytest.approx(0.0, abs=1e-9)
    assert fitting("M03", DUE_S + 4.0 + SD_S, group).misfit == pytest.approx(1.0)
    assert fitting("M03", DUE_S - SD_S, group).misfit == pytest.approx(1.0)


# --- blind sensors --------------------------------------------------------------------------------


def test_while_a_sensor_was_blind_they_came_as_predicted() -> None:
    found = fitting("M03", DUE_S + 2.0, RIDER, earliest_s=DUE_S - 1.0)
    assert (found.misfit, found.at_s) == (0.0, DUE_S)


def test_who_should_have_come_before_a_sensor_was_blind_came_as_it_became_so() -> None:
    found = fitting("M03", DUE_S + 3.0, RIDER, earliest_s=DUE_S + SD_S)
    assert (found.misfit, found.at_s) == pytest.approx((1.0, DUE_S + SD_S))


def test_who_should_come_later_came_when_it_saw_them() -> None:
    found = fitting("M03", DUE_S - SD_S, RIDER, earliest_s=DUE_S - 3.0)
    assert (found.misfit, found.at_s) == pytest.approx((1.0, DUE_S - SD_S))


# --- people of unknown speed ----------------------------------------------------------------------


@pytest.mark.parametrize("sensor", ["M03", "M01"])
@pytest.mark.parametrize("speed_m_s", [0.5, 0.7, 5.0, 8.3, 11.9])
def test_somebody_of_unknown_speed_fits_either_way_and_at_any_likely_one(
    sensor: str, speed_m_s: float
) -> None:
    found = fitting(sensor, START_S + SPACING_M / speed_m_s, LONE)
    assert (found.misfit, found.at_s) == (UNKNOWN_SPEED_FITS, START_S + SPACING_M / speed_m_s)


def test_somebody_may_be_somewhat_beyond_the_bounds_but_no_more() -> None:
    fastest_m_s = P.fastest_m_s * FASTER_THAN_FASTEST * FASTER
    for bound_m_s, beyond in ((P.slowest_m_s * SLOWER, 0.99), (fastest_m_s, 1.01)):
        assert fit("M03", START_S + SPACING_M / bound_m_s / beyond**0.5, LONE) is None
        assert fit("M03", START_S + SPACING_M / bound_m_s * beyond**0.5, LONE) is not None


@pytest.mark.parametrize("somebody", [LONE, RIDER._replace(may_be_faster=True)])
@pytest.mark.parametrize(("elapsed_s", "fits"), [(1.99, False), (2.0, True), (2.01, True)])
def test_the_fastest_who_are_not_sure_to_be_slower_are_a_fifth_faster_than_the_fastest_at_most(
    elapsed_s: float, somebody: Track, *, fits: bool
) -> None:
    # Served up to 12.5 m/s, of unknown speed up to 15 m/s, and 18 m/s at the very most.
    ground = ground_on(
        line(100.0, {"L": 50.0}, {"M": 20.0, "T": 56.0}), replace(P, fastest_m_s=12.5)
    )
    track = somebody._replace(sensor="M", headings=(Heading("M", forward=True),))
    at_s = START_S + elapsed_s
    found = best_fit((track,), ground, "T", at_s, at_s)
    assert (found is not None) == fits
    assert found is None or found.misfit == 1.5


@pytest.mark.parametrize(("elapsed_s", "fits"), [(19.99, True), (20.0, True), (20.01, False)])
def test_the_slowest_of_unknown_speed_have_seven_tenths_of_the_slowest_at_least(
    elapsed_s: float, *, fits: bool
) -> None:
    # 35 m at seven tenths of 2.5 m/s.
    flash = LONE._replace(slowest_m_s=2.5)
    assert (fit("M03", START_S + elapsed_s, flash) is not None) == fits


def test_who_was_but_a_flash_is_no_walker() -> None:
    flash = LONE._replace(slowest_m_s=2.5)
    assert fit("M03", START_S + SPACING_M / (2.5 * SLOWER) + 0.1, flash) is None
    assert fit("M03", START_S + SPACING_M / (2.5 * SLOWER) - 0.1, flash) is not None


def test_somebody_of_unknown_speed_fits_like_one_and_a_half_deviations() -> None:
    assert fitting("M03", DUE_S, LONE).misfit == 1.5


def test_of_two_who_fit_alike_the_one_who_was_seen_last_is_taken() -> None:
    # Who was there long before would be slower than almost everybody; found by people who rest.
    one, other = LONE, LONE._replace(rise_s=START_S + 1.0)
    assert fitting("M03", DUE_S, one, other).track is other
    assert fitting("M03", DUE_S, other, one).track is other


def test_who_was_predicted_goes_before_somebody_of_unknown_speed() -> None:
    late_s = DUE_S + (UNKNOWN_SPEED_FITS - 0.1) * SD_S
    for tracks in ((LONE, RIDER), (RIDER, LONE)):
        assert fitting("M03", late_s, *tracks).track is RIDER
        assert fitting("M03", late_s + 0.2 * SD_S, *tracks).track is LONE


# --- people who may be faster than was measured ---------------------------------------------------


def test_who_may_be_faster_is_expected_in_time_and_comes_late_no_less_than_others() -> None:
    # 10 m take 2 s, give or take 0.05 s: 0.95 s late is more than one and a half deviations.
    ground = ground_on(line(100.0, {"L": 50.0}, {"M": 40.0, "T": 50.0}))
    track = RIDER._replace(sensor="M", headings=(Heading("M", forward=True),), may_be_faster=True)
    for late_s in (0.0, 0.95):
        at_s = START_S + 2.0 + late_s
        found = best_fit((track,), ground, "T", at_s, at_s)
        assert found is not None
        assert found.misfit == pytest.approx(late_s / math.hypot(0.05, TIMING_SD_S))


# --- sensors that missed them ---------------------------------------------------------------------


@pytest.mark.parametrize("missed", [0, 1, 2, 3])
def test_each_sensor_in_between_costs(missed: int) -> None:
    found = fitting(f"M{3 + missed:02}", START_S + (missed + 1) * NEXT_S, RIDER)
    assert found.misfit == pytest.approx(FARTHER_SENSOR_COSTS * missed, abs=1e-9)
    assert found.ahead is not None
    assert [gate.sensor for gate in found.ahead.gates] == ["M03", "M04", "M05"][:missed]


def test_a_sensor_in_between_costs_one_deviation() -> None:
    assert fitting("M04", START_S + 2.0 * NEXT_S, RIDER).misfit == pytest.approx(1.0)


def test_nobody_is_missed_by_four_in_a_row() -> None:
    assert 4.0 * FARTHER_SENSOR_COSTS > GATE
    assert fit("M07", START_S + 5.0 * NEXT_S, RIDER) is None


@pytest.mark.parametrize("ahead", [6, 7])
def test_what_is_far_ahead_is_not_looked_for(ahead: int) -> None:
    assert fit(f"M{2 + ahead:02}", START_S + ahead * NEXT_S, RIDER) is None


def test_somebody_of_unknown_speed_may_be_missed_twice() -> None:
    found = fitting("M05", START_S + 3.0 * NEXT_S, LONE)
    assert found.misfit == UNKNOWN_SPEED_FITS + 2.0 * FARTHER_SENSOR_COSTS
    assert fit("M06", START_S + 4.0 * NEXT_S, LONE) is None


def test_the_nearer_of_two_followers_is_the_one_that_was_not_missed() -> None:
    ahead = RIDER._replace(sensor="M04", headings=(Heading("M04", forward=True),))
    behind = RIDER._replace(rise_s=START_S - 2.0 * NEXT_S)
    for tracks in ((ahead, behind), (behind, ahead)):
        assert fitting("M05", DUE_S, *tracks).track is ahead


# --- the same sensor ------------------------------------------------------------------------------


def test_who_is_still_there_is_seen_again() -> None:
    found = fitting("M02", START_S + 60.0, RIDER)
    assert found == Fit(SAME_SENSOR_FITS, RIDER, None, START_S + 60.0)


def test_who_has_just_left_is_seen_again_when_the_sensor_is_no_longer_blind() -> None:
    gone = RIDER._replace(fall_s=START_S + 5.0)
    again_s = START_S + 5.0 + BLIND_S + SLACK_S
    assert fitting("M02", again_s, gone).ahead is None
    assert fit("M02", again_s + 0.01, gone) is None


@pytest.mark.parametrize("since_s", [3.0, 3.8, 3.81])
def test_who_has_left_is_seen_again_for_three_seconds_and_eight_tenths(since_s: float) -> None:
    # For 3 s a sensor may be blind; the rest is slack.
    gone = RIDER._replace(rise_s=-5.0, fall_s=0.0)
    found = fit("M02", since_s, gone)
    assert (found is not None) == (since_s <= 3.8)
    assert found is None or found.misfit == 1.0


def test_of_two_who_are_at_a_sensor_the_one_who_came_last_is_seen_again() -> None:
    one, other = RIDER, RIDER._replace(rise_s=START_S + 1.0)
    assert fitting("M02", START_S + 2.0, one, other).track is other
    assert fitting("M02", START_S + 2.0, other, one).track is other


def test_somebody_who_is_not_believed_in_is_seen_again_too_and_nowhere_else() -> None:
    track = LONE._replace(headings=())
    assert fitting("M02", START_S + 1.0, track).ahead is None
    assert fit("M03", DUE_S, track) is None


def test_who_was_predicted_goes_before_those_who_are_there() -> None:
    there = RIDER._replace(sensor="M03", headings=(Heading("M03", forward=True),))
    for late, track in ((0.9, RIDER), (1.1, there)):
        at_s = DUE_S + late * SAME_SENSOR_FITS * SD_S
        assert fitting("M03", at_s, RIDER, there).track is track
        assert fitting("M03", at_s, there, RIDER).track is track


# --- those who are waited for ---------------------------------------------------------------------


@pytest.mark.parametrize("late_s", [0.1, 10.0, 250.0])
def test_who_has_stopped_may_go_on_at_any_time(late_s: float) -> None:
    waiting = RIDER._replace(stopped_s=START_S + 5.0)
    found = fitting("M03", DUE_S + late_s, waiting)
    assert (found.misfit, found.at_s) == (STOPPED_FITS, DUE_S + late_s)


def test_who_has_stopped_fits_like_two_and_a_half_deviations_unless_they_come_in_time() -> None:
    waiting = RIDER._replace(stopped_s=START_S + 5.0)
    assert fitting("M03", DUE_S + 60.0, waiting).misfit == 2.5
    assert fitting("M03", DUE_S, waiting).misfit == 0.0


def test_who_has_stopped_came_when_they_were_seen_even_if_the_sensor_was_blind() -> None:
    waiting = RIDER._replace(stopped_s=START_S + 5.0)
    found = fitting("M03", DUE_S + 60.0, waiting, earliest_s=DUE_S + 58.0)
    assert (found.misfit, found.at_s) == (STOPPED_FITS, DUE_S + 60.0)


def test_who_has_stopped_is_not_faster_than_before() -> None:
    waiting = RIDER._replace(stopped_s=START_S + 5.0)
    assert fitting("M03", DUE_S - SD_S, waiting).misfit == pytest.approx(1.0)
    assert fit("M03", DUE_S - 4.0 * SD_S, waiting) is None


def test_who_goes_on_goes_before_those_who_have_stopped() -> None:
    waiting = RIDER._replace(rise_s=START_S - 100.0, stopped_s=START_S - 90.0)
    for late, track in ((STOPPED_FITS - 0.1, RIDER), (STOPPED_FITS + 0.1, waiting)):
        at_s = DUE_S + late * SD_S
        assert fitting("M03", at_s, RIDER, waiting).track is track
        assert fitting("M03", at_s, waiting, RIDER).track is track


# --- nobody ---------------------------------------------------------------------------------------


def test_nobody_is_known_at_first() -> None:
    assert fit("M03", DUE_S) is None


def test_who_goes_the_other_way_is_not_seen() -> None:
    assert fit("M01", DUE_S, RIDER) is None


# --- branches -------------------------------------------------------------------------------------


def test_several_ways_lead_to_a_sensor_and_the_better_counts() -> None:
    # From M to T it is 45 m on one branch, and 65 m on the other.
    path = small_path(
        [
            Section("in", "a", "j", 40.0),
            Section("short", "j", "k", 20.0),
            Section("long", "j", "k", 40.0),
            Section("out", "k", "b", 40.0),
        ],
        {"L": ("in", 20.0)},
        {"M": ("in", 25.0), "T": ("out", 10.0)},
        reach_m=3.0,
    )
    ground = ground_on(path)
    track = RIDER._replace(sensor="M", headings=(Heading("M", forward=True),))
    for distance_m in (45.0, 65.0):
        due_s = START_S + distance_m / SPEED_M_S
        found = best_fit((track,), ground, "T", due_s, due_s)
        assert found is not None
        assert found.misfit == pytest.approx(0.0, abs=1e-9)
        assert found.ahead is not None
        assert found.ahead.distance_m == distance_m


# --- properties -----------------------------------------------------------------------------------


@given(
    late_s=st.floats(-5.0, 15.0),
    more_s=st.floats(0.0, 5.0),
    tail_s=st.floats(0.0, 6.0),
    blind_s=st.floats(0.0, 3.0),
)
def test_the_later_the_worse_and_a_blind_sensor_never_makes_it_worse(
    late_s: float, more_s: float, tail_s: float, blind_s: float
) -> None:
    group = RIDER._replace(tail_s=tail_s)

    def misfit(at_s: float, earliest_s: float) -> float:
        found = fit("M03", at_s, group, earliest_s=earliest_s)
        return math.inf if found is None else found.misfit

    at_s = DUE_S + late_s
    seen = misfit(at_s, at_s)
    if late_s >= 0.0:
        assert seen <= misfit(at_s + more_s, at_s + more_s)
    else:
        assert seen <= misfit(at_s - more_s, at_s - more_s)
    assert misfit(at_s, at_s - blind_s) <= seen


@given(
    speed_m_s=st.floats(0.5, 12.0),
    late_s=st.floats(-10.0, 10.0),
    blind_s=st.floats(0.0, 3.0),
    ahead=st.integers(1, 5),
    tail_s=st.floats(0.0, 6.0),
)
def test_they_came_while_the_sensor_may_have_seen_them_and_after_they_were_seen_before(
    speed_m_s: float, late_s: float, blind_s: float, ahead: int, tail_s: float
) -> None:
    track = RIDER._replace(speed_m_s=speed_m_s, tail_s=tail_s)
    at_s = START_S + ahead * SPACING_M / speed_m_s + late_s
    found = fit(f"M{2 + ahead:02}", at_s, track, earliest_s=at_s - blind_s)
    if found is not None:
        assert START_S < found.at_s <= at_s
        assert at_s - blind_s <= found.at_s
        assert 0.0 <= found.misfit <= GATE

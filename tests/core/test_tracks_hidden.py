"""Whoever passes a sensor while it sees somebody else: their first speed is but a lower bound."""

import pytest

from controller.core.fitting import FASTER, UNKNOWN_SPEED_FITS, best_fit
from controller.core.habits import Habit
from controller.core.sight import GREATEST_TAIL_S
from controller.core.track import FASTER_THAN_FASTEST, SPEED_SPREADS, Track
from tests.core.build import SPACING_M
from tests.core.crowd import (
    ALONE_S,
    NEW,
    NEXT_S,
    NIGHT_S,
    RIDER,
    ROW,
    SPEED_M_S,
    START_S,
    Crowd,
    P,
    after,
    forward,
    holding,
    riding,
    speeds,
)

WALKER_M_S = 0.83
MAYBE_FASTER = RIDER._replace(hits=2, may_be_faster=True)
FASTEST_M_S = P.fastest_m_s * FASTER_THAN_FASTEST * FASTER
DUE_S = START_S + NEXT_S


def measured_with_company(elapsed_s: float, hold_s: float = 0.0) -> Crowd:
    """M00 begins to see somebody, and still does as somebody comes to M01."""
    crowd = Crowd()
    if hold_s:
        crowd.learn("M00", holding(hold_s))
    crowd.rise("M00", START_S)
    crowd.rise("M01", START_S + elapsed_s)
    return crowd


# --- how fast they are ----------------------------------------------------------------------------


def test_who_was_measured_from_a_sensor_that_still_sees_somebody_may_be_faster() -> None:
    crowd = measured_with_company(NEXT_S)
    assert crowd.only.may_be_faster
    assert (crowd.only.speed_m_s, crowd.only.seen_before) == (SPEED_M_S, ("M00", START_S))


def test_who_was_measured_from_a_sensor_that_saw_them_leave_is_not_faster() -> None:
    crowd = Crowd()
    crowd.see("M00", START_S)
    crowd.rise("M01", START_S + NEXT_S)
    assert (crowd.only.may_be_faster, crowd.only.speed_m_s) == (False, SPEED_M_S)


@pytest.mark.parametrize("hold_s", [0.0, 2.0])
@pytest.mark.parametrize("longer_s", [-0.1, 0.1])
def test_nothing_is_known_of_a_speed_at_which_a_group_had_left_long_ago(
    longer_s: float, hold_s: float
) -> None:
    # 35 m on, of which the sensor sees 14 m; the last of a group follows 6 s behind.
    elapsed_s = (GREATEST_TAIL_S + hold_s) * 35.0 / 21.0 + longer_s
    crowd = measured_with_company(elapsed_s, hold_s)
    measured_m_s = SPACING_M / elapsed_s
    if longer_s < 0.0:
        assert (crowd.only.speed_m_s, crowd.only.slowest_m_s) == (pytest.approx(measured_m_s), 0.0)
    else:
        assert crowd.only.speed_m_s is None
        assert crowd.only.slowest_m_s == pytest.approx(measured_m_s * (1.0 - SPEED_SPREADS[2]))
    assert (crowd.only.sensor, crowd.only.hits, crowd.only.headings) == ("M01", 2, forward("M01"))


def test_a_speed_that_is_known_stays_so_whoever_a_sensor_sees() -> None:
    crowd = after(riding([0, 1]))
    crowd.rise("M02", START_S + 2.0 * NEXT_S)
    crowd.rise("M03", START_S + 3.1 * NEXT_S)
    assert crowd.only.seen_before == ("M02", START_S + 2.0 * NEXT_S)
    assert (crowd.only.hits, crowd.only.may_be_faster) == (4, False)
    assert crowd.only.speed_m_s is not None


@pytest.mark.parametrize(("tail_s", "others"), [(5.9, False), (6.1, True)])
def test_they_may_be_faster_until_the_sensor_has_seen_no_more_than_a_group(
    tail_s: float, *, others: bool
) -> None:
    crowd = measured_with_company(NEXT_S)
    crowd.fall("M00", START_S + ALONE_S + tail_s)
    first = crowd.tracks.live[0]
    assert (first.sensor, first.may_be_faster, first.seen_before) == ("M01", others, None)
    assert len(crowd.tracks.live) == 1 + others


def test_where_they_are_seen_next_their_speed_is_measured_anew() -> None:
    crowd = measured_with_company(NEXT_S)
    crowd.rise("M02", START_S + NEXT_S + SPACING_M / 8.0)
    assert crowd.only.speed_m_s == pytest.approx(8.0)
    assert (crowd.only.hits, crowd.only.may_be_faster) == (3, False)


def test_a_slower_speed_than_the_first_is_smoothed_as_ever() -> None:
    crowd = measured_with_company(NEXT_S)
    crowd.rise("M02", START_S + NEXT_S + SPACING_M / 4.8)
    assert crowd.only.speed_m_s == pytest.approx(5.0 - 0.4 * 0.2)


# --- whom a passage belongs to --------------------------------------------------------------------


def misfit(track: Track, at_s: float) -> float | None:
    found = best_fit((track,), ROW, "M03", at_s, at_s)
    return None if found is None else found.misfit


@pytest.mark.parametrize("early_s", [2.5, 4.0])
def test_who_may_be_faster_fits_any_time_before(early_s: float) -> None:
    assert misfit(MAYBE_FASTER, DUE_S - early_s) == UNKNOWN_SPEED_FITS
    assert misfit(MAYBE_FASTER._replace(may_be_faster=False), DUE_S - early_s) is None


def test_who_may_be_faster_and_comes_as_predicted_fits_the_better() -> None:
    for off_s in (-0.2, 0.0, 0.2):
        as_ever = misfit(MAYBE_FASTER._replace(may_be_faster=False), DUE_S + off_s)
        assert misfit(MAYBE_FASTER, DUE_S + off_s) == as_ever


def test_who_may_be_faster_is_not_later() -> None:
    assert misfit(MAYBE_FASTER, DUE_S + 4.0) is None


@pytest.mark.parametrize(("beyond", "fits"), [(0.99, True), (1.01, False)])
def test_nobody_is_faster_than_anybody(beyond: float, *, fits: bool) -> None:
    at_s = START_S + SPACING_M / (FASTEST_M_S * beyond)
    assert (misfit(MAYBE_FASTER, at_s) is not None) == fits


# --- both are kept apart --------------------------------------------------------------------------


def test_who_overtakes_at_the_first_sensor_and_who_is_overtaken_stay_apart() -> None:
    # M00 sees the walker for 16.9 s and the rider in between; found by a storm.
    walker = [x for x in riding([0, 1], speed_m_s=WALKER_M_S) if x[0] < START_S + 45.0]
    crowd = after(walker, riding([0, 1, 2, 3], START_S + 8.9, speed_m_s=4.1))
    assert speeds(crowd)[("M03", True)] == pytest.approx(4.1)
    crowd.review_to(START_S + 45.0)
    assert any(
        track.sensor == "M01" and track.rise_s > START_S + 40.0 for track in crowd.tracks.live
    )


def test_who_passes_somebody_who_stands_at_the_first_sensor_is_known_from_the_third_on() -> None:
    crowd = Crowd()
    crowd.rise("M00", START_S)
    crowd.play(riding([1, 2, 3], START_S + 25.0, speed_m_s=8.2))
    rider = crowd.tracks.live[-1]
    assert (rider.sensor, rider.headings, rider.hits) == ("M03", forward("M03"), 4)
    assert rider.speed_m_s == pytest.approx(8.2)


# --- those of no known speed ----------------------------------------------------------------------


def unknown_speed() -> Crowd:
    """Somebody stands at M00, and somebody else comes by and on to M01."""
    crowd = Crowd()
    crowd.rise("M00", START_S)
    crowd.see("M01", START_S + 25.0)
    assert crowd.tracks.live[-1].speed_m_s is None
    return crowd


def found_and_lone(habit: Habit) -> tuple[float, float]:
    return habit.found, habit.lone


def test_that_they_are_not_seen_again_makes_no_false_alarm() -> None:
    crowd = unknown_speed()
    crowd.review_to(NIGHT_S)
    assert crowd.tracks.live == ()
    assert found_and_lone(crowd.habit("M01")) == found_and_lone(NEW)


def test_that_they_are_seen_again_was_foretold() -> None:
    crowd = unknown_speed()
    crowd.rise("M02", START_S + 30.0)
    who_goes_on, who_stands = crowd.tracks.live
    assert (who_goes_on.sensor, who_stands.sensor) == ("M02", "M00")
    assert who_goes_on.speed_m_s == pytest.approx(7.0)
    assert found_and_lone(crowd.habit("M01")) == found_and_lone(NEW)


def test_light_goes_with_them_as_with_somebody_of_any_speed() -> None:
    # At 1.4 m/s, as it was measured, they would be by M02 in 25 s.
    track = unknown_speed().only
    assert all(track.windows[lamp].from_s <= START_S + 26.0 for lamp in ("L01", "L02"))
    assert track.windows["L03"].from_s <= START_S + 29.0

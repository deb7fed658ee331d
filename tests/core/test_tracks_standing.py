"""People who stand at a sensor before their speed is known, and go on."""

import math

import pytest

from controller.core.sight import GREATEST_TAIL_S, TOGETHER_S, WHOLE_CROSSING
from controller.core.tracks import FIRST_TAIL_S
from tests.core.build import REACH_M, SPACING_M
from tests.core.crowd import ALONE_S, NEXT_S, SPEED_M_S, START_S, Crowd, P, holding

HOLD_S = 2.0
WALKER_M_S = 2.0
CROSSING_M = 2.0 * REACH_M
SLOWEST_GROUP_S = CROSSING_M / P.slowest_m_s + GREATEST_TAIL_S


def gone_on(speed_m_s: float, stay_s: float, hold_s: float = 0.0) -> Crowd:
    """M01 saw somebody for `stay_s`, output's hold not counted; they go on at once to M02."""
    crowd = Crowd()
    crowd.learn("M01", holding(hold_s))
    crowd.see("M01", START_S, stay_s + hold_s)
    crowd.rise("M02", START_S + stay_s + (SPACING_M - CROSSING_M) / speed_m_s)
    return crowd


# --- they stood longer than a group would need ----------------------------------------------------


@pytest.mark.parametrize("hold_s", [0.0, HOLD_S])
@pytest.mark.parametrize("speed_m_s", [3.0, 5.2, 8.0])
def test_who_stood_for_long_is_no_slower_than_it_seems_and_may_be_faster(
    speed_m_s: float, hold_s: float
) -> None:
    # 24 s at M01 are too much for a group at what is measured from there; found by storm 208731.
    crowd = gone_on(speed_m_s, 24.0, hold_s)
    measured_m_s = SPACING_M / (crowd.only.rise_s - START_S)
    assert (crowd.only.speed_m_s, crowd.only.hits, crowd.only.may_be_faster) == (None, 2, True)
    assert crowd.only.slowest_m_s == pytest.approx(measured_m_s * 0.9)
    assert crowd.only.tail_s == GREATEST_TAIL_S
    second_s = crowd.only.rise_s
    crowd.fall("M02", second_s + CROSSING_M / speed_m_s)
    crowd.rise("M03", second_s + SPACING_M / speed_m_s)
    assert crowd.only.speed_m_s == pytest.approx(speed_m_s)


@pytest.mark.parametrize("hold_s", [0.0, HOLD_S])
@pytest.mark.parametrize(
    ("tail_s", "known", "may_be_faster"),
    [
        (0.0, True, False),
        (TOGETHER_S - 0.1, True, False),
        (TOGETHER_S + 0.1, True, True),
        (GREATEST_TAIL_S - 0.1, True, True),
        (GREATEST_TAIL_S + 0.1, False, True),
    ],
)
def test_the_longer_they_were_seen_for_their_speed_the_less_is_known_of_it(
    tail_s: float, hold_s: float, *, known: bool, may_be_faster: bool
) -> None:
    crowd = Crowd()
    crowd.learn("M01", holding(hold_s))
    crowd.see("M01", START_S, CROSSING_M / WALKER_M_S + tail_s + hold_s)
    crowd.rise("M02", START_S + SPACING_M / WALKER_M_S)
    assert crowd.only.speed_m_s == (pytest.approx(WALKER_M_S) if known else None)
    assert crowd.only.may_be_faster == may_be_faster


def test_who_stood_for_a_moment_is_found_again_though_they_come_sooner() -> None:
    # 5.9 s at M01, then at 8.29 m/s: 3.5 m/s as it is measured; found by people who rest.
    crowd = gone_on(8.29, 7.6, HOLD_S)
    assert crowd.only.speed_m_s == pytest.approx(3.46, abs=0.01)
    assert crowd.only.may_be_faster
    crowd.rise("M03", crowd.only.rise_s + SPACING_M / 8.29)
    assert (crowd.only.speed_m_s, crowd.only.hits) == (pytest.approx(8.29), 3)


def test_only_the_first_speed_is_doubted() -> None:
    crowd = gone_on(5.0, 24.0)
    crowd.fall("M02", crowd.only.rise_s + 12.0)
    crowd.rise("M03", crowd.only.rise_s + 14.0)
    assert crowd.only.speed_m_s == pytest.approx(SPACING_M / 14.0)


# --- only the end of their way past a sensor was seen ---------------------------------------------


@pytest.mark.parametrize("speed_m_s", [0.8, 1.6, 4.0, 5.5])
def test_who_stood_longer_than_any_group_is_measured_from_where_they_left(speed_m_s: float) -> None:
    # They count as the fastest as they go on, and would be too fast from there.
    crowd = gone_on(speed_m_s, SLOWEST_GROUP_S + 100.0, HOLD_S)
    assert crowd.only.speed_m_s == pytest.approx(speed_m_s)


@pytest.mark.parametrize("speed_m_s", [0.8, 1.6, 4.0, 5.5])
def test_so_is_whose_end_only_was_heard(speed_m_s: float) -> None:
    crowd = Crowd()
    crowd.learn("M01", holding(HOLD_S))
    crowd.glimpse("M01", START_S + HOLD_S)
    crowd.rise("M02", START_S + (SPACING_M - CROSSING_M) / speed_m_s)
    assert crowd.only.speed_m_s == pytest.approx(speed_m_s)


@pytest.mark.parametrize(
    ("share", "speed_m_s"),
    [
        (WHOLE_CROSSING + 0.01, SPEED_M_S),
        (
            WHOLE_CROSSING - 0.01,
            (SPACING_M - CROSSING_M) / (NEXT_S - (WHOLE_CROSSING - 0.01) * ALONE_S),
        ),
    ],
)
def test_who_was_seen_for_almost_all_of_their_way_was_seen_from_its_begin(
    share: float, speed_m_s: float
) -> None:
    crowd = Crowd()
    crowd.see("M01", START_S, share * ALONE_S)
    crowd.rise("M02", START_S + NEXT_S)
    assert crowd.only.speed_m_s == pytest.approx(speed_m_s)


# --- who is still there is not who was seen farther on --------------------------------------------


@pytest.mark.parametrize(
    ("stay_s", "same"), [(ALONE_S + 5.9, True), (ALONE_S + 6.1, False), (math.inf, False)]
)
def test_who_comes_past_a_sensor_unseen_is_not_whom_the_one_before_saw_for_long(
    stay_s: float, *, same: bool
) -> None:
    crowd = Crowd()
    crowd.rise("M01", START_S)
    if math.isfinite(stay_s):
        crowd.fall("M01", START_S + stay_s)
    crowd.rise("M03", START_S + 2.0 * NEXT_S)
    assert [track.sensor for track in crowd.tracks.live] == (["M03"] if same else ["M01", "M03"])
    assert crowd.tracks.live[-1].hits == (2 if same else 1)


@pytest.mark.parametrize("beyond_s", [-0.1, 0.1])
@pytest.mark.parametrize("hold_s", [0.0, HOLD_S])
def test_whom_a_sensor_goes_on_seeing_is_on_a_track_when_others_are_two_sensors_on(
    hold_s: float, beyond_s: float
) -> None:
    # Not only as they leave: the next cell would be dark for whoever goes on.
    crowd = Crowd()
    crowd.learn("M01", holding(hold_s))
    crowd.rise("M01", START_S)
    crowd.see("M02", START_S + 20.0, 1.0)
    assert [track.sensor for track in crowd.tracks.live] == ["M02"]
    two_on_s = START_S + SLOWEST_GROUP_S + hold_s + beyond_s
    crowd.rise("M03", two_on_s)
    sensors = [track.sensor for track in crowd.tracks.live]
    assert sensors == (["M03", "M01"] if beyond_s > 0.0 else ["M03"])
    if beyond_s > 0.0:
        stayed = crowd.tracks.live[-1]
        assert (stayed.rise_s, stayed.fall_s, stayed.tail_s) == (START_S, None, FIRST_TAIL_S)
        assert stayed.speed_m_s is None


def test_whom_a_sensor_goes_on_seeing_has_one_track() -> None:
    crowd = Crowd()
    crowd.rise("M01", START_S)
    crowd.see("M02", START_S + 20.0, 1.0)
    crowd.rise("M01", START_S + 25.0)
    crowd.rise("M03", START_S + SLOWEST_GROUP_S + 10.0)
    assert sorted(track.sensor for track in crowd.tracks.live) == ["M01", "M03"]

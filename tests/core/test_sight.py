"""What the time for which a sensor sees people tells of their speed, at the very bounds."""

import pytest

from controller.core.sight import GREATEST_TAIL_S, Sight, doubted, measured_m_s
from controller.core.track import Track
from tests.core.crowd import START_S, P, forward

SIGHT = Sight(5.0, 0.0, P)  # it sees 10 m of the path, and its output follows at once
SEEN = Track("M02", START_S, forward("M02"), tail_s=3.0, odds=9.0, hits=1)
MEASURED = SEEN._replace(sensor="M03", headings=forward("M03"), speed_m_s=2.0, hits=2)


@pytest.mark.parametrize(
    ("seen_s", "speed_m_s"),
    [(2.1, 4.0), (2.0, 4.0), (1.6, 30.0 / 8.4), (1.0, 30.0 / 9.0)],
)
def test_who_was_seen_for_less_than_four_fifths_of_a_crossing_is_measured_from_its_end(
    seen_s: float, speed_m_s: float
) -> None:
    # 40 m in 10 s: at 4 m/s 8 m of the 10 m are seen in 2 s.
    track = SEEN._replace(fall_s=START_S + seen_s)
    assert measured_m_s(SIGHT, track, 40.0, START_S + 10.0) == pytest.approx(speed_m_s)


@pytest.mark.parametrize(
    ("distance_m", "speed_m_s"), [(9.0, 1.8), (10.0, 2.0), (10.5, 0.125), (11.0, 0.25)]
)
def test_what_is_beyond_a_sensors_reach_is_the_way_that_it_has_not_seen(
    distance_m: float, speed_m_s: float
) -> None:
    track = SEEN._replace(fall_s=START_S + 1.0)
    assert measured_m_s(SIGHT, track, distance_m, START_S + 5.0) == speed_m_s


@pytest.mark.parametrize("distance_m", [4.0, 10.0, 40.0])
def test_who_is_still_there_when_the_next_sensor_sees_them_is_measured_from_edge_to_edge(
    distance_m: float,
) -> None:
    track = SEEN._replace(fall_s=START_S + 10.0)
    assert measured_m_s(SIGHT, track, distance_m, START_S + 10.0) == distance_m / 10.0


@pytest.mark.parametrize(
    ("stay_s", "may_be_faster"), [(5.0, False), (6.0, False), (6.25, True), (11.0, True)]
)
def test_who_is_seen_a_second_longer_than_one_alone_may_be_faster(
    stay_s: float, *, may_be_faster: bool
) -> None:
    # One of 2 m/s is seen for 5 s.
    track = doubted(SIGHT, MEASURED, stay_s)
    assert track == MEASURED._replace(may_be_faster=may_be_faster)


def test_who_is_still_seen_behind_may_be_faster_too() -> None:
    track = MEASURED._replace(seen_before=("M02", START_S))
    assert doubted(SIGHT, track, 5.0) == track._replace(may_be_faster=True)


def test_who_is_seen_for_longer_than_a_group_has_no_speed() -> None:
    assert GREATEST_TAIL_S == 6.0
    assert doubted(SIGHT, MEASURED, 11.25) == MEASURED._replace(
        speed_m_s=None, slowest_m_s=1.8, tail_s=6.0, may_be_faster=True
    )

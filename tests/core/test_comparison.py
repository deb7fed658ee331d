"""How samples are kept: by level, by week and in sums, older ones for less."""

from math import e

import pytest

from controller.core.comparison import Bin, Sums, Week

TWO_WEEKS_S = 14 * 86400.0
SEEN_S = 1000.0


def test_in_two_weeks_a_level_fades_to_one_part_in_e() -> None:
    level = Bin(0, 0.0, 100.0, 1.0, 0.0, SEEN_S)
    assert level.faded(SEEN_S) == 100.0
    assert level.faded(SEEN_S + TWO_WEEKS_S) == pytest.approx(100.0 / e)


def test_a_clock_that_goes_back_lets_nothing_fade_or_grow() -> None:
    level = Bin(0, 10.0, 100.0, 1.0, 0.0, SEEN_S)
    assert level.faded(0.0) == 100.0
    again = level.with_sample(10.0, 1.0, 0.0)
    assert (again.weight, again.seen_utc_s) == (101.0, SEEN_S)
    sums = Sums(SEEN_S, 100.0, 200.0, 300.0, 100.0).with_sample(2.0, 3.0, 0.0)
    assert sums == Sums(SEEN_S, 101.0, 202.0, 303.0, 101.0)


def test_a_sample_moves_the_means_of_its_level() -> None:
    """Three samples of 5 W on average, and one of 9 W."""
    level = Bin(7, 10.0, 3.0, 5.0, 2.0, SEEN_S).with_sample(14.0, 9.0, SEEN_S)
    variance_w2 = (3.0 * (2.0 + (5.0 - 6.0) ** 2) + (9.0 - 6.0) ** 2) / 4.0
    assert level == Bin(7, 11.0, 4.0, 6.0, variance_w2, SEEN_S)


@pytest.mark.parametrize(
    ("variance_w2", "mean_w", "reliable"),
    [
        (1.0, 50.0, True),  # of four samples the mean is known to 0.5 W: one percent
        (1.0, 49.9, False),
        (0.0064, 1.0, True),  # 0.04 W
        (0.0144, 1.0, False),  # 0.06 W
    ],
)
def test_a_mean_is_reliable_to_one_percent_or_a_twentieth_of_a_watt(
    variance_w2: float, mean_w: float, *, reliable: bool
) -> None:
    assert Bin(0, 0.0, 4.0, mean_w, variance_w2, SEEN_S).is_reliable is reliable


def test_the_ratio_of_a_week_is_what_was_measured_to_what_it_first_was() -> None:
    assert Week(0, 40, SEEN_S, 110.0, 100.0).ratio == pytest.approx(1.1)


def test_sums_begin_with_nothing() -> None:
    assert Sums().with_sample(3.0, 2.0, 0.0) == Sums(0.0, 1.0, 3.0, 2.0, 1.0)


def test_in_two_weeks_sums_fade_to_one_part_in_e() -> None:
    later_s = SEEN_S + TWO_WEEKS_S
    sums = Sums(SEEN_S, 10.0, 50.0, 40.0, 12.0).with_sample(3.0, 4.5, later_s)
    assert sums == pytest.approx(
        (later_s, 10.0 / e + 1.0, 50.0 / e + 3.0, 40.0 / e + 4.5, 12.0 / e + 1.5)
    )

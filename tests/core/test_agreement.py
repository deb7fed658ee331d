"""What is said of a meter by what was kept of its samples: figures and boundaries."""

import pytest

from controller.core.agreement import Agreement, agreements
from controller.core.comparison import Bin, Compared, Reconciliation, Sums, Week
from controller.core.fade import dali_level
from controller.core.metering import Meter
from controller.core.path import PowerTable
from tests.core.metered import BEGIN_UTC_S, DAY_S, Watched

OWN = Meter("P1", ("L00",))
GROUP = Meter("P1", ("L00", "L01"))
PLAIN = PowerTable(0.0, ((0.0, 0.0), (100.0, 10.0)))
ALIKE = Sums(BEGIN_UTC_S, 100.0, 1000.0, 1000.0, 0.0)


def said(
    meter: Meter,
    *,
    bins: tuple[Bin, ...] = (),
    weeks: tuple[Week, ...] = (),
    sums: Sums = ALIKE,
) -> Agreement:
    known = Reconciliation({"P1": Compared("", bins, weeks, sums)})
    (found,) = agreements(known, Watched([meter], PLAIN).state)
    return found


def at(level_pct: float, mean_w: float, weight: float = 100.0) -> Bin:
    """Return what a lamp's own meter measured at a level, the same in every sample."""
    return Bin(round(dali_level(level_pct)), level_pct, weight, mean_w, 0.0, BEGIN_UTC_S)


def tenths(key: int, *, weight: float = 100.0, seen_utc_s: float = BEGIN_UTC_S) -> Bin:
    """Return what a group's meter measured at so many tenths of full power."""
    return Bin(key, 10.0 * key, weight, 3.0 * key, 0.0, seen_utc_s)


def table(*bins: Bin) -> PowerTable:
    found = said(OWN, bins=bins).table
    assert found is not None
    return found


# Which meters are listed, and with what


def test_a_meter_of_which_nothing_is_kept_is_not_listed() -> None:
    state = Watched([OWN]).state
    assert agreements(Reconciliation({}), state) == ()
    assert agreements(Reconciliation({"P1": Compared("")}), state) == ()


def test_a_single_old_sample_is_enough_to_be_listed() -> None:
    assert said(OWN, sums=Sums(BEGIN_UTC_S, 0.5, 5.0, 4.0, 1.0)).samples == 0.5


def test_powers_are_means_over_the_samples() -> None:
    found = said(OWN, sums=Sums(BEGIN_UTC_S, 40.0, 400.0, 360.0, 40.0))
    assert (found.samples, found.measured_w, found.modelled_w) == (40.0, 10.0, 9.0)


@pytest.mark.parametrize(
    ("samples", "measured_w", "apart_w", "explained_pct"),
    [
        (30.0, 1000.0, 250.0, 75.0),
        (29.9, 1000.0, 250.0, None),
        (30.0, 0.5, 0.125, 75.0),
        (30.0, 0.0, 10.0, None),
        (30.0, 100.0, 150.0, 0.0),
    ],
)
def test_the_share_explained_is_that_of_the_energy(
    samples: float, measured_w: float, apart_w: float, explained_pct: float | None
) -> None:
    sums = Sums(BEGIN_UTC_S, samples, measured_w, 100.0, apart_w)
    assert said(OWN, sums=sums).explained_pct == explained_pct


# Drift


def drift_pct_week(*percents: float, samples: tuple[int, ...] = (30,) * 4) -> float | None:
    """Return the drift where a meter measures `percents` of the beginning, week by week."""
    weeks = tuple(
        Week(number, count, BEGIN_UTC_S + number * 7.0 * DAY_S, percent, 100.0)
        for number, (percent, count) in enumerate(zip(percents, samples, strict=False))
    )
    return said(OWN, weeks=weeks).drift_pct_week


def test_drift_is_the_median_of_the_slopes_between_all_pairs_of_weeks() -> None:
    assert drift_pct_week(100.0, 101.0, 104.0) == pytest.approx(2.0)  # of 1, 2 and 3
    # Of 1, 2, 3, 10 / 3, 4.5 and 6 it is between the two in the middle.
    assert drift_pct_week(100.0, 101.0, 104.0, 110.0) == pytest.approx((3.0 + 10.0 / 3.0) / 2.0)


def test_a_week_of_fewer_than_thirty_samples_says_nothing_of_drift() -> None:
    assert drift_pct_week(100.0, 101.0, 104.0, samples=(30, 29, 30)) is None
    assert drift_pct_week(100.0, 101.0, 150.0, 104.0, samples=(30, 30, 29, 30)) == pytest.approx(
        4.0 / 3.0  # of 1, 4 / 3 and 1.5
    )


# The factor of a group


@pytest.mark.parametrize(
    ("bins", "factor"),
    [
        ((tenths(3),), 1.1),
        ((tenths(2),), None),
        ((tenths(0), tenths(2), tenths(3)), 1.1),
        ((tenths(3, weight=30.0),), 1.1),
        ((tenths(3, weight=29.9),), None),
        ((tenths(3, weight=81.6, seen_utc_s=BEGIN_UTC_S - 14.0 * DAY_S),), 1.1),  # 30.02 by now
        ((tenths(3, weight=81.5, seen_utc_s=BEGIN_UTC_S - 14.0 * DAY_S),), None),  # 29.98 by now
        ((), None),
    ],
)
def test_a_group_has_a_factor_once_it_was_lit_up_to_three_tenths_often_enough(
    bins: tuple[Bin, ...], factor: float | None
) -> None:
    sums = Sums(BEGIN_UTC_S, 100.0, 1100.0, 1000.0, 100.0)
    assert said(GROUP, bins=bins, sums=sums).factor == factor


@pytest.mark.parametrize(
    ("measured_w", "modelled_w", "factor"),
    [
        (101.9, 100.0, None),
        (102.1, 100.0, 1.021),
        (98.1, 100.0, None),
        (97.9, 100.0, 0.979),
        (0.55, 0.5, 1.1),
        (0.55, 0.0, None),
    ],
)
def test_a_factor_is_worth_two_percent(
    measured_w: float, modelled_w: float, factor: float | None
) -> None:
    sums = Sums(BEGIN_UTC_S, 100.0, measured_w, modelled_w, 0.0)
    found = said(GROUP, bins=(tenths(3),), sums=sums).factor
    assert found == (None if factor is None else pytest.approx(factor))


# The table of a lamp


def test_a_table_is_made_of_what_was_measured_and_drawn_on_to_no_light() -> None:
    assert table(at(0.0, 0.7), at(10.0, 3.0), at(50.0, 9.0), at(100.0, 20.0)) == PowerTable(
        0.7, ((0.0, 1.5), (10.0, 3.0), (50.0, 9.0), (100.0, 20.0))
    )


def test_the_line_is_drawn_through_points_at_least_ten_percent_apart() -> None:
    found = table(at(10.0, 3.0), at(19.0, 4.9), at(20.0, 5.0), at(100.0, 25.0))
    assert found.points[0] == (0.0, 1.0)  # by 0.2 W for a percent, as between 10 and 20 %


def test_the_line_to_full_light_is_that_of_the_brightest_points() -> None:
    assert table(at(10.0, 3.0), at(70.0, 15.0), at(80.0, 18.0), at(90.0, 22.0)).points == (
        (0.0, 1.0),
        (10.0, 3.0),
        (70.0, 15.0),
        (80.0, 18.0),
        (90.0, 22.0),
        (100.0, 26.0),
    )


@pytest.mark.parametrize(("low_w", "no_light_w"), [(1.0, 0.0), (2.5, 0.5)])
def test_a_line_that_is_drawn_on_ends_at_nothing(low_w: float, no_light_w: float) -> None:
    full_w = low_w + 18.0  # 0.2 W for a percent
    assert table(at(10.0, low_w), at(100.0, full_w)).points[0] == (0.0, no_light_w)


@pytest.mark.parametrize(
    ("low_pct", "high_pct", "proposed"),
    [(30.0, 90.0, True), (30.1, 90.0, False), (30.0, 89.9, False)],
)
def test_a_table_wants_a_level_up_to_30_and_one_from_90_percent_on(
    low_pct: float, high_pct: float, *, proposed: bool
) -> None:
    bins = (at(low_pct, 5.0), at(60.0, 9.0), at(high_pct, 20.0))
    assert (said(OWN, bins=bins).table is not None) is proposed


def test_a_level_whose_samples_are_far_from_one_another_is_left_out() -> None:
    unsteady = at(50.0, 9.0)._replace(variance_w2=100.0)
    assert [x for x, _ in table(at(10.0, 3.0), unsteady, at(100.0, 20.0)).points] == [
        0.0,
        10.0,
        100.0,
    ]


def test_watts_are_proposed_to_a_hundredth_and_levels_to_a_thousandth() -> None:
    found = table(at(0.0, 0.4567), at(12.34567, 3.4567), at(100.0, 20.0))
    assert (found.standby_w, found.points[1]) == (0.46, (12.346, 3.46))


def test_levels_less_than_half_a_percent_apart_are_one_point() -> None:
    joined = table(at(10.0, 3.0, 30.0), at(10.4, 3.4, 90.0), at(100.0, 20.0))
    assert joined.points[1:] == ((10.3, 3.3), (100.0, 20.0))  # three quarters of the way
    apart = table(at(10.0, 3.0), at(10.5, 3.4), at(100.0, 20.0))
    assert apart.points[1:] == ((10.0, 3.0), (10.5, 3.4), (100.0, 20.0))


@pytest.mark.parametrize(
    ("measured", "watts"),
    [
        (((2.0, 1.0), (4.0, 1.0), (9.0, 1.0), (8.0, 3.0)), [2.0, 4.0, 8.25, 8.25]),
        (((4.0, 1.0), (3.0, 3.0), (9.0, 1.0), (15.0, 1.0)), [3.25, 3.25, 9.0, 15.0]),
        (((2.0, 1.0), (5.0, 1.0), (6.0, 1.0), (3.0, 2.0)), [2.0, 4.25, 4.25, 4.25]),
        (((2.0, 1.0), (4.0, 1.0), (9.0, 1.0), (15.0, 1.0)), [2.0, 4.0, 9.0, 15.0]),
    ],
)
def test_points_that_fall_get_their_common_mean_by_how_often_they_were_seen(
    measured: tuple[tuple[float, float], ...], watts: list[float]
) -> None:
    levels = (10.0, 30.0, 60.0, 100.0)
    bins = (at(x, w, 100.0 * often) for x, (w, often) in zip(levels, measured, strict=True))
    assert [w for _, w in table(*bins).points[1:]] == watts


@pytest.mark.parametrize(
    ("standby_w", "low_w", "full_w", "proposed"),
    [
        (0.05, 1.0, 10.0, False),
        (0.06, 1.0, 10.0, True),
        (0.0, 1.04, 10.0, False),
        (0.0, 1.06, 10.0, True),
        (0.0, 1.0, 10.19, False),
        (0.0, 1.0, 10.21, True),
        (0.0, 1.0, 9.81, False),
        (0.0, 1.0, 9.79, True),
    ],
)
def test_a_table_is_worth_two_percent_or_a_twentieth_of_a_watt_somewhere(
    standby_w: float, low_w: float, full_w: float, *, proposed: bool
) -> None:
    """By the path file the lamp draws nothing when off, 1 W at 10 % and 10 W at full light."""
    bins = (at(0.0, standby_w), at(10.0, low_w), at(100.0, full_w))
    assert (said(OWN, bins=bins).table is not None) is proposed

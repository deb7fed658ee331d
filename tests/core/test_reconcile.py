import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.agreement import agreements
from controller.core.comparison import (
    ENOUGH,
    FADING_S,
    Bin,
    Compared,
    Reconciliation,
    Week,
)
from controller.core.energy import power_w
from controller.core.fade import dali_level
from controller.core.metering import Meter
from controller.core.path import PowerTable
from controller.core.reconcile import sampled
from controller.core.reconcile_document import from_document, to_document
from tests.core.metered import A_DAY, BEGIN_UTC_S, NIGHT, Watched

LAMP = "L00"
LAMPS = ("L00", "L01", "L02", "L03")
OWN = Meter("P1", (LAMP,))
MODEL = PowerTable.for_rated(15.0)
TRUE = PowerTable(0.6, ((0.0, 2.05), (10.0, 3.1), (30.0, 5.2), (100.0, 13.4)))
WEEK_DAYS = 7.0


def of(power: PowerTable, levels: dict[str, float], scale: float = 1.0) -> float:
    return scale * sum(power_w(power, level) for level in levels.values())


def own_meter(power: PowerTable | None = None) -> Watched:
    return Watched([OWN], power)


def total(watched: Watched) -> float:
    compared = watched.reconciliation.meters.get("P1")
    return 0.0 if compared is None else compared.sums.weight


# When a sample counts


def test_a_reading_of_a_lamp_at_rest_counts() -> None:
    watched = own_meter()
    watched.now_s = 100.0
    watched.put({LAMP: 10.0})
    watched.read("P1", 3.1)
    watched.sample()
    (at_10,) = watched.reconciliation.meters["P1"].bins
    assert (at_10.level_pct, at_10.mean_w, at_10.weight) == (10.0, 3.1, 1.0)
    sums = watched.reconciliation.meters["P1"].sums
    assert sums.modelled_w == pytest.approx(2.58)
    assert sums.apart_w == pytest.approx(0.52)


@pytest.mark.parametrize(("still_s", "counts"), [(5.0, 1.0), (4.99, 0.0), (-1.0, 0.0)])
def test_a_lamp_must_have_stood_still_for_a_while(still_s: float, counts: float) -> None:
    watched = own_meter()
    watched.now_s = 100.0
    watched.put({LAMP: 10.0}, still_s=still_s)
    watched.read("P1", 3.1)
    watched.sample()
    assert total(watched) == counts


def test_a_fade_that_began_after_the_reading_spoils_it() -> None:
    watched = own_meter()
    watched.now_s = 100.0
    watched.put({LAMP: 10.0})
    watched.read("P1", 3.1)
    watched.now_s = 130.0
    watched.put({LAMP: 100.0})
    watched.sample()
    assert total(watched) == 0.0


@pytest.mark.parametrize(("late_s", "counts"), [(60.0, 1.0), (60.1, 0.0)])
def test_an_old_reading_does_not_count(late_s: float, counts: float) -> None:
    watched = own_meter()
    watched.now_s = 100.0
    watched.put({LAMP: 10.0})
    watched.read("P1", 3.1)
    watched.now_s += late_s
    watched.sample()
    assert total(watched) == counts


def test_a_reading_counts_once_and_a_meter_that_is_gone_not_at_all() -> None:
    watched = own_meter()
    watched.now_s = 100.0
    watched.put({LAMP: 10.0})
    watched.sample()  # never read
    watched.read("P1", 3.1)
    watched.sample()
    watched.now_s += 10.0
    watched.sample()
    watched.read("P1", None)
    watched.sample()
    assert total(watched) == 1.0


def test_without_a_trusted_clock_nothing_is_sampled_and_nothing_forgotten() -> None:
    watched = own_meter()
    watched.days(0.1, [LAMP], "P1", lambda levels, _: of(TRUE, levels))
    before = watched.reconciliation
    watched.trusted = False
    watched.now_s += 60.0
    watched.put({LAMP: 10.0})
    watched.read("P1", 3.1)
    watched.sample()
    assert watched.reconciliation == before


def test_a_meter_with_a_lamp_that_nobody_drives_is_not_compared() -> None:
    watched = Watched([Meter("P1", (LAMP, "L99"))])
    watched.days(0.1, [LAMP], "P1", lambda levels, _: of(TRUE, levels))
    assert watched.reconciliation == Reconciliation({})
    assert agreements(watched.reconciliation, watched.state) == ()


def test_a_meter_that_the_node_has_no_more_is_forgotten() -> None:
    watched = own_meter()
    watched.days(0.1, [LAMP], "P1", lambda levels, _: of(TRUE, levels))
    without = watched.state._replace(meters={})
    assert sampled(watched.reconciliation, without, watched.moment).meters == {}


# What a level is worth


def test_samples_fade_within_two_weeks() -> None:
    old = Bin(0, 0.0, 100.0, 1.0, 0.0, 0.0)
    new = old.with_sample(0.0, 2.0, FADING_S)
    assert new.weight == pytest.approx(100.0 / 2.718281828 + 1.0)
    assert new.mean_w == pytest.approx(1.0 + 1.0 / new.weight)
    assert new.with_sample(0.0, 2.0, 0.0).seen_utc_s == FADING_S  # a clock that goes back


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=40))
def test_mean_and_variance_are_those_of_the_samples(samples: list[float]) -> None:
    known = Bin(0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for watts in samples:
        known = known.with_sample(5.0, watts, 0.0)
    mean_w = sum(samples) / len(samples)
    assert known.weight == len(samples)
    assert known.mean_w == pytest.approx(mean_w)
    assert known.variance_w2 == pytest.approx(
        sum((x - mean_w) ** 2 for x in samples) / len(samples), abs=1e-6
    )


def test_many_levels_and_many_weeks_take_a_bounded_room() -> None:
    watched = own_meter()
    night = (0.0, 10.0, 100.0, *(float(x) for x in range(20, 90, 3)), 10.0, 0.0, 100.0, 0.0)
    watched.days(7.0, [LAMP], "P1", lambda levels, _: of(TRUE, levels), night)
    assert len(watched.reconciliation.meters["P1"].bins) == 12
    for _ in range(29):
        watched.days(0.5, [LAMP], "P1", lambda levels, _: of(TRUE, levels))
        watched.now_s += WEEK_DAYS * 86400.0
    weeks = watched.reconciliation.meters["P1"].weeks
    assert len(weeks) == 26
    assert {0.0, 10.0, 100.0} <= {
        round(x.level_pct, 1) for x in watched.reconciliation.meters["P1"].bins
    }


# What a group's samples are kept by


@pytest.mark.parametrize("controller", [False, True])
def test_a_group_is_kept_by_the_share_of_its_full_power(*, controller: bool) -> None:
    """One of two lamps is lit. Whether the controller is behind the meter too does not matter."""
    meter = Meter("P1", LAMPS[:2], controller)
    level = kept(midweek(meter), {"L00": 100.0, "L01": 0.0}, 20.0).bins[0]
    assert level.key == 5
    assert level.level_pct == pytest.approx(100.0 * (15.0 + 0.4) / 30.0)


def test_lamps_that_draw_very_little_are_a_group_like_others() -> None:
    small = PowerTable(0.0, ((0.0, 0.0), (100.0, 0.2)))
    meter = Meter("P1", LAMPS[:2])
    level = kept(midweek(meter, small), {"L00": 100.0, "L01": 100.0}, 0.4).bins[0]
    assert (level.key, level.level_pct) == (10, 100.0)


def test_a_controller_alone_is_kept_as_without_light() -> None:
    level = kept(midweek(Meter("P1", (), controller=True)), {}, 2.9).bins[0]
    assert (level.key, level.level_pct) == (0, 0.0)


# Weeks, and what they are compared with

AT_S = 2.5 * 86400.0  # in the middle of the first week
WEEK = 2870  # since 1970


def midweek(meter: Meter = OWN, power: PowerTable | None = None, at_s: float = AT_S) -> Watched:
    return Watched([meter], power, now_s=at_s)


def kept(
    watched: Watched,
    levels: dict[str, float],
    measured_w: float,
    bins: tuple[Bin, ...] = (),
    weeks: tuple[Week, ...] = (),
) -> Compared:
    """Return what is kept once a sample was added to `bins` and `weeks`."""
    watched.put(levels)
    watched.read("P1", measured_w)
    watched.sample()
    model = watched.reconciliation.meters["P1"].model
    watched.reconciliation = Reconciliation({"P1": Compared(model, bins, weeks)})
    watched.sample()
    return watched.reconciliation.meters["P1"]


def seen(
    level_pct: float, mean_w: float, samples: float = 100.0, reference: float | None = None
) -> Bin:
    """Return a level of the lamp that was met so often up to now."""
    key = round(dali_level(level_pct))
    return Bin(key, level_pct, samples, mean_w, 0.0, BEGIN_UTC_S + AT_S, reference)


def test_a_level_counts_for_drift_from_its_thirtieth_sample_on() -> None:
    few = kept(midweek(), {LAMP: 10.0}, 3.0, (seen(10.0, 3.0, 28.9),))
    assert (few.bins[0].reference, few.weeks) == (None, ())
    enough = kept(midweek(), {LAMP: 10.0}, 3.0, (seen(10.0, 3.0, 29.0),))
    assert enough.bins[0].reference == pytest.approx(3.0 / 2.58)
    (week,) = enough.weeks
    assert week == pytest.approx((WEEK, 1, BEGIN_UTC_S + AT_S, 3.0, 3.0), rel=1e-12)


@pytest.mark.parametrize(("samples", "drifted"), [(30, 1.2), (29, 1.0)])
def test_a_level_met_later_is_linked_by_the_last_week_if_that_has_thirty_samples(
    samples: int, drifted: float
) -> None:
    weeks = tuple(
        Week(WEEK - 2 + i, count, BEGIN_UTC_S, measured_w, 100.0)
        for i, (count, measured_w) in enumerate([(50, 100.0), (50, 110.0), (samples, 120.0)])
    )
    found = kept(midweek(), {LAMP: 10.0}, 3.0, (seen(10.0, 3.0),), weeks)
    assert found.bins[0].reference == pytest.approx(3.0 / 2.58 / drifted)


@pytest.mark.parametrize(
    ("measured_w", "standby_w", "reference"),
    [(0.45, 0.4, 1.125), (0.0, 0.4, None), (0.45, 0.0, None)],
)
def test_where_nothing_is_drawn_or_expected_nothing_can_drift(
    measured_w: float, standby_w: float, reference: float | None
) -> None:
    power = PowerTable(standby_w, MODEL.points)
    found = kept(midweek(OWN, power), {LAMP: 0.0}, measured_w, (seen(0.0, measured_w),))
    assert found.bins[0].reference == (None if reference is None else pytest.approx(reference))
    assert len(found.weeks) == (0 if reference is None else 1)


def test_a_group_that_is_off_and_should_draw_nothing_does_not_count_in_its_week() -> None:
    """It is kept with what was hardly lit, and so has something to compare with."""
    power = PowerTable(0.0, ((0.0, 0.0), (100.0, 10.0)))
    meter = Meter("P1", LAMPS[:2])
    bins = (seen(0.0, 0.3, reference=1.1),)
    found = kept(midweek(meter, power), {"L00": 0.0, "L01": 0.0}, 0.1, bins)
    assert found.weeks == ()


@pytest.mark.parametrize("at_s", [AT_S, WEEK_DAYS * 86400.0 - 1.0])
def test_a_sample_counts_in_its_week(at_s: float) -> None:
    utc_s = BEGIN_UTC_S + at_s
    weeks = (Week(WEEK - 1, 50, 0.0, 1.0, 1.0), Week(WEEK, 3, utc_s - 400.0, 9.0, 10.0))
    bins = (seen(10.0, 3.0, reference=1.5),)
    found = kept(midweek(at_s=at_s), {LAMP: 10.0}, 3.0, bins, weeks).weeks
    assert found[0] == weeks[0]
    assert found[1] == pytest.approx((WEEK, 4, utc_s - 300.0, 12.0, 10.0 + 1.5 * 2.58), rel=1e-12)
    assert len(found) == 2


def test_a_week_begins_with_a_multiple_of_seven_days() -> None:
    at_s, bins = WEEK_DAYS * 86400.0, (seen(10.0, 3.0, reference=1.0),)
    weeks = (Week(WEEK, 3, BEGIN_UTC_S, 9.0, 10.0),)
    found = kept(midweek(at_s=at_s), {LAMP: 10.0}, 3.0, bins, weeks).weeks
    (first, second) = found
    assert first == weeks[0]
    assert second == pytest.approx((WEEK + 1, 1, BEGIN_UTC_S + at_s, 3.0, 2.58), rel=1e-12)


def test_a_sample_of_a_clock_that_went_back_counts_in_the_last_week() -> None:
    numbers = (WEEK - 2, WEEK - 1, WEEK + 1)
    weeks = tuple(Week(x, 50, BEGIN_UTC_S, 100.0, 100.0) for x in numbers)
    bins = (seen(10.0, 3.0, reference=1.0),)
    found = kept(midweek(), {LAMP: 10.0}, 3.0, bins, weeks).weeks
    assert [(x.number, x.samples) for x in found] == [
        (numbers[0], 50),
        (numbers[1], 50),
        (numbers[2], 51),
    ]


# What comes of it: one lamp


def test_a_model_that_is_right_is_explained_and_left_alone() -> None:
    watched = own_meter()
    watched.days(3.0, [LAMP], "P1", lambda levels, _: of(MODEL, levels))
    found = watched.agreement("P1")
    assert found.explained_pct == pytest.approx(100.0)
    assert (found.table, found.factor) == (None, None)
    assert found.measured_w == pytest.approx(found.modelled_w)


def test_the_share_explained_is_that_of_the_energy() -> None:
    watched = own_meter()
    watched.days(2.0, [LAMP], "P1", lambda levels, _: of(MODEL, levels, 1.25))
    assert watched.agreement("P1").explained_pct == pytest.approx(80.0)
    blind = own_meter()
    blind.days(2.0, [LAMP], "P1", lambda levels, _: of(MODEL, levels, 0.3))
    assert blind.agreement("P1").explained_pct == 0.0  # not less than nothing


def test_a_meter_that_shows_nothing_explains_nothing() -> None:
    watched = own_meter()
    watched.days(2.0, [LAMP], "P1", lambda _, __: 0.0)
    found = watched.agreement("P1")
    assert (found.explained_pct, found.drift_pct_week) == (None, None)


def test_the_proposed_table_is_within_two_percent_of_the_truth_in_spite_of_noise() -> None:
    noise = random.Random(1)  # noqa: S311  readings of a lamp on pulse width modulation
    watched = own_meter()
    watched.days(
        14.0,
        [LAMP],
        "P1",
        lambda levels, _: of(TRUE, levels, noise.gauss(1.0, 0.03)),
    )
    table = watched.agreement("P1").table
    assert table is not None
    assert [level for level, _ in table.points] == [0.0, 10.0, 30.0, 100.0]
    for level in (0.0, 10.0, 20.0, 30.0, 60.0, 100.0):
        assert power_w(table, level) == pytest.approx(power_w(TRUE, level), rel=0.02)
    assert table.points[0][1] == pytest.approx(TRUE.points[0][1], abs=0.15)


def test_a_table_that_was_taken_over_explains_the_lamp() -> None:
    watched = own_meter()
    watched.days(3.0, [LAMP], "P1", lambda levels, _: of(TRUE, levels))
    table = watched.agreement("P1").table
    after = own_meter(table)
    after.reconciliation = watched.reconciliation
    after.now_s = watched.now_s
    after.days(3.0, [LAMP], "P1", lambda levels, _: of(TRUE, levels))
    found = after.agreement("P1")
    assert found.samples < 3.0 * A_DAY + 1  # it began anew
    assert found.explained_pct == pytest.approx(100.0, abs=0.5)
    assert found.table is None


@pytest.mark.parametrize(
    "night",
    [
        (100.0,),  # no low level
        (0.0, 10.0, 30.0),  # never near full
        (0.0, 31.0, 100.0),
        (0.0, 10.0, 89.0),
        (0.0,),
    ],
)
def test_without_low_and_near_full_levels_no_table_is_proposed(night: tuple[float, ...]) -> None:
    watched = own_meter()
    watched.days(5.0, [LAMP], "P1", lambda levels, _: of(TRUE, levels), night)
    assert watched.agreement("P1").table is None


def test_a_level_met_too_seldom_is_left_out() -> None:
    watched = own_meter()
    watched.days(3.0, [LAMP], "P1", lambda levels, _: of(TRUE, levels), (10.0, 100.0))
    watched.days(
        2 * (ENOUGH - 1) / A_DAY, [LAMP], "P1", lambda levels, _: of(TRUE, levels, 2.0), (0.0, 50.0)
    )
    table = watched.agreement("P1").table
    assert table is not None
    assert [level for level, _ in table.points] == [0.0, 10.0, 100.0]
    assert table.standby_w == MODEL.standby_w  # not measured


def test_a_table_is_drawn_on_to_both_ends() -> None:
    watched = own_meter()
    straight = PowerTable(0.4, ((0.0, 2.0), (100.0, 22.0)))
    watched.days(3.0, [LAMP], "P1", lambda levels, _: of(straight, levels), (0.0, 20.0, 50.0, 95.0))
    table = watched.agreement("P1").table
    assert table == PowerTable(
        0.4, ((0.0, 2.0), (20.0, 6.0), (50.0, 12.0), (95.0, 21.0), (100.0, 22.0))
    )


def test_a_table_never_falls() -> None:
    """What is measured less at more light, by a hair, is the same power."""
    watched = own_meter()
    odd = {0.0: 0.4, 10.0: 4.0, 20.0: 3.8, 21.0: 3.9, 100.0: 15.0}
    watched.days(6.0, [LAMP], "P1", lambda levels, _: odd[levels[LAMP]], tuple(odd))
    table = watched.agreement("P1").table
    assert table is not None
    powers = [watts for _, watts in table.points]
    assert powers == sorted(powers)
    assert power_w(table, 10.0) == pytest.approx(3.9, abs=0.01)
    assert table.points[0][1] == pytest.approx(3.9, abs=0.01)  # not drawn on upwards


def test_levels_that_are_almost_the_same_are_one_point() -> None:
    watched = own_meter()
    night = (0.0, 10.0, 10.3, 100.0)
    watched.days(6.0, [LAMP], "P1", lambda levels, _: of(TRUE, levels), night)
    table = watched.agreement("P1").table
    assert table is not None
    assert [level for level, _ in table.points] == [0.0, pytest.approx(10.15, abs=0.01), 100.0]


@settings(max_examples=25)
@given(
    st.lists(st.floats(0.2, 40.0), min_size=5, max_size=5),
    st.lists(st.sampled_from([0.0, 0.3, 5.0, 12.0, 40.0, 92.0, 100.0]), min_size=2, max_size=6),
)
def test_whatever_is_proposed_fits_a_path_file(watts: list[float], night: list[float]) -> None:
    watched = own_meter()
    shown = {level: watts[i % 5] for i, level in enumerate(sorted(set(night)))}
    watched.days(2.0, [LAMP], "P1", lambda levels, _: shown[levels[LAMP]], tuple(night))
    table = watched.agreement("P1").table
    if table is None:
        return
    levels, powers = zip(*table.points, strict=True)
    assert (levels[0], levels[-1]) == (0.0, 100.0)
    assert all(a < b for a, b in pairwise(levels))
    assert list(powers) == sorted(powers)
    assert min(powers) >= 0.0


# Drift


def drifting(seconds: float, percent: float = 1.0) -> float:
    return 1.0 + percent / 100.0 * seconds / (WEEK_DAYS * 86400.0)


def test_a_drift_of_one_percent_a_week_is_found_within_four_weeks() -> None:
    noise = random.Random(2)  # noqa: S311
    watched = own_meter()

    def reading_w(levels: dict[str, float], at_s: float) -> float:
        return of(TRUE, levels, drifting(at_s) * noise.gauss(1.0, 0.03))

    watched.days(28.0, [LAMP], "P1", reading_w)
    assert watched.agreement("P1").drift_pct_week == pytest.approx(1.0, abs=0.2)


def test_three_weeks_are_the_least() -> None:
    watched = own_meter()
    for _ in range(2):
        watched.days(WEEK_DAYS, [LAMP], "P1", lambda levels, s: of(TRUE, levels, drifting(s)))
        assert watched.agreement("P1").drift_pct_week is None
    watched.days(WEEK_DAYS, [LAMP], "P1", lambda levels, s: of(TRUE, levels, drifting(s)))
    assert watched.agreement("P1").drift_pct_week == pytest.approx(1.0, abs=0.05)


def test_longer_nights_and_a_wrong_model_are_no_drift() -> None:
    """The model is too low at base and too high at full; what is used of each shifts."""
    watched = own_meter()
    for full in (1, 2, 4, 6):
        night = (0.0,) * (9 - full) + (10.0,) * (9 - full) + (100.0,) * full
        watched.days(WEEK_DAYS, [LAMP], "P1", lambda levels, _: of(TRUE, levels), night)
    assert watched.agreement("P1").drift_pct_week == pytest.approx(0.0, abs=1e-9)


def test_a_level_that_is_met_later_is_linked_to_the_beginning() -> None:
    watched = own_meter()
    for week in range(6):
        night = (0.0, 10.0) if week < 3 else (0.0, 10.0, 100.0, 100.0)
        watched.days(
            WEEK_DAYS, [LAMP], "P1", lambda levels, s: of(TRUE, levels, drifting(s)), night
        )
    assert watched.agreement("P1").drift_pct_week == pytest.approx(1.0, abs=0.1)


def test_one_odd_week_is_no_drift() -> None:
    watched = own_meter()
    for week in range(6):
        scale = 1.3 if week == 3 else 1.0
        watched.days(
            WEEK_DAYS, [LAMP], "P1", lambda levels, _, scale=scale: of(TRUE, levels, scale)
        )
    assert watched.agreement("P1").drift_pct_week == pytest.approx(0.0, abs=0.01)


def test_a_meter_that_vanishes_for_a_month_is_no_drift() -> None:
    watched = own_meter()
    for _ in range(3):
        watched.days(WEEK_DAYS, [LAMP], "P1", lambda levels, _: of(TRUE, levels))
        watched.days(2 * WEEK_DAYS, [LAMP], "P1", lambda _, __: None)
    found = watched.agreement("P1")
    assert found.drift_pct_week == pytest.approx(0.0, abs=1e-9)
    assert found.table is not None


# Groups and whole nodes


def test_a_group_has_a_factor() -> None:
    watched = Watched([Meter("P1", LAMPS)])
    watched.days(3.0, LAMPS, "P1", lambda levels, _: of(MODEL, levels, 1.1))
    found = watched.agreement("P1")
    assert found.table is None
    assert found.factor == pytest.approx(1.1)
    assert found.explained_pct == pytest.approx(100.0 / 1.1)


def test_the_whole_node_has_one_with_the_controller() -> None:
    watched = Watched([Meter("P1", LAMPS, controller=True)])
    watched.days(3.0, LAMPS, "P1", lambda levels, _: 0.9 * (of(MODEL, levels) + 3.0))
    assert watched.agreement("P1").factor == pytest.approx(0.9)
    right = Watched([Meter("P1", LAMPS, controller=True)])
    right.days(3.0, LAMPS, "P1", lambda levels, _: of(MODEL, levels) + 3.0)
    assert right.agreement("P1").factor is None


def test_a_group_that_was_never_lit_has_none() -> None:
    watched = Watched([Meter("P1", LAMPS)])
    watched.days(3.0, LAMPS, "P1", lambda levels, _: of(MODEL, levels, 1.5), (0.0, 10.0))
    assert watched.agreement("P1").factor is None


def test_the_controller_alone_is_compared_too() -> None:
    watched = Watched([Meter("P1", (), controller=True)])
    watched.days(3.0, (), "P1", lambda _, __: 2.0)
    found = watched.agreement("P1")
    assert found.explained_pct == pytest.approx(50.0)
    assert found.factor is None


def test_a_groups_drift_is_found_although_its_lamps_go_their_own_ways() -> None:
    chance = random.Random(3)  # noqa: S311
    night = tuple(chance.choice(NIGHT) for _ in range(97))
    watched = Watched([Meter("P1", LAMPS)])
    watched.days(28.0, LAMPS, "P1", lambda levels, s: of(TRUE, levels, drifting(s)), night)
    assert watched.agreement("P1").drift_pct_week == pytest.approx(1.0, abs=0.2)


def test_lamps_that_draw_nothing_by_the_model_have_no_factor() -> None:
    nothing = PowerTable(0.0, ((0.0, 0.0), (100.0, 0.0)))
    watched = Watched([Meter("P1", LAMPS)], nothing)
    watched.days(3.0, LAMPS, "P1", lambda levels, _: of(MODEL, levels))
    found = watched.agreement("P1")
    assert (found.factor, found.explained_pct, found.drift_pct_week) == (None, 0.0, None)


# The document


def test_it_goes_on_after_a_restart() -> None:
    through, restarted = own_meter(), own_meter()
    for _ in range(4):
        for watched in (through, restarted):
            watched.days(WEEK_DAYS, [LAMP], "P1", lambda levels, s: of(TRUE, levels, drifting(s)))
        restarted.restart()
    assert restarted.agreement("P1") == through.agreement("P1")
    assert to_document(restarted.reconciliation) == to_document(through.reconciliation)


def test_an_unknown_document_is_refused() -> None:
    watched = own_meter()
    watched.days(3.0, [LAMP], "P1", lambda levels, _: of(TRUE, levels))
    sound = to_document(watched.reconciliation)
    assert from_document(sound).meters["P1"].bins
    numbers = [0, 0.0, 1.0, 1.0, 0.0, 0.0]
    for broken in (
        {},
        {"version": 2, "meters": {}},
        {"version": 1, "meters": []},
        {"version": 1, "meters": {"P1": []}},
        *(
            {
                "version": 1,
                "meters": {"P1": {"model": "", "bins": [], "weeks": [], "sums": [0.0] * 5} | part},
            }
            for part in (
                {"model": 1},
                {"sums": [0.0] * 4},
                {"sums": [0.0, 0.0, True, 0.0, 0.0]},
                {"sums": [0.0, 0.0, "1", 0.0, 0.0]},
                {"sums": [float("nan")] * 5},
                {"sums": [0.0, 1e15 + 1.0, 0.0, 0.0, 0.0]},
                {"sums": [0.0, 0.0, -1e15 - 1.0, 0.0, 0.0]},
                {"bins": [None]},
                {"bins": [1]},
                {"bins": [[]]},
                {"bins": [[*numbers, "1"]]},
                {"bins": [[0, 0.0, 0.0, 1.0, 0.0, 0.0, None]]},
                {"bins": [[0, 0.0, 1.0, 1.0, -1.0, 0.0, None]]},
                {"weeks": [None]},
                {"weeks": [[1, 1, 1.0, 1.0, 0.0]]},
            )
        ),
    ):
        with pytest.raises(ValueError, match="comparison"):
            from_document(broken)


def test_the_least_and_greatest_that_can_be_kept_is_read() -> None:
    level = [0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.5]
    week = [2870, 1, 0.0, 0.0, 0.5]
    sums = [-1e15, 0.5, 1e15, 0.0, 0.0]
    meter = {"model": "", "bins": [level], "weeks": [week], "sums": sums}
    document = {"version": 1, "meters": {"P1": meter}}
    assert to_document(from_document(document)) == document

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.path import ConstantLight, Lamp, Node, PowerTable

KELVIN = st.none() | st.floats(1500.0, 6500.0)


def lamp(cct_k: tuple[float, float] | None) -> Lamp:
    return Lamp("L1", "s", 0.0, "n", 15.0, PowerTable.for_rated(15.0), cct_k)


@given(KELVIN)
def test_a_lamp_of_one_colour_never_gets_one(wanted_k: float | None) -> None:
    assert lamp(None).tuned_k(wanted_k) is None


def test_a_lamp_that_can_be_tuned_has_the_nearest_colour_and_is_warm_by_itself() -> None:
    tunable = lamp((2200.0, 4000.0))
    wanted_k = (None, 1800.0, 2200.0, 3000.0, 4000.0, 6500.0)
    assert [tunable.tuned_k(x) for x in wanted_k] == [2200, 2200, 2200, 3000, 4000, 4000]


CURVE = ConstantLight(((0.0, 82.0), (40_000.0, 90.0), (100_000.0, 100.0)))


def test_the_reserve_is_spent_along_the_curve_and_no_further() -> None:
    hours = (0.0, 20_000.0, 40_000.0, 70_000.0, 100_000.0, 900_000.0)
    assert [CURVE.output_pct(x) for x in hours] == [82.0, 86.0, 90.0, 95.0, 100.0, 100.0]


def test_hours_that_the_ledger_does_not_know_count_and_a_new_lamp_begins_anew() -> None:
    older, newer = replace(CURVE, burned_h=20_000.0), replace(CURVE, burned_h=-20_000.0)
    assert (older.output_pct(20_000.0), newer.output_pct(60_000.0)) == (90.0, 90.0)
    assert newer.output_pct(5_000.0) == 82.0


@given(st.floats(0.0, 1e6), st.floats(0.0, 1e6))
def test_a_lamp_never_needs_less_of_its_output_than_before(one_h: float, other_h: float) -> None:
    low, high = sorted((one_h, other_h))
    assert 82.0 <= CURVE.output_pct(low) <= CURVE.output_pct(high) <= 100.0


def test_a_level_is_a_share_of_the_light_that_is_held() -> None:
    aged = replace(lamp(None), clo=CURVE, output_pct=80.0)
    assert [aged.output_at(x) for x in (0.0, 10.0, 100.0)] == [0.0, 8.0, 80.0]
    assert lamp(None).output_at(37.0) == 37.0


def test_the_curve_begins_with_the_first_hour() -> None:
    curve = ConstantLight(((0.0, 50.0), (1.0, 100.0)))
    assert [curve.output_pct(x) for x in (-5.0, 0.0, 0.5, 1.0)] == [50.0, 50.0, 75.0, 100.0]


def test_the_output_is_told_to_a_tenth_of_a_percent() -> None:
    # 0.2 % in a thousand hours.
    assert [CURVE.output_pct(x) for x in (100.0, 300.0, 10_300.0)] == [82.0, 82.1, 84.1]


@pytest.mark.parametrize("rated_w", [7.5, 15.0, 60.0])
def test_without_a_measured_table_a_lamp_draws_what_one_of_its_size_does(rated_w: float) -> None:
    # 1.2 W and 13.8 W more at full light, and 0.4 W when off, for one of 15 W.
    table, size = PowerTable.for_rated(rated_w), rated_w / 15.0
    assert table.standby_w == pytest.approx(0.4 * size)
    (dark_pct, dark_w), (full_pct, full_w) = table.points
    assert (dark_pct, full_pct) == (0.0, 100.0)
    assert (dark_w, full_w) == pytest.approx((1.2 * size, rated_w))


def test_a_controller_draws_three_watts_unless_it_is_told() -> None:
    assert Node("n").controller_w == 3.0

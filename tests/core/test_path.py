from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from controller.core.path import ConstantLight, Lamp, PowerTable

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

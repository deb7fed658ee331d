"""The dimming curve of IEC 62386-102 and courses of level on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.fade import (
    FULL_PCT,
    LEAST_LIT_PCT,
    Fade,
    dali_level,
    flux_pct,
    holding,
)

LIT_PCT = st.floats(LEAST_LIT_PCT, FULL_PCT)
ANY_PCT = st.just(0.0) | LIT_PCT
BEGIN_S = st.floats(0.0, 1e6)
FADE_S = st.floats(0.01, 60.0)
SHARE = st.floats(0.001, 0.999)


@pytest.mark.parametrize(("percent", "level"), [(10, 170), (20, 195), (50, 229), (100, 254)])
def test_the_curve_has_the_figures_of_the_standard(percent: int, level: int) -> None:
    assert round(dali_level(percent)) == level


def test_the_curve_ends_at_full_and_at_a_tenth_of_a_percent() -> None:
    assert flux_pct(254.0) == FULL_PCT
    assert dali_level(FULL_PCT) == pytest.approx(254.0, abs=1e-9)
    assert flux_pct(1.0) == pytest.approx(LEAST_LIT_PCT)
    assert dali_level(LEAST_LIT_PCT) == pytest.approx(1.0)


def test_off_is_off_on_both_scales() -> None:
    assert dali_level(0.0) == 0.0
    assert flux_pct(0.0) == 0.0


def test_less_than_the_least_light_is_the_least_light() -> None:
    assert dali_level(LEAST_LIT_PCT / 2) == dali_level(LEAST_LIT_PCT)


def test_rounding_above_the_top_level_never_exceeds_full() -> None:
    assert flux_pct(254.000001) == FULL_PCT


@given(percent=LIT_PCT)
def test_flux_comes_back_from_the_dali_level(percent: float) -> None:
    assert flux_pct(dali_level(percent)) == pytest.approx(percent, rel=1e-9)


@given(level=st.floats(1.0, 254.0))
def test_the_dali_level_comes_back_from_flux(level: float) -> None:
    assert dali_level(flux_pct(level)) == pytest.approx(level, abs=1e-9)


@given(start=LIT_PCT, end=LIT_PCT, begin_s=BEGIN_S, fade_s=FADE_S, share=SHARE)
def test_a_fade_is_linear_in_dali_level(
    start: float, end: float, begin_s: float, fade_s: float, share: float
) -> None:
    fade = Fade(start, end, begin_s, fade_s)
    at_s = begin_s + share * fade_s
    really = (at_s - begin_s) / fade_s
    expected = dali_level(start) + (dali_level(end) - dali_level(start)) * really
    if at_s < fade.end_s:
        assert dali_level(fade.level_pct_at(at_s)) == pytest.approx(expected, abs=1e-6)


def test_a_fade_holds_its_start_before_and_its_target_after() -> None:
    fade = Fade(10.0, 100.0, 5.0, 2.0)
    assert fade.end_s == 7.0
    assert [fade.level_pct_at(s) for s in (0.0, 5.0, 7.0, 99.0)] == [10.0, 10.0, 100.0, 100.0]


def test_halfway_between_10_and_100_percent_is_their_geometric_mean() -> None:
    assert Fade(10.0, 100.0, 0.0, 2.0).level_pct_at(1.0) == pytest.approx((10.0 * 100.0) ** 0.5)


def test_a_fade_from_off_starts_at_the_least_light() -> None:
    fade = Fade(0.0, 100.0, 0.0, 2.0)
    assert fade.level_pct_at(0.0) == 0.0
    assert fade.level_pct_at(1e-9) == pytest.approx(LEAST_LIT_PCT)
    assert fade.level_pct_at(1.0) == pytest.approx(flux_pct((1 + 254) / 2))


def test_a_fade_to_off_ends_with_a_step_from_the_least_light() -> None:
    fade = Fade(100.0, 0.0, 0.0, 2.0)
    assert fade.level_pct_at(2.0 - 1e-9) == pytest.approx(LEAST_LIT_PCT, rel=1e-6)
    assert fade.level_pct_at(2.0) == 0.0


def test_a_fade_without_duration_is_a_step() -> None:
    fade = Fade(10.0, 100.0, 5.0, 0.0)
    assert fade.level_pct_at(4.9) == 10.0
    assert fade.level_pct_at(5.0) == 100.0


def test_a_held_level_stays() -> None:
    course = holding(42.0, 3.0)
    assert {course.level_pct_at(s) for s in (0.0, 3.0, 1e9)} == {42.0}
    assert course.end_s == 3.0  # it is there at once


@given(ends=st.tuples(ANY_PCT, ANY_PCT), then=ANY_PCT, begin_s=BEGIN_S, fade_s=FADE_S, share=SHARE)
def test_redirecting_in_mid_fade_keeps_the_level_continuous(
    ends: tuple[float, float], then: float, begin_s: float, fade_s: float, share: float
) -> None:
    fade = Fade(*ends, begin_s, fade_s)
    turn_s = begin_s + share * fade_s
    onward = fade.redirected(then, turn_s, fade_s)
    assert onward.level_pct_at(turn_s) == fade.level_pct_at(turn_s)
    assert onward.level_pct_at(turn_s + 2 * fade_s) == then


@given(start=ANY_PCT, end=ANY_PCT, begin_s=BEGIN_S, fade_s=FADE_S, share=SHARE)
def test_a_fade_stays_between_its_ends(
    start: float, end: float, begin_s: float, fade_s: float, share: float
) -> None:
    level = Fade(start, end, begin_s, fade_s).level_pct_at(begin_s + share * fade_s)
    low, high = sorted((start, end))
    assert low * (1 - 1e-9) <= level <= max(high, LEAST_LIT_PCT) * (1 + 1e-9)

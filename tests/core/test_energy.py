"""Energy in closed form, against numerical integration and against sums done by hand."""

import math
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.core.energy import (
    BRIGHT_PCT,
    Account,
    Conventional,
    Hours,
    fade_energy_wh,
    full_load_s,
    power_at_output,
    power_w,
)
from controller.core.fade import FULL_PCT, LEAST_LIT_PCT, Fade, dali_level, holding
from controller.core.path import Lamp, PowerTable
from controller.core.profile import Baseline
from tests.core.build import watt_hours

DEFAULT = PowerTable.for_rated(15.0)
BENT = PowerTable(0.4, ((0.0, 1.0), (50.0, 2.0), (100.0, 20.0)))
LAMP = Lamp("L", "s", 0.0, "n", 15.0, DEFAULT)
SLICES = 200
LIT = Conventional(lit=True, late=False, baseline=Baseline())
UNLIT = Conventional(lit=False, late=False, baseline=Baseline())
LATE = Conventional(lit=True, late=True, baseline=Baseline())

# To a hundredth of a percent: levels that are all but equal have a test of their own.
ANY_PCT = st.just(0.0) | st.integers(10, 10_000).map(lambda x: x / 100.0)
BEGIN_S = st.floats(0.0, 1e6)
FADE_S = st.floats(0.1, 60.0)
SHARE = st.integers(0, 150).map(lambda x: x / 100.0)
FADES = st.builds(Fade, ANY_PCT, ANY_PCT, BEGIN_S, FADE_S)


@st.composite
def power_tables(draw: st.DrawFn) -> PowerTable:
    between = draw(st.lists(st.integers(1, 99), unique=True, min_size=1, max_size=4))
    fluxes = [0, *sorted(between), 100]
    watts = draw(st.lists(st.floats(0.5, 200.0), min_size=len(fluxes), max_size=len(fluxes)))
    return PowerTable(0.4, tuple(zip(map(float, fluxes), watts, strict=True)))


def integral(f: Callable[[float], float], start: float, end: float) -> float:
    """Two-point Gauss over many slices: never looks at the ends, where a course may step."""
    width = (end - start) / SLICES
    middles = (start + (i + 0.5) * width for i in range(SLICES))
    offset = width / 12**0.5
    return sum(f(m - offset) + f(m + offset) for m in middles) * width / 2.0


def corners_s(power: PowerTable, fade: Fade) -> list[float]:
    """When the course passes a point of the power table, and where it begins and ends."""
    first, last = (max(1.0, dali_level(x)) for x in (fade.from_pct, fade.to_pct))
    passed = [dali_level(x) for x, _ in power.points if min(first, last) < dali_level(x)]
    shares = [(n - first) / (last - first) for n in passed if n < max(first, last)]
    return [fade.begin_s, fade.end_s, *(fade.begin_s + x * fade.fade_s for x in shares)]


def sampled_wh(power: PowerTable, fade: Fade, start_s: float, end_s: float) -> float:
    inside = sorted(t for t in corners_s(power, fade) if start_s < t < end_s)
    pieces = pairwise((start_s, *inside, end_s))

    def watts(at_s: float) -> float:
        return power_w(power, fade.level_pct_at(at_s))

    return watt_hours(1.0, sum(integral(watts, a, b) for a, b in pieces if a < b))


@given(power=power_tables(), fade=FADES, shares=st.tuples(SHARE, SHARE))
@example(BENT, Fade(10.0, 100.0, 0.0, 3.0), (0.0, 1.0))
@example(BENT, Fade(100.0, 0.0, 0.0, 3.0), (0.1, 1.2))
@example(BENT, Fade(0.0, 100.0, 5.0, 3.0), (0.0, 1.2))
@example(BENT, Fade(10.0, 80.0, 5.0, 0.0), (0.0, 0.0))
@example(DEFAULT, Fade(20.0, 0.0, 0.0, 3.0), (0.0, 1.5))
@example(DEFAULT, Fade(10.0, 0.0, 1000.1, 0.7), (0.0, 1.0))
@example(DEFAULT, Fade(0.0, LEAST_LIT_PCT, 0.0, 1.0), (0.0, 1.5))
def test_the_closed_form_is_what_fine_sampling_gives(
    power: PowerTable, fade: Fade, shares: tuple[float, float]
) -> None:
    from_s, to_s = (fade.begin_s + x * fade.fade_s for x in sorted(shares))
    expected = sampled_wh(power, fade, from_s, to_s)
    assert fade_energy_wh(power, fade, from_s, to_s) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(power=power_tables(), fade=FADES, shares=st.lists(SHARE, min_size=3, max_size=6))
def test_sub_stretches_add_up_to_the_whole(
    power: PowerTable, fade: Fade, shares: list[float]
) -> None:
    cuts = sorted(fade.begin_s + x * fade.fade_s for x in shares)
    whole = fade_energy_wh(power, fade, cuts[0], cuts[-1])
    parts = sum(fade_energy_wh(power, fade, a, b) for a, b in pairwise(cuts))
    assert parts == pytest.approx(whole, rel=1e-9, abs=1e-12)


@given(begin_s=BEGIN_S, fade_s=st.floats(0.1, 60.0), start=st.floats(LEAST_LIT_PCT, FULL_PCT))
@example(begin_s=0.0, fade_s=3.0, start=20.0)
def test_every_fade_to_off_can_be_booked(begin_s: float, fade_s: float, start: float) -> None:
    least_w, most_w = power_w(DEFAULT, LEAST_LIT_PCT), power_w(DEFAULT, start)
    energy = fade_energy_wh(DEFAULT, Fade(start, 0.0, begin_s, fade_s), begin_s, begin_s + fade_s)
    low, high = (watt_hours(w, fade_s) for w in (least_w, most_w))
    assert low * (1 - 1e-6) <= energy <= high * (1 + 1e-6)


@given(level=st.floats(1.0, 99.0), apart=st.floats(1e-16, 1e-9), fade_s=st.floats(0.1, 60.0))
@example(level=99.0, apart=1.1e-16, fade_s=1.0)
def test_a_fade_between_levels_all_but_equal_costs_what_either_costs(
    level: float, apart: float, fade_s: float
) -> None:
    energy = fade_energy_wh(DEFAULT, Fade(level, level * (1.0 + apart), 0.0, fade_s), 0.0, fade_s)
    assert energy == pytest.approx(watt_hours(power_w(DEFAULT, level), fade_s), rel=1e-6)


@pytest.mark.parametrize(
    ("from_pct", "to_pct", "watts"),
    [
        (50.0, 50.0, 8.1),
        (0.0, LEAST_LIT_PCT, 1.2138),  # off is the least light, as long as the fade lasts
        (LEAST_LIT_PCT, 0.0, 1.2138),
    ],
)
def test_a_part_of_a_fade_without_a_ramp_costs_a_steady_power(
    from_pct: float, to_pct: float, watts: float
) -> None:
    energy = fade_energy_wh(DEFAULT, Fade(from_pct, to_pct, 100.0, 10.0), 102.0, 106.0)
    assert energy == pytest.approx(watt_hours(watts, 4.0))


def test_a_small_fade_costs_its_logarithmic_mean_too() -> None:
    energy = fade_energy_wh(DEFAULT, Fade(50.0, 51.0, 0.0, 3600.0), 0.0, 3600.0)
    assert energy == pytest.approx(1.2 + 13.8 * 0.01 / math.log(51.0 / 50.0), rel=1e-8)


def test_a_full_to_tenth_fade_costs_its_logarithmic_mean() -> None:
    # Flux falls exponentially over one decade: its mean is (100 - 10) / ln 10 = 39.0865 %.
    energy = fade_energy_wh(DEFAULT, Fade(100.0, 10.0, 0.0, 3600.0), 0.0, 3600.0)
    assert energy == pytest.approx(1.2 + 13.8 * 0.390865034, rel=1e-8)


@pytest.mark.parametrize(
    ("level", "watts"), [(0.0, 0.4), (0.1, 1.2138), (10.0, 2.58), (50.0, 8.1), (100.0, 15.0)]
)
def test_the_default_table(level: float, watts: float) -> None:
    assert power_w(DEFAULT, level) == pytest.approx(watts)


def test_the_default_table_scales_with_the_rated_power() -> None:
    double = PowerTable.for_rated(30.0)
    for level in (0.0, 10.0, 100.0):
        assert power_w(double, level) == pytest.approx(2.0 * power_w(DEFAULT, level))


def test_between_points_a_table_is_linear_and_beyond_them_it_is_flat() -> None:
    table = PowerTable(0.3, ((0.0, 2.0), (20.0, 3.0), (100.0, 23.0)))
    levels = (0.0, 10.0, 20.0, 60.0, 100.0, 100.1)
    assert [power_w(table, x) for x in levels] == [0.3, 2.5, 3.0, 13.0, 23.0, 23.0]


def test_a_table_by_output_ends_with_what_that_output_draws() -> None:
    table = PowerTable(0.3, ((0.0, 2.0), (50.0, 7.0), (100.0, 15.0)))
    assert power_at_output(table, 80.0).points == ((0.0, 2.0), (62.5, 7.0), (100.0, 11.8))
    assert power_at_output(table, 50.0).points == ((0.0, 2.0), (100.0, 7.0))


def test_an_account_starts_empty_and_a_stretch_of_no_length_changes_nothing() -> None:
    account = Account(5.0)
    assert (
        account.closed(LAMP, holding(100.0, 0.0), to_s=5.0, conventional=LIT, detected=False)
        is account
    )
    record = account.record(LAMP, None)
    assert (record.lamp, record.active_energy_wh, record.baseline_wh) == ("L", 0.0, 0.0)
    assert (record.burn_s, record.switches) == (0.0, 0)


def test_a_stretch_of_half_a_second_is_booked() -> None:
    account = Account(5.0).closed(
        LAMP, holding(100.0, 0.0), to_s=5.5, conventional=LIT, detected=False
    )
    wh = watt_hours(15.0, 0.5)
    assert account == pytest.approx((5.5, wh, wh, 0.5, 0, 0.5, 0.5, 0.0))


def test_a_simple_night_by_hand() -> None:
    # 10 h at 10 % (2.58 W), in them one fade to full, a minute there, and the fade back.
    night_s, up_s, full_s, down_s = 36000.0, 1.0, 60.0, 3.0
    courses = [
        (holding(10.0, 0.0), 100.0),
        (Fade(10.0, 100.0, 100.0, up_s), 100.0 + up_s + full_s),
        (Fade(100.0, 10.0, 100.0 + up_s + full_s, down_s), night_s),
    ]
    account = Account(0.0)
    for fade, until_s in courses:
        account = account.closed(LAMP, fade, to_s=until_s, conventional=LIT, detected=False)
    ramp_w = 1.2 + 13.8 * 0.390865034
    rest_s = night_s - up_s - full_s - down_s
    expected_wh = (2.58 * rest_s + 15.0 * full_s + ramp_w * (up_s + down_s)) / 3600.0
    record = account.record(LAMP, None)
    assert record.active_energy_wh == pytest.approx(expected_wh, rel=1e-8)
    assert record.baseline_wh == pytest.approx(150.0)
    saved_wh = record.baseline_wh - record.active_energy_wh
    assert saved_wh == pytest.approx(150.0 - expected_wh, rel=1e-8)
    assert record.burn_s == night_s
    assert record.switches == 0


def test_by_day_the_baseline_draws_nothing_and_the_lamp_its_standby_power() -> None:
    account = Account(0.0).closed(
        LAMP, holding(0.0, 0.0), to_s=3600.0, conventional=UNLIT, detected=False
    )
    assert account.active_energy_wh == pytest.approx(0.4)
    assert (account.baseline_wh, account.burn_s) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("start", "end", "burn_s"),
    [(0.0, 50.0, 10.0), (0.0, 0.1, 10.0), (50.0, 0.0, 4.0), (0.1, 0.0, 4.0), (0.0, 0.0, 0.0)],
)
def test_burn_time_counts_a_ramp_to_or_from_off_as_lit(
    start: float, end: float, burn_s: float
) -> None:
    fade = Fade(start, end, 0.0, 4.0)
    account = Account(0.0).closed(LAMP, fade, to_s=10.0, conventional=UNLIT, detected=False)
    assert account.burn_s == burn_s


def test_burn_time_after_a_fade_to_off_is_over() -> None:
    account = Account(5.0).closed(
        LAMP, Fade(50.0, 0.0, 0.0, 4.0), to_s=9.0, conventional=UNLIT, detected=False
    )
    assert account.burn_s == 0.0


# --- the darkness budget --------------------------------------------------------------------------


def bright_s(fade: Fade, start_s: float, end_s: float) -> float:
    account = Account(start_s).closed(LAMP, fade, to_s=end_s, conventional=LIT, detected=False)
    return account.bright_s


@pytest.mark.parametrize(
    ("level_pct", "expected_s"), [(100.0, 50.0), (25.1, 50.0), (25.0, 0.0), (10.0, 0.0), (0.0, 0.0)]
)
def test_light_above_a_quarter_counts_as_bright(level_pct: float, expected_s: float) -> None:
    assert bright_s(holding(level_pct, 0.0), 100.0, 150.0) == expected_s


@settings(max_examples=200)
@given(
    from_pct=st.sampled_from([0.0, 1.0, 10.0, 25.0, 40.0, 100.0]),
    to_pct=st.sampled_from([0.0, 1.0, 10.0, 25.0, 40.0, 100.0]),
    fade_s=st.sampled_from([0.0, 1.0, 7.3]),
    start_s=st.floats(0.0, 9.0),
    span_s=st.floats(0.0, 20.0),
)
def test_during_fades_bright_time_is_what_counting_gives(
    from_pct: float, to_pct: float, fade_s: float, start_s: float, span_s: float
) -> None:
    fade = Fade(from_pct, to_pct, 0.0, fade_s)
    steps = 2000
    moments = [start_s + span_s * (n + 0.5) / steps for n in range(steps)]
    counted_s = sum(fade.level_pct_at(t) > BRIGHT_PCT for t in moments) * span_s / steps
    found_s = bright_s(fade, start_s, start_s + span_s)
    assert found_s == pytest.approx(counted_s, abs=2.0 * span_s / steps + 1e-9)


def test_bright_time_adds_up_over_records() -> None:
    fade = Fade(10.0, 100.0, 0.0, 3.0)
    whole = bright_s(fade, 0.0, 10.0)
    account = Account(0.0)
    for to_s in (1.0, 2.0, 2.5, 6.0, 10.0):
        account = account.closed(LAMP, fade, to_s=to_s, conventional=LIT, detected=False)
    assert account.bright_s == pytest.approx(whole)
    assert account.record(LAMP, None).bright_s == account.bright_s


# --- level-time, and what lamps are compared with -------------------------------------------------


@given(FADES, SHARE, SHARE)
def test_level_time_is_the_integral_of_flux(fade: Fade, a: float, b: float) -> None:
    start_s, end_s = (fade.begin_s + x * fade.fade_s for x in sorted((a, b)))
    summed = integral(fade.level_pct_at, start_s, end_s) / FULL_PCT
    assert full_load_s(fade, start_s, end_s) == pytest.approx(summed, rel=1e-4, abs=1e-3)


def test_a_steady_lamp_gives_its_share_of_full_light() -> None:
    account = Account(0.0).closed(
        LAMP, holding(25.0, 0.0), to_s=400.0, conventional=LIT, detected=True
    )
    assert account.full_load_s == pytest.approx(100.0)
    assert account.detected_s == 400.0
    assert account.record(LAMP, None).full_load_s == account.full_load_s
    assert full_load_s(holding(0.0, 0.0), 0.0, 400.0) == 0.0


def test_a_meter_of_its_own_knows_better_than_the_table() -> None:
    account = Account(0.0).closed(
        LAMP, holding(100.0, 0.0), to_s=3600.0, conventional=LIT, detected=False
    )
    modelled, measured = account.record(LAMP, None), account.record(LAMP, 14.25)
    assert (modelled.active_energy_wh, modelled.measured) == (15.0, False)
    assert (measured.active_energy_wh, measured.measured) == (14.25, True)
    assert measured.baseline_wh == modelled.baseline_wh == 15.0


HALF_W = 1.2 + 13.8 / 2


@pytest.mark.parametrize(
    ("baseline", "early_w", "late_w"),
    [
        (Baseline(), 15.0, 15.0),
        (Baseline("part_night", level_pct=0.0), 15.0, 0.0),
        (Baseline("half_night", level_pct=50.0), 15.0, HALF_W),
        (Baseline("own", level_pct=60.0, lamp_w=70.0), 70.0, 42.0),
        (Baseline("own", level_pct=0.0, lamp_w=70.0), 70.0, 0.0),
    ],
)
def test_what_the_town_would_burn(baseline: Baseline, early_w: float, late_w: float) -> None:
    assert LIT._replace(baseline=baseline).power_w(LAMP) == early_w
    assert LATE._replace(baseline=baseline).power_w(LAMP) == pytest.approx(late_w)
    for late in (True, False):
        assert Conventional(lit=False, late=late, baseline=baseline).power_w(LAMP) == 0.0


def test_dark_and_late_hours_are_counted_once() -> None:
    hours = Hours(0.0).closed(10.0, LIT).closed(30.0, LATE).closed(100.0, UNLIT).closed(100.0, LIT)
    assert hours == Hours(100.0, 30.0, 20.0)
    assert hours.closed(90.0, LIT) == hours

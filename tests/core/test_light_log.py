"""What is taken from a light sensor: nights, with lamps lit and dimmed, and when evening comes."""

import math
from dataclasses import replace

import pytest

from controller.core.daylight import LuxReading, Sky
from controller.core.fade import Fade, holding
from controller.core.health.light_log import LightLog, Mean
from controller.core.state import State
from tests.core.health_patient import node_state

DARK_DEG = -20.0
BEGUN_S = 100.0


def under(sun_deg: float | None, *levels_pct: float) -> State:
    """A node under a sun at this elevation; its first lamps hold these levels, the others 10 %."""
    state = node_state()
    levels = dict(zip(state.lamps, levels_pct, strict=False))
    lamps = {
        lamp: known._replace(fade=holding(levels.get(lamp, 10.0), 0.0))
        for lamp, known in state.lamps.items()
    }
    return state._replace(sky=Sky(elevation_deg=sun_deg), lamps=lamps)


def reading(lux: float, at_s: float = BEGUN_S) -> LuxReading:
    log = math.log10(1.0 + lux)
    return LuxReading(at_s, log, log)


def told(*readings: tuple[float, float]) -> LightLog:
    """What is known of a sensor after readings (elevation of the sun, lux), a minute apart."""
    log = LightLog()
    for i, (sun_deg, lux) in enumerate(readings):
        log = log.read(reading(lux, BEGUN_S + 60.0 * i), under(sun_deg))
    return log


def test_a_mean_is_that_of_all_values_while_they_are_few() -> None:
    mean = Mean()
    assert (mean.value, mean.number) == (0.0, 0)
    for value in (6.0, 2.0, 1.0):
        mean = mean.added(value)
    assert mean == Mean(3.0, 3)


def test_after_fifty_values_a_new_one_counts_for_a_fiftieth() -> None:
    assert Mean(1.0, 49).added(2.0) == Mean(1.0 + 1.0 / 50.0, 50)
    assert Mean(1.0, 50).added(2.0) == Mean(1.0 + 1.0 / 50.0, 51)
    assert Mean(1.0, 500).added(2.0) == Mean(1.0 + 1.0 / 50.0, 501)


# --- lamps lit and dimmed, deep in the night ------------------------------------------------------


@pytest.mark.parametrize(
    ("levels_pct", "lit", "dimmed"),
    [
        ((100.0,), 1, 0),
        ((80.0,), 1, 0),
        ((79.9,), 0, 0),
        ((30.1,), 0, 0),
        ((30.0,), 0, 1),
        ((), 0, 1),
    ],
)
def test_a_lamp_from_80_percent_is_lit_and_all_up_to_30_are_dimmed(
    levels_pct: tuple[float, ...], lit: int, dimmed: int
) -> None:
    log = LightLog().read(reading(9.0), under(DARK_DEG, *levels_pct))
    assert (log.lit.number, log.dimmed.number) == (lit, dimmed)
    assert (log.lit if lit else log.dimmed).value == (1.0 if lit or dimmed else 0.0)


def test_without_lamps_of_the_node_they_count_as_dimmed() -> None:
    log = LightLog().read(reading(9.0), under(DARK_DEG)._replace(lamps={}))
    assert (log.lit.number, log.dimmed.number) == (0, 1)


@pytest.mark.parametrize(("fade_s", "taken"), [(1.0, 1), (1.1, 0)])
def test_a_reading_while_any_lamp_fades_says_nothing_of_them(fade_s: float, taken: int) -> None:
    state = under(DARK_DEG)
    lamp, known = next(iter(state.lamps.items()))
    fading = known._replace(fade=Fade(10.0, 20.0, BEGUN_S - 1.0, fade_s))
    state = state._replace(lamps={**state.lamps, lamp: fading})
    log = LightLog().read(reading(9.0), state)
    assert (log.lit.number, log.dimmed.number, log.taken_at_s) == (0, taken, BEGUN_S)


@pytest.mark.parametrize(("sun_deg", "taken"), [(-8.9, 0), (-9.0, 0), (-9.1, 1)])
def test_the_night_is_deep_with_the_sun_below_minus_9_degrees(sun_deg: float, taken: int) -> None:
    assert LightLog().read(reading(9.0), under(sun_deg)).dimmed.number == taken


def test_a_reading_is_taken_once_and_none_without_the_suns_elevation() -> None:
    once = LightLog().read(reading(9.0), under(DARK_DEG))
    assert once.read(reading(9.0), under(DARK_DEG)) is once
    assert once.read(reading(9.0, BEGUN_S + 1.0), under(None)) is once
    assert once.read(reading(9.0, BEGUN_S + 1.0), under(DARK_DEG)).dimmed.number == 2


# --- evenings -------------------------------------------------------------------------------------

LIGHT_LUX, BETWEEN_LUX, DARK_LUX = 51.0, 40.0, 10.0


@pytest.mark.parametrize(
    ("readings", "dusk_deg"),
    [
        ([(0.0, LIGHT_LUX)], None),
        ([(0.0, LIGHT_LUX), (-2.0, BETWEEN_LUX)], None),
        ([(0.0, LIGHT_LUX), (-2.0, 35.0)], None),  # less than the limit switches
        ([(0.0, LIGHT_LUX), (-2.0, 34.9)], -2.0),
        ([(0.0, LIGHT_LUX), (-2.0, DARK_LUX), (-3.0, DARK_LUX)], -2.0),
        ([(0.0, LIGHT_LUX), (-2.0, DARK_LUX), (-3.0, BETWEEN_LUX)], -2.0),
        ([(0.0, LIGHT_LUX), (-2.0, DARK_LUX), (-3.0, 49.9), (-4.0, DARK_LUX)], -2.0),
        ([(0.0, LIGHT_LUX), (-2.0, DARK_LUX), (-3.0, 50.1), (-4.0, DARK_LUX)], -4.0),
        ([(-2.0, DARK_LUX)], -2.0),
    ],
)
def test_dusk_is_when_a_sensor_first_calls_it_dark_after_it_has_called_it_light(
    readings: list[tuple[float, float]], dusk_deg: float | None
) -> None:
    assert told(*readings).dusk_deg == dusk_deg


@pytest.mark.parametrize(("lux", "dusk_deg"), [(99.0, -2.0), (99.1, None)])
def test_only_more_than_the_profiles_limit_calls_it_light(
    lux: float, dusk_deg: float | None
) -> None:
    state = under(-3.0)
    rules = replace(state.profile.daylight, on_lux=9.0, off_lux=99.0)
    state = state._replace(profile=replace(state.profile, daylight=rules))
    assert LightLog(dusk_deg=-2.0).read(reading(lux), state).dusk_deg == dusk_deg


def test_it_is_the_smoothed_reading_that_calls_it_dark() -> None:
    head_lamp = LuxReading(BEGUN_S, math.log10(1001.0), math.log10(11.0))
    assert LightLog().read(head_lamp, under(-3.0)).dusk_deg == -3.0


@pytest.mark.parametrize(
    ("suns_deg", "lux", "evenings"),
    [
        ((-8.9, -9.0), DARK_LUX, ()),
        ((-9.0, -9.1), DARK_LUX, (-9.0,)),
        ((-3.0, -9.1), DARK_LUX, (-3.0,)),
        ((-3.0, -9.1, -12.0), DARK_LUX, (-3.0,)),
        ((-9.1, -12.0), DARK_LUX, ()),  # started in the night
        ((-12.0, -9.0, -8.0), DARK_LUX, ()),  # a morning
        ((-3.0, -9.1), LIGHT_LUX, (-9.0,)),  # never dark: not before the night is deep
        ((-9.1,), DARK_LUX, ()),
    ],
)
def test_an_evening_is_counted_when_the_sun_goes_below_minus_9_degrees(
    suns_deg: tuple[float, ...], lux: float, evenings: tuple[float, ...]
) -> None:
    assert told(*((sun_deg, lux) for sun_deg in suns_deg)).evenings == evenings


def test_the_last_three_evenings_are_kept() -> None:
    days = [((0.0, LIGHT_LUX), (deg, DARK_LUX), (-12.0, DARK_LUX)) for deg in (-1.0, -2.0, -3.0)]
    assert told(*days[0], *days[1]).evenings == (-1.0, -2.0)
    assert told(*days[0], *days[1], *days[2]).evenings == (-1.0, -2.0, -3.0)
    assert told(*days[0], *days[1], *days[2], *days[0]).evenings == (-2.0, -3.0, -1.0)

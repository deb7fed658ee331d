"""Health of light sensors, under a sky as it is and under skies as they are not."""

import math
from collections.abc import Callable, Mapping

import pytest

from controller.core.daylight import sun_elevation_deg
from controller.core.health.light import COVERED_LUX
from tests.core.build import NIGHT, NOON, straight_path
from tests.core.health_patient import HOUR_S, Patient, patient

DAY_S = 24 * HOUR_S
PATH = straight_path(2, 2)
Lux = Callable[[float], Mapping[str, float | None]]


def sun_deg(utc_s: float) -> float:
    return sun_elevation_deg(PATH.latitude_deg, PATH.longitude_deg, utc_s)


def open_sky_lux(utc_s: float) -> float:
    """About what an unshaded sensor reads under a bright sky; tenfold for 1.7 degrees."""
    return min(5000.0, 71.5 * math.pow(10.0, (sun_deg(utc_s) + 2.5) / 1.7))


def under(lux: Callable[[float], float | None], utc_s: float = NOON) -> Patient:
    found = patient(path=PATH, utc_s=utc_s)
    found.lux = lambda at_utc_s: {"X0": lux(at_utc_s)}
    return found


@pytest.mark.parametrize("cloud", [0.2, 3.0])
def test_a_sound_sensor_raises_nothing_on_three_evenings(cloud: float) -> None:
    found = under(lambda utc_s: cloud * open_sky_lux(utc_s))
    found.run_to(2 * DAY_S + 6 * HOUR_S)
    assert len(found.health.samples.light["X0"].evenings) == 3
    assert found.changes == []


def test_a_sensor_without_readings_is_told_of_after_half_an_hour() -> None:
    found = under(lambda _: None)
    found.run_to(31 * 60.0)
    assert found.raised("light_sensor_unreadable") == [(31 * 60.0, "X0")]
    found.lux = lambda utc_s: {"X0": open_sky_lux(utc_s)}
    found.run_for(6 * 60.0)
    assert found.alarms == set()


def test_a_covered_sensor_is_found_after_an_hour_of_daylight() -> None:
    found = under(lambda _: COVERED_LUX)
    found.run_to(HOUR_S)
    assert found.alarms == set()
    found.run_to(HOUR_S + 60.0)
    assert found.alarms == {"light_sensor_covered:X0"}
    found.lux = lambda utc_s: {"X0": open_sky_lux(utc_s)}
    found.run_for(11 * 60.0)
    assert found.alarms == set()


def test_at_night_a_dark_sensor_is_not_covered() -> None:
    found = under(lambda _: 0.0, NIGHT)
    found.run_to(8 * HOUR_S)
    assert found.changes == []


def test_a_sensor_under_a_lamp_of_somebody_else_is_found_after_half_an_hour() -> None:
    found = under(lambda _: 60.0, NIGHT)
    found.run_to(31 * 60.0)
    assert found.alarms == {"light_sensor_lamplit:X0"}
    found.lux = lambda _: {"X0": 0.1}
    found.run_for(61 * 60.0)
    assert found.alarms == set()


def lamplit(lit_lux: float, dimmed_lux: float) -> Patient:
    """A node with a sensor that reads the one or the other, with somebody there half the time."""
    found = under(lambda _: 0.1, NIGHT)

    def lux(_: float) -> Mapping[str, float]:
        level_pct = max(found.level(lamp) for lamp in found.state.lamps)
        return {"X0": lit_lux if level_pct > 50.0 else dimmed_lux}

    found.lux = lux
    found.run_to(200.0)
    for _ in range(40):
        found.passage("M00", 150.0)
        found.run_for(250.0)
    return found


def test_a_sensor_that_sees_the_nodes_own_lamps_is_found() -> None:
    found = lamplit(20.0, 2.0)
    assert found.alarms == {"light_sensor_lamplit:X0"}
    ((_, subject),) = found.raised("light_sensor_lamplit")
    assert subject == "X0"


@pytest.mark.parametrize(("lit_lux", "dimmed_lux"), [(4.0, 0.4), (20.0, 15.0), (12.0, 5.0)])
def test_a_little_of_their_light_is_no_alarm(lit_lux: float, dimmed_lux: float) -> None:
    assert lamplit(lit_lux, dimmed_lux).changes == []


@pytest.mark.parametrize(
    ("lux", "alarms"),
    [
        (lambda utc_s: open_sky_lux(utc_s) / 400.0, {"light_sensor_against_sun:X0"}),
        (lambda utc_s: max(45.0, open_sky_lux(utc_s)), {"light_sensor_against_sun:X0"}),
        (lambda utc_s: open_sky_lux(utc_s) / 10.0, set()),
    ],
)
def test_a_sensor_that_switches_far_off_is_found_on_the_third_evening(
    lux: Callable[[float], float], alarms: set[str]
) -> None:
    found = under(lux)
    found.run_to(2 * DAY_S + 4 * HOUR_S)
    assert not any(c.code == "light_sensor_against_sun" for c in found.changes)
    found.run_to(2 * DAY_S + 6 * HOUR_S)
    assert {x for x in found.alarms if x.startswith("light_sensor_against_sun")} == alarms
    found.lux = lambda utc_s: {"X0": open_sky_lux(utc_s)}
    found.run_to(3 * DAY_S + 6 * HOUR_S)
    assert {x for x in found.alarms if x.startswith("light_sensor_against_sun")} == set()


def test_without_a_clock_nothing_is_told_of_the_sun() -> None:
    found = patient(path=PATH, utc_s=None)
    found.lux = lambda _: {"X0": 60.0}
    found.run_to(3 * HOUR_S)
    assert found.alarms == {"clock_untrusted:n0"}

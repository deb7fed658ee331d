"""Health of light sensors, under a sky as it is and under skies as they are not."""

import math
from collections.abc import Callable, Mapping

import pytest

from controller.core.daylight import LuxReading, Sky, measured, sun_elevation_deg
from controller.core.health.examination import Examination
from controller.core.health.light import COVERED_LUX
from controller.core.health.light_log import LightLog, Mean
from controller.core.health.sampling import Samples
from tests.core.build import NIGHT, NOON, straight_path
from tests.core.health_patient import (
    HOUR_S,
    Patient,
    Verdicts,
    findings,
    looked_at,
    node_state,
    patient,
    verdicts,
)

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


# --- the limits -----------------------------------------------------------------------------------

DARK_DEG = -20.0


def reading(lux: float) -> LuxReading:
    return measured(None, lux, 0.0, 0.0)


def seen(
    lux: float, sun_deg: float | None, log: LightLog | None = None, sensor: str = "X0"
) -> Examination:
    """A node whose light sensor reads `lux` and has said so much before."""
    state = node_state(path=PATH)
    sky = Sky(elevation_deg=sun_deg, readings={sensor: reading(lux)})
    return looked_at(state._replace(sky=sky), samples=Samples(light={sensor: log or LightLog()}))


@pytest.mark.parametrize(
    ("lux", "sun_deg", "told"),
    [
        (29.9, 6.0, {"X0": True}),
        (30.1, 6.0, {"X0": None}),
        (59.9, 6.0, {"X0": None}),
        (60.1, 6.0, {"X0": False}),
        (0.0, 40.0, {"X0": True}),
        (0.0, 5.9, {}),
        (0.0, None, {}),
    ],
)
def test_a_sensor_is_covered_up_to_30_lux_with_the_sun_at_6_degrees_and_free_from_60(
    lux: float, sun_deg: float | None, told: Verdicts
) -> None:
    found = findings("light_sensor_covered", seen(lux, sun_deg))
    assert {sensor: x.faulty for sensor, x in found.items()} == told
    for x in found.values():
        assert x.evidence == pytest.approx({"lux": lux, "sun_deg": sun_deg})


@pytest.mark.parametrize(("sensor", "faulty"), [("X0", False), ("X7", True)])
def test_an_own_sensor_without_a_reading_is_unreadable(sensor: str, *, faulty: bool) -> None:
    found = findings("light_sensor_unreadable", seen(10.0, DARK_DEG, sensor=sensor))["X0"]
    assert (found.faulty, found.evidence) == (faulty, {"light_sensors_left": 1.0})


@pytest.mark.parametrize(
    ("lux", "sun_deg", "told"),
    [
        (50.1, -9.1, {"X0": True}),
        (49.9, -9.1, {"X0": None}),
        (35.1, -9.1, {"X0": None}),
        (34.9, -9.1, {"X0": False}),
        (80.0, -9.0, {}),
        (80.0, None, {}),
    ],
)
def test_a_sensor_that_would_switch_lamps_off_deep_in_the_night_is_lamplit(
    lux: float, sun_deg: float | None, told: Verdicts
) -> None:
    assert verdicts("light_sensor_lamplit", seen(lux, sun_deg)) == told


def of_lamps(lit_lux: float, dimmed_lux: float, lit: int = 20, dimmed: int = 20) -> LightLog:
    """What a sensor read with lamps lit and dimmed, so many times each."""
    return LightLog(
        lit=Mean(math.log10(1.0 + lit_lux), lit), dimmed=Mean(math.log10(1.0 + dimmed_lux), dimmed)
    )


@pytest.mark.parametrize(
    ("log", "faulty"),
    [
        (of_lamps(30.1, 10.0), True),  # three times as much
        (of_lamps(29.9, 10.0), None),
        (of_lamps(20.1, 10.0), None),  # twice as much
        (of_lamps(19.9, 10.0), False),
        (of_lamps(5.0, 1.0), True),  # 5 lx at least
        (of_lamps(4.9, 1.0), False),
        (of_lamps(30.1, 10.0, lit=19), False),  # 20 readings of each at least
        (of_lamps(30.1, 10.0, dimmed=19), False),
    ],
)
def test_a_sensor_sees_the_lamps_if_it_reads_three_times_as_much_with_them_lit(
    log: LightLog,
    faulty: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    found = findings("light_sensor_lamplit", seen(1.0, DARK_DEG, log))["X0"]
    assert found.faulty is faulty
    assert found.evidence == pytest.approx(
        {
            "lux": 1.0,
            "lux_lamps_lit": 10.0**log.lit.value - 1.0,
            "lux_lamps_dimmed": 10.0**log.dimmed.value - 1.0,
        }
    )


def test_one_sign_of_a_lamp_is_enough_and_one_doubt_is_a_doubt() -> None:
    sees_lamps, may_see_them = of_lamps(30.1, 10.0), of_lamps(25.0, 10.0)
    told = [
        verdicts("light_sensor_lamplit", seen(lux, DARK_DEG, log))["X0"]
        for lux, log in (
            (40.0, sees_lamps),
            (80.0, may_see_them),
            (1.0, may_see_them),
            (40.0, LightLog()),
        )
    ]
    assert told == [True, True, None, None]


@pytest.mark.parametrize(
    ("evenings", "told"),
    [
        ((4.1, 5.0, 4.1), {"X0": True}),
        ((-6.1, 5.0, -6.1), {"X0": True}),
        ((4.1, 5.0, 4.0), {"X0": False}),  # the last one was good
        ((-6.1, -6.1, -6.0), {"X0": False}),
        ((4.1, -2.0, 4.1), {"X0": None}),
        ((-2.0, 5.0, 4.1), {"X0": None}),
        ((4.1, 5.0), {}),
        ((), {}),
    ],
)
def test_three_evenings_above_4_or_below_minus_6_degrees_are_against_the_sun(
    evenings: tuple[float, ...], told: Verdicts
) -> None:
    x = seen(1.0, DARK_DEG, LightLog(evenings=evenings))
    found = findings("light_sensor_against_sun", x)
    assert {sensor: one.faulty for sensor, one in found.items()} == told
    for one in found.values():
        assert one.evidence == {"evenings": 3.0, "switched_at_deg": sum(evenings) / 3.0}

"""When it is dark: the sun, the light sensor, and what is unknown."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from controller.core.daylight import (
    CLOCK_STEP_S,
    FASTEST_SUN_DEG_PER_S,
    LUX_STALE_S,
    Sky,
    look,
    needs_recheck,
    sun_elevation_deg,
)
from controller.core.events import LuxMeasured, ProfileChanged
from controller.core.moment import Moment
from controller.core.path import Path
from controller.core.profile import Daylight
from tests.core.build import (
    NIGHT,
    NOON,
    Host,
    read_all,
    settled,
    started,
    straight_path,
    with_daylight,
)

RULES = Daylight()
DAY_S = 86400.0
SOEST = (straight_path().latitude_deg, straight_path().longitude_deg)
MUENSTER = (51.96, 7.63)
POLAR = (78.0, 15.6)
PUBLISHED_BURN_H = 4156.0  # Muenster, a year
LAMP, LIGHT_SENSOR = "L05", "X1"


def bisect_s(holds: Callable[[float], bool], before_s: float, after_s: float) -> float:
    """Return the first whole second at which `holds`; astral counts in whole seconds."""
    assert not holds(before_s)
    assert holds(after_s)
    while after_s - before_s > 1.0:
        middle_s = (before_s + after_s) // 2.0
        before_s, after_s = (before_s, middle_s) if holds(middle_s) else (middle_s, after_s)
    return after_s


def soest_deg(utc_s: float) -> float:
    return sun_elevation_deg(*SOEST, utc_s)


# Seconds from NOON, found from the sun alone.
DUSK_S = bisect_s(lambda s: soest_deg(NOON + s) < RULES.on_elevation_deg, 0.0, DAY_S / 2)
DAWN_S = bisect_s(lambda s: soest_deg(NOON + s) > RULES.off_elevation_deg, DAY_S / 2, DAY_S)


def at_noon(**rules: float) -> Host:
    return settled(utc_s=NOON, profile=with_daylight(**rules))


def lux(host: Host, value: float | None, sensor: str = LIGHT_SENSOR) -> None:
    host.tell(LuxMeasured(sensor, value))


def shine(host: Host, value: float, until_s: float, every_s: float = 610.0) -> None:
    """Let the light sensor read the same value now and then."""
    while host.now_s < until_s:
        lux(host, value)
        host.run_to(min(until_s, host.now_s + every_s))


# --- rule 1: the sun ---------------------------------------------------------------------------


def test_the_lamps_come_on_when_the_sun_passes_the_on_elevation() -> None:
    host = at_noon()
    host.run_to(DUSK_S + 3600.0)
    [(at_s, level, reason)] = host.fades(LAMP)
    assert (level, reason) == (10.0, "base")
    assert 0.0 <= at_s - DUSK_S <= 1.0


def test_the_lamps_go_off_when_the_sun_passes_the_off_elevation() -> None:
    host = at_noon()
    host.run_to(DAY_S)
    at_s, level, reason = host.fades(LAMP)[-1]
    assert (level, reason) == (0.0, "day")
    assert 0.0 <= at_s - DAWN_S <= 1.0


@pytest.mark.parametrize("before_utc_s", [NIGHT, NOON])
def test_between_the_two_elevations_it_stays_as_it_was(before_utc_s: float) -> None:
    between_s = NOON + bisect_s(lambda s: soest_deg(NOON + s) < -2.25, 0.0, DAY_S / 2)
    before = look(Sky(), RULES, SOEST, Moment(0.0, before_utc_s))
    after = look(before, RULES, SOEST, Moment(1.0, between_s))
    assert after.sun_dark is before.sun_dark


def test_between_the_two_elevations_what_was_not_known_is_dark() -> None:
    between_s = NOON + bisect_s(lambda s: soest_deg(NOON + s) < -2.25, 0.0, DAY_S / 2)
    assert look(Sky(), RULES, SOEST, Moment(0.0, between_s)).dark


def test_a_changed_profile_counts_at_once() -> None:
    host = at_noon()
    host.run_to(DUSK_S + 60.0)
    host.tell(ProfileChanged(with_daylight(on_elevation_deg=-6.0, off_elevation_deg=-5.0)))
    assert host.reason(LAMP) == "day"


# --- rule 2: the light sensor adds light, for a while ------------------------------------------


def test_clouds_bring_the_evening_forward_by_the_advance_and_no_more() -> None:
    host = at_noon()
    shine(host, 5.0, DUSK_S + 3600.0)
    [(at_s, level, reason)] = host.fades(LAMP)
    assert (level, reason) == (10.0, "base")
    assert 0.0 <= at_s - (DUSK_S - RULES.advance_s) <= 1.0


def test_clouds_prolong_the_morning_by_the_advance_and_no_more() -> None:
    host = at_noon()
    host.run_to(DAWN_S - 3600.0)
    shine(host, 5.0, DAY_S)
    at_s, level, reason = host.fades(LAMP)[-1]
    assert (level, reason) == (0.0, "day")
    assert 0.0 <= at_s - (DAWN_S + RULES.advance_s) <= 1.0


def test_without_an_advance_the_light_sensor_has_no_say() -> None:
    host = at_noon(advance_s=0.0)
    shine(host, 0.0, DUSK_S + 60.0)
    [(at_s, _, _)] = host.fades(LAMP)
    assert at_s >= DUSK_S


def test_a_bright_evening_is_not_brought_forward() -> None:
    host = at_noon()
    shine(host, 400.0, DUSK_S + 60.0)
    [(at_s, _, _)] = host.fades(LAMP)
    assert 0.0 <= at_s - DUSK_S <= 1.0


def test_no_light_sensor_keeps_a_dark_path_dark() -> None:
    host = settled()
    shine(host, 100_000.0, 3600.0)
    assert host.state.sky.lux_dark is False
    assert host.reasons() == {"base"}


def test_covering_the_sensor_at_noon_does_not_make_it_night() -> None:
    host = at_noon()
    shine(host, 0.0, 3600.0)
    assert host.reasons() == {"day"}
    assert host.state.sky.cause == "sun"


def test_in_the_advance_the_sensor_is_named_as_the_cause() -> None:
    host = at_noon()
    host.run_to(DUSK_S - RULES.advance_s / 2)
    assert (host.state.sky.dark, host.state.sky.cause) == (False, "sun")
    lux(host, 5.0)
    assert (host.state.sky.dark, host.state.sky.cause) == (True, "lux")


def test_the_baseline_does_not_burn_in_the_advance() -> None:
    host = at_noon()
    host.run_to(DUSK_S - RULES.advance_s / 2)
    lux(host, 5.0)
    assert host.state.sky.dark
    assert not host.state.sky.baseline_lit


# --- rule 3: without a clock the light sensor decides -------------------------------------------


def untrusted(value: float | None = None) -> Host:
    host = settled(utc_s=None)
    if value is not None:
        lux(host, value)
    return host


@pytest.mark.parametrize(
    ("value", "dark"), [(0.0, True), (34.0, True), (40.0, True), (51.0, False), (1e5, False)]
)
def test_without_a_clock_what_lasts_decides_and_between_the_limits_it_is_dark(
    *, value: float, dark: bool
) -> None:
    host = untrusted(value)
    assert (host.state.sky.dark, host.state.sky.known, host.state.sky.cause) == (True, True, "lux")
    shine(host, value, host.now_s + 7200.0)
    assert host.state.sky.dark is dark
    assert host.state.sky.baseline_lit is dark


def test_a_head_lamp_in_the_first_reading_does_not_call_it_day() -> None:
    host = untrusted(1000.0)
    assert host.state.sky.dark
    host.run_to(host.now_s + 30.0)
    shine(host, 0.5, host.now_s + 3600.0, every_s=30.0)
    assert {level_pct for _, level_pct, _ in host.fades(LAMP)} <= {10.0, 100.0}


def test_without_a_clock_the_limits_have_a_hysteresis() -> None:
    host = untrusted(60.0)
    shine(host, 60.0, 3600.0)
    shine(host, 40.0, 7200.0)
    assert not host.state.sky.dark
    shine(host, 30.0, 10800.0)
    assert host.state.sky.dark
    shine(host, 40.0, 14400.0)
    assert host.state.sky.dark


def test_a_head_lamp_of_three_seconds_does_not_switch() -> None:
    host = untrusted(0.5)
    for _ in range(20):
        host.run_to(host.now_s + 60.0)
        lux(host, 1000.0)
        assert host.state.sky.dark
        host.run_to(host.now_s + 3.0)
        lux(host, 0.5)
        assert host.state.sky.dark


def test_a_lasting_dawn_switches() -> None:
    host = untrusted(0.5)
    shine(host, 1000.0, host.now_s + 3.0 * RULES.lux_time_constant_s, every_s=60.0)
    assert not host.state.sky.dark


def test_repeated_readings_change_nothing() -> None:
    once, often = untrusted(0.5), untrusted(0.5)
    start_s = once.now_s
    lux(once, 1000.0)
    shine(often, 1000.0, start_s + 100.0, every_s=1.0)
    once.run_to(start_s + 100.0)
    lux(once, 1000.0)
    lux(often, 1000.0)
    assert once.state.sky.lux == pytest.approx(often.state.sky.lux)


def test_readings_count_at_once_without_smoothing() -> None:
    host = settled(utc_s=None, profile=with_daylight(lux_time_constant_s=0.0))
    lux(host, 1000.0)
    host.run_to(host.now_s + 1.0)
    lux(host, 0.0)
    host.run_to(host.now_s + 1.0)
    lux(host, 0.0)
    assert host.state.sky.dark


def test_the_darkest_of_several_sensors_decides() -> None:
    path = straight_path()
    twice = tuple(replace(x, node="n1") for x in path.light_sensors)
    host = settled(path=replace(path, light_sensors=twice), utc_s=None)
    for _ in ("a first time", "for long"):
        host.run_to(host.now_s + LUX_STALE_S - 1.0)
        for sensor, value in (("X0", 5000.0), ("X1", 1.0), ("X2", 5000.0)):
            lux(host, value, sensor)
    assert host.state.sky.lux == pytest.approx(1.0, rel=0.01)
    lux(host, None, "X1")
    assert host.state.sky.lux == pytest.approx(5000.0, rel=0.01)


# --- rule 4: nothing known is dark ---------------------------------------------------------------


def test_without_clock_and_sensor_it_is_dark_and_unknown_and_lit() -> None:
    host = untrusted()
    assert (host.state.sky.dark, host.state.sky.known) == (True, False)
    assert host.state.sky.cause == "unknown"
    assert host.reasons() == {"fail_safe:daylight_unknown"}
    assert {host.target(x) for x in host.state.lamps} == {100.0}
    assert not host.state.sky.baseline_lit


def test_a_sensor_that_cannot_be_read_is_no_darkness_and_no_light() -> None:
    host = untrusted(1000.0)
    shine(host, 1000.0, host.now_s + 3600.0)
    assert host.reasons() == {"day"}
    lux(host, None)
    assert host.reasons() == {"fail_safe:daylight_unknown"}


def test_a_sensor_that_fell_silent_is_forgotten_at_its_time() -> None:
    host = untrusted(1000.0)
    said_s = host.now_s
    host.run_to(said_s + 2.0 * LUX_STALE_S)
    assert host.fades(LAMP)[-1] == (said_s + LUX_STALE_S, 100.0, "fail_safe:daylight_unknown")
    assert not host.state.sky.readings


def test_a_silent_sensor_ends_its_advance() -> None:
    host = at_noon(advance_s=3600.0)
    said_s = DUSK_S - 3000.0
    host.run_to(said_s)
    lux(host, 5.0)
    host.run_to(said_s + LUX_STALE_S)
    assert [x[1] for x in host.fades(LAMP)] == [10.0, 0.0]


def test_one_silent_sensor_leaves_the_word_to_the_other() -> None:
    path = straight_path()
    twice = tuple(replace(x, node="n1") for x in path.light_sensors)
    host = settled(path=replace(path, light_sensors=twice), utc_s=None)
    lux(host, 1.0, "X0")
    host.run_to(host.now_s + LUX_STALE_S / 2)
    lux(host, 5000.0, "X1")
    assert host.state.sky.dark
    host.run_to(host.now_s + LUX_STALE_S / 2)
    assert not host.state.sky.dark


def test_the_reading_of_another_nodes_sensor_changes_nothing() -> None:
    host = untrusted()
    before = host.state
    assert host.tell(LuxMeasured("X0", 1000.0)) == ()
    assert host.state.sky == before.sky


# --- the clock ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("utc_s", "reason"), [(NIGHT, "base"), (NOON, "day")])
def test_trust_in_the_clock_counts_when_it_comes(utc_s: float, reason: str) -> None:
    host = untrusted()
    host.utc_at_zero_s = utc_s - host.now_s
    host.run_to(host.wake_at_s)
    assert host.reasons() == {reason}


@pytest.mark.parametrize(("utc_s", "reason"), [(NIGHT, "base"), (NOON, "day")])
def test_a_trusted_clock_outweighs_the_sensor_that_stood_in_for_it(
    utc_s: float, reason: str
) -> None:
    host = untrusted(1000.0 if utc_s == NIGHT else 0.0)
    host.utc_at_zero_s = utc_s - host.now_s
    lux(host, 1000.0 if utc_s == NIGHT else 0.0)
    assert host.reasons() == {reason}


def test_trust_that_goes_leaves_the_light_sensor() -> None:
    host = settled()
    lux(host, 1000.0)
    host.utc_at_zero_s = None
    host.run_to(host.wake_at_s)
    assert host.reasons() == {"day"}


@pytest.mark.parametrize(
    ("start_s", "shift_s", "reason"),
    [(NOON, 10 * 3600.0, "base"), (NIGHT, -10 * 3600.0, "day"), (NIGHT, 14 * 3600.0, "day")],
)
def test_a_clock_that_jumps_is_followed_at_the_next_decision(
    start_s: float, shift_s: float, reason: str
) -> None:
    host = settled(utc_s=start_s)
    host.utc_at_zero_s = start_s + shift_s
    host.run_to(host.wake_at_s)
    assert host.reasons() == {reason}


def test_the_slew_of_a_clock_is_no_step() -> None:
    sky = look(Sky(), RULES, SOEST, Moment(0.0, NIGHT))
    assert not needs_recheck(sky, Moment(10.0, NIGHT + 10.0 + CLOCK_STEP_S))
    assert needs_recheck(sky, Moment(10.0, NIGHT + 10.0 + 1.1 * CLOCK_STEP_S))
    assert needs_recheck(sky, Moment(10.0, NIGHT + 10.0 - 1.1 * CLOCK_STEP_S))
    assert needs_recheck(sky, Moment(10.0, None))
    assert needs_recheck(sky, Moment(sky.recheck_s, NIGHT + sky.recheck_s))


# --- the sun itself -------------------------------------------------------------------------------


def switches_of(
    position_deg: tuple[float, float], begin_s: float, days: float, rules: Daylight = RULES
) -> tuple[float, int]:
    """Follow the sky alone. Returns the dark seconds and how often it had to be looked at."""
    sky, now_s, dark_s, looks = Sky(), 0.0, 0.0, 0
    while now_s < days * DAY_S:
        sky = look(sky, rules, position_deg, Moment(now_s, begin_s + now_s))
        looks += 1
        next_s = min(sky.recheck_s, days * DAY_S)
        assert next_s > now_s
        dark_s += (next_s - now_s) * sky.dark
        now_s = next_s
    return dark_s, looks


def test_the_defaults_burn_as_long_as_muensters_lamps() -> None:
    new_year_s = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
    by_the_sun = replace(RULES, advance_s=0.0)  # there is no light sensor, so it saves looks only
    dark_s, _ = switches_of(MUENSTER, new_year_s, 365.0, by_the_sun)
    assert dark_s / 3600.0 == pytest.approx(PUBLISHED_BURN_H, abs=10.0)


@pytest.mark.parametrize("month", range(1, 13))
def test_no_busy_loop_at_78_degrees_north(month: int) -> None:
    begin_s = datetime(2025, month, 20, tzinfo=UTC).timestamp()
    dark_s, looks = switches_of(POLAR, begin_s, 3.0)
    assert looks < 3 * 1000
    if month in {5, 6, 7}:
        assert dark_s == 0.0
    if month in {12, 1}:
        assert dark_s == 3.0 * DAY_S


@pytest.mark.parametrize("latitude_deg", [-90.0, 0.0, 90.0])
def test_no_latitude_is_an_error(latitude_deg: float) -> None:
    switches_of((latitude_deg, 179.0), NOON, 1.0)


@pytest.mark.parametrize("position_deg", [SOEST, (0.0, -80.0), (60.0, 100.0), (-45.0, 179.0)])
def test_the_sun_never_moves_faster_than_the_waits_assume(
    position_deg: tuple[float, float],
) -> None:
    equinox_s = datetime(2025, 3, 20, tzinfo=UTC).timestamp()
    elevations = [sun_elevation_deg(*position_deg, equinox_s + 60.0 * i) for i in range(1441)]
    fastest = max(abs(b - a) for a, b in pairwise(elevations)) / 60.0
    assert fastest <= FASTEST_SUN_DEG_PER_S


def test_an_idle_node_seldom_wakes() -> None:
    record_s = 300.0
    host = at_noon()
    host.wakes = 0
    host.run_to(host.now_s + DAY_S)
    assert host.wakes <= DAY_S / record_s + 200


def test_a_polar_node_runs_for_three_days() -> None:
    path = replace(straight_path(), latitude_deg=POLAR[0], longitude_deg=POLAR[1])
    host = polar_host(path)
    host.run_to(3 * DAY_S)
    assert host.reasons() == {"day"}
    assert host.wakes < 3 * (DAY_S / 300.0 + 1000)


def polar_host(path: Path) -> Host:
    midsummer_s = datetime(2025, 6, 21, tzinfo=UTC).timestamp()
    host = started(path=path, utc_s=midsummer_s)
    read_all(host)
    return host

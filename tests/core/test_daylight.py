"""When it is dark: the sun, the light sensor, and what is unknown."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from controller.core.daylight import (
    CLOCK_STEP_S,
    FASTEST_SUN_DEG_PER_S,
    LUX_STALE_S,
    LuxReading,
    Sky,
    look,
    measured,
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


# --- readings of the light sensor -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("lux", "log"), [(9.0, 1.0), (99.0, 2.0), (0.0, 0.0), (1.0, math.log10(2.0)), (-5.0, 0.0)]
)
def test_a_reading_counts_by_the_logarithm_of_one_more_and_before_the_first_it_is_dark(
    lux: float, log: float
) -> None:
    first = measured(None, lux, 10.0, 120.0)
    assert (first.at_s, first.raw_log, first.smooth_log) == (10.0, log, 0.0)


@pytest.mark.parametrize(
    ("after_s", "time_constant_s", "left"),
    [(0.0, 120.0, 1.0), (120.0, 120.0, 1 / math.e), (60.0, 30.0, math.exp(-2)), (0.0, 1.0, 1.0)],
)
def test_what_was_before_fades_with_the_time_constant(
    after_s: float, time_constant_s: float, left: float
) -> None:
    reading = LuxReading(50.0, raw_log=2.0, smooth_log=3.0)
    smooth_log = reading.smooth_log_at(50.0 + after_s, time_constant_s)
    assert smooth_log == pytest.approx(2.0 + left)
    assert measured(reading, 9.0, 50.0 + after_s, time_constant_s) == LuxReading(
        50.0 + after_s, 1.0, smooth_log
    )


def test_the_darkest_reading_is_told_in_lux() -> None:
    readings = {x: LuxReading(0.0, log, log) for x, log in (("X0", 3.0), ("X1", 1.0))}
    sky = look(Sky(readings=readings), RULES, SOEST, Moment(1.0, None))
    assert sky.lux == pytest.approx(9.0)
    assert look(Sky(), RULES, SOEST, Moment(1.0, None)).lux is None


def test_a_reading_is_believed_for_a_quarter_of_an_hour() -> None:
    readings = {"X0": LuxReading(100.0, 1.0, 1.0), "X1": LuxReading(200.0, 1.0, 1.0)}
    before = Sky(readings=readings)
    seen = {
        now_s: look(before, RULES, SOEST, Moment(now_s, None)) for now_s in (999.9, 1000.0, 1100.0)
    }
    assert [[*sky.readings] for sky in seen.values()] == [["X0", "X1"], ["X1"], []]
    assert [sky.recheck_s for sky in seen.values()] == [1000.0, 1100.0, math.inf]
    by_day = look(before, RULES, SOEST, Moment(999.9, NOON))
    assert by_day.recheck_s == 1000.0


# --- what follows ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sky", "dark", "cause", "baseline_lit", "may_be_dark_nearby"),
    [
        (Sky(), True, "unknown", False, True),
        (Sky(lux_dark=True), True, "lux", True, True),
        (Sky(lux_dark=False), False, "lux", False, False),
        (Sky(sun_dark=True), True, "sun", True, True),
        (Sky(sun_dark=True, lux_dark=False), True, "sun", True, True),
        (Sky(sun_dark=False), False, "sun", False, False),
        (Sky(sun_dark=False, lux_dark=True), False, "sun", False, False),
        (Sky(sun_dark=False, twilight=True), False, "sun", False, True),
        (Sky(sun_dark=False, lux_dark=False, twilight=True), False, "sun", False, True),
        (Sky(sun_dark=False, lux_dark=True, twilight=True), True, "lux", False, True),
    ],
)
def test_the_sun_decides_the_sensor_adds_in_twilight_and_decides_alone_without_a_clock(
    *, sky: Sky, dark: bool, cause: str, baseline_lit: bool, may_be_dark_nearby: bool
) -> None:
    assert (sky.dark, sky.cause, sky.known) == (dark, cause, cause != "unknown")
    assert (sky.baseline_lit, sky.may_be_dark_nearby) == (baseline_lit, may_be_dark_nearby)


def test_the_sky_is_looked_at_when_its_time_has_come_with_and_without_a_clock() -> None:
    with_clock = Sky(clock_offset_s=500.0, recheck_s=1000.0)
    assert not needs_recheck(with_clock, Moment(999.0, 1499.0))
    assert needs_recheck(with_clock, Moment(1000.0, 1500.0))
    without = Sky(recheck_s=1000.0)
    assert not needs_recheck(without, Moment(999.0, None))
    assert needs_recheck(without, Moment(1000.0, None))
    assert needs_recheck(without, Moment(999.0, 1499.0))
    assert needs_recheck(Sky(), Moment(-1e9, None))  # never looked yet


@pytest.mark.parametrize(
    ("step_s", "stepped"), [(1.0, False), (-1.0, False), (1.1, True), (-1.1, True)]
)
def test_a_clock_steps_by_more_than_a_second(step_s: float, *, stepped: bool) -> None:
    sky = Sky(clock_offset_s=500.0, recheck_s=1000.0)
    assert needs_recheck(sky, Moment(100.0, 600.0 + step_s)) is stepped


# --- how long until the sun can differ ------------------------------------------------------------

SIDEREAL_DAY_S = 86164.0
AT_NIGHTFALL_S, AT_DAYBREAK_S = DUSK_S - 1801.0, DAWN_S + 1801.0


@pytest.mark.parametrize("advance_s", [1800.0, 0.0])
@pytest.mark.parametrize(
    "at_s",
    [
        0.0,
        AT_NIGHTFALL_S - 600.0,
        AT_NIGHTFALL_S + 600.0,
        DUSK_S - 300.0,
        DUSK_S + 300.0,
        DAY_S / 2,
        DAWN_S - 300.0,
        DAWN_S + 300.0,
        AT_DAYBREAK_S - 600.0,
        AT_DAYBREAK_S + 600.0,
    ],
)
def test_the_next_look_is_when_the_fastest_sun_could_reach_the_nearest_threshold(
    at_s: float, advance_s: float
) -> None:
    rules, utc_s = replace(RULES, advance_s=advance_s), NOON + at_s
    sky = look(Sky(), rules, SOEST, Moment(50.0, utc_s))
    now_deg, soon_deg, past_deg = (
        soest_deg(utc_s + shift_s) for shift_s in (0.0, advance_s, -advance_s)
    )
    wanted_deg = rules.off_elevation_deg if sky.sun_dark else rules.on_elevation_deg
    distance_deg = min(
        abs(now_deg - wanted_deg),
        abs(soon_deg - rules.on_elevation_deg),
        abs(past_deg - rules.off_elevation_deg),
    )
    assert sky.elevation_deg == now_deg
    assert sky.recheck_s == pytest.approx(50.0 + distance_deg * SIDEREAL_DAY_S / 360.0)


def at_threshold(advance_s: float) -> Daylight:
    """Rules whose two elevations are just where the sun stands at noon."""
    deg = soest_deg(NOON)
    return replace(RULES, on_elevation_deg=deg, off_elevation_deg=deg, advance_s=advance_s)


@pytest.mark.parametrize("was_dark", [True, False])
def test_at_the_very_threshold_it_stays_as_it_was_and_is_looked_at_in_a_second(
    *, was_dark: bool
) -> None:
    sky = look(Sky(sun_dark=was_dark), at_threshold(0.0), SOEST, Moment(50.0, NOON))
    assert sky.sun_dark is was_dark
    assert not sky.twilight
    assert sky.recheck_s == 51.0


@pytest.mark.parametrize(
    ("at_s", "advance_s", "twilight"),
    [
        (0.0, 1800.0, False),
        (7200.0, 1800.0, False),  # the sun sinks, but not so far
        (AT_NIGHTFALL_S - 5.0, 1800.0, False),
        (AT_NIGHTFALL_S + 5.0, 1800.0, True),
        (DUSK_S - 5.0, 1800.0, True),
        (DUSK_S + 5.0, 1800.0, False),  # it is dark by the sun
        (DAWN_S - 5.0, 1800.0, False),
        (DAWN_S + 5.0, 1800.0, True),
        (AT_DAYBREAK_S - 5.0, 1800.0, True),
        (AT_DAYBREAK_S + 5.0, 1800.0, False),
        (DAY_S - 7200.0, 1800.0, False),  # it climbs, but has long risen
        (DUSK_S - 60.0, 10.0, False),  # between both elevations, a minute before dusk
        (DUSK_S - 5.0, 10.0, True),
    ],
)
def test_twilight_is_the_advance_before_dusk_and_after_dawn(
    *, at_s: float, advance_s: float, twilight: bool
) -> None:
    rules, before = replace(RULES, advance_s=advance_s), Sky(sun_dark=at_s > DAY_S / 2)
    assert look(before, rules, SOEST, Moment(50.0, NOON + at_s)).twilight is twilight

"""Health of light sensors: unreadable, covered, lit by a lamp, at odds with the sun."""

from collections.abc import Iterator

from controller.core.health.alarms import Finding, between
from controller.core.health.examination import Examination, Rule
from controller.core.health.light_log import DEEP_NIGHT_DEG, KEPT_EVENINGS, LightLog

# With the sun so high even a thunderstorm leaves some hundred lux.
DAY_DEG = 6.0
COVERED_LUX, UNCOVERED_LUX = 30.0, 60.0
# Averages with lamps lit and dimmed are compared once there are so many readings of each.
LEAST_READINGS = 20
LAMPLIT_TIMES, UNLIT_TIMES = 3.0, 2.0
LEAST_LAMPLIT_LUX = 5.0
# An unshaded sensor switches between -1.4 degrees (heavy cloud) and -4.2 (clear).
EARLIEST_DUSK_DEG, LATEST_DUSK_DEG = 4.0, -6.0


def unreadable(x: Examination) -> Iterator[Finding]:
    """Say which light sensors give no readings."""
    for sensor in sorted(x.state.site.own_light_sensors):
        evidence = {"light_sensors_left": float(len(x.state.sky.readings))}
        yield Finding(sensor, sensor not in x.state.sky.readings, evidence)


def covered(x: Examination) -> Iterator[Finding]:
    """Say which light sensors read night in full daylight."""
    sun_deg = x.state.sky.elevation_deg
    for sensor, reading in x.state.sky.readings.items():
        if sun_deg is not None and sun_deg >= DAY_DEG:
            lux = _lux(reading.raw_log)
            faulty = between(lux, fine=UNCOVERED_LUX, faulty=COVERED_LUX)
            yield Finding(sensor, faulty, {"lux": lux, "sun_deg": sun_deg})


def lamplit(x: Examination) -> Iterator[Finding]:
    """Say which light sensors read light deep in the night, or see the node's own lamps."""
    sun_deg = x.state.sky.elevation_deg
    if sun_deg is None or sun_deg >= DEEP_NIGHT_DEG:
        return
    rules = x.state.profile.daylight
    for sensor, reading in x.state.sky.readings.items():
        lux, log = _lux(reading.raw_log), x.samples.light[sensor]
        evidence = {
            "lux": lux,
            "lux_lamps_lit": _lux(log.lit.value),
            "lux_lamps_dimmed": _lux(log.dimmed.value),
        }
        bright = between(lux, fine=rules.on_lux, faulty=rules.off_lux)
        signs = (bright, _follows_lamps(log))
        faulty = True if True in signs else None if None in signs else False
        yield Finding(sensor, faulty, evidence)


def _follows_lamps(log: LightLog) -> bool | None:
    if min(log.lit.number, log.dimmed.number) < LEAST_READINGS:
        return False
    lit_lux, dimmed_lux = _lux(log.lit.value), _lux(log.dimmed.value)
    if lit_lux < LEAST_LAMPLIT_LUX:
        return False
    return between(lit_lux, fine=UNLIT_TIMES * dimmed_lux, faulty=LAMPLIT_TIMES * dimmed_lux)


def against_sun(x: Examination) -> Iterator[Finding]:
    """Say which light sensors switched far too early or too late on all of the last evenings."""
    for sensor, log in x.samples.light.items():
        if len(log.evenings) == KEPT_EVENINGS:
            off = [not LATEST_DUSK_DEG <= deg <= EARLIEST_DUSK_DEG for deg in log.evenings]
            mean_deg = sum(log.evenings) / KEPT_EVENINGS
            evidence = {"evenings": float(KEPT_EVENINGS), "switched_at_deg": mean_deg}
            yield Finding(sensor, True if all(off) else False if not off[-1] else None, evidence)


def _lux(log: float) -> float:
    return float(10.0**log) - 1.0


RULES = (
    Rule("light_sensor_unreadable", 1800.0, 300.0, unreadable),
    Rule("light_sensor_covered", 3600.0, 600.0, covered),
    Rule("light_sensor_lamplit", 1800.0, 3600.0, lamplit),
    Rule("light_sensor_against_sun", 0.0, 0.0, against_sun),
)

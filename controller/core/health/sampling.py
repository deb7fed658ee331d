"""Samples of what lasts: light sensors, meters and the host, taken at every examination."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from controller.core.health.alarms import Vitals
from controller.core.health.fading import faded
from controller.core.health.light_log import LightLog
from controller.core.health.meter_log import MeterLog
from controller.core.state import State

SUPPLY_MEMORY_H = 1.0


class HostLog(NamedTuple):
    """How many minutes of late the host lacked voltage, and was throttled; None: cannot be told."""

    undervolted_min: float | None = None
    throttled_min: float | None = None

    def read(self, vitals: Vitals, elapsed_s: float) -> "HostLog":
        """Take the vitals of the time since the last examination."""
        return HostLog(
            _minutes(self.undervolted_min, elapsed_s, vitals.undervoltage),
            _minutes(self.throttled_min, elapsed_s, vitals.throttled),
        )


class Samples(NamedTuple):
    """All that is sampled, by light sensor and by meter, and the host."""

    light: Mapping[str, LightLog] = MappingProxyType({})
    meters: Mapping[str, MeterLog] = MappingProxyType({})
    host: HostLog = HostLog()

    def taken(self, state: State, now_s: float, vitals: Vitals, elapsed_s: float) -> "Samples":
        """Sample everything. `elapsed_s`: since the last time."""
        light = {
            sensor: self.light.get(sensor, LightLog()).read(reading, state)
            for sensor, reading in state.sky.readings.items()
        }
        meters = {
            meter: self.meters.get(meter, MeterLog()).read(metered, state, now_s, elapsed_s)
            for meter, metered in state.meters.items()
        }
        return Samples({**self.light, **light}, meters, self.host.read(vitals, elapsed_s))


def _minutes(before: float | None, elapsed_s: float, now: bool | None) -> float | None:  # noqa: FBT001 - a state, not a flag
    if now is None:
        return None
    return faded(before or 0.0, elapsed_s, SUPPLY_MEMORY_H) + now

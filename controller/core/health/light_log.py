"""What a light sensor said of the nights and evenings, sampled at every examination."""

import math
from typing import NamedTuple

from controller.core.daylight import LuxReading
from controller.core.state import State

# Below this elevation of the sun (degrees) no daylight is left: the sky gives less than 0.1 lx.
DEEP_NIGHT_DEG = -9.0
# Readings with lamps lit and dimmed are averaged over so many.
LIGHT_MEMORY = 50.0
LIT_PCT, DIMMED_PCT = 80.0, 30.0
KEPT_EVENINGS = 3


class Mean(NamedTuple):
    """A mean of the newest `LIGHT_MEMORY` values or so; `number` of all there were."""

    value: float = 0.0
    number: int = 0

    def added(self, value: float) -> "Mean":
        """Add a value."""
        number = self.number + 1
        return Mean(self.value + (value - self.value) / min(number, LIGHT_MEMORY), number)


class LightLog(NamedTuple):
    """What a light sensor said. Lux as log10(1 + lux), as they are read.

    `lit`, `dimmed`: deep in the night with a lamp of the node at full, and with none. `dusk_deg`:
    the sun's elevation when it last began to call it dark after it had called it light, None while
    it calls it light. `evenings`: of the last ones, the elevation at which it did.
    """

    taken_at_s: float = -math.inf
    lit: Mean = Mean()
    dimmed: Mean = Mean()
    sun_deg: float | None = None
    dusk_deg: float | None = None
    evenings: tuple[float, ...] = ()

    def read(self, reading: LuxReading, state: State) -> "LightLog":
        """Take a reading, if it is a new one."""
        sun_deg = state.sky.elevation_deg
        if reading.at_s <= self.taken_at_s or sun_deg is None:
            return self
        lit, dimmed = self.lit, self.dimmed
        if sun_deg < DEEP_NIGHT_DEG:
            lit, dimmed = self._with_night(reading, state)
        dusk_deg = self._dusk_deg(reading, state, sun_deg)
        evenings = self.evenings
        if self.sun_deg is not None and sun_deg < DEEP_NIGHT_DEG <= self.sun_deg:
            evening_deg = DEEP_NIGHT_DEG if dusk_deg is None else dusk_deg
            evenings = (*evenings[1 - KEPT_EVENINGS :], evening_deg)
        return LightLog(reading.at_s, lit, dimmed, sun_deg, dusk_deg, evenings)

    def _with_night(self, reading: LuxReading, state: State) -> tuple[Mean, Mean]:
        """Count a reading that was taken while no lamp faded."""
        fades = [lamp.fade for lamp in state.lamps.values()]
        if any(fade.end_s > reading.at_s for fade in fades):
            return self.lit, self.dimmed
        brightest_pct = max((fade.to_pct for fade in fades), default=0.0)
        if brightest_pct >= LIT_PCT:
            return self.lit.added(reading.raw_log), self.dimmed
        if brightest_pct <= DIMMED_PCT:
            return self.lit, self.dimmed.added(reading.raw_log)
        return self.lit, self.dimmed

    def _dusk_deg(self, reading: LuxReading, state: State, sun_deg: float) -> float | None:
        """Return at which elevation of the sun the sensor began to call it dark."""
        rules, lux = state.profile.daylight, 10.0**reading.smooth_log - 1.0
        if lux > rules.off_lux:
            return None
        if lux < rules.on_lux and self.dusk_deg is None:
            return sun_deg
        return self.dusk_deg

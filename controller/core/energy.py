"""Energy of lamps: closed-form integrals, and the account that a record is closed from.

During a fade the flux grows exponentially with time, X(t) = X0 * exp(k t), so its integral is
(X1 - X0) / k; electrical power is linear in flux between the points of a lamp's power table, so
the energy of any stretch of a fade is a sum of a few such terms. Nothing is sampled.
"""

import math
from itertools import pairwise
from typing import NamedTuple

from controller.core.effects import LampEnergy
from controller.core.fade import FULL_PCT, LEVELS_PER_DECADE, Fade, dali_level, flux_pct
from controller.core.path import Lamp, PowerTable
from controller.core.profile import Baseline

SECONDS_PER_HOUR = 3600.0
# DALI levels; below it the difference of two fluxes has no digits left, and no energy either.
NEGLIGIBLE_RAMP = 1e-6
# Bats did as in the dark up to a quarter of full light (Rowse 2018).
BRIGHT_PCT = 25.0


def power_w(power: PowerTable, level_pct: float) -> float:
    """Electrical power at a steady level: `standby_w` when off, else from the table."""
    if level_pct <= 0.0:
        return power.standby_w
    for (flux_0, watts_0), (flux_1, watts_1) in pairwise(power.points):
        if level_pct <= flux_1:
            return watts_0 + (watts_1 - watts_0) * (level_pct - flux_0) / (flux_1 - flux_0)
    return power.points[-1][1]


def power_at_output(power: PowerTable, output_pct: float) -> PowerTable:
    """Return the table by level of a lamp that needs `output_pct` of its output for full light."""
    lower = [(100.0 * x / output_pct, watts) for x, watts in power.points if x < output_pct]
    return PowerTable(power.standby_w, (*lower, (FULL_PCT, power_w(power, output_pct))))


def fade_energy_wh(power: PowerTable, fade: Fade, start_s: float, end_s: float) -> float:
    """Integrate a lamp's power over a stretch of its course, in Wh.

    `start_s` and `end_s` are monotonic seconds, `fade.begin_s <= start_s <= end_s`.
    """
    ramp_end_s = min(end_s, max(start_s, fade.end_s))
    joules = power_w(power, fade.to_pct) * (end_s - ramp_end_s)
    if ramp_end_s > start_s:
        joules += _ramp_energy_j(power, fade, start_s, ramp_end_s)
    return joules / SECONDS_PER_HOUR


def _ramp_energy_j(power: PowerTable, fade: Fade, start_s: float, end_s: float) -> float:
    if fade.from_pct == fade.to_pct:
        return power_w(power, fade.to_pct) * (end_s - start_s)
    first, last = fade.dali_ends()
    if abs(last - first) < NEGLIGIBLE_RAMP:  # between off and the least lit level, for one
        return power_w(power, max(fade.from_pct, fade.to_pct)) * (end_s - start_s)
    dali_per_s = (last - first) / fade.fade_s
    growth_per_s = dali_per_s * math.log(10.0) / LEVELS_PER_DECADE
    # At the very end rounding may lead below the least lit level, where there is no flux.
    flux_0 = flux_pct(max(1.0, first + dali_per_s * (start_s - fade.begin_s)))
    flux_1 = flux_pct(max(1.0, first + dali_per_s * (end_s - fade.begin_s)))
    low, high = min(flux_0, flux_1), max(flux_0, flux_1)
    joules = 0.0
    for (x0, p0), (x1, p1) in pairwise(power.points):
        a, b = max(low, x0), min(high, x1)
        if a < b:
            slope = (p1 - p0) / (x1 - x0)
            seconds = math.log(b / a) / abs(growth_per_s)
            joules += (p0 - slope * x0) * seconds + slope * (b - a) / abs(growth_per_s)
    return joules


def full_load_s(fade: Fade, start_s: float, end_s: float) -> float:
    """Return how long full light gives as much flux as a stretch of a lamp's course, in seconds."""
    return fade_energy_wh(_FLUX, fade, start_s, end_s) * SECONDS_PER_HOUR


# A lamp that draws a watt at full light and less in proportion: its energy is its flux.
_FLUX = PowerTable(0.0, ((0.0, 0.0), (FULL_PCT, 1.0)))


class Conventional(NamedTuple):
    """How the lamps that the account compares with would burn: `lit` at all, and `late` or not."""

    lit: bool
    late: bool
    baseline: Baseline

    def power_w(self, lamp: Lamp) -> float:
        """Return what one in a lamp's place would draw; by day it is cut off."""
        level_pct = self.baseline.level_pct if self.late else FULL_PCT
        if not self.lit or level_pct == 0.0:
            return 0.0
        if self.baseline.lamp_w is not None:
            return self.baseline.lamp_w * level_pct / FULL_PCT
        return power_w(lamp.power, level_pct)


class Account(NamedTuple):
    """What one lamp did since the last record, booked up to `until_s` (monotonic seconds)."""

    until_s: float
    active_energy_wh: float = 0.0
    baseline_wh: float = 0.0
    burn_s: float = 0.0
    switches: int = 0
    bright_s: float = 0.0
    full_load_s: float = 0.0
    detected_s: float = 0.0

    def closed(
        self, lamp: Lamp, fade: Fade, *, to_s: float, conventional: Conventional, detected: bool
    ) -> "Account":
        """Book the lamp's course up to `to_s`; the last two hold for the whole stretch."""
        elapsed_s = to_s - self.until_s
        if elapsed_s <= 0.0:
            return self
        baseline_w = conventional.power_w(lamp)
        used_wh = fade_energy_wh(lamp.power, fade, self.until_s, to_s)
        return Account(
            until_s=to_s,
            active_energy_wh=self.active_energy_wh + used_wh,
            baseline_wh=self.baseline_wh + baseline_w * elapsed_s / SECONDS_PER_HOUR,
            burn_s=self.burn_s + _lit_s(fade, self.until_s, to_s),
            switches=self.switches,
            bright_s=self.bright_s + _bright_s(fade, self.until_s, to_s),
            full_load_s=self.full_load_s + full_load_s(fade, self.until_s, to_s),
            detected_s=self.detected_s + (elapsed_s if detected else 0.0),
        )

    def record(self, lamp: Lamp, measured_wh: float | None) -> LampEnergy:
        """Return the record of this account; a lamp's own meter knows better than its table."""
        return LampEnergy(
            lamp=lamp.id,
            active_energy_wh=self.active_energy_wh if measured_wh is None else measured_wh,
            baseline_wh=self.baseline_wh,
            burn_s=self.burn_s,
            switches=self.switches,
            bright_s=self.bright_s,
            full_load_s=self.full_load_s,
            detected_s=self.detected_s,
            measured=measured_wh is not None,
        )


class Hours(NamedTuple):
    """How long conventional lamps would have burned since the last record, and how long late."""

    until_s: float
    dark_s: float = 0.0
    late_s: float = 0.0

    def closed(self, to_s: float, conventional: Conventional) -> "Hours":
        """Count up to `to_s`."""
        elapsed_s = max(0.0, to_s - self.until_s)
        return Hours(
            max(self.until_s, to_s),
            self.dark_s + (elapsed_s if conventional.lit else 0.0),
            self.late_s + (elapsed_s if conventional.lit and conventional.late else 0.0),
        )


def _bright_s(fade: Fade, start_s: float, end_s: float) -> float:
    """Return the seconds between `start_s` and `end_s` with more than `BRIGHT_PCT`."""
    ramp_end_s = min(end_s, max(start_s, fade.end_s))
    steady_s = end_s - ramp_end_s if fade.to_pct > BRIGHT_PCT else 0.0
    before, after = fade.from_pct > BRIGHT_PCT, fade.to_pct > BRIGHT_PCT
    if before == after:
        return steady_s + (ramp_end_s - start_s if before else 0.0)
    low, high = fade.dali_ends()
    crossing_s = fade.begin_s + fade.fade_s * (dali_level(BRIGHT_PCT) - low) / (high - low)
    crossing_s = min(max(crossing_s, start_s), ramp_end_s)
    return steady_s + (crossing_s - start_s if before else ramp_end_s - crossing_s)


def _lit_s(fade: Fade, start_s: float, end_s: float) -> float:
    """Return the seconds with light between `start_s` and `end_s`; a ramp to or from off is lit."""
    if fade.to_pct > 0.0:
        return end_s - start_s
    if fade.from_pct > 0.0:
        return max(0.0, min(end_s, fade.end_s) - start_s)
    return 0.0

"""What a meter said while its lamps were steady, sampled at every examination."""

import math
from typing import NamedTuple

from controller.core.energy import power_w
from controller.core.expected import expected_w
from controller.core.fade import FULL_PCT
from controller.core.health.fading import faded
from controller.core.metering import Metered
from controller.core.state import State

# A lamp works when it draws this share of what it should beyond standby, and has failed below that.
WORKS_SHARE, FAILED_SHARE = 0.65, 0.35
TOGGLES_MEMORY_H = 2.0


class PowerSample(NamedTuple):
    """A reading of a meter, in watts, while no lamp behind it faded.

    `model_w`: what the power tables say; `off_w`: what they say with all lamps off;
    `controller_w`: how much of both is the controller's. `full_w`: all lamps at full, and
    `one_w`: the greatest of them alone, beyond standby.
    """

    at_s: float
    power_w: float
    model_w: float
    off_w: float
    controller_w: float
    full_w: float
    one_w: float

    @property
    def lit_share(self) -> float | None:
        """What is drawn beyond standby as a share of what should be; None with lamps off."""
        lit_w = self.model_w - self.off_w
        return None if lit_w <= 0.0 else (self.power_w - self.off_w) / lit_w


class MeterLog(NamedTuple):
    """What a meter said: its newest sample, None if the last examination brought none.

    `working`: whether its lamps worked when last lit. `toggles`: how often that changed, fading
    with `TOGGLES_MEMORY_H`.
    """

    sample: PowerSample | None = None
    taken_at_s: float = -math.inf
    working: bool | None = None
    toggles: float = 0.0

    def read(self, metered: Metered, state: State, now_s: float, elapsed_s: float) -> "MeterLog":
        """Take the newest reading, if it is one of steady lamps."""
        toggles = faded(self.toggles, elapsed_s, TOGGLES_MEMORY_H)
        sample = steady_sample(metered, state, now_s)
        if sample is None or sample.at_s <= self.taken_at_s:
            return self._replace(sample=None, toggles=toggles)
        working = _working(sample.lit_share)
        if working is not None and self.working is not None and working != self.working:
            toggles += 1.0
        return MeterLog(sample, sample.at_s, self.working if working is None else working, toggles)


def _working(lit_share: float | None) -> bool | None:
    if lit_share is None or FAILED_SHARE < lit_share < WORKS_SHARE:
        return None
    return lit_share >= WORKS_SHARE


def steady_sample(metered: Metered, state: State, now_s: float) -> PowerSample | None:
    """Return a meter's last reading if it is fresh and the lamps behind it stood still then."""
    meter, model_w = metered.meter, expected_w(metered, state, now_s)
    if metered.power_w is None or model_w is None or not meter.lamps:
        return None
    tables = [state.site.lamps[lamp].power for lamp in meter.lamps]
    full_w = [power_w(table, FULL_PCT) - table.standby_w for table in tables]
    controller_w = state.site.controller_w if meter.controller else 0.0
    return PowerSample(
        at_s=metered.read_at_s,
        power_w=metered.power_w,
        model_w=model_w,
        off_w=controller_w + sum(table.standby_w for table in tables),
        controller_w=controller_w,
        full_w=sum(full_w),
        one_w=max(full_w),
    )

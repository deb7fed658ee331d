"""Is it dark? The sun decides; a light sensor may add light, never take it.

1. With a trusted clock it is dark while the sun is below the on-elevation (evening) or the
   off-elevation (morning).
2. Within `advance_s` before dusk and after dawn a light sensor may call it dark as well: clouds.
   It cannot call a dark path light: it gets covered, dirty, or lit by a head lamp.
3. Without a trusted clock the light sensor alone decides.
4. Without both it is dark, and unknown.

Readings are smoothed on a logarithmic scale, where a passing head lamp weighs little.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from astral import Observer
from astral.sun import elevation

from controller.core.moment import Moment
from controller.core.profile import Daylight

# The sky turns by 360 degrees in a sidereal day of 86,164 s, so no elevation changes faster.
FASTEST_SUN_DEG_PER_S = 360.0 / 86164.0
LEAST_WAIT_S = 1.0
LUX_STALE_S = 900.0
CLOCK_STEP_S = 1.0


def sun_elevation_deg(latitude_deg: float, longitude_deg: float, utc_s: float) -> float:
    """Geometric elevation of the sun's centre in degrees, without refraction."""
    observer = Observer(latitude_deg, longitude_deg, 0.0)
    when = datetime.fromtimestamp(utc_s, UTC)
    return float(elevation(observer, when, with_refraction=False))


@dataclass(frozen=True, slots=True)
class LuxReading:
    """A sensor's last reading and its smoothed value, as log10(1 + lux), at `at_s`."""

    at_s: float
    raw_log: float
    smooth_log: float

    def smooth_log_at(self, mono_s: float, time_constant_s: float) -> float:
        """Low-pass of the readings, each holding until the next: repeats change nothing."""
        if time_constant_s == 0.0:
            return self.raw_log
        decay = math.exp(-(mono_s - self.at_s) / time_constant_s)
        return self.raw_log + (self.smooth_log - self.raw_log) * decay


def measured(
    before: LuxReading | None, lux: float, mono_s: float, time_constant_s: float
) -> LuxReading:
    """Take a new reading. Before the first one it is dark: light must last to be believed."""
    raw_log = math.log10(1.0 + max(0.0, lux))
    if before is None:
        return LuxReading(mono_s, raw_log, 0.0)
    return LuxReading(mono_s, raw_log, before.smooth_log_at(mono_s, time_constant_s))


@dataclass(frozen=True, slots=True)
class Sky:
    """What is known about daylight.

    `sun_dark` and `lux_dark` are None while unknown. `clock_offset_s` is UTC minus monotonic
    seconds, None without a trusted clock. `recheck_s`: monotonic seconds at which the sun could
    next change the answer.
    """

    sun_dark: bool | None = None
    lux_dark: bool | None = None
    twilight: bool = False
    lux: float | None = None
    elevation_deg: float | None = None
    clock_offset_s: float | None = None
    recheck_s: float = -math.inf
    readings: Mapping[str, LuxReading] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether the sun or a light sensor can be asked at all."""
        return self.sun_dark is not None or self.lux_dark is not None

    @property
    def dark(self) -> bool:
        """Whether the path needs light; the unknown is dark."""
        if self.sun_dark is None:
            return self.lux_dark is not False
        return self.sun_dark or (self.twilight and self.lux_dark is True)

    @property
    def may_be_dark_nearby(self) -> bool:
        """Whether a neighbour, with a light sensor of its own, may already need light."""
        return self.dark or self.twilight

    @property
    def cause(self) -> str:
        """Who decided: `sun`, `lux` or `unknown`."""
        if not self.known:
            return "unknown"
        return "lux" if self.sun_dark is None or self.sun_dark != self.dark else "sun"

    @property
    def baseline_lit(self) -> bool:
        """Whether a conventional lamp, switched at dusk and dawn, would burn.

        While daylight is unknown nothing is claimed: the account then errs against us.
        """
        return bool(self.lux_dark) if self.sun_dark is None else self.sun_dark


def needs_recheck(sky: Sky, moment: Moment) -> bool:
    """Whether time, or a step or a change of trust of the clock, calls for a fresh look."""
    offset_s = _offset_s(moment)
    if (offset_s is None) != (sky.clock_offset_s is None):
        return True
    if offset_s is not None and sky.clock_offset_s is not None:
        stepped = abs(offset_s - sky.clock_offset_s) > CLOCK_STEP_S
        return stepped or moment.mono_s >= sky.recheck_s
    return moment.mono_s >= sky.recheck_s


def look(sky: Sky, rules: Daylight, position_deg: tuple[float, float], moment: Moment) -> Sky:
    """Form a fresh opinion. `position_deg`: latitude and longitude of the path."""
    live = {k: r for k, r in sky.readings.items() if moment.mono_s < r.at_s + LUX_STALE_S}
    lux = _lux(live.values(), rules.lux_time_constant_s, moment.mono_s)
    stale_s = min((r.at_s + LUX_STALE_S for r in live.values()), default=math.inf)
    lux_dark = None if lux is None else _switch(sky.lux_dark, lux, rules.on_lux, rules.off_lux)
    if moment.utc_s is None:
        return Sky(lux_dark=lux_dark, lux=lux, recheck_s=stale_s, readings=live)
    now_deg, soon_deg, past_deg = (
        sun_elevation_deg(*position_deg, moment.utc_s + shift_s)
        for shift_s in (0.0, rules.advance_s, -rules.advance_s)
    )
    sun_dark = _switch(sky.sun_dark, now_deg, rules.on_elevation_deg, rules.off_elevation_deg)
    distance_deg = min(
        abs(now_deg - (rules.off_elevation_deg if sun_dark else rules.on_elevation_deg)),
        abs(soon_deg - rules.on_elevation_deg),
        abs(past_deg - rules.off_elevation_deg),
    )
    wait_s = max(LEAST_WAIT_S, distance_deg / FASTEST_SUN_DEG_PER_S)
    return Sky(
        sun_dark=sun_dark,
        lux_dark=lux_dark,
        twilight=not sun_dark
        and (
            soon_deg < rules.on_elevation_deg  # the sun sets
            or past_deg < min(now_deg, rules.off_elevation_deg)  # it has risen
        ),
        lux=lux,
        elevation_deg=now_deg,
        clock_offset_s=_offset_s(moment),
        recheck_s=min(stale_s, moment.mono_s + wait_s),
        readings=live,
    )


def _switch(was_dark: bool | None, value: float, on_below: float, off_above: float) -> bool:  # noqa: FBT001 - a state, not a flag
    """Switch with hysteresis; between the limits the unknown counts as dark."""
    if value < on_below:
        return True
    if value > off_above:
        return False
    return was_dark is not False


def _lux(readings: Iterable[LuxReading], time_constant_s: float, mono_s: float) -> float | None:
    """Return the darkest live sensor's smoothed reading: the others may be lit by a lamp."""
    logs = [r.smooth_log_at(mono_s, time_constant_s) for r in readings]
    return 10.0 ** min(logs) - 1.0 if logs else None


def _offset_s(moment: Moment) -> float | None:
    return None if moment.utc_s is None else moment.utc_s - moment.mono_s

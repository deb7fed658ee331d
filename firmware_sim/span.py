"""The night that is simulated, from the sun: when it is dark, in seconds after lighting-up time."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from controller.core.daylight import sun_elevation_deg
from controller.core.path import Path
from controller.core.profile import Daylight
from controller.settings.faults import Fault, SettingsError

MARGIN_S = 1800
SEARCH_STEP_S = 300
DAY_S = 86400


@dataclass(frozen=True, slots=True)
class NightSpan:
    """A night that began on `date`, local time.

    Time zero of all `time_s` is lighting-up time, `zero_utc_s` in POSIX seconds; `dark_end_s` is
    when conventional lighting would go out in the morning. The run has `MARGIN_S` on both sides.
    """

    date: date
    timezone: ZoneInfo
    zero_utc_s: int
    dark_end_s: int

    @property
    def start_s(self) -> int:
        """Begin of the run."""
        return -MARGIN_S

    @property
    def end_s(self) -> int:
        """End of the run."""
        return self.dark_end_s + MARGIN_S

    def local(self, time_s: float) -> datetime:
        """Return the wall clock at `time_s`."""
        return datetime.fromtimestamp(self.zero_utc_s + time_s, self.timezone)

    def time_s(self, day_offset: int, wall: time) -> float:
        """Return when the wall clock shows `wall`, `day_offset` days after the night's date."""
        then = datetime.combine(self.date + timedelta(days=day_offset), wall, self.timezone)
        return then.timestamp() - self.zero_utc_s


def night_span(path: Path, daylight: Daylight, day: date) -> NightSpan:
    """Find dusk and dawn of the night that begins on `day`, to the second.

    Raises SettingsError where the sun does not set or does not rise within a day.
    """
    timezone = ZoneInfo(path.timezone)
    noon_s = int(datetime.combine(day, time(12), timezone).timestamp())

    def elevation_deg(utc_s: int) -> float:
        return sun_elevation_deg(path.latitude_deg, path.longitude_deg, utc_s)

    dusk_s = _first(lambda s: elevation_deg(s) < daylight.on_elevation_deg, noon_s)
    if dusk_s is None:
        raise _no_night(path, day, f"sink below {daylight.on_elevation_deg:g} degrees")
    dawn_s = _first(lambda s: elevation_deg(s) > daylight.off_elevation_deg, dusk_s)
    if dawn_s is None:
        raise _no_night(path, day, f"rise above {daylight.off_elevation_deg:g} degrees")
    return NightSpan(day, timezone, dusk_s, dawn_s - dusk_s)


def _no_night(path: Path, day: date, what: str) -> SettingsError:
    problem = f"the sun does not {what} at path {path.id} within a day of noon on {day}"
    return SettingsError("--date", [Fault(str(day), problem, "choose another --date")])


def _first(holds: Callable[[int], bool], from_s: int) -> int | None:
    """Return the first whole second of the coming day at which `holds`, which then stays so."""
    for later_s in range(from_s, from_s + DAY_S + 1, SEARCH_STEP_S):
        if holds(later_s):
            return _bisect(holds, max(from_s, later_s - SEARCH_STEP_S), later_s)
    return None


def _bisect(holds: Callable[[int], bool], before_s: int, after_s: int) -> int:
    while after_s - before_s > 1:
        middle_s = (before_s + after_s) // 2
        if holds(middle_s):
            after_s = middle_s
        else:
            before_s = middle_s
    return after_s


def quarter_hours(span: NightSpan) -> list[datetime]:
    """Return the beginnings of all quarter hours that the run touches, UTC."""
    quarter_s = 900
    first_s = math.floor((span.zero_utc_s + span.start_s) / quarter_s) * quarter_s
    last_s = span.zero_utc_s + span.end_s
    return [datetime.fromtimestamp(s, UTC) for s in range(first_s, last_s, quarter_s)]

"""How long it is dark in a year, by the sun alone."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache

from controller.core.daylight import sun_elevation_deg
from controller.core.energy import SECONDS_PER_HOUR

DAY_S = 86400.0
HALF_DAY_S = DAY_S / 2.0
DEGREE_S = DAY_S / 360.0
"""The sky turns by a degree in so many seconds, seen from the sun."""
EXACT_S = 4.0
"""Each dusk and dawn is found to within this; errors of a year cancel to less than a minute."""


@lru_cache(maxsize=16)
def dark_h_of_year(
    place_deg: tuple[float, float], switching_deg: tuple[float, float], year: int
) -> float:
    """Return the hours of darkness of the nights that begin in a year.

    `place_deg`: latitude and longitude; `switching_deg`: the elevations of the sun below which
    lamps go on in the evening and off in the morning. No light sensor is thought of.
    """
    latitude_deg, longitude_deg = place_deg

    def elevation_deg(utc_s: float) -> float:
        return sun_elevation_deg(latitude_deg, longitude_deg, utc_s)

    first_s, end_s = (_utc_s(date(y, 1, 1)) for y in (year, year + 1))
    midnights = (
        first_s + DAY_S * (1 + i) - DEGREE_S * longitude_deg
        for i in range(round((end_s - first_s) / DAY_S))
    )
    return sum(_dark_s(elevation_deg, x, switching_deg) for x in midnights) / SECONDS_PER_HOUR


def _utc_s(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _dark_s(
    elevation_deg: Callable[[float], float], midnight_s: float, switching_deg: tuple[float, float]
) -> float:
    """Return the seconds of darkness around a midnight by mean solar time."""
    on_deg, off_deg = switching_deg
    if elevation_deg(midnight_s) >= on_deg:
        return 0.0
    before_s = _until_light_s(elevation_deg, midnight_s, -HALF_DAY_S, on_deg)
    return before_s + _until_light_s(elevation_deg, midnight_s, HALF_DAY_S, off_deg)


def _until_light_s(
    elevation_deg: Callable[[float], float], midnight_s: float, to_noon_s: float, limit_deg: float
) -> float:
    """Return how far from midnight, towards a noon, the sun reaches a limit; at most half a day."""
    dark, light = 0.0, 1.0
    if elevation_deg(midnight_s + to_noon_s) <= limit_deg:
        return HALF_DAY_S
    while (light - dark) * HALF_DAY_S > EXACT_S:
        middle = (dark + light) / 2.0
        if elevation_deg(midnight_s + middle * to_noon_s) < limit_deg:
            dark = middle
        else:
            light = middle
    return (dark + light) / 2.0 * HALF_DAY_S

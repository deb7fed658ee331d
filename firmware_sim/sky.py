"""Daylight on a light sensor, from the sun's elevation and one cloud factor a night.

Clouds within a night are not modelled: the factor is drawn once.
"""

import math
from bisect import bisect_right
from random import Random

from controller.core.daylight import sun_elevation_deg

# Median illuminance on an open roof by elevation of the sun, computed in bins of one degree from
# seven days measured every 30 s in Tuebingen, August and September 2023. Data: LightLogR, MIT.
LUX_BY_ELEVATION_DEG = (
    (-6.5, 0.37),
    (-5.5, 2.15),
    (-4.5, 8.1),
    (-3.5, 24.7),
    (-2.5, 71.5),
    (-1.5, 165.0),
    (-0.5, 298.0),
    (0.5, 545.0),
    (1.5, 944.0),
    (2.5, 1375.0),
    (3.5, 1850.0),
    (4.5, 2431.0),
    (5.5, 2959.0),
    (6.5, 3565.0),
    (7.5, 4698.0),
    (8.5, 6458.0),
)
LEAST_LUX = 0.01
# Spread of the measured bins between -4 and 0 degrees: 5th and 95th percentile lie at about a
# quarter and two and a half times the median, which a lognormal with this sigma gives.
CLOUD_SIGMA = 0.6
CLOUD_BOUNDS = (0.2, 3.0)


def median_lux(elevation_deg: float) -> float:
    """Return the median illuminance in lux; log-linear between the bins, 0 in full night.

    Above the last bin it stays at that bin's value: nothing is switched there.
    """
    elevations = [e for e, _ in LUX_BY_ELEVATION_DEG]
    if elevation_deg >= elevations[-1]:
        return LUX_BY_ELEVATION_DEG[-1][1]
    i = max(1, bisect_right(elevations, elevation_deg))
    (e0, lux0), (e1, lux1) = LUX_BY_ELEVATION_DEG[i - 1], LUX_BY_ELEVATION_DEG[i]
    share = (elevation_deg - e0) / (e1 - e0)
    lux = lux0 * (lux1 / lux0) ** share
    return lux if lux >= LEAST_LUX else 0.0


class Sky:
    """The sky above a path in one night."""

    def __init__(self, latitude_deg: float, longitude_deg: float, seed: int) -> None:
        """Draw the night's clouds."""
        self._place = (latitude_deg, longitude_deg)
        drawn = math.exp(Random(f"{seed}/sky").gauss(0.0, CLOUD_SIGMA))
        self.cloud_factor = min(max(drawn, CLOUD_BOUNDS[0]), CLOUD_BOUNDS[1])

    def lux(self, utc_s: float) -> float:
        """Return the illuminance at a moment, in lux with two decimals."""
        return round(self.cloud_factor * median_lux(sun_elevation_deg(*self._place, utc_s)), 2)

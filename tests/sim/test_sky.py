import pytest

from controller.core.daylight import sun_elevation_deg
from firmware_sim.sky import CLOUD_BOUNDS, LUX_BY_ELEVATION_DEG, Sky, median_lux

SOEST = (51.57, 8.11)
MIDNIGHT, NOON = 1736985600, 1736942400  # 2025-01-16 00:00 and 2025-01-15 12:00, UTC


def test_light_follows_the_measured_table_and_rises_with_the_sun() -> None:
    for elevation_deg, lux in LUX_BY_ELEVATION_DEG:
        assert median_lux(elevation_deg) == pytest.approx(lux)
    series = [median_lux(e / 10) for e in range(-120, 200)]
    assert series == sorted(series)
    assert series[0] == 0.0


def test_a_night_has_one_cloud_factor_from_its_seed() -> None:
    sky, again = Sky(*SOEST, 5), Sky(*SOEST, 5)
    assert sky.cloud_factor == again.cloud_factor != Sky(*SOEST, 6).cloud_factor
    assert CLOUD_BOUNDS[0] <= sky.cloud_factor <= CLOUD_BOUNDS[1]
    noon = median_lux(sun_elevation_deg(*SOEST, NOON))
    assert sky.lux(NOON) == pytest.approx(sky.cloud_factor * noon, abs=0.01)
    assert sky.lux(MIDNIGHT) == 0.0

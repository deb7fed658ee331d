"""The sun's elevation against a table that three independent libraries agree on."""

import csv
from datetime import UTC, datetime

import pytest

from controller.core.daylight import sun_elevation_deg
from tests.support.data import data_file

SOEST_DEG = (51.57, 8.11)
SUNRISE_DEG, CIVIL_DEG = -0.833, -6.0  # without refraction
COLUMNS = (
    ("civil_dawn_utc", CIVIL_DEG, 1),
    ("sunrise_utc", SUNRISE_DEG, 1),
    ("sunset_utc", SUNRISE_DEG, -1),
    ("civil_dusk_utc", CIVIL_DEG, -1),
)
TOLERANCE_S = 30.0


@pytest.mark.parametrize(("column", "elevation_deg", "direction"), COLUMNS)
def test_the_sun_passes_within_half_a_minute_of_the_table(
    column: str, elevation_deg: float, direction: int
) -> None:
    with data_file("solar/soest_sun_2024-2026_reference.csv").open() as table:
        days = [row for row in csv.DictReader(table) if row["date"].startswith("2025")]
    assert len(days) == 365
    late = []
    for row in days:
        at_s = datetime.fromisoformat(row[column]).astimezone(UTC).timestamp()
        before, after = (
            sun_elevation_deg(*SOEST_DEG, at_s + shift_s) - elevation_deg
            for shift_s in (-TOLERANCE_S, TOLERANCE_S)
        )
        if not before * direction < 0.0 < after * direction:
            late.append(row["date"])
    assert late == []

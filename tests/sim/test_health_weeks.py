"""Health over whole days and nights of people, sensors, skies and lamps that are simulated."""

from datetime import date
from pathlib import Path

import pytest

from firmware_sim.disturbances import Disturbance
from firmware_sim.health import (
    Noise,
    counted,
    days,
    lived,
    small_path,
    typical,
    watched,
    with_noise,
)
from firmware_sim.sensors import GRADES
from firmware_sim.span import DAY_S
from firmware_sim.world import World

TRAFFIC = Path(__file__).parents[2] / "config" / "traffic" / "a6-winter.toml"
FIRST = date(2025, 1, 13)
SEED = 5
NOON_TO_DUSK_S = 4 * 3600.0
JUNE_NOON_TO_DUSK_S, JUNE_NOON_TO_DAWN_S = 10 * 3600.0, 17 * 3600.0


def world(number: int, grade: str = "nominal", noises: tuple[Noise, ...] = ()) -> World:
    span = days(FIRST, number)
    return with_noise(lived(span, typical(TRAFFIC, span, SEED), grade, SEED), noises, SEED)


@pytest.mark.parametrize("grade", GRADES)
def test_healthy_days_raise_nothing(grade: str) -> None:
    """`python -m bench.health` lives through twenty weeks of real counts."""
    assert watched(world(2, grade), SEED).changes == []


def test_a_sensor_in_the_wind_is_found_in_the_first_night() -> None:
    found = watched(world(1, noises=(Noise("M3", 60.0),)), SEED)
    at_s = found.first_s("motion_sensor_restless", "M3")
    assert at_s is not None
    assert at_s < NOON_TO_DUSK_S + 4 * 3600.0
    assert found.raised == {"motion_sensor_restless"}


def test_a_path_that_burns_all_night_is_found_at_dawn() -> None:
    """All sensors are mis-adjusted alike, so that each confirms the others. A night in June."""
    span = days(date(2025, 6, 18), 1)
    quiet = lived(span, typical(TRAFFIC, span, SEED), "nominal", SEED)
    sensors = [sensor.id for sensor in small_path().motion_sensors]
    noises = tuple(Noise(sensor, 120.0, begin_s=JUNE_NOON_TO_DUSK_S) for sensor in sensors)
    found = watched(with_noise(quiet, noises, SEED), SEED)
    lamps = {change.subject for change in found.changes if change.code == "lamp_lit_all_night"}
    assert len(lamps) >= len(sensors) - 2  # people leave soon at both ends
    assert all(change.at_s <= JUNE_NOON_TO_DAWN_S for change in found.changes)


def test_broken_sensors_are_found_in_the_first_night() -> None:
    broken = Disturbance(stuck_sensors=frozenset({"M5"}), silent_sensors=frozenset({"M3"}))
    found = watched(world(1), SEED, broken)
    assert found.first_s("motion_sensor_stuck", "M5") is not None
    assert found.first_s("motion_sensor_blind", "M3") is not None
    assert not any(change.subject in ("M1", "M2", "M4", "M6") for change in found.changes)


def test_days_of_a_counter_file_can_be_lived(tmp_path: Path) -> None:
    span = days(FIRST, 1)
    file = tmp_path / "counts.csv"
    stamps = [span.local(-1800.0 + 900.0 * i) for i in range(-2, DAY_S // 900 + 4)]
    rows = "".join(f"{stamp:%Y-%m-%d %H:%M},3,1,2\n" for stamp in stamps)
    file.write_text("Datetime,1 (A),2 (A Fahrräder hin),3 (A Fahrräder her)\n" + rows)
    bins = counted(file, span)
    assert {one.cyclists for one in bins} == {(1, 2)}

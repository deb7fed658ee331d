from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controller.core.daylight import sun_elevation_deg
from controller.settings.site import load_installation
from firmware_sim.demo import scene
from firmware_sim.demo.broker import choose_broker
from firmware_sim.demo.stage import write_files


@pytest.mark.parametrize("hour", range(0, 24, 3))
@pytest.mark.parametrize("month", [3, 6, 9, 12])
def test_it_is_night_for_five_hours_whenever_the_demo_starts(hour: int, month: int) -> None:
    start = datetime(2025, month, 21, hour, 30, tzinfo=UTC)
    longitude_deg = scene.longitude_at_midnight(start)
    for moment in (start, start + timedelta(hours=5)):
        assert sun_elevation_deg(0.0, longitude_deg, moment.timestamp()) < -6.0


def test_the_files_of_all_nodes_are_sound(tmp_path: Path) -> None:
    write_files(tmp_path, choose_broker("amqtt", 18830), 18830)
    for node in scene.NODES:
        installation = load_installation(tmp_path / f"{node}.toml", {})
        lamps = [lamp for lamp in installation.path.lamps if lamp.node == node]
        assert set(installation.settings.lamps) == {lamp.id for lamp in lamps}
        assert len(installation.settings.motion) == len(lamps) == scene.LAMPS_PER_NODE

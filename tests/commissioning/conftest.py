from pathlib import Path

import pytest

from controller.commissioning import selftest
from controller.commissioning.bench import Pace
from firmware_sim.board.factory import VirtualBoardFactory
from tests.board.fixtures import Client, board, board_path, connect, factory, outside
from tests.commissioning.bench import HASTE, Place

__all__ = ["board", "board_path", "connect", "factory", "outside"]


@pytest.fixture(autouse=True)
def haste(monkeypatch: pytest.MonkeyPatch) -> Pace:
    """Nobody looks at virtual lamps for seconds."""
    monkeypatch.setattr(selftest, "UNATTENDED", HASTE)
    return HASTE


@pytest.fixture
def place(tmp_path: Path, factory: VirtualBoardFactory, outside: Client) -> Place:
    """A node on a virtual board whose lamps are pulled to light and whose sensors see nobody."""
    assert factory.wire
    place = Place(tmp_path, outside)
    place.write()
    place.put(pin=12, value=1)
    place.put(pin=13, value=1)
    place.put(pin=17, value=0)
    place.put(pin=27, value=0)
    place.put(lux=12.5)
    place.put(power_w={"L1": 14.0, "L2": 15.0, "controller": 3.0})
    return place

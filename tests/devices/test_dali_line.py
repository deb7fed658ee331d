from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.devices import dali_line
from controller.devices.dali_gear import DaliGear
from controller.devices.dali_line import DaliLine, ServerLine, UsbLine
from controller.devices.gear import GearError
from tests.devices.fake_dali import FakeBus, FakeGear
from tests.devices.fake_dali_server import FakeDaliServer
from tests.devices.fake_tridonic import FakeTridonic


@pytest.fixture
def fake() -> FakeGear:
    return FakeGear(5, types=(6, 8), power_on=0)


@pytest.fixture
def server(fake: FakeGear) -> Iterator[FakeDaliServer]:
    server = FakeDaliServer(FakeBus([fake]))
    yield server
    server.close()


@pytest.fixture
def usb(fake: FakeGear) -> Iterator[FakeTridonic]:
    usb = FakeTridonic(FakeBus([fake]))
    yield usb
    usb.close()


def drive(line: DaliLine, fake: FakeGear, bus: FakeBus) -> None:
    """All that is said to gear, over a line."""
    gear = DaliGear("L1", line, short=5)
    gear.set(10.0, 3.0, 2200.0)
    assert [step() for step in gear.examination(prepare=True, diagnose=True)][-1] is None
    assert (fake.level, fake.fade_register, fake.power_on, fake.mired) == (170, 5, 254, 455)
    bus.disturbed = 1
    assert [step() for step in gear.examination(prepare=False, diagnose=False)] == [None]
    fake.silent = True
    with pytest.raises(GearError):
        next(gear.examination(prepare=True, diagnose=False))()
    fake.silent = False


def test_gear_behind_daliserver(server: FakeDaliServer, fake: FakeGear) -> None:
    line = ServerLine(server.port)
    drive(line, fake, server.bus)
    line.close()
    assert server.connections == 1


def test_daliserver_that_hangs_up_or_talks_nonsense_is_told_and_asked_again(
    server: FakeDaliServer, fake: FakeGear
) -> None:
    line = ServerLine(server.port)
    gear = DaliGear("L1", line, short=5)
    server.hang_up = True
    with pytest.raises(OSError, match=f"daliserver at {server.port}: .*hung up"):
        gear.set(10.0, 3.0, None)
    server.hang_up = False
    gear.set(10.0, 3.0, None)
    assert fake.level == 170
    server.status = 7
    with pytest.raises(OSError, match="status 7"):
        next(gear.examination(prepare=True, diagnose=False))()
    line.close()


def test_daliserver_that_is_not_there_is_told(server: FakeDaliServer) -> None:
    server.close()
    with pytest.raises(OSError, match=r"daliserver at .*refused"):
        DaliGear("L1", ServerLine(server.port), short=5).set(10.0, 3.0, None)


def test_gear_behind_a_usb_interface(usb: FakeTridonic, fake: FakeGear) -> None:
    line = UsbLine(usb.port)
    drive(line, fake, usb.bus)
    line.close()
    line.close()


def test_a_usb_interface_that_is_not_there_is_told(tmp_path: Path) -> None:
    line = UsbLine(str(tmp_path / "daliusb-*"))
    for _ in range(2):
        with pytest.raises(OSError, match=r"cannot open .*its rights"):
            DaliGear("L1", line, short=5).set(10.0, 3.0, None)
    line.close()


def test_a_usb_interface_that_falls_silent_is_told_and_opened_anew(
    usb: FakeTridonic, fake: FakeGear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dali_line, "SEQUENCE_LIMIT_S", 0.2)
    line = UsbLine(usb.port)
    gear = DaliGear("L1", line, short=5)
    usb.dead = True
    with pytest.raises(OSError, match="does not answer"):
        gear.set(10.0, 3.0, None)
    usb.dead = False
    monkeypatch.setattr(dali_line, "SEQUENCE_LIMIT_S", 30.0)
    gear.set(10.0, 3.0, None)
    assert fake.level == 170
    line.close()


def test_a_usb_interface_that_is_pulled_out_is_told(usb: FakeTridonic, fake: FakeGear) -> None:
    line = UsbLine(usb.port)
    gear = DaliGear("L1", line, short=5)
    gear.set(100.0, 3.0, None)

    def pulled(_: bytes) -> None:
        raise OSError("no such device")

    line._driver._raw_write = pulled
    with pytest.raises(OSError, match="fails: CommunicationError"):
        gear.set(10.0, 3.0, None)
    gear.set(10.0, 3.0, None)
    assert fake.level == 170
    line.close()

import asyncio
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from gpiozero import Device, DigitalOutputDevice
from gpiozero.pins.mock import MockFactory, MockPWMPin
from structlog.testing import capture_logs

from controller.devices import dali_lamp, sysfs_pwm
from controller.settings.node import NodeSettings, load_node
from controller.wiring import open_lamps
from tests.devices.fake_channel import Told
from tests.devices.fake_dali import FakeBus, FakeGear
from tests.devices.fake_dali_server import FakeDaliServer
from tests.devices.fake_sysfs_pwm import FakeSysfs
from tests.shell.fakes import until

CHIP = "1f00098000.pwm"
LINE = f'kind = "sysfs_pwm", device = "{CHIP}"'


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = None


@pytest.fixture
def sysfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSysfs:
    sysfs = FakeSysfs(tmp_path)
    for name in ("root", "write", "wait"):
        monkeypatch.setattr(sysfs_pwm.KERNEL, name, getattr(sysfs, name))
    return sysfs


def wired(folder: Path, **lamps: str) -> NodeSettings:
    tables = (f"[lamps.{lamp}]\n{text}" for lamp, text in lamps.items())
    head = 'path_file = "path.toml"\nnode = "n1"\nstate_dir = "state"\n'
    file = folder / "node.toml"
    file.write_text(head + "\n".join(tables))
    return load_node(file, {})


async def test_hardware_pwm_is_born_lit_driven_and_left_lit(
    tmp_path: Path, sysfs: FakeSysfs
) -> None:
    settings = wired(tmp_path, L1=f'kind = "sysfs_pwm"\ndevice = "{CHIP}"\nchannel = 1')
    with ExitStack() as to_close:
        lamps = open_lamps(settings, to_close)
        assert sysfs.states[-1] == (True, 333_333, 333_333, "normal")
        lamps["L1"].fade_to(10.0, 0.0)
        assert sysfs.states[-1][2] == 33_333
    assert sysfs.states[-1][2] == 333_333


async def test_0_10_v_goes_through_its_curve(tmp_path: Path, pins: MockFactory) -> None:
    text = """kind = "analogue"
        output = { kind = "gpio_pwm", pin = 12 }
        calibration = [[0, 0], [10, 20], [100, 90]]"""
    with ExitStack() as to_close:
        lamps = open_lamps(wired(tmp_path, L1=text), to_close)
        assert pins.pin(12).state == pytest.approx(0.9)
        lamps["L1"].fade_to(10.0, 0.0)
        assert pins.pin(12).state == pytest.approx(0.2)


async def test_a_relay_is_switched(tmp_path: Path, pins: MockFactory) -> None:
    text = 'kind = "relay"\npin = 12\nactive_high = false\nleast_on_s = 0'
    with ExitStack() as to_close:
        lamps = open_lamps(wired(tmp_path, L1=text), to_close)
        assert pins.pin(12).state == 0
        lamps["L1"].fade_to(0.0, 0.0)
        await until(lambda: pins.pin(12).state == 1)


async def test_two_channels_are_one_lamp(
    tmp_path: Path, pins: MockFactory, sysfs: FakeSysfs
) -> None:
    text = f"""kind = "two_channel"
        warm = {{ {LINE}, channel = 0 }}
        cold = {{ kind = "gpio_pwm", pin = 12 }}
        warm_k = 2200
        cold_k = 4000"""
    with ExitStack() as to_close:
        lamps = open_lamps(wired(tmp_path, L1=text), to_close)
        lamps["L1"].fade_to(60.0, 0.0, 4000.0)
        assert (sysfs.states[-1][2], pins.pin(12).state) == (0, pytest.approx(0.6))


async def test_a_lamp_whose_second_channel_cannot_be_opened_lets_go_of_the_first(
    tmp_path: Path, pins: MockFactory
) -> None:
    text = """kind = "two_channel"
        warm = { kind = "gpio_pwm", pin = 12 }
        cold = { kind = "gpio_pwm", pin = 13 }
        warm_k = 2200
        cold_k = 4000"""
    taken, told = DigitalOutputDevice(13), Told()
    with ExitStack() as to_close, capture_logs() as lines:
        assert open_lamps(wired(tmp_path, L1=text), to_close, told) == {}
        assert pins.pin(12).frequency is None
    assert [(x["event"], x["device"]) for x in lines] == [("device_not_opened", "L1")]
    assert told.faults == [("L1", "cannot_open")]
    taken.close()


async def test_hardware_pwm_that_is_not_there_is_told_and_the_rest_works(
    tmp_path: Path, pins: MockFactory, sysfs: FakeSysfs
) -> None:
    settings = wired(
        tmp_path,
        L1='kind = "sysfs_pwm"\ndevice = "fe20c000.pwm"\nchannel = 0',
        L2='kind = "gpio_pwm"\npin = 12',
    )
    told = Told()
    with ExitStack() as to_close, capture_logs() as lines:
        lamps = open_lamps(settings, to_close, told)
        assert (lamps.keys(), pins.pin(12).state) == ({"L2"}, 1.0)
    assert "dtoverlay=pwm-2chan" in lines[0]["error"]
    assert told.faults == [("L1", "cannot_open")]
    assert sysfs.states == []


def dali(port: str, address: str) -> str:
    return f'kind = "dali"\ninterface = "daliserver"\nport = "{port}"\n{address}'


async def test_dali_lamps_share_their_interface_and_are_lit_when_let_go(tmp_path: Path) -> None:
    one = FakeGear(5, failure=0)
    members = [FakeGear(short, frozenset({2}), power_on=0) for short in (6, 7)]
    server, told = FakeDaliServer(FakeBus([one, *members])), Told()
    settings = wired(tmp_path, L1=dali(server.port, "short = 5"), L2=dali(server.port, "group = 2"))
    with ExitStack() as to_close:
        lamps = open_lamps(settings, to_close, told)
        lamps["L1"].fade_to(10.0, 0.0)
        lamps["L2"].fade_to(20.0, 0.0)
        await until(lambda: (one.level, *(x.level for x in members)) == (170, 195, 195))
        await until(lambda: (one.failure, *(x.power_on for x in members)) == (254, 254, 254))
    await until(lambda: (one.level, *(x.level for x in members)) == (254, 254, 254))
    assert server.connections == 1
    assert told.faults == []
    server.close()


async def test_dali_without_its_interface_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dali_lamp, "FIRST_RETRY_S", 0.01)
    told = Told()
    with ExitStack() as to_close:
        lamps = open_lamps(wired(tmp_path, L1=dali("127.0.0.1:1", "short = 5")), to_close, told)
        assert lamps.keys() == {"L1"}
        await until(lambda: told.faults == [("L1", "bus_fails")])
    await asyncio.sleep(0)


async def test_dali_without_its_library_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "controller.devices.dali_gear", raising=False)
    monkeypatch.setitem(sys.modules, "controller.devices.dali_line", None)
    told = Told()
    with ExitStack() as to_close, capture_logs() as lines:
        settings = wired(tmp_path, L1=dali("127.0.0.1:1", "short = 5"))
        assert open_lamps(settings, to_close, told) == {}
    assert "extra 'dali'" in lines[0]["error"]
    assert told.faults == [("L1", "cannot_open")]

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from gpiozero import Device, DigitalOutputDevice
from gpiozero.exc import PinEdgeDetectUnsupported
from gpiozero.pins.mock import MockFactory, MockPWMPin
from structlog.testing import capture_logs

from controller.core.events import Event, LuxMeasured, MotionReported, PowerMeasured
from controller.core.metering import Meter
from controller.devices import gpio, ina226, motion
from controller.inbox import Inbox
from controller.settings.node import NodeSettings, load_node
from controller.wiring import open_lamps, open_meters, open_sensors, wired_meters
from firmware_sim.board.factory import BOARD_VARIABLE
from firmware_sim.board.i2c import VirtualI2c, virtual_i2c
from tests.board.fixtures import until
from tests.devices.fake_ld2410 import MOVING, FakeLd2410, frame
from tests.devices.fake_mcp3008 import FakeMcp3008
from tests.devices.fake_veml7700 import FakeVeml7700
from tests.devices.modbus_slaves import Line, pzem004t

LAMPS = {"L1": 12, "L2": 13}
MOTION = {"M1": 17, "M2": 27}


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = None


@pytest.fixture
def no_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    Device.pin_factory = None
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "cyclelight_sim")
    monkeypatch.delenv(BOARD_VARIABLE, raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> NodeSettings:
    return node_of(tmp_path)


def node_of(
    folder: Path,
    *,
    light: str = "none",
    lamp_2: str = "",
    motion: tuple[str, str] = ("", ""),
    more: str = "",
) -> NodeSettings:
    lines = ['path_file = "path.toml"', 'node = "n1"', 'state_dir = "state"']
    for name, pin in LAMPS.items():
        lines += [f"[lamps.{name}]", 'kind = "gpio_pwm"', f"pin = {pin}"]
    for (name, pin), said in zip(MOTION.items(), motion, strict=True):
        lines += [f"[motion.{name}]", 'kind = "gpio"', f"pin = {pin}", said]
    lines += ["[light.D1]", f'kind = "{light}"']
    text = "\n".join(lines)
    if lamp_2:
        text = text.replace(f'kind = "gpio_pwm"\npin = {LAMPS["L2"]}', f'kind = "{lamp_2}"')
    file = folder / "node.toml"
    file.write_text(text + more)
    return load_node(file, {})


async def reports(inbox: Inbox) -> list[Event]:
    events = []
    while (event := await inbox.get(0.0)) is not None:
        events.append(event)
    return events


async def test_every_wired_lamp_is_opened_lit_and_let_go(
    pins: MockFactory, settings: NodeSettings
) -> None:
    with ExitStack() as to_close:
        assert open_lamps(settings, to_close).keys() == LAMPS.keys()
        assert [pins.pin(pin).state for pin in LAMPS.values()] == [1.0, 1.0]
        assert pins.pin(12).frequency == 1250
    assert [pins.pin(pin).frequency for pin in LAMPS.values()] == [None, None]


async def test_a_lamp_whose_pin_is_in_use_is_logged_and_the_rest_works(
    pins: MockFactory, settings: NodeSettings
) -> None:
    taken = DigitalOutputDevice(12)
    with ExitStack() as to_close, capture_logs() as lines:
        lamps = open_lamps(settings, to_close)
        lamps["L2"].fade_to(10.0, 0.0)
        assert pins.pin(13).state == pytest.approx(0.1)
    assert lamps.keys() == {"L2"}
    assert [(x["event"], x["device"], x["log_level"]) for x in lines] == [
        ("device_not_opened", "L1", "error")
    ]
    assert "GPIO 12" in lines[0]["error"]
    taken.close()


@pytest.mark.usefixtures("no_pins")
async def test_without_a_pin_factory_every_device_is_logged_and_nothing_raised(
    tmp_path: Path,
) -> None:
    settings, inbox = node_of(tmp_path, light="bh1750"), Inbox()
    with ExitStack() as to_close, capture_logs() as lines:
        assert open_lamps(settings, to_close) == {}
        open_sensors(settings, inbox, to_close)
    assert {x["device"] for x in lines} == {*LAMPS, *MOTION, "D1"}
    assert {x["event"] for x in lines} == {"device_not_opened"}
    assert await levels(inbox) == [("M1", None), ("M2", None)]


@pytest.mark.usefixtures("pins")
async def test_what_is_not_wired_is_left_alone(tmp_path: Path) -> None:
    settings = node_of(tmp_path, lamp_2="none")
    with ExitStack() as to_close, capture_logs() as lines:
        assert open_lamps(settings, to_close).keys() == {"L1"}
        open_sensors(settings, Inbox(), to_close)
    assert lines == []


async def test_every_sensor_reports_when_it_is_opened(
    pins: MockFactory, settings: NodeSettings
) -> None:
    inbox = Inbox()
    pins.pin(27).drive_high()
    with ExitStack() as to_close:
        open_sensors(settings, inbox, to_close)
        assert await levels(inbox) == [("M1", False), ("M2", True)]


async def test_a_sensor_whose_pin_is_in_use_is_logged_and_the_rest_works(
    pins: MockFactory, settings: NodeSettings
) -> None:
    taken, inbox = DigitalOutputDevice(17), Inbox()
    with ExitStack() as to_close, capture_logs() as lines:
        open_sensors(settings, inbox, to_close)
        assert await levels(inbox) == [("M1", None), ("M2", False)]
    assert [x["device"] for x in lines] == ["M1"]
    assert pins.pin(27).when_changed is None
    taken.close()


async def test_a_sensor_whose_edges_cannot_be_watched_is_logged_and_the_rest_works(
    pins: MockFactory, settings: NodeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # gpiozero claims a line's edges only when the callback is set; lgpio may refuse them then.
    def refuse(callback: object) -> None:
        if callback is not None:
            raise PinEdgeDetectUnsupported("GPIO17: edges are taken")

    monkeypatch.setattr(pins.pin(17), "_set_when_changed", refuse)
    inbox = Inbox()
    with ExitStack() as to_close, capture_logs() as lines:
        open_sensors(settings, inbox, to_close)
        assert await levels(inbox) == [("M1", None), ("M2", False)]
    assert [x["device"] for x in lines] == ["M1"]


async def test_a_sensor_whose_pin_is_free_again_is_opened(
    pins: MockFactory, settings: NodeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(motion, "RECHECK_S", 0.01)
    taken, inbox = DigitalOutputDevice(17), Inbox()
    with ExitStack() as to_close, capture_logs():
        open_sensors(settings, inbox, to_close)
        assert await levels(inbox) == [("M1", None), ("M2", False)]
        taken.close()
        assert isinstance(event := await inbox.get(10.0), MotionReported)
        assert (event.sensor, event.active) == ("M1", False)
    assert pins.pin(17).when_changed is None


@pytest.mark.usefixtures("pins")
async def test_what_the_node_file_says_of_a_motion_sensor_reaches_it(tmp_path: Path) -> None:
    settings, inbox = node_of(tmp_path, motion=('pull = "up"', "warm_up_s = 60")), Inbox()
    with ExitStack() as to_close:
        open_sensors(settings, inbox, to_close)
        # an undriven line with a pull towards somebody, and one of which nobody knows yet
        assert await levels(inbox) == [("M1", True), ("M2", None)]


@pytest.mark.usefixtures("pins")
async def test_a_radar_at_a_serial_port_reports(tmp_path: Path) -> None:
    radar, inbox = FakeLd2410(tmp_path / "radar"), Inbox()
    radar.says = frame(MOVING, 300)
    radar.plug_in()
    settings = node_of(tmp_path, more=RADAR.replace("PORT", str(radar.port)))
    with ExitStack() as to_close:
        open_sensors(settings, inbox, to_close)
        seen = {await motion_of(inbox) for _ in range(4)}
        to_close.close()
        await asyncio.sleep(0)
    radar.unplug()
    assert seen == {("M1", False), ("M2", False), ("M3", True), ("M4", None)}


@pytest.mark.usefixtures("pins")
async def test_a_veml7700_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chip = FakeVeml7700(lambda: 50.0, time.monotonic)
    monkeypatch.setattr(gpio, "open_smbus", lambda _: VirtualI2c({0x10: chip}))
    inbox = Inbox()
    with ExitStack() as to_close:
        open_sensors(node_of(tmp_path, light="veml7700"), inbox, to_close)
        assert await lux_of(inbox) == pytest.approx(50.0, rel=0.02)


async def test_two_ldrs_at_a_converter_report(tmp_path: Path) -> None:
    Device.pin_factory = MockFactory()
    inbox = Inbox()
    with (
        FakeMcp3008(Device.pin_factory, 0, lambda asked: (0.5, 0.0, 0.1)[asked]),
        ExitStack() as to_close,
        capture_logs() as lines,
    ):
        open_sensors(node_of(tmp_path, more=LDRS), inbox, to_close)
        seen = [await lux_of(inbox), await lux_of(inbox)]
        to_close.close()
        await ended("spi 0")
    Device.pin_factory.reset()
    Device.pin_factory = None
    assert seen == [pytest.approx(100.0), None]
    assert [x["device"] for x in lines] == ["D3"]
    assert "see to the LDR" in lines[0]["error"]


@pytest.mark.usefixtures("pins")
async def test_a_light_sensor_that_is_not_there_is_unreadable_not_fatal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_bus(_: int) -> object:
        raise FileNotFoundError(2, "No such file or directory: '/dev/i2c-1'")

    monkeypatch.setattr(gpio, "open_smbus", no_bus)
    inbox = Inbox()
    with ExitStack() as to_close, capture_logs():
        open_sensors(node_of(tmp_path, light="bh1750"), inbox, to_close)
        for sensor in MOTION:
            assert isinstance(event := await inbox.get(5.0), MotionReported)
            assert event.sensor == sensor
        assert await inbox.get(5.0) == LuxMeasured("D1", None)
    await asyncio.sleep(0)


async def levels(inbox: Inbox) -> list[tuple[str, bool | None]]:
    """What motion sensors have reported so far."""
    return [(x.sensor, x.active) for x in await reports(inbox) if isinstance(x, MotionReported)]


async def motion_of(inbox: Inbox) -> tuple[str, bool | None]:
    while not isinstance(event := await inbox.get(10.0), MotionReported):
        assert event is not None
    return event.sensor, event.active


async def lux_of(inbox: Inbox) -> float | None:
    while not isinstance(event := await inbox.get(10.0), LuxMeasured):
        assert event is not None
    return event.lux


async def ended(name: str) -> None:
    """Wait until the thread of a bus has done what it was given."""
    await until(lambda: not any(x.name.startswith(name) for x in threading.enumerate()))


RADAR = """
[motion.M3]
kind = "ld2410"
port = "PORT"
[motion.M4]
kind = "ld2410"
port = "/dev/nowhere"
"""
LDRS = """
[light.D2]
kind = "mcp3008"
channel = 0
r_ohm = 5000
calibration = [[10, 20000], [100, 5000]]
[light.D3]
kind = "mcp3008"
channel = 1
r_ohm = 5000
calibration = [[10, 20000], [100, 5000]]
"""

CHIP = """
[meter.P1]
kind = "ina226"
shunt_ohm = 0.01
max_a = 8
lamps = ["L1"]
controller = true
"""
UNITS = """
[meter.P2]
kind = "modbus"
port = "PORT"
unit = 2
model = "pzem"
lamps = ["L1"]
[meter.P3]
kind = "modbus"
port = "PORT"
unit = 3
model = "pzem"
lamps = ["L1", "L2"]
[meter.P4]
kind = "none"
"""


def test_wired_meters_are_known_to_the_core(tmp_path: Path) -> None:
    assert wired_meters(node_of(tmp_path, more=CHIP + UNITS)) == [
        Meter("P1", ("L1",), controller=True),
        Meter("P2", ("L1",)),
        Meter("P3", ("L1", "L2")),
    ]


@pytest.mark.usefixtures("pins")
async def test_meters_on_a_bus_and_at_one_port_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ina226, "MEASUREMENT_S", 0.0)
    monkeypatch.setattr(ina226, "MEASUREMENT_MARGIN_S", 0.005)
    monkeypatch.setattr(ina226, "MEASURE_512_TRIGGERED", 0x4123)  # one conversion, 2.2 ms
    loop = asyncio.get_running_loop()
    bus = virtual_i2c(lambda: None, lambda: {"P": 12.0}, ["P"], loop.time)
    monkeypatch.setattr(gpio, "open_smbus", lambda _: bus)
    line, inbox = Line({2: pzem004t(14.2), 3: pzem004t(28.0)}), Inbox()
    settings = node_of(tmp_path, more=CHIP + UNITS.replace("PORT", line.port))
    measured: dict[str, float | None] = {}
    with ExitStack() as to_close:
        open_meters(settings, inbox, to_close)
        while len(measured) < 3:
            event = await inbox.get(10.0)
            assert isinstance(event, PowerMeasured)
            measured[event.meter] = event.power_w
    line.close()
    assert measured == {"P1": pytest.approx(12.0, abs=0.02), "P2": 14.2, "P3": 28.0}


@pytest.mark.usefixtures("no_pins")
async def test_meters_that_cannot_be_opened_are_logged_and_the_rest_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox()
    settings = node_of(tmp_path, more=CHIP + UNITS.replace("PORT", "/dev/nowhere"))
    with ExitStack() as to_close, capture_logs() as lines:
        open_meters(settings, inbox, to_close)
        first = [await inbox.get(10.0), await inbox.get(10.0)]
    assert first == [PowerMeasured("P2", None), PowerMeasured("P3", None)]
    assert [x["device"] for x in lines if x["event"] == "device_not_opened"] == ["P1"]
    monkeypatch.setitem(sys.modules, "serial", None)
    with ExitStack() as to_close, capture_logs() as lines:
        open_meters(settings, inbox, to_close)
    assert [x["device"] for x in lines] == ["P1", "P2", "P3"]
    assert "extra 'meters'" in lines[1]["error"]

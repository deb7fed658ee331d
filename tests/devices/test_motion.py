import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from gpiozero import Device, DigitalOutputDevice
from gpiozero.pins.mock import MockFactory
from structlog.testing import capture_logs

from controller.devices import motion
from controller.devices.errors import DeviceError
from controller.devices.motion import GpioMotion
from firmware_sim.board.factory import VirtualBoardFactory
from tests.board.fixtures import Client, until

Report = tuple[str, bool | None, float]
PIN = 17


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    Device.pin_factory = MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = None


def sensor_at(  # noqa: PLR0913  all that a node file says
    pin: int,
    reports: list[Report],
    *,
    active_high: bool = True,
    debounce_s: float = 0.01,
    pull: str = "none",
    warm_up_s: float = 0.0,
) -> GpioMotion:
    return GpioMotion(
        "M01",
        pin,
        active_high=active_high,
        debounce_s=debounce_s,
        pull=pull,
        warm_up_s=warm_up_s,
        callback=lambda *report: reports.append(report),
    )


@asynccontextmanager
async def motion_at(
    pin: int, *, active_high: bool = True, debounce_s: float = 0.01
) -> AsyncIterator[list[Report]]:
    reports: list[Report] = []
    sensor = sensor_at(pin, reports, active_high=active_high, debounce_s=debounce_s)
    sensor.start()
    try:
        yield reports
    finally:
        sensor.close()


# --- on the virtual board, with its debouncing ----------------------------------------------------


@pytest.mark.usefixtures("factory")
async def test_motion_reports_its_first_state_then_edges(outside: Client) -> None:
    async with motion_at(PIN) as reports:
        assert [report[:2] for report in reports] == [("M01", False)]
        sent_s = time.monotonic()
        outside.send({"pin": PIN, "value": 1})
        await until(lambda: len(reports) == 2)
        outside.send({"pin": PIN, "value": 0})
        await until(lambda: len(reports) == 3)
    assert [active for _, active, _ in reports] == [False, True, False]
    assert sent_s <= reports[1][2] <= reports[2][2] <= time.monotonic()


async def test_somebody_is_there_at_the_start(
    factory: VirtualBoardFactory, outside: Client
) -> None:
    outside.send({"pin": PIN, "value": 1})
    await until(lambda: factory.pin(PIN).state == 1)
    async with motion_at(PIN) as reports:
        assert reports[0][1] is True


@pytest.mark.usefixtures("factory")
async def test_a_sensor_that_pulls_its_output_low(outside: Client) -> None:
    async with motion_at(PIN, active_high=False) as reports:
        assert reports[0][1] is True
        outside.send({"pin": PIN, "value": 1})
        await until(lambda: len(reports) == 2)
    assert reports[1][1] is False


async def test_a_missed_edge_heals(
    factory: VirtualBoardFactory, outside: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(motion, "RECHECK_S", 0.02)
    async with motion_at(PIN) as reports:
        factory.pin(PIN).when_changed = None
        outside.send({"pin": PIN, "value": 1})
        await until(lambda: len(reports) == 2)
        assert reports[1][1] is True


@pytest.mark.usefixtures("factory")
async def test_a_dead_board_is_nobody_knows_not_nobody_there(
    board: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(motion, "RECHECK_S", 0.02)
    with capture_logs() as lines:
        async with motion_at(PIN) as reports:
            board.kill()
            await until(lambda: reports[-1][1] is None)
            await asyncio.sleep(0.1)
            assert len(reports) == 2
    assert [(x["event"], x["sensor"]) for x in lines] == [("motion_sensor_unreadable", "M01")]


@pytest.mark.usefixtures("factory")
async def test_a_closed_sensor_reports_no_more(outside: Client) -> None:
    async with motion_at(PIN, debounce_s=0.05) as reports:
        outside.send({"pin": PIN, "value": 1})
    async with motion_at(PIN) as later:
        await until(lambda: later[-1][1] is True)
    assert len(reports) == 1


# --- polarity and pull ----------------------------------------------------------------------------


@pytest.mark.parametrize("pull", ["none", "up", "down"])
@pytest.mark.parametrize("active_high", [True, False])
async def test_the_active_level_is_somebody_whatever_the_pull(
    pins: MockFactory,
    pull: str,
    active_high: bool,  # noqa: FBT001  a case
) -> None:
    reports: list[Report] = []
    sensor = sensor_at(PIN, reports, active_high=active_high, debounce_s=0.001, pull=pull)
    drive = (pins.pin(PIN).drive_low, pins.pin(PIN).drive_high)
    sensor.start()
    for active in (False, True, False):
        drive[active == active_high]()
        await until(lambda active=active: reports[-1][1] is active)  # type: ignore[misc]
    sensor.close()


@pytest.mark.usefixtures("pins")
@pytest.mark.parametrize(
    ("pull", "active_high", "somebody"),
    [("up", True, True), ("down", False, True), ("down", True, False), ("up", False, False)],
)
async def test_a_line_that_nobody_drives_has_the_level_of_its_pull(
    pull: str,
    active_high: bool,  # noqa: FBT001  a row
    somebody: bool,  # noqa: FBT001  a row
) -> None:
    reports: list[Report] = []
    sensor = sensor_at(PIN, reports, active_high=active_high, pull=pull)
    sensor.start()
    sensor.close()
    assert [x[1] for x in reports] == [somebody]


# --- in a time of the test's own ------------------------------------------------------------------


@dataclass
class Clockwork:
    """An event loop's clock and its timers; `to` lets time pass."""

    now_s: float = 100.0
    due: list[tuple[float, object]] = field(default_factory=list)

    def time(self) -> float:
        return self.now_s

    def call_later(self, delay_s: float, function: object) -> "Handle":
        assert delay_s > 0.0
        self.due.append((self.now_s + delay_s, function))
        return Handle()

    def to(self, now_s: float) -> None:
        while self.due and min(self.due, key=lambda x: x[0])[0] <= now_s:
            at_s, function = self.due.pop(self.due.index(min(self.due, key=lambda x: x[0])))
            self.now_s = at_s
            assert callable(function)
            function()
        self.now_s = now_s

    def next_s(self) -> float:
        ((at_s, _),) = self.due
        return at_s

    def call_soon_threadsafe(self, function: object, *args: object) -> None:
        assert callable(function)
        function(*args)


class Handle:
    def cancel(self) -> None:
        pass


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clockwork:
    clock = Clockwork()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: clock)
    return clock


def told(reports: list[Report]) -> list[bool | None]:
    return [active for _, active, _ in reports]


def test_while_a_sensor_warms_up_nobody_knows_and_then_its_level_is_read(
    pins: MockFactory, clock: Clockwork
) -> None:
    reports: list[Report] = []
    sensor = sensor_at(PIN, reports, warm_up_s=60.0)
    pins.pin(PIN).drive_low()
    sensor.start()
    sensor._cross(active=True)  # it triggers by itself, and rests again
    sensor._cross(active=False)
    clock.to(159.9)
    assert told(reports) == [None]
    clock.to(160.0)
    assert told(reports) == [None, False]
    sensor._cross(active=True)
    assert told(reports) == [None, False, True]
    sensor.close()


def test_somebody_who_is_there_when_a_sensor_is_warm_is_seen(
    pins: MockFactory, clock: Clockwork
) -> None:
    reports: list[Report] = []
    sensor = sensor_at(PIN, reports, warm_up_s=3.0)
    pins.pin(PIN).drive_high()
    sensor.start()
    clock.to(103.0)
    assert told(reports) == [None, True]
    sensor.close()


@pytest.mark.usefixtures("pins")
def test_a_pin_that_is_taken_is_told_and_tried_again_ever_more_rarely(clock: Clockwork) -> None:
    taken, reports = DigitalOutputDevice(PIN), list[Report]()
    sensor = sensor_at(PIN, reports)
    with pytest.raises(DeviceError, match=r"GPIO 17: .*in use.*check the pin"):
        sensor.start()
    tried_s = []
    for _ in range(6):
        clock.to(clock.next_s())
        tried_s.append(clock.now_s - 100.0)
    assert tried_s == [5.0, 15.0, 35.0, 75.0, 135.0, 195.0]
    assert told(reports) == [None]
    taken.close()
    clock.to(400.0)
    assert told(reports) == [None, False]
    sensor.close()


def test_a_pin_that_fails_for_a_while_is_unreadable_once_and_heals(
    pins: MockFactory, clock: Clockwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports: list[Report] = []
    sensor = sensor_at(PIN, reports)
    pins.pin(PIN).drive_low()
    sensor.start()

    def fail(_: object) -> float:
        raise OSError("Input/output error")

    for number in (1, 2):
        with monkeypatch.context() as patched, capture_logs() as lines:
            patched.setattr(type(pins.pin(PIN)), "_get_state", fail)
            clock.to(clock.now_s + 5.0)
            tried_s = [clock.next_s() - clock.now_s]
            clock.to(clock.next_s())
            tried_s.append(clock.next_s() - clock.now_s)
        assert tried_s == [5.0, 10.0]
        assert told(reports) == [False, *[None, False] * (number - 1), None]
        assert [(x["event"], x["pin"]) for x in lines] == [("motion_sensor_unreadable", PIN)]
        assert "Input/output error" in lines[0]["error"]
        clock.to(clock.next_s())
        assert told(reports) == [False, *[None, False] * number]
    sensor.close()


def test_a_level_that_no_edge_announced_counts_when_it_is_met_twice(
    pins: MockFactory, clock: Clockwork
) -> None:
    reports: list[Report] = []
    sensor = sensor_at(PIN, reports)
    pins.pin(PIN).drive_low()
    sensor.start()
    pins.pin(PIN).when_changed = None
    pins.pin(PIN).drive_high()
    clock.to(105.0)
    pins.pin(PIN).drive_low()  # it was a bounce
    clock.to(110.0)
    assert told(reports) == [False]
    pins.pin(PIN).drive_high()
    clock.to(120.0)
    assert told(reports) == [False, True]
    sensor.close()


@pytest.mark.usefixtures("pins")
async def test_a_pin_that_does_not_exist_is_one_clear_error() -> None:
    with pytest.raises(DeviceError, match="motion sensor: cannot open GPIO 99"):
        sensor_at(99, []).start()

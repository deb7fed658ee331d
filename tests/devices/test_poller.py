import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from controller.devices import poller
from controller.devices.poller import BusThread, Poller
from tests.board.fixtures import LIMIT_S, until


class Device:
    """Reads what `answer` gives; counts how often it was closed, and where it was called."""

    def __init__(self, answer: Callable[[], float]) -> None:
        self._answer = answer
        self.closed = 0
        self.threads: set[int] = set()

    def read(self) -> float:
        self.threads.add(threading.get_ident())
        return self._answer()

    def close(self) -> None:
        self.threads.add(threading.get_ident())
        self.closed += 1


@asynccontextmanager
async def polled(*devices: Device, interval_s: float = 0.01) -> AsyncIterator[list[float | None]]:
    readings: list[float | None] = []
    thread = BusThread("test")
    pollers = [
        Poller(
            f"D{i}",
            device,
            thread=thread,
            interval_s=interval_s,
            callback=lambda _, value: readings.append(value),
        )
        for i, device in enumerate(devices)
    ]
    for one in pollers:
        one.start()
    try:
        yield readings
    finally:
        for one in pollers:
            one.close()
        thread.close()


def fail() -> float:
    raise OSError("no answer")


async def test_readings_come_again_and_again_from_one_other_thread() -> None:
    device = Device(lambda: 5.0)
    async with polled(device) as readings:
        await until(lambda: len(readings) >= 3)
    assert set(readings) == {5.0}
    await until(lambda: device.closed == 1)
    assert len(device.threads) == 1
    assert threading.get_ident() not in device.threads


async def test_an_error_is_none_told_once_and_the_device_opened_anew() -> None:
    answers = [1.0]
    device = Device(lambda: answers[0] if answers else fail())
    with capture_logs() as lines:
        async with polled(device) as readings:
            await until(lambda: readings[-1:] == [1.0])
            answers.clear()
            await until(lambda: readings[-3:] == [None] * 3)
            assert device.closed >= 2
            answers.append(2.0)
            await until(lambda: readings[-1] == 2.0)
            answers.clear()
            await until(lambda: readings[-1] is None)
    assert [(x["event"], x["device"], x["error"]) for x in lines] == [
        ("device_unreadable", "D0", "no answer")
    ] * 2


async def test_waits_grow_up_to_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    waits_s: list[float] = []
    answers = [1.0, None, None, None, None, None, 2.0, None]
    pause = asyncio.sleep

    async def sleep(wait_s: float) -> None:
        waits_s.append(wait_s)
        await pause(0.0 if answers else LIMIT_S)

    def answer() -> float:
        value = answers.pop(0)
        return fail() if value is None else value

    with monkeypatch.context() as patched:
        patched.setattr(poller.asyncio, "sleep", sleep)
        async with polled(Device(answer), interval_s=7.0):
            while answers or len(waits_s) < 8:
                await pause(0.001)
    assert waits_s == [7.0, 1.0, 2.0, 4.0, 7.0, 7.0, 7.0, 1.0]


async def test_one_that_hangs_is_unreadable_and_holds_one_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(poller, "CALL_LIMIT_S", 0.02)
    released = threading.Event()
    calls: list[int] = []

    def answer() -> float:
        calls.append(threading.get_ident())
        assert released.wait(LIMIT_S)
        return 5.0

    async with polled(Device(answer)) as readings:
        await until(lambda: len(readings) >= 3)
        assert set(readings) == {None}
        assert len(calls) == 1
        monkeypatch.setattr(poller, "CALL_LIMIT_S", LIMIT_S)
        released.set()
        await until(lambda: readings[-1] == 5.0)


async def test_devices_at_one_port_take_turns() -> None:
    inside = threading.Lock()

    def answer() -> float:
        assert inside.acquire(blocking=False)
        inside.release()
        return 5.0

    devices = [Device(answer) for _ in range(3)]
    async with polled(*devices) as readings:
        await until(lambda: len(readings) >= 12)
    assert set(readings) == {5.0}
    await until(lambda: all(device.closed for device in devices))
    assert len({thread for device in devices for thread in device.threads}) == 1


async def test_what_was_never_started_can_be_closed() -> None:
    device, thread = Device(fail), BusThread("test")
    Poller("D", device, thread=thread, interval_s=1.0, callback=lambda _, __: None).close()
    thread.close()
    assert device.closed == 0

import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from controller.devices.bh1750 import Bh1750
from controller.devices.errors import DeviceError
from controller.devices.gpio import i2c_opener
from controller.devices.i2c import OpenI2c
from controller.devices.poller import BusThread, Poller
from firmware_sim.board.bh1750 import COUNTS_PER_LUX
from firmware_sim.board.i2c import VirtualI2c, virtual_i2c
from tests.board.fixtures import Client, until

INTERVAL_S = 0.02
ADDRESS = 0x23


@asynccontextmanager
async def readings(open_bus: OpenI2c) -> AsyncIterator[list[float | None]]:
    lux: list[float | None] = []
    thread = BusThread("bh1750")
    sensor = Poller(
        "D01",
        Bh1750(open_bus, ADDRESS),
        thread=thread,
        interval_s=INTERVAL_S,
        callback=lambda _, value: lux.append(value),
    )
    sensor.start()
    try:
        yield lux
    finally:
        sensor.close()
        thread.close()


def bus_at(lux: float | None) -> VirtualI2c:
    return virtual_i2c(lambda: lux, dict, (), time.monotonic)


def is_about(lux: float | None, expected: float) -> bool:
    return lux is not None and abs(lux - expected) <= 0.5 / COUNTS_PER_LUX


@pytest.mark.usefixtures("factory")
async def test_lux_goes_comes_back_and_changes(outside: Client) -> None:
    outside.send({"lux": 12.5})
    async with readings(i2c_opener(1)) as lux:
        await until(lambda: lux and is_about(lux[-1], 12.5))
        outside.send({"lux": None})
        await until(lambda: lux[-1] is None)
        outside.send({"lux": 28067})
        await until(lambda: is_about(lux[-1], 28067.0))


@pytest.mark.usefixtures("factory")
async def test_a_dead_board_is_an_unreadable_sensor(
    outside: Client, board: subprocess.Popen[str]
) -> None:
    outside.send({"lux": 12.5})
    async with readings(i2c_opener(1)) as lux:
        await until(lambda: lux and lux[-1] is not None)
        board.kill()
        await until(lambda: lux[-1] is None)


async def test_after_an_error_the_bus_is_opened_anew() -> None:
    present = [False]
    opened: list[VirtualI2c] = []

    def open_bus() -> Any:  # noqa: ANN401  the fake stands in for smbus2
        opened.append(bus_at(5.0 if present[0] else None))
        return opened[-1]

    async with readings(open_bus) as lux:
        await until(lambda: len(opened) > 2)
        assert set(lux) == {None}
        present[0] = True
        await until(lambda: is_about(lux[-1], 5.0))
        count = len(opened)
        await until(lambda: lux[-3:].count(None) == 0)
        assert len(opened) == count


async def test_a_bus_that_cannot_be_opened_is_an_unreadable_sensor() -> None:
    def open_bus() -> Any:  # noqa: ANN401
        raise FileNotFoundError("/dev/i2c-1")

    async with readings(open_bus) as lux:
        await until(lambda: len(lux) >= 2)
    assert set(lux) == {None}


async def test_without_smbus2_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smbus2", None)
    with pytest.raises(DeviceError, match="smbus2"):
        Bh1750(lambda: pytest.fail("opened"), ADDRESS)

import errno
from typing import Any

import pytest
from smbus2 import i2c_msg

from firmware_sim.board.bh1750 import (
    ADDRESSES,
    COUNTS_PER_LUX,
    MAX_COUNT,
    MEASUREMENT_S,
    ONE_TIME_HIGH_RESOLUTION,
    POWER_DOWN,
    POWER_ON,
    RESET,
    FakeBh1750,
)
from firmware_sim.board.i2c import VirtualI2c, virtual_i2c


class Scene:
    """How bright it is, and what time."""

    def __init__(self, lux: float) -> None:
        self.lux = lux
        self.now_s = 0.0
        self.chip = FakeBh1750(lambda: self.lux, lambda: self.now_s)

    def measure(self) -> int:
        self.chip.write(POWER_ON)
        self.chip.write(ONE_TIME_HIGH_RESOLUTION)
        self.now_s += MEASUREMENT_S
        return int.from_bytes(self.chip.read(), "big")


def test_the_example_of_the_data_sheet() -> None:
    """Section "Read Format": these two bytes are 28067 lx."""
    assert Scene(28067.0).measure() == 0b1000_0011_1001_0000


def test_it_saturates() -> None:
    assert Scene(MAX_COUNT / COUNTS_PER_LUX + 100.0).measure() == MAX_COUNT


def test_a_measurement_takes_its_time() -> None:
    scene = Scene(100.0)
    old = scene.measure()
    scene.lux = 200.0
    scene.chip.write(POWER_ON)
    scene.chip.write(ONE_TIME_HIGH_RESOLUTION)
    scene.now_s += MEASUREMENT_S * 0.99
    assert int.from_bytes(scene.chip.read(), "big") == old
    scene.now_s += MEASUREMENT_S * 0.01
    assert int.from_bytes(scene.chip.read(), "big") == 2 * old


def test_a_one_time_measurement_powers_down() -> None:
    scene = Scene(100.0)
    scene.measure()
    scene.lux = 200.0
    scene.chip.write(ONE_TIME_HIGH_RESOLUTION)  # ignored without power
    scene.now_s += MEASUREMENT_S
    assert int.from_bytes(scene.chip.read(), "big") == round(100.0 * COUNTS_PER_LUX)


def test_reset_needs_power() -> None:
    scene = Scene(100.0)
    count = scene.measure()
    scene.chip.write(RESET)
    assert int.from_bytes(scene.chip.read(), "big") == count
    scene.chip.write(POWER_ON)
    scene.chip.write(RESET)
    assert scene.chip.read() == b"\0\0"


def test_power_down_gives_a_measurement_up() -> None:
    scene = Scene(100.0)
    scene.chip.write(POWER_ON)
    scene.chip.write(ONE_TIME_HIGH_RESOLUTION)
    scene.chip.write(POWER_DOWN)
    scene.now_s += MEASUREMENT_S
    assert scene.chip.read() == b"\0\0"


def test_other_modes_are_not_imitated() -> None:
    with pytest.raises(NotImplementedError, match="0x10"):
        Scene(0.0).chip.write(0x10)


def light_at(lux: float | None, now_s: list[float]) -> VirtualI2c:
    return virtual_i2c(lambda: lux, dict, (), lambda: now_s[0])


@pytest.mark.parametrize("address", ADDRESSES)
def test_smbus2_messages_are_understood(address: int) -> None:
    now_s = [0.0]
    bus = light_at(28067.0, now_s)
    bus.write_byte(address, POWER_ON)
    bus.write_byte(address, ONE_TIME_HIGH_RESOLUTION)
    now_s[0] += MEASUREMENT_S
    message: Any = i2c_msg.read(address, 2)
    bus.i2c_rdwr(message)
    assert bytes(message) == bytes([0x83, 0x90])


@pytest.mark.parametrize(("lux", "address"), [(None, ADDRESSES[0]), (5.0, 0x24)])
def test_nobody_acknowledges(lux: float | None, address: int) -> None:
    bus = light_at(lux, [0.0])
    with pytest.raises(OSError, match="Remote I/O") as caught:
        bus.write_byte(address, POWER_ON)
    assert caught.value.errno == errno.EREMOTEIO == 121

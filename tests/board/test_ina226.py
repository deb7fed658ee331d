import pytest

from firmware_sim.board.ina226 import (
    CALIBRATION,
    CONFIGURATION,
    CONVERSION_READY,
    CURRENT,
    MASK_ENABLE,
    OVERFLOW,
    POWER,
    RESET_CONFIGURATION,
    SHUNT,
    FakeIna226,
)

ONE_OF_BOTH = 0x4123
"""No averaging, 1.1 ms each, triggered."""


class Scene:
    """What goes through the shunt, and what time it is."""

    def __init__(self, power_w: float) -> None:
        self.power_w = power_w
        self.now_s = 0.0
        self.chip = FakeIna226(lambda: self.power_w, lambda: self.now_s)

    def get(self, register: int) -> int:
        self.chip.write(register)
        return int.from_bytes(self.chip.read(), "big")

    def put(self, register: int, value: int) -> None:
        self.chip.write(register, value >> 8, value & 0xFF)

    def measure(self, calibration: int) -> None:
        self.put(CALIBRATION, calibration)
        self.put(CONFIGURATION, ONE_OF_BOTH)
        self.now_s += 0.0022


def test_the_registers_after_power_on() -> None:
    scene = Scene(0.0)
    assert scene.get(CONFIGURATION) == RESET_CONFIGURATION == 0x4127
    assert [scene.get(register) for register in (SHUNT, POWER, CURRENT, CALIBRATION)] == [0] * 4
    assert (scene.get(0xFE), scene.get(0xFF)) == (0x5449, 0x2260)


def test_the_equations_of_the_data_sheet() -> None:
    """12 W at 24 V: 0.5 A, 5 mV, 2000 steps; with 1 mA a step the calibration is 512."""
    scene = Scene(12.0)
    scene.measure(512)
    assert (scene.get(SHUNT), scene.get(2)) == (2000, 19200)
    assert scene.get(CURRENT) == 500
    assert scene.get(POWER) == 480  # times 25 mW


def test_current_is_signed_and_power_is_not() -> None:
    scene = Scene(-12.0)
    scene.measure(512)
    assert scene.get(CURRENT) == 0x10000 - 500
    assert scene.get(SHUNT) == 0x10000 - 2000
    assert scene.get(POWER) == 480


def test_without_calibration_there_is_neither_current_nor_power() -> None:
    scene = Scene(12.0)
    scene.measure(0)
    assert (scene.get(SHUNT), scene.get(CURRENT), scene.get(POWER)) == (2000, 0, 0)


def test_a_measurement_takes_its_time_and_reading_takes_its_flag() -> None:
    scene = Scene(12.0)
    scene.put(CONFIGURATION, 0x4D23)  # 512 averages
    scene.now_s = 512 * 0.0022 - 1e-6
    assert scene.get(MASK_ENABLE) == 0
    scene.now_s += 2e-6
    assert scene.get(MASK_ENABLE) == CONVERSION_READY
    assert scene.get(MASK_ENABLE) == 0


def test_what_was_triggered_once_stays_and_what_is_continuous_goes_on() -> None:
    scene = Scene(12.0)
    scene.measure(512)
    assert scene.get(POWER) == 480
    scene.power_w = 24.0
    scene.now_s += 1.0
    assert scene.get(POWER) == 480
    scene.put(CONFIGURATION, RESET_CONFIGURATION)
    scene.now_s += 1.0
    assert scene.get(POWER) == 960


def test_the_shunt_saturates_and_products_overflow() -> None:
    scene = Scene(1000.0)
    scene.measure(512)
    assert scene.get(SHUNT) == 0x7FFF
    scene.measure(0x7FFF)
    assert scene.get(MASK_ENABLE) & OVERFLOW


def test_the_reset_bit_resets() -> None:
    scene = Scene(12.0)
    scene.measure(512)
    scene.put(CONFIGURATION, 0x8000)
    assert (scene.get(CONFIGURATION), scene.get(CALIBRATION)) == (RESET_CONFIGURATION, 0)


def test_what_is_not_imitated_says_so() -> None:
    with pytest.raises(NotImplementedError, match="mode 1"):
        Scene(0.0).put(CONFIGURATION, 0x4121)
    with pytest.raises(NotImplementedError, match="0x07"):
        Scene(0.0).put(7, 1)

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.devices import ina226
from controller.devices.gpio import i2c_opener
from controller.devices.ina226 import MEASUREMENT_MARGIN_S, MEASUREMENT_S, Ina226
from firmware_sim.board.i2c import VirtualI2c
from firmware_sim.board.ina226 import SHUNT_OHM, SUPPLY_V, FakeIna226
from tests.board.fixtures import Client, until

ADDRESS = 0x40
WAIT_S = MEASUREMENT_S + MEASUREMENT_MARGIN_S


class Bench:
    """A chip and its driver, in a time that passes only while the driver waits."""

    def __init__(self, power_w: float, *, max_a: float = 8.0) -> None:
        self.power_w = power_w
        self.now_s = 0.0
        self.opened = 0
        self.resets_after_s: float | None = None
        self.chip = FakeIna226(lambda: self.power_w, lambda: self.now_s)
        self.driver = Ina226(self._open, ADDRESS, shunt_ohm=SHUNT_OHM, max_a=max_a)

    def _open(self) -> Any:  # noqa: ANN401  the fake stands in for smbus2
        self.opened += 1
        return VirtualI2c({ADDRESS: self.chip})

    def read(self) -> float:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(ina226, "time", SimpleNamespace(sleep=self.sleep))
            return self.driver.read()

    def sleep(self, wait_s: float) -> None:
        end_s = self.now_s + wait_s
        if self.resets_after_s is not None:
            self.now_s += self.resets_after_s
            self.chip.reset()
        self.now_s = end_s


@given(st.floats(0.0, 190.0), st.floats(0.52, 8.19))
def test_power_is_measured_to_the_chips_resolution(power_w: float, max_a: float) -> None:
    bench = Bench(power_w, max_a=max_a)
    shunt_step_w = SUPPLY_V * 2.5e-6 / SHUNT_OHM
    power_step_w = 25.0 * SUPPLY_V * max_a / 32768 / SUPPLY_V
    if power_w / SUPPLY_V > max_a:
        return
    # two products are cut off to whole steps behind the shunt's rounding
    assert bench.read() == pytest.approx(power_w, abs=0.5 * shunt_step_w + 3.0 * power_step_w)


def test_it_averages_over_more_than_a_second() -> None:
    """1.25 kHz and 100 Hz are averaged out; the fake takes as long as the configuration says."""
    bench = Bench(15.0)
    bench.read()
    assert bench.now_s == WAIT_S
    assert pytest.approx(1.1264) == MEASUREMENT_S


def test_each_reading_is_a_new_one() -> None:
    bench = Bench(15.0)
    bench.read()
    bench.power_w = 2.6
    assert bench.read() == pytest.approx(2.6, abs=0.01)
    assert bench.opened == 1


def test_noise_around_nothing_is_nothing_and_a_meter_the_wrong_way_round_is_told() -> None:
    bench = Bench(-0.02)
    assert bench.read() == 0.0
    bench.power_w = -14.0
    with pytest.raises(OSError, match=r"-14\.0 W: swap"):
        bench.read()


@pytest.mark.parametrize("power_w", [200.0, -200.0])
def test_a_current_that_saturates_the_shunt_is_told(power_w: float) -> None:
    with pytest.raises(OSError, match="smaller shunt"):
        Bench(power_w).read()


def test_a_product_that_overflows_is_told() -> None:
    with pytest.raises(OSError, match="smaller shunt"):
        Bench(100.0, max_a=0.6).read()


@pytest.mark.parametrize(("register", "value"), [(0xFE, 0x0000), (0xFF, 0x2380)])
def test_another_chip_is_told(register: int, value: int) -> None:
    bench = Bench(15.0)
    bench.chip._registers[register] = value
    with pytest.raises(OSError, match="no INA226"):
        bench.read()
    bench.chip._registers |= {0xFE: 0x5449, 0xFF: 0x2261}  # a later revision
    assert bench.read() == pytest.approx(15.0, abs=0.02)


def test_a_chip_that_lost_its_supply_does_not_measure_nothing() -> None:
    bench = Bench(15.0)
    bench.read()
    bench.chip.reset()
    assert bench.read() == pytest.approx(15.0, abs=0.02)
    bench.resets_after_s = WAIT_S
    with pytest.raises(OSError, match="did not end in time"):
        bench.read()
    bench.resets_after_s = 0.0
    with pytest.raises(OSError, match="reset while it measured"):
        bench.read()


def test_after_it_was_closed_the_bus_is_opened_and_the_chip_examined_anew() -> None:
    bench = Bench(15.0)
    bench.read()
    bench.driver.close()
    bench.chip._registers[0xFE] = 0
    for opened in (2, 3):
        with pytest.raises(OSError, match="no INA226"):
            bench.read()
        assert bench.opened == opened


def test_a_meter_that_is_not_there_raises_what_linux_raises() -> None:
    driver = Ina226(lambda: VirtualI2c({}), ADDRESS, shunt_ohm=0.01, max_a=8.0)
    with pytest.raises(OSError, match="Remote I/O"):
        driver.read()
    driver.close()


@pytest.mark.usefixtures("factory")
async def test_the_virtual_board_measures_what_is_behind_the_meter(
    outside: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ina226, "MEASUREMENT_S", 0.0)
    monkeypatch.setattr(ina226, "MEASUREMENT_MARGIN_S", 0.005)
    monkeypatch.setattr(ina226, "MEASURE_512_TRIGGERED", 0x4123)  # one conversion, 2.2 ms
    opener = i2c_opener(1, ("L01", "L02", "controller"))
    driver = Ina226(opener, 0x44, shunt_ohm=SHUNT_OHM, max_a=8.0)

    def measured(expected_w: float) -> bool:
        try:
            return driver.read() == pytest.approx(expected_w, abs=0.02)
        except OSError:
            return False

    with pytest.raises(OSError, match="Remote I/O"):
        driver.read()
    outside.send({"power_w": {"L01": 14.2, "L03": 9.0}})
    await until(lambda: measured(14.2))
    outside.send({"power_w": {"L02": 2.6, "controller": 3.0}})
    await until(lambda: measured(19.8))
    driver.close()

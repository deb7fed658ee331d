import gc
import math
import warnings
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from gpiozero import Device, DigitalOutputDevice
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import strategies as st

from controller.devices.errors import DeviceError
from controller.devices.gpio import spi_opener
from controller.devices.mcp3008 import MOST_LUX, LdrAtMcp3008, lux_at
from firmware_sim.board.factory import BOARD_VARIABLE
from tests.devices.fake_mcp3008 import FakeMcp3008

Ldr = Callable[..., LdrAtMcp3008]

R_OHM = 10_000.0
# as measured beside a lux meter; between its points an LDR is a line in logarithms
CALIBRATION = ((1.0, 120_000.0), (10.0, 20_000.0), (100.0, 5_000.0))


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    Device.pin_factory = MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = None


@pytest.fixture
def ldr() -> Iterator[Ldr]:
    sensors: list[LdrAtMcp3008] = []

    def ldr(channel: int = 0, device: int = 0) -> LdrAtMcp3008:
        opener = spi_opener(device)
        sensors.append(LdrAtMcp3008(opener, channel, r_ohm=R_OHM, calibration=CALIBRATION))
        return sensors[-1]

    yield ldr
    for sensor in sensors:
        sensor.close()


def share(ohm: float) -> float:
    """What a divider gives with so many ohms to the supply."""
    return R_OHM / (R_OHM + ohm)


@pytest.mark.parametrize("device", [0, 1])
@pytest.mark.parametrize("channel", range(8))
def test_each_channel_of_each_chip_is_read(
    pins: MockFactory, ldr: Ldr, channel: int, device: int
) -> None:
    lux = [1.0, 3.0, 10.0, 30.0, 50.0, 100.0, 300.0, 1000.0]
    ohms = [120_000.0, 50_000.0, 20_000.0, 10_000.0, 7_000.0, 5_000.0, 2_500.0, 1_200.0]
    with FakeMcp3008(pins, device, lambda asked: share(ohms[asked])):
        sensor = ldr(channel, device)
        # the rest is the converter's resolution, worst where the LDR is far from the resistor
        assert sensor.read() == pytest.approx(lux_at(ohms[channel], CALIBRATION), rel=0.03)
        assert sensor.read() == pytest.approx(lux[channel], rel=0.3)


def test_light_changes_between_readings(pins: MockFactory, ldr: Ldr) -> None:
    ohm = [20_000.0]
    with FakeMcp3008(pins, 0, lambda _: share(ohm[0])):
        sensor = ldr()
        assert sensor.read() == pytest.approx(10.0, rel=0.02)
        ohm[0] = 5_000.0
        assert sensor.read() == pytest.approx(100.0, rel=0.02)


def test_two_channels_of_a_chip_share_the_bus(pins: MockFactory, ldr: Ldr) -> None:
    with FakeMcp3008(pins, 0, lambda asked: share((20_000.0, 5_000.0)[asked])):
        one, other = ldr(0), ldr(1)
        assert (one.read(), other.read()) == pytest.approx((10.0, 100.0), rel=0.02)
        one.close()
        assert other.read() == pytest.approx(100.0, rel=0.02)


def test_a_bus_that_both_channels_opened_anew_is_shared_again(pins: MockFactory, ldr: Ldr) -> None:
    with FakeMcp3008(pins, 0, lambda asked: share((20_000.0, 5_000.0)[asked])):
        one, other = ldr(0), ldr(1)
        for sensor in (one, other):
            sensor.read()
        gc.disable()
        try:
            one.close()
            other.close()
            one.read()
        finally:
            gc.enable()
        gc.collect()  # whenever it comes: what is left of the first bus goes now
        assert (one.read(), other.read()) == pytest.approx((10.0, 100.0), rel=0.02)


@pytest.mark.parametrize(
    ("given_share", "problem"),
    [(0.0, "at ground"), (0.0009, "at ground"), (1.0, "at the supply"), (0.9995, "at the supply")],
)
def test_a_broken_wire_or_a_short_is_told_not_taken_for_night_or_day(
    pins: MockFactory, ldr: Ldr, given_share: float, problem: str
) -> None:
    with FakeMcp3008(pins, 0, lambda _: given_share), pytest.raises(OSError, match=problem):
        ldr().read()


def test_no_chip_is_told_whatever_the_open_line_reads(pins: MockFactory, ldr: Ldr) -> None:
    FakeMcp3008(pins, 0, lambda _: 0.5).close()
    sensor = ldr()
    pins.pin(9).drive_low()
    with pytest.raises(OSError, match=r"at ground: see to .* the MCP3008"):
        sensor.read()
    pins.pin(9).drive_high()
    with pytest.raises(OSError, match="no MCP3008 answers"):
        sensor.read()
    pins.pin(9).drive_low()
    with FakeMcp3008(pins, 0, lambda _: share(20_000.0)):
        assert sensor.read() == pytest.approx(10.0, rel=0.02)


def test_a_bus_whose_pins_are_taken_is_told_and_comes_when_they_are_free(
    pins: MockFactory, ldr: Ldr
) -> None:
    FakeMcp3008(pins, 0, lambda _: 0.5).close()
    taken = DigitalOutputDevice(8)
    sensor = ldr()
    with pytest.raises(OSError, match=r"cannot open SPI device 0\.0: .*in use"):
        sensor.read()
    taken.close()
    sensor.close()
    with FakeMcp3008(pins, 0, lambda _: share(20_000.0)):
        assert sensor.read() == pytest.approx(10.0, rel=0.02)


def test_a_bus_that_is_switched_off_is_told_not_replaced_by_software(
    pins: MockFactory, ldr: Ldr, monkeypatch: pytest.MonkeyPatch
) -> None:
    software = pins._get_spi_class

    def no_hardware(shared: bool, hardware: bool) -> object:  # noqa: FBT001  as gpiozero calls it
        if hardware:
            raise OSError("can not open SPI device")
        return software(shared, hardware)

    monkeypatch.setattr(pins, "_get_spi_class", no_hardware)
    warnings.resetwarnings()
    with pytest.raises(OSError, match=r"can not open SPI device.*is SPI enabled"):
        ldr().read()


@pytest.mark.usefixtures("factory")
def test_a_factory_without_spi_is_told(ldr: Ldr) -> None:
    with pytest.raises(OSError, match="cannot open SPI"):
        ldr().read()


def test_without_pins_the_error_says_what_to_do(ldr: Ldr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BOARD_VARIABLE, raising=False)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "cyclelight_sim")
    with pytest.raises(DeviceError, match="python3-lgpio"):
        ldr()


# --- from ohms to lux -----------------------------------------------------------------------------


@pytest.mark.parametrize(("lux", "ohm"), CALIBRATION)
def test_the_points_themselves(lux: float, ohm: float) -> None:
    assert lux_at(ohm, CALIBRATION) == pytest.approx(lux)


def test_between_and_beyond_points_it_is_a_line_in_logarithms() -> None:
    assert lux_at(math.sqrt(20_000.0 * 5_000.0), CALIBRATION) == pytest.approx(math.sqrt(1000.0))
    assert lux_at(1_250.0, CALIBRATION) == pytest.approx(1000.0)
    assert lux_at(720_000.0, CALIBRATION) == pytest.approx(0.1)


tables = st.lists(
    st.tuples(st.floats(1.001, 50.0), st.floats(0.01, 0.99)), min_size=2, max_size=20
).map(
    lambda steps: tuple(
        (math.prod(x[0] for x in steps[:n]) * 1e-3, math.prod(x[1] for x in steps[:n]) * 1e7)
        for n in range(1, len(steps) + 1)
    )
)


@given(tables, st.lists(st.floats(1.0, 1e9), min_size=2, max_size=20))
def test_more_ohms_are_never_more_light_and_light_is_bounded(
    table: tuple[tuple[float, float], ...], ohms: list[float]
) -> None:
    lux = [lux_at(ohm, table) for ohm in sorted(ohms)]
    assert all(0.0 <= x <= MOST_LUX * 1.000001 for x in lux)
    assert all(later <= earlier * 1.000001 for earlier, later in pairwise(lux))

"""The INA226 current and power monitor, after TI's data sheet SBOS547B (September 2024).

Every reading is one triggered measurement: shunt and bus voltage in turn, 512 times 1.1 ms each.
So it lasts 1.13 s: 1408 periods of a PWM of 1.25 kHz, 113 half-waves of the mains, whose ripple
is thereby averaged out. The chip multiplies before it averages: its power register holds the mean
of the products, without sign; the sign is that of the current.

Each reading writes what it relies on and reads the calibration again behind it, because a chip
that lost its supply for a moment would go on with a power of 0.
"""

import math
import time

from controller.devices.i2c import I2cBus, I2cDevice, OpenI2c, read_register, write_register
from controller.devices.power import drawn_w

CONFIGURATION, SHUNT, POWER, CURRENT, CALIBRATION, MASK_ENABLE = 0x00, 0x01, 0x03, 0x04, 0x05, 0x06
MANUFACTURER_ID, DIE_ID = 0xFE, 0xFF
TEXAS_INSTRUMENTS = 0x5449
INA226_DIE = 0x2260
REVISION_MASK = 0xFFF0
"""The last four bits of the die id number its revisions."""

AVERAGES = 512
CONVERSION_S = 1.1e-3
MEASURE_512_TRIGGERED = 0x4D23
"""Configuration: AVG 110, VBUSCT and VSHCT 100 (1.1 ms), mode 011 (both voltages, triggered)."""
MEASUREMENT_S = AVERAGES * 2 * CONVERSION_S
MEASUREMENT_MARGIN_S = 0.1 * MEASUREMENT_S
"""The data sheet lets conversions last a tenth longer."""
CONVERSION_READY, OVERFLOW = 0x0008, 0x0004

CALIBRATION_V = 0.00512
CURRENT_STEPS = 1 << 15
POWER_PER_CURRENT_LSB = 25.0
SHUNT_ENDS = (0x7FFF, 0x8000)
"""Where the shunt register saturates, at 81.92 mV of either sign."""


class Ina226(I2cDevice):
    """One chip, to be asked by a Poller. `max_a`: the greatest current through `shunt_ohm`.

    The calibration is rounded to a whole number, and what it then stands for is computed back.
    """

    def __init__(self, open_bus: OpenI2c, address: int, *, shunt_ohm: float, max_a: float) -> None:
        """Prepare. `shunt_ohm * max_a` is 5.12 to 81.92 mV. Raises DeviceError without smbus2."""
        super().__init__(open_bus)
        self._address = address
        self._calibration = math.floor(CALIBRATION_V * CURRENT_STEPS / (max_a * shunt_ohm))
        self._watts_per_step = POWER_PER_CURRENT_LSB * CALIBRATION_V / self._calibration / shunt_ohm

    def opened(self, bus: I2cBus) -> None:
        """Make sure that it is an INA226. Raises OSError."""
        maker = read_register(bus, self._address, MANUFACTURER_ID)
        die = read_register(bus, self._address, DIE_ID)
        if maker != TEXAS_INSTRUMENTS or die & REVISION_MASK != INA226_DIE:
            raise OSError(
                f"what answers at 0x{self._address:02x} is no INA226: its ids are "
                f"0x{maker:04x} and 0x{die:04x}"
            )

    def read(self) -> float:
        """Measure, in watts, for 1.2 s. Raises OSError."""
        bus = self.bus()
        write_register(bus, self._address, CALIBRATION, self._calibration)
        write_register(bus, self._address, CONFIGURATION, MEASURE_512_TRIGGERED)
        time.sleep(MEASUREMENT_S + MEASUREMENT_MARGIN_S)
        status = read_register(bus, self._address, MASK_ENABLE)
        if not status & CONVERSION_READY:
            raise OSError("the measurement did not end in time")
        if status & OVERFLOW or read_register(bus, self._address, SHUNT) in SHUNT_ENDS:
            raise OSError("the current is too great: wire a smaller shunt and set shunt_ohm, max_a")
        steps = read_register(bus, self._address, POWER)
        negative = read_register(bus, self._address, CURRENT) >= CURRENT_STEPS
        if read_register(bus, self._address, CALIBRATION) != self._calibration:
            raise OSError("the chip was reset while it measured: see to its supply")
        return drawn_w((-steps if negative else steps) * self._watts_per_step)

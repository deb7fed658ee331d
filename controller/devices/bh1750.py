"""The BH1750FVI light sensor, after ROHM's data sheet.

Each reading is a one-time measurement in high resolution: instructions 0x01 (power on) and 0x20,
up to 180 ms, then two bytes, high byte first, 1.2 counts a lux; the chip powers itself down.
"""

import time

from controller.devices.i2c import I2cDevice, OpenI2c, read_bytes

POWER_ON = 0x01
ONE_TIME_HIGH_RESOLUTION = 0x20
MEASUREMENT_S = 0.180
MEASUREMENT_MARGIN_S = 0.02
COUNTS_PER_LUX = 1.2


class Bh1750(I2cDevice):
    """One chip, to be asked by a Poller."""

    def __init__(self, open_bus: OpenI2c, address: int) -> None:
        """Prepare. Raises DeviceError without smbus2."""
        super().__init__(open_bus)
        self._address = address

    def read(self) -> float:
        """Measure, in lux. Raises OSError."""
        bus = self.bus()
        bus.write_byte(self._address, POWER_ON)
        bus.write_byte(self._address, ONE_TIME_HIGH_RESOLUTION)
        time.sleep(MEASUREMENT_S + MEASUREMENT_MARGIN_S)
        return int.from_bytes(read_bytes(bus, self._address, 2), "big") / COUNTS_PER_LUX

"""The VEML7700 light sensor, after Vishay's data sheet 84286 (rev. 1.7, 28 November 2023).

Registers of 16 bits, low byte first. Lux a count are those of that revision, 0.0042 at the finest:
older ones said 0.0036, which Vishay withdrew. The correction for bright light is the polynomial of
the application note 84323, "Designing the VEML7700 Into an Application", which gives it for the
gains 1/8 and 1/4; it asks for 100 to 10000 counts, too, for which the driver looks from one range
to the next.

Each reading switches the chip on and off again. It writes what it relies on and reads the
configuration again behind it, because a chip that lost its supply for a moment would be off.
"""

import time
from dataclasses import dataclass

from controller.devices.i2c import I2cBus, I2cDevice, OpenI2c, read_register, write_register

ADDRESS = 0x10
CONFIGURATION, POWER_SAVING, AMBIENT_LIGHT = 0x00, 0x03, 0x04
SHUT_DOWN = 0x0001
SAVE_NO_POWER = 0x0000
START_S = 0.005
"""The data sheet asks for 2.5 ms at least between power on and the first measurement."""
TIMES_INTEGRATION = 2.0
"""A reading waits so many integration times: the chip's own clock may be slow."""
FEWEST_COUNTS, MOST_COUNTS = 100, 10_000

C1, C2, C3, C4 = 1.0023, 8.1488e-5, -9.3924e-9, 6.0135e-13


@dataclass(frozen=True, slots=True)
class Range:
    """A gain and an integration time: bits 12:11 and 9:6 of the configuration."""

    gain_bits: int
    integration_bits: int
    integration_s: float
    lux_per_count: float
    is_bent: bool = False
    """Whether it is for light so bright that the answer is no straight line."""

    @property
    def configuration(self) -> int:
        """The register's value with the chip switched on."""
        return self.gain_bits << 11 | self.integration_bits << 6


RANGES = (
    Range(0b10, 0b1100, 0.025, 2.1504, is_bent=True),  # gain 1/8
    Range(0b10, 0b0000, 0.1, 0.5376, is_bent=True),  # gain 1/8
    Range(0b11, 0b0010, 0.4, 0.0672, is_bent=True),  # gain 1/4
    Range(0b01, 0b0010, 0.4, 0.0084),  # gain 2
)
"""From bright to dark, each overlapping the next by far. The note keeps gain 2 for below 100 lx."""
MOST_LUX = 140_000.0
"""The data sheet's end; the polynomial runs away beyond."""


class Veml7700(I2cDevice):
    """One chip, to be asked by a Poller."""

    def __init__(self, open_bus: OpenI2c) -> None:
        """Prepare. Raises DeviceError without smbus2."""
        super().__init__(open_bus)
        self._at = 0

    def read(self) -> float:
        """Measure, in lux, for 1.9 s at most. Raises OSError."""
        bus = self.bus()
        tried: set[int] = set()
        while True:
            tried.add(self._at)
            counts = _counts(bus, RANGES[self._at])
            better = self._at + (counts < FEWEST_COUNTS) - (counts > MOST_COUNTS)
            if better in tried or not 0 <= better < len(RANGES):
                return lux_of(counts, RANGES[self._at])
            self._at = better


def _counts(bus: I2cBus, chosen: Range) -> int:
    """Measure once. Raises OSError."""
    on = chosen.configuration
    write_register(bus, ADDRESS, CONFIGURATION, on | SHUT_DOWN, "little")
    write_register(bus, ADDRESS, POWER_SAVING, SAVE_NO_POWER, "little")
    write_register(bus, ADDRESS, CONFIGURATION, on, "little")
    time.sleep(START_S + TIMES_INTEGRATION * chosen.integration_s)
    counts = read_register(bus, ADDRESS, AMBIENT_LIGHT, "little")
    kept = read_register(bus, ADDRESS, CONFIGURATION, "little")
    if kept != on:
        raise OSError(
            f"what answers at 0x{ADDRESS:02x} keeps 0x{kept:04x} instead of 0x{on:04x}: it is no "
            "VEML7700, or was reset while it measured; see to its supply"
        )
    write_register(bus, ADDRESS, CONFIGURATION, on | SHUT_DOWN, "little")
    return counts


def lux_of(counts: int, chosen: Range) -> float:
    """Return the illuminance that gives so many counts."""
    lux = counts * chosen.lux_per_count
    if chosen.is_bent:
        lux *= C1 + lux * (C2 + lux * (C3 + lux * C4))
    return min(lux, MOST_LUX)

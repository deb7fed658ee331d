"""An LDR at an MCP3008 converter on SPI, after Microchip's data sheet DS21295.

A conversion takes three bytes: a start bit, then the bit for a single input, its number in three
bits, and while the rest is clocked in, ten bits come back behind one that is always 0.

LDR from the supply to the input, a resistor from there to ground: the input is at the share
`r / (r + ldr)` of the supply, which is the converter's reference too, so that its voltage cancels
out. An LDR is about a straight line in logarithms of lux and ohms; the calibration gives points of
it, and beyond the last ones the line goes on.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Protocol

START = 0x01
SINGLE_ENDED = 0x80
NULL_BIT = 0x04
FULL_SCALE = 1023
STEPS = 1024
"""The data sheet's digital output code: 1024 times the input over the reference."""
MOST_LUX = 200_000.0
"""More than the sun gives: a steep calibration must not run away."""


class SpiBus(Protocol):
    """An open SPI bus with one chip selected. Calls block and raise OSError."""

    def transfer(self, sent: Sequence[int]) -> Sequence[int]:
        """Send bytes and return those that came in their place."""

    def close(self) -> None:
        """Close the bus."""


OpenSpi = Callable[[], SpiBus]
"""Opens the bus. Raises OSError."""

Calibration = Sequence[tuple[float, float]]
"""At least two points of (lux, ohms), lux rising and ohms falling."""


class LdrAtMcp3008:
    """One input of a chip, to be asked by a Poller. `r_ohm`: the resistor to ground."""

    def __init__(
        self, open_bus: OpenSpi, channel: int, *, r_ohm: float, calibration: Calibration
    ) -> None:
        """Prepare; nothing is opened yet. `channel` is 0 to 7."""
        self._open_bus = open_bus
        self._request = (START, SINGLE_ENDED | channel << 4, 0)
        self._r_ohm = r_ohm
        self._calibration = calibration
        self._bus: SpiBus | None = None

    def read(self) -> float:
        """Measure, in lux. Raises OSError."""
        self._bus = self._bus or self._open_bus()
        _, high, low = self._bus.transfer(self._request)
        if high & NULL_BIT:
            raise OSError("no MCP3008 answers: see to its supply, DOUT and the chip select")
        count = (high & 0x03) << 8 | low
        if count in (0, FULL_SCALE):
            end = "ground" if count == 0 else "the supply"
            raise OSError(f"the input is at {end}: see to the LDR, its resistor and the MCP3008")
        return lux_at(self._r_ohm * (STEPS - count) / count, self._calibration)

    def close(self) -> None:
        """Close the bus if it is open; the next reading opens it again."""
        if self._bus is not None:
            self._bus.close()
        self._bus = None


def lux_at(ohm: float, calibration: Calibration) -> float:
    """Return the illuminance at which the LDR has so many ohms: linear in both logarithms."""
    # From bright to dark, that is with ohms rising, for the search.
    points = [(math.log(at_ohm), math.log(lux)) for lux, at_ohm in reversed(calibration)]
    x = math.log(ohm)
    later = bisect_left(points, (x,))
    begin = min(max(later - 1, 0), len(points) - 2)
    (x0, y0), (x1, y1) = points[begin], points[begin + 1]
    y = y0 + (x - x0) * (y1 - y0) / (x1 - x0)
    return math.exp(min(y, math.log(MOST_LUX)))

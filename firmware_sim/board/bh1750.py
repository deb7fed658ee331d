"""A fake BH1750FVI ambient light sensor on a fake I2C bus, after ROHM's data sheet of that chip.

Instructions: power down 0x00, power on 0x01, reset 0x07 (only while powered), one-time high
resolution 0x20, which takes up to 180 ms (this one always does) and powers the chip down. Reading
gives the data register, 16 bits, high byte first, 1.2 counts a lux, saturated. Slave address 0x23
or 0x5C (ADDR terminal low or high).
"""

from collections.abc import Callable

POWER_DOWN = 0x00
POWER_ON = 0x01
RESET = 0x07
ONE_TIME_HIGH_RESOLUTION = 0x20
ADDRESSES = (0x23, 0x5C)
MEASUREMENT_S = 0.180
COUNTS_PER_LUX = 1.2
MAX_COUNT = 0xFFFF


class FakeBh1750:
    """One chip. `lux` says how bright it is, `clock` gives monotonic seconds."""

    def __init__(self, lux: Callable[[], float], clock: Callable[[], float]) -> None:
        """Start powered down, as the chip does."""
        self._lux = lux
        self._clock = clock
        self._powered = False
        self._data = 0
        self._measuring: tuple[float, int] | None = None

    def write(self, *instructions: int) -> None:
        """Take instructions. Raises NotImplementedError for those of other modes."""
        for instruction in instructions:
            self._take(instruction)

    def _take(self, instruction: int) -> None:
        self._finish()
        if instruction == POWER_DOWN:
            self._powered, self._measuring = False, None
        elif instruction == POWER_ON:
            self._powered = True
        elif instruction == RESET:
            self._data = 0 if self._powered else self._data
        elif instruction == ONE_TIME_HIGH_RESOLUTION:
            self._begin()
        else:
            raise NotImplementedError(f"fake BH1750: instruction 0x{instruction:02x}")

    def read(self) -> bytes:
        """Return the data register: the last finished measurement."""
        self._finish()
        return self._data.to_bytes(2, "big")

    def _begin(self) -> None:
        if self._powered:
            count = min(MAX_COUNT, round(self._lux() * COUNTS_PER_LUX))
            self._measuring = (self._clock() + MEASUREMENT_S, count)

    def _finish(self) -> None:
        if self._measuring is not None and self._clock() >= self._measuring[0]:
            self._data = self._measuring[1]
            self._powered, self._measuring = False, None

"""A fake BH1750FVI ambient light sensor on a fake I2C bus, after ROHM's data sheet of that chip.

Instructions: power down 0x00, power on 0x01, reset 0x07 (only while powered), one-time high
resolution 0x20, which takes up to 180 ms (this one always does) and powers the chip down. Reading
gives the data register, 16 bits, high byte first, 1.2 counts a lux, saturated. Slave address 0x23
or 0x5C (ADDR terminal low or high). With the light sensor gone nothing acknowledges.
"""

import errno
import os
from collections.abc import Callable
from typing import Protocol

POWER_DOWN = 0x00
POWER_ON = 0x01
RESET = 0x07
ONE_TIME_HIGH_RESOLUTION = 0x20
ADDRESSES = (0x23, 0x5C)
MEASUREMENT_S = 0.180
COUNTS_PER_LUX = 1.2
MAX_COUNT = 0xFFFF
I2C_M_RD = 0x0001
"""`I2C_M_RD` of linux/i2c.h: the message reads."""


class I2cMessage(Protocol):
    """What is used of `smbus2.i2c_msg`."""

    addr: int
    flags: int
    len: int
    buf: list[bytes]


class FakeBh1750:
    """One chip. `lux` says how bright it is, `clock` gives monotonic seconds."""

    def __init__(self, lux: Callable[[], float], clock: Callable[[], float]) -> None:
        """Start powered down, as the chip does."""
        self._lux = lux
        self._clock = clock
        self._powered = False
        self._data = 0
        self._measuring: tuple[float, int] | None = None

    def write(self, instruction: int) -> None:
        """Take one instruction. Raises NotImplementedError for those of other modes."""
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


class VirtualI2c:
    """An I2C bus with the calls of `smbus2.SMBus` that a BH1750 needs, and a chip at each address.

    `lux` returns the illuminance, None when the sensor is gone: then, and at every other address,
    calls raise OSError(EREMOTEIO), as Linux does when nobody acknowledges.
    """

    def __init__(self, lux: Callable[[], float | None], clock: Callable[[], float]) -> None:
        """Power the bus up."""
        self._lux = lux
        self._chips = {address: FakeBh1750(self._present_lux, clock) for address in ADDRESSES}

    def write_byte(self, i2c_addr: int, value: int) -> None:
        """Write one byte without a register."""
        self._chip(i2c_addr).write(value)

    def i2c_rdwr(self, *i2c_msgs: I2cMessage) -> None:
        """Carry out reads of plain bytes."""
        for message in i2c_msgs:
            if not message.flags & I2C_M_RD:
                raise NotImplementedError("fake I2C bus: i2c_rdwr reads only")
            data = self._chip(message.addr).read()
            for index in range(message.len):
                message.buf[index] = data[index : index + 1] or b"\xff"

    def close(self) -> None:
        """Close the bus; chips keep their state."""

    def _chip(self, address: int) -> FakeBh1750:
        self._present_lux()
        if address not in self._chips:
            raise _not_acknowledged()
        return self._chips[address]

    def _present_lux(self) -> float:
        lux = self._lux()
        if lux is None:
            raise _not_acknowledged()
        return lux


def _not_acknowledged() -> OSError:
    return OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))

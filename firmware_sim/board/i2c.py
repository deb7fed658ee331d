"""The virtual board's I2C bus: the calls of `smbus2.SMBus` that the drivers need."""

import errno
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from firmware_sim.board import bh1750, ina226
from firmware_sim.board.bh1750 import FakeBh1750
from firmware_sim.board.ina226 import FakeIna226

I2C_M_RD = 0x0001
"""`I2C_M_RD` of linux/i2c.h: the message reads."""


class I2cMessage(Protocol):
    """What is used of `smbus2.i2c_msg`."""

    addr: int
    flags: int
    len: int
    buf: list[bytes]


class Chip(Protocol):
    """What a bus can do with a chip. Both raise OSError when nobody acknowledges."""

    def write(self, *data: int) -> None:
        """Take bytes that were written to the chip's address."""

    def read(self) -> bytes:
        """Return what can be read."""


class VirtualI2c:
    """An I2C bus with a chip at each address of `chips`.

    At every other address, and where a chip itself raises it, calls raise OSError(EREMOTEIO), as
    Linux does when nobody acknowledges.
    """

    def __init__(self, chips: Mapping[int, Chip]) -> None:
        """Power the bus up."""
        self._chips = chips

    def write_byte(self, i2c_addr: int, value: int) -> None:
        """Write one byte without a register."""
        self._chip(i2c_addr).write(value)

    def i2c_rdwr(self, *i2c_msgs: I2cMessage) -> None:
        """Carry out messages."""
        for message in i2c_msgs:
            chip = self._chip(message.addr)
            if message.flags & I2C_M_RD:
                data = chip.read()
                for index in range(message.len):
                    message.buf[index] = data[index : index + 1] or b"\xff"
            else:
                chip.write(*(ord(message.buf[index]) for index in range(message.len)))

    def close(self) -> None:
        """Close the bus; chips keep their state."""

    def _chip(self, address: int) -> Chip:
        if address not in self._chips:
            raise not_acknowledged()
        return self._chips[address]


def virtual_i2c(
    lux: Callable[[], float | None],
    power_w: Callable[[], Mapping[str, float]],
    behind: Iterable[str],
    clock: Callable[[], float],
) -> VirtualI2c:
    """Return a bus with a light sensor and a meter at each of their addresses.

    A meter measures the sum of what the lamps `behind` it draw ("controller": the node). With
    `lux` None the light sensor is gone, and the meter while `power_w` knows nothing of these.
    """

    def present_lux() -> float:
        return _present(lux())

    def present_w() -> float:
        known_w = power_w()
        drawn_w = [known_w[name] for name in behind if name in known_w]
        return _present(sum(drawn_w) if drawn_w else None)

    light = {x: _Present(present_lux, FakeBh1750(present_lux, clock)) for x in bh1750.ADDRESSES}
    meters = {x: _Present(present_w, FakeIna226(present_w, clock)) for x in ina226.ADDRESSES}
    return VirtualI2c(light | meters)


class _Present:
    """A chip that acknowledges only while `check` raises nothing."""

    def __init__(self, check: Callable[[], object], chip: Chip) -> None:
        self._check = check
        self._chip = chip

    def write(self, *data: int) -> None:
        self._check()
        self._chip.write(*data)

    def read(self) -> bytes:
        self._check()
        return self._chip.read()


def _present(value: float | None) -> float:
    if value is None:
        raise not_acknowledged()
    return value


def not_acknowledged() -> OSError:
    """Return the error of an address at which nobody answers."""
    return OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))

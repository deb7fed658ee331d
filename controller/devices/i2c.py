"""I2C buses: the calls of smbus2 that the drivers use."""

from collections.abc import Callable
from typing import Any, Literal, Protocol, cast

from controller.devices.errors import DeviceError


class I2cBus(Protocol):
    """What is used of `smbus2.SMBus`. Calls block and raise OSError."""

    def write_byte(self, i2c_addr: int, value: int) -> None:
        """Write one byte without a register."""

    def i2c_rdwr(self, *i2c_msgs: Any) -> None:  # noqa: ANN401  smbus2.i2c_msg, imported lazily
        """Carry out messages of `smbus2.i2c_msg` as one transfer."""

    def close(self) -> None:
        """Close the bus."""


OpenI2c = Callable[[], I2cBus]
"""Opens a bus. Raises OSError."""


class I2cDevice:
    """What drivers of I2C chips have in common: the bus is opened when it is wanted."""

    def __init__(self, open_bus: OpenI2c) -> None:
        """Prepare. Raises DeviceError without smbus2."""
        import_smbus2()
        self._open_bus = open_bus
        self._bus: I2cBus | None = None

    def bus(self) -> I2cBus:
        """Return the open bus. Raises OSError."""
        if self._bus is None:
            bus = self._open_bus()
            self.opened(bus)
            self._bus = bus
        return self._bus

    def opened(self, bus: I2cBus) -> None:
        """Examine the chip on a bus that was just opened, if there is need. Raises OSError."""

    def close(self) -> None:
        """Close the bus if it is open."""
        if self._bus is not None:
            self._bus.close()
        self._bus = None


def import_smbus2() -> Any:  # noqa: ANN401  its stubs lack the fields of i2c_msg
    """Return the module smbus2. Raises DeviceError where it is not installed."""
    try:
        import smbus2  # noqa: PLC0415  wanted only where something is wired to I2C
    except ImportError as error:
        raise DeviceError(
            "an I2C device needs smbus2: install cyclelight with its extra 'hardware'"
        ) from error
    return smbus2


def open_smbus(bus: int) -> I2cBus:
    """Open /dev/i2c-`bus`. Raises OSError."""
    return cast("I2cBus", import_smbus2().SMBus(bus))


def read_bytes(bus: I2cBus, address: int, count: int) -> bytes:
    """Read `count` bytes from a device without naming a register. Raises OSError."""
    message = import_smbus2().i2c_msg.read(address, count)
    bus.i2c_rdwr(message)
    return bytes(message)


def read_register(
    bus: I2cBus, address: int, register: int, order: Literal["big", "little"] = "big"
) -> int:
    """Read a register of 16 bits; `order` says which byte comes first. Raises OSError."""
    i2c_msg = import_smbus2().i2c_msg
    message = i2c_msg.read(address, 2)
    bus.i2c_rdwr(i2c_msg.write(address, [register]), message)
    return int.from_bytes(bytes(message), order)


def write_register(
    bus: I2cBus, address: int, register: int, value: int, order: Literal["big", "little"] = "big"
) -> None:
    """Write a register of 16 bits; `order` says which byte comes first. Raises OSError."""
    message = import_smbus2().i2c_msg.write(address, [register, *value.to_bytes(2, order)])
    bus.i2c_rdwr(message)

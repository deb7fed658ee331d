"""I2C buses: the calls of smbus2 that the drivers use."""

from collections.abc import Callable
from typing import Any, Protocol, cast

from controller.devices.errors import DeviceError


class I2cBus(Protocol):
    """What is used of `smbus2.SMBus`. Calls block and raise OSError."""

    def write_byte(self, i2c_addr: int, value: int) -> None:
        """Write one byte without a register."""

    def i2c_rdwr(self, *i2c_msgs: Any) -> None:  # noqa: ANN401  smbus2.i2c_msg, imported lazily
        """Carry out messages made by `read_message`."""

    def close(self) -> None:
        """Close the bus."""


OpenI2c = Callable[[], I2cBus]
"""Opens a bus. Raises OSError."""


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

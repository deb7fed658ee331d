"""What two devices of a node file must not share: pins, addresses on a bus, serial ports."""

from collections.abc import Iterator, Mapping

from controller.settings.documents import Document
from controller.settings.entries import Entry, entries
from controller.settings.faults import Fault, quoted
from controller.settings.lamp_rules import lines_of
from controller.settings.shape import Loc
from controller.settings.wiring import Bh1750Light, Ina226Meter, Mcp3008Light

I2C_PINS: Mapping[float, tuple[int, ...]] = {0: (0, 1), 1: (2, 3)}
"""The pins that a bus of the Pi's 40-pin header takes, in BCM numbering."""
SPI_PINS = (7, 8, 9, 10, 11)
"""SPI bus 0 with both select lines: the Pi's driver takes them together (dtparam=spi=on)."""
UART_PINS = (14, 15)
UARTS = frozenset({"/dev/serial0", "/dev/ttyAMA0", "/dev/ttyS0"})
"""Names of a serial port at the header."""

_ON_I2C = (("light", "bh1750"), ("light", "veml7700"), ("meter", "ina226"))
_USUAL_BUS = Bh1750Light.model_fields["bus"].default
_VEML7700_ADDRESS = 0x10
_ADDRESSES: Mapping[str | None, tuple[float, str]] = {
    "bh1750": (
        Bh1750Light.model_fields["address"].default,
        "tie ADDR of one to 3.3 V and give it 0x5C",
    ),
    "veml7700": (_VEML7700_ADDRESS, "its address is fixed: wire one to another bus"),
    "ina226": (
        Ina226Meter.model_fields["address"].default,
        "solder A0 or A1 of one elsewhere and give it the address it has then, 0x40 to 0x4F",
    ),
}
"""By kind the usual address, and what to do where two devices have the same."""

_USUAL_DEVICE = Mcp3008Light.model_fields["device"].default

_AT_PORTS: Mapping[str | None, bool] = {"ld2410": False, "modbus": True, "dali": True}
"""Kinds at serial ports, and whether several of one kind share a port."""


def bus_faults(document: Document, unsound: frozenset[Loc]) -> Iterator[Fault]:
    """Give every pin, address, channel and port of a node file that is used twice."""
    yield from _shared_pins(document, unsound)
    yield from _shared_addresses(document, unsound)
    yield from _shared_inputs(document, unsound)
    yield from _shared_ports(document, unsound)


def _shared_pins(document: Document, unsound: frozenset[Loc]) -> Iterator[Fault]:
    users = dict(_pins_of_buses(document, unsound))
    for table in ("lamps", "motion"):
        tables = entries(document, unsound, table)
        for entry in (line for one in tables for line in lines_of(one)):
            pin = entry.number("pin")
            if pin is None:
                continue
            if pin in users:
                problem = f"pin {pin:g} is already used by {users[pin]}"
                yield Fault(entry.place("pin"), problem, "wire each to a pin of its own")
            users.setdefault(pin, entry.place())


def _pins_of_buses(document: Document, unsound: frozenset[Loc]) -> Iterator[tuple[float, str]]:
    """Give the header's pins that buses and serial ports take, with who uses them."""
    for device, bus in _on_i2c(document, unsound):
        for pin in I2C_PINS.get(bus, ()):
            yield pin, device.place()
    for device in _of_kind(document, unsound, "light", "mcp3008"):
        for pin in SPI_PINS:
            yield pin, device.place()
    for device, port in _at_ports(document, unsound):
        for pin in UART_PINS if port in UARTS else ():
            yield pin, device.place()


def _shared_addresses(document: Document, unsound: frozenset[Loc]) -> Iterator[Fault]:
    users: dict[tuple[float, float], str] = {}
    for device, bus in _on_i2c(document, unsound):
        usual, hint = _ADDRESSES[device.text("kind")]
        address = device.number_or("address", usual)
        if address is None:
            continue
        if (bus, address) in users:
            problem = f"has the same bus and address as {users[bus, address]}"
            yield Fault(device.place(), problem, hint)
        users.setdefault((bus, address), device.place())


def _shared_inputs(document: Document, unsound: frozenset[Loc]) -> Iterator[Fault]:
    users: dict[tuple[float, float], str] = {}
    for light in _of_kind(document, unsound, "light", "mcp3008"):
        device, channel = light.number_or("device", _USUAL_DEVICE), light.number("channel")
        if device is None or channel is None:
            continue
        if (device, channel) in users:
            problem = f"has the same device and channel as {users[device, channel]}"
            yield Fault(light.place("channel"), problem, "wire each LDR to an input of its own")
        users.setdefault((device, channel), light.place())


def _shared_ports(document: Document, unsound: frozenset[Loc]) -> Iterator[Fault]:
    users: dict[str, tuple[str | None, str]] = {}
    for device, port in _at_ports(document, unsound):
        kind = device.text("kind")
        if port in users:
            known, place = users[port]
            if known != kind or not _AT_PORTS[kind]:
                problem = f"port {quoted(port)} is already used by {place}"
                yield Fault(device.place("port"), problem, "connect each to a port of its own")
        users.setdefault(port, (kind, device.place()))


def _on_i2c(document: Document, unsound: frozenset[Loc]) -> Iterator[tuple[Entry, float]]:
    """Give the light sensors and meters on I2C with the numbers of their buses."""
    for table, kind in _ON_I2C:
        for device in _of_kind(document, unsound, table, kind):
            bus = device.number_or("bus", _USUAL_BUS)
            if bus is not None:
                yield device, bus


def _at_ports(document: Document, unsound: frozenset[Loc]) -> Iterator[tuple[Entry, str]]:
    """Give what is at serial ports with their names."""
    for table in ("motion", "meter", "lamps"):
        for device in entries(document, unsound, table):
            port = device.text("port")
            if device.text("kind") in _AT_PORTS and port is not None:
                yield device, port


def _of_kind(document: Document, unsound: frozenset[Loc], table: str, kind: str) -> Iterator[Entry]:
    return (one for one in entries(document, unsound, table) if one.text("kind") == kind)

"""What must hold of the lamps in a node file, and between them and the path file."""

from collections.abc import Iterator

from controller.core.path import Path
from controller.settings.documents import Document
from controller.settings.entries import Entry, entries
from controller.settings.faults import Fault
from controller.settings.shape import Loc

_PARTS = ("output", "warm", "cold")


def lines_of(lamp: Entry) -> Iterator[Entry]:
    """Give a lamp's table and the tables of lines within it."""
    yield lamp
    for part in _PARTS:
        below = Entry(lamp.document, (*lamp.loc, part), lamp.unsound)
        if isinstance(lamp.value(part), dict):
            yield from lines_of(below)


def lamp_faults(document: Document, unsound: frozenset[Loc]) -> Iterator[Fault]:
    """Give every fault of the lamps within a node file."""
    lamps = entries(document, unsound, "lamps")
    yield from _shared_channels(lamps)
    yield from _colours(lamps)
    yield from _dali(tuple(lamp for lamp in lamps if lamp.text("kind") == "dali"))


def tunable_faults(document: Document, unsound: frozenset[Loc], path: Path) -> Iterator[Fault]:
    """Give every lamp of which the path file says what its wiring cannot do."""
    constant = {lamp.id for lamp in path.lamps if lamp.clo is not None}
    for lamp in entries(document, unsound, "lamps"):
        if lamp.text("kind") == "relay" and lamp.name in constant:
            problem = "cannot dim, though the path file gives the lamp constant light output"
            yield Fault(lamp.place("kind"), problem, "take clo out of the path file")
    yield from _other_colours(document, unsound, path)


def _other_colours(document: Document, unsound: frozenset[Loc], path: Path) -> Iterator[Fault]:
    ranges = {lamp.id: lamp.cct_k for lamp in path.lamps}
    for lamp in entries(document, unsound, "lamps"):
        kind, cct_k = lamp.text("kind"), ranges.get(lamp.name or "")
        if kind == "two_channel":
            warm_k, cold_k = lamp.number("warm_k"), lamp.number("cold_k")
            if lamp.name not in ranges or warm_k is None or cold_k is None:
                continue
            if cct_k is None or not warm_k <= cct_k[0] < cct_k[1] <= cold_k:
                problem = "has two channels, and the path file not a range of colours within them"
                hint = f"give the lamp cct_k = [{warm_k:g}, {cold_k:g}] in the path file"
                yield Fault(lamp.place(), problem, hint)
        elif cct_k is not None and kind not in ("dali", "none", None):
            problem = (
                f"cannot set a colour, though the path file gives the lamp cct_k {list(cct_k)}"
            )
            hint = 'wire it as "two_channel" or "dali", or take cct_k out of the path file'
            yield Fault(lamp.place("kind"), problem, hint)


def _shared_channels(lamps: tuple[Entry, ...]) -> Iterator[Fault]:
    users: dict[tuple[str, float], str] = {}
    for line in (line for lamp in lamps for line in lines_of(lamp)):
        device, channel = line.text("device"), line.number("channel")
        if device is None or channel is None:
            continue
        if (device, channel) in users:
            problem = f"has the same device and channel as {users[device, channel]}"
            yield Fault(line.place(), problem, "dim each by a channel of its own")
        users.setdefault((device, channel), line.place())


def _colours(lamps: tuple[Entry, ...]) -> Iterator[Fault]:
    for lamp in lamps:
        warm_k, cold_k = lamp.number("warm_k"), lamp.number("cold_k")
        if warm_k is not None and cold_k is not None and warm_k >= cold_k:
            problem = f"is not less than cold_k, {cold_k:g}"
            yield Fault(lamp.place("warm_k"), problem, "warm light has fewer kelvin: swap them")


def _dali(lamps: tuple[Entry, ...]) -> Iterator[Fault]:
    users: dict[tuple[str, str, float], str] = {}
    buses: dict[str, tuple[str, str]] = {}
    for lamp in lamps:
        given = [name for name in ("short", "group") if lamp.value(name) is not None]
        if len(given) != 1 and not any(map(lamp.is_faulty, ("short", "group"))):
            problem = "has both short and group" if given else "has neither short nor group"
            yield Fault(lamp.place(), problem, "give its gear's short address, or a group")
            continue
        port, interface = lamp.text("port"), lamp.text("interface")
        if port is None or interface is None:
            continue
        if interface == "daliserver" and not _is_host_and_port(port):
            yield Fault(lamp.place("port"), "is not HOST:PORT", 'like "localhost:55825"')
        known, other = buses.setdefault(port, (interface, lamp.place()))
        if known != interface:
            problem = f"is not the interface that {other} has at the same port"
            yield Fault(lamp.place("interface"), problem, "one port is one interface")
        for name in given:
            key = port, name, lamp.number(name) or 0.0
            if key in users:
                problem = f"has the same port and {name} as {users[key]}"
                yield Fault(lamp.place(), problem, "give each lamp an address of its own")
            users.setdefault(key, lamp.place())


def _is_host_and_port(port: str) -> bool:
    host, _, number = port.rpartition(":")
    return bool(host) and number.isascii() and number.isdigit() and 0 < int(number) <= 65535  # noqa: PLR2004  the ports of TCP

"""What must hold of the meters in a node file, and between them and the path file."""

from collections.abc import Iterator

from controller.core.path import Path
from controller.settings.documents import Document
from controller.settings.entries import Entry, entries
from controller.settings.faults import Fault, nearest, quoted
from controller.settings.shape import Loc
from controller.settings.wiring import SERIAL_LINES, ModbusMeter

LEAST_SHUNT_V, GREATEST_SHUNT_V = 0.00512, 0.08192
"""The INA226 measures up to 81.92 mV; below a sixteenth of that its calibration has no room."""

Frames = tuple[float, int]
"""Baud and stop bits."""


def meter_faults(document: Document, unsound: frozenset[Loc]) -> Iterator[Fault]:
    """Give every fault of the meters within a node file."""
    meters = _wired(document, unsound)
    yield from _nothing_behind(meters)
    yield from _behind_twice(meters)
    yield from _unfit_shunts(meters)
    yield from _shared_lines(meters)


def metered_faults(document: Document, unsound: frozenset[Loc], path: Path) -> Iterator[Fault]:
    """Give every lamp behind a meter that is not this node's."""
    node = Entry(document, (), unsound).text("node")
    if node not in {one.id for one in path.nodes}:
        return
    owners = {lamp.id: lamp.node for lamp in path.lamps}
    own = [lamp for lamp, owner in owners.items() if owner == node]
    for meter in _wired(document, unsound):
        for lamp in _lamps(meter):
            if lamp not in owners:
                problem = f"the path file has no lamp {quoted(lamp)}"
                yield Fault(meter.place("lamps"), problem, nearest(lamp, own))
            elif lamp not in own:
                problem = f"lamp {quoted(lamp)} belongs to node {quoted(owners[lamp])}"
                hint = f"name lamps of this node only: {nearest(lamp, own)}"
                yield Fault(meter.place("lamps"), problem, hint)


def _wired(document: Document, unsound: frozenset[Loc]) -> tuple[Entry, ...]:
    meters = entries(document, unsound, "meter")
    return tuple(meter for meter in meters if meter.text("kind") in ("ina226", "modbus"))


def _lamps(meter: Entry) -> list[str]:
    lamps = meter.value("lamps")
    return [x for x in lamps if isinstance(x, str)] if isinstance(lamps, list | tuple) else []


def _nothing_behind(meters: tuple[Entry, ...]) -> Iterator[Fault]:
    for meter in meters:
        faulty = meter.is_faulty("lamps") or meter.is_faulty("controller")
        if not faulty and not meter.value("lamps") and meter.value("controller") is not True:
            hint = 'add lamps = ["..."], controller = true, or kind = "none" if it is not in use'
            yield Fault(meter.place(), "has nothing behind it", hint)


def _behind_twice(meters: tuple[Entry, ...]) -> Iterator[Fault]:
    """Give lamps named twice, and those with two meters of their own."""
    alone: dict[str, str] = {}
    for meter in meters:
        lamps = _lamps(meter)
        for lamp in sorted({x for x in lamps if lamps.count(x) > 1}):
            yield Fault(meter.place("lamps"), f"names {quoted(lamp)} twice", "name it once")
        if len(lamps) == 1 and meter.value("controller") is not True:
            if lamps[0] in alone:
                problem = f"lamp {quoted(lamps[0])} has a meter of its own already, "
                hint = "let one meter measure each lamp alone, others groups or the whole node"
                yield Fault(meter.place("lamps"), problem + alone[lamps[0]], hint)
            alone.setdefault(lamps[0], meter.place())


def _unfit_shunts(meters: tuple[Entry, ...]) -> Iterator[Fault]:
    for meter in meters:
        shunt_ohm, max_a = meter.number("shunt_ohm"), meter.number("max_a")
        if shunt_ohm is None or max_a is None:
            continue
        drop_v = shunt_ohm * max_a
        if not LEAST_SHUNT_V <= drop_v <= GREATEST_SHUNT_V:
            problem = f"{max_a:g} A through {shunt_ohm:g} ohm are {1000 * drop_v:.3g} mV"
            yield Fault(meter.place("max_a"), problem, _better(shunt_ohm))


def _better(shunt_ohm: float) -> str:
    least_a, greatest_a = LEAST_SHUNT_V / shunt_ohm, GREATEST_SHUNT_V / shunt_ohm
    return (
        f"the chip measures 5.12 to 81.92 mV: with this shunt max_a is {least_a:.3g} to "
        f"{greatest_a:.3g}; for other currents wire another shunt"
    )


def _shared_lines(meters: tuple[Entry, ...]) -> Iterator[Fault]:
    """Give meters at one port with the same unit, or with frames of another kind."""
    units: dict[tuple[str, float], str] = {}
    frames: dict[str, tuple[Frames, str]] = {}
    for meter in meters:
        port, unit = meter.text("port"), meter.number_or("unit", _USUAL_UNIT)
        own = _frames(meter)
        if port is None or unit is None or own is None:
            continue
        if (port, unit) in units:
            problem = f"has the same port and unit as {units[port, unit]}"
            yield Fault(meter.place(), problem, "give one meter another unit, and say which")
        units.setdefault((port, unit), meter.place())
        known, other = frames.setdefault(port, (own, meter.place()))
        if known != own:
            problem = f"talks with {own[0]:g} baud and {own[1]} stop bits, {other} with "
            problem += f"{known[0]:g} and {known[1]} at the same port"
            yield Fault(meter.place("baud"), problem, "set the meters alike, or use two ports")


_USUAL_UNIT = ModbusMeter.model_fields["unit"].default


def _frames(meter: Entry) -> Frames | None:
    line = SERIAL_LINES.get(meter.text("model") or "")
    baud = None if line is None else meter.number_or("baud", line.usual_baud)
    return None if line is None or baud is None else (baud, line.stop_bits)

"""What must hold within a node file, and between it and its path file."""

import os
import pathlib
from collections.abc import Iterator, Mapping

from controller.core.path import Path
from controller.settings.bus_rules import bus_faults
from controller.settings.documents import Document, is_file
from controller.settings.entries import Entry, entries
from controller.settings.faults import Fault, nearest, quoted
from controller.settings.lamp_rules import lamp_faults, tunable_faults
from controller.settings.shape import Loc

CREDENTIALS = ("password_file", "ca_file", "cert_file", "key_file")
_TOGETHER = (
    ("password_file", "username", "name the user that the password belongs to"),
    ("cert_file", "key_file", "name the certificate's private key"),
    ("key_file", "cert_file", "name the certificate that the key belongs to"),
)


def node_faults(
    document: Document, unsound: frozenset[Loc], folder: pathlib.Path
) -> Iterator[Fault]:
    """Give every fault within a node file that lies in `folder`."""
    yield from bus_faults(document, unsound)
    yield from lamp_faults(document, unsound)
    mqtt = Entry(document, ("mqtt",), unsound)
    yield from _halves(mqtt)
    yield from _missing_files(mqtt, folder)


def wiring_faults(document: Document, unsound: frozenset[Loc], path: Path) -> Iterator[Fault]:
    """Give every fault between a node file and its path file."""
    top = Entry(document, (), unsound)
    node = top.text("node")
    nodes = [other.id for other in path.nodes]
    if node is None:
        return
    if node not in nodes:
        problem = f"the path file has no node {quoted(node)}"
        yield Fault(top.place("node"), problem, nearest(node, nodes))
        return
    for table, owners in _owners(path).items():
        wired = entries(document, unsound, table)
        yield from _unwired(table, owners, node, {entry.name for entry in wired})
        for entry in wired:
            yield from _strange(entry, owners, node)
    yield from tunable_faults(document, unsound, path)


def _owners(path: Path) -> dict[str, dict[str, str]]:
    return {
        "lamps": {lamp.id: lamp.node for lamp in path.lamps},
        "motion": {sensor.id: sensor.node for sensor in path.motion_sensors},
        "light": {sensor.id: sensor.node for sensor in path.light_sensors},
    }


def _unwired(
    table: str, owners: Mapping[str, str], node: str, wired: set[str | None]
) -> Iterator[Fault]:
    for name, owner in owners.items():
        if owner == node and name not in wired:
            problem = "is not wired, though the path file gives it to this node"
            hint = f'add [{table}.{name}], with kind = "none" if it is not wired yet'
            yield Fault(f"{table}.{name}", problem, hint)


def _strange(entry: Entry, owners: Mapping[str, str], node: str) -> Iterator[Fault]:
    name = entry.name
    if name is None:
        return
    if name not in owners:
        yield Fault(entry.place(), "the path file has none of this id", nearest(name, owners))
    elif owners[name] != node:
        owner = quoted(owners[name])
        hint = "wire it in that node's file, or change its node in the path file"
        yield Fault(entry.place(), f"belongs to node {owner}", hint)


def _halves(mqtt: Entry) -> Iterator[Fault]:
    for name, other, hint in _TOGETHER:
        missing = mqtt.value(other) is None and not mqtt.is_faulty(other)
        if mqtt.value(name) is not None and missing:
            yield Fault(mqtt.place(name), f"is given without {other}", hint)


def _missing_files(mqtt: Entry, folder: pathlib.Path) -> Iterator[Fault]:
    for name in CREDENTIALS:
        value = mqtt.value(name)
        if value is None:
            continue
        file = folder / str(value)
        if not is_file(file):
            yield Fault(mqtt.place(name), f"there is no file {quoted(str(value))}", "create it")
        elif not os.access(file, os.R_OK):
            problem = f"the file {quoted(str(value))} may not be read"
            yield Fault(mqtt.place(name), problem, "give the user of the service access")

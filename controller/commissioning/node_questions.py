"""What `cyclelight init` asks about the nodes: which drives what, and at which pins."""

import math

from controller.commissioning import reading
from controller.commissioning.path_questions import has_sensors, lamps_in
from controller.commissioning.question import Question, Texts
from controller.commissioning.refusing import check_entry, refused
from controller.settings.bus_rules import I2C_PINS
from controller.settings.faults import counted, quoted

PIN_POOL = (12, 13, 18, 19, 16, 20, 21, 26, 17, 27, 22, 23, 24, 25, 5, 6, 4)
"""Free pins: not those of add-on boards (0, 1), I2C (2, 3), SPI (7-11) and serial (14, 15)."""
I2C_BUS = 1
RESERVED_NODES = ("path", "profile")
"""Files of these names are written anyhow."""


def nodes_in(text: str) -> list[str]:
    """Return the ids of the nodes. Raises RefusedError."""
    found = reading.words(text)
    for at, node in enumerate(found):
        check_entry("node", {"id": node}, "id")
        if node in found[:at]:
            raise refused("nodes", f"there is another node {quoted(node)}", "give each its own id")
        if node in RESERVED_NODES:
            problem = f"{quoted(node)} is the name of another file"
            raise refused("nodes", problem, "choose another name")
    if not found:
        raise refused("nodes", "there is none", "name the Raspberry Pis, like n1, n2")
    return found


def _nodes(text: str, texts: Texts) -> None:
    nodes, lamps = len(nodes_in(text)), sum(lamps_in(texts))
    if nodes > lamps:
        problem = f"{counted(nodes, 'node')} for {counted(lamps, 'lamp')}"
        raise refused("nodes", problem, "each node drives a lamp at least")


def _usual_nodes(texts: Texts) -> str:
    most = len(PIN_POOL) // (2 if has_sensors(texts) else 1)
    nodes = math.ceil(sum(lamps_in(texts)) / most)
    return ", ".join(f"n{number}" for number in range(1, nodes + 1))


def split_in(text: str, texts: Texts) -> list[int]:
    """Return how many lamps each node drives. Raises RefusedError."""
    nodes, lamps = nodes_in(texts["nodes"]), sum(lamps_in(texts))
    found = reading.counts(text, "split", len(nodes), "node")
    if sum(found) != lamps or 0 in found:
        problem = f"{quoted(text)} adds up to {sum(found)} of {counted(lamps, 'lamp')}"
        raise refused("split", problem, "share out all of them, one at least to each node")
    return found


def even_split(lamps: int, nodes: int) -> list[int]:
    """Share lamps out evenly; the first nodes take what is left over."""
    least, over = divmod(lamps, nodes)
    return [least + (node < over) for node in range(nodes)]


def _usual_split(texts: Texts) -> str:
    even = even_split(sum(lamps_in(texts)), len(nodes_in(texts["nodes"])))
    return ", ".join(map(str, even))


def light_nodes(text: str, texts: Texts) -> list[str]:
    """Return the nodes that have a light sensor. Raises RefusedError."""
    nodes = nodes_in(texts["nodes"])
    found = [] if reading.optional(text) is None else reading.words(text)
    for node in found:
        if node not in nodes:
            hint = f"the nodes are {', '.join(nodes)}; or none"
            raise refused("light", f"there is no node {quoted(node)}", hint)
    return found


NODES = (
    Question("nodes", "Ids of the nodes (Raspberry Pis), in their order", _nodes, _usual_nodes),
    Question("split", "How many lamps each drives, along the path", split_in, _usual_split),
    Question(
        "light",
        "Nodes with a light sensor (BH1750), or none",
        light_nodes,
        lambda x: x["nodes"],
    ),
)


def _taken(texts: Texts) -> list[int]:
    return list(I2C_PINS[I2C_BUS]) if light_nodes(texts["light"], texts) else []


def lamp_pins(text: str, texts: Texts) -> list[int]:
    """Return the pins of a node's lamps, in their order. Raises RefusedError."""
    greatest = max(split_in(texts["split"], texts))
    return reading.pins(text, "lamp_pins", _taken(texts), greatest)


def motion_pins(text: str, texts: Texts) -> list[int]:
    """Return the pins of a node's motion sensors, in their order. Raises RefusedError."""
    greatest = max(split_in(texts["split"], texts))
    taken = _taken(texts) + lamp_pins(texts["lamp_pins"], texts)[:greatest]
    return reading.pins(text, "motion_pins", taken, greatest)


def _usual_lamp_pins(texts: Texts) -> str:
    greatest = max(split_in(texts["split"], texts))
    return ", ".join(map(str, PIN_POOL[:greatest]))


def _usual_motion_pins(texts: Texts) -> str | None:
    greatest = max(split_in(texts["split"], texts))
    taken = lamp_pins(texts["lamp_pins"], texts)[:greatest]
    free = [pin for pin in PIN_POOL if pin not in taken][:greatest]
    return ", ".join(map(str, free)) if len(free) == greatest else None


WIRED = (
    Question(
        "active_high",
        "Is a lamp lit while its pin is high? y or n (docs/wiring.md)",
        lambda text, _: reading.yes(text, "active_high"),
        lambda _: "y",
    ),
    Question("lamp_pins", "GPIO of a node's lamps, in order", lamp_pins, _usual_lamp_pins),
    Question(
        "motion_pins",
        "GPIO of a node's motion sensors, in order",
        motion_pins,
        _usual_motion_pins,
        has_sensors,
    ),
)

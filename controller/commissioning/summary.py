"""What was answered, in a few lines."""

from collections.abc import Iterator

from controller.commissioning import reading
from controller.commissioning.node_questions import light_nodes, nodes_in
from controller.commissioning.path_questions import has_sensors, lamps_in
from controller.commissioning.planning import lamp_id, standing
from controller.commissioning.question import Texts
from controller.settings.faults import counted


def summary(texts: Texts) -> Iterator[str]:
    """Give one line each for the path, what stands along it, the broker and every node."""
    place = f"{texts['latitude']}, {texts['longitude']}, {texts['timezone']}"
    yield f"Path    {texts['name']} ({texts['tenant']}/{texts['id']}) at {place}"
    stretches, lamps = reading.stretches(texts["sections"]), sum(lamps_in(texts))
    length_m = sum(stretch.length_m for stretch in stretches)
    yield f"Length  {length_m:g} m in {counted(len(stretches), 'section')}"
    yield f"Lamps   {lamps} of {texts['rated_w']} W"
    if has_sensors(texts):
        yield f"Motion  a sensor at each lamp that sees {texts['reach_m']} m"
    else:
        yield "Motion  no sensors: the lamps stay lit all night"
    yield f"Broker  {texts['broker']}"
    light = light_nodes(texts["light"], texts)
    for node in nodes_in(texts["nodes"]):
        own = [lamp.number for lamp in standing(texts) if lamp.node == node]
        ends = f"{lamp_id(own[0], lamps)} to {lamp_id(own[-1], lamps)}"
        yield f"Node    {node}: {ends}{', a light sensor' if node in light else ''}"

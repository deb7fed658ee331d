"""From the answers to the documents of the files. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from controller.commissioning import reading
from controller.commissioning.node_questions import (
    I2C_BUS,
    lamp_pins,
    light_nodes,
    motion_pins,
    nodes_in,
    split_in,
)
from controller.commissioning.path_questions import has_sensors, lamps_in, spacings_m
from controller.commissioning.question import Texts
from controller.commissioning.toml_text import toml_text
from controller.core.profile import Profile
from controller.settings.documents import Document
from controller.settings.profile import profile_document

PATH_FILE, PROFILE_FILE = "path.toml", "profile.toml"
STATE_DIR = "/var/lib/cyclelight"
"""As the service's unit has it."""

_MADE = "# Written by `cyclelight init`. Check it after every change: cyclelight check {name}\n"
_EXPLAINED: Mapping[str, str] = {
    PATH_FILE: "# What was built along the path, the same for every node. See docs/files.md.\n",
    PROFILE_FILE: "# How light behaves: the built-in profile, written out. See docs/profile.md.\n",
}
_NODE = "# How one Raspberry Pi is wired. See docs/files.md and docs/wiring.md.\n"


@dataclass(frozen=True, slots=True)
class Standing:
    """A lamp, and where it stands; `place` counts the node's lamps from 0."""

    number: int
    section: str
    at_m: float
    node: str
    place: int


def files_of(texts: Texts) -> dict[str, str]:
    """Return the text of every file by its name, the path's first."""
    documents: dict[str, Document] = {PATH_FILE: _path(texts), PROFILE_FILE: _profile()}
    for node in nodes_in(texts["nodes"]):
        documents[f"{node}.toml"] = _node(texts, node)
    return {
        name: _MADE.format(name=name) + _EXPLAINED.get(name, _NODE) + "\n" + toml_text(document)
        for name, document in documents.items()
    }


def standing(texts: Texts) -> Iterator[Standing]:
    """Give every lamp along the path: in the middle of its section, shared out node by node."""
    nodes, split = nodes_in(texts["nodes"]), split_in(texts["split"], texts)
    drivers = [
        (node, place) for node, own in zip(nodes, split, strict=True) for place in range(own)
    ]
    sections = zip(
        reading.stretches(texts["sections"]),
        lamps_in(texts),
        spacings_m(texts["spacing_m"], texts),
        strict=True,
    )
    number = 0
    for section, lamps, spacing_m in sections:
        first_m = (section.length_m - (lamps - 1) * spacing_m) / 2
        for at in range(lamps):
            node, place = drivers[number]
            at_m = round(first_m + at * spacing_m, 2)
            number += 1
            yield Standing(number, section.id, at_m, node, place)


def lamp_id(number: int, lamps: int) -> str:
    """Name a lamp so that names sort as lamps stand: L01 to L43."""
    return f"L{number:0{max(2, len(str(lamps)))}}"


def _sensor_id(lamp: str) -> str:
    return f"M{lamp[1:]}"


def _light_sensors(texts: Texts) -> dict[str, str]:
    """Return the id of each node's light sensor, by node."""
    nodes = light_nodes(texts["light"], texts)
    return {node: f"D{number}" for number, node in enumerate(nodes, 1)}


def _path(texts: Texts) -> Document:
    stretches = reading.stretches(texts["sections"])
    ends = dict.fromkeys(end for x in stretches for end in (x.start, x.end))
    number_of = sum(lamps_in(texts))
    document: Document = {
        "path": {
            **{key: texts[key] for key in ("tenant", "id", "name")},
            "latitude": float(texts["latitude"]),
            "longitude": float(texts["longitude"]),
            "timezone": texts["timezone"],
        },
        "junction": [{"id": end} for end in ends],
        "section": [
            {"id": x.id, "from": x.start, "to": x.end, "length_m": x.length_m} for x in stretches
        ],
        "node": [{"id": node} for node in nodes_in(texts["nodes"])],
        "lamp": [
            {**_placed(lamp_id(x.number, number_of), x), "rated_w": float(texts["rated_w"])}
            for x in standing(texts)
        ],
    }
    if has_sensors(texts):
        document["motion_sensor"] = [
            {
                **_placed(_sensor_id(lamp_id(x.number, number_of)), x),
                "reach_m": float(texts["reach_m"]),
            }
            for x in standing(texts)
        ]
    light = _light_sensors(texts)
    if light:
        document["light_sensor"] = [{"id": name, "node": node} for node, name in light.items()]
    return document


def _placed(name: str, lamp: Standing) -> dict[str, object]:
    return {"id": name, "section": lamp.section, "at_m": lamp.at_m, "node": lamp.node}


def _profile() -> Document:
    return {"version": 1, **profile_document(Profile())}


def _node(texts: Texts, node: str) -> Document:
    lamps = sum(lamps_in(texts))
    own = [(lamp_id(x.number, lamps), x.place) for x in standing(texts) if x.node == node]
    pins = lamp_pins(texts["lamp_pins"], texts)
    document: Document = {
        "path_file": PATH_FILE,
        "profile_file": PROFILE_FILE,
        "node": node,
        "state_dir": STATE_DIR,
    }
    if reading.optional(texts["broker"]) is not None:
        document["mqtt"] = _mqtt(texts, node)
    lit_high = reading.yes(texts["active_high"], "active_high")
    document["lamps"] = {
        lamp: {"kind": "gpio_pwm", "pin": pins[at], "active_high": lit_high} for lamp, at in own
    }
    if has_sensors(texts):
        inputs = motion_pins(texts["motion_pins"], texts)
        document["motion"] = {
            _sensor_id(lamp): {"kind": "gpio", "pin": inputs[at]} for lamp, at in own
        }
    light = _light_sensors(texts)
    if node in light:
        document["light"] = {light[node]: {"kind": "bh1750", "bus": I2C_BUS}}
    return document


def _mqtt(texts: Texts, node: str) -> dict[str, object]:
    found: dict[str, object] = {"host": texts["broker"]}
    for key in ("username", "password_file", "ca_file", "cert_file", "key_file"):
        value = reading.optional(texts.get(key, reading.NONE))
        if value is not None:
            found[key] = value.replace("{node}", node)
    return found

"""What Home Assistant is told to show of one node, by its MQTT discovery.

One message for each entity ("single component discovery"), so that an entity that is gone is taken
back by itself. Home Assistant 2024.4 or later understands all of it. The rules followed are those
of its pages on the MQTT integration, the JSON light, sensor and binary sensor; older versions
ignore keys that they do not know.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from controller.core.path import Path
from controller.mqtt.payloads import OFFLINE, ONLINE
from controller.mqtt.topics import Topics
from controller.mqtt.wire import encode_json

PREFIX = "homeassistant"
"""Where Home Assistant looks for discovery, unless it was set up otherwise."""

BIRTH_TOPIC = f"{PREFIX}/status"
"""Where Home Assistant says `online` when it has started, and `offline` when it ends."""

_MAKER = "cyclelight"
_MODEL = "cycle path lighting node"
_QOS = 1
_SEPARATOR = "_-"
_WH_G_PER_KWH_IN_KG = 1_000_000

# A template that renders `None` makes a state unknown, which is what null means.
_LUX = "{{ (value_json.daylight | default({}, true)).lux | default(none) }}"
_PROBLEM = (
    "{{ none if value_json.alarms | default(none) is none"
    " else 'ON' if value_json.alarms else 'OFF' }}"
)
_OCCUPANCY = (
    "{{ none if value_json.lamps is not mapping"
    " else 'ON' if value_json.lamps.values()"
    " | selectattr('reason', 'defined') | selectattr('reason', 'eq', 'presence') | list"
    " else 'OFF' }}"
)
# One that renders nothing leaves the last reset as it is.
_SINCE = "{{ value_json.since | default('', true) }}"


@dataclass(frozen=True, slots=True)
class _Entity:
    """One entity. `id`: unique within the node; `slug`: what the entity id ends in."""

    component: str
    id: str
    slug: str
    config: dict[str, object]


def discovery(  # noqa: PLR0913 each has a meaning of its own
    path: Path,
    node: str,
    topics: Topics,
    *,
    tell_presence: bool,
    co2_g_per_kwh: float,
    version: str,
) -> dict[str, bytes]:
    """Return the discovery payloads of one node by their topics, to be retained.

    Topics are `homeassistant/{component}/{node_id}/{object_id}/config`, as Home Assistant wants
    them, so that one pattern for an access list covers all of a node. Equal arguments give equal
    bytes.
    """
    node_id = _joined(_MAKER, topics.tenant, topics.path, node)
    shared = {"device": _device(path, node, node_id, version), "origin": _origin(version)}
    entities = [
        *_lights(path, node, topics),
        *_sensors(path, node, topics, co2_g_per_kwh),
        *_binary_sensors(topics, tell_presence=tell_presence),
    ]
    return {
        f"{PREFIX}/{entity.component}/{node_id}/{entity.id}/config": encode_json(
            entity.config | shared | _names(entity, node_id, topics.path, node)
        )
        for entity in entities
    }


def is_birth(payload: bytes) -> bool:
    """Say whether Home Assistant has just started.

    Its page recommends to send discovery again then, even if it was retained.
    """
    return payload == ONLINE


def removed(before: Iterable[str], now: Iterable[str]) -> dict[str, bytes]:
    """Return what to publish where nothing is announced any more.

    An empty retained payload removes an entity, and a device when its last entity is gone.
    """
    return dict.fromkeys(sorted(set(before) - set(now)), b"")


def _joined(*identifiers: str) -> str:
    """Join identifiers of letters, digits, `_` and `-` into one of the same characters.

    Different ones never give the same: `_` is doubled, so one before `-` can only separate.
    """
    return _SEPARATOR.join(identifier.replace("_", "__") for identifier in identifiers)


def _names(entity: _Entity, node_id: str, path: str, node: str) -> dict[str, object]:
    """Tell an entity from all others.

    `unique_id` is what a device needs, and never changes. `default_entity_id`, with its domain, is
    a proposal in place of the deprecated `object_id`; Home Assistant numbers equal ones.
    """
    slug = re.sub(r"[^a-z0-9]+", "_", f"{_MAKER}_{path}_{node}_{entity.slug}".lower()).strip("_")
    return {
        "unique_id": f"{node_id}{_SEPARATOR}{entity.id}",
        "default_entity_id": f"{entity.component}.{slug}",
    }


def _device(path: Path, node: str, node_id: str, version: str) -> dict[str, object]:
    """Describe the node, the same in every message: identifiers and name are required."""
    return {
        "identifiers": [node_id],
        "name": f"{path.name} {node}",
        "manufacturer": _MAKER,
        "model": _MODEL,
        "sw_version": version,
        "suggested_area": path.name,
    }


def _origin(version: str) -> dict[str, object]:
    """Say which program announces: recommended, and `name` required within."""
    return {"name": _MAKER, "sw_version": version}


def _availability(topics: Topics) -> dict[str, object]:
    """Let an entity be unavailable while the node is away."""
    return {
        "availability_topic": topics.availability,
        "payload_available": ONLINE.decode(),
        "payload_not_available": OFFLINE.decode(),
    }


def _lights(path: Path, node: str, topics: Topics) -> list[_Entity]:
    return [_light(lamp.id, topics) for lamp in path.lamps if lamp.node == node]


def _light(lamp: str, topics: Topics) -> _Entity:
    """Describe a lamp as a light of the JSON schema.

    `supported_color_modes` with `brightness` alone is a light that can only be dimmed. Without
    `flash` and `transition` set to false Home Assistant would offer both, and send fields that a
    lamp refuses. Commands are not retained: an old one must not come back.
    """
    config: dict[str, object] = {
        "name": lamp,
        "schema": "json",
        "command_topic": topics.lamp_set(lamp),
        "state_topic": topics.lamp_state(lamp),
        "brightness": True,
        "brightness_scale": 100,
        "supported_color_modes": ["brightness"],
        "effect": True,
        "effect_list": ["automatic"],
        "flash": False,
        "transition": False,
        "optimistic": False,
        "qos": _QOS,
        "retain": False,
    }
    return _Entity("light", _joined("lamp", lamp), lamp, config | _availability(topics))


def _sensors(path: Path, node: str, topics: Topics, co2_g_per_kwh: float) -> list[_Entity]:
    has_light_sensor = any(sensor.node == node for sensor in path.light_sensors)
    return [
        *([_illuminance(topics)] if has_light_sensor else []),
        _energy("active_energy", "Energy of the lamps", "active_energy_wh", topics),
        _energy("overhead", "Energy of the controller", "overhead_wh", topics, diagnostic=True),
        _saved_energy(topics),
        _saved_co2(topics, co2_g_per_kwh),
    ]


def _sensor(name: str, title: str, topics: Topics, config: dict[str, object]) -> _Entity:
    shared = {"name": title, "qos": _QOS}
    return _Entity("sensor", name, name, config | shared | _availability(topics))


def _illuminance(topics: Topics) -> _Entity:
    """Describe the daylight that is measured; class illuminance is in lx."""
    config: dict[str, object] = {
        "state_topic": topics.state,
        "value_template": _LUX,
        "device_class": "illuminance",
        "state_class": "measurement",
        "unit_of_measurement": "lx",
        "suggested_display_precision": 1,
    }
    return _sensor("illuminance", "Daylight", topics, config)


def _energy(
    name: str, title: str, field: str, topics: Topics, *, diagnostic: bool = False
) -> _Entity:
    """Describe a total of energy; `total_increasing` takes a fall for a new beginning."""
    config: dict[str, object] = {
        "state_topic": topics.energy_total,
        "value_template": f"{{{{ value_json.{field} | default(none) }}}}",
        "device_class": "energy",
        "state_class": "total_increasing",
        "unit_of_measurement": "Wh",
        "suggested_display_precision": 0,
    }
    category: dict[str, object] = {"entity_category": "diagnostic"} if diagnostic else {}
    return _sensor(name, title, topics, config | category)


def _saved_energy(topics: Topics) -> _Entity:
    config: dict[str, object] = {
        "value_template": _net_saved("", 3),
        "device_class": "energy",
        "unit_of_measurement": "Wh",
        "suggested_display_precision": 0,
    }
    return _sensor("saved_energy", "Saved energy", topics, config | _net_total(topics))


def _saved_co2(topics: Topics, co2_g_per_kwh: float) -> _Entity:
    """Describe the carbon dioxide not emitted, of class weight: `carbon_dioxide` is a share of air.

    A total of weight is among what Home Assistant allows; older versions had it only measured,
    and warn.
    """
    config: dict[str, object] = {
        "value_template": _net_saved(f" * {co2_g_per_kwh:.6f} / {_WH_G_PER_KWH_IN_KG}", 6),
        "device_class": "weight",
        "unit_of_measurement": "kg",
        "suggested_display_precision": 2,
    }
    return _sensor("saved_co2", "Saved CO2", topics, config | _net_total(topics))


def _net_total(topics: Topics) -> dict[str, object]:
    """Describe what can fall: a `total` whose beginning is told, since a fall does not tell it."""
    return {
        "state_topic": topics.energy_total,
        "state_class": "total",
        "last_reset_value_template": _SINCE,
    }


def _net_saved(times: str, digits: int) -> str:
    """Write a template for the saved energy, less what the controller itself used."""
    return (
        "{{ ((value_json.saved_wh - value_json.overhead_wh)"
        f"{times}) | round({digits})"
        " if value_json.saved_wh is number and value_json.overhead_wh is number else none }}"
    )


def _binary_sensors(topics: Topics, *, tell_presence: bool) -> list[_Entity]:
    return [
        _problem(topics),
        _connectivity(topics),
        *([_occupancy(topics)] if tell_presence else []),
    ]


def _binary_sensor(name: str, title: str, config: dict[str, object]) -> _Entity:
    shared = {"name": title, "device_class": name, "qos": _QOS}
    return _Entity("binary_sensor", name, name, config | shared)


def _problem(topics: Topics) -> _Entity:
    config: dict[str, object] = {
        "state_topic": topics.state,
        "value_template": _PROBLEM,
        "entity_category": "diagnostic",
    }
    return _binary_sensor("problem", "Problem", config | _availability(topics))


def _connectivity(topics: Topics) -> _Entity:
    """Describe whether the node is there: always available itself, or it could never say no."""
    config: dict[str, object] = {
        "state_topic": topics.availability,
        "payload_on": ONLINE.decode(),
        "payload_off": OFFLINE.decode(),
        "entity_category": "diagnostic",
    }
    return _binary_sensor("connectivity", "Connection", config)


def _occupancy(topics: Topics) -> _Entity:
    config: dict[str, object] = {"state_topic": topics.state, "value_template": _OCCUPANCY}
    return _binary_sensor("occupancy", "Somebody there", config | _availability(topics))

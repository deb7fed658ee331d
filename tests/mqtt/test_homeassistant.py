"""What Home Assistant is told to show, byte for byte, and against the rules it publishes."""

import json
import re
from collections.abc import Mapping
from pathlib import Path as File
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.path import Lamp, LightSensor, Node, Path, PowerTable
from controller.mqtt import homeassistant
from controller.mqtt.commands import parse_lamp_set
from controller.mqtt.homeassistant import BIRTH_TOPIC, discovery, is_birth, removed
from controller.mqtt.payloads import EnergyTotalPayload, LampReport, StatePayload
from controller.mqtt.topics import Topics
from controller.mqtt.wire import encode_json

GOLDEN = File(__file__).parent / "golden" / "homeassistant"
NODE_ID = "cyclelight_-stadt_-kanal_-n07"


def lamp(identifier: str, node: str) -> Lamp:
    return Lamp(identifier, "S1", 0.0, node, 15.0, PowerTable.for_rated(15.0))


def a_path(
    *,
    tenant: str = "stadt",
    name: str = "kanal",
    node: str = "n07",
    lamps: tuple[str, ...] = ("L01", "L02"),
    light_sensors: tuple[LightSensor, ...] = (LightSensor("D1", "n07"),),
) -> Path:
    return Path(
        tenant=tenant,
        id=name,
        name="Weg am Kanal",
        latitude_deg=52.0,
        longitude_deg=7.0,
        timezone="Europe/Berlin",
        junctions=(),
        sections=(),
        nodes=(Node(node), Node("n08")),
        lamps=(*(lamp(identifier, node) for identifier in lamps), lamp("L99", "n08")),
        motion_sensors=(),
        light_sensors=light_sensors,
    )


def told(
    path: Path | None = None,
    node: str = "n07",
    *,
    tell_presence: bool = True,
    co2_g_per_kwh: float = 363.0,
) -> dict[str, bytes]:
    path = path or a_path()
    return discovery(
        path,
        node,
        Topics(path.tenant, path.id, node),
        tell_presence=tell_presence,
        co2_g_per_kwh=co2_g_per_kwh,
        version="0.1.0",
    )


def component(topic: str) -> str:
    return topic.split("/")[1]


def file_name(topic: str) -> str:
    _, kind, _, entity, _ = topic.split("/")
    return f"{kind}-{entity}.json"


def read(payload: bytes) -> dict[str, object]:
    value = json.loads(payload)
    assert isinstance(value, dict)
    return value


ALL = told()
READ = {topic: read(payload) for topic, payload in ALL.items()}


def entity(kind: str, name: str) -> dict[str, object]:
    return READ[f"homeassistant/{kind}/{NODE_ID}/{name}/config"]


def text(config: Mapping[str, object], key: str) -> str:
    value = config[key]
    assert isinstance(value, str)
    return value


# --- Byte for byte ---


@pytest.mark.parametrize("topic", ALL, ids=file_name)
def test_every_payload_is_the_golden_one(topic: str) -> None:
    assert ALL[topic] == (GOLDEN / file_name(topic)).read_bytes().rstrip(b"\n")


def test_there_is_no_golden_file_too_many() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == {file_name(topic) for topic in ALL}


def test_the_same_is_told_the_same_and_written_like_everything_else() -> None:
    assert list(told().items()) == list(ALL.items())
    assert all(encode_json(READ[topic]) == payload for topic, payload in ALL.items())


def test_umlauts_are_utf_8() -> None:
    path = a_path()
    name = "Wörthstraße"
    renamed = Path(**{field: getattr(path, field) for field in path.__slots__} | {"name": name})
    assert all(name.encode() in payload for payload in told(renamed).values())


# --- The keys, as Home Assistant's pages have them ---


class Keys(NamedTuple):
    """Of one component: what its page requires, we require on top, and what else it allows."""

    required: frozenset[str]
    allowed: frozenset[str]


def words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


OURS = words("name unique_id default_entity_id device origin qos state_topic")
AVAILABILITY = words("availability_topic payload_available payload_not_available")
KEYS = {
    "light": Keys(
        OURS | AVAILABILITY | words("schema command_topic"),
        words(
            "brightness brightness_scale effect effect_list flash optimistic retain"
            " supported_color_modes transition"
        ),
    ),
    "sensor": Keys(
        OURS | AVAILABILITY | words("device_class state_class unit_of_measurement value_template"),
        words("entity_category last_reset_value_template suggested_display_precision"),
    ),
    "binary_sensor": Keys(
        OURS | words("device_class"),
        AVAILABILITY | words("entity_category payload_off payload_on value_template"),
    ),
}
DEVICE_KEYS = words("identifiers name manufacturer model sw_version suggested_area")


@pytest.mark.parametrize("topic", READ, ids=file_name)
def test_every_key_is_known_and_none_is_missing(topic: str) -> None:
    keys, found = KEYS[component(topic)], READ[topic].keys()
    assert keys.required <= found
    assert found <= keys.required | keys.allowed


@pytest.mark.parametrize("topic", READ, ids=file_name)
def test_all_belong_to_one_device_and_say_who_announces_them(topic: str) -> None:
    device = READ[topic]["device"]
    assert isinstance(device, dict)
    assert device.keys() == DEVICE_KEYS
    assert device["identifiers"] == [NODE_ID]
    assert device["name"] == "Weg am Kanal n07"
    assert device["suggested_area"] == "Weg am Kanal"
    assert READ[topic]["origin"] == {"name": "cyclelight", "sw_version": "0.1.0"}


@pytest.mark.parametrize("topic", READ, ids=file_name)
def test_only_the_connection_is_there_while_the_node_is_not(topic: str) -> None:
    config = READ[topic]
    if config.get("device_class") == "connectivity":
        assert not AVAILABILITY & config.keys()
    else:
        assert config["availability_topic"] == "cyclelight/v1/stadt/kanal/n07/availability"
        assert config["payload_available"] == "online"
        assert config["payload_not_available"] == "offline"


@pytest.mark.parametrize("topic", READ, ids=file_name)
def test_an_entity_id_has_its_domain_and_is_a_slug(topic: str) -> None:
    domain, _, slug = text(READ[topic], "default_entity_id").partition(".")
    assert domain == component(topic)
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", slug)


# What Home Assistant's page on sensors allows for a class: state classes, then units.
CLASSES: dict[str, tuple[set[str], set[str]]] = {
    "energy": ({"total", "total_increasing"}, {"Wh", "kWh", "MWh"}),
    "illuminance": ({"measurement"}, {"lx"}),
    "weight": ({"measurement", "total", "total_increasing"}, {"g", "kg"}),
}


@pytest.mark.parametrize("topic", [t for t in READ if component(t) == "sensor"], ids=file_name)
def test_classes_and_units_go_together(topic: str) -> None:
    config = READ[topic]
    state_classes, units = CLASSES[text(config, "device_class")]
    assert config["state_class"] in state_classes
    assert config["unit_of_measurement"] in units
    # A last reset is refused for anything but a total.
    assert ("last_reset_value_template" in config) == (config["state_class"] == "total")


def test_categories_are_diagnostic_or_none() -> None:
    categories = {
        file_name(topic): config["entity_category"]
        for topic, config in READ.items()
        if "entity_category" in config
    }
    assert categories == dict.fromkeys(
        [
            "sensor-overhead.json",
            "binary_sensor-problem.json",
            "binary_sensor-connectivity.json",
        ],
        "diagnostic",
    )


# --- What is told of which node ---


def names(announced: dict[str, bytes]) -> set[str]:
    return {file_name(topic).removesuffix(".json") for topic in announced}


def test_lamps_of_other_nodes_are_theirs() -> None:
    assert {name for name in names(ALL) if name.startswith("light")} == {
        "light-lamp_-L01",
        "light-lamp_-L02",
    }


def test_presence_is_told_only_where_it_is_wanted() -> None:
    quiet = told(tell_presence=False)
    assert names(ALL) - names(quiet) == {"binary_sensor-occupancy"}
    assert not any(b"presence" in payload for payload in quiet.values())


@pytest.mark.parametrize("sensors", [(), (LightSensor("D1", "n08"),)])
def test_daylight_is_told_only_by_the_node_that_measures_it(
    sensors: tuple[LightSensor, ...],
) -> None:
    assert names(ALL) - names(told(a_path(light_sensors=sensors))) == {"sensor-illuminance"}


def test_a_node_without_lamps_is_shown_nevertheless() -> None:
    assert "binary_sensor-connectivity" in names(told(a_path(lamps=())))


# --- Lights ---


def test_a_light_speaks_of_the_lamps_own_topics() -> None:
    config = entity("light", "lamp_-L01")
    assert config["command_topic"] == "cyclelight/v1/stadt/kanal/n07/lamp/L01/set"
    assert config["state_topic"] == "cyclelight/v1/stadt/kanal/n07/lamp/L01/state"
    assert config["retain"] is False
    assert config["optimistic"] is False


def test_the_only_effect_is_one_that_a_lamp_understands() -> None:
    effects = entity("light", "lamp_-L01")["effect_list"]
    assert effects == ["automatic"]
    order = parse_lamp_set(encode_json({"state": "ON", "effect": "automatic"}))
    assert order.effect == "automatic"


def test_nothing_is_offered_that_a_lamp_would_refuse() -> None:
    config = entity("light", "lamp_-L01")
    assert config["flash"] is False
    assert config["transition"] is False


# --- Templates ---

SIMPLE = r"\{\{ value_json\.(\w+) \| default\(none\) \}\}"
NET = (
    r"\{\{ \(\(value_json\.saved_wh - value_json\.overhead_wh\)(?: \* (\d+\.\d+) / 1000000)?\)"
    r" \| round\(\d\)"
    r" if value_json\.saved_wh is number and value_json\.overhead_wh is number else none \}\}"
)


def template(kind: str, name: str) -> str:
    return text(entity(kind, name), "value_template")


@pytest.mark.parametrize(
    ("name", "field"), [("active_energy", "active_energy_wh"), ("overhead", "overhead_wh")]
)
def test_totals_are_read_from_their_field(name: str, field: str) -> None:
    match = re.fullmatch(SIMPLE, template("sensor", name))
    assert match
    assert match[1] == field


def test_every_field_that_a_template_reads_exists() -> None:
    known = {*StatePayload.model_fields, *EnergyTotalPayload.model_fields}
    for payload in ALL.values():
        assert set(re.findall(r"value_json\.(\w+)", payload.decode())) <= known
    assert "selectattr('reason'" in template("binary_sensor", "occupancy")
    assert "reason" in LampReport.model_fields


@pytest.mark.parametrize("name", ["saved_energy", "saved_co2"])
def test_what_is_saved_is_net_of_the_controllers_own_use(name: str) -> None:
    assert re.fullmatch(NET, template("sensor", name))
    assert "value_json.since" in text(entity("sensor", name), "last_reset_value_template")


@given(st.floats(0.0, 10_000.0))
def test_the_factor_stands_in_the_template_without_an_exponent(co2_g_per_kwh: float) -> None:
    announced = told(co2_g_per_kwh=co2_g_per_kwh)
    config = read(announced[f"homeassistant/sensor/{NODE_ID}/saved_co2/config"])
    match = re.fullmatch(NET, text(config, "value_template"))
    assert match
    assert float(match[1]) == pytest.approx(co2_g_per_kwh, abs=1e-6)


@pytest.mark.parametrize("topic", READ, ids=file_name)
def test_a_template_says_unknown_for_what_is_null(topic: str) -> None:
    config = READ[topic]
    if "value_template" in config:
        value = text(config, "value_template")
        assert value.startswith("{{ ")
        assert value.endswith(" }}")
        assert "none" in value


# --- Topics and identifiers ---

IDENTIFIERS = st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True)
CROWDED = st.text("a_-", min_size=1, max_size=4)
"""Few characters, so that joins that could be mistaken for one another do turn up."""
PLACES = st.tuples(*[IDENTIFIERS | CROWDED] * 4)


def unique_ids(place: tuple[str, ...]) -> set[str]:
    tenant, name, node, lamp_id = place
    path = a_path(tenant=tenant, name=name, node=node, lamps=(lamp_id,), light_sensors=())
    announced = told(path, node)
    ids = {text(read(payload), "unique_id") for payload in announced.values()}
    assert len(ids) == len(announced)
    return ids


@given(PLACES)
def test_topics_are_what_home_assistant_takes(place: tuple[str, ...]) -> None:
    tenant, name, node, lamp_id = place
    for topic in told(a_path(tenant=tenant, name=name, node=node, lamps=(lamp_id,)), node):
        assert re.fullmatch(
            r"homeassistant/(light|sensor|binary_sensor)/[a-zA-Z0-9_-]+/[a-zA-Z0-9_-]+/config",
            topic,
        )


@given(PLACES)
def test_whatever_an_identifier_is_made_of_an_entity_id_is_a_slug(place: tuple[str, ...]) -> None:
    tenant, name, node, lamp_id = place
    path = a_path(tenant=tenant, name=name, node=node, lamps=(lamp_id,))
    for payload in told(path, node).values():
        entity_id = text(read(payload), "default_entity_id")
        assert re.fullmatch(r"[a-z_]+\.cyclelight(_[a-z0-9]+)*", entity_id)


@given(PLACES, PLACES)
def test_no_two_nodes_share_an_identifier(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    if one[:3] != other[:3]:
        assert not unique_ids(one) & unique_ids(other)


@given(st.lists(CROWDED, min_size=1, max_size=3), st.lists(CROWDED, min_size=1, max_size=3))
def test_a_join_can_be_taken_apart(one: list[str], other: list[str]) -> None:
    assert (homeassistant._joined(*one) == homeassistant._joined(*other)) == (one == other)


@given(st.lists(IDENTIFIERS | CROWDED, unique=True, max_size=5))
def test_lamps_are_told_apart(lamps: list[str]) -> None:
    announced = told(a_path(lamps=tuple(lamps)))
    assert len([topic for topic in announced if component(topic) == "light"]) == len(lamps)


# --- Coming and going ---


def test_what_is_gone_is_taken_back_with_nothing() -> None:
    before = told(a_path(lamps=("L01", "L02", "L03")))
    assert removed(before, ALL) == {f"homeassistant/light/{NODE_ID}/lamp_-L03/config": b""}
    assert removed(ALL, before) == {}
    assert removed([], ALL) == {}
    assert list(removed(["b", "a", "b"], [])) == ["a", "b"]


def test_home_assistant_is_born_online() -> None:
    assert BIRTH_TOPIC == "homeassistant/status"
    assert is_birth(b"online")
    assert not any(is_birth(payload) for payload in (b"offline", b"", b"ONLINE", b"\xff"))

"""Every announcement against what Home Assistant itself publishes, as data.

Sources: the pages "MQTT", "MQTT Light" (JSON schema), "MQTT Sensor", "MQTT binary sensor" and
"Sensor" of Home Assistant's documentation, and the tables of its sensor component.
"""

import json
import re

import pytest

from controller.core.path import Lamp, LightSensor, Node, Path, PowerTable
from controller.mqtt.commands import parse_lamp_set
from controller.mqtt.homeassistant import discovery
from controller.mqtt.payloads import OFFLINE, ONLINE, LampStatePayload
from controller.mqtt.topics import Topics
from controller.mqtt.wire import encode_json
from tests.mqtt.examples import EXAMPLES

Config = dict[str, object]


def words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Everything that the pages list, used here or not; `object_id` was deprecated in 2025.10 and is
# gone since 2026.4, `color_mode` is gone since 2025.3, `platform` is for whole devices only.
COMMON = words(
    "availability availability_mode availability_template availability_topic default_entity_id"
    " device enabled_by_default encoding entity_category entity_picture icon"
    " json_attributes_template json_attributes_topic name origin payload_available"
    " payload_not_available qos state_topic unique_id"
)
PUBLISHED = {
    "light": COMMON
    | words(
        "brightness brightness_scale color_temp_kelvin command_topic effect effect_list flash"
        " flash_time_long flash_time_short max_kelvin max_mireds min_kelvin min_mireds optimistic"
        " retain schema supported_color_modes transition white_scale"
    ),
    "sensor": COMMON
    | words(
        "device_class expire_after force_update last_reset_value_template options state_class"
        " suggested_display_precision unit_of_measurement value_template"
    ),
    "binary_sensor": COMMON
    | words(
        "device_class expire_after force_update off_delay payload_off payload_on value_template"
    ),
}
REQUIRED = {"light": {"command_topic"}, "sensor": {"state_topic"}, "binary_sensor": {"state_topic"}}
DEVICE = words(
    "configuration_url connections hw_version identifiers manufacturer model model_id name"
    " serial_number suggested_area sw_version via_device"
)
ORIGIN = words("name sw_version support_url")
STATE_CLASSES = {
    "energy": {"total", "total_increasing"},
    "illuminance": {"measurement"},
    "weight": {"measurement", "total", "total_increasing"},
    "carbon_dioxide": {"measurement"},
}
UNITS = {
    "energy": words("J kJ MJ GJ mWh Wh kWh MWh GWh TWh cal kcal Mcal Gcal"),
    "illuminance": {"lx"},
    "weight": words("kg g mg µg oz lb st"),
    "carbon_dioxide": {"ppm"},
}
BINARY_CLASSES = words(
    "battery battery_charging carbon_monoxide cold connectivity door garage_door gas heat light"
    " lock moisture motion moving occupancy opening plug power presence problem running safety"
    " smoke sound tamper update vibration window"
)
# Home Assistant reads the topic below its prefix with this expression.
TOPIC = re.compile(
    r"homeassistant/(?P<component>\w+)/(?P<node>[a-zA-Z0-9_-]+)/(?P<object>[a-zA-Z0-9_-]+)/config"
)
# The longest entity id that Home Assistant keeps, and what one may consist of.
LONGEST_ENTITY_ID = 255
ENTITY_ID = re.compile(r"(?!.+__)(?!_)[\da-z_]+(?<!_)\.(?!_)[\da-z_]+(?<!_)")

PATH = Path(
    tenant="stadt",
    id="kanal",
    name="Weg am Kanal",
    latitude_deg=52.0,
    longitude_deg=7.0,
    timezone="Europe/Berlin",
    junctions=(),
    sections=(),
    nodes=(Node("n07"),),
    lamps=tuple(
        Lamp(lamp, "S1", 0.0, "n07", 15.0, PowerTable.for_rated(15.0)) for lamp in ("L01", "L02")
    ),
    motion_sensors=(),
    light_sensors=(LightSensor("D1", "n07"),),
)
TOPICS = Topics("stadt", "kanal", "n07")
ANNOUNCED: dict[str, Config] = {
    topic: json.loads(payload)
    for topic, payload in discovery(
        PATH, "n07", TOPICS, tell_presence=True, co2_g_per_kwh=363.0, version="0.1.0"
    ).items()
}
EVERY = pytest.mark.parametrize("topic", ANNOUNCED, ids=lambda topic: topic.split("/")[3])


def component(topic: str) -> str:
    found = TOPIC.fullmatch(topic)
    assert found
    return found["component"]


def of(wanted: str) -> list[Config]:
    return [config for topic, config in ANNOUNCED.items() if component(topic) == wanted]


@EVERY
def test_keys_are_published_ones(topic: str) -> None:
    """MQTT, "Discovery payload": required keys must be there; unknown ones are silently lost."""
    found = ANNOUNCED[topic].keys()
    assert found <= PUBLISHED[component(topic)]
    assert REQUIRED[component(topic)] <= found


@EVERY
def test_the_device_can_be_identified(topic: str) -> None:
    """MQTT, "device": identifiers or connections, a unique_id beside it; a shared one is named."""
    device, origin = ANNOUNCED[topic]["device"], ANNOUNCED[topic]["origin"]
    assert isinstance(device, dict)
    assert isinstance(origin, dict)
    assert device.keys() <= DEVICE
    assert device["identifiers"]
    assert device["name"]
    assert ANNOUNCED[topic]["unique_id"]
    assert {"name"} <= origin.keys() <= ORIGIN


def test_unique_ids_are_unique() -> None:
    """Each page, "unique_id": two entities with the same one raise an exception."""
    assert len({str(config["unique_id"]) for config in ANNOUNCED.values()}) == len(ANNOUNCED)


@EVERY
def test_an_entity_id_is_valid(topic: str) -> None:
    """Each page, "default_entity_id": the domain, a dot and a slug."""
    entity_id = str(ANNOUNCED[topic]["default_entity_id"])
    assert ENTITY_ID.fullmatch(entity_id)
    assert len(entity_id) <= LONGEST_ENTITY_ID
    assert entity_id.split(".", maxsplit=1)[0] == component(topic)


@EVERY
def test_a_name_does_not_repeat_the_device(topic: str) -> None:
    """MQTT, "Naming of MQTT entities": Home Assistant puts the device's name before it."""
    device = ANNOUNCED[topic]["device"]
    assert isinstance(device, dict)
    assert not str(ANNOUNCED[topic]["name"]).startswith(str(device["name"]))


@EVERY
def test_topics_are_exact(topic: str) -> None:
    """MQTT 3.1.1, 4.7: a topic to publish to has no wildcard; and none of ours needs one."""
    config = ANNOUNCED[topic]
    named = [str(value) for key, value in config.items() if key.endswith("_topic")]
    assert named
    assert not any(set(name) & set("+#\0") for name in named)
    assert config["qos"] in (0, 1, 2)
    assert not ({"availability"} & config.keys() and {"availability_topic"} & config.keys())


@pytest.mark.parametrize("config", of("sensor"), ids=lambda config: config["name"])
def test_a_sensors_classes_and_unit_agree(config: Config) -> None:
    """Sensor, "device class", and the tables of units and state classes of the component."""
    device_class = str(config["device_class"])
    assert config["state_class"] in STATE_CLASSES[device_class]
    assert config["unit_of_measurement"] in UNITS[device_class]


@pytest.mark.parametrize("config", of("sensor"), ids=lambda config: config["name"])
def test_a_last_reset_belongs_to_a_total(config: Config) -> None:
    """MQTT Sensor, "last_reset_value_template": the state class must be total."""
    assert "last_reset_value_template" not in config or config["state_class"] == "total"


@pytest.mark.parametrize(
    "config", [*of("sensor"), *of("binary_sensor")], ids=lambda config: config["name"]
)
def test_a_sensors_category_is_diagnostic(config: Config) -> None:
    """MQTT Sensor, "entity_category": must be diagnostic where it is set."""
    assert config.get("entity_category", "diagnostic") == "diagnostic"


def test_binary_classes_are_known_ones() -> None:
    """Binary sensor, "device class"."""
    assert {str(config["device_class"]) for config in of("binary_sensor")} <= BINARY_CLASSES


@pytest.mark.parametrize("config", of("binary_sensor"), ids=lambda config: config["name"])
def test_a_binary_sensor_understands_what_it_gets(config: Config) -> None:
    """MQTT binary sensor, "payload_on": compared with what the template renders, else ignored."""
    on, off = str(config.get("payload_on", "ON")), str(config.get("payload_off", "OFF"))
    if "value_template" in config:
        literals = set(re.findall(r"else '(\w+)'", str(config["value_template"])))
        assert literals == {on, off}
    else:
        assert (on.encode(), off.encode()) == (ONLINE, OFFLINE)


def test_dimming_stands_alone() -> None:
    """MQTT Light, "supported_color_modes": brightness must be the only value in the list."""
    assert all(config["supported_color_modes"] == ["brightness"] for config in of("light"))
    assert all(config["schema"] == "json" for config in of("light"))


@pytest.mark.parametrize("level_pct", [0.0, 0.4, 40.0, 100.0])
def test_a_light_reads_what_a_lamp_tells(level_pct: float) -> None:
    """MQTT Light, "state_topic": ON or OFF, a brightness on the scale that was announced."""
    told = json.loads(LampStatePayload.of_level(level_pct, "automatic").to_bytes())
    for config in of("light"):
        assert told["state"] in {"ON", "OFF"}
        assert isinstance(config["brightness_scale"], int)
        assert 0 <= told["brightness"] <= config["brightness_scale"]
        assert (told["brightness"] == 0) == (told["state"] == "OFF")
        assert isinstance(config["effect_list"], list)
        assert told["effect"] in config["effect_list"]


@pytest.mark.parametrize(
    "order",
    [
        {"state": "ON"},
        {"state": "OFF"},
        {"state": "ON", "brightness": 1},
        {"state": "ON", "brightness": 100},
        {"state": "ON", "effect": "automatic"},
        {"state": "ON", "brightness": 40, "effect": "automatic"},
    ],
)
def test_a_lamp_reads_what_a_light_sends(order: Config) -> None:
    """MQTT Light, JSON schema: what is sent without flash, transition and colours, 1 to scale."""
    parse_lamp_set(encode_json(order))


def steps(template: str) -> list[list[str]]:
    """Take the fields apart that a template reads: value_json.daylight.lux, with or without ()."""
    plain = re.sub(r"\((value_json\.\w+) \| default\(\{\}, true\)\)", r"\1", template)
    return [
        path.split(".") for path in re.findall(r"value_json\.([a-z_0-9]+(?:\.[a-z_]+)*)", plain)
    ]


@EVERY
def test_a_template_reads_fields_that_the_node_sends(topic: str) -> None:
    """MQTT Sensor, "value_template": one that throws an error leaves the old state standing."""
    config = ANNOUNCED[topic]
    sent = {TOPICS.state: "state", TOPICS.energy_total: "energy-total"}
    for key in ("value_template", "last_reset_value_template"):
        template = str(config.get(key, ""))
        for path in steps(template):
            value = json.loads(EXAMPLES[sent[str(config["state_topic"])]].to_bytes())
            for step in path:
                if step == "values":  # of a mapping
                    assert isinstance(value, dict)
                    break
                value = value[step]

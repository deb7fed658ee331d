"""The path of every storm, and the node files of its six controllers."""

from dataclasses import replace
from pathlib import Path as FilePath

from controller.core.path import Lamp, LightSensor, MotionSensor, Node, Path, PowerTable, Section
from controller.core.profile import Presence, Profile
from controller.settings.node import Mqtt, NodeSettings
from controller.settings.site import Installation

NODES = 6
LAMPS_PER_NODE = 3
SPACING_M = 35.0
REACH_M = 7.0
RATED_W = 15.0
SECTION = "s1"
LENGTH_M = NODES * LAMPS_PER_NODE * SPACING_M
RECORD_S = 900.0
BROKER = "broker.invalid"
# By so many nodes the light is measured, too: the others go by the clock alone.
WITH_LIGHT_SENSOR = (2, 5)


def _path() -> Path:
    numbers = range(1, NODES * LAMPS_PER_NODE + 1)
    node_of = {i: f"n{(i - 1) // LAMPS_PER_NODE + 1}" for i in numbers}
    at_m = {i: SPACING_M * (i - 0.5) for i in numbers}
    power = PowerTable.for_rated(RATED_W)
    return Path(
        tenant="storm",
        id="six",
        name="Six nodes in a storm",
        latitude_deg=51.97,
        longitude_deg=7.66,
        timezone="Europe/Berlin",
        junctions=("west", "east"),
        sections=(Section(SECTION, "west", "east", LENGTH_M),),
        nodes=tuple(Node(node) for node in dict.fromkeys(node_of.values())),
        lamps=tuple(
            Lamp(f"L{i:02}", SECTION, at_m[i], node_of[i], RATED_W, power) for i in numbers
        ),
        motion_sensors=tuple(
            MotionSensor(f"M{i:02}", SECTION, at_m[i], node_of[i], REACH_M) for i in numbers
        ),
        light_sensors=tuple(LightSensor(f"D{i}", f"n{i}") for i in WITH_LIGHT_SENSOR),
    )


PATH = _path()
NODE_IDS = tuple(node.id for node in PATH.nodes)
LAMPS = tuple(lamp.id for lamp in PATH.lamps)
SENSORS = tuple(sensor.id for sensor in PATH.motion_sensors)
NODE_OF_LAMP = {lamp.id: lamp.node for lamp in PATH.lamps}
NODE_OF_SENSOR = {sensor.id: sensor.node for sensor in PATH.motion_sensors}
LAMPS_OF = {n: tuple(x.id for x in PATH.lamps if x.node == n) for n in NODE_IDS}
SENSORS_OF = {n: tuple(x.id for x in PATH.motion_sensors if x.node == n) for n in NODE_IDS}
PROFILE = replace(Profile(), presence=Presence())


def installation(node: str, state_dir: FilePath) -> Installation:
    """Return what a node file would say; lamps and sensors are wired by the storm."""
    settings = NodeSettings.model_construct(
        path_file=FilePath("six.toml"), node=node, state_dir=state_dir, mqtt=Mqtt(host=BROKER)
    )
    return Installation(settings, PATH, PROFILE)

"""The path of every storm, and the node files of its six controllers."""

from dataclasses import replace
from pathlib import Path as FilePath

from controller.core.path import LightSensor
from controller.core.profile import Profile
from controller.settings.node import Mqtt, NodeSettings
from controller.settings.site import Installation
from firmware_sim.layouts import straight

NODES = 6
LAMPS_PER_NODE = 3
BROKER = "broker.invalid"
# By so many nodes the light is measured, too: the others go by the clock alone.
WITH_LIGHT_SENSOR = (2, 5)

PATH = replace(
    straight(lamps=NODES * LAMPS_PER_NODE, nodes=NODES),
    tenant="storm",
    id="six",
    name="Six nodes in a storm",
    light_sensors=tuple(LightSensor(f"D{i}", f"n{i}") for i in WITH_LIGHT_SENSOR),
)
SECTION, LENGTH_M = PATH.sections[0].id, PATH.sections[0].length_m
PROFILE = Profile()
NODE_IDS = tuple(node.id for node in PATH.nodes)
LAMPS = tuple(lamp.id for lamp in PATH.lamps)
SENSORS = tuple(sensor.id for sensor in PATH.motion_sensors)
NODE_OF_LAMP = {lamp.id: lamp.node for lamp in PATH.lamps}
NODE_OF_SENSOR = {sensor.id: sensor.node for sensor in PATH.motion_sensors}
LAMPS_OF = {n: tuple(x.id for x in PATH.lamps if x.node == n) for n in NODE_IDS}
SENSORS_OF = {n: tuple(x.id for x in PATH.motion_sensors if x.node == n) for n in NODE_IDS}


def installation(node: str, state_dir: FilePath) -> Installation:
    """Return what a node file would say; lamps and sensors are wired by the storm."""
    settings = NodeSettings.model_construct(
        path_file=FilePath("six.toml"), node=node, state_dir=state_dir, mqtt=Mqtt(host=BROKER)
    )
    return Installation(settings, PATH, PROFILE)

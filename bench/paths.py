"""The paths that are measured: the Kanalpromenade, and what becomes of it."""

from dataclasses import replace
from pathlib import Path as FilePath

from controller.core.path import Path

ROOT = FilePath(__file__).parent.parent
PATH_FILE = ROOT / "config" / "paths" / "kanalpromenade.toml"
TRAFFIC_FILE = ROOT / "config" / "traffic" / "a5-winter.toml"


def one_node(path: Path) -> Path:
    """Return the path with all its lamps and sensors at one node."""
    node = path.nodes[0]
    return replace(
        path,
        nodes=(node,),
        lamps=tuple(replace(x, node=node.id) for x in path.lamps),
        motion_sensors=tuple(replace(x, node=node.id) for x in path.motion_sensors),
        light_sensors=(),
    )


def spread(path: Path, lamps_a_node: int) -> Path:
    """Return the path with so many lamps and sensors at each node, in the order of the path."""
    names = [f"n{1 + number // lamps_a_node}" for number in range(len(path.lamps))]
    return replace(
        path,
        nodes=tuple(replace(path.nodes[0], id=name) for name in dict.fromkeys(names)),
        lamps=tuple(replace(x, node=n) for x, n in zip(path.lamps, names, strict=True)),
        motion_sensors=tuple(
            replace(x, node=n) for x, n in zip(path.motion_sensors, names, strict=True)
        ),
        light_sensors=(),
    )


def longer(path: Path, lamps: int) -> Path:
    """Return a straight path of so many lamps, spaced as on this one."""
    (section,) = path.sections
    spacing_m = section.length_m / len(path.lamps)
    ats_m = [spacing_m * (i + 0.5) for i in range(lamps)]
    lamp, sensor = path.lamps[0], path.motion_sensors[0]
    return replace(
        path,
        sections=(replace(section, length_m=spacing_m * lamps),),
        lamps=tuple(replace(lamp, id=f"L{i}", at_m=at_m) for i, at_m in enumerate(ats_m)),
        motion_sensors=tuple(
            replace(sensor, id=f"M{i}", at_m=at_m) for i, at_m in enumerate(ats_m)
        ),
    )

"""Find lamps that no motion sensor is near."""

import math
from collections.abc import Iterator

from controller.core.path import Lamp, Path

FAR_M = 150.0
"""A lamp further than this from every sensor cannot know when somebody has gone."""


def coverage_notes(path: Path) -> Iterator[str]:
    """Give a remark on each lamp that is far from every motion sensor along the path."""
    at_junctions = _distance_from_junctions(path)
    for lamp in path.lamps:
        distance_m = _distance_from(lamp, path, at_junctions)
        if distance_m > FAR_M:
            where = (
                "has no motion sensor" if math.isinf(distance_m) else f"is {distance_m:g} m away"
            )
            yield f'lamp "{lamp.id}": the nearest motion sensor {where}; it will stay lit all night'


def _distance_from(lamp: Lamp, path: Path, at_junctions: dict[str, float]) -> float:
    section = next(one for one in path.sections if one.id == lamp.section)
    beside = (
        abs(sensor.at_m - lamp.at_m)
        for sensor in path.motion_sensors
        if sensor.section == lamp.section
    )
    return min(
        *beside,
        lamp.at_m + at_junctions[section.start],
        section.length_m - lamp.at_m + at_junctions[section.end],
    )


def _distance_from_junctions(path: Path) -> dict[str, float]:
    """Relax the distances from each junction to its nearest sensor until none gets shorter."""
    distance = dict.fromkeys(path.junctions, math.inf)
    lengths = {section.id: section for section in path.sections}
    for sensor in path.motion_sensors:
        section = lengths[sensor.section]
        distance[section.start] = min(distance[section.start], sensor.at_m)
        distance[section.end] = min(distance[section.end], section.length_m - sensor.at_m)
    for _ in path.junctions:
        for section in path.sections:
            start, end = distance[section.start], distance[section.end]
            distance[section.start] = min(start, end + section.length_m)
            distance[section.end] = min(end, start + section.length_m)
    return distance

"""Paths of the benchmark: 43 lamps, four nodes, sensors that see 7 m, no light sensor.

Without light sensors every scheme switches by the sun alone, at the same moments.
"""

from collections.abc import Sequence

from controller.core.path import Lamp, MotionSensor, Node, Path, PowerTable, Section

LAMPS = 43
NODES = 4
SPACING_M = 35.0
REACH_M = 7.0
RATED_W = 15.0
BRANCHES = (15, 14, 14)
LATITUDE_DEG, LONGITUDE_DEG = 51.97, 7.66  # Muenster


def straight(
    spacing_m: float = SPACING_M, sensor_every: int = 1, *, lamps: int = LAMPS, nodes: int = NODES
) -> Path:
    """One section; `sensor_every`: a sensor at every so manieth lamp, beginning with the first."""
    section = Section("s1", "west", "east", lamps * spacing_m)
    return _path([section], [_places(lamps, spacing_m)], sensor_every, nodes)


def junction() -> Path:
    """Three sections that meet in the middle."""
    ends = ("west", "north", "east")
    sections = [
        Section(f"s{i}", end, "middle", lamps * SPACING_M)
        for i, (end, lamps) in enumerate(zip(ends, BRANCHES, strict=True), start=1)
    ]
    return _path(sections, [_places(lamps, SPACING_M) for lamps in BRANCHES], 1, NODES)


def _places(lamps: int, spacing_m: float) -> list[float]:
    return [spacing_m * (i + 0.5) for i in range(lamps)]


def _path(
    sections: Sequence[Section],
    places_m: Sequence[Sequence[float]],
    sensor_every: int,
    most_nodes: int,
) -> Path:
    places = [(s.id, at_m) for s, row in zip(sections, places_m, strict=True) for at_m in row]
    per_node = -(-len(places) // most_nodes)
    nodes = [f"n{i // per_node + 1}" for i in range(len(places))]
    power = PowerTable.for_rated(RATED_W)
    return Path(
        tenant="benchmark",
        id="benchmark",
        name="Benchmark",
        latitude_deg=LATITUDE_DEG,
        longitude_deg=LONGITUDE_DEG,
        timezone="Europe/Berlin",
        junctions=tuple(dict.fromkeys(j for s in sections for j in (s.start, s.end))),
        sections=tuple(sections),
        nodes=tuple(Node(node) for node in dict.fromkeys(nodes)),
        lamps=tuple(
            Lamp(f"L{i:02}", section, at_m, nodes[i - 1], RATED_W, power)
            for i, (section, at_m) in enumerate(places, start=1)
        ),
        motion_sensors=tuple(
            MotionSensor(f"M{i:02}", section, at_m, nodes[i - 1], REACH_M)
            for i, (section, at_m) in enumerate(places, start=1)
            if (i - 1) % sensor_every == 0
        ),
    )

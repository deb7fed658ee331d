"""Paths and people for tests of the simulator."""

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from controller.core.path import Lamp, LightSensor, MotionSensor, Node, Path, PowerTable, Section
from firmware_sim.people import Kind, Person, Waypoint
from firmware_sim.sensors import Grade
from firmware_sim.span import NightSpan

SPACING_M = 35.0
RATED_W = 15.0
SURE = Grade(1.0, 1e-9)  # sensors that miss nobody and report nobody


def path_of(
    sections: Iterable[Section], places: Iterable[tuple[str, float]], per_node: int = 4
) -> Path:
    """A lamp and a sensor at every place (section, at_m); L0, M0 on node n0, and so on."""
    sections, places = tuple(sections), list(places)
    nodes = [f"n{i // per_node}" for i in range(len(places))]
    junctions = dict.fromkeys(j for s in sections for j in (s.start, s.end))
    power = PowerTable.for_rated(RATED_W)
    return Path(
        tenant="soest",
        id="test",
        name="Test path",
        latitude_deg=51.57,
        longitude_deg=8.11,
        timezone="Europe/Berlin",
        junctions=tuple(junctions),
        sections=sections,
        nodes=tuple(Node(n) for n in dict.fromkeys(nodes)),
        lamps=tuple(
            Lamp(f"L{i}", section, at_m, nodes[i], RATED_W, power)
            for i, (section, at_m) in enumerate(places)
        ),
        motion_sensors=tuple(
            MotionSensor(f"M{i}", section, at_m, nodes[i], 7.0)
            for i, (section, at_m) in enumerate(places)
        ),
        light_sensors=tuple(LightSensor(f"D{n}", n) for n in dict.fromkeys(nodes)),
    )


def straight(lamps: int = 8) -> Path:
    """One section, a lamp every 35 m."""
    places = [("s", SPACING_M * (i + 0.5)) for i in range(lamps)]
    return path_of([Section("s", "west", "east", SPACING_M * lamps)], places)


def fork() -> Path:
    """Three sections of 70 m that meet at `middle`; one of them runs towards it."""
    sections = [
        Section("a", "west", "middle", 70.0),
        Section("b", "middle", "north", 70.0),
        Section("c", "south", "middle", 70.0),
    ]
    return path_of(sections, [(s.id, at_m) for s in sections for at_m in (17.5, 52.5)])


def span_of(dark_s: int) -> NightSpan:
    """A night that is dark for `dark_s` from 17:00 on."""
    zero_utc_s = 1736956800  # 2025-01-15 17:00 in Berlin
    return NightSpan(date(2025, 1, 15), ZoneInfo("Europe/Berlin"), zero_utc_s, dark_s)


def rider(*points: tuple[float, str, float], kind: Kind = Kind.CYCLIST, name: str = "P") -> Person:
    """Somebody on a way of (time_s, section, at_m)."""
    return Person(name, kind, tuple(Waypoint(*point) for point in points))

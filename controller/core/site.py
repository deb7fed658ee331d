"""What one node knows of the path: its own lamps, and the sensors that concern them."""

from collections.abc import Mapping
from dataclasses import dataclass

from controller.core.path import Lamp, MotionSensor, Path
from controller.core.ways import CellAhead, Graph, Heading, Way

GREATEST_UNSEEN_M = 150.0
"""A lamp further than this from every sensor cannot know when somebody has gone."""

LEAST_CHANCES = 2
"""So many sensors must have had the chance to see somebody who comes from a silent node."""


@dataclass(frozen=True, slots=True)
class Site:
    """One node's view of the path.

    `sensors`: own ones and those of others that concern own lamps, `ways` ahead of every heading
    at them, with own lamps only. `announced`: own sensors that concern others' lamps.
    `heard_nodes`: whose announcements concern this node. `watchers`: per sensor the own lamps into
    whose cells it looks; `around`: those that people may be near who are there, come to it or
    leave it, and whom no other sensor sees. `guards`: per other node those that people come to
    from its sensors before two others can have seen them.
    `uncovered`: own lamps too far from every sensor, or without a cell. `longest_unseen_m`: how
    far people near own lamps can go from one sensor until the next sees them, or the path ends.
    """

    path: Path
    node: str
    controller_w: float
    lamps: Mapping[str, Lamp]
    own_sensors: frozenset[str]
    own_light_sensors: frozenset[str]
    sensors: Mapping[str, MotionSensor]
    ways: Mapping[Heading, Way]
    announced: frozenset[str]
    heard_nodes: frozenset[str]
    watchers: Mapping[str, frozenset[str]]
    around: Mapping[str, frozenset[str]]
    guards: Mapping[str, frozenset[str]]
    uncovered: frozenset[str]
    longest_unseen_m: float

    @property
    def position_deg(self) -> tuple[float, float]:
        """Latitude and longitude."""
        return self.path.latitude_deg, self.path.longitude_deg

    def as_built(self, lamp: str) -> Lamp:
        """Return an own lamp as the path file has it, whatever its hours have made of it since."""
        return next(x for x in self.path.lamps if x.id == lamp)


@dataclass(frozen=True, slots=True)
class Overview:
    """What is the same for every node of a path: the `ways` ahead of every heading at its sensors.

    `lit`: per sensor the lamps whose cells lie on them.
    """

    path: Path
    graph: Graph
    ways: Mapping[Heading, Way]
    lit: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, path: Path) -> "Overview":
        """Walk all ways of a path, which takes most of the work for one node's view of it."""
        graph, sensors = Graph(path), path.motion_sensors
        ways = {h: graph.way(sensor, h) for sensor in sensors for h in _headings(sensor.id)}
        return cls(path, graph, ways, {s.id: _lamps_on(ways, s.id) for s in sensors})

    def sensors(self, node: str) -> dict[str, MotionSensor]:
        """Return a node's own sensors and those of others that concern its lamps."""
        own = {lamp.id for lamp in self.path.lamps if lamp.node == node}
        return {s.id: s for s in self.path.motion_sensors if s.node == node or self.lit[s.id] & own}

    def heard_nodes(self, node: str) -> frozenset[str]:
        """Return whose announcements concern a node."""
        return frozenset(s.node for s in self.sensors(node).values()) - {node}


def build_site(path: Path, node: str) -> Site:
    """Work out one node's view of the path. Raises KeyError for a node that the path lacks."""
    controller_w = {n.id: n.controller_w for n in path.nodes}[node]
    lamps = {lamp.id: lamp for lamp in path.lamps if lamp.node == node}
    overview = Overview.of(path)
    graph, everywhere, lit = overview.graph, overview.ways, overview.lit
    own = frozenset(s.id for s in path.motion_sensors if s.node == node)
    sensors = overview.sensors(node)
    ways = {h: _known(everywhere[h], lamps, sensors) for s in sensors for h in _headings(s)}
    watchers = {s.id: graph.watched(s).intersection(lamps) for s in sensors.values()}
    unseen = {h: _unseen_lamps(way) for h, way in ways.items()}
    around = {s: watchers[s].union(*(unseen[h] for h in _headings(s))) for s in sensors}
    return Site(
        path=path,
        node=node,
        controller_w=controller_w,
        lamps=lamps,
        own_sensors=own,
        own_light_sensors=frozenset(s.id for s in path.light_sensors if s.node == node),
        sensors=sensors,
        ways=ways,
        announced=frozenset(s for s in own if lit[s].difference(lamps)),
        heard_nodes=overview.heard_nodes(node),
        watchers=watchers,
        around=around,
        guards=_guards(sensors, ways, watchers, node),
        uncovered=frozenset(lamps).difference(*lit.values())
        | {x.id for x in lamps.values() if graph.nearest_sensor_m(x) > GREATEST_UNSEEN_M},
        longest_unseen_m=max(
            (_unseen_m(everywhere[h]) for h, unseen_lamps in unseen.items() if unseen_lamps),
            default=0.0,
        ),
    )


def _headings(sensor: str) -> tuple[Heading, Heading]:
    return Heading(sensor, forward=True), Heading(sensor, forward=False)


def _lamps_on(ways: Mapping[Heading, Way], sensor: str) -> frozenset[str]:
    """Return the lamps whose cells lie on the ways from a sensor."""
    return frozenset(cell.lamp for h in _headings(sensor) for cell in ways[h].cells)


def _known(way: Way, lamps: Mapping[str, Lamp], sensors: Mapping[str, MotionSensor]) -> Way:
    """Return a way with the cells of own lamps and known sensors only."""
    found = [x.gates for x in way.cells] + [x.gates for x in way.sensors]
    found += [x.gates for x in way.ends]
    kept = {gates: tuple(x for x in gates if x.sensor in sensors) for gates in set(found)}
    return Way.of(
        tuple(x._replace(gates=kept[x.gates]) for x in way.cells if x.lamp in lamps),
        tuple(x._replace(gates=kept[x.gates]) for x in way.sensors if x.heading.sensor in sensors),
        tuple(x._replace(gates=kept[x.gates]) for x in way.ends),
    )


def _unseen_lamps(way: Way) -> frozenset[str]:
    """Return the lamps into whose cells somebody may come before another sensor sees them."""
    ahead = (cell for cell in way.cells if cell.far_m > 0.0 and cell.near_m <= GREATEST_UNSEEN_M)
    return frozenset(cell.lamp for cell in ahead if cell.unseen)


def _guards(
    sensors: Mapping[str, MotionSensor],
    ways: Mapping[Heading, Way],
    watchers: Mapping[str, frozenset[str]],
    node: str,
) -> dict[str, frozenset[str]]:
    """Return by other node the lamps that people may come to from its sensors hardly seen.

    One sensor may miss them: two must have had the chance to see them.
    """
    found: dict[str, frozenset[str]] = {}
    for sensor in sensors.values():
        if sensor.node != node:
            lamps = {c.lamp for h in _headings(sensor.id) for c in ways[h].cells if _hardly_seen(c)}
            known = found.get(sensor.node, frozenset())
            found[sensor.node] = known | watchers[sensor.id] | lamps
    return found


def _hardly_seen(cell: CellAhead) -> bool:
    """Whether somebody may come to a cell before two other sensors could have seen them."""
    if cell.far_m <= 0.0 or cell.near_m > GREATEST_UNSEEN_M:
        return False
    return sum(gate.edge_m <= cell.near_m for gate in cell.gates) < LEAST_CHANCES


def _unseen_m(way: Way) -> float:
    """Return how far somebody can go on a way before another sensor sees them or it ends."""
    firsts_m = [one.distance_m for one in way.sensors if one.unseen]
    ends_m = [cell.far_m for cell in way.cells if not cell.gates]
    return min(max(firsts_m + ends_m), GREATEST_UNSEEN_M)

"""Roles at a broker: which topics each may publish, subscribe to and be sent. Pure.

Everything follows from the table of topics (`controller.mqtt.catalogue`) and from the path. What a
node says is heard by nobody else unless `AUDIENCE` names a reader: a topic that is forgotten here
is closed, not open.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from controller.core.path import Path
from controller.core.site import Overview
from controller.mqtt.catalogue import ROWS, Row
from controller.mqtt.homeassistant import BIRTH_TOPIC, PREFIX, discovery
from controller.mqtt.topics import ALL, ROOT, Topics

Reader = Literal["operator", "homeassistant", "reader"]
"""People and programs: who runs the light, Home Assistant, and who only reads figures."""

ANY = "+"
CONTROL = "$CONTROL/dynamic-security/#"
"""Where mosquitto's plugin takes and answers changes of the roles."""

_NOBODY: frozenset[Reader] = frozenset()
_OPERATORS: frozenset[Reader] = frozenset({"operator"})
_PLANNERS: frozenset[Reader] = frozenset({"operator", "reader"})
_HOUSE: frozenset[Reader] = frozenset({"operator", "homeassistant"})

AUDIENCE: Mapping[str, frozenset[Reader]] = {
    "availability": _HOUSE | _PLANNERS,
    "state": _HOUSE,
    "lampState": _HOUSE,
    "lampSet": _NOBODY,
    "energyTotal": _HOUSE,
    "energyInterval": _PLANNERS,
    "night": _PLANNERS,
    "count": _PLANNERS,
    "alarm": _OPERATORS,
    "passage": _NOBODY,  # at night close to being a person
    "configDesired": _OPERATORS,
    "configReported": _OPERATORS,
    "configSchema": _OPERATORS,
    "command": _NOBODY,
    "reply": _OPERATORS,
}
"""Who reads a topic besides the nodes that it is meant for, by the name of its row."""

_PUBLISHES: Mapping[Reader, str] = {"operator": "operator", "homeassistant": "Home Assistant"}


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody may do at a broker; whatever is not named is refused.

    `sends`: topics that may be published, `asks`: filters that may be subscribed to, or narrower
    ones, `hears`: of what they match, what is delivered. All may have wildcards.
    """

    name: str
    sends: frozenset[str]
    asks: frozenset[str]
    hears: frozenset[str]


ADMIN = Role("admin", frozenset({CONTROL}), frozenset({CONTROL}), frozenset({CONTROL}))
"""Changes roles and logins in the running broker, and nothing else."""


def node_login(path: Path, node: str) -> str:
    """Return the name by which a node is known: no identifier has a dot in it."""
    return f"{path.tenant}.{path.id}.{node}"


def bridge_login(path: Path) -> str:
    """Return the name by which the broker of a path is known to that of the town."""
    return f"{path.tenant}.{path.id}"


def node_roles(path: Path) -> dict[str, Role]:
    """Return the role of every node of a path.

    A node says what is its own, and hears what is meant for it and what its neighbours say.
    """
    overview = Overview.of(path)
    return {
        node.id: _node_role(path, node.id, overview.heard_nodes(node.id)) for node in path.nodes
    }


def _node_role(path: Path, node: str, neighbours: Iterable[str]) -> Role:
    own = _Nodes(path.tenant, path.id, node)
    sends = {x for row in _by("node") for x in own.topics(row)}
    hears = {x for row in ROWS if row.publisher != "node" for x in own.topics(row)}
    for neighbour in neighbours:
        beside = own._replace(node=neighbour)
        hears.update(x for row in ROWS if row.heard for x in beside.topics(row))
    return _role(
        f"node/{path.tenant}/{path.id}/{node}",
        sends | {_discovery_filter(path, node)},
        hears | {BIRTH_TOPIC},
    )


def bridge_role(path: Path) -> Role:
    """Return the role that a path's broker has at the town's.

    It brings what somebody outside the path may read, and takes what is meant for the nodes.
    """
    nodes = _Nodes(path.tenant, path.id)
    told = {x for row in _by("node") if AUDIENCE.get(row.name) for x in nodes.topics(row)}
    wanted = {x for row in ROWS if row.publisher != "node" for x in nodes.topics(row)}
    return _role(
        f"bridge/{path.tenant}/{path.id}",
        told | {_discovery_filter(path, node.id) for node in path.nodes},
        wanted | {BIRTH_TOPIC},
    )


def reader_role(reader: Reader, paths: Iterable[Path], *, tenant: str, path: str | None) -> Role:
    """Return the role of people or a program for one path, or with None for the whole tenant.

    `paths`: those with nodes that Home Assistant may be told of. Only who has the whole tenant
    may speak to all of its paths at once.
    """
    nodes = _Nodes(tenant, path or ANY)
    sends = {x for row in _by(_PUBLISHES.get(reader)) for x in nodes.topics(row)}
    if path is not None:
        sends = {x for x in sends if not x.startswith(f"{ROOT}/{tenant}/{ALL}/")}
    hears = {
        x for row in ROWS if reader in AUDIENCE.get(row.name, _NOBODY) for x in nodes.topics(row)
    }
    name = "/".join([reader, tenant, *([path] if path else [])])
    if reader != "homeassistant":
        return _role(name, sends, hears)
    own = (one for one in paths if one.tenant == tenant and path in (None, one.id))
    announced = {_discovery_filter(one, node.id) for one in own for node in one.nodes}
    return Role(
        name,
        frozenset(sends | {BIRTH_TOPIC}),
        # Home Assistant asks for everybody's announcements, and is sent those of its own nodes.
        frozenset(hears | {f"{PREFIX}/#"}),
        frozenset(hears | announced),
    )


class _Nodes(NamedTuple):
    """One node, or any of a path or a tenant."""

    tenant: str
    path: str
    node: str = ANY

    def topics(self, row: Row) -> list[str]:
        """Return a row's topics for these nodes, every lamp of them together."""
        return [address.format(**self._asdict(), lamp=ANY) for address in row.addresses]


def _role(name: str, sends: set[str], hears: set[str]) -> Role:
    return Role(name, frozenset(sends), frozenset(hears), frozenset(hears))


def _by(publisher: str | None) -> Iterator[Row]:
    return (row for row in ROWS if row.publisher == publisher)


def _discovery_filter(path: Path, node: str) -> str:
    """Return a filter for what a node tells Home Assistant, also of lamps that are gone."""
    topics = Topics(path.tenant, path.id, node)
    told = discovery(path, node, topics, tell_presence=False, co2_g_per_kwh=0.0, version="")
    prefix, _, node_id, _, last = min(told).split("/")
    return f"{prefix}/{ANY}/{node_id}/{ANY}/{last}"

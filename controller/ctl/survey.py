"""What the nodes last said: retained values, gathered until no more come."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from controller.ctl.addresses import Address, Place
from controller.ctl.reading import read
from controller.mqtt.broker import Inbound
from controller.mqtt.config import ReportedConfig
from controller.mqtt.operator import Session
from controller.mqtt.payloads import StatePayload, parse_availability
from controller.mqtt.wire import PayloadError

MOST_NODES = 5000
"""Nodes that are told apart; what more of them say is passed over."""
QUIET_S = 0.3
"""So long after the last retained value there are no more, on a network that is not slow."""

AVAILABILITY, STATE, REPORTED = "availability", "state", "config/reported"


@dataclass(slots=True)
class Node:
    """What is known of one node. `heard`: the topics it has spoken on."""

    online: bool | None = None
    state: StatePayload | None = None
    reported: ReportedConfig | None = None
    heard: set[str] = field(default_factory=set)
    unreadable: dict[str, str] = field(default_factory=dict)

    def take(self, name: str, payload: bytes) -> None:
        """Take what the node said on a topic; what cannot be read is noted with the reason."""
        self.heard.add(name)
        self.unreadable.pop(name, None)
        try:
            match name:
                case "availability":
                    self.online = parse_availability(payload)
                case "state":
                    self.state = read(StatePayload, payload) if payload else None
                case "config/reported":
                    self.reported = read(ReportedConfig, payload) if payload else None
        except PayloadError as error:
            self.unreadable[name] = str(error)


class Survey:
    """The nodes of an address, by their places, as far as they have been heard.

    `topics` counts on how many topics that was.
    """

    def __init__(self, address: Address) -> None:
        """Know nothing yet."""
        self.address = address
        self._nodes: dict[Place, Node] = {}
        self.topics = 0

    @property
    def nodes(self) -> dict[Place, Node]:
        """All nodes heard so far, in the order of their names."""
        return {place: self._nodes[place] for place in sorted(self._nodes)}

    def node(self, place: Place) -> Node:
        """Return what is known of a node; nothing, if it has not been heard."""
        return self._nodes.get(place, Node())

    @property
    def online(self) -> set[Place]:
        """The nodes that say they are there."""
        return {place for place, node in self._nodes.items() if node.online}

    def take(self, message: Inbound) -> Place | None:
        """Take a message; returns whose it was, None if it is none of ours."""
        heard = self.address.heard(message.topic)
        if heard is None or heard[1] not in (AVAILABILITY, STATE, REPORTED):
            return None
        place, name = heard
        if place not in self._nodes:
            if len(self._nodes) >= MOST_NODES:
                return None
            self._nodes[place] = Node()
        node = self._nodes[place]
        self.topics += name not in node.heard
        node.take(name, message.payload)
        return place

    def has_all(self, names: Collection[str]) -> bool:
        """Whether the one node that is meant has said everything that is wanted."""
        exact = self.address.exact
        node = self._nodes.get(exact) if exact else None
        return node is not None and node.heard.issuperset(names)


async def surveyed(
    session: Session, address: Address, names: Iterable[str], *, timeout_s: float
) -> Survey:
    """Gather what is retained of these topics; whoever has said nothing is missing.

    A broker does not say when it has sent everything. It counts as everything when no more topics
    turn up for a while; if none does at all the whole time is waited for.
    """
    wanted, loop, survey = tuple(names), asyncio.get_running_loop(), Survey(address)
    asked_s = loop.time()
    await session.subscribe(address.filter(name) for name in wanted)
    quiet_s = max(QUIET_S, 2.0 * (loop.time() - asked_s))
    ends_s = deadline_s = asked_s + timeout_s
    while not survey.has_all(wanted) and (left_s := ends_s - loop.time()) > 0.0:
        message = await session.next(left_s)
        if message is None:
            break
        known = survey.topics
        survey.take(message)
        if survey.topics > known:  # what follows on a topic is not retained but news
            ends_s = min(deadline_s, loop.time() + quiet_s)
    return survey

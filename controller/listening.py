"""What a node hears over MQTT: its neighbours here, its operators elsewhere.

Whatever bytes arrive, the lamps go on: a message that is not what its topic promises is refused
and changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from controller.core.events import NeighbourReported, PassageHeard
from controller.core.path import Path
from controller.core.site import Site
from controller.inbox import Inbox
from controller.mqtt.broker import Inbound
from controller.mqtt.payloads import PassagePayload, parse_availability, parse_passage
from controller.mqtt.topics import Topics
from controller.mqtt.wire import PayloadError

_log = structlog.get_logger()

Handler = Callable[[Inbound], Awaitable[None]]

ALIVE_S = 60.0
"""How often a node says that it is there: what a broker retained may be older than its end."""
BELIEVED_S = 2.5 * ALIVE_S


class Neighbours:
    """Turns into events what neighbours announce, and whether they are there to announce it."""

    def __init__(self, site: Site, topics: Topics, inbox: Inbox) -> None:
        """Listen to the nodes whose sensors concern this node's lamps."""
        self._inbox = inbox
        nodes = sorted(site.heard_nodes)
        self._node_of = {topics.availability_of(node): node for node in nodes}
        self._sensors_of = {topics.passage_of(node): _sensors_of(site.path, node) for node in nodes}
        self._online: set[str] = set()
        self._doubts: dict[str, asyncio.TimerHandle] = {}

    @property
    def subscriptions(self) -> Mapping[str, int]:
        """The topics with their QoS: a passage is worth one try, who is there must be known."""
        return dict.fromkeys(self._node_of, 1) | dict.fromkeys(self._sensors_of, 0)

    def take(self, message: Inbound) -> None:
        """Pass on what a neighbour says. Raises PayloadError for what is not to be understood."""
        if message.topic not in self._node_of:
            self._take_passage(message)
        elif parse_availability(message.payload):
            self._believe(self._node_of[message.topic])
        else:
            self._report(self._node_of[message.topic], online=False)

    def lost(self) -> None:
        """Count nobody as there: there is no broker any more that could tell of anybody."""
        for node in sorted(self._online):
            self._report(node, online=False)

    def _believe(self, node: str) -> None:
        """Count a node as there for a while: one that is says so again."""
        self._report(node, online=True)
        self._forget_doubt(node)
        loop = asyncio.get_running_loop()
        self._doubts[node] = loop.call_later(BELIEVED_S, self._give_up, node)

    def _give_up(self, node: str) -> None:
        _log.warning("neighbour_not_heard", neighbour=node, seconds=BELIEVED_S)
        self._report(node, online=False)

    def _forget_doubt(self, node: str) -> None:
        if node in self._doubts:
            self._doubts.pop(node).cancel()

    def _report(self, node: str, *, online: bool) -> None:
        if not online:
            self._forget_doubt(node)
        if online == (node in self._online):
            return
        self._online ^= {node}
        self._inbox.put_neighbour(NeighbourReported(node, online))

    def _take_passage(self, message: Inbound) -> None:
        if message.retained:
            raise PayloadError("retained: a passage is news or nothing; publish without retain")
        passage: PassagePayload = parse_passage(message.payload)
        if passage.sensor not in self._sensors_of[message.topic]:
            raise PayloadError(f"sensor: {passage.sensor!r} is not one of the sending node's")
        self._inbox.put_from_network(
            PassageHeard(
                passage.sensor, passage.boot, passage.seq, passage.age_s, active=passage.active
            )
        )


def _sensors_of(path: Path, node: str) -> frozenset[str]:
    return frozenset(s.id for s in path.motion_sensors if s.node == node)


class Listener:
    """Hands each message to whoever its topic belongs to."""

    def __init__(self, neighbours: Neighbours, handlers: Mapping[str, Handler]) -> None:
        """`handlers`: who else takes messages, by topic; those must arrive."""
        self._neighbours = neighbours
        self._handlers = handlers

    @property
    def subscriptions(self) -> Mapping[str, int]:
        """Every topic listened to, with its QoS."""
        return {**dict.fromkeys(self._handlers, 1), **self._neighbours.subscriptions}

    async def take(self, message: Inbound) -> None:
        """Take a message. Raises PayloadError for what is refused without an answer."""
        if message.topic in self._handlers:
            await self._handlers[message.topic](message)
        elif message.topic in self._neighbours.subscriptions:
            self._neighbours.take(message)

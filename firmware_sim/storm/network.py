"""Where connections come from: one broker, and a line for every client."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextvars import Context

from controller.mqtt.broker import Broker, Limits, LinkStats
from controller.mqtt.payloads import OFFLINE
from firmware_sim.storm.broker import MemoryBroker
from firmware_sim.storm.connection import MemoryConnection, Noted
from firmware_sim.storm.line import (
    BROKER_NOTICES_S,
    CLIENT_NOTICES_S,
    CONNECT_TIMEOUT_S,
    Line,
    Trap,
)


class Network:
    """Where connections come from: one broker, a line for every client.

    `world`: the context in which packets travel, as they do whether their sender lives or not.
    """

    def __init__(self, broker: MemoryBroker, noted: Noted, world: Context) -> None:
        """Begin without lines."""
        self.broker = broker
        self.noted = noted
        self.world = world
        self.lines: dict[str, Line] = {}
        self._connections: dict[str, MemoryConnection] = {}

    def block(self, client: str, loop: asyncio.AbstractEventLoop) -> None:
        """Let nothing pass. Both ends find out when they have heard nothing for long enough."""
        line = self.lines[client]
        line.blocked = True
        connection = self._connections.get(client)
        if connection is not None:
            loop.call_later(BROKER_NOTICES_S, connection.drop_if_blocked)
            loop.call_later(line.rng.uniform(*CLIENT_NOTICES_S), connection.lose_if_blocked)

    def unblock(self, client: str) -> None:
        """Let everything pass again."""
        self.lines[client].blocked = False
        if client in self._connections:
            self._connections[client].unblock()

    def cut_at(self, client: str, topic: str, *, early: bool) -> None:
        """Cut the line when the client next publishes on a topic; `early`: the broker misses it."""
        self.lines[client].trap = Trap(topic, early)

    def disarm(self, client: str) -> None:
        """Do not cut the line any more, if it was not."""
        self.lines[client].trap = None

    def vanish(self, client: str, loop: asyncio.AbstractEventLoop) -> None:
        """Let a client disappear without a word: the broker finds out in its own time."""
        self.block(client, loop)
        self._connections.pop(client, None)

    def appear(self, client: str) -> None:
        """Let a client that had disappeared begin anew."""
        self.lines[client].blocked = False

    def carries(self, client: str) -> bool:
        """Whether what a client sends now reaches the broker."""
        connection = self._connections.get(client)
        return connection is not None and connection.carries

    def cut(self, client: str) -> None:
        """Cut the line; both ends notice at once."""
        connection = self._connections.pop(client, None)
        if connection is not None:
            connection.close()

    @contextlib.asynccontextmanager
    async def connected(
        self, broker: Broker, *, will_topic: str | None, limits: Limits, stats: LinkStats
    ) -> AsyncIterator[MemoryConnection]:
        """Hold a connection that the broker has accepted, as `controller.mqtt.dial` does."""
        line = self.lines[broker.client_id]
        connection = MemoryConnection(self, line, limits=limits, stats=stats)
        if line.blocked:
            await asyncio.sleep(CONNECT_TIMEOUT_S)
        await asyncio.sleep(2.0 * line.delay_s())
        if line.blocked or not self.broker.up:
            raise ConnectionRefusedError("the broker cannot be reached")
        connection.open(None if will_topic is None else (will_topic, OFFLINE))
        self._connections[broker.client_id] = connection
        try:
            yield connection
        except asyncio.CancelledError:
            await connection.goodbye(will_topic)
            raise
        finally:
            if self._connections.get(broker.client_id) is connection:
                del self._connections[broker.client_id]
            connection.close()

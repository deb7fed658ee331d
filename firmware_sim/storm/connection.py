"""What the link takes for its connection: the same words, and a broker in memory behind them."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import Context
from typing import NamedTuple, Protocol

from controller.mqtt.broker import Limits, LinkStats, Version
from controller.mqtt.outbound import Transient
from controller.mqtt.payloads import OFFLINE
from firmware_sim.storm.broker import MemoryBroker, Packet, Session
from firmware_sim.storm.line import Line, is_passage

Noted = Callable[[str, Packet], None]
"""(what became of a message to a client: lost, late, doubled or damaged; the message)"""


class Topic(NamedTuple):
    """As aiomqtt gives it."""

    value: str


class Message(NamedTuple):
    """As aiomqtt gives it."""

    topic: Topic
    payload: bytes
    retain: bool
    qos: int


class Carrier(Protocol):
    """What a connection is part of.

    `world`: the context in which packets travel, as they do whether their sender lives or not.
    """

    broker: MemoryBroker
    noted: Noted
    world: Context


class MemoryConnection:
    """One connection of one client. Good until the line is lost, at either end."""

    version: Version = "5"

    def __init__(self, network: Carrier, line: Line, *, limits: Limits, stats: LinkStats) -> None:
        """Prepare; `open` logs in."""
        self._loop = asyncio.get_running_loop()
        self._world = network.world
        self._noted = network.noted
        self._broker = network.broker
        self._line = line
        self._limits = limits
        self._stats = stats
        self._lost: asyncio.Future[None] = self._loop.create_future()
        self._inbound: deque[Message] = deque()
        self._arrived = asyncio.Event()
        self._there_at_s = self._here_at_s = 0.0
        self._held: list[tuple[bool, Callable[[], None]]] = []
        self.session: Session | None = None

    # --- the line ---------------------------------------------------------------------------------

    def open(self, will: tuple[str, bytes] | None) -> None:
        """Log in."""
        self.session = Session(self._line.client, will, self._coming, self.lose)
        self._broker.connect(self.session)

    def lose(self) -> None:
        """Find the line lost."""
        if not self._lost.done():
            self._lost.set_exception(ConnectionResetError("the connection was lost"))
            self._lost.exception()
            self._arrived.set()

    def lose_if_blocked(self) -> None:
        """Notice that nothing has come for a long time."""
        if self._line.blocked:
            self.lose()

    def drop_if_blocked(self) -> None:
        """Let the broker notice the same."""
        if self._line.blocked and self._is_current():
            self._broker.drop(self._line.client)

    def unblock(self) -> None:
        """Let what was held up go on; a broker that has given up says so."""
        held, self._held = self._held, []
        if not self._is_current():
            self.lose()
            return
        for outward, arrive in held:
            self._carry(arrive, outward=outward)

    @property
    def carries(self) -> bool:
        """Whether what is sent now arrives."""
        return not self._lost.done() and not self._line.blocked and self._is_current()

    def _is_current(self) -> bool:
        return (
            self.session is not None
            and self._broker.sessions.get(self._line.client) is self.session
        )

    def _carry(self, arrive: Callable[[], None], *, outward: bool) -> None:
        """Carry something in order, to the broker or from it."""
        if self._line.blocked:
            self._held.append((outward, arrive))
            return
        at_s = self._loop.time() + self._line.delay_s()
        if outward:
            at_s = self._there_at_s = max(at_s, self._there_at_s)
        else:
            at_s = self._here_at_s = max(at_s, self._here_at_s)
        self._loop.call_at(at_s, self._arrive, arrive, context=self._world)

    def _arrive(self, arrive: Callable[[], None]) -> None:
        if not self._lost.done() and self._is_current():
            arrive()

    # --- from the broker --------------------------------------------------------------------------

    def _coming(self, packet: Packet) -> None:
        chance, rng = self._line.mischief, self._line.rng
        if not chance.any or not is_passage(packet):
            self._carry(lambda: self._take(packet), outward=False)
            return
        if rng.random() < chance.lost:
            self._noted("lost", packet)
            return
        if rng.random() < chance.damaged:
            self._noted("damaged", packet)
            packet = packet._replace(payload=self._line.damaged(packet.payload))
        if rng.random() < chance.doubled:
            self._noted("doubled", packet)
            self._late(packet, rng.uniform(0.0, 2.0))
        if rng.random() < chance.late:
            late_s = rng.uniform(0.0, chance.late_s)
            self._noted("late", packet)
            self._late(packet, late_s)
        else:
            self._carry(lambda: self._take(packet), outward=False)

    def _late(self, packet: Packet, late_s: float) -> None:
        self._loop.call_later(
            late_s,
            lambda: self._carry(lambda: self._take(packet), outward=False),
            context=self._world,
        )

    def _take(self, packet: Packet) -> None:
        """Take a message in as the real connection does: bounded in size and number."""
        if len(packet.payload) > self._limits.inbound_bytes:
            self._stats.dropped_inbound += 1
            self._acknowledge(packet.qos)
        elif len(self._inbound) < self._limits.inbound_messages * (1 + packet.qos):
            self._inbound.append(
                Message(Topic(packet.topic), packet.payload, packet.retain, packet.qos)
            )
            self._arrived.set()
        else:
            self._stats.dropped_inbound += 1
            if packet.qos > 0:
                self._cut()

    @property
    async def messages(self) -> AsyncIterator[Message]:
        """Messages in order; ends with the line."""
        while True:
            while self._inbound:
                yield self._inbound.popleft()
            if self._lost.done():
                self._lost.result()
            self._arrived.clear()
            await self._arrived.wait()

    def ack(self, message: Message) -> None:
        """Tell the broker that a message was dealt with."""
        self._acknowledge(message.qos)

    def _acknowledge(self, qos: int) -> None:
        session = self.session
        if qos and session is not None:
            self._carry(lambda: self._broker.acknowledged(session), outward=True)

    # --- to the broker ----------------------------------------------------------------------------

    async def subscribe_to(
        self, topics: Mapping[str, int], *, as_published: bool = False
    ) -> list[str]:
        """Subscribe; nothing is ever refused."""
        del as_published
        session = self.session
        if session is not None:
            wanted = dict(topics)
            await self._asked(lambda: self._broker.subscribe(session, wanted))
        return []

    async def publish_kept(self, topic: str, payload: bytes) -> str | None:
        """Publish a retained value and wait for the acknowledgement."""
        await self._published(topic, payload, qos=1, retain=True)
        return None

    async def publish_certain(self, topic: str, payload: bytes) -> str | None:
        """Publish a message and wait for the acknowledgement."""
        await self._published(topic, payload, qos=1, retain=False)
        return None

    async def publish_transient(self, message: Transient) -> None:
        """Publish a message that is not retained."""
        await self._published(message.topic, message.payload, qos=message.qos, retain=False)

    async def _published(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        packet = Packet(topic, payload, retain, qos, self._line.client)
        trap = self._line.trap
        if trap is not None and trap.topic == topic:
            self._line.trap = None
            if not trap.early:
                self._broker.publish(packet)
            self._cut()
        if qos:
            await self._asked(lambda: self._broker.publish(packet))
        else:
            self._carry(lambda: self._broker.publish(packet), outward=True)

    async def _asked(self, ask: Callable[[], None]) -> None:
        """Let the broker do something and wait for its answer."""
        answered: asyncio.Future[None] = self._loop.create_future()

        def done() -> None:
            if not answered.done():
                answered.set_result(None)

        def arrive() -> None:
            ask()
            self._carry(done, outward=False)

        self._carry(arrive, outward=True)
        async with asyncio.timeout(self._limits.reply_s):
            await asyncio.wait({answered, self._lost}, return_when=asyncio.FIRST_COMPLETED)
        if self._lost.done():
            self._lost.result()

    # --- the end ----------------------------------------------------------------------------------

    async def goodbye(self, will_topic: str | None) -> None:
        """Leave in order, as far as the line allows."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(self._limits.goodbye_s):
                if will_topic is not None:
                    await self._published(will_topic, OFFLINE, qos=1, retain=True)
            if self._is_current():
                self._broker.leave(self._line.client)

    def _cut(self) -> None:
        self.lose()
        if self._is_current():
            self._broker.drop(self._line.client)

    def close(self) -> None:
        """Cut the line, if it is still there: the broker publishes the will."""
        self._cut()

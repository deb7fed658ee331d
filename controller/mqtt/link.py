"""The link between a node and its broker: always trying, never in the way.

Whoever has something to say calls `keep` or `send` and goes on; the link publishes it when it
can. The node works without the broker, and nothing here waits for it.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import structlog

from controller.concurrency import until_one_ends
from controller.mqtt.backoff import Backoff
from controller.mqtt.broker import Broker, Inbound, Limits, LinkStats
from controller.mqtt.connection import LINK_ERRORS, Connection
from controller.mqtt.dial import connected, describe, is_denied
from controller.mqtt.outbound import KeptValues, Outbox, Transient, TransientQueue
from controller.mqtt.payloads import ONLINE

__all__ = ["Broker", "Inbound", "Limits", "Link", "LinkStats"]

_LONGEST_LOGGED = 300

MessageHandler = Callable[[Inbound], Awaitable[None]]


class Link:
    """Keeps one node connected to its broker.

    `availability_topic` carries `online` while connected; the broker publishes `offline` there
    when the node is lost, the link does when it ends. `subscriptions` maps exact topics to their
    QoS, 0 or 1. `on_message` is awaited for one message after the other; a message is
    acknowledged when it returns. It refuses a message by raising ValueError, which is logged;
    any other exception is a mistake in the handler and ends `run`. `on_lost` is called when a
    connection has ended, whatever ended it: until the next one there are no messages, and then
    the retained ones come again. `outbox` has what must arrive: it is published in order, at
    least once, after everything retained.

    All methods belong to the event loop's thread.
    """

    def __init__(  # noqa: PLR0913 each has a meaning of its own
        self,
        broker: Broker,
        *,
        availability_topic: str,
        subscriptions: Mapping[str, int],
        on_message: MessageHandler,
        on_lost: Callable[[], None] = lambda: None,
        outbox: Outbox | None = None,
        rng: random.Random | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Prepare the link; nothing is opened before `run`."""
        _check_subscriptions(subscriptions)
        self._broker = broker
        self._availability_topic = availability_topic
        self._subscriptions = dict(subscriptions)
        self._on_message = on_message
        self._on_lost = on_lost
        self._outbox = outbox
        self._up_to_date = asyncio.Event()
        self._limits = limits or Limits()
        self._backoff = Backoff(
            rng or random.SystemRandom(),
            first_s=self._limits.backoff_first_s,
            cap_s=self._limits.backoff_cap_s,
        )
        self._kept = KeptValues(self._limits.kept_topics)
        self._kept_added = asyncio.Event()
        self._sends = TransientQueue(self._limits.waiting_sends)
        self._send_added = asyncio.Event()
        self._answers = TransientQueue(self._limits.waiting_sends)
        self._answer_added = asyncio.Event()
        self._stats = LinkStats()
        self._log = structlog.get_logger(broker=f"{broker.host}:{broker.port}")
        self._last_trouble: str | None = None
        self._last_complaints: dict[tuple[str, str], str] = {}
        self._up_since_s: float | None = None

    @property
    def connected(self) -> bool:
        """Whether the broker has us online, with our subscriptions in place."""
        return self._up_since_s is not None

    @property
    def stats(self) -> LinkStats:
        """A copy of the counters as they stand."""
        return replace(self._stats, dropped_sends=self._sends.dropped + self._answers.dropped)

    def keep(self, topic: str, payload: bytes) -> None:
        """Publish the newest value of a retained topic, now or when there is a connection.

        QoS 1. A value that is replaced while it waits is never published. Every topic is
        published again after a reconnection. Never raises, never waits.
        """
        if self._kept.put(topic, payload):
            self._kept_added.set()
        else:
            self._stats.dropped_keeps += 1
            self._complain("mqtt values dropped", "", f"more than {len(self._kept)} topics")

    def send(self, topic: str, payload: bytes, *, expiry_s: float, qos: int = 0) -> None:
        """Publish a message that is worthless after `expiry_s` seconds.

        Not retained; overtakes kept values. The oldest of its QoS is dropped where too many wait.
        What is sent with QoS 1 holds up nothing else. Never raises, never waits.
        """
        message = Transient(topic, payload, asyncio.get_running_loop().time() + expiry_s, qos)
        queue, added = (
            (self._answers, self._answer_added) if qos else (self._sends, self._send_added)
        )
        queue.put(message)
        added.set()

    async def run(self) -> None:
        """Stay connected until cancelled; then publish `offline` and disconnect.

        Leaving takes at most two `goodbye_s` of the limits.
        """
        while True:
            pause_s = await self._connect_once()
            await asyncio.sleep(pause_s)

    async def _connect_once(self) -> float:
        """Connect, work until the connection ends, and return the pause before the next attempt."""
        try:
            await self._work()
        except LINK_ERRORS as error:
            self._report_trouble(describe(error))
            if is_denied(error):
                return self._backoff.slow_s()
        finally:
            lasted_s, self._up_since_s = self._lasted_s(), None
        if lasted_s >= self._limits.stable_s:
            self._backoff.reset()
        return self._backoff.next_s()

    async def _work(self) -> None:
        async with connected(
            self._broker,
            will_topic=self._availability_topic,
            limits=self._limits,
            stats=self._stats,
        ) as connection:
            try:
                await until_one_ends(self._read(connection), self._write(connection))
            finally:
                self._on_lost()

    async def _read(self, connection: Connection) -> None:
        async for message in connection.messages:
            topic = message.topic.value
            inbound = Inbound(topic, message.payload, message.retain, message.qos)
            try:
                await self._on_message(inbound)
            except ValueError as error:
                self._stats.refused_inbound += 1
                self._complain("mqtt message refused", topic, str(error))
            connection.ack(message)

    async def _write(self, connection: Connection) -> None:
        await self._introduce(connection)
        await until_one_ends(
            self._publish_kept(connection),
            self._publish_sends(connection, self._sends, self._send_added),
            self._publish_sends(connection, self._answers, self._answer_added),
            *([] if self._outbox is None else [self._deliver(connection, self._outbox)]),
        )

    async def _introduce(self, connection: Connection) -> None:
        await self._publish_value(connection, self._availability_topic, ONLINE)
        # A command that is sent with retain is to be known as such, even if it is heard live.
        refused = await connection.subscribe_to(self._subscriptions, as_published=True)
        for topic in refused:
            self._complain("mqtt subscription refused", topic, "by the broker")
        self._kept.again()
        self._kept_added.set()
        self._up_to_date.clear()
        self._report_connected(connection.version)

    async def _publish_kept(self, connection: Connection) -> None:
        while True:
            await self._kept_added.wait()
            self._kept_added.clear()
            while (value := self._kept.take()) is not None:
                await self._publish_value(connection, *value)
            self._up_to_date.set()

    async def _publish_value(self, connection: Connection, topic: str, payload: bytes) -> None:
        refusal = await connection.publish_kept(topic, payload)
        if refusal is not None:
            self._refused(topic, refusal)

    def _refused(self, topic: str, refusal: str) -> None:
        self._stats.refused_publishes += 1
        self._complain("mqtt publication refused", topic, refusal)

    async def _deliver(self, connection: Connection, outbox: Outbox) -> None:
        """Publish what waits in the outbox, slowly, and not before the node's state was told."""
        await self._up_to_date.wait()
        while True:
            delivery = await outbox.next()
            refusal = await connection.publish_certain(delivery.topic, delivery.payload)
            if refusal is None:
                outbox.delivered(delivery)
                await asyncio.sleep(1.0 / self._limits.deliveries_per_s)
            else:
                self._refused(delivery.topic, refusal)
                await asyncio.sleep(self._limits.refused_s)

    async def _publish_sends(
        self, connection: Connection, queue: TransientQueue, added: asyncio.Event
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await added.wait()
            added.clear()
            while (message := queue.take(loop.time())) is not None:
                await connection.publish_transient(message)

    def _lasted_s(self) -> float:
        if self._up_since_s is None:
            return 0.0
        return asyncio.get_running_loop().time() - self._up_since_s

    def _report_connected(self, version: str) -> None:
        self._up_since_s = asyncio.get_running_loop().time()
        self._stats.connections += 1
        self._stats.protocol = version
        self._last_trouble = None
        self._log.info("mqtt connected", protocol=version)

    def _report_trouble(self, reason: str) -> None:
        # One line a change: an unreachable broker must not fill the journal.
        if reason != self._last_trouble:
            self._last_trouble = reason
            self._log.warning("mqtt not connected, trying again", reason=reason)

    def _complain(self, event: str, topic: str, reason: str) -> None:
        if self._last_complaints.get((event, topic)) != reason:
            self._last_complaints[event, topic] = reason
            self._log.warning(event, topic=topic, reason=reason[:_LONGEST_LOGGED])


def _check_subscriptions(subscriptions: Mapping[str, int]) -> None:
    for topic, qos in subscriptions.items():
        if not topic or set(topic) & set("+#"):
            raise ValueError(f"subscription {topic!r}: must be one exact topic")
        if qos not in (0, 1):
            raise ValueError(f"subscription {topic!r}: QoS {qos!r} is not 0 or 1")

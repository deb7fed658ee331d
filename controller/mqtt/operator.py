"""A short conversation with the broker, for people at a terminal: no will, no reconnection."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from typing import Literal

from controller.concurrency import end
from controller.mqtt.broker import Broker, Inbound, Limits, LinkStats
from controller.mqtt.connection import LINK_ERRORS, Connection
from controller.mqtt.dial import connected, describe, is_denied
from controller.mqtt.outbound import Transient

MOST_WAITING = 1024
"""Messages that wait to be looked at; beyond them the broker has to wait."""

_LIMITS = Limits(inbound_messages=MOST_WAITING, inbound_bytes=256 * 1024)

TroubleKind = Literal["unreachable", "denied", "untrusted", "refused", "lost"]


class BrokerError(Exception):
    """The broker cannot be talked to.

    `unreachable`: nobody there; `denied`: it does not let us in; `untrusted`: its certificate is
    not the one that is wanted; `refused`: it does not let us say or hear something; `lost`: the
    connection ended. `reason` is what the broker or the network said.
    """

    def __init__(self, kind: TroubleKind, reason: str) -> None:
        """Keep what happened."""
        super().__init__(kind, reason)
        self.kind = kind
        self.reason = reason


class Session:
    """An open conversation. Every method raises BrokerError when it cannot go on."""

    def __init__(self, connection: Connection) -> None:
        """Talk over a connection; `operating` gives one."""
        self._connection = connection
        self._arrived: asyncio.Queue[Inbound | BrokerError] = asyncio.Queue(MOST_WAITING)

    async def subscribe(self, filters: Iterable[str]) -> None:
        """Ask for what is published on these topics, QoS 1."""
        with _translated("lost"):
            refused = await self._connection.subscribe_to(dict.fromkeys(filters, 1))
        if refused:
            raise BrokerError("refused", f"no permission to read {', '.join(refused)}")

    async def keep(self, topic: str, payload: bytes) -> None:
        """Publish a retained value."""
        with _translated("lost"):
            refusal = await self._connection.publish_kept(topic, payload)
        _check(topic, refusal)

    async def send(self, topic: str, payload: bytes, *, expiry_s: float) -> None:
        """Publish a message that is never retained and worthless after `expiry_s` seconds."""
        deadline_s = asyncio.get_running_loop().time() + expiry_s
        with _translated("lost"):
            message = Transient(topic, payload, deadline_s, qos=1)
            refusal = await self._connection.publish_once(message)
        _check(topic, refusal)

    async def next(self, timeout_s: float | None) -> Inbound | None:
        """Return the next message, None if there is none within `timeout_s` (None: for ever)."""
        try:
            async with asyncio.timeout(timeout_s):
                arrived = await self._arrived.get()
        except TimeoutError:
            return None
        if isinstance(arrived, BrokerError):
            self._arrived.put_nowait(arrived)  # it stays lost
            raise arrived
        return arrived

    async def read(self) -> None:
        """Take in messages until the connection ends."""
        try:
            async for message in self._connection.messages:
                topic = message.topic.value
                inbound = Inbound(topic, message.payload, message.retain, message.qos)
                await self._arrived.put(inbound)
                self._connection.ack(message)
        except LINK_ERRORS as error:
            await self._arrived.put(BrokerError("lost", describe(error)))


@contextlib.asynccontextmanager
async def operating(broker: Broker, *, timeout_s: float) -> AsyncIterator[Session]:
    """Hold a conversation; the broker has `timeout_s` seconds for each of its answers."""
    limits = replace(_LIMITS, reply_s=timeout_s, silence_s=min(_LIMITS.silence_s, timeout_s))
    async with contextlib.AsyncExitStack() as stack:
        dialling = connected(broker, will_topic=None, limits=limits, stats=LinkStats())
        with _translated("unreachable"):
            connection = await stack.enter_async_context(dialling)
        session = Session(connection)
        reading = asyncio.create_task(session.read())
        try:
            yield session
        finally:
            await end(reading)


def _check(topic: str, refusal: str | None) -> None:
    if refusal is not None:
        raise BrokerError("refused", f"no permission to publish on {topic}: {refusal}")


@contextlib.contextmanager
def _translated(kind: TroubleKind) -> Iterator[None]:
    try:
        yield
    except LINK_ERRORS as error:
        raise BrokerError(_kind(error, kind), describe(error)) from error


def _kind(error: Exception, otherwise: TroubleKind) -> TroubleKind:
    if is_denied(error):
        return "denied"
    origins = (error, error.__cause__, error.__context__)
    return "untrusted" if any(isinstance(x, ssl.SSLError) for x in origins) else otherwise

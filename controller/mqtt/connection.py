"""One connection to the broker. The only module that knows aiomqtt and paho.

Private attributes of aiomqtt and paho that are relied on here are pinned by a test.
"""

import asyncio
import errno
import logging
import math
import os
import socket
from collections.abc import Awaitable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import aiomqtt
from aiomqtt import MqttError, ProtocolVersion
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.client import DisconnectFlags, MQTTMessage
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from controller.mqtt.broker import Broker, Limits, LinkStats, Version
from controller.mqtt.outbound import Transient
from controller.mqtt.payloads import OFFLINE

LINK_ERRORS = (MqttError, OSError)
"""What a broken or refused connection raises. Everything else is a mistake of ours."""

RECEIVE_MAXIMUM = 16
"""Messages of QoS 1 that an MQTT 5 broker may send ahead of our acknowledgements."""

_FAILURE = 0x80
"""Reason codes from here on are failures, in both versions of MQTT."""

_T = TypeVar("_T")

# The link reports each loss once; paho would repeat it at every attempt.
_PAHO_LOG = logging.getLogger("controller.mqtt.paho")
_PAHO_LOG.setLevel(logging.CRITICAL)


class Connection(aiomqtt.Client):
    """aiomqtt's client with what it leaves out. Good for one connection.

    - Messages are acknowledged by `ack`, after they were dealt with, not on arrival.
    - A publication that the broker refuses is reported.
    - What arrives is bounded in size and number.
    - A broker that hangs up instead of answering CONNECT is noticed at once.
    - Leaving after an error, or while still connecting, cuts the line instead of saying goodbye,
      so that the broker publishes the will and no half-open connection is left behind.
    """

    def __init__(
        self,
        broker: Broker,
        version: Version,
        *,
        will_topic: str | None,
        limits: Limits,
        stats: LinkStats,
    ) -> None:
        """Prepare a connection; `async with` opens it. `will_topic`: None without a will."""
        super().__init__(
            broker.host,
            broker.port,
            identifier=broker.client_id,
            username=broker.username,
            password=broker.password,
            protocol=ProtocolVersion.V5 if version == "5" else ProtocolVersion.V311,
            keepalive=broker.keepalive_s,
            will=None if will_topic is None else aiomqtt.Will(will_topic, OFFLINE, 1, retain=True),
            properties=_connect_properties(limits) if version == "5" else None,
            tls_params=_tls_parameters(broker),
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
            timeout=limits.reply_s,
            logger=_PAHO_LOG,
        )
        self._client.manual_ack_set(True)  # noqa: FBT003 paho's signature
        self.version = version
        self._will_topic = will_topic
        self._limits = limits
        self._stats = stats
        self._refusals = 0
        self._last_refusal = ""
        self._given_up = False
        self.reached = False

    async def subscribe_to(
        self, topics: Mapping[str, int], *, as_published: bool = False
    ) -> list[str]:
        """Subscribe to topics with their QoS; returns those that the broker refused.

        `as_published`: what is published with retain is marked so even while it is news, if the
        broker speaks MQTT 5.
        """
        if not topics:
            return []
        if as_published and self.version == "5":
            options = [(x, SubscribeOptions(q, retainAsPublished=True)) for x, q in topics.items()]
            answers = await self.subscribe(options)
        else:
            answers = await self.subscribe(list(topics.items()))
        codes = [code.value if isinstance(code, ReasonCode) else code for code in answers]
        return [topic for topic, code in zip(topics, codes, strict=False) if code >= _FAILURE]

    async def publish_kept(self, topic: str, payload: bytes) -> str | None:
        """Publish a retained value and wait for the acknowledgement.

        Returns why the broker refused it, or None. Brokers on MQTT 3.1.1 never say.
        """
        return await self._judged(self.publish(topic, payload, qos=1, retain=True))

    async def publish_certain(self, topic: str, payload: bytes) -> str | None:
        """Publish a message that must arrive, as `publish_kept` does, but not retained."""
        return await self._judged(self.publish(topic, payload, qos=1))

    async def publish_transient(self, message: Transient) -> None:
        """Hand a message to the network; the broker may drop it when its time is over.

        With QoS 1 it is waited for that the broker has it.
        """
        properties = None
        if self.version == "5":
            properties = _properties(PacketTypes.PUBLISH)
            remaining_s = message.deadline_s - self._loop.time()
            properties.MessageExpiryInterval = max(1, math.ceil(remaining_s))
        await self.publish(message.topic, message.payload, qos=message.qos, properties=properties)

    async def publish_once(self, message: Transient) -> str | None:
        """Publish a message of QoS 1. Returns why the broker refused it."""
        return await self._judged(self.publish_transient(message))

    async def _judged(self, publication: Awaitable[None]) -> str | None:
        """Return why the broker refused a publication, None if it took it.

        Of several under way at once, each may be given the refusal of another, never miss its own.
        """
        before = self._refusals
        await publication
        return self._last_refusal if self._refusals > before else None

    def ack(self, message: aiomqtt.Message) -> None:
        """Tell the broker that a message was dealt with."""
        self._client.ack(message.mid, message.qos)

    async def __aenter__(self) -> Self:
        """Connect; on any failure nothing stays open."""
        try:
            return await super().__aenter__()
        except BaseException:
            self._hang_up()
            raise

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Say goodbye if the work is done or was merely cancelled, else cut the line."""
        try:
            if exc_type in (None, asyncio.CancelledError):
                self.timeout = self._limits.goodbye_s
                if self._will_topic is not None:
                    # A proper DISCONNECT suppresses the will, so its words are ours to say.
                    await self.publish(self._will_topic, OFFLINE, qos=1, retain=True)
                await super().__aexit__(exc_type, exc, tb)
        except LINK_ERRORS:
            _PAHO_LOG.debug("left without goodbye")
        finally:
            self._hang_up()

    async def _wait_for(self, fut: Awaitable[_T], timeout: float | None) -> _T:  # noqa: ASYNC109 as in aiomqtt
        # aiomqtt takes asyncio.wait_for, which before Python 3.12 loses a cancellation that comes
        # together with the answer: who was told to stop would go on.
        try:
            async with asyncio.timeout(self.timeout if timeout is None else timeout):
                return await fut
        except TimeoutError:
            raise MqttError("the broker does not answer") from None

    def _hang_up(self) -> None:
        self._given_up = True
        if self._disconnected.done():
            self._disconnected.exception()  # so that asyncio does not report it as forgotten
        # Not at once: the reader that paho's thread has asked for must be registered first.
        self._loop.call_soon(self._client._sock_close)  # noqa: SLF001 no public way to close

    def _on_socket_open(self, client: PahoClient, userdata: Any, sock: Any) -> None:  # noqa: ANN401 as in aiomqtt
        # Runs in the thread that connects, which cannot be cancelled: it may find itself alone.
        if self._given_up:
            sock.close()
            raise ConnectionAbortedError("given up while connecting")
        self.reached = True
        super()._on_socket_open(client, userdata, sock)

    def _on_disconnect(
        self,
        client: PahoClient,
        userdata: Any,  # noqa: ANN401 as in aiomqtt
        flags: DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if self._given_up:
            return
        if not self._connected.done():
            self._connected.set_exception(MqttError("the broker hung up without an answer"))
        elif reason_code.is_failure and not (
            flags.is_disconnect_packet_from_server or self._disconnected.done()
        ):
            self._disconnected.set_exception(MqttError("the connection was lost"))
        super()._on_disconnect(client, userdata, flags, reason_code, properties)

    def _on_publish(
        self,
        client: PahoClient,
        userdata: Any,  # noqa: ANN401 as in aiomqtt
        mid: int,
        reason_code: ReasonCode,
        properties: Properties,
    ) -> None:
        if reason_code.is_failure:
            self._refusals += 1
            self._last_refusal = str(reason_code)
        super()._on_publish(client, userdata, mid, reason_code, properties)

    def _on_message(self, client: PahoClient, userdata: Any, message: MQTTMessage) -> None:  # noqa: ANN401 as in aiomqtt
        if not _has_readable_topic(message) or len(message.payload) > self._limits.inbound_bytes:
            self._stats.dropped_inbound += 1
            self._client.ack(message.mid, message.qos)
        elif len(self.messages) < self._limits.inbound_messages * (1 + message.qos):
            super()._on_message(client, userdata, message)
        else:
            self._stats.dropped_inbound += 1
            if message.qos > 0:
                # The next connection brings retained values again, so the newest is not lost.
                raise MqttError("more messages than can be dealt with")


def refusal_code(error: Exception) -> int | None:
    """Tell with which reason code of MQTT 5 the broker refused CONNECT, None if it did not.

    paho translates the return codes of MQTT 3.1.1.
    """
    if isinstance(error, MqttConnectError) and isinstance(error.rc, ReasonCode):
        return error.rc.value
    return None


def _has_readable_topic(message: MQTTMessage) -> bool:
    try:
        return bool(message.topic)
    except UnicodeDecodeError:
        return False


def _properties(packet_type: int) -> Properties:
    return Properties(packet_type)  # type: ignore[no-untyped-call] # paho left it untyped


def _connect_properties(limits: Limits) -> Properties:
    properties = _properties(PacketTypes.CONNECT)
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    properties.MaximumPacketSize = limits.inbound_bytes
    return properties


def _tls_parameters(broker: Broker) -> aiomqtt.TLSParameters | None:
    if broker.ca_file is None:
        return None
    return aiomqtt.TLSParameters(
        ca_certs=_existing(broker.ca_file),
        certfile=_existing(broker.cert_file),
        keyfile=_existing(broker.key_file),
        keyfile_password="",  # an encrypted key is an error, not a question on the terminal
    )


def _existing(file: Path | None) -> str | None:
    # OpenSSL would say that a file is missing, but not which.
    if file is not None and not file.is_file():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(file))
    return None if file is None else str(file)

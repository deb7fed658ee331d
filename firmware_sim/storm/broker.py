"""A broker in memory: retained messages, QoS 0 and 1, last wills; a session ends with its line.

It behaves as brokers do towards a client without a session of its own: what was not acknowledged
when the line is cut is gone, retained messages come again with the next subscription.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

MOST_QUEUED = 1000
"""Messages of QoS 1 that wait for one client; further ones are lost to it."""
RECEIVE_MAXIMUM = 16


class Packet(NamedTuple):
    """A message on its way to a client."""

    topic: str
    payload: bytes
    retain: bool
    qos: int
    sender: str


@dataclass(slots=True)
class Session:
    """What the broker knows of one connection. `push` hands a packet to the client's line."""

    client: str
    will: tuple[str, bytes] | None
    push: Callable[[Packet], None]
    hang_up: Callable[[], None]
    topics: dict[str, int] = field(default_factory=dict)
    waiting: deque[Packet] = field(default_factory=deque)
    unacknowledged: int = 0


class MemoryBroker:
    """All that is between the clients. `listener` hears everything that is published."""

    def __init__(self, listener: Callable[[Packet], None]) -> None:
        """Begin without anything retained."""
        self.up = True
        self.retained: dict[str, Packet] = {}
        self.sessions: dict[str, Session] = {}
        self._listener = listener
        self.overflown = 0

    def connect(self, session: Session) -> None:
        """Take a client in; one of the same name is taken over from."""
        self.drop(session.client)
        self.sessions[session.client] = session

    def subscribe(self, session: Session, topics: dict[str, int]) -> None:
        """Add subscriptions to exact topics, and hand out what is retained there."""
        session.topics.update(topics)
        for topic, qos in topics.items():
            kept = self.retained.get(topic)
            if kept is not None:
                self._hand(session, kept._replace(retain=True, qos=min(qos, kept.qos)))

    def publish(self, packet: Packet) -> None:
        """Keep what is to be retained, and hand it to everybody who listens."""
        if packet.retain:
            if packet.payload:
                self.retained[packet.topic] = packet
            else:
                self.retained.pop(packet.topic, None)
        self._listener(packet)
        for session in list(self.sessions.values()):
            qos = session.topics.get(packet.topic)
            if qos is not None:
                self._hand(session, packet._replace(qos=min(qos, packet.qos)))

    def _hand(self, session: Session, packet: Packet) -> None:
        if packet.qos == 0:
            session.push(packet)
        elif session.unacknowledged < RECEIVE_MAXIMUM:
            session.unacknowledged += 1
            session.push(packet)
        elif len(session.waiting) < MOST_QUEUED:
            session.waiting.append(packet)
        else:
            self.overflown += 1

    def acknowledged(self, session: Session) -> None:
        """Take a client's word that it has dealt with a message of QoS 1."""
        session.unacknowledged -= 1
        if session.waiting and session.unacknowledged < RECEIVE_MAXIMUM:
            session.unacknowledged += 1
            session.push(session.waiting.popleft())

    def leave(self, client: str) -> None:
        """End a session in order: nobody hears a will."""
        self.sessions.pop(client, None)

    def drop(self, client: str) -> None:
        """End a session whose client is gone: its will is published."""
        session = self.sessions.pop(client, None)
        if session is not None:
            session.hang_up()
            if session.will is not None:
                topic, payload = session.will
                self.publish(Packet(topic, payload, retain=True, qos=1, sender="broker"))

    def halt(self) -> None:
        """Go down: every line is cut, and nobody is there to publish a will."""
        self.up = False
        for session in self.sessions.values():
            session.hang_up()
        self.sessions.clear()

    def start(self, *, forgetful: bool) -> None:
        """Come up again, with or without what was retained."""
        self.up = True
        if forgetful:
            self.retained.clear()

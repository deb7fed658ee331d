"""The line between one client and the broker, and what a bad network does to it.

A line is a TCP connection: what it carries arrives in order or not at all. Beside it stand the
faults of what is in between (bridges, proxies, clients of others): single messages of QoS 0 that
are lost, late, doubled, overtaken or damaged on their way to one client.
"""

from dataclasses import dataclass, field
from random import Random

from firmware_sim.storm.broker import Packet

DELAY_S = (0.002, 0.020)
KEEPALIVE_S = 12.0
BROKER_NOTICES_S = 1.5 * KEEPALIVE_S
CLIENT_NOTICES_S = (1.5 * KEEPALIVE_S, 2.0 * KEEPALIVE_S)
CONNECT_TIMEOUT_S = 2.0
CUT_SHORT = 0.5


@dataclass(slots=True)
class Mischief:
    """Chances that befall a message to one client: `late` by up to `late_s`."""

    lost: float = 0.0
    doubled: float = 0.0
    damaged: float = 0.0
    late: float = 0.0
    late_s: float = 0.0

    @property
    def any(self) -> bool:
        """Whether anything may happen."""
        return (self.lost, self.doubled, self.damaged, self.late) != (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Trap:
    """The line is cut with the next message on `topic`; `early`: before the broker has it."""

    topic: str
    early: bool


@dataclass(slots=True)
class Line:
    """The network of one node, as it is now. `blocked`: packets stay where they are."""

    client: str
    rng: Random
    blocked: bool = False
    slow_s: float = 0.0
    trap: Trap | None = None
    mischief: Mischief = field(default_factory=Mischief)

    def delay_s(self) -> float:
        """Draw how long a packet takes."""
        return self.rng.uniform(*DELAY_S) + self.slow_s

    def damaged(self, payload: bytes) -> bytes:
        """Damage a payload so that it cannot be read: cut it short, or put in what no text has."""
        if not payload:
            return b"\xff"
        at = self.rng.randrange(len(payload))
        if self.rng.random() < CUT_SHORT:
            return payload[:at]
        return payload[:at] + bytes([self.rng.randrange(0x80, 0xC0)]) + payload[at + 1 :]


def is_passage(packet: Packet) -> bool:
    """Whether a message is one of those that nobody sends again."""
    return packet.topic.endswith("/passage")

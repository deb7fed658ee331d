"""What the link needs to know about a broker, and its bounds."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Version = Literal["5", "3.1.1"]
ProtocolChoice = Literal["auto"] | Version


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and how to log in.

    With `ca_file` the connection is TLS and the broker's certificate and name are always
    checked. `protocol` "auto" tries MQTT 5, then 3.1.1. A dead link shows after 1.5 to 2 times
    `keepalive_s`. Raises ValueError for a description that could never work.
    """

    host: str
    client_id: str
    port: int = 1883
    protocol: ProtocolChoice = "auto"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    keepalive_s: int = 12

    def __post_init__(self) -> None:
        """Refuse here what would otherwise end the link while it runs."""
        if not self.client_id:
            raise ValueError("client_id: must not be empty")
        if self.protocol not in ("auto", "5", "3.1.1"):
            raise ValueError(f'protocol: {self.protocol!r} is not "auto", "5" or "3.1.1"')
        if not 1 <= self.port <= 65535:  # noqa: PLR2004 the greatest port of TCP
            raise ValueError(f"port: {self.port} is not between 1 and 65535")
        if not 1 <= self.keepalive_s <= 65535:  # noqa: PLR2004 two bytes in MQTT
            raise ValueError(f"keepalive_s: {self.keepalive_s} is not between 1 and 65535")
        self._check_host()
        self._check_files()

    def _check_host(self) -> None:
        try:
            encoded = self.host.encode("idna")
        except UnicodeError:
            encoded = b""
        if not encoded:
            raise ValueError(f"host: {self.host!r} is not a host name or address")

    def _check_files(self) -> None:
        if self.cert_file and not self.ca_file:
            raise ValueError("cert_file: works only together with ca_file")
        if self.key_file and not self.cert_file:
            raise ValueError("key_file: works only together with cert_file")


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message from the broker. `retained`: it is what the broker had kept, not news."""

    topic: str
    payload: bytes
    retained: bool
    qos: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the link. Everything that could grow or last has one.

    `kept_topics`, `waiting_sends`, `inbound_messages`: the most that wait at a time; messages of
    QoS 1 find twice the room. `inbound_bytes`: the largest payload taken. `reply_s`: how long the
    broker may take to answer; `silence_s`: the same for MQTT 5 under "auto", as some old brokers
    never answer it; `goodbye_s`: for each of the two steps of leaving. `backoff_*`: pauses between
    attempts, which start again from the first after a connection that lasted `stable_s`.
    `deliveries_per_s`: the most that is taken from the outbox; `refused_s`: the pause after the
    broker refused something from there.
    """

    kept_topics: int = 256
    waiting_sends: int = 64
    inbound_messages: int = 64
    inbound_bytes: int = 70 * 1024
    reply_s: float = 10.0
    silence_s: float = 2.0
    goodbye_s: float = 1.0
    backoff_first_s: float = 0.5
    backoff_cap_s: float = 60.0
    stable_s: float = 30.0
    deliveries_per_s: float = 20.0
    refused_s: float = 60.0


@dataclass(slots=True)
class LinkStats:
    """Counters since the start.

    `protocol`: that of the last connection; `connections`: one more than there were
    reconnections; `dropped_sends`: transient messages that expired or were pushed out;
    `dropped_keeps`: values of topics beyond the greatest number; `refused_publishes`: what the
    broker turned down (only MQTT 5 tells); `dropped_inbound`: messages too large, too many or
    with an unreadable topic; `refused_inbound`: messages that the handler turned down.
    """

    protocol: str | None = None
    connections: int = 0
    dropped_sends: int = 0
    dropped_keeps: int = 0
    refused_publishes: int = 0
    dropped_inbound: int = 0
    refused_inbound: int = 0

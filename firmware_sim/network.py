"""The message bus between nodes in virtual time: passages reach whoever listens, a little late."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

from controller.core.effects import AnnouncePassage
from controller.core.events import PassageHeard
from firmware_sim.clock import VirtualClock

LATENCY_BOUNDS_S = (0.005, 0.040)

Receive = Callable[[PassageHeard, float], None]
"""(passage, when it was sent)"""


@dataclass(frozen=True, slots=True)
class _Line:
    """The way from one node to another, with delays of its own."""

    receive: Receive
    delays: Random


class Bus:
    """Delivers announcements. A receiver sees the age that the sender stated."""

    def __init__(self, clock: VirtualClock, seed: int) -> None:
        """Begin without any node."""
        self._clock = clock
        self._seed = seed
        self._lines: dict[str, list[_Line]] = {}

    def listen(self, listener: str, to: str, receive: Receive) -> None:
        """Deliver what node `to` announces to node `listener`."""
        delays = Random(f"{self._seed}/network/{to}/{listener}")
        self._lines.setdefault(to, []).append(_Line(receive, delays))

    def announce(self, sender: str, announcement: AnnouncePassage) -> None:
        """Send to everybody who listens to `sender`."""
        passage = PassageHeard(
            announcement.sensor, f"boot-{sender}", announcement.seq, announcement.age_s
        )
        sent_s = self._clock.now_s
        for line in self._lines.get(sender, []):
            arrival_s = sent_s + line.delays.uniform(*LATENCY_BOUNDS_S)
            self._clock.at(arrival_s, partial(line.receive, passage, sent_s))

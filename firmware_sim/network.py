"""The message bus between nodes in virtual time: passages reach whoever listens, a little late."""

from collections.abc import Callable, Container
from dataclasses import dataclass, fields
from functools import partial
from random import Random
from typing import Any

from controller.core.effects import AnnouncePassage
from controller.core.events import PassageHeard
from firmware_sim.clock import VirtualClock

LATENCY_BOUNDS_S = (0.005, 0.040)
# Whatever a node announces is heard as it was said; only the boot identifier comes on top.
SAID = tuple({f.name for f in fields(AnnouncePassage)} & {f.name for f in fields(PassageHeard)})

Receive = Callable[[PassageHeard, float], None]
"""(passage, when it was sent)"""


@dataclass(frozen=True, slots=True)
class _Line:
    """The way from one node to another, with delays and losses of its own.

    `sensors`: those that concern the receiver. Nobody is told of others.
    """

    receive: Receive
    sensors: Container[str]
    delays: Random
    losses: Random


class Bus:
    """Delivers announcements. A receiver sees the age that the sender stated."""

    def __init__(self, clock: VirtualClock, seed: int, loss: float = 0.0) -> None:
        """Begin without any node. `loss`: share of announcements that do not arrive."""
        self._clock = clock
        self._seed = seed
        self._loss = loss
        self._lines: dict[str, list[_Line]] = {}

    def listen(self, listener: str, to: str, sensors: Container[str], receive: Receive) -> None:
        """Deliver what node `to` announces of these sensors to node `listener`."""
        name = f"{self._seed}/network/{to}/{listener}"
        line = _Line(receive, sensors, Random(name), Random(f"{name}/loss"))
        self._lines.setdefault(to, []).append(line)

    def announce(self, sender: str, announcement: AnnouncePassage) -> None:
        """Send to everybody who listens to `sender`."""
        said: dict[str, Any] = {name: getattr(announcement, name) for name in SAID}
        passage = PassageHeard(boot=f"boot-{sender}", **said)
        sent_s = self._clock.now_s
        for line in self._lines.get(sender, []):
            arrival_s = sent_s + line.delays.uniform(*LATENCY_BOUNDS_S)
            # Whether they concern a receiver or not, no announcement shifts the draws of others.
            if line.losses.random() >= self._loss and passage.sensor in line.sensors:
                self._clock.at(arrival_s, partial(line.receive, passage, sent_s))

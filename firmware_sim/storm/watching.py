"""What a storm lets its observer see."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from firmware_sim.storm.broker import Packet
from firmware_sim.storm.disk import Keeping
from firmware_sim.storm.machine import Watcher
from firmware_sim.storm.scenario import Act, Fault

if TYPE_CHECKING:
    from firmware_sim.storm.world import World


class Observer(Watcher, Protocol):
    """Sees everything: the truth, what nodes decide, what passes the broker. May stop the loop."""

    def begin(self, world: "World") -> None:
        """See the world before anything happens."""

    def end(self) -> None:
        """See it when all is over."""

    def failed(self, context: Mapping[str, object]) -> None:
        """See an exception that nobody has caught."""

    def tick(self) -> None:
        """Look around, now and then."""

    def calm(self) -> None:
        """See the storm end."""

    def published(self, packet: Packet) -> None:
        """See a message reach the broker."""

    def befell(self, fate: str, packet: Packet) -> None:
        """See what became of a message on its way to a node."""

    def acted(self, act: Act, version: int, before: int) -> None:
        """See what an operator is about to do."""

    def broke(self, fault: Fault) -> None:
        """See a fault begin."""

    def healed(self, fault: Fault) -> None:
        """See it end."""

    def lamp_changed(self, lamp: str) -> None:
        """See a lamp change its course."""

    def sensor_changed(self, sensor: str) -> None:
        """See a sensor's output change."""

    def keeping(self, node: str) -> Keeping:
        """Return who watches a node's store."""

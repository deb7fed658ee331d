"""What may be broken for a whole night: nodes, sensors, the network, clocks."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from controller.core.fade import FULL_PCT
from controller.core.path import Path
from firmware_sim.levels import FadeCommand
from firmware_sim.sensors import LevelChange


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What is broken.

    `stuck_sensors` are high and `silent_sensors` low for the whole run.
    `message_loss`: share of announcements that never arrive, drawn for every receiver anew.
    `clock_skew_s`: every second node's clocks are ahead by so much.
    """

    message_loss: float = 0.0
    dead_nodes: frozenset[str] = frozenset()
    stuck_sensors: frozenset[str] = frozenset()
    silent_sensors: frozenset[str] = frozenset()
    clock_skew_s: float = 0.0

    def reports(self, changes: Iterable[LevelChange]) -> Iterator[LevelChange]:
        """Yield the changes that are put out; broken sensors stay as they were at the begin."""
        broken = self.stuck_sensors | self.silent_sensors
        yield from (change for change in changes if change.sensor not in broken)

    def undriven(self, path: Path, start_s: float) -> list[FadeCommand]:
        """Return the light of lamps without a living node: full, which the wiring makes of it."""
        return [
            FadeCommand(start_s, lamp.id, FULL_PCT, FULL_PCT, 0.0, "undriven")
            for lamp in path.lamps
            if lamp.node in self.dead_nodes
        ]


NONE = Disturbance()


def _dead_node(path: Path) -> Disturbance:
    """Take a node with neighbours on both sides."""
    return Disturbance(dead_nodes=frozenset({path.nodes[1].id}))


def _stuck_sensor(path: Path) -> Disturbance:
    return Disturbance(stuck_sensors=frozenset({_middle_sensor(path)}))


def _silent_sensor(path: Path) -> Disturbance:
    return Disturbance(silent_sensors=frozenset({_middle_sensor(path)}))


def _middle_sensor(path: Path) -> str:
    return path.motion_sensors[len(path.motion_sensors) // 2].id


DISTURBANCES: dict[str, Callable[[Path], Disturbance]] = {
    "none": lambda _: NONE,
    "dead-node": _dead_node,
    "stuck-sensor": _stuck_sensor,
    "silent-sensor": _silent_sensor,
    "loss-5": lambda _: Disturbance(message_loss=0.05),
    "loss-20": lambda _: Disturbance(message_loss=0.20),
    "broker-down": lambda _: Disturbance(message_loss=1.0),
    "clock-skew": lambda _: Disturbance(clock_skew_s=0.5),
}

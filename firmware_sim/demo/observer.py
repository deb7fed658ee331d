"""What the nodes tell over MQTT, heard as any operator's dashboard would hear it."""

import asyncio
from dataclasses import dataclass, field

from controller.mqtt.link import Broker, Inbound, Link
from controller.mqtt.payloads import ONLINE, EnergyTotalPayload, StatePayload
from controller.mqtt.topics import Topics
from firmware_sim.demo import scene
from firmware_sim.demo.broker import HOST, DemoBroker


@dataclass(frozen=True, slots=True)
class Energy:
    """Sums in Wh: what lamps used, what conventional ones would have, what controllers used."""

    active_wh: float
    baseline_wh: float
    overhead_wh: float


@dataclass(slots=True)
class Heard:
    """The news of one node. `losses`: how often it went offline; `commands`: new targets.

    `first` are the first totals that are not empty, `newest` the last ones heard.
    """

    online: bool = False
    losses: int = 0
    commands: int = 0
    power_w: float | None = None
    first: EnergyTotalPayload | None = None
    newest: EnergyTotalPayload | None = None
    targets_pct: dict[str, float] = field(default_factory=dict)


class Observer:
    """Listens to all nodes.

    `nodes` holds what was heard, in the path's order; `ready` is set once every node is online
    and has told of some energy.
    """

    def __init__(self) -> None:
        """Have heard nothing."""
        self.ready = asyncio.Event()
        self.nodes = {node: Heard() for node in scene.NODES}
        self._topics = {node: Topics(scene.TENANT, scene.PATH_ID, node) for node in scene.NODES}

    def energy(self) -> Energy:
        """Return what all nodes used since the first totals of each."""
        spans = [(x.first, x.newest) for x in self.nodes.values() if x.first and x.newest]
        return Energy(
            sum(newest.active_energy_wh - first.active_energy_wh for first, newest in spans),
            sum(newest.baseline_wh - first.baseline_wh for first, newest in spans),
            sum(newest.overhead_wh - first.overhead_wh for first, newest in spans),
        )

    def link(self, broker: DemoBroker, port: int) -> Link:
        """Return the link to be run for news to come in."""
        return Link(
            Broker(
                HOST,
                "cyclelight-demo",
                port,
                "3.1.1" if broker.protocol == "3.1.1" else "auto",
            ),
            # It is no node: nobody is to wait for its answers.
            availability_topic=f"cyclelight-demo/{scene.PATH_ID}/observer",
            subscriptions={
                topic: 1
                for of in self._topics.values()
                for topic in (of.availability, of.state, of.energy_total)
            },
            on_message=self.take,
        )

    async def take(self, message: Inbound) -> None:
        """Note a message. Raises ValueError for a payload that is not what its topic promises."""
        for node, topics in self._topics.items():
            heard = self.nodes[node]
            if message.topic == topics.availability:
                _note_availability(heard, online=message.payload == ONLINE)
            elif message.topic == topics.state:
                _note_state(heard, StatePayload.model_validate_json(message.payload))
            elif message.topic == topics.energy_total:
                _note_energy(heard, EnergyTotalPayload.model_validate_json(message.payload))
        if all(heard.online and heard.first for heard in self.nodes.values()):
            self.ready.set()


def _note_availability(heard: Heard, *, online: bool) -> None:
    if heard.online and not online:
        heard.losses += 1
    heard.online = online


def _note_energy(heard: Heard, totals: EnergyTotalPayload) -> None:
    heard.newest = totals
    if heard.first is None and totals.burn_s > 0.0:
        heard.first = totals


def _note_state(heard: Heard, state: StatePayload) -> None:
    targets_pct = {lamp: report.target_pct for lamp, report in state.lamps.items()}
    heard.commands += sum(
        target_pct != heard.targets_pct.get(lamp, target_pct)
        for lamp, target_pct in targets_pct.items()
    )
    heard.targets_pct = targets_pct
    heard.power_w = sum(report.power_w for report in state.lamps.values())

"""One fault on a path that is in order otherwise: what people and operators see of it."""

import json
from dataclasses import dataclass, field

from controller.core.layers import LAYERS
from firmware_sim.intervals import gaps
from firmware_sim.levels import lit
from firmware_sim.needs import NeedFinder
from firmware_sim.storm.broker import Packet
from firmware_sim.storm.course import LAMPS, NODE_IDS, PATH
from firmware_sim.storm.judge.bench import Finding
from firmware_sim.storm.judge.judge import Judge
from firmware_sim.storm.people import Walk
from firmware_sim.storm.scenario import NIGHT_UTC_S, Act, Fault, Scenario
from firmware_sim.storm.weather import weather
from firmware_sim.storm.world import World

LENGTH_S = 2000.0
AT_S, LASTS_S = 800.0, 600.0
SERVED_PCT = 89.99
LOOK_S = 1.0
WELL_S = 120.0  # until everybody who was there at the start has settled
WALKS = (
    *(
        Walk(250.0 + 170.0 * number, speed_m_s, number % 2 == 0)
        for number, speed_m_s in enumerate((5.0, 6.0, 4.0, 7.5, 5.5, 3.5, 8.3, 4.5, 6.5, 5.0))
    ),
    Walk(500.0, 1.3, eastward=True),
    Walk(1200.0, 1.0, eastward=False),
)


@dataclass
class Seen:
    """What came of a fault.

    `dark_s`: the longest that anybody was in a cell without light, between the third lamp and the
    third last. `heals_s`: how long after its end the fault can still be noticed. `told`: what
    operators are told.
    """

    finding: Finding | None
    dark_s: float
    heals_s: float
    told: frozenset[str]


@dataclass
class Watch(Judge):
    """A judge that notes all it sees, with no excuse."""

    told: set[str] = field(default_factory=set)
    unwell_at_s: float = 0.0
    dark_s: float = 0.0

    def __post_init__(self) -> None:
        super().__init__()

    def begin(self, world: World) -> None:
        super().begin(world)
        world.at(WELL_S, self._watch)

    def _watch(self) -> None:
        if self.bench.now_s > LENGTH_S - LOOK_S:
            return  # they are ended one by one
        if not all(map(self._is_well, NODE_IDS)):
            self.unwell_at_s = self.bench.now_s
        self.world.later(LOOK_S, self._watch)

    def _is_well(self, node: str) -> bool:
        machine = self.world.machines[node]
        state, process = machine.state, machine.process
        if state is None or process is None or process.life.stopped:
            return False
        lamps_well = all(
            known.situation is not None
            and not known.situation.unknown
            and self.world.lamps[lamp].target_pct == known.fade.to_pct
            and not self.world.lamps[lamp].burnt_out
            for lamp, known in state.lamps.items()
        )
        connected = machine.client in self.world.network.broker.sessions
        return lamps_well and connected and not process.background._books.fails

    def published(self, packet: Packet) -> None:
        super().published(packet)
        if self.bench.now_s < WELL_S:
            return
        if packet.topic.endswith("/availability") and packet.payload == b"offline":
            self.told.add("offline")
        if packet.topic.endswith("/alarm") and json.loads(packet.payload)["raised"]:
            self.told.add(json.loads(packet.payload)["code"])
        if packet.topic.endswith("/reply") and not json.loads(packet.payload)["ok"]:
            self.told.add("command refused")
        if packet.topic.endswith("/config/reported"):
            told = json.loads(packet.payload)
            if not told["applied"]:
                self.told.add("settings refused")
            elif any(told["layers"][x]["version"] for x in LAYERS):
                self.told.add("settings applied")

    def end(self) -> None:
        finder = NeedFinder(PATH)
        for person in self.world.people:
            for own in finder.needs(person).own:
                if own.lamp in LAMPS[2:-2]:
                    course = self.world.lamps[own.lamp].course
                    for a, b in gaps(own.during, lit(course, SERVED_PCT, own.during)):
                        self.dark_s = max(self.dark_s, b - a)
        super().end()


def seen(faults: tuple[Fault, ...], acts: tuple[Act, ...] = ()) -> Seen:
    """Let faults happen, and look."""
    ends_s = max((fault.until_s for fault in faults), default=AT_S)
    watch = Watch()
    weather(Scenario(7, LENGTH_S, NIGHT_UTC_S, WALKS, faults, acts), watch)
    heals_s = max(0.0, watch.unwell_at_s - ends_s)
    return Seen(watch.bench.finding, watch.dark_s, heals_s, frozenset(watch.told))

"""The judge: sees everything a storm lets an observer see, and hands it to its parts."""

from collections.abc import Callable, Mapping

from structlog.typing import EventDict

from controller.core.effects import AnnouncePassage, RecordEnergy
from controller.core.state import State
from firmware_sim.storm.broker import Packet
from firmware_sim.storm.course import NODE_IDS, NODE_OF_LAMP
from firmware_sim.storm.explaining import reason
from firmware_sim.storm.judge.bench import Bench
from firmware_sim.storm.judge.books import BooksJudge, NodeKeeping
from firmware_sim.storm.judge.bounds import BoundsJudge
from firmware_sim.storm.judge.calm import CONVERGED_S, KEPT_S, CalmJudge
from firmware_sim.storm.judge.ills import Ills
from firmware_sim.storm.judge.light import LightJudge
from firmware_sim.storm.judge.orders import OrdersJudge
from firmware_sim.storm.judge.settings import SettingsJudge
from firmware_sim.storm.judge.unknown import UnknownJudge
from firmware_sim.storm.machine import NodeMachine
from firmware_sim.storm.operators import TOPICS
from firmware_sim.storm.process import Process
from firmware_sim.storm.scenario import Act, Fault, FaultKind
from firmware_sim.storm.trace import Trace
from firmware_sim.storm.world import World

Look = Callable[[NodeMachine], None]

REPORTED = "config/reported"
FLOODED_S = (0.1, 0.3, 1.0, 3.0)
"""So long after a flood began queues are looked at."""
# What a controller logs as an error because something outside of it is broken.
COMPLAINTS = frozenset(
    {
        "store_fails",
        "store_unusable",
        "orders_not_kept",
        "discovery_not_kept",
        "start_not_noted",
        "stored_settings_unusable",
    }
)


class Judge:
    """One storm's judge."""

    def __init__(self, *, keep_trace: bool = False) -> None:
        """Begin with empty books, which watch the disks from the start."""
        self.trace = Trace(keep=keep_trace)
        self._books = BooksJudge()

    def begin(self, world: World) -> None:
        """Take a seat before anything happens."""
        self.world = world
        self.bench = bench = Bench(world, self.trace)
        self._ills = Ills()
        self._light = LightJudge(bench, self._ills)
        self._orders = OrdersJudge(bench, self._ills)
        self._settings = SettingsJudge(bench)
        self._unknown = UnknownJudge(bench, self._ills)
        self._calm = CalmJudge(bench)
        self.bounds = BoundsJudge(bench)
        self._of_topic = {
            topic: (node, what)
            for node, topics in TOPICS.items()
            for topic, what in (
                (topics.energy_interval, "energy/interval"),
                (topics.energy_total, "energy/total"),
                (topics.config_reported, REPORTED),
            )
        }
        self._books.bench = bench

    # --- the course of a storm --------------------------------------------------------------------

    def calm(self) -> None:
        """Give the nodes time to recover, then look."""
        self.world.later(CONVERGED_S, lambda: self._each(self._calm.look))
        self.world.later(KEPT_S, lambda: self._each(self._books.look))

    def tick(self) -> None:
        """Look around."""
        self._each(self.bounds.look, self._orders.look, self._settings.look, self._unknown.look)

    def end(self) -> None:
        """Look for the last time."""
        if self.bench.finding is None:
            self._each(self._calm.look_at_last, self._settings.look_at_last)
        self.bench.over = True

    def _each(self, *looks: Look) -> None:
        for node in NODE_IDS:
            for look in looks:
                look(self.world.machines[node])

    # --- faults and acts --------------------------------------------------------------------------

    def broke(self, fault: Fault) -> None:
        """See a fault begin."""
        self.bench.counts[f"fault {fault.kind.value}"] += 1
        self.bench.note("fault", str(fault).strip())
        self._ills.broke(fault, self.bench.now_s)
        self._settings.broke(fault)
        self._orders.broke(fault)
        if fault.kind in (FaultKind.DISK_FAILING, FaultKind.DISK_FULL, FaultKind.DISK_READ_ONLY):
            self._books.disk_failed(fault.where)
        if fault.kind is FaultKind.FREEZE:
            self._ills.interrupt(fault.where, self.bench.now_s)
        if fault.kind is FaultKind.FLOOD:
            for seconds in FLOODED_S:
                self.world.later(seconds, lambda: self._each(self.bounds.look))

    def healed(self, fault: Fault) -> None:
        """See it end."""
        self.bench.note("healed", fault.kind.value + " " + fault.where)
        self._ills.healed(fault, self.bench.now_s)
        if fault.kind is FaultKind.FREEZE:
            self._ills.interrupt(fault.where, self.bench.now_s)

    def acted(self, act: Act, version: int, before: int) -> None:
        """See what an operator is about to do."""
        self.bench.counts[f"act {act.kind.value}"] += 1
        self.bench.note("operator", str(act).strip())
        self._orders.acted(act)
        self._settings.acted(act, version, before)

    # --- nodes ------------------------------------------------------------------------------------

    def began(self, machine: NodeMachine) -> None:
        """See a process begin."""
        self.bench.counts["controllers started"] += 1
        self.bench.note(machine.node, "starts")
        self._ills.begin(machine.node, self.bench.now_s)
        self._books.began(machine)
        self._settings.began(machine)

    def ended(self, machine: NodeMachine, how: str) -> None:
        """See a process end."""
        self.bench.counts[f"controllers {how}"] += 1
        self.bench.note(machine.node, how)
        self._ills.interrupt(machine.node, self.bench.now_s)
        self._books.ended(machine, how)
        if how == "killed":
            self._ills.undriven(machine.node, self.bench.now_s)
        elif how == "without_power":
            self._ills.vanish(machine.node, self.bench.now_s)

    def logged(self, machine: NodeMachine, level: str, event: str, fields: EventDict) -> None:
        """Hear what a process logs; of errors only some are none of ours."""
        self.trace.aside(self.bench.now_s, machine.node, f"logs {event} {fields or ''}")
        if level not in ("error", "critical"):
            return
        self.bench.counts[f"log {event}"] += 1
        if event not in COMPLAINTS:
            what = f"{machine.node} logs {event}: {fields.get('exc_info') or fields}"
            self.bench.broken("no fault of ours", what)

    def failed(self, context: Mapping[str, object]) -> None:
        """See an exception that nobody has caught."""
        if not self.bench.over:
            what = f"{context.get('message')}: {context.get('exception')!r}"
            self.bench.broken("no fault of ours", what)

    def announced(self, process: Process, passage: AnnouncePassage) -> None:
        """See an announcement."""
        seen = "sees somebody" if passage.active else "saw them last"
        self.bench.note(process.node, f"tells that {passage.sensor} {seen} ({passage.seq})")
        self.bench.counts["passages announced"] += 1

    def recorded(self, process: Process, record: RecordEnergy) -> None:
        """See a record that was closed."""
        self.bench.note(process.node, f"closes a record of {record.duration_s:.3f} s")
        self._books.recorded(process, self.world.machines[process.node], record)

    def changed(self, process: Process, state: State) -> None:
        """See a new state."""
        self.bench.counts["states"] += 1
        machine = self.world.machines[process.node]
        if not state.sky.dark:
            self.bench.broken("the night is dark", f"{process.node} takes it for day")
        self._light.changed(machine, state)
        self._orders.changed(machine, state)

    # --- the world --------------------------------------------------------------------------------

    def published(self, packet: Packet) -> None:
        """See a message reach the broker."""
        self.bench.counts["messages"] += 1
        node, what = self._of_topic.get(packet.topic, ("", ""))
        if "/passage" not in packet.topic and "homeassistant" not in packet.topic:
            self.bench.note("broker", f"{packet.sender} {packet.topic} {len(packet.payload)} bytes")
        self._unknown.published(packet)
        if what == REPORTED:
            self._settings.published(self.world.machines[node], packet)
        elif what:
            self._books.published(node, what, packet)

    def befell(self, fate: str, packet: Packet) -> None:
        """See what became of a message on its way."""
        self.bench.note("network", f"a passage of {packet.sender} is {fate}")
        self.bench.counts[f"passages {fate}"] += 1

    def lamp_changed(self, lamp: str) -> None:
        """See a lamp change its course."""
        now_s, fade = self.bench.now_s, self.world.lamps[lamp].course[-1]
        why = reason(self.world.machines[NODE_OF_LAMP[lamp]], lamp, now_s)
        self.bench.note(lamp, f"{fade.from_pct:.2f} to {fade.to_pct:g} %: {why}")
        self._light.lamp_changed(lamp)

    def sensor_changed(self, sensor: str) -> None:
        """See a sensor's output change."""
        level = self.world.sensors[sensor].level
        self.bench.note(sensor, {True: "high", False: "low", None: "unreadable"}[level])
        self._light.sensor_changed(sensor)

    def keeping(self, node: str) -> NodeKeeping:
        """Return who watches a node's store."""
        return self._books.keeping(node)

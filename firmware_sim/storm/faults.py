"""Lets faults happen to a world, and heals them."""

from collections.abc import Callable
from random import Random

from firmware_sim.storm.broker import Packet
from firmware_sim.storm.course import NODE_IDS
from firmware_sim.storm.disk import DiskFault
from firmware_sim.storm.line import Line, Mischief
from firmware_sim.storm.operators import TOPICS
from firmware_sim.storm.pin import SensorFault
from firmware_sim.storm.scenario import Fault, FaultKind
from firmware_sim.storm.watching import Observer
from firmware_sim.storm.world import World

_SENSOR = {
    FaultKind.SENSOR_HIGH: SensorFault.HIGH,
    FaultKind.SENSOR_LOW: SensorFault.LOW,
    FaultKind.SENSOR_CHATTER: SensorFault.CHATTER,
    FaultKind.SENSOR_UNREADABLE: SensorFault.UNREADABLE,
    FaultKind.SENSOR_EDGES_LOST: SensorFault.EDGES_LOST,
}
_DISK = {
    FaultKind.DISK_FULL: DiskFault.FULL,
    FaultKind.DISK_FAILING: DiskFault.FAILING,
    FaultKind.DISK_READ_ONLY: DiskFault.READ_ONLY,
}
_MISCHIEF = (FaultKind.LOST, FaultKind.LATE, FaultKind.DOUBLED, FaultKind.DAMAGED)


class Faults:
    """Begins and ends the faults of one world."""

    def __init__(self, world: World, observer: Observer) -> None:
        """Begin with a world in order."""
        self._world = world
        self._observer = observer
        self._under: dict[tuple[str, str], int] = {}

    def begin(self, fault: Fault) -> None:
        """Let a fault happen, and end it when it is over."""
        self._observer.broke(fault)
        heal = self._befall(fault)
        if heal is None:
            self._observer.healed(fault)
            return
        heals = heal

        def over() -> None:
            heals()
            self._observer.healed(fault)

        self._world.later(fault.lasts_s, over)

    def _befall(self, fault: Fault) -> Callable[[], None] | None:
        """Return how to heal it, None if it is over at once."""
        kind = fault.kind
        if kind in _SENSOR:
            return self._break_sensor(fault)
        if kind in _DISK:
            return self._break_disk(fault)
        if kind in _MISCHIEF:
            return self._make_mischief(fault)
        return self._strike(fault)

    def _strike(self, fault: Fault) -> Callable[[], None] | None:
        world, where = self._world, fault.where
        match fault.kind:
            case FaultKind.PARTITION:
                return self._partition(where)
            case FaultKind.CUT:
                world.network.cut(world.machines[where].client)
            case FaultKind.CUT_AT_RECORD:
                client, topic = world.machines[where].client, TOPICS[where].energy_interval
                world.network.cut_at(client, topic, early=fault.amount > 0.0)
                return lambda: world.network.disarm(client)
            case FaultKind.SLOW:
                return self._slow(fault)
            case FaultKind.BROKER:
                return self._restart_broker(forgetful=fault.amount > 0.0)
            case FaultKind.FLOOD:
                self._flood(where, int(fault.amount))
            case FaultKind.LAMP_DEAF:
                world.lamps[where].go_deaf()
                return world.lamps[where].hear_again
            case FaultKind.LAMP_BURNT_OUT:
                lamp = world.lamps[where]
                lamp.burn_out(out=True)
                return lambda: lamp.burn_out(out=False)
            case FaultKind.CLOCK_STEP:
                world.machines[where].set_clock(fault.amount)
            case _:
                return self._hit_machine(fault)
        return None

    def _hit_machine(self, fault: Fault) -> Callable[[], None] | None:
        machine = self._world.machines[fault.where]
        match fault.kind:
            case FaultKind.CRASH:
                return machine.kill_after(int(fault.amount))
            case FaultKind.CRASH_AT_WRITE:
                return machine.kill_at_write()
            case FaultKind.STOP:
                machine.stop()
            case FaultKind.FREEZE:
                machine.freeze()
                return machine.thaw
            case FaultKind.POWER:
                machine.cut_power()
                return machine.restore_power
            case _:
                raise ValueError(f"{fault.kind}: nothing that befalls a machine")
        return None

    def _counted(self, what: str, where: str, heal: Callable[[], None]) -> Callable[[], None]:
        """Heal only when the last of several faults of a kind at one place is over."""
        key = what, where
        self._under[key] = self._under.get(key, 0) + 1

        def one_over() -> None:
            self._under[key] -= 1
            if self._under[key] == 0:
                heal()

        return one_over

    def _break_sensor(self, fault: Fault) -> Callable[[], None]:
        sensor = self._world.sensors[fault.where]
        sensor.fail(_SENSOR[fault.kind])
        return self._counted("sensor", fault.where, lambda: sensor.fail(None))

    def _break_disk(self, fault: Fault) -> Callable[[], None]:
        disk = self._world.machines[fault.where].disk
        disk.fail(_DISK[fault.kind])
        return self._counted("disk", fault.where, lambda: disk.fail(None))

    def _partition(self, node: str) -> Callable[[], None]:
        network, client = self._world.network, self._world.machines[node].client
        network.block(client, self._world.loop)
        return self._counted("partition", node, lambda: network.unblock(client))

    def _slow(self, fault: Fault) -> Callable[[], None]:
        line = self._line(fault.where)
        line.slow_s = fault.amount

        def heal() -> None:
            line.slow_s = 0.0

        return self._counted("slow", fault.where, heal)

    def _make_mischief(self, fault: Fault) -> Callable[[], None]:
        line = self._line(fault.where)
        match fault.kind:
            case FaultKind.LOST:
                line.mischief.lost = fault.amount
            case FaultKind.LATE:
                line.mischief.late, line.mischief.late_s = 0.5, fault.amount
            case FaultKind.DOUBLED:
                line.mischief.doubled = fault.amount
            case _:
                line.mischief.damaged = fault.amount

        def heal() -> None:
            line.mischief = Mischief()

        return self._counted("mischief", fault.where, heal)

    def _restart_broker(self, *, forgetful: bool) -> Callable[[], None]:
        broker = self._world.network.broker
        broker.halt()
        return self._counted("broker", "", lambda: broker.start(forgetful=forgetful))

    def _flood(self, node: str, messages: int) -> None:
        """Send nonsense and things that are almost right, as fast as the broker takes them."""
        rng = Random(f"{self._world.scenario.seed}/flood/{node}")
        neighbour = NODE_IDS[(NODE_IDS.index(node) + 1) % len(NODE_IDS)]
        topics = (
            TOPICS[node].passage_of(neighbour),
            TOPICS[node].command[-1],
            TOPICS[node].config_desired[-1],
        )
        for number in range(messages):
            ping = b'{"id":"flood-%d","name":"ping"}' % number
            payload = rng.choice((b"", b"{}", ping, ping, ping, b"\xff\xfe", b"[" * 99))
            topic, qos = rng.choice(topics), rng.randint(0, 1)
            self._world.network.broker.publish(Packet(topic, payload, False, qos, "flooder"))  # noqa: FBT003

    def _line(self, node: str) -> Line:
        return self._world.network.lines[self._world.machines[node].client]

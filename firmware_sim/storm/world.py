"""The world of a storm: six nodes on one loop, their lamps and sensors, a broker, people."""

from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from firmware_sim.people import Person
from firmware_sim.storm.broker import MemoryBroker
from firmware_sim.storm.clockwork import Clockwork
from firmware_sim.storm.course import LAMPS, LAMPS_OF, NODE_IDS, SENSORS_OF
from firmware_sim.storm.disk import Disk
from firmware_sim.storm.lamp import PoleLamp
from firmware_sim.storm.line import Line
from firmware_sim.storm.loop import VirtualLoop
from firmware_sim.storm.machine import NodeMachine
from firmware_sim.storm.network import Network
from firmware_sim.storm.operators import Operators
from firmware_sim.storm.pin import PoleSensor
from firmware_sim.storm.scenario import Scenario
from firmware_sim.storm.watching import Observer

MOST_DRIFT = 1e-4
MOST_SKEW_S = 1.0
UP_S = (100.0, 90_000.0)


@dataclass(slots=True)
class World:
    """All there is in one storm. `people` by their number."""

    scenario: Scenario
    loop: VirtualLoop
    context: Context
    network: Network
    operators: Operators
    people: tuple[Person, ...]
    machines: dict[str, NodeMachine] = field(default_factory=dict)
    lamps: dict[str, PoleLamp] = field(default_factory=dict)
    sensors: dict[str, PoleSensor] = field(default_factory=dict)

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something in so many seconds, whatever becomes of any node."""
        self.loop.call_later(seconds, action, context=self.context)

    def at(self, time_s: float, action: Callable[[], object]) -> None:
        """Do something at a time."""
        self.loop.call_at(time_s, action, context=self.context)


def build_world(scenario: Scenario, loop: VirtualLoop, folder: Path, observer: Observer) -> World:
    """Build it, with nothing running yet."""
    context = copy_context()
    broker = MemoryBroker(observer.published)
    world = World(
        scenario,
        loop,
        context,
        Network(broker, observer.befell, context),
        Operators(broker.publish, observer.acted),
        tuple(walk.person(number) for number, walk in enumerate(scenario.walks)),
    )
    for node in NODE_IDS:
        _add_node(world, node, folder, observer)
    return world


def _add_node(world: World, node: str, folder: Path, observer: Observer) -> None:
    seed, loop = world.scenario.seed, world.loop
    rng = Random(f"{seed}/{node}/clocks")
    clocks = Clockwork(
        world.scenario.begins_utc_s,
        drift=rng.uniform(-MOST_DRIFT, MOST_DRIFT),
        skew_s=rng.uniform(-MOST_SKEW_S, MOST_SKEW_S),
        up_s=rng.uniform(*UP_S),
    )
    lamps = {
        lamp: PoleLamp(
            lamp, keeps=LAMPS.index(lamp) % 2 == 1, now_s=loop.time, changed=observer.lamp_changed
        )
        for lamp in LAMPS_OF[node]
    }
    sensors = {
        sensor: PoleSensor(
            sensor,
            Random(f"{seed}/{sensor}"),
            loop=loop,
            world=world.context,
            changed=observer.sensor_changed,
        )
        for sensor in SENSORS_OF[node]
    }
    machine = NodeMachine(
        node,
        seed=seed,
        clocks=clocks,
        disk=Disk(folder / node, Random(f"{seed}/{node}/disk"), observer.keeping(node)),
        network=world.network,
        lamps=lamps,
        sensors=sensors,
        loop=loop,
        world=world.context,
        watcher=observer,
    )
    world.network.lines[machine.client] = Line(machine.client, Random(f"{seed}/{node}/line"))
    world.machines[node] = machine
    world.lamps |= lamps
    world.sensors |= sensors

"""One node's machine: its power, clocks and disk, and the controller that runs on it or not."""

import asyncio
import math
from collections.abc import Callable, Mapping
from contextvars import Context
from functools import cache, partial
from random import Random
from typing import Protocol

from structlog.typing import EventDict

from controller.broker_access import node_client_id
from controller.core.site import Site, build_site
from controller.core.state import State
from firmware_sim.storm.clockwork import Clockwork, ProcessClock
from firmware_sim.storm.course import PATH, installation
from firmware_sim.storm.disk import Disk
from firmware_sim.storm.lamp import PoleLamp
from firmware_sim.storm.loop import Life, VirtualLoop
from firmware_sim.storm.network import Network
from firmware_sim.storm.pin import PoleSensor
from firmware_sim.storm.process import Process, Witness
from firmware_sim.storm.seams import MACHINE

RESTART_S = 2.0
"""As the unit file says: so long after it ended the controller is started again."""
START_S = (0.5, 3.0)
BOOT_S = (20.0, 40.0)
SYNCHRONISED_S = (5.0, 120.0)
WATCHDOG_S = 15.0
BEAT_S = 5.0
STORE_JOB_S = (0.002, 0.050)


class Watcher(Witness, Protocol):
    """Who watches machines too."""

    def began(self, machine: "NodeMachine") -> None:
        """See a process begin."""

    def ended(self, machine: "NodeMachine", how: str) -> None:
        """See a process end."""

    def logged(self, machine: "NodeMachine", level: str, event: str, fields: EventDict) -> None:
        """Hear what a process logs."""


@cache
def site_of(node: str) -> Site:
    """Return a node's site: it is the same at every start."""
    return build_site(PATH, node)


class NodeMachine:
    """The machine of one node, with its pole."""

    def __init__(  # noqa: PLR0913 each has a meaning of its own
        self,
        node: str,
        *,
        seed: int,
        clocks: Clockwork,
        disk: Disk,
        network: Network,
        lamps: Mapping[str, PoleLamp],
        sensors: Mapping[str, PoleSensor],
        loop: VirtualLoop,
        world: Context,
        watcher: Watcher,
    ) -> None:
        """Begin without power."""
        self.node = node
        self.rng = Random(f"{seed}/{node}")
        self.clocks = clocks
        self.disk = disk
        self.network = network
        self.lamps = lamps
        self.sensors = sensors
        self.process: Process | None = None
        self.powered = True
        self.boots = 1
        self.starts = 0
        self._seed = seed
        self._loop = loop
        self._world = world
        self._watcher = watcher
        self._installation = installation(node, disk.folder)
        self._lives: list[Life] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def boot(self) -> str:
        """Which boot of the machine this is."""
        return f"{self.node}-boot-{self.boots}"

    @property
    def client(self) -> str:
        """The name under which the broker knows this node."""
        return node_client_id(PATH.tenant, PATH.id, self.node)

    @property
    def state(self) -> State | None:
        """The newest state, if a controller runs."""
        return None if self.process is None else self.process.state

    def logged(self, level: str, event: str, fields: EventDict) -> None:
        """Hear what the process logs."""
        self._watcher.logged(self, level, event, fields)

    # --- beginnings -------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the controller now."""
        if self.process is not None or not self.powered:
            return
        self.starts += 1
        life = Life(f"{self.node}-{self.starts}")
        life.context.run(MACHINE.set, self)
        process = life.context.run(self._process, life)
        self.process = process
        for sensor in self.sensors.values():
            sensor.read_by(process.report)
        self._lives.append(life)
        self._task = self._loop.create_task(self._ran(process), context=life.context)
        self._watcher.began(self)

    def _process(self, life: Life) -> Process:
        return Process(
            life,
            self._installation,
            site_of(self.node),
            clock=ProcessClock(self.clocks, self._loop.time),
            store_job_s=lambda: self.rng.uniform(*STORE_JOB_S),
            lamps=self.lamps,
            witness=self._watcher,
        )

    async def _ran(self, process: Process) -> None:
        await process.run(self._let_go)
        if self.process is process:
            self.disk.closed()
            self._over("stopped")
            self._start_soon()

    def _start_soon(self) -> None:
        rng = Random(f"{self._seed}/{self.node}/{self.starts}")
        self._later(RESTART_S + rng.uniform(*START_S), self.start)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self._loop.call_later(seconds, action, context=self._world)

    # --- ends -------------------------------------------------------------------------------------

    def _let_go(self) -> None:
        for sensor in self.sensors.values():
            sensor.read_by(None)
        for lamp in self.lamps.values():
            lamp.let_go(in_order=True)

    def _over(self, how: str) -> None:
        self.process = None
        self._watcher.ended(self, how)

    def stop(self) -> None:
        """Ask the controller to end, as an update does; it is started again."""
        if self.process is not None:
            self.process.stop()

    def kill(self) -> None:
        """Kill the controller; it is started again."""
        if self._dead("killed", power_cut=False):
            self.network.cut(self.client)
            self._start_soon()

    def kill_after(self, turns: int) -> Callable[[], None]:
        """Kill the controller after so many turns of its own. Return how to kill it in the end."""
        process = self.process
        if process is None:
            return _nothing
        process.life.ends_after = process.life.turns + turns
        process.life.on_end = partial(self._later, 0.0, partial(self._kill_if, process))
        return partial(self._kill_if, process)

    def kill_at_write(self) -> Callable[[], None]:
        """Kill the controller in the middle of its next piece of work on the disk.

        Return how to let it live, if it was not.
        """
        process = self.process
        if process is None:
            return _nothing

        def begun(middle_s: float) -> None:
            disarm()
            self._loop.call_at(middle_s, self._kill_if, process, context=self._world)

        def disarm() -> None:
            process.thread.on_begin = lambda _middle_s: None

        process.thread.on_begin = begun
        return disarm

    def _kill_if(self, process: Process) -> None:
        if self.process is process:
            self.kill()

    def cut_power(self) -> None:
        """Take the machine's power away. Lamps have their own, and are not driven any more."""
        self._dead("without_power", power_cut=True)
        self.powered = False
        self.network.vanish(self.client, self._loop)

    def restore_power(self) -> None:
        """Give the machine its power again: it boots, and learns the time when it can."""
        if self.powered:
            return
        self.powered = True
        self.boots += 1
        self.network.appear(self.client)
        self.clocks.boot(self._loop.time())
        rng = Random(f"{self._seed}/{self.boot}")
        boot_s = rng.uniform(*BOOT_S)
        self._later(boot_s, self.start)
        self._later(boot_s + rng.uniform(*SYNCHRONISED_S), self._synchronised)

    def _synchronised(self) -> None:
        self.clocks.synchronised = True
        self._beat()

    def set_clock(self, by_s: float) -> None:
        """Set the wall clock forward or back."""
        self.clocks.skew_s += by_s
        self._beat()

    def _beat(self) -> None:
        """Ask the core soon, as the watchdog's beat does all the time: that would cost too much."""
        self._later(BEAT_S, lambda: None if self.process is None else self.process.beat())

    def freeze(self) -> None:
        """Let the controller hang; the watchdog kills it, if nothing lets it go on before."""
        process = self.process
        if process is not None:
            process.life.stopped = True
            self._later(WATCHDOG_S, lambda: self._hangs(process))

    def thaw(self) -> None:
        """Let the controller go on."""
        if self.process is not None and self.process.life.stopped:
            self.process.life.resume(self._loop)

    def _hangs(self, process: Process) -> None:
        if process.life.stopped:
            self._kill_if(process)

    def _dead(self, how: str, *, power_cut: bool) -> bool:
        process = self.process
        if process is None:
            return False
        process.life.stopped = True
        for sensor in self.sensors.values():
            sensor.read_by(None)
        for lamp in self.lamps.values():
            lamp.let_go(in_order=power_cut)
        work = process.thread.under_way(self._loop.time())
        process.life.context.run(self.disk.killed, work, power_cut=power_cut)
        self._over(how)
        return True

    def revive(self) -> None:
        """Let every process that ever was go on, only to be ended in order; nothing kills it."""
        self.process, self.powered = None, False
        for life in self._lives:
            life.ends_after = math.inf
            life.resume(self._loop)


def _nothing() -> None:
    """Do nothing: there is nothing to heal."""

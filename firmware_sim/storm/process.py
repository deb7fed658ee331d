"""One controller process: put together as `controller/daemon.py` does, on a pole of the storm."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from controller.background import Background, kept_going
from controller.concurrency import end
from controller.core.effects import AnnouncePassage, RecordEnergy
from controller.core.events import Event, LuxMeasured, MotionReported, Stopped, TimePassed
from controller.core.site import Site
from controller.core.state import State, begin
from controller.inbox import Inbox
from controller.runner import Runner
from controller.settings.site import Installation
from firmware_sim.storm.clockwork import ProcessClock
from firmware_sim.storm.lamp import PoleLamp
from firmware_sim.storm.loop import Life, VirtualThread


class Witness(Protocol):
    """Who watches what a process decides. Nothing here may raise."""

    def announced(self, process: "Process", passage: AnnouncePassage) -> None:
        """See an announcement."""

    def recorded(self, process: "Process", record: RecordEnergy) -> None:
        """See a record that was closed."""

    def changed(self, process: "Process", state: State) -> None:
        """See a new state."""


class _Watched:
    """Hands what concerns no lamp to the node's background, and shows it to the witness."""

    def __init__(self, process: "Process", witness: Witness) -> None:
        self._process = process
        self._witness = witness

    def announce(self, passage: AnnouncePassage) -> None:
        self._process.background.announce(passage)
        self._witness.announced(self._process, passage)

    def record(self, record: RecordEnergy) -> None:
        self._process.background.record(record)
        self._witness.recorded(self._process, record)

    def changed(self, state: State) -> None:
        self._process.background.changed(state)
        self._witness.changed(self._process, state)


class Process:
    """A running controller. Make it in the context of its own `life`."""

    def __init__(  # noqa: PLR0913 each has a meaning of its own
        self,
        life: Life,
        installation: Installation,
        site: Site,
        *,
        clock: ProcessClock,
        store_job_s: Callable[[], float],
        lamps: Mapping[str, PoleLamp],
        witness: Witness,
    ) -> None:
        """Take the lamps over and decide for the first time."""
        self.life = life
        self.node = installation.settings.node
        self.clock = clock
        self.inbox = Inbox()
        self.thread = VirtualThread(store_job_s)
        self.background = Background(installation, self.thread, self.inbox, clock.moment)
        for lamp in lamps.values():
            lamp.open(self.background.lamp_told)
        self.runner = Runner(
            begin(site, installation.profile, clock.moment()),
            inbox=self.inbox,
            moment=clock.moment,
            lamps=lamps,
            outlet=_Watched(self, witness),
        )
        self.runner.begin()

    @property
    def state(self) -> State:
        """The newest state."""
        return self.runner.state

    async def run(self, released: Callable[[], None]) -> None:
        """Run until it is told to stop; `released` is called when it has let its lamps go."""
        beside = asyncio.create_task(kept_going("background", self.background.run))
        await self.runner.run(lambda: None, None)
        released()
        await end(beside)
        await self.background.close()

    def report(self, sensor: str, active: bool | None, since_s: float) -> None:  # noqa: FBT001 - a level
        """Report a sensor's level and since when (true time), as its driver does."""
        self._put(MotionReported(sensor, active, self.clock.mono_s(since_s)))

    def measure(self, sensor: str, lux: float) -> None:
        """Report the light."""
        self._put(LuxMeasured(sensor, lux))

    def stop(self) -> None:
        """Ask it to end, as SIGTERM does."""
        self._put(Stopped())

    def beat(self) -> None:
        """Let the core look at its clocks."""
        self._put(TimePassed())

    def _put(self, event: Event) -> None:
        self.inbox.put(event)

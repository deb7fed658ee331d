"""Motion sensors at their pins: the truth, what is wrong with them, and what a node is told."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from enum import StrEnum
from random import Random

REREAD_S = 5.0
DRIVER_S = (0.001, 0.020)


class SensorFault(StrEnum):
    """What may be wrong with a sensor."""

    HIGH = "high"
    LOW = "low"
    CHATTER = "chatter"
    UNREADABLE = "unreadable"
    EDGES_LOST = "edges_lost"


Report = Callable[[str, bool | None, float], None]
"""(sensor, level, true time at which it began)"""


class PoleSensor:
    """One sensor.

    `sees`: what it would say if all were well; `level`: what its pin says, since `since_s`.
    """

    def __init__(
        self,
        sensor: str,
        rng: Random,
        *,
        loop: asyncio.AbstractEventLoop,
        world: Context,
        changed: Callable[[str], None],
    ) -> None:
        """Begin without a node that reads it."""
        self.id = sensor
        self.sees = False
        self.fault: SensorFault | None = None
        self.level: bool | None = False
        self.since_s = loop.time()
        self._rng = rng
        self._loop = loop
        self._world = world
        self._changed = changed
        self._report: Report | None = None

    def read_by(self, report: Report | None) -> None:
        """Be read by a process from now on, None by nobody. It learns the level soon."""
        self._report = report
        self.since_s = self._loop.time()  # a driver that starts knows no more
        self._tell()

    def see(self, *, somebody: bool) -> None:
        """Begin or cease to see somebody."""
        self.sees = somebody
        self._settle()

    def fail(self, fault: SensorFault | None) -> None:
        """Let something be wrong with it from now on, None if nothing is any more."""
        self.fault = fault
        if fault is SensorFault.CHATTER:
            self._chatter()
        elif fault is SensorFault.EDGES_LOST:
            self._reread()
        self._settle()

    def _chatter(self) -> None:
        if self.fault is SensorFault.CHATTER:
            self._set(level=not self.level)
            pause_s = self._rng.uniform(1.0, 20.0)
            self._loop.call_later(pause_s, self._chatter, context=self._world)

    def _reread(self) -> None:
        """Be read again and again while edges are lost, and once more when they are not."""
        self._tell()
        if self.fault is SensorFault.EDGES_LOST:
            self._loop.call_later(REREAD_S, self._reread, context=self._world)

    def _settle(self) -> None:
        match self.fault:
            case SensorFault.HIGH:
                self._set(level=True)
            case SensorFault.LOW:
                self._set(level=False)
            case SensorFault.UNREADABLE:
                self._set(level=None)
            case SensorFault.CHATTER:
                pass
            case SensorFault.EDGES_LOST | None:
                self._set(level=self.sees)

    def _set(self, *, level: bool | None) -> None:
        if level == self.level:
            return
        self.level, self.since_s = level, self._loop.time()
        if self.fault is not SensorFault.EDGES_LOST:
            self._tell()
        self._changed(self.id)

    def _tell(self) -> None:
        """Tell whoever reads the sensor, a moment later, as threads do."""
        report, level, since_s = self._report, self.level, self.since_s
        if report is None:
            return

        def told() -> None:
            if self._report is report:
                report(self.id, level, since_s)

        self._loop.call_later(self._rng.uniform(*DRIVER_S), told, context=self._world)

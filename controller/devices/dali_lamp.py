"""Lamps on a DALI bus: fades run in the gear, everything that waits in the bus' thread."""

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple, Protocol

import structlog

from controller.core.fade import FULL_PCT
from controller.devices.attempts import FIRST_RETRY_S, MOST_RETRY_S
from controller.devices.gear import GearError
from controller.devices.poller import BusThread
from controller.devices.ports import LampFaultCallback

CHECK_S = 60.0
DIAGNOSE_S = 86400.0
BUS_FAILS = "bus_fails"

log = structlog.get_logger(__name__)


class Gear(Protocol):
    """What is asked of the gear behind a lamp. Calls block, in one thread, and raise OSError."""

    def set(self, level_pct: float, fade_s: float, colour_k: float | None) -> None:
        """Begin a fade in the gear."""

    def examination(self, *, prepare: bool, diagnose: bool) -> Iterator[Callable[[], str | None]]:
        """Give, without blocking, the steps that find out how the gear is.

        Each returns what is wrong in one word, None if it finds nothing. `prepare`: first make sure
        that it can be relied on. `diagnose`: log what it knows of itself.
        """

    def close(self) -> None:
        """Let go of the interface; the next call opens it again."""


class Target(NamedTuple):
    """Where a lamp is to fade to."""

    level_pct: float
    fade_s: float
    colour_k: float | None


class DaliLamp:
    """A LampPort: told to light when it starts, then whatever comes.

    A new level comes first, then the gear's preparation and an examination every minute. What
    fails is told and tried again after 1, 2, 4 ... 60 seconds; a gear that does not answer is told
    its levels all the same, because it may well hear them.
    """

    def __init__(self, lamp: str, gear: Gear, thread: BusThread, tell: LampFaultCallback) -> None:
        """Prepare. Lamps at one bus share a `thread`, which is the caller's to close."""
        self._lamp, self._gear, self._thread, self._tell = lamp, gear, thread, tell
        self._target: Target | None = Target(FULL_PCT, 0.0, None)
        self._steps: Iterator[Callable[[], str | None]] | None = None
        self._prepared = False
        self._found: str | None = None
        self._fault: str | None = None
        self._retry_s = FIRST_RETRY_S
        self._resume_s = self._check_s = self._diagnose_s = -math.inf
        self._mute = False
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to talk to the gear. Call it in the event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"dali {self._lamp}")

    def fade_to(self, level_pct: float, fade_s: float, colour_k: float | None = None) -> None:
        """Let the gear fade as soon as the bus is free; what was not said yet is forgotten."""
        self._target = Target(level_pct, fade_s, colour_k)
        self._news.set()

    def close(self) -> None:
        """Let the gear light, if the bus carries it. The interface is the caller's to close."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._thread.last(lambda: self._gear.set(FULL_PCT, 0.0, None))

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            self._news.clear()
            wait_s = await self.turn(clock())
            if wait_s > 0.0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._news.wait()

    async def turn(self, now_s: float) -> float:
        """Do what is due first at `now_s`; return for how long nothing is due then.

        A new level does not wait for the end of a pause, unless telling levels is what failed.
        """
        if now_s < self._resume_s and (self._mute or self._target is None):
            return self._resume_s - now_s
        try:
            if self._target is not None:
                await self._say(self._target)
                return 0.0
            return await self._look(now_s)
        except Exception as error:  # noqa: BLE001 - whatever it is, levels must go on being told
            return self._failed(error, now_s)

    async def _say(self, target: Target) -> None:
        self._mute = True
        await self._thread.call(lambda: self._gear.set(*target))
        self._mute = False
        if self._target is target:
            self._target = None

    async def _look(self, now_s: float) -> float:
        """Do one step of an examination, or begin one if it is time to."""
        if self._steps is None:
            if now_s < self._check_s:
                return self._check_s - now_s
            diagnose = now_s >= self._diagnose_s
            self._steps = self._gear.examination(prepare=not self._prepared, diagnose=diagnose)
            self._found = None
            if diagnose:
                self._diagnose_s = now_s + DIAGNOSE_S
        step = next(self._steps, None)
        if step is not None:
            found = await self._thread.call(step)
            self._found = self._found or found
            return 0.0
        self._steps, self._prepared = None, True
        self._check_s, self._retry_s = now_s + CHECK_S, FIRST_RETRY_S
        self._tell_once(self._found)
        return CHECK_S

    def _failed(self, error: Exception, now_s: float) -> float:
        """Tell it; return for how long to pause. Then the gear is prepared anew."""
        cause = error.cause if isinstance(error, GearError) else BUS_FAILS
        self._tell_once(cause, str(error))
        if cause == BUS_FAILS:
            self._thread.last(self._gear.close)
        self._steps, self._prepared, self._check_s = None, False, now_s
        wait_s, self._retry_s = self._retry_s, min(2.0 * self._retry_s, MOST_RETRY_S)
        self._resume_s = now_s + wait_s
        return wait_s

    def _tell_once(self, cause: str | None, text: str | None = None) -> None:
        if cause == self._fault:
            return
        self._fault = cause
        if cause is None:
            log.info("lamp_sound_again", device=self._lamp)
        else:
            log.warning("lamp_faulty", device=self._lamp, cause=cause, error=text or cause)
        self._tell(self._lamp, cause)

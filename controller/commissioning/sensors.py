"""Motion sensors, waited for until they have seen somebody and nobody again."""

import asyncio
from contextlib import ExitStack

from controller.commissioning.bench import Bench
from controller.core.events import MotionReported
from controller.inbox import Inbox
from controller.settings.wiring import Unwired
from controller.wiring import open_sensors

STEP = "motion sensor"

_UNREAD = "compare its pin and its supply with the node file"
_NEVER_SEEN = (
    "stand within its reach; a PIR needs a minute after it was switched on; compare its pin, its "
    "supply and active_high with the node file"
)
_NEVER_RESTS = (
    "go further away and wait; turn its output time down; a broken wire reads as somebody, too; "
    "compare active_high with the node file"
)


class UnreadableError(Exception):
    """The sensor says that it cannot be read."""


async def try_motion_sensors(bench: Bench) -> None:
    """Try each motion sensor after the other."""
    for name, wiring in bench.settings.motion.items():
        if name not in bench.sensors:
            continue
        if isinstance(wiring, Unwired):
            text = 'not wired: the node file says kind = "none"; its lamps stay lit'
            bench.results.skipped(STEP, name, text)
            continue
        inbox = Inbox()
        only = bench.settings.model_copy(update={"motion": {name: wiring}, "light": {}})
        with ExitStack() as opened:
            open_sensors(only, inbox, opened)
            if reason := bench.complaints.taken(name):
                bench.results.failed_because(STEP, name, reason, _UNREAD)
            else:
                await _try(bench, name, inbox)


async def _try(bench: Bench, name: str, inbox: Inbox) -> None:
    try:
        async with asyncio.timeout(bench.pace.reading_s):
            active = await _next(inbox)
        if bench.wait_s > 0.0:
            await _watch(bench, name, inbox, active=active)
        else:
            seen = "somebody" if active else "nobody"
            text = f"can be read and sees {seen} now; nobody walked to it"
            bench.results.ok(STEP, name, text)
    except TimeoutError:
        bench.results.failed(STEP, name, "says nothing", _UNREAD)
    except UnreadableError:
        reason = bench.complaints.taken(name) or "cannot be read"
        bench.results.failed_because(STEP, name, reason, _UNREAD)


async def _watch(bench: Bench, name: str, inbox: Inbox, *, active: bool) -> None:
    """Wait until the sensor has seen somebody come and go."""
    if active:
        bench.tell(f"{name} sees somebody. Step away from it until it rests.")
        if not await _becomes(inbox, wanted=False, wait_s=bench.wait_s):
            text = f"sees somebody all the time for {bench.wait_s:g} s"
            bench.results.failed(STEP, name, text, _NEVER_RESTS)
            return
    bench.tell(f"Walk to {name} ({_where(bench, name)}) and past it.")
    if not await _becomes(inbox, wanted=True, wait_s=bench.wait_s):
        bench.results.failed(STEP, name, f"saw nobody for {bench.wait_s:g} s", _NEVER_SEEN)
        return
    bench.tell(f"{name} has seen you. Go on until it rests.")
    if not await _becomes(inbox, wanted=False, wait_s=bench.wait_s):
        text = f"saw somebody, and did not rest again for {bench.wait_s:g} s"
        bench.results.failed(STEP, name, text, _NEVER_RESTS)
        return
    bench.results.ok(STEP, name, "saw somebody, and then nobody")


def _where(bench: Bench, name: str) -> str:
    sensor = next(x for x in bench.installation.path.motion_sensors if x.id == name)
    return f"section {sensor.section} at {sensor.at_m:g} m"


async def _becomes(inbox: Inbox, *, wanted: bool, wait_s: float) -> bool:
    """Whether the sensor says what is wanted before the time is over. Raises UnreadableError."""
    try:
        async with asyncio.timeout(wait_s):
            while await _next(inbox) != wanted:
                pass
    except TimeoutError:
        return False
    return True


async def _next(inbox: Inbox) -> bool:
    """Return the next thing that the sensor says. Raises UnreadableError."""
    while True:
        event = await inbox.get(1.0)
        if isinstance(event, MotionReported):
            if event.active is None:
                raise UnreadableError
            return event.active

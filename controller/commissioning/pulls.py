"""What becomes of each lamp when nobody drives its line: the wiring must light it.

The line is read with the Pi's own resistor, about 50 kOhm, pulling it to dark: an open line reads
dark then, and a pull resistor of 10 kOhm or less holds it at light (2.75 of 3.3 V, of which an
input needs at most 2). Without a resistor outside there is nothing that could light the lamp of a
Pi that is off.
"""

import asyncio
from contextlib import ExitStack

from pydantic import BaseModel

from controller.commissioning.bench import Bench
from controller.commissioning.parts import parts
from controller.devices.errors import DeviceError
from controller.devices.gpio import GpioInput
from controller.settings.lamp_wiring import PwmLamp, RelayLamp, TwoChannelLamp
from controller.settings.wiring import Unwired
from controller.wiring import open_lamps

STEP = "pull"

_SETTLING_S = 0.001
_UNPULLED = (
    "wire a resistor of 10 kOhm or less from the line to the level that means light "
    "(docs/wiring.md): without one the lamp is dark when the Pi is off"
)
_LOOK = "pull the plug of its dimming line: it must be at full light"


async def try_pulls(bench: Bench) -> None:
    """Make each lamp dark, let go of its line, and look whether the wiring lights it again."""
    for lamp, wiring in bench.settings.lamps.items():
        if lamp not in bench.lamps or isinstance(wiring, Unwired):
            continue  # told with the lamps
        lines = _lighting_lines(wiring)
        if not lines:
            # Hardware PWM and DALI gear go on by themselves when the controller lets go.
            text = "has no line that software could let go of and read"
            bench.results.skipped(STEP, lamp, text, _LOOK)
        elif await _let_go(bench, lamp):
            await _look(bench, lamp, await _hold_light(lines, bench.pace.line_s))
        else:
            bench.results.skipped(STEP, lamp, "its driver cannot be opened; see below")


def _lighting_lines(wiring: BaseModel) -> list[PwmLamp | RelayLamp]:
    """Return the pins that must mean light when nobody drives them.

    Of two channels the cold one is pulled to dark: both at full would be twice the power.
    """
    lit = wiring.warm if isinstance(wiring, TwoChannelLamp) else wiring
    return [part for part in parts(lit) if isinstance(part, PwmLamp | RelayLamp)]


async def _let_go(bench: Bench, lamp: str) -> bool:
    """Make a lamp dark and then let go of it. Returns whether that was possible."""
    wiring = bench.settings.lamps[lamp]
    with ExitStack() as driven:
        lamps = open_lamps(bench.settings.model_copy(update={"lamps": {lamp: wiring}}), driven)
        if lamp in lamps:
            lamps[lamp].fade_to(0.0, 0.0)
            await asyncio.sleep(bench.dark_s(wiring))
    bench.complaints.taken()
    return lamp in lamps


async def _look(bench: Bench, lamp: str, holds: bool | None) -> None:  # noqa: FBT001 - a finding
    """Tell what a lamp does that was dark and is driven by nobody now.

    A person sees what counts: a line may hold its level and still not light the lamp.
    """
    read = {None: "its line cannot be read", True: "its line is pulled to light"}.get(holds, "")
    if holds is False:
        text = "nothing pulls its line to light when nobody drives it"
        bench.results.failed(STEP, lamp, text, _UNPULLED)
    elif bench.person is None:
        if holds:
            bench.results.ok(STEP, lamp, read)
        else:
            bench.results.skipped(STEP, lamp, read, _LOOK)
    elif await bench.person.confirms(f"Nobody drives {lamp} now. Is it at full light?"):
        bench.results.ok(STEP, lamp, f"seen: full light when nobody drives it; {read}")
    else:
        bench.results.failed(STEP, lamp, f"dark when nobody drives it; {read}", _UNPULLED)


async def _hold_light(lines: list[PwmLamp | RelayLamp], for_s: float) -> bool | None:
    """Whether all lines stay at light against the Pi's own resistor; None: they cannot be read."""
    held = [await _line_holds(line, for_s) for line in lines]
    if False in held:
        return False
    return None if None in held else True


async def _line_holds(line: PwmLamp | RelayLamp, for_s: float) -> bool | None:
    changes: list[bool] = []  # from gpiozero's thread
    try:
        pin = GpioInput(
            line.pin,
            active_high=line.active_high,
            debounce_s=_SETTLING_S,
            pull="down" if line.active_high else "up",
            changed=changes.append,
        )
    except DeviceError:
        return None
    try:
        at_first = pin.is_active()
        await asyncio.sleep(for_s)
        return at_first and pin.is_active() and False not in changes
    except DeviceError:
        return None
    finally:
        pin.close()

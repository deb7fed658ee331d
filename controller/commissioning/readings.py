"""Light sensors and meters: one plausible reading each, with all lamps at full light."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack

from controller.commissioning.bench import Bench
from controller.core.events import Event, LuxMeasured, PowerMeasured
from controller.core.fade import FULL_PCT
from controller.inbox import Inbox
from controller.settings.wiring import Metering, Unwired
from controller.wiring import open_meters, open_sensors

LIGHT, METER = "light sensor", "meter"
BRIGHTEST_LUX = 200_000.0
"""More than direct sunlight."""
GREATEST_FACTOR = 3.0
"""A reading further than this from what the power tables say is no matter of tolerances."""

_NOT_WIRED = 'not wired: the node file says kind = "none"'
_UNREAD = "compare supply, wires, bus or port and address with the node file (i2cdetect -y 1)"
_BLINDED = "see what shines at it, and whether another device answers at its address"
_OTHER_POWER = (
    "compare what is wired behind it with lamps and controller in the node file, and shunt_ohm "
    "with the resistor; a lamp's power table may be wrong, too"
)


async def try_light_sensors(bench: Bench) -> None:
    """Take a reading of each light sensor."""
    for name, wiring in bench.settings.light.items():
        if name not in bench.sensors:
            continue
        if isinstance(wiring, Unwired):
            bench.results.skipped(LIGHT, name, _NOT_WIRED)
            continue
        inbox = Inbox()
        only = bench.settings.model_copy(update={"motion": {}, "light": {name: wiring}})
        with ExitStack() as opened:
            open_sensors(only, inbox, opened)
            lux = await _reading(bench, inbox, _lux)
        if lux is None:
            _cannot_be_read(bench, LIGHT, name)
        elif not 0.0 <= lux <= BRIGHTEST_LUX:
            bench.results.failed(LIGHT, name, f"measures {lux:g} lx, which cannot be", _BLINDED)
        else:
            bench.results.ok(LIGHT, name, f"measures {lux:.1f} lx")


async def try_meters(bench: Bench) -> None:
    """Take a reading of each meter and compare it with the power tables."""
    for name, wiring in bench.settings.meter.items():
        if name not in bench.sensors:
            continue
        if not isinstance(wiring, Metering):
            bench.results.skipped(METER, name, _NOT_WIRED)
            continue
        inbox = Inbox()
        with ExitStack() as opened:
            open_meters(bench.settings.model_copy(update={"meter": {name: wiring}}), inbox, opened)
            power_w = await _reading(bench, inbox, _power_w)
        if power_w is None:
            _cannot_be_read(bench, METER, name)
            continue
        expected_w = _expected_w(bench, wiring)
        text = f"measures {power_w:.1f} W, about {expected_w:.1f} W are expected at full light"
        if expected_w / GREATEST_FACTOR <= power_w <= expected_w * GREATEST_FACTOR:
            bench.results.ok(METER, name, text)
        else:
            bench.results.failed(METER, name, text, _OTHER_POWER)


def _expected_w(bench: Bench, wiring: Metering) -> float:
    path, node = bench.installation.path, bench.settings.node
    expected_w = sum(
        power_w
        for lamp in path.lamps
        if lamp.id in wiring.lamps
        for flux_pct, power_w in lamp.power.points
        if flux_pct == FULL_PCT
    )
    if wiring.controller:
        expected_w += next(x.controller_w for x in path.nodes if x.id == node)
    return expected_w


def _cannot_be_read(bench: Bench, step: str, name: str) -> None:
    reason = bench.complaints.taken(name) or f"gave no reading within {bench.pace.reading_s:g} s"
    bench.results.failed_because(step, name, reason, _UNREAD)


def _lux(event: Event) -> float | None:
    return event.lux if isinstance(event, LuxMeasured) else None


def _power_w(event: Event) -> float | None:
    return event.power_w if isinstance(event, PowerMeasured) else None


async def _reading(
    bench: Bench, inbox: Inbox, value: Callable[[Event], float | None]
) -> float | None:
    """Return the first reading that is one, None if there is none in time.

    A driver tries again after an error; the reason of the first one is kept for the result.
    """
    try:
        async with asyncio.timeout(bench.pace.reading_s):
            while True:
                event = await inbox.get(1.0)
                reading = None if event is None else value(event)
                if reading is not None:
                    return reading
    except TimeoutError:
        return None

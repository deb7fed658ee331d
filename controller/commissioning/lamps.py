"""Every lamp in turn, through its real driver."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack

from controller.commissioning.bench import Bench
from controller.core.fade import FULL_PCT
from controller.devices.ports import LampPort
from controller.settings.wiring import Unwired
from controller.wiring import open_lamps

LEVELS_PCT = (FULL_PCT, 10.0, 0.0, FULL_PCT)
SHOWN = "full light, 10 %, off, full light"

_OTHER_WAY = (
    "compare pin and wires with the node file; if it is lit when it should be dark, change "
    "active_high; if another lamp moved, two are swapped"
)
_NOT_DRIVEN = "it stays at what its wiring does; correct the wiring or the node file"


def open_all(bench: Bench, to_close: ExitStack) -> Mapping[str, LampPort]:
    """Open every lamp's driver: all are lit from now on, those that are not tried, too."""
    lamps = open_lamps(bench.settings, to_close)
    reasons = bench.complaints.of_each()
    for lamp, wiring in bench.settings.lamps.items():
        if lamp not in bench.lamps:
            continue
        if isinstance(wiring, Unwired):
            bench.results.skipped("lamp", lamp, 'not wired: the node file says kind = "none"')
        elif lamp not in lamps:
            reason = reasons.get(lamp, "its driver cannot be opened")
            bench.results.failed_because("lamp", lamp, reason, _NOT_DRIVEN)
    return lamps


async def try_lamps(bench: Bench, lamps: Mapping[str, LampPort]) -> None:
    """Show the levels on each lamp in turn."""
    for lamp, port in lamps.items():
        if lamp in bench.lamps:
            await _show(bench, lamp, port)


async def _show(bench: Bench, lamp: str, port: LampPort) -> None:
    wiring = bench.settings.lamps[lamp]
    bench.tell(f"Look at {lamp}: {SHOWN}.")
    bench.complaints.taken()
    for level_pct in LEVELS_PCT:
        port.fade_to(level_pct, 0.0)
        await asyncio.sleep(bench.pace.level_s if level_pct > 0.0 else bench.dark_s(wiring))
    reason = bench.complaints.taken(lamp)
    if reason:
        bench.results.failed_because("lamp", lamp, f"its driver reports: {reason}", _NOT_DRIVEN)
    elif bench.person is None:
        bench.results.ok("lamp", lamp, f"its driver took {SHOWN}; nobody looked")
    elif await bench.person.confirms(f"Did {lamp} do this?"):
        bench.results.ok("lamp", lamp, f"seen: {SHOWN}")
    else:
        bench.results.failed("lamp", lamp, f"did not show {SHOWN}", _OTHER_WAY)

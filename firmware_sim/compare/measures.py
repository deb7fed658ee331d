"""The measures of one scheme in one night, beside the oracle's."""

from dataclasses import dataclass

from firmware_sim.node import Log
from firmware_sim.schemes import Base, Timetable
from firmware_sim.score import Verdict, mean_energy_wh
from firmware_sim.summary import HOURS_PER_DAY, latency_of
from firmware_sim.world import World

DIGITS = 6

Measures = dict[str, float]
"""By the names of docs/benchmark.md; what does not apply is left out."""


@dataclass(frozen=True, slots=True)
class Yardsticks:
    """What a night's energy is compared with, in Wh per lamp.

    `full_wh`: conventional lighting; `floor_wh`: the base level all night; `oracle`: the verdict
    on the clairvoyant.
    """

    full_wh: float
    floor_wh: float
    oracle: Verdict


def yardsticks(world: World, oracle: Verdict) -> Yardsticks:
    """Find what the energies of this night are compared with."""
    path, span = world.path, world.span
    full_wh, floor_wh = (
        mean_energy_wh(path, span, scheme.light(world)) for scheme in (Timetable(), Base())
    )
    return Yardsticks(full_wh, floor_wh, oracle)


def measures(verdict: Verdict, night: Yardsticks) -> Measures:
    """Return what any scheme is measured by.

    `saving_pct` against conventional lighting, lamps only; `e_over_oracle` = E / E_oracle;
    `excess_ratio` = (E - E_floor) / (E_oracle - E_floor); the others as `Verdict` has them.
    """
    service, best = verdict.service, night.oracle
    found = {
        "energy_wh": verdict.energy_wh,
        "saving_pct": 100.0 * (1.0 - verdict.energy_wh / night.full_wh),
        "e_over_oracle": verdict.energy_wh / best.energy_wh,
        "excess_ratio": _ratio(verdict.energy_wh - night.floor_wh, best.energy_wh - night.floor_wh),
        "s_full": service.s_full,
        "s_own": service.s_own,
        "p5": service.p5,
        "entry_s_full": service.entry_s_full,
        "waste_h": verdict.waste_h,
        "up_switches": verdict.up_switches,
        "up_over_oracle": _ratio(verdict.up_switches, best.up_switches),
        "flicker": verdict.flicker,
        "darkness_h": verdict.darkness_h,
    }
    return {name: round(value, DIGITS) for name, value in found.items() if value is not None}


def controllers_measures(world: World, log: Log, verdict: Verdict, night: Yardsticks) -> Measures:
    """Return what is measured of cyclelight besides: net energy, and reaction over the network."""
    path = world.path
    drawn_wh = sum(n.controller_w for n in path.nodes) * HOURS_PER_DAY / len(path.lamps)
    net_wh = verdict.energy_wh + drawn_wh
    found = {
        "energy_net_wh": net_wh,
        "saving_net_pct": 100.0 * (1.0 - net_wh / night.full_wh),
    }
    if (latency := latency_of(log.latencies_s)) is not None:
        found |= {"latency_p50_ms": latency.p50, "latency_p99_ms": latency.p99}
    return {name: round(value, DIGITS) for name, value in found.items()}


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0.0 else None

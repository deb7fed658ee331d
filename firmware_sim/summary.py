"""The measures of one scheme in one night, by the names under which they are published."""

from dataclasses import asdict, dataclass
from typing import Any

from controller.core.energy import SECONDS_PER_HOUR, power_w
from controller.core.fade import FULL_PCT
from controller.core.path import Path
from firmware_sim.node import Log
from firmware_sim.people import Kind
from firmware_sim.score import Verdict
from firmware_sim.service import percentile
from firmware_sim.span import NightSpan
from firmware_sim.world import World

HOURS_PER_DAY = 24.0
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from a sensor's edge to the command of a neighbouring node's lamp."""

    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Summary:
    """Measures of a night. Energies, hours, switches and flicker are means a lamp.

    `energy_wh` is what the controller's own records add up to, over the whole run;
    `energy_net_wh` adds the controllers' consumption of a whole day. `baseline_wh`: full light
    from lighting-up time to dawn. Shares (`s_full`, `s_own`, `p5`, `entry_s_full`) are 0..1, as in
    `Service`; the other measures are described there and at `Verdict`.
    """

    lamps: int
    nodes: int
    dark_h: float
    energy_wh: float
    energy_net_wh: float
    baseline_wh: float
    saving_pct: float
    saving_net_pct: float
    s_full: float | None
    s_own: float | None
    p5: float | None
    entry_s_full: float | None
    waste_h: float
    up_switches: float
    flicker: float
    darkness_h: float
    latency_ms: Latency | None
    persons: int
    cyclists: int
    walkers: int
    detections: int
    false_alarms: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, numbers rounded to six decimals."""
        plain = asdict(self)
        if self.latency_ms is not None:
            plain["latency_ms"] = _rounded(plain["latency_ms"])
        return _rounded(plain)


def summarise(world: World, log: Log, verdict: Verdict) -> Summary:
    """Put the judge's verdict and the controller's own account together."""
    lamps = len(world.path.lamps)
    energy_wh = sum(x.active_energy_wh for record in log.records for x in record.lamps) / lamps
    controllers_wh = sum(n.controller_w for n in world.path.nodes) * HOURS_PER_DAY / lamps
    full_wh = baseline_wh(world.path, world.span) / lamps
    service = verdict.service
    walkers = sum(person.kind is Kind.PEDESTRIAN for person in world.people)
    return Summary(
        lamps=lamps,
        nodes=len(world.path.nodes),
        dark_h=world.span.dark_end_s / SECONDS_PER_HOUR,
        energy_wh=energy_wh,
        energy_net_wh=energy_wh + controllers_wh,
        baseline_wh=full_wh,
        saving_pct=_saving_pct(energy_wh, full_wh),
        saving_net_pct=_saving_pct(energy_wh + controllers_wh, full_wh),
        s_full=service.s_full,
        s_own=service.s_own,
        p5=service.p5,
        entry_s_full=service.entry_s_full,
        waste_h=verdict.waste_h,
        up_switches=verdict.up_switches,
        flicker=verdict.flicker,
        darkness_h=verdict.darkness_h,
        latency_ms=latency_of(log.latencies_s),
        persons=len(world.people),
        cyclists=len(world.people) - walkers,
        walkers=walkers,
        detections=len(world.sensed.detections),
        false_alarms=world.sensed.false_alarms,
    )


def baseline_wh(path: Path, span: NightSpan) -> float:
    """Return the energy of all lamps at full from lighting-up time to dawn, in Wh."""
    full_w = sum(power_w(lamp.power, FULL_PCT) for lamp in path.lamps)
    return full_w * span.dark_end_s / SECONDS_PER_HOUR


def _saving_pct(energy_wh: float, full_wh: float) -> float:
    return 100.0 * (1.0 - energy_wh / full_wh)


def latency_of(latencies_s: list[float]) -> Latency | None:
    """Return the percentiles of latencies in s; None without any."""
    if not latencies_s:
        return None
    ordered_ms = sorted(1000.0 * s for s in latencies_s)
    return Latency(percentile(ordered_ms, 0.5), percentile(ordered_ms, 0.99))


def _rounded(table: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, DIGITS) if isinstance(value, float) else value
        for name, value in table.items()
    }

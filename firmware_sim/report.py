"""The short report of a simulated night, for people."""

import textwrap

from controller.core.profile import Profile
from controller.settings.faults import counted
from firmware_sim.summary import Summary
from firmware_sim.world import World

LABEL_WIDTH = 11
WIDTH = 110


def night_report(
    world: World, profile: Profile, summary: Summary, sensors: str, attribution: str
) -> str:
    """Return the report, one fact a line."""
    span = world.span
    dusk, dawn = span.local(0), span.local(span.dark_end_s)
    lines = [
        f"{world.path.name}: night of {span.date:%A}, {span.date}",
        _line("dark", f"{dusk:%H:%M} to {dawn:%H:%M} ({dawn:%Z}), {summary.dark_h:.1f} h"),
        _line(
            "people",
            f"{summary.persons}: {counted(summary.cyclists, 'cyclist')},"
            f" {counted(summary.walkers, 'walker')}",
        ),
        _line(
            "sensors",
            f"{sensors}: {summary.detections} detections,"
            f" {summary.false_alarms} of them false alarms",
        ),
        *_energy_lines(summary, profile),
        *_service_lines(summary),
    ]
    if attribution:
        lines.append(_line("counts", attribution))
    return "\n".join(lines)


def _energy_lines(summary: Summary, profile: Profile) -> list[str]:
    per_lamp = summary.lamps / 1000.0
    full_kwh = summary.baseline_wh * per_lamp
    gross_kwh = full_kwh - summary.energy_wh * per_lamp
    net_kwh = full_kwh - summary.energy_net_wh * per_lamp
    co2 = profile.co2_g_per_kwh
    return [
        _line(
            "energy",
            f"{summary.energy_wh * per_lamp:.2f} kWh, {summary.energy_wh:.1f} Wh a lamp;"
            f" all night at full {full_kwh:.2f} kWh",
        ),
        _line(
            "saving",
            f"gross {gross_kwh:.2f} kWh ({summary.saving_pct:.1f} %), net of"
            f" {summary.nodes} controllers {net_kwh:.2f} kWh ({summary.saving_net_pct:.1f} %)",
        ),
        _line(
            "CO2",
            f"{net_kwh * co2.value / 1000.0:.2f} kg less, net"
            f" ({co2.value:g} g/kWh, {co2.year}, {co2.source})",
        ),
    ]


def _service_lines(summary: Summary) -> list[str]:
    lines = [
        _line(
            "service",
            f"all needed light {_percent(summary.s_full)} of the time, own cell"
            f" {_percent(summary.s_own)}, worst-served twentieth {_percent(summary.p5)}",
        ),
        _line("entry", f"all needed light up to the third lamp {_percent(summary.entry_s_full)}"),
        _line(
            "a lamp",
            f"{summary.waste_h:.2f} h of light that nobody needed, {summary.up_switches:.1f}"
            f" up-switches, {summary.flicker:.2f} of them flicker",
        ),
        _line(
            "darkness",
            f"{summary.darkness_h:.2f} h a lamp above 25 % between 23:00 and 05:00",
        ),
    ]
    if summary.latency_ms is not None:
        latency = f"p50 {summary.latency_ms.p50:.0f} ms, p99 {summary.latency_ms.p99:.0f} ms"
        lines.append(_line("latency", f"sensor to a neighbour's lamp {latency}"))
    return lines


def _line(label: str, text: str) -> str:
    return textwrap.fill(
        text,
        width=WIDTH,
        initial_indent=f"  {label:<{LABEL_WIDTH}}",
        subsequent_indent=" " * (LABEL_WIDTH + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100.0 * share:.2f} %"

"""`explain` in words: who decided a lamp's level, who else wanted what, and why."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from controller.ctl.status import clock_text, percent
from controller.mqtt.commands import ExplainResult, ProposalReport, RungName

_WHY: Mapping[RungName, str] = MappingProxyType(
    {
        "emergency": "an operator has ordered emergency light",
        "fail_safe": "too little is known to dim it",
        "override": "an operator has ordered this level",
        "presence": "somebody is there or about to come",
        "base": "it is dark and nobody is there",
        "day": "no light is needed by day",
    }
)

_CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "sensor_unreadable": "a motion sensor cannot be read",
        "neighbour_silent": "a neighbouring node is silent",
        "just_started": "the node has just started and has not seen everybody yet",
        "daylight_unknown": "neither the clock nor a light sensor tells whether it is dark",
        "no_sensor_near": "no motion sensor is near enough to see who comes to it",
        "safety_floor": "raised to the safety floor, because somebody is there",
        "identify": "it pulses so that it can be found",
    }
)

_DAYLIGHT: Mapping[str, str] = MappingProxyType(
    {
        "sun": "the sun says so",
        "lux": "a light sensor says so",
        "unknown": "neither the clock nor a light sensor can tell",
    }
)


def explain_lines(result: ExplainResult, node: str, seen_from: datetime | None) -> list[str]:
    """Say it all, a line a fact. `seen_from`: the present day, in the node's zone."""
    winner = result.winner
    lines = [
        f"{result.lamp} on {node} is at {percent(result.level_pct)}.",
        f"  {winner.rung} decides, with {percent(winner.level_pct)}: {_why(winner, seen_from)}",
    ]
    if result.losers:
        lines.append("  It counts more than:")
    width = max((len(loser.rung) for loser in result.losers), default=0)
    lines += [
        f"    {x.rung:<{width}}  {percent(x.level_pct):>7}  {_why(x, seen_from)}"
        for x in result.losers
    ]
    sky = "dark" if result.dark else "light"
    lines.append(f"  It is {sky}: {_DAYLIGHT.get(result.daylight, result.daylight)}.")
    if result.unknown:
        lines.append(f"  Not known: {_CAUSES.get(result.unknown, result.unknown)}.")
    if result.colour_k is not None:
        lines.append(f"  Its colour is {result.colour_k:.0f} K, as a rule sets it.")
    lines.append(f"  Profile version {result.profile_version}.")
    return lines


def _why(proposal: ProposalReport, seen_from: datetime | None) -> str:
    cause = proposal.reason.partition(":")[2]
    parts = [_WHY[proposal.rung], _CAUSES.get(cause, cause)]
    if proposal.rule:
        parts.append(f'by the rule "{proposal.rule}"')
    if proposal.until is not None:
        parts.append(f"until {clock_text(proposal.until, seen_from)}")
    return ", ".join(part for part in parts if part)

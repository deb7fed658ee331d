"""One or more examples of every payload: for the documents, and for tests of what is on the wire.

They belong to the node `n07` of the path `kanal` of `stadt`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

from pydantic import JsonValue

from controller.mqtt.commands import (
    Command,
    ExplainResult,
    LampSet,
    OrderResult,
    PingResult,
    ProposalReport,
    Reply,
    SelftestResult,
)
from controller.mqtt.config import DesiredConfig, LayerReport, ReportedConfig, Trouble
from controller.mqtt.energy_examples import ENERGY_EXAMPLES
from controller.mqtt.payloads import (
    DaylightReport,
    EnergyTotalPayload,
    LampEnergyTotal,
    LampReport,
    LampStatePayload,
    PassagePayload,
    Payload,
    StatePayload,
)

_CET = timezone(timedelta(hours=1))
_EVENING = datetime(2026, 1, 15, 17, 3, 22, tzinfo=_CET)
_BOOT = "7c1d8a526e0f4a399a55b1f0c2e6d7aa"
_PROFILE: dict[str, JsonValue] = {
    "levels": {"base_pct": 10.0, "presence_pct": 80.0},
    "presence": {"hold_s": 30.0},
}


def _done(command_id: str, result: Payload | None = None) -> Reply:
    """Answer a command that was carried out."""
    told = {} if result is None else result.model_dump(mode="json")
    return Reply(id=command_id, ok=True, result=told)


_STATE = StatePayload(
    at=_EVENING,
    clock_trusted=True,
    uptime_s=86412.04,
    version="0.1.0",
    daylight=DaylightReport(dark=True, reason="sun", sun_elevation_deg=-3.414, lux=21.52),
    profile_version=3,
    alarms=("motion_sensor_unreadable:M05", "neighbour_silent:n08"),
    lamps={
        "L02": LampReport(
            target_pct=40.0,
            level_pct=40.0,
            power_w=6.41,
            reason="override",
            until=_EVENING + timedelta(minutes=30),
        ),
        "L01": LampReport(target_pct=100.0, level_pct=86.04, power_w=13.073, reason="presence"),
        "L03": LampReport(
            target_pct=100.0, level_pct=100.0, power_w=15.0, reason="fail_safe:neighbour_silent"
        ),
    },
)

_TOTALS = EnergyTotalPayload(
    active_energy_wh=1480.25049,
    baseline_wh=6300.0,
    saved_wh=4819.74951,
    overhead_wh=2160.0,
    burn_s=1512000.0,
    bright_s=61200.0,
    switches=641,
    since=datetime(2025, 12, 16, 11, 0, 0, tzinfo=UTC),
    lamps={
        "L01": LampEnergyTotal(
            active_energy_wh=1480.25049,
            baseline_wh=6300.0,
            saved_wh=4819.74951,
            burn_s=1512000.0,
            bright_s=61200.0,
            switches=641,
        )
    },
)

_PASSAGES: dict[str, Payload] = {
    "passage": PassagePayload(sensor="M01", boot=_BOOT, seq=412, active=True, age_s=0.0412),
    "passage-left": PassagePayload(sensor="M01", boot=_BOOT, seq=414, active=False, age_s=0.0),
}

_REPORTS: dict[str, Payload] = {
    "config-applied": ReportedConfig(
        layer="node",
        version=4,
        applied=True,
        active_version=4,
        layers={
            "tenant": LayerReport(version=2),
            "path": LayerReport(version=0),
            "node": LayerReport(version=4),
        },
        profile=_PROFILE,
    ),
    "config-refused": ReportedConfig(
        layer="path",
        version=5,
        applied=False,
        active_version=4,
        layers={
            "tenant": LayerReport(version=2),
            "path": LayerReport(version=0, refused_version=5),
            "node": LayerReport(version=4),
        },
        profile=_PROFILE,
        errors=(
            Trouble(
                place="levels.base_pct",
                problem="120 is greater than 100",
                hint="a level is in percent of full output, 0 to 100",
            ),
        ),
    ),
}

_COMMANDS: dict[str, Command] = {
    "override": Command(
        id="lighting-0115-1",
        name="override",
        args={"lamps": ["L01", "L02"], "level_pct": 40.0, "duration_s": 1800.0},
        expires_at=_EVENING + timedelta(minutes=1),
    ),
    "clear_override": Command(
        id="lighting-0115-2", name="clear_override", args={"lamps": ["L01", "L02"]}
    ),
    "emergency": Command(id="lighting-0115-3", name="emergency", args={"duration_s": 3600.0}),
    "explain": Command(id="lighting-0115-4", name="explain", args={"lamp": "L02"}),
    "identify": Command(
        id="lighting-0115-5", name="identify", args={"lamp": "L02", "duration_s": 60.0}
    ),
    "selftest": Command(id="lighting-0115-6", name="selftest"),
    "report": Command(id="lighting-0115-7", name="report"),
    "ping": Command(id="lighting-0115-8", name="ping"),
}

_ORDERED = _done(
    "lighting-0115-1",
    OrderResult(
        lamps=["L01", "L02"], seconds=1800.0, until=datetime(2026, 1, 15, 17, 33, 22, tzinfo=_CET)
    ),
)

_EXPLAINED = _done(
    "lighting-0115-4",
    ExplainResult(
        lamp="L02",
        level_pct=40.0,
        colour_k=None,
        winner=ProposalReport(
            rung="override",
            level_pct=40.0,
            reason="override",
            until=_EVENING + timedelta(minutes=30),
        ),
        losers=[
            ProposalReport(rung="base", level_pct=10.0, reason="base"),
            ProposalReport(rung="day", level_pct=0.0, reason="day"),
        ],
        dark=True,
        daylight="sun",
        unknown="",
        profile_version=4,
    ),
)

_TESTED = _done(
    "lighting-0115-6",
    SelftestResult(
        lamps={"L01": "driven", "L02": "driven", "L03": "not_driven"},
        sensors={"M01": "read", "M05": "unreadable"},
        neighbours={"n06": "online", "n08": "silent"},
        clock_trusted=True,
        store="writable",
    ),
)

_REFUSED = Reply(
    id="lighting-0115-9",
    ok=False,
    errors=(
        Trouble(
            place="args.level_pct",
            problem="Input should be less than or equal to 100",
            hint="see override in docs/mqtt.md",
        ),
    ),
)

EXAMPLES: Mapping[str, Mapping[str, Payload]] = MappingProxyType(
    {
        "state": {"state": _STATE},
        "lampState": {"lamp-state": LampStatePayload.of_level(40.04, "override")},
        "lampSet": {
            "lamp-set": LampSet(state="ON", brightness=60),
            "lamp-set-automatic": LampSet(state="ON", effect="automatic"),
        },
        "energyTotal": {"energy-total": _TOTALS},
        **ENERGY_EXAMPLES,
        "passage": _PASSAGES,
        "desiredProfile": {"desired-profile": DesiredConfig(version=4, profile=_PROFILE)},
        "desiredPatch": {
            "desired-patch": DesiredConfig(
                version=5,
                patch={"levels": {"base_pct": 15.0}, "presence": {"hold_s": None}},
                if_version=4,
            )
        },
        "configReported": _REPORTS,
        **{name: {f"command-{name}": command} for name, command in _COMMANDS.items()},
        "ordered": {"reply-ordered": _ORDERED},
        "explained": {"reply-explained": _EXPLAINED},
        "tested": {"reply-tested": _TESTED},
        "reported": {"reply-reported": _done("lighting-0115-7")},
        "answered": {
            "reply-answered": _done(
                "lighting-0115-8", PingResult(at=_EVENING, uptime_s=86412.04, version="0.1.0")
            )
        },
        "refused": {"reply-refused": _REFUSED},
    }
)
"""The examples by message and name."""

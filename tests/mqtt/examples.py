"""One example of every payload; golden/ holds what stands on the wire for it."""

from datetime import UTC, datetime, timedelta, timezone

from pydantic import JsonValue

from controller.mqtt.payloads import (
    ConfigError,
    DaylightReport,
    DesiredConfig,
    EnergyTotalPayload,
    LampEnergyTotal,
    LampReport,
    LampStatePayload,
    PassagePayload,
    Payload,
    ReportedConfig,
    StatePayload,
)

_CET = timezone(timedelta(hours=1))
_BOOT = "7c1d8a526e0f4a399a55b1f0c2e6d7aa"

STATE = StatePayload(
    at=datetime(2026, 1, 15, 17, 3, 22, tzinfo=_CET),
    clock_trusted=True,
    uptime_s=86412.04,
    version="0.1.0",
    daylight=DaylightReport(dark=True, reason="sun", sun_elevation_deg=-3.414, lux=21.52),
    profile_version=3,
    alarms=("motion_sensor_unreadable:M05", "neighbour_silent:n08"),
    lamps={
        "L02": LampReport(target_pct=10.0, level_pct=10.0, power_w=2.58, reason="base"),
        "L01": LampReport(target_pct=100.0, level_pct=86.04, power_w=13.073, reason="presence"),
        "L03": LampReport(
            target_pct=100.0, level_pct=100.0, power_w=15.0, reason="fail_safe:neighbour_silent"
        ),
    },
)

STATE_UNTRUSTED = STATE.model_copy(update={"at": None, "clock_trusted": False})

PROFILE: dict[str, JsonValue] = {
    "levels": {"base_pct": 10.0, "presence_pct": 80.0},
    "presence": {"hold_s": 30.0},
}

EXAMPLES: dict[str, Payload] = {
    "state": STATE,
    "lamp-state": LampStatePayload.of_level(86.04),
    "energy-total": EnergyTotalPayload(
        active_energy_wh=1480.25049,
        baseline_wh=6300.0,
        saved_wh=4819.74951,
        overhead_wh=2160.0,
        burn_s=1512000.0,
        switches=641,
        since=datetime(2025, 12, 16, 11, 0, 0, tzinfo=UTC),
        lamps={
            "L01": LampEnergyTotal(
                active_energy_wh=1480.25049,
                baseline_wh=6300.0,
                saved_wh=4819.74951,
                burn_s=1512000.0,
                switches=641,
            )
        },
    ),
    "passage": PassagePayload(sensor="M01", boot=_BOOT, seq=412, active=True, age_s=0.0412),
    "passage-left": PassagePayload(sensor="M01", boot=_BOOT, seq=414, active=False, age_s=0.0),
    "desired": DesiredConfig(version=4, profile=PROFILE),
    "applied": ReportedConfig(version=4, applied=True, active_version=4, profile=PROFILE),
    "refused": ReportedConfig(
        version=5,
        applied=False,
        active_version=4,
        profile=PROFILE,
        errors=(
            ConfigError(
                place="levels.base_pct",
                problem="120 is greater than 100",
                hint="a level is in percent of full output, 0 to 100",
            ),
        ),
    ),
}

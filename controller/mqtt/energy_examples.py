"""Examples of the payloads of the energy account and of alarms, of the same node as the others."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from controller.mqtt.energy import (
    AlarmPayload,
    CountPayload,
    EnergyIntervalPayload,
    LampInterval,
    MeterInterval,
    MeterNight,
    NightPayload,
    SavingNight,
    SectionNight,
    SourcedFigure,
)
from controller.mqtt.payloads import Payload

_CET = timezone(timedelta(hours=1))
_SIX = datetime(2026, 1, 15, 18, 0, tzinfo=_CET)
_NOON = datetime(2026, 1, 15, 12, 0, tzinfo=_CET)

_INTERVAL = EnergyIntervalPayload(
    id="5f2c9ab07d1e4c36-3518",
    boot_id="2d0c1d0e-8a36-4a0f-9a77-1f0d3c9b5a10",
    seq=3518,
    start=_SIX,
    end=_SIX + timedelta(minutes=15),
    duration_s=900.0,
    baseline="half_night/2",
    dark_s=900.0,
    overhead_wh=0.75,
    lamps={
        "L01": LampInterval(
            active_energy_wh=1.2034,
            baseline_wh=3.75,
            saved_wh=2.5466,
            burn_s=900.0,
            switches=0,
            source="measured",
        ),
        "L02": LampInterval(
            active_energy_wh=0.645,
            baseline_wh=3.75,
            saved_wh=3.105,
            burn_s=900.0,
            switches=0,
            source="modelled",
        ),
    },
    meters={"P1": MeterInterval(energy_wh=1.2034, known_s=900.0)},
)

_NIGHT = NightPayload(
    night="2026-01-15",
    start=_NOON,
    end=_NOON + timedelta(days=1),
    coverage=1.0,
    dark_s=55080.0,
    late_s=21600.0,
    active_energy_wh=118.6372,
    overhead_wh=72.0,
    baseline=("half_night/2",),
    baseline_wh=377.6,
    saved_wh=258.9628,
    net_saved_wh=186.9628,
    baselines={
        "dusk_to_dawn": SavingNight(baseline_wh=459.0, saved_wh=340.3628, net_saved_wh=268.3628),
        "part_night": SavingNight(baseline_wh=279.0, saved_wh=160.3628, net_saved_wh=88.3628),
        "half_night": SavingNight(baseline_wh=377.6, saved_wh=258.9628, net_saved_wh=186.9628),
    },
    co2_kg=0.067867,
    co2_g_per_kwh=SourcedFigure(
        value=363.0, year=2024, source="Umweltbundesamt, German electricity mix"
    ),
    cost_eur=0.056089,
    price_per_kwh=SourcedFigure(value=0.3, year=2025, source="assumption, EUR"),
    measured_share=0.512,
    detection_share=0.084,
    d_p=0.0384,
    d_e=412.55,
    sections={
        "canal": SectionNight(lamps=2, active_energy_wh=118.6372, burn_s=55080.0, bright_s=4626.7)
    },
    meters={
        "P1": MeterNight(
            energy_wh=60.7418,
            known_s=86400.0,
            explained_pct=98.7,
            drift_pct_week=0.12,
            proposal="",
        )
    },
    passages=161,
    untold_bins=9,
    alarms=("neighbour_silent:n08",),
)

_ALARM = AlarmPayload(
    at=_SIX,
    code="neighbour_silent",
    subject="n08",
    raised=True,
    evidence={"silent_s": 60.0},
)

ENERGY_EXAMPLES: Mapping[str, Mapping[str, Payload]] = {
    "energyInterval": {"energy-interval": _INTERVAL},
    "night": {"night": _NIGHT},
    "count": {
        "count": CountPayload(
            id="count-1768496400-3600",
            start=_SIX,
            end=_SIX + timedelta(hours=1),
            least_count=5,
            sensors={"M01": 14, "M02": 12, "M05": None},
        )
    },
    "alarm": {
        "alarm-raised": _ALARM,
        "alarm-cleared": _ALARM.model_copy(
            update={"at": _SIX + timedelta(minutes=4), "raised": False, "evidence": {}}
        ),
    },
}

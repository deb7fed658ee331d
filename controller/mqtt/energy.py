"""Payloads of the energy account: closed quarter hours, and passages by the hour."""

from typing import Annotated, Literal

from pydantic import Field

from controller.mqtt.payloads import (
    Count,
    Fine,
    Name,
    Payload,
    Percent,
    Seconds,
    Share,
    Timestamp,
    WattHours,
)

LONGEST_ID = 80
LONGEST_PROPOSAL = 4096
RecordId = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]


class LampInterval(Payload):
    """What one lamp did in an interval. `source`: whether a meter of its own says so."""

    active_energy_wh: WattHours
    baseline_wh: WattHours
    saved_wh: WattHours
    burn_s: Seconds
    switches: Count
    source: Literal["measured", "modelled"]


class MeterInterval(Payload):
    """What a meter counted in an interval; its readings cover `known_s` of it."""

    energy_wh: WattHours
    known_s: Seconds


class EnergyIntervalPayload(Payload):
    """`energy/interval`: one closed record, a quarter hour as a rule.

    `id` names it for ever: who gets it twice drops the second. `seq` only grows within a node's
    ledger, `boot_id` is the boot of the machine in which it was closed. `start` and `end` are None
    where it was never known when that was; `duration_s` is always known. `baseline`: with which
    declared baseline and version lamps are compared.
    """

    id: RecordId
    boot_id: str
    seq: Count
    start: Timestamp | None
    end: Timestamp | None
    duration_s: Seconds
    baseline: str
    dark_s: Seconds
    overhead_wh: WattHours
    lamps: dict[Name, LampInterval]
    meters: dict[Name, MeterInterval]


class CountPayload(Payload):
    """`count`: how often somebody came to each motion sensor between `start` and `end`.

    None where that were fewer than `least_count`, or nobody: of few people somebody who knows the
    place could say who they were. `id`: who gets it twice drops the second.
    """

    id: RecordId
    start: Timestamp
    end: Timestamp
    least_count: Count
    sensors: dict[Name, Count | None]


class AlarmPayload(Payload):
    """`alarm`: something broke (`raised`), or is well again.

    `subject`: which sensor, lamp, meter or node, empty for the node itself. `evidence`: on what
    that was concluded, by name; empty where it is well again.
    """

    at: Timestamp | None
    code: Name
    subject: Annotated[str, Field(max_length=64)]
    raised: bool
    evidence: dict[Name, float | str]


class SavingNight(Payload):
    """What was saved against one baseline: gross of the lamps, net of the controller as well."""

    baseline_wh: WattHours
    saved_wh: WattHours
    net_saved_wh: WattHours


class SourcedFigure(Payload):
    """A figure that was calculated with, its year and who published it."""

    value: float
    year: int
    source: str


class SectionNight(Payload):
    """One section's night: energy of its lamps, and how long they burned, a lamp on average.

    `bright_s`: the darkness budget, the time with more than a quarter of full light.
    """

    lamps: Count
    active_energy_wh: WattHours
    burn_s: Seconds
    bright_s: Seconds


class MeterNight(Payload):
    """What a meter counted, and how its readings agree with the lamps' power tables.

    `explained_pct`: how much of what it measured the tables explain, `drift_pct_week` how that
    moves; None while there is too little to tell. `proposal`: lines for the path file with another
    power table, empty where there is no reason for any; nobody applies them but you.
    """

    energy_wh: WattHours
    known_s: Seconds
    explained_pct: Percent | None
    drift_pct_week: Fine | None
    proposal: Annotated[str, Field(max_length=LONGEST_PROPOSAL)]


class NightPayload(Payload):
    """`night`: the account of the last whole night, noon to noon.

    `night`: the day on which it began. `coverage`: the share of it that has records; nothing is
    made up for the rest. `saved_wh` is the baseline that the profile declares less the lamps'
    energy, `net_saved_wh` also less the controller's; `baselines` has the customary ones beside it.
    `co2_kg` and `cost_eur` are of the net saving. `measured_share`: of the lamps' energy.
    `detection_share`: of the dark time in which a lamp was needed, a lamp on average; `d_p` in
    W/(lx m2) and `d_e` in Wh/(m2 a) are the indicators of EN 13201-5 that follow from it. None
    where something needed for them is not known, or there were too few people to tell.
    `passages`: those that `count` told of, `untold_bins` how many sums it did not tell.
    `alarms`: what was raised.
    """

    night: str
    start: Timestamp
    end: Timestamp
    coverage: Share
    dark_s: Seconds
    late_s: Seconds
    active_energy_wh: WattHours
    overhead_wh: WattHours
    baseline: tuple[str, ...]
    baseline_wh: WattHours
    saved_wh: WattHours
    net_saved_wh: WattHours
    baselines: dict[Name, SavingNight]
    co2_kg: Fine
    co2_g_per_kwh: SourcedFigure
    cost_eur: Fine
    price_per_kwh: SourcedFigure
    measured_share: Share | None
    detection_share: Share | None
    d_p: Fine | None
    d_e: Fine | None
    sections: dict[Name, SectionNight]
    meters: dict[Name, MeterNight]
    passages: Count
    untold_bins: Count
    alarms: tuple[str, ...]

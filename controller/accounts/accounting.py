"""Accounting: from closed records and site sheets to the account of a period."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from math import fsum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from controller.accounts import saving
from controller.accounts.account import (
    Account,
    LampAccount,
    LateHours,
    MeterAccount,
    NodeAccount,
    SectionAccount,
)
from controller.accounts.indicators import indicators
from controller.accounts.period import Period, night
from controller.accounts.saving import Saving
from controller.accounts.site import SiteSheet
from controller.core.effects import LampEnergy
from controller.store.records import ClosedRecord

WH_PER_KWH = 1000.0
G_PER_KG = 1000.0


class Source(NamedTuple):
    """One node: its sheet, and its records of the period (others are passed over)."""

    sheet: SiteSheet
    records: Sequence[ClosedRecord]


def night_account(records: Sequence[ClosedRecord], sheet: SiteSheet, day: date) -> Account:
    """Account for one node's night that begins on a day."""
    return account([Source(sheet, records)], night(day))


def account(sources: Sequence[Source], period: Period) -> Account:
    """Account for a period of one or more nodes of one path, each given once."""
    within = [Source(x.sheet, [r for r in x.records if _is_in(r, period)]) for x in sources]
    sheets = [x.sheet for x in within]
    first = sheets[0]
    every = [r for x in within for r in x.records]
    told = max(1, sum(bool(x.records) for x in within))
    by_label = _by_label(every)
    lamps = tuple(_lamps(within))
    p_det = _detected_share(every)
    nets_kwh = [_net_wh(x.records) / WH_PER_KWH for x in within]
    undescribed = tuple(x.lamp for x in lamps if x.section is None)
    return Account(
        period=period,
        path_name=first.path_name,
        tenant=first.tenant,
        path=first.path,
        timezone=first.timezone,
        nodes=tuple(_node(x) for x in within),
        nights=tuple(sorted({r.night for r in every if r.night is not None})),
        period_s=period.duration_s(ZoneInfo(first.timezone)) * len(sheets),
        covered_s=fsum(_covered_s(x) for x in within),
        dark_s=fsum(r.dark_s for r in every) / told,
        late_s=fsum(r.late_s for r in every) / told,
        late_hours=tuple(dict.fromkeys(_late_hours(x) for x in sheets)),
        declared=saving.added("declared", by_label),
        by_label=by_label,
        standard=() if undescribed else _standard(within),
        undescribed=undescribed,
        measured_wh=fsum(x.measured_wh for x in lamps),
        co2_kg=fsum(
            kwh * x.co2_g_per_kwh.value / G_PER_KG for kwh, x in zip(nets_kwh, sheets, strict=True)
        ),
        co2_figures=tuple(dict.fromkeys(x.co2_g_per_kwh for x in sheets)),
        cost_eur=fsum(kwh * x.price_per_kwh.value for kwh, x in zip(nets_kwh, sheets, strict=True)),
        price_figures=tuple(dict.fromkeys(x.price_per_kwh for x in sheets)),
        p_det=p_det,
        indicators=indicators(sheets, p_det, period.first.year),
        sections=tuple(_sections(lamps)),
        lamps=lamps,
        meters=tuple(_meters(within)),
    )


def _is_in(record: ClosedRecord, period: Period) -> bool:
    return record.night is not None and period.first <= record.night <= period.last


def _by_label(records: Iterable[ClosedRecord]) -> tuple[Saving, ...]:
    found: dict[str, list[Saving]] = {}
    for record in records:
        found.setdefault(record.baseline, []).append(saving.declared(record))
    return tuple(saving.added(label, those) for label, those in sorted(found.items()))


def _standard(sources: Sequence[Source]) -> tuple[Saving, ...]:
    each = [saving.standard(r, x.sheet) for x in sources for r in x.records]
    return tuple(
        saving.added(name, (savings[i] for savings in each))
        for i, (name, _) in enumerate(saving.STANDARD)
    )


def _net_wh(records: Iterable[ClosedRecord]) -> float:
    return saving.added("", (saving.declared(r) for r in records)).net_wh


def _late_hours(sheet: SiteSheet) -> LateHours:
    return LateHours(sheet.baseline.label, sheet.baseline.begin, sheet.baseline.end)


def _detected_share(records: Iterable[ClosedRecord]) -> float | None:
    """Return the mean share of the dark time in which a lamp was needed.

    A light sensor may lengthen the night in which lamps are needed, not the one that conventional
    lamps burn: the share is cut at 1.
    """
    needed_s = dark_s = 0.0
    for record in records:
        needed_s += fsum(x.detected_s for x in record.lamps.values())
        dark_s += record.dark_s * len(record.lamps)
    return None if dark_s <= 0.0 else min(1.0, needed_s / dark_s)


def _node(source: Source) -> NodeAccount:
    nights = len({r.night for r in source.records})
    return NodeAccount(source.sheet.node, nights, _covered_s(source))


def _covered_s(source: Source) -> float:
    """Return the time of which there are figures: a record that has lost its lamps has none."""
    lit = bool(source.sheet.lamps)
    return fsum(r.duration_s for r in source.records if r.lamps or not lit)


def _lamps(sources: Sequence[Source]) -> Iterator[LampAccount]:
    """Yield the lamps, section after section and along it; those that no sheet has come last."""
    found = []
    for sheet, records in sources:
        for lamp, parts in _by_lamp(records).items():
            known = sheet.lamps.get(lamp)
            place = (True, "", 0.0) if known is None else (False, known.section, known.at_m)
            section = None if known is None else known.section
            found.append((place, _lamp(lamp, sheet.node, section, parts)))
    yield from (one for _, one in sorted(found, key=lambda x: (x[0], x[1].lamp)))


def _by_lamp(records: Iterable[ClosedRecord]) -> Mapping[str, list[LampEnergy]]:
    found: dict[str, list[LampEnergy]] = {}
    for record in records:
        for lamp, energy in record.lamps.items():
            found.setdefault(lamp, []).append(energy)
    return found


def _lamp(lamp: str, node: str, section: str | None, parts: Sequence[LampEnergy]) -> LampAccount:
    return LampAccount(
        lamp=lamp,
        node=node,
        section=section,
        active_wh=fsum(x.active_energy_wh for x in parts),
        measured_wh=fsum(x.active_energy_wh for x in parts if x.measured),
        baseline_wh=fsum(x.baseline_wh for x in parts),
        burn_s=fsum(x.burn_s for x in parts),
        bright_s=fsum(x.bright_s for x in parts),
        full_load_s=fsum(x.full_load_s for x in parts),
        switches=sum(x.switches for x in parts),
    )


def _sections(lamps: Iterable[LampAccount]) -> Iterator[SectionAccount]:
    found: dict[str, list[LampAccount]] = {}
    for lamp in lamps:
        if lamp.section is not None:
            found.setdefault(lamp.section, []).append(lamp)
    for section, those in found.items():
        yield SectionAccount(
            section=section,
            lamps=len(those),
            active_wh=fsum(x.active_wh for x in those),
            baseline_wh=fsum(x.baseline_wh for x in those),
            burn_s=fsum(x.burn_s for x in those) / len(those),
            bright_s=fsum(x.bright_s for x in those) / len(those),
        )


def _meters(sources: Sequence[Source]) -> Iterator[MeterAccount]:
    for sheet, records in sources:
        for meter in dict.fromkeys(m for r in records for m in r.meters):
            those = [r.meters[meter] for r in records if meter in r.meters]
            yield MeterAccount(
                sheet.node, meter, fsum(x.energy_wh for x in those), fsum(x.known_s for x in those)
            )

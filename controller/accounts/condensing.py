"""Condensing: records of a night become one, and every figure of an account stays what it was.

A year of quarter hours is more than a small machine should hold at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from math import fsum

from controller.store.records import ClosedRecord, lamp_sums, meter_sums

Kind = tuple[date | None, str, tuple[tuple[str, bool], ...]]
"""What may be added up: a night, a baseline, the same lamps, and each measured or modelled."""


def condensed(records: Iterable[ClosedRecord]) -> list[ClosedRecord]:
    """Add up the records of each night that are of one kind; in the order of nights."""
    groups: dict[Kind, list[ClosedRecord]] = {}
    for record in records:
        groups.setdefault(_kind(record), []).append(record)
    return [_sum(groups[kind]) for kind in sorted(groups, key=lambda x: x[0] or date.min)]


def _kind(record: ClosedRecord) -> Kind:
    lamps = tuple(sorted((x, energy.measured) for x, energy in record.lamps.items()))
    return record.night, record.baseline, lamps


def _sum(those: Sequence[ClosedRecord]) -> ClosedRecord:
    return replace(
        those[-1],
        start_utc_s=min((x.start_utc_s for x in those if x.start_utc_s is not None), default=None),
        end_utc_s=max((x.end_utc_s for x in those if x.end_utc_s is not None), default=None),
        duration_s=fsum(x.duration_s for x in those),
        dark_s=fsum(x.dark_s for x in those),
        late_s=fsum(x.late_s for x in those),
        overhead_wh=fsum(x.overhead_wh for x in those),
        lamps=lamp_sums(*(x.lamps.values() for x in those)),
        meters=meter_sums(*(x.meters.values() for x in those)),
    )

"""The account as CSV: a row for each lamp and each controller, by night or by closed record.

Decimal points, commas between values, times in UTC. A controller's own energy has a row of its
own (`kind` is `controller`), so that the column `energy_wh` adds up to everything that was used.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import groupby

from controller.accounts.accounting import Source
from controller.report.report import Report
from controller.store.records import ClosedRecord

COLUMNS = (
    "night",
    "start",
    "end",
    "node",
    "kind",
    "section",
    "lamp",
    "baseline",
    "energy_wh",
    "baseline_wh",
    "saved_gross_wh",
    "measured_wh",
    "burn_s",
    "bright_s",
    "full_load_s",
    "switches",
    "dark_s",
    "late_s",
    "covered_s",
)
DIGITS = 4

Row = dict[str, object]


def csv_text(report: Report, *, by_record: bool) -> str:
    """Return the table. `by_record`: a row a closed record, which is a quarter hour as a rule."""
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    table.writeheader()
    for source in report.sources:
        for group in _groups(source, by_record=by_record):
            table.writerows(_rows(source, group))
    return out.getvalue()


def _groups(source: Source, *, by_record: bool) -> Iterator[list[ClosedRecord]]:
    """Divide a node's records into what has rows of its own: always by night and baseline too."""

    def key(record: ClosedRecord) -> tuple[date, str, int]:
        return record.night or date.min, record.baseline, record.seq if by_record else 0

    for _, group in groupby(sorted(source.records, key=key), key=key):
        yield list(group)


def _rows(source: Source, records: Sequence[ClosedRecord]) -> Iterator[Row]:
    common: Row = {
        "night": records[0].night,
        "start": _time(min, [r.start_utc_s for r in records]),
        "end": _time(max, [r.end_utc_s for r in records]),
        "node": source.sheet.node,
        "baseline": records[0].baseline,
        "dark_s": _number(sum(r.dark_s for r in records)),
        "late_s": _number(sum(r.late_s for r in records)),
        "covered_s": _number(sum(r.duration_s for r in records)),
    }
    for lamp in dict.fromkeys(x for r in records for x in r.lamps):
        yield common | _lamp_row(source, lamp, records)
    overhead_wh = _number(sum(r.overhead_wh for r in records))
    yield common | {"kind": "controller", "energy_wh": overhead_wh}


def _lamp_row(source: Source, lamp: str, records: Sequence[ClosedRecord]) -> Row:
    parts = [r.lamps[lamp] for r in records if lamp in r.lamps]
    known = source.sheet.lamps.get(lamp)
    return {
        "kind": "lamp",
        "section": "" if known is None else known.section,
        "lamp": lamp,
        "energy_wh": _number(sum(x.active_energy_wh for x in parts)),
        "baseline_wh": _number(sum(x.baseline_wh for x in parts)),
        "saved_gross_wh": _number(sum(x.baseline_wh - x.active_energy_wh for x in parts)),
        "measured_wh": _number(sum(x.active_energy_wh for x in parts if x.measured)),
        "burn_s": _number(sum(x.burn_s for x in parts)),
        "bright_s": _number(sum(x.bright_s for x in parts)),
        "full_load_s": _number(sum(x.full_load_s for x in parts)),
        "switches": sum(x.switches for x in parts),
    }


def _time(pick: Callable[[list[float]], float], times_s: Sequence[float | None]) -> str:
    known_s = [x for x in times_s if x is not None]
    if not known_s:
        return ""
    return datetime.fromtimestamp(round(pick(known_s)), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(value: float) -> float:
    return round(value, DIGITS) + 0.0

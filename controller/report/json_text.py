"""The account as JSON, with keys that stay: energies in Wh, times in s, what is unknown null."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from controller.accounts.account import Account
from controller.accounts.saving import Saving
from controller.core.profile import Figure, NightTime
from controller.report.report import Report
from controller.report.words import LANGUAGES

LAYOUT = 1
DIGITS = 6


def json_text(report: Report) -> str:
    """Return the report as a JSON document."""
    return json.dumps(_plain(report_document(report)), indent=2, ensure_ascii=False)


def report_document(report: Report) -> dict[str, Any]:
    """Return the report as plain data; numbers as they are."""
    whole = report.whole
    return {
        "layout": LAYOUT,
        "tenant": whole.tenant,
        "path": whole.path,
        "path_name": whole.path_name,
        "timezone": whole.timezone,
        "nodes": [asdict(x) for x in whole.nodes],
        **_account(whole),
        "nights": [x.isoformat() for x in whole.nights],
        "nights_without_records": [x.isoformat() for x in report.nights_without],
        "late_hours": [
            {"baseline": x.label, "from": _time(x.begin), "to": _time(x.end)}
            for x in whole.late_hours
        ],
        "co2_figures": [_figure(x, "g/kWh") for x in whole.co2_figures],
        "price_figures": [_figure(x, "EUR/kWh") for x in whole.price_figures],
        "indicators": asdict(whole.indicators),
        "sections": [asdict(x) for x in whole.sections],
        "lamps": [asdict(x) for x in whole.lamps],
        "lamps_without_power_table": list(whole.undescribed),
        "meters": [asdict(x) for x in whole.meters],
        "parts": [_account(x) for x in report.parts],
    }


def _account(one: Account) -> dict[str, Any]:
    """Return what is told of the whole period and of each of its parts."""
    return {
        "period": one.period.label,
        "period_s": one.period_s,
        "covered_s": one.covered_s,
        "coverage": one.coverage,
        "dark_s": one.dark_s,
        "late_s": one.late_s,
        "active_wh": one.declared.active_wh,
        "measured_wh": one.measured_wh,
        "measured_share": one.measured_share,
        "overhead_wh": one.declared.overhead_wh,
        "declared": _saving(one.declared),
        "declared_by_label": [_saving(x) for x in one.by_label],
        "standard": [_saving(x) for x in one.standard],
        "co2_saved_kg": one.co2_kg,
        "cost_saved_eur": one.cost_eur,
        "p_det": one.p_det,
    }


def _saving(one: Saving) -> dict[str, Any]:
    return {
        "baseline": one.name,
        "baseline_wh": one.baseline_wh,
        "active_wh": one.active_wh,
        "overhead_wh": one.overhead_wh,
        "saved_gross_wh": one.gross_wh,
        "saved_gross_pct": one.gross_pct,
        "saved_net_wh": one.net_wh,
        "saved_net_pct": one.net_pct,
    }


def _figure(one: Figure, unit: str) -> dict[str, Any]:
    return {"value": one.value, "unit": unit, "year": one.year, "source": one.source}


def _time(at: NightTime) -> str:
    return LANGUAGES["en"].time(at)


def _plain(value: Any) -> Any:  # noqa: ANN401 whatever JSON can carry
    """Round numbers and write dates, however deep."""
    match value:
        case float():
            return round(value, DIGITS) + 0.0
        case date():
            return value.isoformat()
        case Mapping():
            return {key: _plain(one) for key, one in value.items()}
        case str():
            return value
        case Sequence():
            return [_plain(one) for one in value]
        case _:
            return value

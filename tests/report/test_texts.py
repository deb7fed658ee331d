"""The table, CSV and JSON of records whose sums can be done in one's head."""

import csv
import io
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from controller.accounts.accounting import Source
from controller.accounts.period import Period, month, night
from controller.core.effects import MeterEnergy
from controller.core.profile import Baseline
from controller.report.csv_text import COLUMNS, csv_text
from controller.report.json_text import json_text
from controller.report.report import Report, report_of
from controller.report.table_text import table_text
from controller.report.words import LANGUAGES, Language
from tests.accounts.build import DAY, HOUR_S, lamp, record, sheet
from tests.ctl.consoles import console

NEXT = DAY + timedelta(days=1)
BOTH = [
    Source(sheet(), [record(), record(night=NEXT, baseline="dusk_to_dawn/1", seq=2)]),
    Source(sheet("n2", ("L3",)), [record(lamp("L3", measured=True))]),
]


def table(report: Report, language: Language = "en") -> list[str]:
    return table_text(report, LANGUAGES[language], console(width=80)).splitlines()


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def document(report: Report) -> dict[str, Any]:
    return dict(json.loads(json_text(report)))


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("period", [night(DAY), month(2025, 1)])
def test_the_table_fits_a_terminal(period: Period, language: Language) -> None:
    lines = table(report_of(BOTH, period), language)
    assert max(map(len, lines)) <= 80


def test_the_table_says_what_was_used_and_saved_and_on_what_that_rests() -> None:
    text = "\n".join(table(report_of(BOTH[:1], night(DAY))))
    for said in (
        "Small path: Night of 15 January 2025",
        "nights 1 of 1, 100.0 % of the time",
        "0.80 kWh, 0.0 % of it measured",
        "0.07 kWh by their stated power",
        "10.0 h, 4.0 h of them late: 23:00 to 05:00 (half_night/2)",
        "half_night/2 (declared)",
        "0.45 kg (400 g/kWh, 2024, agency)",
        "0.28 EUR (0.25 EUR/kWh, 2025, contract)",
        "10.0 % of the dark time",
        "0.203 W/(lx m2) = 203.0 W / 1,000 lm",
    ):
        assert said in text, said
    (declared,) = [x.split() for x in text.splitlines() if "(declared)" in x]
    assert declared[2:] == ["2.00", "1.20", "60.0", "1.13", "56.4"]


def test_the_table_tells_missing_nights_and_nodes_and_mixed_baselines() -> None:
    text = "\n".join(table(report_of(BOTH, month(2025, 1))))
    assert "no records    2025-01-01 to 2025-01-14, 2025-01-17 to 2025-01-31" in text
    assert "dusk_to_dawn/1: as declared then" in text
    assert "baselines declared at the time" in text
    assert "n2         1        3.2" in text
    assert [x.split()[0] for x in text.splitlines() if x.startswith("2025-01-1")] == [
        "2025-01-15",
        "2025-01-16",
    ]


def test_the_table_says_why_something_is_not_known() -> None:
    bare = sheet(width_m=None, illuminance_lx=None, lamps=("L1",))
    text = " ".join(" ".join(table(report_of([Source(bare, [record()])], night(DAY)))).split())
    assert "D_P not known: the path file has no width_m of section s; the path file has no" in text
    assert "D_E not known: the path file has no width_m of section s EN" not in text
    assert "no customary baselines: the site sheet has no power of L2" in text
    dark = record(lamp(baseline_wh=0.0, detected_s=0.0), dark_s=0.0, late_s=0.0)
    text = " ".join(table(report_of([Source(sheet(), [dark])], night(DAY))))
    assert "no darkness was recorded" in text


def test_the_table_tells_what_meters_say() -> None:
    metered = record(meters={"E1": MeterEnergy("E1", 812.0, 2.0 * HOUR_S)})
    text = "\n".join(table(report_of([Source(sheet(), [metered])], night(DAY))))
    assert "0.81 kWh in 2.0 h with readings, on n1" in text


def test_csv_has_a_row_a_lamp_and_night_and_one_a_controller() -> None:
    found = rows(csv_text(report_of(BOTH, month(2025, 1)), by_record=False))
    assert [(x["night"], x["node"], x["kind"], x["lamp"]) for x in found] == [
        ("2025-01-15", "n1", "lamp", "L1"),
        ("2025-01-15", "n1", "lamp", "L2"),
        ("2025-01-15", "n1", "controller", ""),
        ("2025-01-16", "n1", "lamp", "L1"),
        ("2025-01-16", "n1", "lamp", "L2"),
        ("2025-01-16", "n1", "controller", ""),
        ("2025-01-15", "n2", "lamp", "L3"),
        ("2025-01-15", "n2", "controller", ""),
    ]
    first = found[0]
    assert tuple(first) == COLUMNS
    assert (first["start"], first["end"]) == ("2025-01-15T11:00:00Z", "2025-01-16T11:00:00Z")
    assert (first["energy_wh"], first["saved_gross_wh"], first["section"]) == (
        "400.0",
        "600.0",
        "s",
    )
    assert "detected_s" not in first


def test_csv_adds_up_to_the_account() -> None:
    report = report_of(BOTH, month(2025, 1))
    found = rows(csv_text(report, by_record=False))
    saving = report.whole.declared
    used_wh = sum(float(x["energy_wh"]) for x in found)
    assert used_wh == pytest.approx(saving.active_wh + saving.overhead_wh)
    baseline_wh = sum(float(x["baseline_wh"] or 0.0) for x in found)
    assert baseline_wh == pytest.approx(saving.baseline_wh)


def test_csv_can_have_a_row_a_closed_record() -> None:
    half_s, middle_s = 12.0 * HOUR_S, 1736982000.0
    records = [
        record(duration_s=half_s, end_utc_s=middle_s),
        record(seq=2, start_utc_s=middle_s, duration_s=half_s),
    ]
    report = report_of([Source(sheet(), records)], night(DAY))
    assert len(rows(csv_text(report, by_record=False))) == 3
    found = rows(csv_text(report, by_record=True))
    assert [x["start"] for x in found if x["lamp"] == "L1"] == [
        "2025-01-15T11:00:00Z",
        "2025-01-15T23:00:00Z",
    ]


def test_csv_keeps_baselines_of_one_night_apart_and_unknown_times_and_sections_empty() -> None:
    records = [
        record(lamp("old"), start_utc_s=None, end_utc_s=None),
        record(lamp("L1"), seq=2, baseline="own/9"),
    ]
    found = rows(csv_text(report_of([Source(sheet(), records)], night(DAY)), by_record=False))
    assert [(x["baseline"], x["lamp"], x["start"], x["section"]) for x in found] == [
        ("half_night/2", "old", "", ""),
        ("half_night/2", "", "", ""),
        ("own/9", "L1", "2025-01-15T11:00:00Z", "s"),
        ("own/9", "", "2025-01-15T11:00:00Z", ""),
    ]


def test_json_has_keys_that_stay() -> None:
    found = document(report_of(BOTH, month(2025, 1)))
    assert sorted(found) == [
        "active_wh",
        "co2_figures",
        "co2_saved_kg",
        "cost_saved_eur",
        "coverage",
        "covered_s",
        "dark_s",
        "declared",
        "declared_by_label",
        "indicators",
        "lamps",
        "lamps_without_power_table",
        "late_hours",
        "late_s",
        "layout",
        "measured_share",
        "measured_wh",
        "meters",
        "nights",
        "nights_without_records",
        "nodes",
        "overhead_wh",
        "p_det",
        "parts",
        "path",
        "path_name",
        "period",
        "period_s",
        "price_figures",
        "sections",
        "standard",
        "tenant",
        "timezone",
    ]
    assert found["measured_share"] == pytest.approx(0.2)
    assert found["declared"]["saved_net_wh"] == 5000.0 - 2000.0 - 216.0
    assert [x["period"] for x in found["parts"]] == ["2025-01-15", "2025-01-16"]
    assert found["co2_figures"] == [
        {"value": 400.0, "unit": "g/kWh", "year": 2024, "source": "agency"}
    ]
    assert found["late_hours"] == [{"baseline": "half_night/2", "from": "23:00", "to": "05:00"}]
    assert len(found["nights_without_records"]) == 29


def test_json_says_null_for_what_is_not_known_and_never_who_was_where() -> None:
    bare = sheet(width_m=None)
    text = json_text(report_of([Source(bare, [record()])], night(DAY)))
    found = json.loads(text)["indicators"]
    assert (found["d_p"], found["d_e"]) == (None, None)
    assert found["lacks"] == [{"what": "width_m", "section": "s"}]
    assert "detected" not in text


def test_a_baseline_of_another_name_is_told_by_it() -> None:
    odd = replace(sheet(), baseline=Baseline("own", 7))
    records = [record(baseline="own/7", night=date(2025, 1, 2))]
    assert "own/7 (declared)" in "\n".join(table(report_of([Source(odd, records)], month(2025, 1))))

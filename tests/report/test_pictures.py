"""Levels, pictures and the council's page."""

import importlib.util
import math
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from controller.accounts.accounting import Source
from controller.accounts.period import month, night, year
from controller.core.profile import Profile
from controller.report import pictures
from controller.report.levels import levels_of
from controller.report.page import page
from controller.report.report import Report, report_of
from controller.report.words import LANGUAGES, Language
from controller.settings.faults import SettingsError
from tests.accounts.build import DAY, lamp, record, sheet
from tests.report.nights import DAY as SIMULATED_DAY
from tests.report.nights import small, sources

EN = LANGUAGES["en"]
BEGIN_S = 1736967600.0  # 20:00 on the 15th in Soest


def quarter(number: int, full_load_s: float, seconds: float = 900.0, **changes: Any) -> Any:  # noqa: ANN401 a record
    start_s = BEGIN_S + 900.0 * number
    both = lamp("L1", full_load_s=full_load_s), lamp("L2", full_load_s=0.0)
    given = {"start_utc_s": start_s, "end_utc_s": start_s + seconds, "duration_s": seconds}
    return record(*both, **(given | changes))


def of_night(*records: Any) -> Report:  # noqa: ANN401 records
    return report_of([Source(sheet(), records)], night(DAY))


def yearly() -> Report:
    records = [
        record(night=DAY + timedelta(days=20 * i), baseline=f"half_night/{1 + i % 3}", seq=i)
        for i in range(12)
    ]
    return report_of([Source(sheet(), records)], year(2025))


def test_levels_are_the_share_of_full_light_in_each_quarter_of_an_hour() -> None:
    levels = levels_of(of_night(quarter(0, 90.0), quarter(1, 900.0), quarter(3, 45.0)))
    assert levels is not None
    assert levels.lamps == ("L1", "L2")
    assert levels.edges_s == tuple(BEGIN_S + 900.0 * i for i in range(5))
    first, second = levels.level_pct
    assert first[:2] == (10.0, 100.0)
    assert math.isnan(first[2])
    assert first[3] == 5.0
    assert second[:2] == (0.0, 0.0)
    assert levels.gaps
    assert levels.section_ends == (2,)


def test_two_records_in_a_quarter_make_one_mean() -> None:
    parts = quarter(0, 300.0, 300.0), quarter(0, 0.0, 600.0, start_utc_s=BEGIN_S + 300.0)
    levels = levels_of(of_night(*parts))
    assert levels is not None
    (mean_pct,) = levels.level_pct[0]
    assert mean_pct == pytest.approx(100.0 / 3.0)
    assert not levels.gaps


def test_a_folded_night_and_a_dark_one_have_no_levels() -> None:
    assert levels_of(of_night(record())) is None
    assert levels_of(of_night(quarter(0, 0.0))) is None


@pytest.mark.parametrize("language", ["en", "de"])
def test_pictures_are_drawn_and_are_the_same_every_time(tmp_path: Path, language: Language) -> None:
    words = LANGUAGES[language]
    report = report_of(sources(small(), Profile()), night(SIMULATED_DAY))
    levels = levels_of(report)
    assert levels is not None
    for name in ("a.png", "b.png"):
        pictures.save(pictures.heat_map(report, levels, words), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert pictures.as_svg(pictures.energy(report, words)) == pictures.as_svg(
        pictures.energy(report, words)
    )


def test_the_heat_map_shows_what_is_missing() -> None:
    report = of_night(quarter(0, 90.0), quarter(2, 90.0))
    levels = levels_of(report)
    assert levels is not None
    figure = pictures.heat_map(report, levels, EN)
    assert [x.get_text() for x in figure.legends[0].get_texts()] == ["no records"]
    (axes, colours) = figure.axes
    assert axes.get_xlabel() == "local time (Europe/Berlin)"
    assert "%" in colours.get_ylabel()
    assert [x.get_text() for x in axes.get_xticklabels()] == ["20:00"]


def bars_of(axes: Axes) -> list[Rectangle]:
    return [x for x in axes.patches if isinstance(x, Rectangle)]


def test_the_bars_are_the_energies_in_kwh() -> None:
    figure = pictures.energy(of_night(record()), EN)
    (axes,) = figure.axes
    widths = [round(bar.get_width(), 6) for bar in bars_of(axes)]
    assert widths == [0.8, 0.072, 2.0, 2.0, 1.2, 1.68]
    assert axes.get_xlabel() == "energy, kWh"


def test_the_savings_of_months_are_bars_and_gaps_are_shown() -> None:
    (axes,) = pictures.savings(yearly(), EN).axes
    heights = {round(x.get_height(), 3) for x in bars_of(axes) if x.get_width() < 1.0}
    assert {round(x.declared.net_wh / 1000.0, 3) for x in yearly().parts} == heights
    assert "records are missing" in axes.get_xlabel()
    assert len(axes.get_xticks()) == 12


def test_a_month_without_gaps_says_nothing_of_them() -> None:
    records = [record(night=DAY.replace(day=i)) for i in range(1, 32)]
    (axes,) = pictures.savings(report_of([Source(sheet(), records)], month(2025, 1)), EN).axes
    assert axes.get_xlabel() == "night that began on"


class Outline(HTMLParser):
    """Collects tags, and what is fetched from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "img"}:
            self.open.append(tag)
        self.fetched += [v or "" for k, v in attrs if k in {"src", "href"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "


def outline(report: Report, language: Language) -> Outline:
    found = Outline()
    found.feed(page(report, LANGUAGES[language]))
    assert found.open == []
    return found


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_page_is_whole_and_needs_nothing_from_elsewhere(language: Language) -> None:
    for report in (yearly(), of_night(record())):
        found = outline(report, language)
        assert found.fetched
        assert all(x.startswith("data:image/svg+xml;base64,") for x in found.fetched)
        assert "{" not in re.sub(r"<style>.*?</style>", "", found.text.split("}")[-1])


def test_the_page_writes_numbers_as_its_language_does() -> None:
    report = of_night(record(lamp(baseline_wh=1_234_500.0)))
    assert "1,234" in outline(report, "en").text
    german = outline(report, "de").text
    assert "1.234" in german
    assert "308,51 EUR" in german.replace("  ", " ")


def test_the_page_says_when_more_was_used() -> None:
    text = outline(of_night(record(lamp(baseline_wh=100.0))), "en").text
    assert "more electricity" in text
    assert "\N{MINUS SIGN}" in text
    nothing = of_night(record(lamp(baseline_wh=0.0), dark_s=0.0, late_s=0.0))
    assert "no share can be told" in outline(nothing, "en").text


def test_the_page_tells_nothing_of_single_lamps() -> None:
    report = report_of(sources(small(), Profile()), night(SIMULATED_DAY))
    words = set(re.findall(r"\w+", outline(report, "en").text))
    assert not words & {"L1", "L2", "L3", "L4"}


def test_many_sections_and_baselines_are_told_together() -> None:
    base = sheet(lamps=tuple(f"L{i}" for i in range(6)))
    lamps = {x: replace(y, section=f"s{i}") for i, (x, y) in enumerate(base.lamps.items())}
    many = replace(base, lamps=lamps, sections={f"s{i}": base.sections["s"] for i in range(6)})
    records = [
        record(*(lamp(x) for x in lamps), night=DAY.replace(day=1 + i), baseline=f"own/{i}")
        for i in range(5)
    ]
    text = outline(report_of([Source(many, records)], month(2025, 1)), "en").text
    assert "3 other sections" in text
    assert "3 other declared baselines" in text


def test_what_others_wrote_cannot_become_markup() -> None:
    evil = sheet(path_name="<script>alert(1)</script>", lamps=("L1",))
    text = page(report_of([Source(evil, [record()])], night(DAY)), EN)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SettingsError) as caught:
        pictures.check_matplotlib("--pictures")
    assert "cyclelight[report]" in str(caught.value)

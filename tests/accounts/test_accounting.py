"""Accounts of records whose sums can be done in one's head."""

import dataclasses
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.accounts.accounting import (
    Source,
    account,
    night_account,
)
from controller.accounts.period import month, night
from controller.core.effects import LampEnergy, MeterEnergy
from controller.core.profile import Baseline, Figure, NightTime
from controller.store.records import ClosedRecord
from tests.accounts.build import (
    DAY,
    HOUR_S,
    lamp,
    month_account,
    record,
    sheet,
    year_account,
)

NEXT = DAY + timedelta(days=1)


def test_a_night_is_accounted_for() -> None:
    found = night_account([record()], sheet(), DAY)
    saved = found.declared
    assert (saved.baseline_wh, saved.active_wh, saved.overhead_wh) == (2000.0, 800.0, 72.0)
    assert (saved.gross_wh, saved.net_wh) == (1200.0, 1128.0)
    assert saved.gross_pct == 60.0
    assert saved.net_pct == pytest.approx(56.4)
    assert found.co2_kg == pytest.approx(1.128 * 0.4)
    assert found.cost_eur == pytest.approx(1.128 * 0.25)
    assert (found.dark_s, found.late_s) == (10.0 * HOUR_S, 4.0 * HOUR_S)
    assert found.p_det == pytest.approx(0.1)
    assert (found.coverage, found.measured_share) == (1.0, 0.0)
    assert found.nights == (DAY,)


def test_the_standard_baselines_follow_from_dark_and_late_hours_and_power_tables() -> None:
    found = night_account([record()], sheet(), DAY)
    assert [(x.name, x.baseline_wh) for x in found.standard] == [
        ("dusk_to_dawn", 2 * 100.0 * 10.0),
        ("part_night", 2 * 100.0 * 6.0),
        ("half_night", 2 * (100.0 * 6.0 + 60.0 * 4.0)),
    ]
    assert {x.active_wh for x in found.standard} == {800.0}
    assert [x.net_wh for x in found.standard] == [1128.0, 328.0, 808.0]


def test_more_may_have_been_used_than_the_baseline() -> None:
    found = night_account([record(lamp(baseline_wh=300.0))], sheet(), DAY)
    assert found.declared.gross_wh == -100.0
    assert found.declared.net_pct == pytest.approx(100.0 * -172.0 / 300.0)
    assert found.co2_kg < 0.0
    assert found.cost_eur < 0.0


def test_without_darkness_there_is_no_share() -> None:
    idle = lamp(active_energy_wh=0.0, baseline_wh=0.0, detected_s=0.0)
    found = night_account([record(idle, dark_s=0.0, late_s=0.0)], sheet(), DAY)
    assert (found.declared.gross_pct, found.declared.net_pct) == (None, None)
    assert (found.p_det, found.measured_share) == (None, None)
    assert found.declared.net_wh == -72.0


def test_periods_mixed_of_baselines_tell_each_share() -> None:
    records = [record(), record(night=NEXT, baseline="dusk_to_dawn/1", overhead_wh=70.0)]
    found = month_account(records, sheet(), DAY)
    assert [(x.name, x.baseline_wh, x.overhead_wh) for x in found.by_label] == [
        ("dusk_to_dawn/1", 2000.0, 70.0),
        ("half_night/2", 2000.0, 72.0),
    ]
    assert found.declared.baseline_wh == 4000.0
    assert found.declared.overhead_wh == 142.0


def test_records_of_other_nights_and_of_no_night_are_left_out() -> None:
    records = [record(), record(night=NEXT), record(night=None), record(night=date(2024, 12, 31))]
    assert night_account(records, sheet(), DAY).declared.active_wh == 800.0
    assert month_account(records, sheet(), DAY).declared.active_wh == 1600.0
    assert year_account(records, sheet(), 2024).nights == (date(2024, 12, 31),)


def test_missing_time_is_told_and_not_filled_up() -> None:
    found = month_account([record(duration_s=12.0 * HOUR_S)], sheet(), DAY)
    assert found.period_s == 31 * 24 * HOUR_S
    assert found.coverage == pytest.approx(12.0 / (31 * 24))
    assert found.declared.baseline_wh == 2000.0


def test_a_record_that_has_lost_its_lamps_covers_nothing() -> None:
    rotten = replace(record(), lamps={})
    found = night_account([rotten], sheet(), DAY)
    assert (found.covered_s, found.declared.overhead_wh) == (0.0, 72.0)
    assert night_account([rotten], sheet(lamps=()), DAY).covered_s == 24.0 * HOUR_S


def test_coverage_is_never_more_than_all() -> None:
    assert night_account([record(duration_s=24.2 * HOUR_S)], sheet(), DAY).coverage == 1.0


@pytest.mark.parametrize(("day", "hours"), [(date(2025, 3, 29), 23.0), (date(2025, 10, 25), 25.0)])
def test_a_night_in_which_clocks_are_changed_is_shorter_or_longer(day: date, hours: float) -> None:
    assert night_account([], sheet(), day).period_s == hours * HOUR_S


def test_measured_energy_has_its_share() -> None:
    found = night_account([record(lamp("L1", measured=True), lamp("L2"))], sheet(), DAY)
    assert found.measured_share == 0.5
    assert [x.measured_wh for x in found.lamps] == [400.0, 0.0]


def test_light_that_a_sensor_adds_makes_no_share_above_one() -> None:
    assert night_account([record(lamp(detected_s=11.0 * HOUR_S))], sheet(), DAY).p_det == 1.0


def test_sections_have_the_means_of_their_lamps() -> None:
    found = night_account([record(lamp("L1"), lamp("L2", burn_s=8.0 * HOUR_S))], sheet(), DAY)
    (section,) = found.sections
    assert (section.section, section.lamps, section.active_wh) == ("s", 2, 800.0)
    assert (section.burn_s, section.bright_s) == (9.0 * HOUR_S, 2.0 * HOUR_S)


def test_a_lamp_that_the_sheet_lacks_is_told_and_no_baseline_is_guessed() -> None:
    found = night_account([record(lamp("L1"), lamp("old"))], sheet(), DAY)
    assert found.undescribed == ("old",)
    assert found.standard == ()
    assert found.declared.baseline_wh == 2000.0
    assert [(x.lamp, x.section) for x in found.lamps] == [("L1", "s"), ("old", None)]
    assert [x.lamps for x in found.sections] == [1]


def test_nodes_are_added_up_each_with_its_own_figures() -> None:
    other = sheet("n2", ("L3",), price_per_kwh=Figure(0.5, 2026, "another"))
    sources = [Source(sheet(), [record()]), Source(other, [record(lamp("L3"))])]
    found = account(sources, night(DAY))
    assert found.declared.active_wh == 1200.0
    assert found.declared.overhead_wh == 144.0
    assert found.dark_s == 10.0 * HOUR_S
    assert found.cost_eur == pytest.approx(1.128 * 0.25 + 0.528 * 0.5)
    assert [x.value for x in found.price_figures] == [0.25, 0.5]
    assert len(found.co2_figures) == 1
    assert [x.node for x in found.nodes] == ["n1", "n2"]
    assert found.period_s == 48.0 * HOUR_S


def test_a_node_without_records_lowers_the_coverage_and_not_the_dark_hours() -> None:
    found = account([Source(sheet(), [record()]), Source(sheet("n2"), [])], night(DAY))
    assert found.coverage == 0.5
    assert found.dark_s == 10.0 * HOUR_S
    assert [(x.nights, x.covered_s) for x in found.nodes] == [(1, 24.0 * HOUR_S), (0, 0.0)]


def test_meters_are_told_as_they_are() -> None:
    records = [
        record(meters={"E1": MeterEnergy("E1", 100.0, 3600.0)}),
        record(night=NEXT, meters={"E1": MeterEnergy("E1", 50.0, 1800.0)}),
        record(night=NEXT),
    ]
    (meter,) = month_account(records, sheet(), DAY).meters
    assert (meter.node, meter.meter, meter.energy_wh, meter.known_s) == ("n1", "E1", 150.0, 5400.0)


def test_late_hours_are_those_of_the_declared_baseline() -> None:
    own = Baseline("own", 3, begin=NightTime(None, 22 * 60), end=NightTime("sunrise", -30))
    sources = [Source(sheet(), []), Source(sheet("n2", baseline=own), [])]
    assert [x.label for x in account(sources, night(DAY)).late_hours] == ["half_night/2", "own/3"]
    assert account(sources, night(DAY)).late_hours[1].begin == NightTime(None, 1320)


def parts_of(whole: LampEnergy, count: int) -> LampEnergy:
    """One of so many equal parts of what a lamp did."""
    return replace(
        whole,
        **{
            x.name: getattr(whole, x.name) / count
            for x in dataclasses.fields(whole)
            if x.name not in {"lamp", "switches", "measured"}
        },
    )


def quarters(whole: ClosedRecord, count: int) -> list[ClosedRecord]:
    fields = ("duration_s", "dark_s", "late_s", "overhead_wh")
    shares = {x: getattr(whole, x) / count for x in fields}
    lamps = {x: replace(parts_of(y, count), switches=0) for x, y in whole.lamps.items()}
    return [replace(whole, seq=i, lamps=lamps, **shares) for i in range(count)]


@given(st.integers(1, 96), st.permutations(["dusk_to_dawn/1", "half_night/2", "own/3"]))
def test_it_does_not_matter_how_a_night_was_divided_into_records(
    count: int, labels: list[str]
) -> None:
    nights = [record(night=DAY + timedelta(days=i), baseline=x) for i, x in enumerate(labels)]
    folded = month_account(nights, sheet(), DAY)
    raw = month_account([q for x in nights for q in quarters(x, count)], sheet(), DAY)
    assert raw.declared.net_wh == pytest.approx(folded.declared.net_wh)
    assert raw.co2_kg == pytest.approx(folded.co2_kg)
    assert raw.p_det == pytest.approx(folded.p_det)
    assert raw.coverage == pytest.approx(folded.coverage)
    for a, b in zip(raw.standard, folded.standard, strict=True):
        assert a.baseline_wh == pytest.approx(b.baseline_wh)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_the_nights_of_a_month_add_up_to_it(watt_hours: list[int]) -> None:
    records = [
        record(lamp(active_energy_wh=float(x)), night=date(2025, 1, 1 + i))
        for i, x in enumerate(watt_hours)
    ]
    source = [Source(sheet(), records)]
    whole = account(source, month(2025, 1))
    nights = [account(source, night(date(2025, 1, 1 + i))) for i in range(31)]
    assert whole.declared.net_wh == pytest.approx(sum(x.declared.net_wh for x in nights))
    assert whole.covered_s == pytest.approx(sum(x.covered_s for x in nights))
    assert whole.cost_eur == pytest.approx(sum(x.cost_eur for x in nights))

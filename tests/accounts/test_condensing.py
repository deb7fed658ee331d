from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.accounts.condensing import condensed
from controller.core.effects import MeterEnergy
from controller.store.records import ClosedRecord
from tests.accounts.build import DAY, lamp, month_account, record, sheet

WATT_HOURS = st.integers(0, 64).map(float)
SECONDS = st.integers(0, 900).map(float)
LABELS = st.sampled_from(["dusk_to_dawn/1", "half_night/2"])


@st.composite
def records(draw: st.DrawFn) -> ClosedRecord:
    lamps = [
        lamp(
            x,
            active_energy_wh=draw(WATT_HOURS),
            baseline_wh=draw(WATT_HOURS),
            detected_s=draw(SECONDS),
            burn_s=draw(SECONDS),
            switches=draw(st.integers(0, 3)),
            measured=draw(st.booleans()),
        )
        for x in draw(st.sampled_from([("L1",), ("L1", "L2"), ("L2", "old")]))
    ]
    made = record(
        *lamps,
        night=draw(st.sampled_from([None, DAY, DAY + timedelta(days=1)])),
        baseline=draw(LABELS),
        duration_s=draw(SECONDS),
        dark_s=draw(SECONDS),
        late_s=draw(SECONDS),
        overhead_wh=draw(WATT_HOURS),
        meters={"E1": MeterEnergy("E1", draw(WATT_HOURS), draw(SECONDS))},
    )
    return replace(made, lamps={}) if draw(st.integers(0, 9)) == 0 else made


@given(st.lists(records(), max_size=12))
def test_an_account_is_the_same_before_and_after(raw: list[ClosedRecord]) -> None:
    """Numbers are whole, so that sums are exact in any order; products are rounded."""
    before, after = (month_account(x, sheet(), DAY) for x in (raw, condensed(raw)))
    assert replace(after, lamps=(), standard=()) == replace(before, lamps=(), standard=())
    for one, other in zip(after.standard, before.standard, strict=True):
        assert replace(one, baseline_wh=0.0) == replace(other, baseline_wh=0.0)
        assert one.baseline_wh == pytest.approx(other.baseline_wh, rel=1e-12)
    assert {x.lamp: x for x in after.lamps} == {x.lamp: x for x in before.lamps}


def test_a_night_of_quarter_hours_becomes_one_record() -> None:
    raw = [record(seq=i, start_utc_s=900.0 * i, end_utc_s=900.0 * (i + 1)) for i in range(96)]
    (one,) = condensed(raw)
    assert (one.start_utc_s, one.end_utc_s) == (0.0, 86400.0)
    assert one.lamps["L1"].active_energy_wh == 96 * 400.0

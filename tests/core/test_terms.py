"""On what terms energy is recorded: quarter hours, the wall clock, baselines, meters, passages."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.effects import LampEnergy, RecordEnergy
from controller.core.events import (
    MotionReported,
    PowerMeasured,
    ProfileChanged,
    Stopped,
    TimePassed,
)
from controller.core.metering import Meter
from controller.core.moment import Moment
from controller.core.profile import Baseline, Profile
from controller.core.records import record_due_s
from controller.core.site import build_site
from controller.core.state import RECORD_S, begin
from tests.core.build import (
    NIGHT,
    NOON,
    Host,
    read_all,
    settled,
    started,
    straight_path,
    watt_hours,
)

FULL_W = 15.0
HOUR_S = 3600.0


def records(host: Host) -> list[RecordEnergy]:
    return [record for _, record in host.records()]


def spans(host: Host) -> list[tuple[float, float, float | None]]:
    return [(x.start_s, x.end_s, x.clock_offset_s) for x in records(host)]


def lamp_in(record: RecordEnergy, lamp: str = "L05") -> LampEnergy:
    return next(x for x in record.lamps if x.lamp == lamp)


def with_baseline(baseline: Baseline) -> Profile:
    return Profile(baseline=baseline)


# --- when a record is closed ----------------------------------------------------------------------


def test_records_end_at_the_quarter_hours_of_the_clock() -> None:
    utc_s = NIGHT + 100.0
    host = started(utc_s=utc_s, record_s=RECORD_S)
    read_all(host)
    host.run_to(2000.0)
    assert spans(host) == [(0.0, 800.0, utc_s), (800.0, 1700.0, utc_s)]


def test_without_a_trusted_clock_they_last_as_long_from_the_start() -> None:
    host = started(utc_s=None, record_s=RECORD_S)
    host.run_to(2000.0)
    assert spans(host) == [(0.0, 900.0, None), (900.0, 1800.0, None)]


def test_when_the_clock_gains_trust_the_open_record_ends_on_no_clock() -> None:
    host = started(utc_s=None, record_s=RECORD_S)
    host.run_to(950.0)
    host.utc_at_zero_s = NIGHT + 10.0
    host.tell(TimePassed())
    host.run_to(2000.0)
    assert spans(host) == [
        (0.0, 900.0, None),
        (900.0, 950.0, None),
        (950.0, 1790.0, NIGHT + 10.0),
    ]


@pytest.mark.parametrize("years", [-5, 5])
def test_a_step_of_the_clock_ends_a_record_on_the_clock_of_before(years: int) -> None:
    stepped_s = NIGHT + years * 365.25 * 86400.0
    host = started(utc_s=NIGHT, record_s=RECORD_S)
    read_all(host)
    host.run_to(1000.0)
    host.utc_at_zero_s = stepped_s
    host.tell(TimePassed())
    host.run_to(1900.0)
    found = spans(host)
    assert found[:2] == [(0.0, 900.0, NIGHT), (900.0, 1000.0, NIGHT)]
    assert found[2][::2] == (1000.0, stepped_s)
    assert sum(end_s - start_s for start_s, end_s, _ in found) == found[-1][1]


@given(st.floats(0.0, 2e9), st.floats(0.0, 1e6), st.sampled_from([1.0, 60.0, 300.0, RECORD_S]))
def test_a_record_is_never_due_before_it_began_and_never_too_long(
    offset_s: float, begun_s: float, record_s: float
) -> None:
    state = started().state
    sky = replace(state.sky, clock_offset_s=offset_s)
    state = state._replace(sky=sky, recorded_at_s=begun_s, record_s=record_s)
    due_s = record_due_s(state)
    assert 0.0 < due_s - begun_s <= 1.1 * record_s
    # Who comes just before, as sums of times are rounded, opens no record of no length.
    again_s = record_due_s(state._replace(recorded_at_s=due_s - 1e-7))
    assert again_s - due_s == pytest.approx(record_s, abs=1e-5)


def test_a_record_may_never_be_due() -> None:
    assert record_due_s(started(record_s=math.inf).state) == math.inf


# --- what it is compared with ---------------------------------------------------------------------


def test_the_baseline_changes_its_level_at_its_hours() -> None:
    evening_s = NIGHT - HOUR_S  # 22:00 by the clock on the wall; late begins at 23:00
    half = with_baseline(Baseline("half_night", level_pct=50.0))
    host = settled(profile=half, utc_s=evening_s, record_s=math.inf)
    host.run_to(2 * HOUR_S)
    host.tell(Stopped())
    record = records(host)[-1]
    assert (record.dark_s, record.late_s) == (2 * HOUR_S, HOUR_S)
    assert lamp_in(record).baseline_wh == pytest.approx(FULL_W + 1.2 + 13.8 / 2)
    assert record.baseline == "half_night/1"


def test_by_day_neither_is_counted() -> None:
    host = settled(utc_s=NOON, record_s=300.0)
    host.run_to(600.0)
    assert [(x.dark_s, x.late_s) for x in records(host)] == [(0.0, 0.0), (0.0, 0.0)]


def test_without_a_clock_late_hours_are_assumed_so_that_nothing_is_claimed() -> None:
    host = settled(utc_s=None, profile=with_baseline(Baseline("part_night", level_pct=0.0)))
    assert host.state.schedule.late


def test_another_baseline_begins_another_record() -> None:
    host = settled(record_s=RECORD_S)
    host.run_to(400.0)
    host.tell(ProfileChanged(with_baseline(Baseline("own", 3, level_pct=0.0, lamp_w=70.0))))
    host.run_to(900.0)
    first, second = records(host)
    assert (first.end_s, first.baseline) == (400.0, "dusk_to_dawn/1")
    assert (second.start_s, second.baseline) == (400.0, "own/3")
    assert lamp_in(first).baseline_wh == pytest.approx(watt_hours(FULL_W, 400.0))
    assert lamp_in(second).baseline_wh == 0.0  # it is after 23:00


# --- what was seen and measured -------------------------------------------------------------------


def test_somebody_detected_counts_from_the_first_light_to_the_last() -> None:
    host = settled(record_s=RECORD_S)
    host.run_to(200.0)
    host.passage("M05")
    lit_s = host.now_s
    while host.state.lamps["L05"].situation is not None and host.reason("L05") != "base":
        host.run_to(host.now_s + 0.1)
    lit_s = host.now_s - 200.0
    host.run_to(900.0)
    assert lamp_in(records(host)[0]).detected_s == pytest.approx(lit_s, abs=0.11)


def test_somebody_under_an_override_of_the_same_level_counts_too() -> None:
    level = with_baseline(Baseline())
    flat = replace(level, levels=replace(level.levels, base_pct=100.0))
    dimming, equal = settled(record_s=RECORD_S), settled(profile=flat, record_s=RECORD_S)
    for host in (dimming, equal):
        host.run_to(200.0)
        host.passage("M05")
        host.run_to(900.0)
    found = [lamp_in(records(host)[0]).detected_s for host in (dimming, equal)]
    assert found[0] == pytest.approx(found[1])
    assert found[0] > 10.0


def test_passages_are_counted_by_sensor_and_only_while_it_may_be_dark() -> None:
    by_night, by_day = settled(record_s=RECORD_S), settled(utc_s=NOON, record_s=RECORD_S)
    for host in (by_night, by_day):
        host.run_to(200.0)
        for sensor in ("M05", "M05", "M06"):
            host.passage(sensor)
            host.run_to(host.now_s + 30.0)
            host.motion(sensor, active=False)  # again: nothing new
        host.run_to(1800.0)
    assert [dict(x.passages) for x in records(by_night)] == [{"M05": 2, "M06": 1}, {}]
    assert [dict(x.passages) for x in records(by_day)] == [{}, {}]


def test_a_sensor_that_cannot_be_read_counts_nobody() -> None:
    host = settled(record_s=RECORD_S)
    host.tell(MotionReported("M05", active=None, at_s=host.now_s))
    host.motion("M05", active=False)
    host.run_to(900.0)
    assert dict(records(host)[0].passages) == {}


def metered(*meters: Meter) -> Host:
    state = begin(build_site(straight_path(), "n1"), Profile(), Moment(0.0, NIGHT), 900.0, meters)
    host = Host(state)
    host.tell(TimePassed())
    read_all(host)
    return host


def read_meters(host: Host, until_s: float, **watts: float | None) -> None:
    while host.now_s < until_s:
        host.run_to(min(host.now_s + 10.0, until_s))
        for meter, power_w in watts.items():
            host.tell(PowerMeasured(meter, power_w))


def test_a_lamp_with_a_meter_of_its_own_is_measured_and_the_others_are_modelled() -> None:
    host = metered(
        Meter("own", ("L05",)),
        Meter("group", ("L06", "L07")),
        Meter("all", ("L04",), controller=True),
    )
    read_meters(host, 900.0, own=7.0, group=9.0, all=4.0, unknown=1.0)
    (record,) = records(host)
    assert lamp_in(record).active_energy_wh == pytest.approx(watt_hours(7.0, 900.0))
    assert [x.lamp for x in record.lamps if x.measured] == ["L05"]
    told = {x.meter: x for x in record.meters}
    assert told["group"].energy_wh == pytest.approx(watt_hours(9.0, 890.0))
    assert told["group"].known_s == pytest.approx(890.0)
    assert "unknown" not in told
    read_meters(host, 1800.0, own=3.0)
    assert lamp_in(records(host)[1]).active_energy_wh == pytest.approx(
        watt_hours(3.0, 890.0) + watt_hours(7.0, 10.0)
    )


@settings(max_examples=20)
@given(st.sampled_from([None, 5.0]))
def test_a_meter_that_falls_silent_measures_nothing(last_w: float | None) -> None:
    host = metered(Meter("own", ("L05",)))
    read_meters(host, 300.0, own=5.0)
    host.tell(PowerMeasured("own", last_w))
    host.run_to(1000.0)
    (record,) = records(host)
    assert not lamp_in(record).measured
    assert record.meters[0].known_s == pytest.approx(290.0 + (0.0 if last_w is None else 60.0))

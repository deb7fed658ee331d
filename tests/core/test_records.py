"""Energy records: when they are closed and what stands in them."""

from dataclasses import replace

import pytest

from controller.core.effects import LampEnergy, RecordEnergy
from controller.core.events import (
    EmergencyDeclared,
    OverrideCleared,
    OverrideOrdered,
    ProfileChanged,
    Stopped,
)
from controller.core.profile import Profile
from controller.core.records import clock_changed, record_due_s
from tests.core.build import (
    LEAVING_S,
    NIGHT,
    NOON,
    QUIET_S,
    SPACING_M,
    Host,
    read_all,
    settled,
    started,
    watt_hours,
    with_levels,
)

P = Profile().presence
STANDBY_W, BASE_W, FULL_W, CONTROLLER_W = 0.4, 2.58, 15.0, 3.0
RAMP_W = 1.2 + 13.8 * 0.390865034  # mean power between 10 and 100 %: flux (100 - 10) / ln 10
DAWN_UTC_S = NOON + 18.5 * 3600.0  # an hour or so before


def last_record(host: Host) -> RecordEnergy:
    return host.records()[-1][1]


def lamp_in(record: RecordEnergy, lamp: str = "L05") -> LampEnergy:
    return next(x for x in record.lamps if x.lamp == lamp)


def test_a_record_is_closed_every_record_s_from_the_start_on() -> None:
    host = started(record_s=300.0)
    read_all(host)
    host.run_to(1000.0)
    assert [(at_s, x.duration_s) for at_s, x in host.records()] == [
        (300.0, 300.0),
        (600.0, 300.0),
        (900.0, 300.0),
    ]


@pytest.mark.parametrize(
    ("record_s", "begun_utc_s", "due_utc_s"),
    [
        (900.0, 0.0, 900.0),
        (900.0, 899.4, 900.0),
        (900.0, 899.6, 1800.0),  # half a second before the quarter hour
        (1.0, 0.89, 1.0),
        (1.0, 0.91, 2.0),  # or a tenth of a short record
    ],
)
def test_a_record_that_begins_just_before_a_multiple_ends_at_the_one_after(
    record_s: float, begun_utc_s: float, due_utc_s: float
) -> None:
    state = started(record_s=record_s).state
    offset_s = 5000.0
    state = state._replace(
        sky=replace(state.sky, clock_offset_s=offset_s), recorded_at_s=begun_utc_s - offset_s
    )
    assert record_due_s(state) == due_utc_s - offset_s


@pytest.mark.parametrize(
    ("before_s", "after_s", "changed"),
    [
        (100.0, 101.0, False),
        (100.0, 101.1, True),
        (100.0, 99.0, False),
        (100.0, 98.9, True),
        (None, 100.0, True),
        (100.0, None, True),
        (None, None, False),
    ],
)
def test_a_clock_has_changed_if_it_stepped_by_more_than_a_second_or_gained_or_lost_trust(
    before_s: float | None, after_s: float | None, *, changed: bool
) -> None:
    sky = started().state.sky
    before, after = (replace(sky, clock_offset_s=x) for x in (before_s, after_s))
    assert clock_changed(before, after) is changed


def test_stopping_closes_the_open_record() -> None:
    host = settled(record_s=300.0)
    host.run_to(430.0)
    host.tell(Stopped())
    assert [(at_s, x.duration_s) for at_s, x in host.records()] == [(300.0, 300.0), (430.0, 130.0)]


def test_stopping_twice_records_nothing_twice() -> None:
    host = settled()
    host.tell(Stopped())
    host.tell(Stopped())
    again = last_record(host)
    assert again.duration_s == 0.0
    assert {(x.active_energy_wh, x.baseline_wh, x.burn_s) for x in again.lamps} == {(0.0, 0.0, 0.0)}


def test_a_host_that_comes_late_gets_one_longer_record() -> None:
    host = settled(record_s=300.0)
    host.now_s = 1000.0
    host.motion("M05", active=False)
    [(at_s, record)] = host.records()
    assert (at_s, record.duration_s) == (1000.0, 1000.0)


def test_the_light_after_a_start_is_booked_until_enough_is_known() -> None:
    host = settled(record_s=1e6)
    host.run_to(300.0)
    host.tell(Stopped())
    full_s = SPACING_M / P.slowest_m_s  # everybody must have been seen once
    expected_wh = (
        watt_hours(FULL_W, full_s)
        + watt_hours(RAMP_W, P.fade_down_s)
        + watt_hours(BASE_W, 300.0 - full_s - P.fade_down_s)
    )
    for lamp in last_record(host).lamps:
        assert lamp.active_energy_wh == pytest.approx(expected_wh, rel=1e-8)
        assert lamp.baseline_wh == pytest.approx(watt_hours(FULL_W, 300.0))


def test_a_quiet_stretch_of_the_night() -> None:
    host = settled(record_s=300.0)
    host.run_to(600.0)
    record = last_record(host)
    assert [x.lamp for x in record.lamps] == ["L04", "L05", "L06", "L07"]
    assert record.overhead_wh == pytest.approx(watt_hours(CONTROLLER_W, 300.0))
    for lamp in record.lamps:
        assert lamp.active_energy_wh == pytest.approx(watt_hours(BASE_W, 300.0))
        assert lamp.baseline_wh == pytest.approx(watt_hours(FULL_W, 300.0))
        assert (lamp.burn_s, lamp.switches) == (300.0, 0)


def test_a_stretch_of_the_day() -> None:
    host = settled(utc_s=NOON, record_s=300.0)
    host.run_to(600.0)
    lamp = lamp_in(last_record(host))
    assert lamp.active_energy_wh == pytest.approx(watt_hours(STANDBY_W, 300.0))
    assert (lamp.baseline_wh, lamp.burn_s, lamp.switches) == (0.0, 0.0, 0)


def test_a_passage_costs_its_fades_and_the_light_between_them() -> None:
    host = settled(record_s=300.0)
    host.run_to(350.0)
    host.passage("M05", 2.0)
    host.run_to(600.0)
    held_s = 2.0 + LEAVING_S
    base_s = 300.0 - held_s - P.fade_down_s
    expected_wh = (
        watt_hours(RAMP_W, P.fade_up_s + P.fade_down_s)
        + watt_hours(FULL_W, held_s - P.fade_up_s)
        + watt_hours(BASE_W, base_s)
    )
    assert lamp_in(last_record(host)).active_energy_wh == pytest.approx(expected_wh, rel=1e-8)


def test_a_record_closed_in_mid_fade_loses_nothing() -> None:
    once, cut = settled(record_s=1e6), settled(record_s=1e6)
    for host in (once, cut):
        host.motion("M05", active=True)
        host.run_to(QUIET_S + P.fade_up_s / 3)
        if host is cut:
            host.tell(Stopped())
        host.run_to(QUIET_S + 2.0)
        host.motion("M05", active=False)
        host.run_to(300.0)
        host.tell(Stopped())
    whole = lamp_in(last_record(once)).active_energy_wh
    parts = sum(lamp_in(x).active_energy_wh for _, x in cut.records())
    assert parts == pytest.approx(whole, rel=1e-12)


def test_the_baseline_begins_to_burn_exactly_at_dusk() -> None:
    host = settled(utc_s=NOON, record_s=1e6)
    host.run_to(8 * 3600.0)
    host.tell(Stopped())
    [(dusk_s, _, _)] = host.fades("L05")
    lamp = lamp_in(last_record(host))
    dark_s = host.now_s - dusk_s
    assert lamp.baseline_wh == pytest.approx(watt_hours(FULL_W, dark_s))
    assert lamp.burn_s == pytest.approx(dark_s + P.fade_down_s)  # the fade to off at the start


def test_the_baseline_ends_exactly_at_dawn() -> None:
    host = settled(utc_s=DAWN_UTC_S, record_s=1e6)
    host.run_to(3 * 3600.0)
    host.tell(Stopped())
    at_s, level, reason = host.fades("L05")[-1]
    assert (level, reason) == (0.0, "day")
    lamp = lamp_in(last_record(host))
    assert lamp.baseline_wh == pytest.approx(watt_hours(FULL_W, at_s))
    assert lamp.burn_s == pytest.approx(at_s + P.fade_down_s)


def test_while_daylight_is_unknown_no_saving_is_claimed() -> None:
    host = settled(utc_s=None, record_s=300.0)
    host.run_to(300.0)
    lamp = lamp_in(last_record(host))
    assert lamp.baseline_wh == 0.0
    assert lamp.active_energy_wh == pytest.approx(watt_hours(FULL_W, 300.0))


def test_an_emergency_by_day_is_a_cost_without_a_baseline() -> None:
    host = settled(utc_s=NOON, record_s=300.0)
    host.run_to(300.0)
    host.tell(EmergencyDeclared(None))
    host.run_to(600.0)
    lamp = lamp_in(last_record(host))
    assert lamp.baseline_wh == 0.0
    assert lamp.active_energy_wh > watt_hours(RAMP_W, 300.0)
    assert (lamp.burn_s, lamp.switches) == (300.0, 1)


def test_switching_on_counts_once_however_often_the_level_changes() -> None:
    host = settled(utc_s=NOON, record_s=1e6)
    host.tell(OverrideOrdered(("L05",), 30.0, None))
    host.tell(OverrideOrdered(("L05",), 60.0, None))
    host.run_to(QUIET_S + 60.0)
    host.tell(OverrideCleared(("L05",)))
    host.run_to(QUIET_S + 120.0)
    host.tell(OverrideOrdered(("L05",), 30.0, None))
    host.tell(Stopped())
    assert lamp_in(last_record(host)).switches == 2
    assert lamp_in(last_record(host), "L06").switches == 0


def test_a_lamp_that_never_went_off_was_not_switched() -> None:
    host = settled(record_s=1e6)
    host.tell(OverrideOrdered(("L05",), 0.0, None))
    host.run_to(QUIET_S + P.fade_down_s / 2)
    assert host.level("L05") > 0.0
    host.tell(OverrideCleared(("L05",)))
    host.tell(Stopped())
    assert lamp_in(last_record(host)).switches == 0


@pytest.mark.parametrize("base_pct", [0.0, 1.0, 5.0, 10.0, 15.0, 20.0, 25.0, 100.0])
def test_every_night_can_be_booked_to_its_end(base_pct: float) -> None:
    host = settled(utc_s=DAWN_UTC_S, profile=with_levels(base_pct=base_pct))
    host.run_to(3 * 3600.0)
    assert host.target("L05") == 0.0
    assert sum(x.duration_s for _, x in host.records()) == host.records()[-1][0]


def test_a_profile_changed_by_night_leaves_the_baseline_alone() -> None:
    host = settled(utc_s=NIGHT, record_s=300.0)
    host.run_to(400.0)
    host.tell(ProfileChanged(with_levels(base_pct=25.0)))
    host.run_to(600.0)
    assert lamp_in(last_record(host)).baseline_wh == pytest.approx(watt_hours(FULL_W, 300.0))

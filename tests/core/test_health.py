"""Health: hysteresis, what is counted, hours and nights, and what it costs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.events import IdentifyOrdered, NeighbourReported, OverrideOrdered
from controller.core.health.alarms import (
    AlarmChange,
    Evidence,
    Key,
    Vitals,
    between,
    readable,
)
from controller.core.health.examining import EXAMINE_S, RULES, examined, observed
from controller.core.health.host import MIB
from controller.core.health.hours import GREATEST_NIGHT_H, LEAST_NIGHT_H
from tests.core.build import NIGHT, NOON
from tests.core.health_patient import HOUR_S, Patient, patient, unlit_path

MINUTE_S = 60.0


def with_neighbour() -> Patient:
    return patient(path=unlit_path(8, 4))


def silent(found: Patient, *, is_silent: bool) -> None:
    found.tell(NeighbourReported("n1", online=not is_silent))


@pytest.mark.parametrize(
    ("value", "expected"), [(10.0, True), (9.9, None), (5.1, None), (5.0, False), (0.0, False)]
)
def test_much_is_bad_from_one_limit_and_fine_below_another(
    value: float,
    expected: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    assert between(value, fine=5.0, faulty=10.0) is expected
    assert between(-value, fine=-5.0, faulty=-10.0) is expected


def test_evidence_has_three_digits() -> None:
    told: Evidence = {"lux": 1234.5, "share": 0.98765, "cause": "read_only"}
    assert readable(told) == {"lux": 1230.0, "share": 0.988, "cause": "read_only"}


def test_an_alarm_is_raised_once_its_fault_has_shown_for_long_enough() -> None:
    found = with_neighbour()
    found.run_to(10 * MINUTE_S)
    silent(found, is_silent=True)
    found.run_to(16 * MINUTE_S - 1.0)
    assert found.changes == []
    found.run_to(60 * MINUTE_S)
    evidence = {"lamps_kept_lit": 2.0}
    at_s = 16 * MINUTE_S
    assert found.changes == [AlarmChange("neighbour_silent", "n1", True, at_s, evidence)]  # noqa: FBT003
    assert found.alarms == {"neighbour_silent:n1"}
    assert found.since_s("neighbour_silent", "n1") == 16 * MINUTE_S


def test_it_is_cleared_once_the_fault_has_not_shown_for_long_enough() -> None:
    found = with_neighbour()
    silent(found, is_silent=True)
    found.run_to(10 * MINUTE_S)
    silent(found, is_silent=False)
    found.run_to(14 * MINUTE_S)
    silent(found, is_silent=True)
    found.run_to(15 * MINUTE_S)
    silent(found, is_silent=False)
    found.run_to(21 * MINUTE_S - 1.0)
    assert found.alarms == {"neighbour_silent:n1"}
    found.run_to(60 * MINUTE_S)
    assert found.cleared("neighbour_silent") == [(21 * MINUTE_S, "n1")]
    assert found.alarms == set()


def test_a_short_fault_raises_nothing() -> None:
    found = with_neighbour()
    for minute in range(10, 60, 10):
        found.run_to(minute * MINUTE_S)
        silent(found, is_silent=True)
        found.run_to((minute + 4) * MINUTE_S)
        silent(found, is_silent=False)
    found.run_for(HOUR_S)
    assert found.changes == []


def test_time_in_which_nobody_looked_does_not_count() -> None:
    found = with_neighbour()
    silent(found, is_silent=True)
    found.run_to(MINUTE_S)
    found.examine_at_s = HOUR_S
    found.run_to(HOUR_S)
    assert found.alarms == set()


def test_time_in_which_nothing_can_be_told_does_not_count() -> None:
    found = patient()
    little = Vitals(free_bytes=int(MIB))
    for vitals, minutes in ((little, 3), (Vitals(), 60), (little, 2)):
        found.vitals = vitals
        found.run_for(minutes * MINUTE_S)
    assert found.alarms == set()
    found.run_for(MINUTE_S)
    assert found.alarms == {"disk_full:n0"}
    found.vitals = Vitals()
    found.run_for(HOUR_S)
    assert found.alarms == {"disk_full:n0"}


CONDITIONS = st.builds(
    Vitals,
    free_bytes=st.sampled_from([None, 0, int(100 * MIB), int(1000 * MIB)]),
    store_fails=st.booleans(),
    undervoltage=st.sampled_from([None, False, True]),
    throttled=st.sampled_from([None, False, True]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(CONDITIONS, st.integers(1, 12)), max_size=6))
def test_alarms_are_raised_and_cleared_in_turn(told: list[tuple[Vitals, int]]) -> None:
    found = patient()
    for vitals, minutes in told:
        found.vitals = vitals
        found.run_for(minutes * MINUTE_S)
    raised: set[str] = set()
    for change in found.changes:
        name = f"{change.code}:{change.subject}"
        assert change.raised == (name not in raised)
        raised ^= {name}
    assert raised == found.alarms


def test_what_was_known_before_stays_as_it_was() -> None:
    found = patient()
    found.vitals = Vitals(read_only=True)
    found.run_to(5 * MINUTE_S)
    before = found.health
    suspected_s = dict(before.suspected_s)
    later = found.moment._replace(mono_s=6 * MINUTE_S)
    after, changes = examined(before, before.state, later, found.vitals)
    assert [change.code for change in changes] == ["store_unwritable"]
    assert before.alarms == {}
    assert before.suspected_s == suspected_s
    assert set(map(str, after.alarms)) == {"store_unwritable:n0"}


def test_a_state_that_was_seen_changes_nothing() -> None:
    found = patient()
    assert observed(found.health, found.state, found.moment) is found.health


MINUTES_SHOWN = {
    # By alarm: after how many minutes it is raised, and after how many without its fault cleared.
    "motion_sensor_unreadable": (1, 1),
    "motion_sensor_stuck": (0, 30),
    "motion_sensor_blind": (0, 60),
    "motion_sensor_chattering": (5, 30),
    "motion_sensor_restless": (60, 120),
    "light_sensor_unreadable": (30, 5),
    "light_sensor_covered": (60, 10),
    "light_sensor_lamplit": (30, 60),
    "light_sensor_against_sun": (0, 0),
    "meter_gone": (10, 5),
    "lamp_failed": (10, 10),
    "lamp_dim": (30, 30),
    "lamp_overdrawn": (30, 30),
    "day_burner": (30, 10),
    "lit_in_daylight": (30, 10),
    "lamp_cycling": (0, 0),
    "lamp_switching": (0, 0),
    "lamp_lit_all_night": (0, 0),
    "lamp_gear_fault": (1, 1),
    "neighbour_silent": (5, 5),
    "clock_untrusted": (60, 0),
    "disk_full": (5, 5),
    "store_unwritable": (5, 5),
    "supply_undervoltage": (0, 0),
    "host_throttled": (0, 0),
    "restart_loop": (0, 60),
}


def test_every_alarm_has_its_times() -> None:
    minutes = {x.code: (x.raise_s / MINUTE_S, x.clear_s / MINUTE_S) for x in RULES}
    assert minutes == MINUTES_SHOWN
    assert len(minutes) == len(RULES)


@pytest.mark.parametrize("elapsed_s", [120.0, 119.0])
def test_a_fault_counts_for_two_minutes_at_most_from_one_look_to_the_next(
    elapsed_s: float,
) -> None:
    found = patient()
    found.vitals = Vitals(free_bytes=0)
    found.run_to(MINUTE_S)
    key = Key("disk_full", "n0")
    assert found.health.suspected_s == {key: 0.0}
    health = found.health
    for later_s, shown_s in ((elapsed_s, elapsed_s), (1000.0, 120.0)):
        moment = found.moment._replace(mono_s=found.now_s + later_s)
        after, _ = examined(health, found.state, moment, found.vitals)
        assert after.suspected_s == {key: shown_s}


def test_a_node_looks_once_a_minute() -> None:
    assert EXAMINE_S == 60.0


# --- counting -------------------------------------------------------------------------------------


def test_rises_and_high_time_are_counted() -> None:
    found = patient()
    found.run_to(100.0)
    for _ in range(3):
        found.passage("M02", 5.0)
        found.run_for(20.0)
    count = found.health.counts.motion["M02"]
    assert (count.rises, count.high_s) == (3, 15.0)
    assert found.health.counts.motion["M03"].rises == 0


def test_a_sensor_that_cannot_be_read_does_not_rise() -> None:
    found = patient()
    found.run_to(50.0)
    found.motion("M02", active=None)
    found.run_for(100.0)
    found.motion("M02", active=False)
    count = found.health.counts.motion["M02"]
    assert (count.rises, count.high_s) == (0, 100.0)


def test_ups_are_counted_but_for_pulses() -> None:
    found = patient()
    found.run_to(200.0)
    assert found.level("L02") == 10.0
    found.tell(OverrideOrdered(("L02",), 50.0, 600.0))
    found.tell(IdentifyOrdered("L03", 60.0))
    found.run_for(120.0)
    ups = {lamp: count.ups for lamp, count in found.health.counts.lamps.items()}
    assert ups["L02"] == 1
    assert ups["L03"] <= 1


def test_need_is_counted_in_the_dark_only() -> None:
    needed_s = {}
    for utc_s in (NIGHT, NOON):
        found = patient(utc_s=utc_s)
        found.run_to(200.0)
        before_s = found.health.counts.booked(found.state, found.now_s).lamps["L02"].needed_s
        found.motion("M02", active=True)
        found.run_for(100.0)
        after_s = found.health.counts.booked(found.state, found.now_s).lamps["L02"].needed_s
        needed_s[utc_s] = after_s - before_s
    assert needed_s == {NIGHT: 100.0, NOON: 0.0}


# --- hours and nights -----------------------------------------------------------------------------


def test_an_hour_is_dark_if_all_of_it_was() -> None:
    found = patient(utc_s=NOON)
    dark = {}
    for hour in range(1, 24):
        found.run_to(hour * HOUR_S)
        past = found.health.hours.past
        assert past is not None
        dark[hour] = past.dark
    # It is dark from 16:08 to 7:14 UTC.
    assert [hour for hour, was in dark.items() if was] == list(range(6, 20))


def test_a_night_is_told_of_when_it_ends() -> None:
    found = patient(utc_s=NOON)
    found.run_to(17 * HOUR_S)
    night = found.health.hours.told
    assert night is not None
    assert night.hours == GREATEST_NIGHT_H
    found.run_to(24 * HOUR_S)
    assert found.health.hours.told is night


def test_a_short_night_is_not_told_of() -> None:
    found = patient(utc_s=NIGHT + 6.5 * HOUR_S)  # half past four, UTC
    found.run_to((LEAST_NIGHT_H + 1) * HOUR_S)
    assert not found.state.sky.dark
    assert found.health.hours.told is None


def test_the_night_goes_on_without_a_clock() -> None:
    found = patient(utc_s=None)
    found.run_to(GREATEST_NIGHT_H * HOUR_S)
    night = found.health.hours.told
    assert night is not None
    assert night.hours == GREATEST_NIGHT_H

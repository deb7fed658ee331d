"""Health of motion sensors: each fault is found in its time, and what looks like one is not."""

import pytest

from controller.core.events import NeighbourReported
from controller.core.health.sensors import BLIND_PASSINGS, STUCK_PER_HOLD_S, STUCK_S
from tests.core.build import NIGHT, NOON, SPACING_M, line
from tests.core.health_patient import HOUR_S, Patient, patient, unlit_path

MINUTE_S = 60.0
SENSORS = tuple(f"M{i:02}" for i in range(6))
RIDER_M_S = 5.0
SOON_S = 200.0


def soon(utc_s: float | None = NIGHT) -> Patient:
    """A node for which nobody has come yet."""
    found = patient(utc_s=utc_s)
    found.run_to(SOON_S)
    return found


def ride(found: Patient, unseen_by: set[str] | None = None) -> None:
    """Let somebody ride along the path, alone, and wait until they have left it."""
    begin_s = found.now_s
    for number, sensor in enumerate(SENSORS):
        found.run_to(begin_s + number * SPACING_M / RIDER_M_S)
        if sensor not in (unseen_by or ()):
            found.passage(sensor)
    found.run_to(begin_s + 90.0)


def trigger(found: Patient, sensors: tuple[str, ...], every_s: float, until_s: float) -> None:
    """Let sensors trigger together for a second, again and again."""
    while found.now_s < until_s:
        for sensor in sensors:
            found.motion(sensor, active=True)
        found.run_for(1.0)
        for sensor in sensors:
            found.motion(sensor, active=False)
        found.run_for(every_s - 1.0)


# --- unreadable -----------------------------------------------------------------------------------


def test_a_sensor_that_cannot_be_read_is_told_of_after_a_minute() -> None:
    found = soon()
    found.run_to(300.0)
    found.motion("M02", active=None)
    found.run_to(420.0)
    assert found.raised("motion_sensor_unreadable") == [(420.0, "M02")]
    found.motion("M02", active=False)
    found.run_to(540.0)
    assert found.cleared("motion_sensor_unreadable") == [(540.0, "M02")]


def test_sensors_that_are_read_at_the_start_are_no_alarm() -> None:
    found = patient(read=False)
    found.run_to(30.0)
    for sensor in SENSORS:
        found.motion(sensor, active=False)
    found.run_to(HOUR_S)
    assert found.changes == []


# --- stuck ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("utc_s", [NIGHT, NOON])
def test_a_stuck_sensor_is_found_after_two_hours(utc_s: float) -> None:
    found = soon(utc_s)
    found.motion("M02", active=True)
    found.run_to(SOON_S + STUCK_S - 1.0)
    assert found.alarms == set()
    found.run_to(SOON_S + STUCK_S + MINUTE_S)
    assert found.alarms == {"motion_sensor_stuck:M02"}
    found.run_to(SOON_S + STUCK_S + 4 * HOUR_S)
    assert found.alarms == {"motion_sensor_stuck:M02"}


def test_a_sensor_that_falls_now_and_then_is_not_stuck() -> None:
    found = soon(NOON)
    for _ in range(4):
        found.passage("M02", STUCK_S - MINUTE_S)
        found.run_for(5.0)
    assert found.changes == []


def test_an_output_that_stays_high_for_long_is_given_more_time() -> None:
    found = soon(NOON)
    watch = found.state.watch
    habit = watch.tracks.habits["M02"]._replace(hold_s=30.0)
    tracks = watch.tracks.learned("M02", habit)
    found.state = found.state._replace(watch=watch._replace(tracks=tracks))
    found.motion("M02", active=True)
    found.run_to(SOON_S + STUCK_S + 30.0 * STUCK_PER_HOLD_S - 1.0)
    assert found.alarms == set()
    found.run_for(2 * MINUTE_S)
    assert found.alarms == {"motion_sensor_stuck:M02"}


def test_it_is_cleared_when_it_was_low_for_half_an_hour() -> None:
    found = soon()
    found.passage("M02", STUCK_S + HOUR_S)
    low_s = found.now_s
    found.run_for(HOUR_S)
    ((cleared_s, _),) = found.cleared("motion_sensor_stuck")
    assert 1800.0 <= cleared_s - low_s <= 1800.0 + 2 * MINUTE_S


# --- blind ----------------------------------------------------------------------------------------


def test_a_blind_sensor_is_found_by_those_who_pass_it() -> None:
    found = soon()
    for _ in range(BLIND_PASSINGS):
        ride(found, {"M03"})
    assert found.health.counts.motion["M03"].unseen == BLIND_PASSINGS
    found.run_to(HOUR_S - 1.0)
    assert found.alarms == set()
    found.run_to(HOUR_S)
    assert found.raised("motion_sensor_blind") == [(HOUR_S, "M03")]
    assert found.alarms == {"motion_sensor_blind:M03"}


def test_it_is_cleared_when_it_has_seen_people_for_an_hour() -> None:
    found = soon()
    for _ in range(BLIND_PASSINGS):
        ride(found, {"M03"})
    found.run_to(HOUR_S)
    for _ in range(60):
        ride(found)
    found.run_to(3 * HOUR_S)
    assert found.cleared("motion_sensor_blind") == [(3 * HOUR_S, "M03")]


def test_a_sensor_that_saw_one_of_them_is_not_blind() -> None:
    found = soon()
    for number in range(3 * BLIND_PASSINGS):
        ride(found, {"M03"} if number % BLIND_PASSINGS else None)
    found.run_to(3 * HOUR_S)
    assert found.changes == []


def test_whether_a_sensor_at_a_paths_end_is_blind_cannot_be_known() -> None:
    found = soon()
    for _ in range(2 * BLIND_PASSINGS):
        ride(found, {"M00", "M05"})
    found.run_to(2 * HOUR_S)
    assert found.changes == []


def test_a_sensor_that_is_busy_is_not_blind() -> None:
    found = soon()
    found.motion("M03", active=True)
    for _ in range(BLIND_PASSINGS):
        ride(found, {"M03"})
    assert found.health.counts.motion["M03"].unseen == 0


# --- chattering -----------------------------------------------------------------------------------


def test_a_chattering_sensor_is_found_after_six_minutes() -> None:
    found = soon(NOON)
    trigger(found, ("M02",), 1.5, 360.0)
    assert found.alarms == set()
    trigger(found, ("M02",), 1.5, 600.0)
    assert found.raised("motion_sensor_chattering") == [(600.0, "M02")]
    found.run_to(600.0 + 32 * MINUTE_S)
    assert found.cleared("motion_sensor_chattering") == [(600.0 + 31 * MINUTE_S, "M02")]


def test_as_much_as_people_can_cause_is_no_chatter() -> None:
    found = soon(NOON)
    trigger(found, ("M02",), 4.0, HOUR_S)
    assert found.changes == []


# --- restless -------------------------------------------------------------------------------------


@pytest.mark.parametrize("every_s", [20.0, 60.0, 120.0])
def test_a_sensor_that_triggers_in_the_wind_is_found_after_two_dark_hours(every_s: float) -> None:
    found = soon()
    trigger(found, ("M02",), every_s, 2 * HOUR_S - MINUTE_S)
    assert found.alarms == set()
    trigger(found, ("M02",), every_s, 2 * HOUR_S + 2 * MINUTE_S)
    assert found.alarms == {"motion_sensor_restless:M02"}
    found.run_to(6 * HOUR_S)
    assert found.alarms == set()


def test_by_day_a_restless_sensor_is_left_alone() -> None:
    found = soon(NOON)
    trigger(found, ("M02",), 60.0, 4 * HOUR_S)
    assert found.changes == []


def test_sensors_that_see_the_same_people_are_not_restless() -> None:
    found = soon()
    for _ in range(100):
        ride(found)
    assert found.changes == []


def test_a_sensor_that_hardly_falls_is_restless() -> None:
    found = soon()
    for _ in range(8):
        found.passage("M02", 1000.0)
        found.run_for(20.0)
    assert found.alarms == {"motion_sensor_restless:M02"}


def test_beside_stuck_sensors_nobody_knows_who_is_restless() -> None:
    found = patient(path=line(60.0, {"L0": 10.0, "L1": 45.0}, {"M0": 10.0, "M1": 45.0}), node="n")
    found.run_to(SOON_S)
    found.motion("M1", active=True)
    trigger(found, ("M0",), 60.0, 4 * HOUR_S)
    assert found.alarms == {"motion_sensor_stuck:M1"}


def test_next_to_a_stuck_sensor_nothing_is_concluded_from_lone_passages() -> None:
    found = soon()
    found.motion("M01", active=True)
    for _ in range(100):
        ride(found, {"M01"})
    assert found.alarms == {"motion_sensor_stuck:M01"}


def test_of_a_sensor_that_cannot_be_read_nothing_is_concluded() -> None:
    found = soon()
    trigger(found, ("M02",), 60.0, HOUR_S - 30.0)
    found.motion("M02", active=None)
    found.run_to(3 * HOUR_S)
    assert found.alarms == {"motion_sensor_unreadable:M02"}


def test_sensors_of_a_silent_neighbour_prove_nothing() -> None:
    found = patient("n0", path=unlit_path(2, 1))
    found.run_to(SOON_S)
    found.tell(NeighbourReported("n1", online=False))
    trigger(found, ("M00",), 60.0, 4 * HOUR_S)
    assert found.alarms == {"neighbour_silent:n1"}


# --- burning all night ----------------------------------------------------------------------------


def alone() -> Patient:
    """A single lamp with a sensor, of which no other can tell anything, seven hours before dawn."""
    found = patient(path=line(20.0, {"L": 10.0}, {"M": 10.0}), node="n", utc_s=NIGHT + 2 * HOUR_S)
    found.run_to(SOON_S)
    return found


def test_a_lamp_that_burns_for_nobody_is_found_at_dawn_of_the_first_night() -> None:
    found = alone()
    trigger(found, ("M",), 20.0, 8 * HOUR_S)
    ((at_s, subject),) = found.raised("lamp_lit_all_night")
    assert subject == "L"
    assert 7 * HOUR_S < at_s <= 7.5 * HOUR_S
    assert found.changes[0].evidence["share_of_quietest_hour"] >= 0.7


def test_a_night_with_a_quiet_hour_is_none() -> None:
    found = alone()
    trigger(found, ("M",), 20.0, 2.5 * HOUR_S)
    found.run_to(4.5 * HOUR_S)
    trigger(found, ("M",), 20.0, 8 * HOUR_S)
    assert found.changes == []

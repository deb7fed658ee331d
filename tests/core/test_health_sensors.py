"""Health of motion sensors: each fault is found in its time, and what looks like one is not."""

import math

import pytest

from controller.core.events import NeighbourReported
from controller.core.habits import Habit
from controller.core.health.examination import Examination
from controller.core.health.hours import MotionHour, PastHour
from controller.core.health.sensors import BLIND_PASSINGS, STUCK_PER_HOLD_S, STUCK_S
from controller.core.presence import Evidence, unread
from tests.core.build import NIGHT, NOON, SPACING_M, line
from tests.core.health_patient import (
    HOUR_S,
    Patient,
    findings,
    looked_at,
    node_state,
    patient,
    unlit_path,
    verdicts,
)

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


# --- the limits -----------------------------------------------------------------------------------

QUIET = MotionHour(rises_per_h=0.0, high_share=0.0, lone_per_h=0.0, near_per_h=0.0, unseen=0)


def after(hour: MotionHour, *, dark: bool = True, unreadable: tuple[str, ...] = ()) -> Examination:
    """An examination after an hour of M02 like this; the other sensors saw nothing."""
    state = node_state()
    state = state._replace(watch=state.watch._replace(unreadable=frozenset(unreadable)))
    past = PastHour(dark, dict.fromkeys(SENSORS, QUIET) | {"M02": hour}, {})
    return looked_at(state, past=past)


def seeing_since(active_at_s: float, hold_s: float, now_s: float) -> Examination:
    """A sensor M02 that sees somebody, whose output is known to stay high for `hold_s`."""
    state = node_state()
    watch, tracks = state.watch, state.watch.tracks
    evidence = dict.fromkeys(watch.evidence, Evidence(0.0, 0.0)) | {
        "M02": Evidence(active_at_s, 0.0)
    }
    habits = {**tracks.habits, "M02": Habit(hold_s=hold_s)}
    watch = watch._replace(
        evidence=evidence, tracks=tracks._replace(habits=habits), unreadable=frozenset()
    )
    return looked_at(state._replace(watch=watch), now_s=now_s)


@pytest.mark.parametrize(
    ("hold_s", "high_s", "faulty"),
    [(0.0, 7200.0, True), (0.0, 7199.9, None), (30.0, 14400.0, True), (30.0, 14399.9, None)],
)
def test_a_sensor_is_stuck_from_two_hours_and_four_minutes_for_every_second_of_its_hold(
    hold_s: float,
    high_s: float,
    faulty: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    found = findings("motion_sensor_stuck", seeing_since(100.0, hold_s, 100.0 + high_s))
    assert {sensor: x.faulty for sensor, x in found.items()} == {
        **dict.fromkeys(SENSORS, False),
        "M02": faulty,
    }
    assert found["M02"].evidence == {"high_h": high_s / HOUR_S, "output_hold_s": hold_s}


def test_of_a_sensor_that_cannot_be_read_nobody_knows_whether_it_is_stuck() -> None:
    state = node_state()
    evidence = dict.fromkeys(state.watch.evidence, unread(600.0))
    x = looked_at(state._replace(watch=state.watch._replace(evidence=evidence)), now_s=9600.0)
    assert verdicts("motion_sensor_stuck", x) == {}
    found = findings("motion_sensor_unreadable", x)
    assert {sensor: x.faulty for sensor, x in found.items()} == dict.fromkeys(SENSORS, True)
    assert found["M00"].evidence == {"minutes": 150.0}


@pytest.mark.parametrize(
    ("unseen", "rises_per_h", "told"),
    [(15, 0.0, True), (14, 0.5, False), (14, 0.0, None), (0, 0.0, None), (0, 3.0, False)],
)
def test_a_sensor_is_blind_to_fifteen_in_a_row_and_sees_again_once_it_rises(
    unseen: int,
    rises_per_h: float,
    told: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    hour = QUIET._replace(unseen=unseen, rises_per_h=rises_per_h)
    found = findings("motion_sensor_blind", after(hour))
    assert {s: x.faulty for s, x in found.items()} == ({} if told is None else {"M02": told})
    assert not told or found["M02"].evidence == {"passed_unseen": 15.0}


@pytest.mark.parametrize(
    ("rises", "elapsed_s", "faulty"),
    [
        (30, 60.0, True),
        (29, 60.0, None),
        (21, 60.0, None),
        (20, 60.0, False),
        (60, 120.0, True),
        (59, 120.0, None),
        (1, 0.5, True),
    ],
)
def test_a_sensor_chatters_from_30_rises_a_minute_and_is_calm_again_from_20(
    rises: int,
    elapsed_s: float,
    faulty: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    x = looked_at(node_state(), rises={"M02": rises}, elapsed_s=elapsed_s)
    found = findings("motion_sensor_chattering", x)
    assert {sensor: x.faulty for sensor, x in found.items()} == {
        **dict.fromkeys(SENSORS, False),
        "M02": faulty,
    }
    assert found["M02"].evidence == {"rises_per_min": rises * 60.0 / elapsed_s}


def test_no_time_is_too_short_to_tell_chatter() -> None:
    assert verdicts("motion_sensor_chattering", looked_at(node_state(), elapsed_s=0.0)) == {}


@pytest.mark.parametrize(
    ("lone_per_h", "near_per_h", "rises_per_h", "high_share", "faulty"),
    [
        (12.0, 0.0, 1.0, 0.0, True),  # so many that no other confirms
        (11.9, 0.0, 1.0, 0.0, None),
        (6.1, 0.0, 1.0, 0.0, None),
        (6.0, 0.0, 1.0, 0.0, False),
        (0.0, 10.0, 60.0, 0.0, True),  # 30, and three times as many as near
        (0.0, 10.0, 59.0, 0.0, None),
        (0.0, 10.0, 41.0, 0.0, None),  # 20, and twice as many
        (0.0, 10.0, 40.0, 0.0, False),
        (0.0, 0.0, 30.0, 0.0, True),
        (0.0, 0.0, 29.0, 0.0, None),
        (0.0, math.inf, 900.0, 0.0, False),  # there is none near
        (0.0, 0.0, 0.5, 0.9, True),  # high for nearly all of the hour
        (0.0, 0.0, 0.5, 0.89, None),
        (0.0, 0.0, 0.5, 0.71, None),
        (0.0, 0.0, 0.5, 0.7, False),
        (0.0, 0.0, 0.0, 1.0, False),  # it never falls: stuck instead
        (None, 0.0, 1.0, 0.0, None),  # those next to it could not tell
        (0.0, None, 1.0, 0.0, None),
        (None, 0.0, 30.0, 0.0, True),  # one sign is enough
    ],
)
def test_a_sensor_is_restless_by_what_none_confirms_or_beside_others_or_if_it_hardly_falls(
    lone_per_h: float | None,
    near_per_h: float | None,
    rises_per_h: float,
    high_share: float,
    faulty: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    hour = MotionHour(rises_per_h, high_share, lone_per_h, near_per_h, unseen=0)
    found = findings("motion_sensor_restless", after(hour))["M02"]
    assert found.faulty is faulty
    assert found.evidence == {
        "rises_per_h": rises_per_h,
        "unconfirmed_per_h": "unknown" if lone_per_h is None else lone_per_h,
        "high_share": high_share,
    }


def test_restlessness_is_told_of_readable_sensors_after_a_whole_dark_hour_only() -> None:
    hour = QUIET._replace(rises_per_h=900.0)
    assert verdicts("motion_sensor_restless", after(hour))["M02"] is True
    assert verdicts("motion_sensor_restless", after(hour, dark=False)) == {}
    of_others = verdicts("motion_sensor_restless", after(hour, unreadable=("M02",)))
    assert of_others == {sensor: False for sensor in SENSORS if sensor != "M02"}
    for code in ("motion_sensor_restless", "motion_sensor_blind"):
        assert verdicts(code, looked_at(node_state())) == {}


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

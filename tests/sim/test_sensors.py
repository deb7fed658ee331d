from dataclasses import replace
from math import sqrt

import pytest

from firmware_sim.people import Person
from firmware_sim.sensors import BLIND_S, GRADES, LATENCY_S, OUTPUT_HOLD_S, Grade, Sensed, sense
from tests.sim.scenes import SURE, fork, rider, straight

RUN = (0.0, 36000.0)
NOBODY: tuple[Person, ...] = ()
SPEED_M_S = 5.0


def passing(start_s: float, name: str = "P") -> Person:
    """Rides through the straight path of eight lamps."""
    return rider((start_s, "s", 0.0), (start_s + 280.0 / SPEED_M_S, "s", 280.0), name=name)


def seen_by(sensed: Sensed, sensor: str) -> list[tuple[float, bool]]:
    return [(c.time_s, c.active) for c in sensed.changes if c.sensor == sensor]


def test_output_rises_late_and_falls_after_its_hold() -> None:
    sensed = sense(straight(), [passing(100.0)], SURE, 1, RUN)
    enter_s, leave_s = 100.0 + 10.5 / SPEED_M_S, 100.0 + 24.5 / SPEED_M_S
    assert seen_by(sensed, "M0") == [
        (pytest.approx(enter_s + LATENCY_S), True),
        (pytest.approx(leave_s + LATENCY_S + OUTPUT_HOLD_S), False),
    ]
    assert [c.sensor for c in sensed.detections] == [f"M{i}" for i in range(8)]


def test_somebody_who_stands_keeps_it_high() -> None:
    stop = rider((0.0, "s", 0.0), (3.5, "s", 17.5), (603.5, "s", 17.5), (607.0, "s", 35.0))
    (_, rise), (fall_s, fall) = seen_by(sense(straight(), [stop], SURE, 1, RUN), "M0")
    assert (rise, fall) == (True, False)
    assert fall_s > 600.0


def test_followers_within_the_hold_are_one_detection() -> None:
    close = [passing(100.0), passing(102.0, "Q")]
    assert len(seen_by(sense(straight(), close, SURE, 1, RUN), "M0")) == 2


def test_nobody_is_seen_in_the_blind_time_unless_still_there_after_it() -> None:
    _, (fall_s, _) = seen_by(sense(straight(), [passing(0.0)], SURE, 1, RUN), "M0")
    enter_s = fall_s - LATENCY_S + 0.1
    follower = passing(enter_s - 10.5 / SPEED_M_S, "Q")
    stays_s = 14.0 / SPEED_M_S
    rises = seen_by(sense(straight(), [passing(0.0), follower], SURE, 1, RUN), "M0")[2:]
    assert stays_s > BLIND_S
    assert rises[0] == (pytest.approx(fall_s + BLIND_S, abs=1e-3), True)
    faster = rider((enter_s, "s", 10.5), (enter_s + 1.0, "s", 24.6), name="Q")
    assert len(seen_by(sense(straight(), [passing(0.0), faster], SURE, 1, RUN), "M0")) == 2


def test_a_sensor_sees_round_a_junction() -> None:
    path = fork()
    near = replace(path.motion_sensors[1], at_m=66.0)
    path = replace(path, motion_sensors=(near,))
    across = rider((0.0, "c", 70.0), (0.0, "b", 0.0), (10.0, "b", 50.0))
    (sensed,) = sense(path, [across], SURE, 1, RUN).detections
    assert sensed.time_s == pytest.approx(LATENCY_S)


@pytest.mark.parametrize("grade", GRADES.values(), ids=GRADES.keys())
def test_a_grade_misses_and_imagines_as_often_as_it_says(grade: Grade) -> None:
    path = straight()
    people = [passing(60.0 * k, f"P{k}") for k in range(500)]
    passings = len(people) * len(path.motion_sensors)
    seen = len(sense(path, people, replace(grade, false_alarms_per_h=1e-9), 7, RUN).detections)
    p = grade.detection_probability
    assert abs(seen - p * passings) < 5.0 * sqrt(passings * p * (1.0 - p))

    expected = grade.false_alarms_per_h * RUN[1] / 3600.0 * len(path.motion_sensors)
    imagined = sense(path, NOBODY, grade, 7, RUN)
    assert imagined.false_alarms == len(imagined.detections)
    assert abs(imagined.false_alarms - expected) < 5.0 * sqrt(expected) + 0.02 * expected


def test_one_sensor_never_shifts_another() -> None:
    path = straight()
    fewer = replace(path, motion_sensors=path.motion_sensors[3:])
    people = [passing(120.0 * k, f"P{k}") for k in range(100)]
    whole = sense(path, people, GRADES["poor"], 1, RUN)
    part = sense(fewer, people, GRADES["poor"], 1, RUN)
    for sensor in fewer.motion_sensors:
        assert seen_by(whole, sensor.id) == seen_by(part, sensor.id)


def test_the_same_seed_gives_the_same_night() -> None:
    people = [passing(120.0 * k, f"P{k}") for k in range(50)]
    assert sense(straight(), people, GRADES["poor"], 3, RUN) == sense(
        straight(), people, GRADES["poor"], 3, RUN
    )
    assert sense(straight(), people, GRADES["poor"], 3, RUN) != sense(
        straight(), people, GRADES["poor"], 4, RUN
    )


def test_changes_are_in_order() -> None:
    people = [passing(30.0 * k, f"P{k}") for k in range(50)]
    times = [c.time_s for c in sense(straight(), people, GRADES["poor"], 1, RUN).changes]
    assert times == sorted(times)

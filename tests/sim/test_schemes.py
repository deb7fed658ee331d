from datetime import time

import pytest

from controller.core.path import Path
from firmware_sim.disturbances import DISTURBANCES
from firmware_sim.intervals import Interval
from firmware_sim.layouts import straight as benchmark_path
from firmware_sim.levels import by_lamp, lit, pieces
from firmware_sim.neighbours import Neighbourhood
from firmware_sim.schemes import (
    BASE_PCT,
    Base,
    Scheme,
    Timetable,
    WholePath,
    Zone,
    graded,
    holds,
    muenster,
    own_lamp,
    zone_2,
)
from firmware_sim.score import mean_energy_wh
from firmware_sim.sensors import LevelChange, Sensed
from firmware_sim.wishes import Fades, Wish, fulfil
from firmware_sim.world import World
from tests.sim.scenes import fork, span_of, straight

DARK_S = 4 * 3600
RISE_S, FALL_S, HOLD_S = 1000.0, 1005.0, 10.0
SPAN = span_of(DARK_S)
DURING = (float(SPAN.start_s), float(SPAN.end_s))


def world_of(path: Path, *highs: tuple[str, float, float]) -> World:
    """A night in which sensors are high: (sensor, from s, to s)."""
    changes = [
        LevelChange(time_s, sensor, active=active)
        for sensor, rise_s, fall_s in highs
        for time_s, active in ((rise_s, True), (fall_s, False))
    ]
    changes.sort(key=lambda c: c.time_s)
    return World(path, SPAN, (), Sensed(tuple(changes), 0), ())


def steady(scheme: Scheme, world: World, at_s: float) -> dict[str, float]:
    """The target of every lamp at a moment."""
    courses = by_lamp(scheme.light(world), (lamp.id for lamp in world.path.lamps))
    return {
        lamp: next(f.to_pct for f, (a, b) in pieces(course, DURING) if a <= at_s < b)
        for lamp, course in courses.items()
    }


def above_base(scheme: Scheme, world: World, at_s: float = FALL_S) -> dict[str, float]:
    return {x: pct for x, pct in steady(scheme, world, at_s).items() if pct != BASE_PCT}


ONE = world_of(straight(), ("M3", RISE_S, FALL_S))


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        (own_lamp(HOLD_S), {"L3": 100.0}),
        (zone_2(HOLD_S), dict.fromkeys(("L1", "L2", "L3", "L4", "L5"), 100.0)),
        (muenster(HOLD_S), dict.fromkeys(("L2", "L3", "L4", "L5"), 100.0)),
        (
            graded(HOLD_S),
            {"L2": 100.0, "L3": 100.0, "L4": 100.0}
            | {"L1": 60.0, "L5": 60.0, "L0": 30.0, "L6": 30.0},
        ),
        (WholePath(HOLD_S), {f"L{i}": 100.0 for i in range(8)}),
        (Base(), {}),
    ],
)
def test_a_sensor_lights_the_lamps_of_its_zone(scheme: Scheme, expected: dict[str, float]) -> None:
    assert above_base(scheme, ONE) == expected
    assert above_base(scheme, ONE, RISE_S - 0.1) == {}
    assert above_base(scheme, ONE, FALL_S + HOLD_S) == {}


def test_light_comes_with_the_rise_and_goes_a_hold_after_the_fall() -> None:
    commands = by_lamp(zone_2(HOLD_S).light(ONE), (lamp.id for lamp in ONE.path.lamps))["L2"]
    assert [(c.time_s, c.from_pct, c.to_pct, c.fade_s) for c in commands] == [
        (DURING[0], 0.0, 0.0, 1.0),
        (0.0, 0.0, BASE_PCT, 1.0),
        (RISE_S, BASE_PCT, 100.0, 1.0),
        (FALL_S + HOLD_S, 100.0, BASE_PCT, 3.0),
        (DARK_S, BASE_PCT, 0.0, 3.0),
    ]


def test_a_zone_ends_with_the_path() -> None:
    edge = world_of(straight(), ("M7", RISE_S, FALL_S))
    assert set(above_base(zone_2(HOLD_S), edge)) == {"L5", "L6", "L7"}


@pytest.mark.parametrize(
    ("shares", "expected"),
    [((1.0, 1.0), {"L0", "L1", "L2", "L5"}), ((1.0,) * 3, {f"L{i}" for i in range(6)})],
)
def test_a_zone_goes_on_along_every_branch(shares: tuple[float, ...], expected: set[str]) -> None:
    # L1 and L0 lie before the junction; L2, L3 run away from it, L5, L4 too.
    world = world_of(fork(), ("M1", RISE_S, FALL_S))
    assert set(above_base(Zone(shares, shares, HOLD_S), world)) == expected


def test_a_lamp_at_the_junction_counts_both_branches() -> None:
    found = {(n.lamp, n.away) for n in Neighbourhood(fork()).around("L5", 2)}
    assert found == {("L5", 0), ("L4", 1), ("L1", 1), ("L0", 2), ("L2", 1), ("L3", 2)}


def test_every_sensor_belongs_to_the_nearest_lamp() -> None:
    path = benchmark_path(sensor_every=2)
    assert Neighbourhood(path).nearest() == {
        f"M{i:02}": f"L{i:02}" for i in range(1, len(path.lamps) + 1, 2)
    }


def test_overlapping_holds_are_one_and_the_brighter_wish_wins() -> None:
    again = world_of(straight(), ("M3", RISE_S, FALL_S), ("M3", FALL_S + 5.0, FALL_S + 6.0))
    assert lit_on(zone_2(HOLD_S), again, "L3") == [
        pytest.approx((RISE_S, FALL_S + 6.0 + HOLD_S), abs=1.1)
    ]
    near = world_of(straight(), ("M3", RISE_S, FALL_S), ("M5", RISE_S, FALL_S + 100.0))
    assert steady(graded(HOLD_S), near, RISE_S)["L4"] == 100.0
    assert steady(graded(HOLD_S), near, FALL_S + HOLD_S)["L3"] == 60.0


def lit_on(scheme: Scheme, world: World, lamp: str) -> list[Interval]:
    courses = by_lamp(scheme.light(world), (x.id for x in world.path.lamps))
    return lit(courses[lamp], 90.0, DURING)


def test_who_stays_to_the_end_is_held_and_a_lone_fall_means_nothing() -> None:
    changes = (LevelChange(5.0, "A", active=False), LevelChange(9.0, "B", active=True))
    assert holds(changes, SPAN, HOLD_S) == {"B": [(9.0, DURING[1])]}


def test_lamps_are_off_by_day_whatever_sensors_say() -> None:
    by_day = world_of(straight(), ("M3", -600.0, -500.0), ("M3", DARK_S - 5.0, DARK_S + 50.0))
    assert lit_on(zone_2(HOLD_S), by_day, "L3") == [pytest.approx((DARK_S - 5.0, DARK_S), abs=1.1)]


@pytest.mark.parametrize("late_pct", [0.0, 50.0, 100.0])
def test_a_timetable_counts_the_wall_clock(late_pct: float) -> None:
    world = World(straight(), span_of(14 * 3600), (), Sensed((), 0), ())
    span, commands = world.span, Timetable(late_pct).light(world)
    late_s = (span.time_s(0, time(23)), span.time_s(1, time(5)))
    course = by_lamp(commands, (lamp.id for lamp in world.path.lamps))["L0"]
    full = lit(course, 99.9, (0.0, float(span.dark_end_s)))
    if late_pct == 100.0:
        assert full == [(0.0, span.dark_end_s)]
    else:
        assert full == [(0.0, late_s[0]), (late_s[1], span.dark_end_s)]
    power = world.path.lamps[0].power
    dark_s, run_s = span.dark_end_s, span.end_s - span.start_s
    watts = {0.0: power.standby_w, 50.0: (1.2 + 15.0) / 2, 100.0: 15.0}[late_pct]
    joules = watts * (late_s[1] - late_s[0]) + 15.0 * (dark_s - late_s[1] + late_s[0])
    joules += power.standby_w * (run_s - dark_s)
    assert mean_energy_wh(world.path, span, commands) == pytest.approx(joules / 3600.0)


def test_a_lamp_without_wishes_stays_off() -> None:
    path = straight()
    commands = fulfil(path, SPAN, {"L0": [Wish(100.0, (0.0, 10.0))]}, Fades())
    assert {c.lamp for c in commands if c.to_pct > 0.0} == {"L0"}


def test_broken_sensors_never_change() -> None:
    path = straight()
    middle = path.motion_sensors[len(path.motion_sensors) // 2].id
    changes = (LevelChange(5.0, middle, active=True), LevelChange(6.0, "M0", active=True))
    for name, expected in (("silent-sensor", 1), ("stuck-sensor", 1), ("none", 2)):
        put_out = tuple(DISTURBANCES[name](path).reports(changes))
        assert put_out == changes[-expected:]

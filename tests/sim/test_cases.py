from dataclasses import replace
from itertools import pairwise
from pathlib import Path as FilePath
from random import Random

import pytest

from controller.core.path import Path
from controller.settings.path import load_path
from firmware_sim import habits, layouts
from firmware_sim.cases import CASES, HARDER_CASES, TRAFFIC_CASES, Habit
from firmware_sim.counts import Bin
from firmware_sim.people import Kind, Person
from firmware_sim.riders import draw_people
from firmware_sim.trajectories import read_trajectories, write_trajectories
from tests.sim.scenes import fork, straight
from tests.support.data import ROOT

BINS = tuple(Bin((i * 900.0,), (30, 20)) for i in range(4))
CHANGING = (habits.in_mid_path, habits.with_stops, habits.with_turns, habits.opposed)


def drawing() -> Random:
    return Random("1/habit")  # noqa: S311 - people in a simulation, nothing secret


def way_m(person: Person) -> float:
    return sum(abs(leg.to_m - leg.from_m) for leg in person.legs())


def stay_s(person: Person) -> float:
    return person.waypoints[-1].time_s - person.waypoints[0].time_s


def changed(habit: Habit, path: Path) -> list[tuple[Person, Person]]:
    people = draw_people(path, BINS, seed=1)
    after = {p.rider: p for p in habit(people, drawing())}
    return [(p, after[p.rider]) for p in people if p.rider in after and after[p.rider] != p]


def test_the_benchmark_path_is_the_kanalpromenade_without_light_sensors() -> None:
    real = load_path(ROOT / "config" / "paths" / "kanalpromenade.toml")
    path = layouts.straight()
    assert [(x.at_m, x.node, x.power) for x in path.lamps] == [
        (x.at_m, x.node, x.power) for x in real.lamps
    ]
    assert [(s.at_m, s.node, s.reach_m) for s in path.motion_sensors] == [
        (s.at_m, s.node, s.reach_m) for s in real.motion_sensors
    ]
    assert [s.length_m for s in path.sections] == [s.length_m for s in real.sections]
    assert path.nodes == real.nodes
    assert path.light_sensors == ()


@pytest.mark.parametrize("case", CASES)
def test_every_case_is_a_path_with_43_lamps_on_four_nodes(case: str) -> None:
    path = CASES[case].path()
    assert (len(path.lamps), len(path.nodes)) == (layouts.LAMPS, layouts.NODES)
    assert {lamp.node for lamp in path.lamps} == {node.id for node in path.nodes}
    assert CASES[case].traffic_file.is_file()


def test_a_junction_joins_three_sections() -> None:
    path = layouts.junction()
    assert [s.end for s in path.sections] == ["middle"] * 3
    half = layouts.straight(sensor_every=2)
    assert [s.id for s in half.motion_sensors][:2] == ["M01", "M03"]


@pytest.mark.parametrize("path", [straight(30), fork()], ids=["straight", "fork"])
@pytest.mark.parametrize("habit", CHANGING)
def test_whatever_people_do_is_possible(tmp_path: FilePath, habit: Habit, path: Path) -> None:
    """What the trajectory file's reader accepts is a way that somebody can go."""
    people = habit(draw_people(path, BINS, seed=1), drawing())
    file = tmp_path / "people.csv"
    write_trajectories(people, file)
    assert set(read_trajectories(file, path)) == set(people)
    assert all(stay_s(p) > 0.0 for p in people)
    assert habit(draw_people(path, BINS, seed=1), drawing()) == people


def test_some_come_and_go_in_mid_path() -> None:
    pairs = changed(habits.in_mid_path, straight(30))
    assert len(pairs) == pytest.approx(0.75 * 200, rel=0.3)
    for before, after in pairs:
        assert habits.LEAST_STAY_M <= way_m(after) < way_m(before)
        speeds = [next(p.legs()).speed_m_s for p in (before, after)]
        assert speeds[0] == pytest.approx(speeds[1], rel=1e-3)


def test_some_stop_for_minutes() -> None:
    pairs = changed(habits.with_stops, straight(30))
    assert len(pairs) == pytest.approx(habits.STOP_SHARE * 200, rel=0.4)
    for before, after in pairs:
        assert way_m(after) == pytest.approx(way_m(before))
        low_s, high_s = habits.STOP_S
        assert low_s - 0.01 <= stay_s(after) - stay_s(before) <= high_s + 0.01
        assert sum(leg.speed_m_s == 0.0 for leg in after.legs()) == 1


def test_some_turn_round_and_leave_where_they_came_from() -> None:
    pairs = changed(habits.with_turns, straight(30))
    assert len(pairs) == pytest.approx(habits.TURN_SHARE * 200, rel=0.4)
    for _, after in pairs:
        first, last = after.waypoints[0], after.waypoints[-1]
        assert (first.section, first.at_m) == (last.section, last.at_m)


def test_everybody_meets_somebody() -> None:
    people = draw_people(straight(30), BINS, seed=1)
    met = habits.opposed(people, drawing())
    for one, other in zip(met[::2], met[1::2], strict=True):
        assert one.waypoints[0].at_m == other.waypoints[-1].at_m
        assert stay_s(one) == pytest.approx(stay_s(other), abs=0.01)
        away_s = abs(one.waypoints[0].time_s - other.waypoints[0].time_s)
        assert away_s <= habits.MEET_WITHIN_S + 0.01


def test_dogs_stay_near_their_walkers_and_are_faster() -> None:
    people = draw_people(straight(30), BINS, seed=1)
    dogs = habits.dogs(people, drawing())
    walkers = {p.rider: p for p in people if p.kind is Kind.PEDESTRIAN}
    assert {dog.rider.removesuffix("d") for dog in dogs} == set(walkers)
    fastest = 0.0
    for dog in dogs:
        walker = next(walkers[dog.rider.removesuffix("d")].legs())
        for point in dog.waypoints:
            share = (point.time_s - walker.begin_s) / (walker.end_s - walker.begin_s)
            walker_m = walker.from_m + share * (walker.to_m - walker.from_m)
            assert abs(point.at_m - walker_m) <= habits.DOG_AWAY_M[1] + 0.01
        fastest = max(fastest, *(leg.speed_m_s for leg in dog.legs()))
    assert fastest > 2.2


def test_dogs_are_sensed_and_not_judged() -> None:
    case = replace(HARDER_CASES["dogs"], traffic="a6-winter")
    plain = TRAFFIC_CASES["a6-winter"].world("nominal", 1)
    walked = case.world("nominal", 1)
    assert walked.people == plain.people
    assert len(walked.sensed.detections) > len(plain.sensed.detections)


def test_groups_follow_one_another() -> None:
    def close(case: str) -> int:
        traffic = replace(CASES[case], traffic="a6-winter")
        entries = sorted(p.waypoints[0].time_s for p in traffic.world("good", 1).people)
        return sum(b - a < 5.0 for a, b in pairwise(entries))

    assert close("groups") > close("a5-winter")

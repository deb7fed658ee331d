"""People on the path, several nodes at work: nobody who is served is left in the dark."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from controller.core.profile import Presence
from controller.core.reach import stopping_sight_m
from controller.core.state import REANNOUNCE_S
from tests.core.build import (
    QUIET_S,
    REACH_M,
    SPACING_M,
    Neighbours,
    neighbours,
    settled,
    straight_path,
)

P = Presence()
NODES = ("n0", "n1", "n2")
LAMPS = 12
TICK_S = 0.25
SERVED_PCT = 90.0
# As on the benchmark: between the third lamp and the third last.
FIRST_M, LAST_M = 2 * SPACING_M, (LAMPS - 2) * SPACING_M

Course = Callable[[float], float]


def at_m(i: int) -> float:
    return SPACING_M * (i + 0.5)


def walk(nodes: Neighbours, course: Course, seconds: float, reach_m: float = REACH_M) -> list[str]:
    """Move somebody along; returns where and when a needed cell was not lit."""
    seen = [False] * LAMPS
    dark = []
    speed_m_s = abs(course(seconds) - course(0.0)) / seconds
    preview_m = stopping_sight_m(speed_m_s, P)
    for tick in range(int(seconds / TICK_S)):
        x_m = course(tick * TICK_S)
        nodes.run_to(QUIET_S + tick * TICK_S)
        for i in range(LAMPS):
            if (sees := abs(x_m - at_m(i)) <= reach_m) != seen[i]:
                nodes.motion(f"M{i:02}", active=sees)
                seen[i] = sees
        if FIRST_M <= x_m <= LAST_M - preview_m:
            dark += [
                f"{lamp} at {x_m:.1f} m"
                for lamp in needed(x_m - P.behind_m, x_m + preview_m)
                if nodes.owner_of_lamp(lamp).level(lamp) < SERVED_PCT
            ]
    return dark


def needed(back_m: float, ahead_m: float) -> list[str]:
    half_m = SPACING_M / 2
    return [
        f"L{i:02}" for i in range(LAMPS) if at_m(i) - half_m < ahead_m and at_m(i) + half_m > back_m
    ]


@pytest.mark.parametrize("speed_m_s", [P.slowest_m_s, 1.0, 1.34, 2.5, 5.0, P.fastest_m_s])
def test_whoever_walks_or_rides_through_has_light_all_the_way(speed_m_s: float) -> None:
    length_m = LAMPS * SPACING_M
    assert walk(neighbours(NODES), lambda t: speed_m_s * t, length_m / speed_m_s) == []


def test_a_single_node_serves_the_slowest_alone() -> None:
    nodes = Neighbours({"n0": settled("n0", path=straight_path(LAMPS, LAMPS))})
    length_m = LAMPS * SPACING_M
    assert walk(nodes, lambda t: P.slowest_m_s * t, length_m / P.slowest_m_s) == []


@pytest.mark.parametrize("reach_m", [REACH_M, 2.0])
@pytest.mark.parametrize("announced", [3, 4, 60])
def test_whoever_rests_at_a_sensor_and_walks_on_has_light(reach_m: float, announced: int) -> None:
    # They leave the sensor's reach just before the node would announce them once more.
    rest_s = announced * REANNOUNCE_S - 2 * reach_m / P.slowest_m_s - TICK_S
    edge_m = at_m(3) + reach_m
    arrive_s = edge_m / P.slowest_m_s

    def course(t: float) -> float:
        walked_s = t if t < arrive_s else max(arrive_s, t - rest_s)
        return P.slowest_m_s * walked_s

    assert walk(neighbours(NODES), course, at_m(6) / P.slowest_m_s + rest_s, reach_m) == []


def test_whoever_turns_back_between_two_nodes_has_light() -> None:
    turn_m = at_m(3) + SPACING_M / 2
    turn_s = turn_m / P.slowest_m_s

    def course(t: float) -> float:
        return P.slowest_m_s * (t if t < turn_s else 2 * turn_s - t)

    dark = walk(neighbours(NODES), course, 2 * turn_s - at_m(2) / P.slowest_m_s)
    assert [x for x in dark if x.startswith("L03")] == []


def test_behind_the_last_walker_the_path_returns_to_base() -> None:
    nodes = neighbours(NODES)
    seconds = LAMPS * SPACING_M / P.fastest_m_s
    walk(nodes, lambda t: P.fastest_m_s * t, seconds)
    nodes.run_to(QUIET_S + seconds + QUIET_S)
    for host in nodes.hosts.values():
        assert host.reasons() == {"base"}


def test_the_network_down_each_node_serves_its_own() -> None:
    host = settled("n1")
    seen_s = (SPACING_M - 2 * REACH_M) / P.slowest_m_s
    for i in range(4, 8):
        host.motion(f"M{i:02}", active=True)
        host.run_to(host.now_s + 2 * REACH_M / P.slowest_m_s)
        host.motion(f"M{i:02}", active=False)
        host.run_to(host.now_s + seen_s - TICK_S)
        assert host.target(f"L{i:02}") == host.state.profile.levels.presence_pct


def test_slower_people_are_served_when_the_profile_says_so() -> None:
    slow_m_s = P.slowest_m_s / 2
    profile = replace(settled().state.profile, presence=replace(P, slowest_m_s=slow_m_s))
    length_m = LAMPS * SPACING_M
    dark = walk(neighbours(NODES, profile=profile), lambda t: slow_m_s * t, length_m / slow_m_s)
    assert dark == []

"""Who follows somebody closely finds the lamps still lit: they do not dim and brighten again."""

from itertools import pairwise

import pytest

from controller.core.profile import Profile
from firmware_sim.levels import by_lamp
from firmware_sim.people import Kind, Person
from firmware_sim.simulation import simulate
from firmware_sim.world import build_world
from tests.sim.scenes import SURE, rider, span_of, straight

LAMPS = 16
LENGTH_M = LAMPS * 35.0
DARK_S = 3600


def passing(at_s: float, speed_m_s: float) -> Person:
    kind = Kind.PEDESTRIAN if speed_m_s < 2.0 else Kind.CYCLIST
    return rider((at_s, "s", 0.0), (at_s + LENGTH_M / speed_m_s, "s", LENGTH_M), kind=kind)


def brightenings(gap_s: float, speed_m_s: float) -> list[int]:
    """How often each lamp is told to give full light for two who come one after the other.

    What a controller lights because it has just started is over after a quarter of an hour.
    """
    path = straight(LAMPS)
    people = tuple(passing(at_s, speed_m_s) for at_s in (1000.0, 1000.0 + gap_s))
    world = build_world(path, span_of(DARK_S), people, SURE, seed=1)
    log = simulate(world, Profile(), 1, lambda _: None)
    return [
        sum(a.to_pct < b.to_pct == 100.0 for a, b in pairwise(course) if b.time_s > 900.0)
        for course in by_lamp(log.commands, (lamp.id for lamp in path.lamps)).values()
    ]


@pytest.mark.parametrize("speed_m_s", [1.0, 1.4, 3.0, 5.0, 8.0])
@pytest.mark.parametrize("dark_s", [3.0, 6.0])
def test_a_lamp_that_a_follower_needs_within_some_seconds_stays_lit(
    dark_s: float, speed_m_s: float
) -> None:
    # A cell of 35 m is needed from about 20 m before it, and until 8 m behind it.
    gap_s = (20.0 + 35.0 + 8.0) / speed_m_s + dark_s
    assert brightenings(gap_s, speed_m_s)[4:-2] == [1] * (LAMPS - 6)


@pytest.mark.parametrize("speed_m_s", [1.4, 5.0])
def test_a_lamp_that_nobody_needs_for_a_minute_is_dimmed(speed_m_s: float) -> None:
    gap_s = (20.0 + 35.0 + 8.0) / speed_m_s + 60.0
    assert brightenings(gap_s, speed_m_s)[4:-2] == [2] * (LAMPS - 6)

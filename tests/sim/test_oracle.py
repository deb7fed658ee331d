from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.fade import FULL_PCT, Fade
from firmware_sim.oracle import clairvoyant, dip_s
from firmware_sim.people import Kind, Person
from firmware_sim.schemes import BASE_PCT, Timetable
from firmware_sim.score import SERVED_PCT, Judge, mean_energy_wh
from firmware_sim.sensors import Sensed
from firmware_sim.wishes import Fades, Wish, fulfil
from firmware_sim.world import World
from tests.sim.scenes import SPACING_M, fork, rider, span_of, straight

DARK_S = 1800
LENGTH_M = 8 * SPACING_M
EXACT = 1e-9


def goes(number: int, entry_s: float, speed_m_s: float, *, forward: bool, walks: bool) -> Person:
    places = (0.0, LENGTH_M) if forward else (LENGTH_M, 0.0)
    times = (entry_s, entry_s + LENGTH_M / speed_m_s)
    kind = Kind.PEDESTRIAN if walks else Kind.CYCLIST
    points = [(t, "s", m) for t, m in zip(times, places, strict=True)]
    return rider(*points, kind=kind, name=f"P{number}")


crowds = st.lists(
    st.tuples(st.floats(-60.0, DARK_S), st.floats(0.7, 11.0), st.booleans(), st.booleans()),
    max_size=8,
).map(
    lambda drawn: tuple(
        goes(i, entry, speed, forward=forward, walks=walks)
        for i, (entry, speed, forward, walks) in enumerate(drawn)
    )
)


def night(people: tuple[Person, ...]) -> tuple[World, Judge]:
    path, span = straight(), span_of(DARK_S)
    return World(path, span, people, Sensed((), 0), ()), Judge(path, span, people)


@settings(max_examples=60, deadline=None)
@given(crowds)
def test_it_serves_everybody_exactly(people: tuple[Person, ...]) -> None:
    world, judge = night(people)
    service = judge.judge(clairvoyant(world, judge)).service
    for share in (service.s_full, service.s_own, service.p5, service.entry_s_full):
        assert share is None or share == pytest.approx(1.0, abs=EXACT)


@settings(max_examples=60, deadline=None)
@given(crowds, st.floats(0.0, 5.0), st.floats(0.0, 20.0))
def test_nobody_serves_everybody_with_less(
    people: tuple[Person, ...], early_s: float, late_s: float
) -> None:
    world, judge = night(people)
    fades = Fades()
    ready_s = fades.up_s + early_s
    wishes = {
        lamp: [Wish(BASE_PCT, (0.0, DARK_S))]
        + [Wish(100.0, (begin - ready_s, min(DARK_S, end + late_s))) for begin, end in needed]
        for lamp, needed in judge.needed.items()
    }
    careful = fulfil(world.path, world.span, wishes, fades)
    served = judge.judge(careful).service
    assert served.s_full is None or served.s_full == pytest.approx(1.0, abs=EXACT)
    best_wh, careful_wh, full_wh = (
        mean_energy_wh(world.path, world.span, commands)
        for commands in (clairvoyant(world, judge), careful, Timetable().light(world))
    )
    assert best_wh <= careful_wh + EXACT
    assert best_wh <= full_wh + EXACT


@given(st.floats(0.01, 30.0))
def test_a_dip_ends_at_the_last_moment(gap_s: float) -> None:
    fades = Fades()

    def level_at_need(wait_s: float) -> float:
        down = Fade(100.0, BASE_PCT, 0.0, fades.down_s)
        return down.redirected(100.0, wait_s, fades.up_s).level_pct_at(gap_s)

    wait_s = dip_s(gap_s, fades)
    if wait_s == 0.0:
        # Nothing to win: the level would still be high enough when the gap is over.
        assert Fade(100.0, BASE_PCT, 0.0, fades.down_s).level_pct_at(gap_s) >= SERVED_PCT - 1e-6
    else:
        assert level_at_need(wait_s) == pytest.approx(SERVED_PCT, abs=1e-6)
        assert level_at_need(wait_s + 0.01) < SERVED_PCT


def test_a_lamp_nobody_needs_stays_at_base_level() -> None:
    world, judge = night(())
    commands = [c for c in clairvoyant(world, judge) if c.lamp == "L0"]
    assert [(c.time_s, c.to_pct) for c in commands] == [
        (world.span.start_s, 0.0),
        (0.0, BASE_PCT),
        (DARK_S, 0.0),
    ]


def test_somebody_there_at_dusk_finds_light_and_at_dawn_it_ends() -> None:
    people = (
        goes(0, -5.0, 5.0, forward=True, walks=False),
        goes(1, DARK_S - 5.0, 5.0, forward=True, walks=False),
    )
    world, judge = night(people)
    commands = [c for c in clairvoyant(world, judge) if c.lamp == "L0"]
    assert all(a.time_s < b.time_s for a, b in pairwise(commands))
    assert commands[-1].to_pct == 0.0
    assert judge.judge(clairvoyant(world, judge)).service.entry_s_full == pytest.approx(1.0)


def test_it_knows_junctions() -> None:
    path, span = fork(), span_of(DARK_S)
    way = rider((500.0, "a", 0.0), (514.0, "a", 70.0), (514.0, "b", 0.0), (528.0, "b", 70.0))
    world, judge = World(path, span, (way,), Sensed((), 0), ()), Judge(path, span, [way])
    verdict = judge.judge(clairvoyant(world, judge))
    assert verdict.service.entry_s_full == pytest.approx(1.0, abs=EXACT)
    lit = {c.lamp for c in clairvoyant(world, judge) if c.to_pct == FULL_PCT}
    assert lit == {"L0", "L1", "L2", "L3"}

"""What a whole path does when something is broken, in an hour with one rider."""

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.effects import AnnouncePassage
from controller.core.events import Event, PassageHeard, TimePassed
from controller.core.profile import Profile
from controller.core.site import build_site
from firmware_sim.clock import VirtualClock
from firmware_sim.disturbances import DISTURBANCES, NONE, Disturbance
from firmware_sim.levels import by_lamp, lit
from firmware_sim.network import Bus
from firmware_sim.node import Log, SimulatedNode, Surroundings
from firmware_sim.score import Judge, Verdict
from firmware_sim.simulation import simulate
from firmware_sim.world import World, build_world
from tests.sim.scenes import SURE, rider, span_of, straight

DARK_S = 3600
RIDE_S = (1200.0, 1200.0 + 16 * 35.0 / 5.0)
PATH = straight(16)
MIDNIGHT_UTC_S = 1_736_985_600.0  # 2025-01-16 00:00 UTC


@pytest.fixture(scope="module")
def world() -> World:
    way = rider((RIDE_S[0], "s", 0.0), (RIDE_S[1], "s", 16 * 35.0))
    return build_world(PATH, span_of(DARK_S), (way,), SURE, seed=1)


def night(world: World, disturbance: Disturbance) -> Log:
    return simulate(world, Profile(), 1, lambda _: None, disturbance)


def verdict(world: World, log: Log) -> Verdict:
    return Judge(PATH, world.span, world.people).judge(log.commands)


def lit_s(log: Log, lamp: str) -> float:
    course = by_lamp(log.commands, (x.id for x in PATH.lamps))[lamp]
    return sum(b - a for a, b in lit(course, 90.0, (0.0, float(DARK_S))))


def lit_all_along(log: Log) -> set[str]:
    """Lamps at full but for some seconds at dusk; all others are dark most of the time."""
    courses = {lamp.id: lit_s(log, lamp.id) / DARK_S for lamp in PATH.lamps}
    assert all(share > 0.98 or share < 0.02 for share in courses.values())
    return {lamp for lamp, share in courses.items() if share > 0.98}


def near_sensors_of(*nodes: str) -> set[str]:
    """Lamps of others where people may be whom only sensors of these nodes see."""
    sites = [build_site(PATH, node.id) for node in PATH.nodes if node.id not in nodes]
    return {lamp for site in sites for node in nodes for lamp in site.guards.get(node, ())}


def test_one_rider_is_served_all_along_and_little_else_is_lit(world: World) -> None:
    log = night(world, NONE)
    found = verdict(world, log)
    assert lit_all_along(log) == set()
    assert found.service.s_own == 1.0
    assert found.service.s_full == pytest.approx(1.0, abs=1e-3)
    # Each lamp is needed for some 12 s: 35 m of cell, 8 m behind, 18 m ahead, at 5 m/s.
    assert found.waste_h * 3600.0 < 4.0


def test_lamps_of_a_dead_node_are_lit_by_the_wiring_those_near_its_sensors_by_neighbours(
    world: World,
) -> None:
    log = night(world, DISTURBANCES["dead-node"](PATH))
    dead = {lamp.id for lamp in PATH.lamps if lamp.node == "n1"}
    assert lit_all_along(log) == dead | near_sensors_of("n1")
    assert {c.lamp for c in log.commands if c.reason == "fail_safe:neighbour_silent"} == (
        near_sensors_of("n1")
    )
    assert verdict(world, log).service.s_full == pytest.approx(1.0, abs=1e-3)


def test_a_stuck_sensor_keeps_the_cells_lit_into_which_it_looks(world: World) -> None:
    log = night(world, DISTURBANCES["stuck-sensor"](PATH))
    assert "L8" in lit_all_along(log) <= {"L7", "L8", "L9"}
    assert verdict(world, log).service.s_own == 1.0


def test_a_silent_sensor_leaves_nobody_in_the_dark(world: World) -> None:
    log = night(world, DISTURBANCES["silent-sensor"](PATH))
    assert lit_all_along(log) == set()
    assert verdict(world, log).service.s_own == 1.0


def test_silent_sensors_everywhere_light_nothing(world: World) -> None:
    everyone = Disturbance(silent_sensors=frozenset(s.id for s in PATH.motion_sensors))
    log = night(world, everyone)
    assert all(lit_s(log, lamp.id) == 0.0 for lamp in PATH.lamps)


def test_without_a_broker_no_passage_is_heard_and_lamps_near_others_sensors_are_lit(
    world: World,
) -> None:
    assert night(world, NONE).latencies_s
    down = night(world, DISTURBANCES["broker-down"](PATH))
    assert not down.latencies_s
    borders = set[str]().union(*(near_sensors_of(node.id) for node in PATH.nodes))
    assert lit_all_along(down) == borders
    assert verdict(world, down).service.s_own == 1.0


def test_clocks_that_disagree_change_nothing(world: World) -> None:
    usual = night(world, NONE)
    skewed = night(world, DISTURBANCES["clock-skew"](PATH))
    for lamp in PATH.lamps:
        assert lit_s(skewed, lamp.id) == pytest.approx(lit_s(usual, lamp.id), abs=0.01)


@pytest.mark.parametrize(("loss", "arriving"), [(0.0, 1.0), (0.2, 0.8), (1.0, 0.0)])
def test_messages_get_lost_at_random_for_each_receiver(loss: float, arriving: float) -> None:
    clock = VirtualClock(0.0)
    bus = Bus(clock, 1, loss)
    heard: dict[str, list[int]] = {"n2": [], "n3": []}
    for listener, numbers in heard.items():
        bus.listen(listener, "n1", {"M1"}, partial(_note, numbers))
    sent = 2000
    for seq in range(sent):
        bus.announce("n1", AnnouncePassage("M1", seq, 0.0, active=True))
    clock.run_until(1.0)
    for numbers in heard.values():
        assert len(numbers) == pytest.approx(arriving * sent, rel=0.05)
    assert (set(heard["n2"]) == set(heard["n3"])) == (loss in {0.0, 1.0})


def _note(numbers: list[int], passage: PassageHeard, _: float) -> None:
    numbers.append(passage.seq)


@given(skew_s=st.floats(-1e4, 1e4), start_s=st.floats(-1e4, 1e4))
@settings(max_examples=30, deadline=None)
def test_a_skewed_node_is_woken_when_it_asked_to_be(skew_s: float, start_s: float) -> None:
    # The sum of a time and a skew is rounded; a node that is woken too early asks again at once.
    clock = VirtualClock(start_s)
    woken: list[float] = []
    around = Surroundings(clock, Bus(clock, 1), MIDNIGHT_UTC_S - start_s, Log())
    node = SimulatedNode(PATH, Profile(), PATH.nodes[0].id, around, skew_s)
    take = node.take

    def counted(event: Event) -> None:
        woken.append(clock.now_s)
        assert len(woken) < 1000
        take(event)

    node.take = counted  # type: ignore[method-assign]
    node.take(TimePassed())
    sensor = min(node.site.own_sensors)
    for number in range(40):
        clock.run_until(start_s + 13.7 * (number + 1) / 1.3)
        node.report(sensor, active=number % 2 == 0)
    clock.run_until(start_s + 900.0)
    assert woken[-1] > start_s + 500.0

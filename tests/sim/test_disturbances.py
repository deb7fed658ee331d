"""What a whole path does when something is broken, in an hour with one rider."""

from functools import partial

import pytest

from controller.core.effects import AnnouncePassage
from controller.core.events import PassageHeard
from controller.core.profile import Profile
from firmware_sim.clock import VirtualClock
from firmware_sim.disturbances import DISTURBANCES, NONE, Disturbance
from firmware_sim.levels import FadeCommand, by_lamp, lit
from firmware_sim.network import Bus
from firmware_sim.node import Log
from firmware_sim.sensors import Grade
from firmware_sim.simulation import simulate
from firmware_sim.world import World, build_world
from tests.sim.scenes import rider, span_of, straight

DARK_S = 3600
RIDE_S = (1200.0, 1200.0 + 16 * 35.0 / 5.0)
PATH = straight(16)
SURE = Grade(1.0, 1e-9)


@pytest.fixture(scope="module")
def world() -> World:
    way = rider((RIDE_S[0], "s", 0.0), (RIDE_S[1], "s", 16 * 35.0))
    return build_world(PATH, span_of(DARK_S), (way,), SURE, seed=1)


def night(world: World, disturbance: Disturbance) -> Log:
    return simulate(world, Profile(), 1, lambda _: None, disturbance)


def lit_s(commands: list[FadeCommand], lamp: str) -> float:
    course = by_lamp(commands, (x.id for x in PATH.lamps))[lamp]
    return sum(b - a for a, b in lit(course, 90.0, (0.0, float(DARK_S))))


def test_lamps_of_a_dead_node_are_lit_by_the_wiring(world: World) -> None:
    log = night(world, DISTURBANCES["dead-node"](PATH))
    dead = {lamp.id for lamp in PATH.lamps if lamp.node == "n1"}
    for lamp in (x.id for x in PATH.lamps):
        assert (lit_s(log.commands, lamp) == DARK_S) == (lamp in dead)


def test_a_stuck_sensor_keeps_its_lamp_lit_and_a_silent_one_lights_nothing(world: World) -> None:
    stuck = night(world, DISTURBANCES["stuck-sensor"](PATH))
    assert lit_s(stuck.commands, "L8") > 0.95 * DARK_S
    assert lit_s(stuck.commands, "L0") < DARK_S / 2
    everyone = Disturbance(silent_sensors=frozenset(s.id for s in PATH.motion_sensors))
    silent = night(world, everyone)
    assert all(lit_s(silent.commands, lamp.id) == 0.0 for lamp in PATH.lamps)


def test_without_a_broker_no_passage_is_heard_and_lamps_are_lit_all_the_same(
    world: World,
) -> None:
    assert night(world, NONE).latencies_s
    down = night(world, DISTURBANCES["broker-down"](PATH))
    assert not down.latencies_s
    assert all(lit_s(down.commands, lamp.id) > 0.0 for lamp in PATH.lamps)


def test_clocks_that_disagree_change_nothing(world: World) -> None:
    usual = night(world, NONE)
    skewed = night(world, DISTURBANCES["clock-skew"](PATH))
    for lamp in PATH.lamps:
        assert lit_s(skewed.commands, lamp.id) == pytest.approx(
            lit_s(usual.commands, lamp.id), abs=0.01
        )


@pytest.mark.parametrize(("loss", "arriving"), [(0.0, 1.0), (0.2, 0.8), (1.0, 0.0)])
def test_messages_get_lost_at_random_for_each_receiver(loss: float, arriving: float) -> None:
    clock = VirtualClock(0.0)
    bus = Bus(clock, 1, loss)
    heard: dict[str, list[int]] = {"n2": [], "n3": []}
    for listener, numbers in heard.items():
        bus.listen(listener, "n1", partial(_note, numbers))
    sent = 2000
    for seq in range(sent):
        bus.announce("n1", AnnouncePassage("M1", seq, 0.0))
    clock.run_until(1.0)
    for numbers in heard.values():
        assert len(numbers) == pytest.approx(arriving * sent, rel=0.05)
    assert (set(heard["n2"]) == set(heard["n3"])) == (loss in {0.0, 1.0})


def _note(numbers: list[int], passage: PassageHeard, _: float) -> None:
    numbers.append(passage.seq)

from itertools import islice, pairwise
from random import Random

import pytest

from firmware_sim.demo.world import LevelChange, Traveller, World, everybody
from firmware_sim.people import Kind

LENGTH_M = 100.0
REACH_M = 4.0
RIDER = Traveller(Kind.CYCLIST, enters_s=10.0, enters_m=0.0, velocity_m_s=4.0)
# Within 4 m of 20 m from 14 s to 16 s; the output is 0.1 s late and stays for 1 s.
RISE_S, FALL_S = 14.1, 17.0
UP, DOWN = LevelChange("M", active=True), LevelChange("M", active=False)


def world(*travellers: Traveller) -> World:
    return World(iter(travellers), {"M": 20.0}, reach_m=REACH_M, length_m=LENGTH_M)


def test_a_sensor_s_output_rises_and_falls_once_for_a_rider() -> None:
    one = world(RIDER)
    assert one.advance(RISE_S - 0.001) == ()
    assert one.advance(RISE_S) == (UP,)
    assert one.advance(FALL_S - 0.001) == ()
    assert one.advance(FALL_S) == (DOWN,)
    assert one.passages == 1


def test_the_other_direction_is_seen_alike() -> None:
    westward = Traveller(Kind.CYCLIST, 0.0, LENGTH_M, -4.0)  # at 24 m after 19 s, at 16 m after 21
    one = world(westward)
    assert one.advance(19.1) == (UP,)
    assert one.advance(21.999) == ()
    assert one.advance(22.0) == (DOWN,)


def test_somebody_who_begins_within_reach_is_seen_at_once() -> None:
    one = world(Traveller(Kind.PEDESTRIAN, 0.0, 18.0, 1.5))
    assert one.advance(0.0) == ()
    assert one.advance(0.1) == (UP,)


def test_somebody_who_begins_beyond_a_sensor_never_passed_it() -> None:
    one = world(Traveller(Kind.PEDESTRIAN, 0.0, 24.5, 1.5))
    assert [one.advance(tick / 10) for tick in range(50)] == [()] * 50
    assert one.passages == 0


def test_two_people_close_together_are_one_passage() -> None:
    follower = Traveller(Kind.CYCLIST, 12.0, 0.0, 4.0)
    one = world(RIDER, follower)
    assert one.advance(RISE_S) == (UP,)
    assert one.advance(FALL_S) == ()
    assert one.advance(FALL_S + 2.0) == (DOWN,)
    assert one.passages == 1


def test_a_sensor_at_the_end_still_falls_when_the_person_has_left() -> None:
    one = World(iter([RIDER]), {"M": LENGTH_M}, reach_m=REACH_M, length_m=LENGTH_M)
    leaves_s = RIDER.passes_s(LENGTH_M)
    assert one.advance(leaves_s) == (UP,)
    assert one.advance(leaves_s + 2.0) == (DOWN,)
    assert one.people(leaves_s + 2.0) == ()


def test_people_are_on_the_path_from_end_to_end() -> None:
    one = world(RIDER)
    one.advance(9.9)
    assert one.people(9.9) == ()
    one.advance(10.0)
    assert one.people(10.0) == (RIDER,)
    assert RIDER.at_m(35.0) == LENGTH_M
    one.advance(35.1)
    assert one.people(35.1) == ()


def hundred(seed: int) -> tuple[Traveller, ...]:
    return tuple(islice(everybody(Random(seed), LENGTH_M), 100))  # noqa: S311 - can be repeated


def test_the_same_seed_brings_the_same_people() -> None:
    assert hundred(3) == hundred(3)
    assert hundred(3) != hundred(4)


@pytest.mark.parametrize("seed", range(5))
def test_people_come_in_order_from_both_ends_riding_and_walking(seed: int) -> None:
    people = hundred(seed)
    assert all(a.enters_s <= b.enters_s for a, b in pairwise(people))
    entering = people[2:]
    assert {x.enters_m for x in entering} == {0.0, LENGTH_M}
    assert all((x.velocity_m_s > 0) == (x.enters_m == 0.0) for x in entering)
    assert {x.kind for x in entering} == set(Kind)

"""People on the path, several nodes at work: nobody who is served is left in the dark.

A person needs every cell from 8 m behind to as far ahead as they need to stop (walkers 15 m), as
on the benchmark: between the third lamp and the third last, at 90 % of full light or more.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from operator import eq
from typing import NamedTuple

import pytest

from controller.core.effects import AnnouncePassage
from controller.core.events import NeighbourReported
from controller.core.path import Path
from controller.core.profile import Presence, Profile
from controller.core.reach import STOP_S, WALKER_PREVIEW_M, stopping_sight_m
from controller.core.track import WALKER_FASTEST_M_S
from tests.core.build import (
    QUIET_S,
    REACH_M,
    SPACING_M,
    Host,
    Neighbours,
    settled,
    straight_path,
    with_presence,
)

P = Presence()
LAMPS, PER_NODE = 12, 4
LENGTH_M = LAMPS * SPACING_M
TICK_S = 0.1
SERVED_PCT = 90.0
SPEEDS_M_S = (P.slowest_m_s, 1.0, 1.34, 2.5, 5.0, P.fastest_m_s)
WALKERS_M_S = (P.slowest_m_s, 1.34)
FADE_S = P.fade_up_s + TICK_S  # until a lamp that is told to is as good as lit

Waypoint = tuple[float, float]
Interval = tuple[float, float]


def at_m(i: int) -> float:
    """Where lamp and sensor number `i` stand."""
    return SPACING_M * (i + 0.5)


# --- people, and what sensors make of them --------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """Somebody on their way: (time, place) by (time, place). Riders need more light ahead."""

    way: tuple[Waypoint, ...]
    rider: bool

    def leg(self, time_s: float) -> tuple[Waypoint, Waypoint] | None:
        """Return the stretch that they are on, None before and after their way."""
        legs = (leg for leg in pairwise(self.way) if leg[0][0] <= time_s < leg[1][0])
        return next(legs, None)

    def stays(self, sensor_m: float, reach_m: float) -> Iterator[Interval]:
        """Yield when they are within reach of a sensor, leg by leg."""
        for (begin_s, from_m), (end_s, to_m) in pairwise(self.way):
            if from_m == to_m:
                if abs(from_m - sensor_m) <= reach_m:
                    yield begin_s, end_s
                continue
            pace = (end_s - begin_s) / (to_m - from_m)
            edges_s = sorted(begin_s + (sensor_m + r - from_m) * pace for r in (-reach_m, reach_m))
            inside = max(begin_s, edges_s[0]), min(end_s, edges_s[1])
            if inside[0] < inside[1]:
                yield inside

    def view(self, time_s: float) -> tuple[float, float, float] | None:
        """Return where they are, and from where to where they need light."""
        leg = self.leg(time_s)
        if leg is None:
            return None
        (begin_s, from_m), (end_s, to_m) = leg
        speed_m_s = (to_m - from_m) / (end_s - begin_s)
        x_m = from_m + speed_m_s * (time_s - begin_s)
        ahead_m = stopping_sight_m(abs(speed_m_s), P) if self.rider else WALKER_PREVIEW_M
        onward = to_m >= from_m if speed_m_s else self.way[-1][1] >= from_m
        views = (x_m - P.behind_m, x_m + ahead_m) if onward else (x_m - ahead_m, x_m + P.behind_m)
        return x_m, *views


def person(speed_m_s: float, *places: float | Waypoint, start_s: float = 0.0) -> Person:
    """Somebody who goes from place to place at a speed; a pair is a place and a rest there."""
    way: list[Waypoint] = []
    now_s, here_m = start_s, math.nan
    for place in places:
        there_m, rest_s = place if isinstance(place, tuple) else (place, 0.0)
        now_s += abs(there_m - here_m) / speed_m_s if way else 0.0
        way.append((now_s, there_m))
        here_m = there_m
        if rest_s:
            now_s += rest_s
            way.append((now_s, there_m))
    return Person(tuple(way), rider=speed_m_s > WALKER_FASTEST_M_S)


def through(speed_m_s: float, start_s: float = 0.0) -> Person:
    return person(speed_m_s, 0.0, LENGTH_M, start_s=start_s)


def back(speed_m_s: float, start_s: float = 0.0) -> Person:
    return person(speed_m_s, LENGTH_M, 0.0, start_s=start_s)


@dataclass(frozen=True)
class Output:
    """How sensors put out what they see: so late, and for so long after it has gone."""

    latency_s: float = 0.0
    hold_s: float = 0.0

    def highs(self, stays: Iterable[Interval]) -> list[Interval]:
        """Return when the output is high for people who stay."""
        found: list[Interval] = []
        for begin_s, end_s in sorted(stays):
            high = begin_s + self.latency_s, end_s + self.latency_s + self.hold_s
            if found and high[0] <= found[-1][1]:
                high = found[-1][0], max(found.pop()[1], high[1])
            found.append(high)
        return found


EXACT, REAL = Output(), Output(latency_s=0.4, hold_s=2.0)
outputs = pytest.mark.parametrize("output", [EXACT, REAL], ids=["exact", "real"])


# --- the path -------------------------------------------------------------------------------------


class Letter(NamedTuple):
    """One announcement on its way to one listener."""

    sender: str
    seq: int
    listener: str


@dataclass
class Network(Neighbours):
    """Nodes of which some messages to one another are lost."""

    lost: Callable[[Letter], bool] = field(kw_only=True, default=lambda _: False)
    sent: list[Letter] = field(kw_only=True, default_factory=list)

    def deliver(self) -> None:
        for sender, host in self.hosts.items():
            said = host.announced()
            for _, passage in said[self.delivered.get(sender, 0) :]:
                self.post(sender, passage)
            self.delivered[sender] = len(said)

    def post(self, sender: str, passage: AnnouncePassage) -> None:
        for name, listener in self.hosts.items():
            letter = Letter(sender, passage.seq, name)
            if sender in listener.state.site.heard_nodes:
                self.sent.append(letter)
                if not self.lost(letter):
                    listener.hear(
                        passage.sensor,
                        passage.seq,
                        boot=sender,
                        age_s=passage.age_s,
                        active=passage.active,
                    )


def network(
    path: Path | None = None,
    *,
    profile: Profile | None = None,
    dead: tuple[str, ...] = (),
    lost: Callable[[Letter], bool] = lambda _: False,
) -> Network:
    """Settled nodes of a path that hear one another. Those that are `dead` are told of as such."""
    path = path or straight_path(LAMPS, PER_NODE)
    alive = [node.id for node in path.nodes if node.id not in dead]
    hosts = {node: settled(node, path=path, profile=profile) for node in alive}
    nodes = Network(hosts, lost=lost)
    for host in hosts.values():
        tell_offline(host, dead)
    return nodes


def tell_offline(host: Host, nodes: Iterable[str]) -> None:
    for node in nodes:
        host.tell(NeighbourReported(node, online=False))


class Spell(NamedTuple):
    """A time for which somebody was without the light of a lamp."""

    who: int
    lamp: str
    from_s: float
    until_s: float

    @property
    def seconds(self) -> float:
        return self.until_s - self.from_s


@dataclass
class Dark:
    """What people missed: `needed` cells that were not lit, and `own` ones they were in."""

    needed: list[Spell] = field(default_factory=list)
    own: list[Spell] = field(default_factory=list)

    @property
    def longest_s(self) -> float:
        return max((spell.seconds for spell in self.needed), default=0.0)

    @property
    def longest_own_s(self) -> float:
        return max((spell.seconds for spell in self.own), default=0.0)


class Judge:
    """Notes who is without light, and for how long."""

    def __init__(self, nodes: Neighbours) -> None:
        self._owners = {lamp: host for host in nodes.hosts.values() for lamp in host.state.lamps}
        lamps = next(iter(nodes.hosts.values())).state.site.path.lamps
        self._cells = [
            (lamp.id, lamp.at_m - SPACING_M / 2, lamp.at_m + SPACING_M / 2)
            for lamp in lamps
            if lamp.id in self._owners
        ]
        self._judged_m = lamps[2].at_m, lamps[-3].at_m
        self._since: dict[tuple[bool, int, str], float] = {}
        self.dark = Dark()

    def look(self, people: Iterable[Person], time_s: float) -> None:
        """Take note of how it is at a time."""
        dark = {x for who, one in enumerate(people) for x in self._dark(who, one, time_s)}
        for key in self._since.keys() - dark:
            own, who, lamp = key
            spells = self.dark.own if own else self.dark.needed
            spells.append(Spell(who, lamp, self._since.pop(key), time_s))
        for key in dark - self._since.keys():
            self._since[key] = time_s

    def _dark(self, who: int, one: Person, time_s: float) -> Iterator[tuple[bool, int, str]]:
        view = one.view(time_s)
        if view is None or not self._judged_m[0] <= view[0] <= self._judged_m[1]:
            return
        x_m, low_m, high_m = view
        for lamp, from_m, to_m in self._cells:
            if from_m < high_m and to_m > low_m and self._owners[lamp].level(lamp) < SERVED_PCT:
                yield False, who, lamp
                if from_m <= x_m < to_m:
                    yield True, who, lamp


def walk(
    nodes: Neighbours,
    people: Iterable[Person],
    output: Output = EXACT,
    *,
    missed: tuple[str, ...] = (),
) -> Dark:
    """Move people along; sensors that are `missed` see nobody. Returns what they missed."""
    people = list(people)
    owners = {s: host for host in nodes.hosts.values() for s in host.state.site.own_sensors}
    changes = [
        (time_s, sensor.id, active)
        for sensor in next(iter(owners.values())).state.site.path.motion_sensors
        if sensor.id in owners and sensor.id not in missed
        for rise_s, fall_s in output.highs(
            stay for one in people for stay in one.stays(sensor.at_m, sensor.reach_m)
        )
        for time_s, active in ((rise_s, True), (fall_s, False))
    ]
    changes.sort(reverse=True)
    judge = Judge(nodes)
    end_s = max([one.way[-1][0] for one in people] + [time_s for time_s, _, _ in changes])
    for tick in range(int(end_s / TICK_S) + 2):
        now_s = tick * TICK_S
        while changes and changes[-1][0] <= now_s:
            time_s, sensor, active = changes.pop()
            nodes.run_to(QUIET_S + time_s)
            nodes.motion(sensor, active=active)
        nodes.run_to(QUIET_S + now_s)
        judge.look(people, now_s)
    return judge.dark


def seen_again_s(speed_m_s: float, output: Output) -> float:
    """How long somebody is in a cell, unexpected, until its sensor sees them and it is lit."""
    return (SPACING_M / 2 - REACH_M) / speed_m_s + output.latency_s + FADE_S


# --- the judge itself -----------------------------------------------------------------------------


def test_the_judge_sees_the_dark() -> None:
    nodes = network()
    dark = walk(nodes, [through(1.34)], missed=tuple(f"M{i:02}" for i in range(LAMPS)))
    assert {spell.lamp for spell in dark.own} == {f"L{i:02}" for i in range(2, 10)}
    crossing_s = SPACING_M / 1.34
    assert dark.longest_own_s == pytest.approx(crossing_s, abs=2 * TICK_S)
    assert dark.longest_s == pytest.approx(crossing_s * (35 + 15 + 8) / 35, abs=2 * TICK_S)


def test_sensors_put_out_what_is_within_reach() -> None:
    one = person(2.0, 0.0, (20.0, 10.0), 0.0)
    assert list(one.stays(20.0, 6.0)) == [(7.0, 10.0), (10.0, 20.0), (20.0, 23.0)]
    assert EXACT.highs(one.stays(20.0, 6.0)) == [(7.0, 23.0)]
    assert EXACT.highs(one.stays(10.0, 4.0)) == [(3.0, 7.0), (23.0, 27.0)]
    assert REAL.highs(one.stays(10.0, 4.0)) == [(3.4, 9.4), (23.4, 29.4)]


# --- alone ----------------------------------------------------------------------------------------


@outputs
@pytest.mark.parametrize("speed_m_s", SPEEDS_M_S)
@pytest.mark.parametrize("way", [through, back])
def test_whoever_walks_or_rides_through_has_light_all_the_way(
    way: Callable[[float], Person], speed_m_s: float, output: Output
) -> None:
    assert walk(network(), [way(speed_m_s)], output).needed == []


@outputs
@pytest.mark.parametrize("speed_m_s", SPEEDS_M_S)
def test_a_single_node_serves_everybody_alone(speed_m_s: float, output: Output) -> None:
    nodes = network(straight_path(LAMPS, LAMPS))
    assert walk(nodes, [through(speed_m_s)], output).needed == []


@outputs
@pytest.mark.parametrize("speed_m_s", [*WALKERS_M_S, 5.0])
@pytest.mark.parametrize("off_m", [-5.0, 0.0, 6.9])
@pytest.mark.parametrize("minutes", [1.0, 5.0, 10.0])
def test_whoever_rests_at_a_sensor_and_goes_on_has_light(
    minutes: float, off_m: float, speed_m_s: float, output: Output
) -> None:
    rest = at_m(4) + off_m, 60.0 * minutes
    assert walk(network(), [person(speed_m_s, 0.0, rest, LENGTH_M)], output).needed == []


@outputs
@pytest.mark.parametrize("speed_m_s", WALKERS_M_S)
@pytest.mark.parametrize("off_m", [10.0, 17.5, 25.0])
@pytest.mark.parametrize("minutes", [1.0, 4.5])
def test_a_walker_who_rests_between_two_sensors_for_some_minutes_has_light(
    minutes: float, off_m: float, speed_m_s: float, output: Output
) -> None:
    rest = at_m(4) + off_m, 60.0 * minutes
    assert walk(network(), [person(speed_m_s, 0.0, rest, LENGTH_M)], output).needed == []


@outputs
@pytest.mark.parametrize("off_m", [10.0, 17.5, 25.0])
def test_a_rider_who_stops_between_two_sensors_is_in_the_dark_for_a_second_at_most(
    off_m: float, output: Output
) -> None:
    dark = walk(network(), [person(5.0, 0.0, (at_m(4) + off_m, 240.0), LENGTH_M)], output)
    assert len(dark.needed) <= 1
    assert dark.longest_s <= 1.2


@outputs
def test_whoever_rests_unseen_is_waited_for_five_minutes_and_then_lit_when_seen_again(
    output: Output,
) -> None:
    speed_m_s, rest_m = 1.34, at_m(4) + SPACING_M / 2
    dark = walk(network(), [person(speed_m_s, 0.0, (rest_m, 600.0), LENGTH_M)], output)
    arrived_s = rest_m / speed_m_s
    seen_s = arrived_s + 600.0 + (SPACING_M / 2 - REACH_M) / speed_m_s
    for spell in dark.own:
        assert arrived_s + STOP_S < spell.from_s
        assert spell.until_s <= seen_s + output.latency_s + FADE_S


@outputs
@pytest.mark.parametrize("seen_by", [1, 2])
def test_whoever_rests_unseen_before_a_third_sensor_saw_them_is_lit_when_seen_again(
    seen_by: int, output: Output
) -> None:
    # Nothing tells them from a false alarm, or from somebody who left the path.
    speed_m_s, rest_s = 1.34, 240.0
    from_m, rest_m = at_m(6 - seen_by), at_m(5) + SPACING_M / 2
    dark = walk(network(), [person(speed_m_s, from_m, (rest_m, rest_s), LENGTH_M)], output)
    arrived_s = (rest_m - from_m) / speed_m_s
    seen_s = arrived_s + rest_s + (SPACING_M / 2 - REACH_M) / speed_m_s
    came_in, *unseen = dark.own
    assert came_in.seconds <= output.latency_s + FADE_S
    for spell in unseen:
        assert spell.from_s > arrived_s + SPACING_M / 2 / speed_m_s
        assert spell.until_s <= seen_s + output.latency_s + FADE_S


@outputs
@pytest.mark.parametrize(
    "speeds_m_s", [(5.0, 4.3, 3.6, 3.0, 2.5), (2.5, 3.0, 3.6, 4.3, 5.0), (0.7, 0.9, 1.1, 1.3, 1.1)]
)
def test_whoever_grows_slower_or_faster_has_light(
    speeds_m_s: tuple[float, ...], output: Output
) -> None:
    way, (now_s, here_m) = [(0.0, 0.0)], (0.0, 0.0)
    stretch_m = LENGTH_M / len(speeds_m_s)
    for speed_m_s in speeds_m_s:
        now_s, here_m = now_s + stretch_m / speed_m_s, here_m + stretch_m
        way.append((now_s, here_m))
    one = Person(tuple(way), rider=speeds_m_s[0] > WALKER_FASTEST_M_S)
    dark = walk(network(), [one], output)
    assert dark.own == []
    assert round(dark.longest_s, 6) <= 0.9


# --- turning round --------------------------------------------------------------------------------


@outputs
@pytest.mark.parametrize("speed_m_s", WALKERS_M_S)
@pytest.mark.parametrize("off_m", [14.0, 17.5, 25.0])
def test_a_walker_who_turns_round_between_two_sensors_has_light(
    off_m: float, speed_m_s: float, output: Output
) -> None:
    turned = person(speed_m_s, 0.0, at_m(4) + off_m, 0.0)
    assert walk(network(), [turned], output).needed == []


@outputs
@pytest.mark.parametrize("speed_m_s", [*WALKERS_M_S, 2.5, 5.0])
@pytest.mark.parametrize("off_m", [0.0, 6.9, 10.0, 17.5])
def test_whoever_turns_round_is_at_most_in_the_dark_until_the_next_sensor_sees_them(
    off_m: float, speed_m_s: float, output: Output
) -> None:
    # A sensor cannot tell who turns within its reach from who passes it.
    turned = person(speed_m_s, 0.0, at_m(4) + off_m, 0.0)
    dark = walk(network(), [turned], output)
    assert len(dark.own) <= 1
    assert dark.longest_own_s <= seen_again_s(speed_m_s, output) + TICK_S


# --- several people -------------------------------------------------------------------------------


@outputs
@pytest.mark.parametrize(
    ("one_m_s", "other_m_s"),
    [(0.7, 0.7), (1.34, 1.34), (1.34, 5.0), (5.0, 5.0), (5.0, 8.3), (8.3, 0.7)],
)
@pytest.mark.parametrize("meeting_m", [at_m(4), at_m(4) + SPACING_M / 2])
def test_two_who_come_towards_each_other_both_have_light(
    meeting_m: float, one_m_s: float, other_m_s: float, output: Output
) -> None:
    ahead_s = (LENGTH_M - meeting_m) / other_m_s - meeting_m / one_m_s
    people = [through(one_m_s, max(0.0, ahead_s)), back(other_m_s, max(0.0, -ahead_s))]
    assert walk(network(), people, output).needed == []


@outputs
@pytest.mark.parametrize(
    ("slow_m_s", "fast_m_s"),
    [(0.7, 1.34), (1.34, 5.0), (1.34, 8.3), (0.7, 8.3), (2.5, 5.0), (5.0, 8.3)],
)
@pytest.mark.parametrize("passing_m", [at_m(4), at_m(4) + SPACING_M / 2])
def test_whoever_overtakes_and_whoever_is_overtaken_has_light(
    passing_m: float, slow_m_s: float, fast_m_s: float, output: Output
) -> None:
    later_s = passing_m / slow_m_s - passing_m / fast_m_s
    dark = walk(network(), [through(slow_m_s), through(fast_m_s, later_s)], output)
    assert dark.own == []
    assert dark.longest_s <= 0.3


@outputs
@pytest.mark.parametrize(("speed_m_s", "later_s"), [(4.1, 19.0), (8.3, 16.0), (5.0, 21.0)])
def test_whoever_overtakes_at_the_first_sensor_has_light_from_where_they_can_be_told_apart(
    speed_m_s: float, later_s: float, output: Output
) -> None:
    # The first sensor sees both as one, who would be slow; found by a storm.
    dark = walk(network(), [through(0.83), through(speed_m_s, later_s)], output)
    assert [spell for spell in dark.own if spell.lamp > "L03"] == []


@outputs
@pytest.mark.parametrize("speed_m_s", [1.34, 4.1, 8.3])
@pytest.mark.parametrize("stands_s", [10.0, 30.0, 200.0])
def test_whoever_passes_somebody_who_stands_at_the_first_sensor_has_light(
    stands_s: float, speed_m_s: float, output: Output
) -> None:
    stands = person(1.34, 0.0, (at_m(0), 300.0), LENGTH_M)
    passes = through(speed_m_s, at_m(0) / 1.34 + stands_s - at_m(0) / speed_m_s)
    assert walk(network(), [stands, passes], output).own == []


@outputs
@pytest.mark.parametrize("speed_m_s", SPEEDS_M_S)
@pytest.mark.parametrize("stands_s", [3.0, 6.0, 10.0, 20.0, 60.0, 200.0])
def test_whoever_stands_at_the_first_sensor_and_goes_on_has_light(
    stands_s: float, speed_m_s: float, output: Output
) -> None:
    # From the third lamp on: what they do is known when two sensors have seen them.
    one = person(speed_m_s, 0.0, (at_m(0), stands_s), LENGTH_M)
    dark = walk(network(), [one], output)
    assert [spell for spell in dark.own if spell.lamp > "L01"] == []


@outputs
@pytest.mark.parametrize("speed_m_s", SPEEDS_M_S)
@pytest.mark.parametrize("gaps_s", [(1.0, 1.0), (2.0,), (2.0, 3.0)])
def test_a_group_has_light_from_its_first_to_its_last(
    gaps_s: tuple[float, ...], speed_m_s: float, output: Output
) -> None:
    starts_s = [sum(gaps_s[:i]) for i in range(len(gaps_s) + 1)]
    dark = walk(network(), [through(speed_m_s, s) for s in starts_s], output)
    assert dark.own == []
    assert dark.longest_s <= 1.0


@outputs
@pytest.mark.parametrize("speed_m_s", SPEEDS_M_S)
@pytest.mark.parametrize("gap_s", [8.0, 60.0])
def test_two_who_go_the_same_way_one_after_the_other_are_not_in_the_dark(
    gap_s: float, speed_m_s: float, output: Output
) -> None:
    dark = walk(network(), [through(speed_m_s), through(speed_m_s, gap_s)], output)
    assert dark.own == []


@outputs
@pytest.mark.parametrize("speed_m_s", SPEEDS_M_S)
def test_whoever_passes_somebody_who_stands_has_light_and_the_other_too_when_they_go_on(
    speed_m_s: float, output: Output
) -> None:
    stands = person(1.34, 0.0, (at_m(4), 400.0), LENGTH_M)
    passes = through(speed_m_s, at_m(4) / 1.34 + 200.0 - at_m(4) / speed_m_s)
    assert walk(network(), [stands, passes], output).needed == []


@outputs
@pytest.mark.parametrize("speed_m_s", WALKERS_M_S)
def test_whoever_rests_after_somebody_else_stood_has_light_when_going_on(
    speed_m_s: float, output: Output
) -> None:
    # Nobody sees them pass the one who stands at the sensor before; found by a storm.
    stands = person(1.34, 0.0, (at_m(4), 900.0), LENGTH_M)
    rests = person(speed_m_s, LENGTH_M, (at_m(3), 100.0), 0.0, start_s=200.0)
    assert walk(network(), [stands, rests], output).own == []


@outputs
@pytest.mark.parametrize("after_s", [-8.0, 0.0, 8.0])
def test_whoever_stood_has_light_when_going_on_though_another_comes_to_the_sensor_behind(
    after_s: float, output: Output
) -> None:
    # The rider stood at the second sensor, the walker comes to the first; found by a storm.
    stands = person(3.85, 0.0, (at_m(1), 172.0), LENGTH_M)
    leaves_s = stands.way[2][0]
    comes = through(0.76, leaves_s + after_s - (at_m(0) - REACH_M) / 0.76)
    dark = walk(network(), [stands, comes], output)
    assert [spell for spell in dark.own if spell.who == 0] == []


@outputs
@pytest.mark.parametrize("speed_m_s", [*WALKERS_M_S, 5.0])
@pytest.mark.parametrize("seconds", [20.0, 120.0, 600.0])
def test_of_two_who_come_together_the_one_who_stays_behind_is_lit_when_seen_again(
    seconds: float, speed_m_s: float, output: Output
) -> None:
    # While they stay they have light; as they leave nothing is known of them but by the other.
    stays = person(speed_m_s, 0.0, (at_m(4), seconds), LENGTH_M, start_s=1.0)
    dark = walk(network(), [through(speed_m_s), stays], output)
    leaves_s = 1.0 + at_m(4) / speed_m_s + seconds
    for spell in dark.own:
        assert spell.who == 1
        assert spell.from_s > leaves_s
        assert spell.seconds <= seen_again_s(speed_m_s, output) + TICK_S
        assert spell.lamp in {"L04", "L05"}


@outputs
@pytest.mark.parametrize(("speed_m_s", "gap_s", "dark_s"), [(1.0, 16.0, 6.4), (0.8, 20.0, 8.1)])
def test_of_two_walkers_whom_sensors_see_as_one_the_second_is_in_the_dark_for_seconds(
    speed_m_s: float, gap_s: float, dark_s: float, output: Output
) -> None:
    # Sensors see both without a pause, for longer than a group is believed to be (6 s).
    dark = walk(network(), [through(speed_m_s), through(speed_m_s, gap_s)], output)
    assert {spell.who for spell in dark.own} <= {1}
    assert dark.longest_own_s <= dark_s


# --- faults ---------------------------------------------------------------------------------------


LONG = straight_path(24, 8)  # nodes so long that their middle is not lit for a silent neighbour


@outputs
@pytest.mark.parametrize("speed_m_s", SPEEDS_M_S)
@pytest.mark.parametrize("dead", ["n0", "n1", "n2"])
def test_a_dead_node_leaves_nobody_in_the_dark_at_its_neighbours(
    dead: str, speed_m_s: float, output: Output
) -> None:
    nodes = network(LONG, dead=(dead,))
    assert any(host.reason(x) == "base" for host in nodes.hosts.values() for x in host.state.lamps)
    assert walk(nodes, [person(speed_m_s, 0.0, 24 * SPACING_M)], output).needed == []


@outputs
@pytest.mark.parametrize("speed_m_s", SPEEDS_M_S)
def test_with_the_network_down_each_node_serves_its_own(speed_m_s: float, output: Output) -> None:
    nodes = network(LONG, lost=lambda _: True)
    for name, host in nodes.hosts.items():
        tell_offline(host, sorted(nodes.hosts.keys() - {name}))
        assert "base" in host.reasons()
    assert walk(nodes, [person(speed_m_s, 0.0, 24 * SPACING_M)], output).needed == []


@outputs
@pytest.mark.parametrize("speed_m_s", SPEEDS_M_S)
def test_before_the_network_is_known_to_be_down_each_node_lights_for_those_it_sees(
    speed_m_s: float, output: Output
) -> None:
    dark = walk(network(lost=lambda _: True), [through(speed_m_s)], output)
    assert {spell.lamp for spell in dark.own} <= {"L04", "L08"}  # where a node begins
    assert dark.longest_own_s <= seen_again_s(speed_m_s, output) + TICK_S


@outputs
@pytest.mark.parametrize("speed_m_s", [1.34, 5.0, 8.3])
def test_whichever_single_message_is_lost_nobody_is_left_in_the_dark(
    speed_m_s: float, output: Output
) -> None:
    path = straight_path(8, 4)
    one = person(speed_m_s, 0.0, 8 * SPACING_M)
    whole = network(path)
    assert walk(whole, [one], output).needed == []
    assert len(whole.sent) > 10
    for letter in whole.sent:
        dark = walk(network(path, lost=partial(eq, letter)), [one], output)
        assert dark.own == [], letter
        assert dark.longest_s <= (3.0 if speed_m_s > 5.0 else 0.3), letter


@outputs
@pytest.mark.parametrize("speed_m_s", SPEEDS_M_S)
@pytest.mark.parametrize("missed", ["M00", "M03", "M04", "M05"])
def test_a_sensor_that_misses_somebody_leaves_them_no_darkness(
    missed: str, speed_m_s: float, output: Output
) -> None:
    dark = walk(network(), [through(speed_m_s)], output, missed=(missed,))
    assert dark.own == []
    assert dark.longest_s <= 0.6


# --- after all ------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed_m_s", SPEEDS_M_S)
def test_behind_the_last_person_the_path_returns_to_base(speed_m_s: float) -> None:
    nodes = network()
    walk(nodes, [through(speed_m_s)], REAL)
    nodes.run_to(QUIET_S + LENGTH_M / speed_m_s + QUIET_S)
    for host in nodes.hosts.values():
        assert host.reasons() == {"base"}
        assert host.state.watch.tracks.live == ()


def test_slower_people_are_served_when_the_profile_says_so() -> None:
    slow_m_s = P.slowest_m_s / 2
    nodes = network(profile=with_presence(slowest_m_s=slow_m_s))
    assert walk(nodes, [through(slow_m_s)]).needed == []


@pytest.mark.parametrize("speed_m_s", SPEEDS_M_S)
def test_sensors_that_see_only_a_few_metres_serve_as_well(speed_m_s: float) -> None:
    path = straight_path(LAMPS, PER_NODE)
    near = tuple(replace(sensor, reach_m=3.0) for sensor in path.motion_sensors)
    dark = walk(network(replace(path, motion_sensors=near)), [through(speed_m_s)], REAL)
    assert dark.needed == []


@outputs
def test_light_that_runs_with_a_rider_lights_less_than_half_of_the_path(output: Output) -> None:
    nodes = network()
    walk(nodes, [through(5.0)], output)
    lit_s = 0.0
    for host in nodes.hosts.values():
        for lamp in host.state.lamps:
            fades = [(at_s, level) for at_s, level, _ in host.fades(lamp)]
            times = [*(at_s for at_s, _ in fades), host.now_s]
            spans = zip(fades, pairwise(times), strict=True)
            lit_s += sum(until - since for (_, pct), (since, until) in spans if pct > SERVED_PCT)
    assert lit_s < 0.5 * LAMPS * LENGTH_M / 5.0

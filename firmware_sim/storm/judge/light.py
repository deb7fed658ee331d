"""Nobody who was detected by a healthy path is in the dark.

Two invariants, whose bounds docs/resilience.md states:

*Seen.* While a sensor that is in order sees somebody and its node runs, the lamps of the cells it
looks into are lit, from `SEEN_S` after it began to see them.

*Led.* Somebody on their way, whom two sensors in a row have seen, is in a lit cell from then on,
but for `BLINK_S`, as long as nothing has been amiss for a while that may have hidden them.
"""

import math
from collections.abc import Iterable, Iterator
from functools import partial

from controller.core.fade import FULL_PCT
from controller.core.state import State
from firmware_sim.intervals import Interval, gaps, total, union
from firmware_sim.layouts import REACH_M, SPACING_M
from firmware_sim.levels import lit
from firmware_sim.needs import LampNeed, NeedFinder
from firmware_sim.storm.course import (
    LAMPS,
    NODE_IDS,
    NODE_OF_LAMP,
    NODE_OF_SENSOR,
    PATH,
    SECTION,
)
from firmware_sim.storm.judge.bench import Bench
from firmware_sim.storm.judge.ills import Ills
from firmware_sim.storm.machine import NodeMachine, site_of
from firmware_sim.storm.people import Walk

SERVED_PCT = 90.0
ROUNDING_PCT = 0.01
SEEN_S = 1.3
"""The fade up (1 s), and what drivers and the loop take."""
BLINK_S = 0.3
RESTED_S = 3.0
"""For somebody who stood at a sensor while its controller started: it does not know which way they
will go, and learns that they left when the sensor's output falls (2.4 s)."""
TOGETHER_S = 30.0
"""People nearer to one another at a sensor may be one for it (docs/presence.md, Groups)."""
LEAST_NUMBER = 2  # from the third lamp to the third last


class LightJudge:
    """Judges light by the truth alone."""

    def __init__(self, bench: Bench, ills: Ills) -> None:
        """Find out who needs light where."""
        self._bench = bench
        self._ills = ills
        self._promised = {node: [(-math.inf, SERVED_PCT)] for node in NODE_IDS}
        self._high_since_s: dict[str, float] = {}
        self._watched: dict[str, list[str]] = {lamp: [] for lamp in LAMPS}
        for sensor, node in NODE_OF_SENSOR.items():
            for lamp in sorted(site_of(node).watchers[sensor]):
                self._watched[lamp].append(sensor)
        self._mixed = [
            mixed_s(walk, bench.world.scenario.walks) for walk in bench.world.scenario.walks
        ]
        finder = NeedFinder(PATH)
        for number, person in enumerate(bench.world.people):
            for own in finder.needs(person).own:
                if LEAST_NUMBER <= LAMPS.index(own.lamp) < len(LAMPS) - LEAST_NUMBER:
                    bench.world.at(own.during[1], partial(self._left, number, own))

    # --- seen -------------------------------------------------------------------------------------

    def sensor_changed(self, sensor: str) -> None:
        """Begin to look at the lamps around a sensor that sees somebody."""
        now_s = self._bench.now_s
        self._high_since_s.pop(sensor, None)
        if self._bench.world.sensors[sensor].level is True:
            self._high_since_s[sensor] = now_s
            self._bench.counts["sensors saw somebody"] += 1
            self._bench.world.later(SEEN_S, partial(self._seen, sensor, now_s))

    def _seen(self, sensor: str, since_s: float) -> None:
        if self._high_since_s.get(sensor) == since_s:
            for lamp in sorted(site_of(NODE_OF_SENSOR[sensor]).watchers[sensor]):
                self._check_seen(sensor, lamp, arrived=True)

    def lamp_changed(self, lamp: str) -> None:
        """Look at a lamp that has begun to fade."""
        for sensor in self._watched[lamp]:
            since_s = self._high_since_s.get(sensor)
            if since_s is not None and self._bench.now_s > since_s + SEEN_S:
                later = partial(self._check_seen, sensor, lamp, arrived=False)
                self._bench.world.later(0.0, later)

    def _check_seen(self, sensor: str, lamp: str, *, arrived: bool) -> None:
        world, since_s = self._bench.world, self._high_since_s.get(sensor)
        machine = world.machines[NODE_OF_SENSOR[sensor]]
        process, pole = machine.process, world.lamps[lamp]
        if since_s is None or process is None or process.life.stopped:
            return
        began_s = self._bench.now_s - SEEN_S
        if self._ills.unfit(sensor, began_s) or self._ills.unfit(lamp, began_s):
            return
        if self._ills.interrupted(machine.node, began_s):
            return
        self._bench.counts["lamps judged while a sensor sees somebody"] += 1
        least_pct = required_pct(machine, lamp) - ROUNDING_PCT
        fade = pole.course[-1].fade
        level_pct = fade.to_pct
        if arrived and not self._ills.ruled(machine.node, began_s):
            level_pct = min(level_pct, fade.level_pct_at(self._bench.now_s))
        if level_pct < least_pct:
            what = f"{sensor} sees somebody for {self._bench.now_s - since_s:.1f} s"
            self._bench.broken("seen", f"{what}, {lamp} at {level_pct:.1f} %", lamp)

    # --- led --------------------------------------------------------------------------------------

    def _left(self, number: int, own: LampNeed) -> None:
        """Judge the time that somebody was in a cell."""
        begin_s, end_s = own.during
        self._bench.counts["cells people went through"] += 1
        if self._ills.any_within(own.lamp, begin_s, end_s):
            return
        if any(a < end_s and b > begin_s for a, b in self._mixed[number]):
            self._bench.counts["cells of people whom sensors cannot tell apart"] += 1
            return
        self._bench.counts["cells judged on a healthy path"] += 1
        dark = list(self._dark(own.lamp, own.during))
        walk = self._bench.world.scenario.walks[number]
        if total(dark) > (RESTED_S if self._stood_through_a_start(walk) else BLINK_S):
            spells = ", ".join(f"{a:.1f}-{b:.1f} s" for a, b in dark)
            self._bench.broken("led", f"{walk} in the dark at {own.lamp} {spells}", own.lamp)

    def _stood_through_a_start(self, walk: Walk) -> bool:
        """Whether somebody stood at a sensor when its controller began, and cannot be known to."""
        if walk.rest_s == 0.0:
            return False
        begin_s, end_s = walk.stay(walk.rest_sensor)
        node = PATH.motion_sensors[walk.rest_sensor].node
        return begin_s < self._ills.began_s(node) < end_s

    def _dark(self, lamp: str, during: Interval) -> Iterator[Interval]:
        course = self._bench.world.lamps[lamp].course
        least_pct = self._served_pct(NODE_OF_LAMP[lamp], during) - ROUNDING_PCT
        yield from gaps(during, lit(course, least_pct, during))

    def changed(self, machine: NodeMachine, state: State) -> None:
        """Take note of what a node's settings promise."""
        levels, promised = state.schedule.by_section[SECTION].levels, self._promised[machine.node]
        pct = min(SERVED_PCT, levels.presence_pct, levels.fail_safe_pct)
        if promised[-1][1] != pct:
            promised.append((self._bench.now_s, pct))

    def _served_pct(self, node: str, during: Interval) -> float:
        """Return the least that was promised at any time between two moments."""
        promised = self._promised[node]
        ends_s = [begin_s for begin_s, _ in promised[1:]] + [math.inf]
        return min(
            pct
            for (begin_s, pct), end_s in zip(promised, ends_s, strict=True)
            if begin_s < during[1] and end_s + SEEN_S > during[0]
        )


def mixed_s(walk: Walk, walks: Iterable[Walk]) -> list[Interval]:
    """Return when sensors cannot tell somebody from others: from one they share to the next.

    Whoever passes somebody who stands may be taken for that one at the next sensor, too.
    """
    onward_s = (SPACING_M + 2.0 * REACH_M) / walk.speed_m_s
    found = []
    for sensor in range(len(PATH.motion_sensors)):
        begin_s, end_s = walk.stay(sensor)
        for other in walks:
            other_begin_s, other_end_s = other.stay(sensor)
            near = other_begin_s < end_s + TOGETHER_S and other_end_s > begin_s - TOGETHER_S
            if other is not walk and near:
                stands = other.rest_s > 0.0 and other.rest_sensor == sensor
                found.append((begin_s - onward_s, end_s + (2.0 if stands else 1.0) * onward_s))
    return union(found)


def required_pct(machine: NodeMachine, lamp: str) -> float:
    """Return how much light the rules in force promise somebody whom the node has seen."""
    state = machine.state
    if state is None or NODE_OF_LAMP[lamp] != machine.node:
        return 0.0
    levels = state.schedule.by_section[SECTION].levels
    if state.emergency_until_s is not None:
        return FULL_PCT
    ordered = state.overrides.get(lamp)
    if lamp in state.pulses:
        return levels.safety_floor_pct
    if ordered is not None:
        return min(levels.fail_safe_pct, max(ordered.level_pct, levels.safety_floor_pct))
    return min(levels.presence_pct, levels.fail_safe_pct)

"""What is not known is lit, and lamps do what was decided.

Levels are compared at every tick; docs/resilience.md states from when on each rule holds.
"""

from collections.abc import Iterator

from controller.core.profile import Presence
from controller.mqtt.payloads import OFFLINE
from firmware_sim.storm.broker import Packet
from firmware_sim.storm.course import NODE_IDS, SECTION, SENSORS_OF
from firmware_sim.storm.judge.bench import Bench
from firmware_sim.storm.judge.ills import Ills
from firmware_sim.storm.line import CLIENT_NOTICES_S
from firmware_sim.storm.machine import NodeMachine, site_of
from firmware_sim.storm.operators import TOPICS

HEARD_S = 10.0
"""So long a will is on its way at most, over the slowest line."""
UNREADABLE_S = 1.0
CUT_OFF_S = CLIENT_NOTICES_S[1] + 1.0
ROUNDING_S = 1.0


class UnknownJudge:
    """Knows what a node cannot know."""

    def __init__(self, bench: Bench, ills: Ills) -> None:
        """Begin with every node unheard of."""
        self._bench = bench
        self._ills = ills
        self._offline_since_s: dict[str, float] = {}
        self._heard_since_s: dict[str, float] = {}
        self._no_session_since_s: dict[str, float] = {}
        self._topics = {TOPICS[node].availability: node for node in NODE_IDS}

    def published(self, packet: Packet) -> None:
        """Take note of who is said to be there."""
        node = self._topics.get(packet.topic)
        if node is not None:
            self._offline_since_s.pop(node, None)
            if packet.payload == OFFLINE:
                self._offline_since_s[node] = self._bench.now_s
                self._ills.notice(node, self._bench.now_s)

    def look(self, machine: NodeMachine) -> None:
        """Look at a node that runs."""
        self._note_session(machine)
        state, process = machine.state, machine.process
        if state is None or process is None or process.life.stopped:
            return
        self._check_obeyed(machine)
        least_pct = state.schedule.by_section[SECTION].levels.fail_safe_pct
        for lamp, why in self._unknown(machine):
            self._bench.counts["lamps judged where too little is known"] += 1
            if state.lamps[lamp].fade.to_pct < least_pct:
                what = f"{lamp} of {machine.node} is at {state.lamps[lamp].fade.to_pct:g} %"
                self._bench.broken("what is not known is lit", f"{what}, and {why}", lamp)

    def _note_session(self, machine: NodeMachine) -> None:
        """Remember since when a node has heard the broker, or has had no session, as far as seen.

        Of a line that is blocked without a word neither end knows: nothing is heard, and the
        session goes on for a while.
        """
        network = self._bench.world.network
        for holds, since_s in (
            (network.carries(machine.client), self._heard_since_s),
            (machine.client not in network.broker.sessions, self._no_session_since_s),
        ):
            if holds:
                since_s.setdefault(machine.node, self._bench.now_s)
            else:
                since_s.pop(machine.node, None)

    def _check_obeyed(self, machine: NodeMachine) -> None:
        state = machine.state
        if state is None:
            return
        for lamp, known in state.lamps.items():
            real = self._bench.world.lamps[lamp]
            self._bench.counts["lamps compared with what was decided"] += 1
            if real.driven and not real.deaf and real.target_pct != known.fade.to_pct:
                what = f"{machine.node} takes {lamp} to be at {known.fade.to_pct:g} %"
                what = f"{what}, it is at {real.target_pct:g} %"
                self._bench.broken("lamps do what is decided", what, lamp)

    def _unknown(self, machine: NodeMachine) -> Iterator[tuple[str, str]]:
        """Yield lamps that are to be lit, with why."""
        now_s, site = self._bench.now_s, site_of(machine.node)
        settling_s = site.longest_unseen_m / Presence().slowest_m_s - ROUNDING_S
        if now_s < self._ills.began_s(machine.node) + settling_s:
            yield from ((lamp, "the node has just started") for lamp in site.lamps)
            return
        for sensor in SENSORS_OF[machine.node]:
            pole = self._bench.world.sensors[sensor]
            if pole.level is None and now_s > pole.since_s + UNREADABLE_S:
                yield from ((x, f"{sensor} cannot be read") for x in site.around[sensor])
        ran_s = now_s - self._ills.began_s(machine.node)
        cut_off_s = now_s - self._no_session_since_s.get(machine.node, now_s)
        hearing_s = now_s - self._heard_since_s.get(machine.node, now_s)
        for other in site.heard_nodes:
            offline_s = now_s - self._offline_since_s.get(other, now_s)
            if min(ran_s, cut_off_s) > CUT_OFF_S:
                yield from ((x, "the node is cut off") for x in site.guards[other])
            elif min(hearing_s, offline_s) > HEARD_S:
                yield from ((x, f"{other} is offline") for x in site.guards[other])

"""No override and no emergency outlives its expiry, and none comes from nowhere."""

import json
from dataclasses import dataclass

from controller.core.fade import FULL_PCT
from controller.core.profile import Profile
from controller.core.state import State
from controller.mqtt.commands import IdentifyArgs
from firmware_sim.storm.course import LAMPS_OF, NODE_IDS, NODE_OF_LAMP
from firmware_sim.storm.judge.bench import Bench
from firmware_sim.storm.judge.ills import Ills
from firmware_sim.storm.machine import NodeMachine
from firmware_sim.storm.operators import nodes_at
from firmware_sim.storm.scenario import Act, ActKind, Fault, FaultKind

DELIVERY_S = 60.0
"""So late a node may take an order that the broker has: a blocked line, a stopped process."""
CLOCKS_S = 2.0
"""By so much two clocks drift apart in a storm; how far a clock was set comes on top."""
LATE_S = 0.5
"""So late the loop may notice that an order is over."""
IDENTIFY_S = IdentifyArgs(lamp="any").duration_s
DEFAULT_S = Profile().override.default_s


@dataclass(frozen=True, slots=True)
class _Ordered:
    level_pct: float
    until_s: float


class OrdersJudge:
    """Compares the orders in force with those that operators gave."""

    def __init__(self, bench: Bench, ills: Ills) -> None:
        """Begin without orders."""
        self._bench = bench
        self._ills = ills
        self._overrides: dict[str, list[_Ordered]] = {x: [] for x in NODE_OF_LAMP}
        self._emergencies: dict[str, float] = dict.fromkeys(NODE_IDS, 0.0)
        self._set_s: dict[str, float] = dict.fromkeys(NODE_IDS, 0.0)
        self._seen: dict[str, object] = {}
        self._rules: dict[str, object] = {}

    def broke(self, fault: Fault) -> None:
        """Take note of a clock that is set."""
        if fault.kind is FaultKind.CLOCK_STEP:
            self._set_s[fault.where] += abs(fault.amount)

    def acted(self, act: Act) -> None:
        """Take note of what operators order."""
        match act.kind:
            case ActKind.OVERRIDE:
                given = json.loads(act.what)
                for node in nodes_at(act.where):
                    self._ordered(
                        given.get("lamps", LAMPS_OF[node]),
                        given["level_pct"],
                        given.get("duration_s", DEFAULT_S),
                    )
            case ActKind.SWITCH:
                given = json.loads(act.what)
                if given.get("effect") != "automatic":
                    level_pct = 0.0 if given["state"] == "OFF" else float(given["brightness"])
                    self._ordered([act.where], level_pct, DEFAULT_S)
            case ActKind.ASK if act.what == "identify":
                until_s = self._bench.now_s + IDENTIFY_S + DELIVERY_S
                lamps = frozenset(LAMPS_OF[act.where])
                self._ills.ordered(lamps, self._bench.now_s, until_s)
            case ActKind.EMERGENCY:
                until_s = self._bench.now_s + json.loads(act.what)["duration_s"] + DELIVERY_S
                for node in nodes_at(act.where):
                    self._emergencies[node] = max(self._emergencies[node], until_s)
            case _:
                pass

    def _ordered(self, lamps: list[str] | tuple[str, ...], level_pct: float, for_s: float) -> None:
        until_s = self._bench.now_s + for_s + DELIVERY_S
        for lamp in lamps:
            self._overrides[lamp].append(_Ordered(level_pct, until_s))
        self._ills.ordered(frozenset(lamps), self._bench.now_s, until_s)

    def changed(self, machine: NodeMachine, state: State) -> None:
        """Look at the orders of a node, if they are others than before."""
        rules = state.emergency_until_s, state.pulses, state.profile, state.overrides
        if self._rules.get(machine.node) != rules:
            self._rules[machine.node] = rules
            self._ills.rule(machine.node, self._bench.now_s)
        if self._seen.get(machine.node) is not state.overrides:
            self._seen[machine.node] = state.overrides
            for lamp, ordered in state.overrides.items():
                self._bench.counts["overrides judged"] += 1
                self._check_override(machine, lamp, ordered.level_pct, ordered.until_s)
        if state.emergency_until_s is not None:
            self._check_emergency(machine, state, state.emergency_until_s)

    def _check_override(
        self, machine: NodeMachine, lamp: str, level_pct: float, until_mono_s: float
    ) -> None:
        until_s = machine.clocks.true_s(until_mono_s)
        slack_s = CLOCKS_S + self._set_s[machine.node]
        if not any(
            given.level_pct == level_pct and until_s <= given.until_s + slack_s
            for given in self._overrides[lamp]
        ):
            what = f"{machine.node} holds {lamp} at {level_pct:g} % until {until_s:.1f} s"
            self._bench.broken("orders end", f"{what}, which nobody ordered", lamp)

    def _check_emergency(self, machine: NodeMachine, state: State, until_mono_s: float) -> None:
        until_s = machine.clocks.true_s(until_mono_s)
        self._bench.counts["states in an emergency judged"] += 1
        slack_s = CLOCKS_S + self._set_s[machine.node]
        if until_s > self._emergencies[machine.node] + slack_s:
            what = f"{machine.node} has an emergency until {until_s:.1f} s"
            self._bench.broken("orders end", f"{what}, which nobody declared")
        for lamp, known in state.lamps.items():
            if known.situation is not None and known.fade.to_pct != FULL_PCT:
                what = f"{lamp} of {machine.node} is not lit in an emergency"
                self._bench.broken("orders hold", what, lamp)

    def look(self, machine: NodeMachine) -> None:
        """Check that nothing is in force that is over."""
        state, process = machine.state, machine.process
        if state is None or process is None or process.life.stopped:
            return
        now_s = process.clock.mono_s(self._bench.now_s) - LATE_S
        for lamp, ordered in state.overrides.items():
            if ordered.until_s < now_s:
                what = f"{machine.node} still holds {lamp}, {now_s - ordered.until_s:.1f} s late"
                self._bench.broken("orders end", what, lamp)
        if state.emergency_until_s is not None and state.emergency_until_s < now_s:
            self._bench.broken("orders end", f"{machine.node} is still in an emergency")

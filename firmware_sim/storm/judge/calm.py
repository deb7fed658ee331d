"""After the storm everything is as if nothing had been."""

from controller.core.arbitration import Rung
from controller.core.lamps import ladder
from controller.mqtt.payloads import ONLINE
from firmware_sim.storm.judge.bench import Bench
from firmware_sim.storm.machine import NodeMachine
from firmware_sim.storm.operators import TOPICS

CONVERGED_S = 300.0
"""Everybody runs, is connected and hears the others. The longest way there: a machine boots (40 s),
a line is tried again after a pause of a minute, neighbours settle (50 s), and the broker is tried
again after another."""
KEPT_S = 960.0
"""Records that a disk refused are offered again with the next one, a quarter of an hour later."""
ORDERED = (Rung.OVERRIDE, Rung.EMERGENCY)


class CalmJudge:
    """Looks at nodes when they have had time to recover."""

    def __init__(self, bench: Bench) -> None:
        """Begin."""
        self._bench = bench

    def look(self, machine: NodeMachine) -> None:
        """Check that a node is there, hears the others, and that all know of it."""
        state, node = machine.state, machine.node
        self._bench.counts["nodes judged after the storm"] += 1
        if state is None:
            self._bench.broken("all recovers", f"{node} does not run")
            return
        packet = self._bench.world.network.broker.retained.get(TOPICS[node].availability)
        if packet is None or packet.payload != ONLINE:
            self._bench.broken("all recovers", f"{node} is not online for the others")
        if state.watch.silent:
            silent = ", ".join(sorted(state.watch.silent))
            self._bench.broken("all recovers", f"{node} does not hear {silent}")
        if state.watch.unreadable:
            what = f"{node} cannot read {', '.join(sorted(state.watch.unreadable))}"
            self._bench.broken("all recovers", what)
        if state.sky.clock_offset_s is None:
            self._bench.broken("all recovers", f"{node} does not know the time")

    def look_at_last(self, machine: NodeMachine) -> None:
        """Check that lamps are dimmed again where nobody is."""
        state, process = machine.state, machine.process
        if state is None or process is None:
            return
        for lamp in state.lamps:
            winner = ladder(state, lamp, process.clock.mono_s(self._bench.now_s))[0]
            if winner.rung not in (*ORDERED, Rung.BASE):
                what = f"{lamp} of {machine.node} is at {winner.level_pct:g} % for {winner.reason}"
                self._bench.broken("all recovers", f"{what}, and nobody has been there", lamp)

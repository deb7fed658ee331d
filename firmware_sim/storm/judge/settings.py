"""Settings equal the last ones that were accepted, and in the end what is desired."""

import json
from typing import Any

from controller.core.layers import LAYERS, Layer
from controller.core.profile import Profile
from controller.settings.faults import SettingsError
from controller.settings.layers import STORED, LayerDocument, effective, patched
from controller.settings.profile import profile_document
from firmware_sim.storm.broker import Packet
from firmware_sim.storm.course import NODE_IDS, PATH, PROFILE
from firmware_sim.storm.judge.bench import Bench
from firmware_sim.storm.machine import NodeMachine
from firmware_sim.storm.operators import TOPICS
from firmware_sim.storm.scenario import Act, ActKind, Fault, FaultKind

ADOPTED_S = 5.0
"""So long after a report the control loop may go on under the settings before."""

Place = tuple[str, int]
"""(node, `path` or `tenant`; version)"""


class SettingsJudge:
    """Knows every version of every layer that operators ever sent."""

    def __init__(self, bench: Bench) -> None:
        """Begin with the profile of the files everywhere."""
        self._bench = bench
        self._sent: dict[Place, dict[str, Any]] = {}
        self._versions: dict[str, dict[Layer, int]] = {
            x: dict.fromkeys(LAYERS, 0) for x in NODE_IDS
        }
        self._refused: dict[str, dict[Layer, int | None]] = {x: {} for x in NODE_IDS}
        self._newest: dict[str, ActKind] = {}
        self._expected: dict[str, tuple[float, Profile]] = {}
        self._other_since_s: dict[str, float] = {}

    def acted(self, act: Act, version: int, before: int) -> None:
        """Take note of what an operator desires."""
        if act.kind is ActKind.SETTINGS:
            self._sent[act.where, version] = json.loads(act.what)
        elif act.kind is ActKind.PATCH:
            known = self._sent.get((act.where, before), {})
            self._sent[act.where, version] = patched(known, json.loads(act.what))
        if version or (act.kind is ActKind.NONSENSE and act.what == "settings"):
            self._newest[act.where] = act.kind

    def broke(self, fault: Fault) -> None:
        """Take note of a flood: nonsense is the last word on what a node's own layer is to be."""
        if fault.kind is FaultKind.FLOOD:
            self._newest[fault.where] = ActKind.NONSENSE

    def began(self, machine: NodeMachine) -> None:
        """Expect nothing of a process that has just begun, until it reports."""
        self._expected.pop(machine.node, None)

    def published(self, machine: NodeMachine, packet: Packet) -> None:
        """Judge what a node reports of its settings."""
        told, node = json.loads(packet.payload), machine.node
        self._bench.counts["settings reported"] += 1
        for layer in LAYERS:
            now, before = told["layers"][layer]["version"], self._versions[node][layer]
            if now < before:
                what = f"{node} went back from version {before} of the {layer} layer to {now}"
                self._bench.broken("settings are kept", what)
            if now > before:
                self._bench.counts["layers adopted"] += 1
            self._versions[node][layer] = now
            self._refused[node][layer] = told["layers"][layer]["refused_version"]
            if now and (_where(node, layer), now) not in self._sent:
                what = f"{node} runs on version {now} of the {layer} layer, which nobody sent"
                self._bench.broken("settings are those accepted", what)
                return
        if not told["applied"]:
            self._bench.counts["settings refused"] += 1
        self._compare(machine, told["profile"])

    def _compare(self, machine: NodeMachine, told: dict[str, Any]) -> None:
        node = machine.node
        layers = {
            layer: LayerDocument(version, self._sent[_where(node, layer), version])
            for layer, version in self._versions[node].items()
            if version
        }
        try:
            profile = effective(PROFILE, layers, path=PATH, source="storm")
        except SettingsError as error:
            self._bench.broken(
                "settings are those accepted", f"{node} accepted unsound ones: {error}"
            )
            return
        if told != json.loads(json.dumps(profile_document(profile))):
            what = f"{node} reports a profile that its layers do not give"
            self._bench.broken("settings are those accepted", what)
        self._expected[node] = self._bench.now_s, profile
        self._check_kept(machine)

    def _check_kept(self, machine: NodeMachine) -> None:
        if machine.disk.fault is not None or not machine.disk.open_stores:
            return
        kept = machine.disk.open_stores[-1].kept(STORED) or {}
        for layer, version in self._versions[machine.node].items():
            # A report that was on its way may be overtaken by the next version.
            if kept.get(layer, {}).get("version", 0) < version:
                what = f"{machine.node} reports version {version} of the {layer} layer"
                self._bench.broken("settings are kept", f"{what}, which is not on its disk")

    def look(self, machine: NodeMachine) -> None:
        """Compare what a node runs on with what it has reported."""
        state, process = machine.state, machine.process
        expected = self._expected.get(machine.node)
        if state is None or process is None or process.life.stopped or expected is None:
            return
        since_s, profile = expected
        soon = self._bench.now_s <= since_s + ADOPTED_S
        told = self._bench.world.network.carries(machine.client)
        if soon or not told or state.profile == profile:
            self._other_since_s.pop(machine.node, None)
            return
        # What is adopted anew is told a moment after the control loop has it: what a failing disk
        # refused, when it works again, whether there is a connection by then or not.
        other_since_s = self._other_since_s.setdefault(machine.node, self._bench.now_s)
        if self._bench.now_s > other_since_s + ADOPTED_S:
            what = f"{machine.node} does not run on the profile that it reported"
            self._bench.broken("settings are those accepted", what)

    def look_at_last(self, machine: NodeMachine) -> None:
        """Check that every layer is what is desired, or that the node says why not."""
        node, retained = machine.node, self._bench.world.network.broker.retained
        for layer, topic in zip(LAYERS, TOPICS[node].config_desired, strict=True):
            packet = retained.get(topic)
            if packet is None or self._newest.get(_where(node, layer)) is ActKind.NONSENSE:
                continue  # nonsense is answered, and what was refused before is desired no more
            desired = json.loads(packet.payload)["version"]
            if desired not in (self._versions[node][layer], self._refused[node].get(layer)):
                what = f"{node} neither runs on version {desired} of the {layer} layer"
                self._bench.broken("settings converge", f"{what} nor has it refused it")


def _where(node: str, layer: Layer) -> str:
    return node if layer == "node" else layer

"""Operators at the broker: what they publish, as the bytes that nodes read."""

import json
from collections.abc import Callable
from typing import Any

from controller.mqtt.topics import Topics
from controller.mqtt.wire import encode_json
from firmware_sim.storm.broker import Packet
from firmware_sim.storm.course import LAMPS_OF, NODE_IDS, NODE_OF_LAMP, PATH
from firmware_sim.storm.scenario import Act, ActKind

OPERATOR = "operator"
TOPICS = {node: Topics(PATH.tenant, PATH.id, node) for node in NODE_IDS}
_SCOPES = {"tenant": 0, "path": 1}
JUNK = b'{"version": 1, "profile": {"levels": '


def nodes_at(where: str) -> tuple[str, ...]:
    """Return the nodes that are meant by a place."""
    return (where,) if where in LAMPS_OF else NODE_IDS


class Operators:
    """Publishes acts. `sent` tells the judge: the act, and the settings version of it or 0."""

    def __init__(
        self, publish: Callable[[Packet], None], sent: Callable[[Act, int, int], None]
    ) -> None:
        """Begin with version 1."""
        self._publish = publish
        self._sent = sent
        self._version = 0
        self._newest: dict[str, int] = {}
        self._commands = 0

    def act(self, act: Act) -> None:
        """Do what is to be done."""
        match act.kind:
            case ActKind.SETTINGS | ActKind.PATCH:
                self._settings(act)
            case ActKind.SWITCH:
                self._sent(act, 0, 0)
                topic = TOPICS[NODE_OF_LAMP[act.where]].lamp_set(act.where)
                self._say(topic, act.what.encode())
            case ActKind.NONSENSE:
                self._nonsense(act)
            case ActKind.OVERRIDE:
                self._command(act, "override", json.loads(act.what))
            case ActKind.CLEAR:
                self._command(act, "clear_override", {})
            case ActKind.EMERGENCY:
                self._command(act, "emergency", json.loads(act.what))
            case ActKind.EMERGENCY_OVER:
                self._command(act, "emergency", {"active": False})
            case ActKind.ASK:
                named = act.what in ("explain", "identify")
                self._command(act, act.what, {"lamp": LAMPS_OF[act.where][0]} if named else {})

    def _settings(self, act: Act) -> None:
        self._version += 1
        version, before = self._version, self._newest.get(act.where, 0)
        content: dict[str, Any] = {"version": version}
        if act.kind is ActKind.PATCH:
            content |= {"patch": json.loads(act.what), "if_version": before}
        else:
            content["profile"] = json.loads(act.what)
        self._newest[act.where] = version
        self._sent(act, version, before)
        self._say(self._topic("config/desired", act.where), encode_json(content), retain=True)

    def _command(self, act: Act, name: str, args: dict[str, Any]) -> None:
        self._commands += 1
        self._sent(act, 0, 0)
        content = {"id": f"order-{self._commands}", "name": name, "args": args}
        self._say(self._topic("command", act.where), encode_json(content))

    def _nonsense(self, act: Act) -> None:
        self._sent(act, 0, 0)
        if act.what == "settings":
            self._say(self._topic("config/desired", act.where), JUNK)
        elif act.what == "command":
            self._say(self._topic("command", act.where), b'{"id": 7, "name": "explode"}')
        else:
            content = {"id": "kept", "name": "override", "args": {"level_pct": 0}}
            self._say(self._topic("command", act.where), encode_json(content), retain=True)

    def _topic(self, name: str, where: str) -> str:
        topics = TOPICS[where if where in LAMPS_OF else NODE_IDS[0]]
        scoped = topics.config_desired if name == "config/desired" else topics.command
        return scoped[_SCOPES.get(where, 2)]

    def _say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._publish(Packet(topic, payload, retain, 1, OPERATOR))

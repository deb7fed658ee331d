"""Nodes that answer as real ones do, made of the payloads alone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import aiomqtt
from pydantic import JsonValue

from controller.concurrency import end
from controller.core.layers import LAYERS, Layer
from controller.mqtt.commands import Command, OrderResult, PingResult, Reply
from controller.mqtt.config import (
    DesiredConfig,
    LayerReport,
    ReportedConfig,
    Trouble,
    parse_desired,
)
from controller.mqtt.payloads import DaylightReport, LampReport, StatePayload
from controller.mqtt.topics import Topics
from tests.mqtt.examples import parse_command
from tests.support.broker import HOST

TENANT, PATH = "stadt", "kanal"
CET = timezone(timedelta(hours=1))
NOW = datetime(2026, 1, 15, 17, 3, 22, tzinfo=CET)
UNTIL = NOW + timedelta(hours=2)

PROFILE: dict[str, JsonValue] = {
    "levels": {"base_pct": 10.0, "presence_pct": 80.0},
    "rules": [{"name": "late", "from": "23:00", "base_pct": 5.0}],
}


def state(*lamps: str, alarms: tuple[str, ...] = (), **about: object) -> StatePayload:
    """A node's state; every lamp at its base."""
    base = LampReport(target_pct=10.0, level_pct=10.0, power_w=2.58, reason="base")
    values: dict[str, Any] = {
        "at": NOW,
        "clock_trusted": True,
        "uptime_s": 86412.0,
        "version": "0.1.0",
        "daylight": DaylightReport(dark=True, reason="sun", sun_elevation_deg=-3.41, lux=21.5),
        "profile_version": 3,
        "alarms": alarms,
        "lamps": dict.fromkeys(lamps, base),
    }
    return StatePayload(**(values | about))


def reported(in_use: int = 3, **about: object) -> ReportedConfig:
    """What a node reports of its settings when it has just started."""
    none = LayerReport(version=0)
    values: dict[str, Any] = {
        "layer": None,
        "version": None,
        "applied": True,
        "active_version": in_use,
        "layers": {"tenant": none, "path": LayerReport(version=in_use), "node": none},
        "profile": PROFILE,
    }
    return ReportedConfig(**(values | about))


def done(command: Command, lamps: tuple[str, ...]) -> Reply:
    """The answer to what can be done."""
    one = [command.args["lamp"]] if "lamp" in command.args else list(lamps)
    wanted: Any = command.args.get("lamps", one)
    result: Any = OrderResult(lamps=list(wanted), seconds=7200.0, until=UNTIL)
    if command.name == "ping":
        result = PingResult(at=NOW, uptime_s=90061.0, version="0.1.0")
    return Reply(id=command.id, ok=True, result=result.model_dump(mode="json"))


def refused(command: Command, *troubles: Trouble) -> Reply:
    return Reply(id=command.id, ok=False, errors=troubles)


TROUBLE = Trouble(place="levels.base_pct", problem="120 is above 100", hint="lower it")


@dataclass
class FakeNode:
    """One node. `answer` and `judge` say what it replies and reports, None if nothing."""

    client: aiomqtt.Client
    topics: Topics
    lamps: tuple[str, ...]
    answer: Callable[[Command], Reply | None]
    judge: "Judge"
    commands: list[tuple[str, Command]] = field(default_factory=list)
    desired: list[tuple[str, DesiredConfig]] = field(default_factory=list)

    async def keep(self, topic: str, payload: bytes) -> None:
        await self.client.publish(topic, payload, qos=1, retain=True)

    async def online(self, *, state_payload: StatePayload | None = None) -> None:
        """Listen, and then tell everything that a real node retains."""
        topics = [*self.topics.command, *self.topics.config_desired]
        await self.client.subscribe([(topic, 1) for topic in topics])
        await self.keep(self.topics.state, (state_payload or state(*self.lamps)).to_bytes())
        await self.keep(self.topics.config_reported, reported().to_bytes())
        await self.keep(self.topics.availability, b"online")

    async def serve(self) -> None:
        async for message in self.client.messages:
            topic, payload = message.topic.value, bytes(message.payload)
            if topic in self.topics.command:
                command = parse_command(payload)
                self.commands.append((topic, command))
                if (reply := self.answer(command)) is not None:
                    await self.client.publish(self.topics.reply, reply.to_bytes(), qos=1)
            elif not message.retain:
                desired = parse_desired(payload)
                self.desired.append((topic, desired))
                layer = LAYERS[self.topics.config_desired.index(topic)]
                if (report := self.judge(layer, desired)) is not None:
                    await self.keep(self.topics.config_reported, report.to_bytes())


Judge = Callable[[Layer, DesiredConfig], ReportedConfig | None]


def applied(layer: Layer, desired: DesiredConfig) -> ReportedConfig:
    """The report of a node that is content."""
    now = {**reported().layers, layer: LayerReport(version=desired.version)}
    return reported(
        layer=layer, version=desired.version, active_version=desired.version, layers=now
    )


def rejected(layer: Layer, desired: DesiredConfig) -> ReportedConfig:
    """The report of a node that finds a fault."""
    now = {**reported().layers, layer: LayerReport(version=3, refused_version=desired.version)}
    return reported(
        layer=layer, version=desired.version, applied=False, layers=now, errors=(TROUBLE,)
    )


@contextlib.asynccontextmanager
async def fake_node(  # noqa: PLR0913 each has a meaning of its own
    port: int,
    node: str = "n07",
    *lamps: str,
    path: str = PATH,
    answer: Callable[[Command], Reply | None] | None = None,
    judge: Judge = applied,
    state_payload: StatePayload | None = None,
    login: tuple[str, str] | None = None,
) -> AsyncIterator[FakeNode]:
    """A node that is online, and answers everything well unless told otherwise."""
    names = dict(zip(("username", "password"), login or (), strict=False))
    client = aiomqtt.Client(
        HOST, port, protocol=aiomqtt.ProtocolVersion.V5, identifier=f"{path}-{node}", **names
    )
    # Some tests stop the broker.
    with contextlib.suppress(aiomqtt.MqttError):
        async with client:
            topics = Topics(TENANT, path, node)
            answers = answer or (lambda command: done(command, lamps))
            fake = FakeNode(client, topics, lamps, answers, judge)
            await fake.online(state_payload=state_payload)
            serving = asyncio.create_task(fake.serve())
            try:
                yield fake
            finally:
                await end(serving)

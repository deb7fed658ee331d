"""What operators do, over a real mosquitto, seen in the lamps of real daemons."""

import asyncio
import json
import os
import random
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from tests.mqtt.watching import Watch, publish, watching
from tests.support.broker import HOST, Mosquitto
from tests.system.live import LAMP_PINS, LIMIT_S, Node, Town, until

ROOT = "cyclelight/v1/soest/test"
FIRST, SECOND = LAMP_PINS
# Bounds every answer; a busy machine may be late for once.
APPLIES_S = 0.2


@dataclass
class Operator:
    """Somebody who gives commands and reads replies."""

    broker: Mosquitto
    watch: Watch
    given: int = 0

    async def command(
        self, name: str, *, to: str = "n1", retain: bool = False, **args: object
    ) -> str:
        self.given += 1
        content = {"id": f"op{self.given}", "name": name, "args": args}
        topic = {"path": f"{ROOT}/all/command", "tenant": "cyclelight/v1/soest/all/all/command"}
        where = topic.get(to, f"{ROOT}/{to}/command")
        await publish(self.broker.port, where, json.dumps(content).encode(), qos=1, retain=retain)
        return f"op{self.given}"

    async def reply(
        self, command_id: str | None, node: str = "n1", limit_s: float = LIMIT_S
    ) -> dict[str, Any]:
        def found() -> list[dict[str, Any]]:
            replies = [json.loads(text) for text in self.watch.of(f"{ROOT}/{node}/reply")]
            return [x for x in replies if x["id"] == command_id]

        await until(found, f"the reply to {command_id}", limit_s)
        return found()[-1]

    async def answered_at_last(self) -> None:
        """Ask until there is an answer: a flood may have cost the node its connection for a while.

        Commands are not kept for who is not there.
        """
        deadline_s = time.monotonic() + BACKLOG_S
        while not any(self.watch.of(f"{ROOT}/n1/reply")):
            assert time.monotonic() < deadline_s, "still no answer"
            await self.command("ping")
            await asyncio.sleep(1.0)

    async def done(self, name: str, **args: object) -> dict[str, Any]:
        reply = await self.reply(await self.command(name, **args))
        assert reply["ok"], reply
        return dict(reply["result"])

    async def refused(self, name: str, **args: object) -> list[str]:
        reply = await self.reply(await self.command(name, **args))
        assert not reply["ok"]
        return [error["place"] for error in reply["errors"]]

    def state(self, node: str = "n1") -> dict[str, Any]:
        return dict(json.loads(self.watch.of(f"{ROOT}/{node}/state")[-1]))

    def reason(self, lamp: str = "L1") -> str:
        return str(self.state()["lamps"][lamp]["reason"])

    async def because(self, reason: str, lamp: str = "L1") -> None:
        await until(lambda: self.reason(lamp) == reason, f"{lamp} {reason}")


@asynccontextmanager
async def operating(broker: Mosquitto, nodes: int = 1) -> AsyncIterator[Operator]:
    async with watching(broker.port) as watch:
        for number in range(1, nodes + 1):
            schema = f"{ROOT}/n{number}/config/schema"
            await until(lambda t=schema: watch.of(t), "a node online")  # type: ignore[misc]
        yield Operator(broker, watch)


async def settled(town: Town, broker: Mosquitto) -> Node:
    town.write_files(port=broker.port, nodes=1)
    node = await town.node("n1")
    await node.board.at_base()
    return node


async def at(node: Node, pin: int, duty: float) -> None:
    # So near that the fade is over: what follows is not to be taken for a part of it.
    await until(lambda: abs(node.board.duty(pin) - duty) < 0.0005, f"{pin} at {duty}")


def moved(node: Node, pin: int, since_s: float, level: float = 0.1) -> list[float]:
    """Where a lamp was told to go other than its level, to which it may still be settling."""
    return [x for _, x in node.board.duties(pin, since_s) if abs(x - level) > 0.011]


async def test_an_override_is_seen_explained_and_expires_by_itself(
    town: Town, broker: Mosquitto
) -> None:
    node = await settled(town, broker)
    async with operating(broker) as operator:
        result = await operator.done("override", lamps=["L1"], level_pct=60.0, duration_s=4.0)
        begun_s = time.monotonic()
        assert result["lamps"] == ["L1"]
        await at(node, FIRST, 0.6)
        assert abs(node.board.duty(SECOND) - 0.1) < 0.01
        await operator.because("override")
        why = await operator.done("explain", lamp="L1")
        assert (why["winner"]["rung"], why["winner"]["level_pct"]) == ("override", 60.0)
        assert [x["rung"] for x in why["losers"]] == ["base", "day"]
        light = json.loads(operator.watch.of(f"{ROOT}/n1/lamp/L1/state")[-1])
        assert light == {"state": "ON", "brightness": 60, "effect": "override"}
        await at(node, FIRST, 0.1)
        assert time.monotonic() - begun_s == pytest.approx(4.0, abs=1.5)
        await operator.because("base")


async def test_an_emergency_beats_an_override_and_both_survive_a_crash_with_their_expiry(
    town: Town, broker: Mosquitto
) -> None:
    node = await settled(town, broker)
    async with operating(broker) as operator:
        await operator.done("override", level_pct=30.0, duration_s=3600.0)
        await operator.done("emergency", duration_s=3600.0)
        await at(node, FIRST, 1.0)
        await operator.because("emergency")
        until_then = operator.state()["lamps"]["L1"]["until"]
        await asyncio.sleep(1.5)  # the store is written at most once a second
        await node.kill()
        told = len(operator.watch.of(f"{ROOT}/n1/state"))
        await node.start()
        await until(
            lambda: (
                len(operator.watch.of(f"{ROOT}/n1/state")) > told
                and operator.reason() == "emergency"
            ),
            "the emergency after the restart",
        )
        assert abs(_seconds(operator.state()["lamps"]["L1"]["until"]) - _seconds(until_then)) <= 1
        await operator.done("emergency", active=False)
        await operator.because("override")
        await at(node, FIRST, 0.3)
        await operator.done("clear_override")
        await operator.because("base")


def _seconds(text: str) -> float:
    return time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


async def test_commands_to_the_path_and_the_tenant_reach_every_node(
    town: Town, broker: Mosquitto
) -> None:
    town.write_files(port=broker.port, nodes=2)
    first, second = await asyncio.gather(town.node("n1"), town.node("n2"))
    async with operating(broker, nodes=2) as operator:
        for to in ("path", "tenant"):
            order = await operator.command("emergency", to=to, duration_s=600.0)
            for node in ("n1", "n2"):
                assert (await operator.reply(order, node))["ok"]
            for board in (first.board, second.board):
                await until(lambda b=board: b.duty(FIRST) > 0.99, "full light")  # type: ignore[misc]
            order = await operator.command("emergency", to=to, active=False)
            await operator.reply(order, "n2")


async def test_every_refusal_is_answered_and_changes_nothing(town: Town, broker: Mosquitto) -> None:
    node = await settled(town, broker)
    async with operating(broker) as operator:
        since_s = time.monotonic()
        assert await operator.refused("reboot") == ["name"]
        assert await operator.refused("override", level_pct=140.0) == ["args.level_pct"]
        assert await operator.refused("override", level_pct=40.0, lamp="L1") == ["args.lamp"]
        assert await operator.refused("override", level_pct=40.0, duration_s=90000.0) == [
            "args.duration_s"
        ]
        assert await operator.refused("override", lamps=["L9"], level_pct=40.0) == ["args.lamps"]
        assert await operator.refused("emergency", duration_s=50000.0) == ["args.duration_s"]
        order = json.dumps({"id": "old", "name": "override", "args": {"level_pct": 99.0}})
        await publish(broker.port, f"{ROOT}/n1/command", order[:-1].encode() + _EXPIRED, qos=1)
        assert (await operator.reply("old"))["errors"][0]["place"] == "expires_at"
        await publish(broker.port, f"{ROOT}/n1/command", b"{", qos=1)
        assert (await operator.reply(None))["errors"][0]["place"] == "message"
        done = await operator.command("ping")
        await operator.reply(done)
        operator.given -= 1
        await operator.command("ping")
        replies = lambda: [json.loads(x) for x in operator.watch.of(f"{ROOT}/n1/reply")]  # noqa: E731
        await until(lambda: [x["id"] for x in replies()].count(done) == 2, "the second reply")
        assert replies()[-1]["errors"][0]["place"] == "id"
        assert moved(node, FIRST, since_s) == []
        assert "Traceback" not in node.log


_EXPIRED = b', "expires_at": "2020-01-01T00:00:00Z"}'


async def test_a_retained_command_is_never_carried_out(town: Town, broker: Mosquitto) -> None:
    town.write_files(port=broker.port, nodes=1)
    order = json.dumps({"id": "kept", "name": "override", "args": {"level_pct": 99.0}}).encode()
    await publish(broker.port, f"{ROOT}/n1/command", order, qos=1, retain=True)
    async with watching(broker.port) as watch:
        operator = Operator(broker, watch)
        node = await town.node("n1")
        assert not (await operator.reply("kept"))["ok"]
        await node.board.at_base()
        # Nor by one that hears it live.
        assert not (
            await operator.reply(await operator.command("override", retain=True, level_pct=99.0))
        )["ok"]
        await operator.done("ping")
        assert node.board.duty(FIRST) < 0.11


async def test_a_profile_change_applies_at_once_and_without_a_flicker(
    town: Town, broker: Mosquitto
) -> None:
    node = await settled(town, broker)
    async with operating(broker) as operator:
        took_s = []
        for version, base_pct in enumerate((30.0, 12.0, 25.0), start=1):
            desired = {"version": version, "profile": {"levels": {"base_pct": base_pct}}}
            since_s = time.monotonic()
            await publish(
                broker.port, f"{ROOT}/n1/config/desired", json.dumps(desired).encode(), qos=1
            )
            await at(node, FIRST, base_pct / 100.0)
            duties = node.board.duties(FIRST, since_s)
            took_s.append(duties[0][0] - since_s)
            levels = [duty for _, duty in duties]
            assert levels == sorted(levels, reverse=levels[0] > levels[-1])  # one way only
            assert node.board.duties(SECOND, since_s)
        assert min(took_s) < APPLIES_S
        # The same again and what is refused are not seen at all.
        since_s = time.monotonic()
        for again in (desired, {"version": 9, "profile": {"levels": {"base_pct": 101.0}}}):
            await publish(
                broker.port, f"{ROOT}/n1/config/desired", json.dumps(again).encode(), qos=1
            )
        await operator.done("ping")
        assert moved(node, FIRST, since_s, level=0.25) == []


async def test_home_assistant_switches_a_lamp_and_hands_it_back(
    town: Town, broker: Mosquitto
) -> None:
    node = await settled(town, broker)
    async with operating(broker) as operator:
        switch = f"{ROOT}/n1/lamp/L1/set"
        await publish(broker.port, switch, b'{"state": "ON", "brightness": 45}', qos=1)
        await at(node, FIRST, 0.45)
        await operator.because("override")
        assert operator.state()["lamps"]["L1"]["until"] is not None
        await publish(broker.port, switch, b'{"state": "ON", "effect": "automatic"}', qos=1)
        await at(node, FIRST, 0.1)
        lights = [
            topic for topic, _ in operator.watch.texts if topic.startswith("homeassistant/light")
        ]
        assert len(set(lights)) == len(LAMP_PINS)
        seen = len(lights)
        await publish(broker.port, "homeassistant/status", b"online", qos=1)
        await until(
            lambda: (
                sum(t.startswith("homeassistant/light") for t, _ in operator.watch.texts)
                >= seen + len(LAMP_PINS)
            ),
            "discovery again",
        )


async def test_a_lamp_that_leaves_the_path_file_leaves_home_assistant(
    town: Town, broker: Mosquitto
) -> None:
    node = await settled(town, broker)
    async with operating(broker) as operator:
        await until(lambda: "topics" in _kept_discovery(node), "the announced topics to be kept")
        await node.stop()
        for name in ("path.toml", "n1.toml"):
            file = node.directory / name
            file.write_text(_without_second_lamp(file.read_text()))
        await node.start()
        gone = [
            t for t, _ in operator.watch.texts if t.startswith("homeassistant/light") and "L2" in t
        ]
        await until(lambda: operator.watch.of(gone[0])[-1] == "", "the second lamp to be removed")


def _kept_discovery(node: Node) -> str:
    import sqlite3  # noqa: PLC0415 - only here

    file = node.directory / "state-n1" / "cyclelight.sqlite"
    with sqlite3.connect(file) as db:
        row = db.execute("SELECT document FROM document WHERE name = 'discovery'").fetchone()
    return row[0] if row else ""


def _without_second_lamp(text: str) -> str:
    kept = [part for part in text.split("\n[") if "L2" not in part.split("\n[motion")[0]]
    return "\n[".join(kept)


# --- any bytes ------------------------------------------------------------------------------------

MESSAGES = int(os.environ.get("FUZZ_MESSAGES", "10000"))
BACKLOG_S = 60.0


def _mangled(rng: random.Random) -> bytes:
    """Something like a message, or nothing like one."""
    whole = json.dumps(
        rng.choice(
            [
                {"version": 3, "profile": {"levels": {"base_pct": 400}}},
                {"version": 3, "patch": {}, "if_version": 77},
                {"id": "x", "name": "override", "args": {"level_pct": -1}},
                {"id": "y", "name": "explain", "args": {"lamp": "L99"}},
                {"state": "ON", "brightness": 400},
                {"sensor": "M9", "boot": "b", "seq": 1, "active": True, "age_s": 0.0},
            ]
        )
    ).encode()
    match rng.randrange(4):
        case 0:
            return rng.randbytes(rng.randrange(300))
        case 1:
            return whole[: rng.randrange(len(whole))]
        case 2:
            at = rng.randrange(len(whole))
            return whole[:at] + rng.randbytes(3) + whole[at + 1 :]
        case _:
            return whole


def _memory_kb(node: Node) -> int:
    assert node.process is not None
    status = Path(f"/proc/{node.process.pid}/status").read_text()
    return int(next(x for x in status.splitlines() if x.startswith("VmRSS")).split()[1])


async def test_whatever_bytes_arrive_the_lamps_stay_and_memory_does_not_grow(
    town: Town, broker: Mosquitto
) -> None:
    node = await settled(town, broker)
    rng = random.Random(20250115)  # noqa: S311 - can be repeated
    topics = [
        *(f"{ROOT}/{x}" for x in ("n1/command", "all/command", "n1/config/desired")),
        *(f"{ROOT}/{x}" for x in ("all/config/desired", "n1/lamp/L1/set", "n1/lamp/L2/set")),
        "cyclelight/v1/soest/all/all/command",
        "cyclelight/v1/soest/all/all/config/desired",
        "homeassistant/status",
    ]

    async def send(number: int) -> None:
        # Without it every message may wait for a delayed acknowledgement of TCP, 40 ms.
        at_once = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        async with aiomqtt.Client(HOST, broker.port, socket_options=at_once) as client:
            for _ in range(number):
                await client.publish(rng.choice(topics), _mangled(rng), qos=1)

    since_s = time.monotonic()
    await send(MESSAGES // 4)
    before_kb = _memory_kb(node)
    await send(MESSAGES - MESSAGES // 4)
    async with operating(broker) as operator:
        await operator.answered_at_last()
    assert moved(node, FIRST, since_s) == []
    assert moved(node, SECOND, since_s) == []
    assert _memory_kb(node) - before_kb < 4096
    assert "Traceback" not in node.log

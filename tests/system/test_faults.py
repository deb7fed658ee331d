"""Real daemons, mosquitto, and faults: bad cables, processes that stand still, a full broker."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.mqtt.relay import Relay
from tests.mqtt.watching import Watch, watching
from tests.support.broker import HOST, Mosquitto
from tests.system.live import LAMP_PINS, MOTION_PINS, Node, Town, until

ROOT = "cyclelight/v1/soest/test"
KEEPALIVE_S = 5
# Twice the keep-alive, and a pause before the next attempt.
NOTICED_S = 2 * KEEPALIVE_S + 10.0
RETAINED = 10_000
FADE_S, ALLOWED_S = 1.0, 1.0
HOP_S = 35.0 / 15.0
"""From one sensor to the next at the speed that the profile is for."""


def connect(town: Town, number: int, port: int) -> None:
    """Let a node go through a cable of its own, and notice soon if it is dead."""
    file = town.directory / f"n{number}.toml"
    text = file.read_text().partition("[mqtt]")[0]
    file.write_text(f'{text}[mqtt]\nhost = "{HOST}"\nport = {port}\nkeepalive_s = {KEEPALIVE_S}\n')


async def light_is_prompt(node: Node) -> None:
    """Somebody comes to the first sensor of a node, and has light there as fast as ever."""
    came_s = node.board.put(pin=MOTION_PINS[0], value=1)
    assert await node.board.bright(LAMP_PINS[0], came_s) - came_s < FADE_S + ALLOWED_S
    node.board.put(pin=MOTION_PINS[0], value=0)


async def all_are_there(watch: Watch, *nodes: Node) -> None:
    """Wait until the nodes are online and dim."""
    for node in nodes:
        topic = f"{ROOT}/{node.name}/availability"
        await until(lambda t=topic: watch.of(t)[-1:] == ["online"], topic, NOTICED_S)  # type: ignore[misc]
        await node.board.at_base()


async def light_goes_along(first: Node, second: Node) -> None:
    """Somebody comes up before the second node and rides past it: it lights up for them."""
    came_s = await first.passed(MOTION_PINS[1], HOP_S)
    for pin in MOTION_PINS:
        await second.passed(pin, HOP_S)
    assert await second.board.bright(LAMP_PINS[0], came_s) - came_s < HOP_S + ALLOWED_S


@asynccontextmanager
async def pair(town: Town, broker: Mosquitto) -> AsyncIterator[tuple[Node, Node, Relay, Watch]]:
    """Two nodes that are well, the second behind a cable of its own."""
    async with Relay(broker.port) as cable:
        town.write_files(port=broker.port, nodes=2)
        connect(town, 1, broker.port)
        connect(town, 2, cable.port)
        first, second = await asyncio.gather(town.node("n1"), town.node("n2"))
        async with watching(broker.port, f"{ROOT}/+/availability") as watch:
            await all_are_there(watch, first, second)
            yield first, second, cable, watch


async def test_a_cable_that_is_cut_or_crawls_costs_no_light_beside_ten_thousand_messages(
    town: Town, broker: Mosquitto
) -> None:
    await asyncio.to_thread(_fill, broker.port)
    async with pair(town, broker) as (first, second, cable, watch):
        cable.cut()
        await all_are_there(watch, first, second)
        await light_goes_along(first, second)

        await all_are_there(watch, first, second)
        cable.crawl(bytes_per_s=2000.0)
        await light_is_prompt(second)
        cable.heal()
        await all_are_there(watch, first, second)
        assert "Traceback" not in first.log + second.log
    async with watching(broker.port, _stranger(RETAINED - 1)) as watch:
        await until(lambda: watch.messages, "the last of the messages, which are still there")


async def test_a_node_that_stands_still_is_missed_and_goes_on_where_people_are(
    town: Town, broker: Mosquitto
) -> None:
    async with pair(town, broker) as (first, second, _, watch):
        assert second.process is not None
        second.process.send_signal(signal.SIGSTOP)
        try:
            # Nobody tells the first of who comes from there, so it keeps light there.
            await until(lambda: first.board.duty(LAMP_PINS[1]) > 0.9, "fail-safe", NOTICED_S)
            second.board.put(pin=MOTION_PINS[0], value=1)  # nobody sees to it yet
        finally:
            second.process.send_signal(signal.SIGCONT)
        await until(lambda: second.board.duty(LAMP_PINS[0]) > 0.9, "light after the standstill")
        second.board.put(pin=MOTION_PINS[0], value=0)
        await all_are_there(watch, first, second)
        await light_goes_along(first, second)


def _fill(port: int) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1000)
    client.connect(HOST, port)
    client.loop_start()
    for number in range(RETAINED):
        told = client.publish(_stranger(number), b"{}" * 100, qos=1, retain=True)
    told.wait_for_publish(60.0)
    client.disconnect()
    client.loop_stop()


def _stranger(number: int) -> str:
    return f"{ROOT}/x{number}/state"

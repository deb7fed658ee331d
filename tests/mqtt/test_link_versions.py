"""Brokers that do not speak MQTT 5."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from controller.mqtt.link import Inbound
from tests.mqtt.links import AVAILABILITY, IMPATIENT, ON, PASSAGE, make_link, running
from tests.mqtt.relay import Relay
from tests.mqtt.watching import until, watching
from tests.support.broker import HOST, Mosquitto, free_port

AMQTT = "from amqtt.scripts.broker_script import main; main()"


@contextlib.contextmanager
def amqtt(directory: Path) -> Iterator[int]:
    """Run the pure Python broker, which speaks 3.1.1 only, on a port of its own."""
    port = free_port()
    config = directory / "amqtt.yaml"
    config.write_text(
        f"listeners: {{default: {{type: tcp, bind: '{HOST}:{port}'}}}}\n"
        "plugins: {amqtt.plugins.authentication.AnonymousAuthPlugin: {allow_anonymous: true}}\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", AMQTT, "-c", str(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield port
    finally:
        process.kill()
        process.wait()


async def test_a_broker_that_stays_silent_on_mqtt_5_is_asked_with_3_1_1(tmp_path: Path) -> None:
    received: list[bytes] = []

    async def note(message: Inbound) -> None:
        received.append(message.payload)

    with amqtt(tmp_path) as port:
        link = make_link(port, on_message=note, subscriptions={PASSAGE: 0})
        async with running(link):
            await until(lambda: link.connected, "the link to be connected")
            link.send(PASSAGE, b"hello", expiry_s=5.0)
            await until(lambda: received == [b"hello"], "our own message")
    assert link.stats.protocol == "3.1.1"
    assert link.stats.connections == 1


async def test_a_broker_that_hangs_up_on_mqtt_5_is_asked_with_3_1_1_at_once(
    mosquitto: Mosquitto,
) -> None:
    patient = replace(IMPATIENT, silence_s=60.0, backoff_first_s=60.0)
    async with (
        Relay(mosquitto.port, hangs_up_on_5=True) as relay,
        watching(mosquitto.port) as watch,
        running(make_link(relay.port, limits=patient)) as link,
    ):
        await watch.until_seen(AVAILABILITY, ON)
        await until(lambda: link.connected, "the link to be connected")
        assert link.stats.protocol == "3.1.1"
        assert relay.connections == 2

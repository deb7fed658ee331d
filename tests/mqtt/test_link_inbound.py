"""What the link receives, with a real mosquitto."""

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from controller.mqtt.broker import ProtocolChoice
from controller.mqtt.link import Inbound, Limits, Link
from tests.mqtt.links import (
    AVAILABILITY,
    DESIRED,
    IMPATIENT,
    PASSAGE,
    make_broker,
    make_link,
    running,
)
from tests.mqtt.relay import PUBACK, Relay
from tests.mqtt.watching import publish, until
from tests.support.broker import Mosquitto


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_messages_arrive_in_order_with_what_is_known_about_them(
    mosquitto: Mosquitto, protocol: str
) -> None:
    arrived: list[Inbound] = []

    async def note(message: Inbound) -> None:
        arrived.append(message)

    await publish(mosquitto.port, DESIRED, b"kept", qos=1, retain=True)
    link = make_link(
        mosquitto.port,
        on_message=note,
        subscriptions={DESIRED: 1, PASSAGE: 0},
        protocol=protocol,
    )
    async with running(link):
        await until(lambda: arrived, "the retained message")
        await publish(mosquitto.port, PASSAGE, b"news", qos=0)
        await until(lambda: len(arrived) == 2, "the news")
    assert arrived == [
        Inbound(DESIRED, b"kept", retained=True, qos=1),
        Inbound(PASSAGE, b"news", retained=False, qos=0),
    ]
    assert {type(message.payload) for message in arrived} == {bytes}


Notes = list[str]


def noting_link(
    port: int, notes: Notes, *, protocol: ProtocolChoice = "auto", mistake: str = ""
) -> Link:
    """A link that notes what arrives on DESIRED and every loss; it fails at a mistake."""

    async def note(message: Inbound) -> None:
        notes.append(message.payload.decode())
        if notes[-1] == mistake:
            raise KeyError(mistake)

    return Link(
        make_broker(port, protocol=protocol),
        availability_topic=AVAILABILITY,
        subscriptions={DESIRED: 1},
        on_message=note,
        on_lost=lambda: notes.append("lost"),
        limits=IMPATIENT,
    )


async def until_kept(notes: Notes, times: int) -> None:
    await until(lambda: notes.count("kept") == times, "what is retained")


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_what_is_retained_comes_again_after_every_loss(
    mosquitto: Mosquitto, relay: Relay, protocol: ProtocolChoice
) -> None:
    notes: Notes = []
    await publish(mosquitto.port, DESIRED, b"kept", qos=1, retain=True)
    async with running(noting_link(relay.port, notes, protocol=protocol)):
        for connections in (1, 2):
            await until_kept(notes, connections)
            relay.cut()
        await until_kept(notes, 3)
    assert notes == ["kept", "lost", "kept", "lost", "kept", "lost"]


async def test_a_loss_is_told_once_however_many_attempts_fail(
    mosquitto: Mosquitto, relay: Relay
) -> None:
    notes: Notes = []
    async with running(noting_link(relay.port, notes)) as link:
        await until(lambda: link.connected, "the link to be connected")
        mosquitto.stop()
        await until(lambda: relay.connections >= 3, "attempts to come back")
        assert notes == ["lost"]


async def test_a_mistake_in_the_handler_is_not_hidden_and_ends_the_connection(
    mosquitto: Mosquitto,
) -> None:
    notes: Notes = []
    await publish(mosquitto.port, DESIRED, b"x", qos=1, retain=True)
    with pytest.raises(KeyError, match="x"):
        await asyncio.wait_for(noting_link(mosquitto.port, notes, mistake="x").run(), 8.0)
    assert notes == ["x", "lost"]


async def test_a_message_is_acknowledged_only_after_it_was_handled(
    mosquitto: Mosquitto, relay: Relay
) -> None:
    started = asyncio.Event()
    never = asyncio.Event()

    async def stall(message: Inbound) -> None:
        if message.payload == b"stall":
            started.set()
            await never.wait()

    async with running(make_link(relay.port, on_message=stall, subscriptions={DESIRED: 1})) as link:
        await until(lambda: link.connected, "the link to be connected")
        await publish(mosquitto.port, DESIRED, b"pass", qos=1)
        await until(lambda: relay.types_sent().count(PUBACK) == 1, "an acknowledgement")
        await publish(mosquitto.port, DESIRED, b"stall", qos=1)
        await started.wait()
    assert relay.types_sent().count(PUBACK) == 1


async def test_a_refused_message_is_logged_once_and_does_not_come_back(
    mosquitto: Mosquitto, relay: Relay
) -> None:
    seen: list[bytes] = []

    async def refuse(message: Inbound) -> None:
        seen.append(message.payload)
        raise ValueError("poison" * 1000)

    link = make_link(relay.port, on_message=refuse, subscriptions={DESIRED: 1})
    with capture_logs() as logs:
        async with running(link):
            await until(lambda: link.connected, "the link to be connected")
            for _ in range(3):
                await publish(mosquitto.port, DESIRED, b"x", qos=1)
            await until(lambda: relay.types_sent().count(PUBACK) == 3, "acknowledgements")
            assert link.stats.refused_inbound == len(seen) == 3
    (complaint,) = (entry for entry in logs if entry["log_level"] == "warning")
    assert complaint["topic"] == DESIRED
    assert len(complaint["reason"]) <= 300


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_a_message_that_is_too_large_is_dropped(mosquitto: Mosquitto, protocol: str) -> None:
    arrived: list[bytes] = []

    async def note(message: Inbound) -> None:
        arrived.append(message.payload)

    link = make_link(mosquitto.port, on_message=note, subscriptions={DESIRED: 1}, protocol=protocol)
    async with running(link):
        await until(lambda: link.connected, "the link to be connected")
        await publish(mosquitto.port, DESIRED, b"x" * (IMPATIENT.inbound_bytes + 1), qos=1)
        await publish(mosquitto.port, DESIRED, b"small", qos=1)
        await until(lambda: arrived, "the small message")
        assert link.stats.connections == 1
    assert arrived == [b"small"]


async def test_a_flood_of_messages_is_bounded(mosquitto: Mosquitto) -> None:
    go_on = asyncio.Event()
    count = 0

    async def wait(message: Inbound) -> None:
        nonlocal count
        count += message.topic == PASSAGE
        await go_on.wait()

    link = make_link(
        mosquitto.port,
        on_message=wait,
        subscriptions={PASSAGE: 0},
        limits=Limits(inbound_messages=8),
    )
    async with running(link):
        await until(lambda: link.connected, "the link to be connected")
        for _ in range(20):
            link.send(PASSAGE, b"x", expiry_s=60.0)
        # One is with the handler, eight wait.
        await until(lambda: link.stats.dropped_inbound == 11, "the rest to be dropped")
        go_on.set()
        await until(lambda: count == 9, "the nine to be handled")


async def test_too_many_messages_of_qos_1_cost_the_connection_but_not_the_newest_value(
    mosquitto: Mosquitto,
) -> None:
    go_on = asyncio.Event()
    handled: list[bytes] = []

    async def wait(message: Inbound) -> None:
        await go_on.wait()
        handled.append(message.payload)

    link = make_link(
        mosquitto.port,
        on_message=wait,
        subscriptions={DESIRED: 1},
        limits=replace(IMPATIENT, inbound_messages=2),
        protocol="3.1.1",
    )
    async with running(link):
        await until(lambda: link.connected, "the link to be connected")
        for number in range(10):
            await publish(mosquitto.port, DESIRED, str(number).encode(), qos=1, retain=True)
        await until(lambda: link.stats.dropped_inbound, "more than can wait")
        go_on.set()
        await until(lambda: handled[-1:] == [b"9"], "the newest value")
        assert link.stats.connections > 1


@pytest.mark.parametrize("subscription", [{"a/#": 0}, {"+/a": 0}, {"": 0}, {"a": 2}])
async def test_refuses_subscriptions_it_cannot_keep(subscription: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="subscription"):
        make_link(1, subscriptions=subscription)

"""The life of a connection, with a real mosquitto."""

import random
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from controller.mqtt.link import Limits
from tests.mqtt.links import AVAILABILITY, IMPATIENT, OFF, ON, PASSAGE, STATE, make_link, running
from tests.mqtt.relay import DISCONNECT, Relay
from tests.mqtt.watching import until, watching
from tests.support.broker import Mosquitto


@pytest.mark.parametrize(("protocol", "spoken"), [("auto", "5"), ("5", "5"), ("3.1.1", "3.1.1")])
async def test_connects_and_says_so(mosquitto: Mosquitto, protocol: str, spoken: str) -> None:
    async with (
        watching(mosquitto.port) as watch,
        running(make_link(mosquitto.port, protocol=protocol)) as link,
    ):
        await watch.until_seen(AVAILABILITY, ON)
        await until(lambda: link.connected, "the link to be connected")
        assert link.stats.protocol == spoken
    async with watching(mosquitto.port) as later:
        await later.until_seen(AVAILABILITY, OFF)
        assert later.messages[0].retain


async def test_says_online_before_anything_else(mosquitto: Mosquitto) -> None:
    link = make_link(mosquitto.port)
    link.keep(STATE, b"kept")
    link.send(PASSAGE, b"sent", expiry_s=60.0)
    async with watching(mosquitto.port) as watch, running(link):
        await watch.until_seen(STATE, "kept")
        await watch.until_seen(PASSAGE, "sent")
        assert watch.texts[0] == (AVAILABILITY, ON)


async def test_publishes_offline_when_it_is_stopped(mosquitto: Mosquitto, relay: Relay) -> None:
    async with watching(mosquitto.port) as watch:
        async with running(make_link(relay.port)) as link:
            await until(lambda: link.connected, "the link to be connected")
        await watch.until_seen(AVAILABILITY, OFF)
        assert not link.connected
        # A DISCONNECT suppresses the will: it was the link that said it.
        await until(lambda: relay.types_sent()[-1] == DISCONNECT, "a proper goodbye")


async def test_broker_publishes_the_will_when_the_cable_is_cut(
    mosquitto: Mosquitto, relay: Relay
) -> None:
    async with watching(mosquitto.port) as watch, running(make_link(relay.port)) as link:
        await until(lambda: link.connected, "the link to be connected")
        relay.cut()
        await watch.until_seen(AVAILABILITY, OFF)
        await until(lambda: watch.of(AVAILABILITY) == [ON, OFF, ON], "the link to come back")
        await until(lambda: link.connected, "the link to be connected")
        assert link.stats.connections == 2


async def test_notices_that_the_cable_has_fallen_silent(relay: Relay) -> None:
    link = make_link(relay.port, keepalive_s=1)
    async with running(link):
        await until(lambda: link.connected, "the link to be connected")
        relay.freeze()
        await until(lambda: not link.connected, "the link to notice")


async def test_stops_at_once_while_the_broker_is_away(mosquitto: Mosquitto) -> None:
    mosquitto.stop()
    with capture_logs() as logs:
        async with running(make_link(mosquitto.port)):
            await until(lambda: logs, "the first failure")
        assert "refused" in logs[0]["reason"]


async def test_stops_while_the_broker_is_silent(relay: Relay) -> None:
    relay.freeze()
    silent = Limits(reply_s=60.0, silence_s=60.0)
    async with running(make_link(relay.port, limits=silent)):
        await until(lambda: relay.connections, "the link to knock")


async def test_reports_an_unreachable_broker_once(relay: Relay) -> None:
    with capture_logs() as logs:
        relay.freeze()
        quick = Limits(reply_s=0.05, silence_s=0.05, backoff_first_s=0.01, backoff_cap_s=0.01)
        async with running(make_link(relay.port, limits=quick)):
            await until(lambda: relay.connections >= 6, "six connections of three attempts")
    assert [entry["log_level"] for entry in logs] == ["warning"]


class NoPauses(random.Random):
    """Lets every attempt follow at once and notes how long the pause could have been."""

    def __init__(self) -> None:
        super().__init__()
        self.bounds_s: list[float] = []

    def uniform(self, a: float, b: float) -> float:
        self.bounds_s.append(b)
        return a


@pytest.mark.parametrize(("stable_s", "begins_again"), [(0.0, True), (60.0, False)])
async def test_pauses_begin_again_after_a_connection_that_lasted(
    mosquitto: Mosquitto, stable_s: float, *, begins_again: bool
) -> None:
    mosquitto.stop()
    rng = NoPauses()
    limits = replace(IMPATIENT, backoff_cap_s=60.0, stable_s=stable_s)
    async with running(make_link(mosquitto.port, limits=limits, rng=rng)) as link:
        await until(lambda: len(rng.bounds_s) >= 3, "some failures")
        mosquitto.start()
        await until(lambda: link.connected, "the link to be connected")
        failures = len(rng.bounds_s)
        mosquitto.stop()
        await until(lambda: len(rng.bounds_s) > failures, "the loss")
    assert (rng.bounds_s[failures] == rng.bounds_s[0]) is begins_again

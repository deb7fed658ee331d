"""A whole town's nodes that lose their broker at once: none is trampled when it comes back."""

import asyncio
import contextlib
import random
from collections import Counter

from controller.mqtt.link import Broker, Limits, Link
from tests.mqtt.links import TOPICS, refuse_everything, running
from tests.mqtt.relay import Relay
from tests.mqtt.watching import until
from tests.support.broker import HOST, Mosquitto

NODES = 100
AWAY_S = 2.0
WINDOW_S = 0.1
MOST_AT_ONCE = 0.3
"""After two seconds pauses are up to two or four: a window should see a fifteenth or so."""
MOST_LATER = 0.8
"""Some are back before the test knows that the broker is."""
MOST_ATTEMPTS = 8
LIMITS = Limits(backoff_cap_s=4.0)


async def test_the_nodes_of_a_path_come_back_to_their_broker_but_not_all_at_once(
    mosquitto: Mosquitto, relay: Relay
) -> None:
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        links = [
            await stack.enter_async_context(running(_link(relay.port, number)))
            for number in range(NODES)
        ]
        await until(lambda: all(link.connected for link in links), "all to be connected")
        knocked = len(relay.knocked_s)
        mosquitto.stop()
        await asyncio.sleep(AWAY_S)
        mosquitto.start()
        back_s = loop.time()
        await until(lambda: all(link.connected for link in links), "all to be back")
    since = relay.knocked_s[knocked:]
    windows = Counter(int((at_s - back_s) / WINDOW_S) for at_s in since if at_s >= back_s)
    assert sum(windows.values()) >= NODES * MOST_LATER
    assert max(windows.values()) <= NODES * MOST_AT_ONCE
    # While nobody answered they knocked more and more seldom, each time with two versions.
    assert len(since) <= 2 * NODES * MOST_ATTEMPTS


def _link(port: int, number: int) -> Link:
    return Link(
        Broker(HOST, f"n{number}", port),
        availability_topic=TOPICS.availability_of(f"n{number}"),
        subscriptions={},
        on_message=refuse_everything,
        limits=LIMITS,
        rng=random.Random(number),  # noqa: S311 pauses, nothing secret
    )

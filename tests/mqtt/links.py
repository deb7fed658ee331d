"""Links as the tests need them."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable

from controller.concurrency import end
from controller.mqtt.link import Broker, Inbound, Limits, Link
from controller.mqtt.outbound import Outbox
from controller.mqtt.payloads import OFFLINE, ONLINE
from controller.mqtt.topics import Topics
from tests.support.broker import HOST

TOPICS = Topics("t", "p", "n1")
AVAILABILITY = TOPICS.availability
STATE = TOPICS.state
PASSAGE = TOPICS.passage
DESIRED = TOPICS.config_desired[-1]

ON, OFF = ONLINE.decode(), OFFLINE.decode()

# Attempts follow one another at once; the pauses themselves are tested in test_backoff.
IMPATIENT = Limits(backoff_first_s=0.01, backoff_cap_s=0.02, silence_s=0.2)


async def refuse_everything(_message: Inbound) -> None:
    raise AssertionError("no message was expected")


def make_broker(port: int, **about: object) -> Broker:
    return Broker(HOST, "n1", port, **about)  # type: ignore[arg-type] # as the test says


def make_link(  # noqa: PLR0913 each has a meaning of its own
    port: int,
    *,
    on_message: Callable[[Inbound], Awaitable[None]] = refuse_everything,
    subscriptions: dict[str, int] | None = None,
    limits: Limits = IMPATIENT,
    outbox: Outbox | None = None,
    rng: random.Random | None = None,
    **about_broker: object,
) -> Link:
    return Link(
        make_broker(port, **about_broker),
        availability_topic=AVAILABILITY,
        subscriptions=subscriptions or {},
        on_message=on_message,
        limits=limits,
        outbox=outbox,
        rng=rng,
    )


@contextlib.asynccontextmanager
async def running(link: Link) -> AsyncIterator[Link]:
    task = asyncio.create_task(link.run())
    try:
        yield link
    finally:
        ended_before = task.done()
        await end(task)
        assert not ended_before, "the link must not end by itself"

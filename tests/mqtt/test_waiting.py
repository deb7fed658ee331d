"""What waits for the broker stops when it is told to, whatever comes in the same moment."""

import asyncio
import inspect

import aiomqtt
import pytest

from controller.mqtt.connection import Connection
from tests.mqtt.test_pins import make_connection

LIMIT_S = 5.0


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("answered_first", [True, False])
async def test_a_cancellation_that_comes_with_the_answer_is_heeded(
    turns: int,
    answered_first: bool,  # noqa: FBT001 a case
) -> None:
    connection, answer = make_connection(), asyncio.Event()

    async def publish_for_ever() -> None:
        while True:
            await connection._wait_for(answer.wait(), None)
            await asyncio.sleep(0)

    task = asyncio.create_task(publish_for_ever())
    for _ in range(3):
        await asyncio.sleep(0)
    if answered_first:
        answer.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    answer.set()
    done, _ = await asyncio.wait({task}, timeout=LIMIT_S)
    assert done
    assert task.cancelled()


async def test_a_broker_that_is_silent_is_a_lost_link() -> None:
    connection = make_connection()
    connection.timeout = 0.01
    with pytest.raises(aiomqtt.MqttError, match="does not answer"):
        await connection._wait_for(asyncio.Event().wait(), None)


def test_nothing_else_of_aiomqtt_waits_with_a_limit() -> None:
    """Otherwise that would have to be replaced too."""
    source = inspect.getsource(aiomqtt.client)
    assert source.count("asyncio.wait_for(") == 1
    assert "_wait_for" in vars(Connection)

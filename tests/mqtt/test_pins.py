"""Private parts of aiomqtt and paho that `controller.mqtt.connection` relies on.

When a new version of either breaks one of these, look at connection.py before moving the pin.
"""

import inspect

import aiomqtt
import paho.mqtt.client as paho
import pytest

from controller.mqtt.broker import Limits, LinkStats
from controller.mqtt.connection import Connection
from tests.mqtt.links import AVAILABILITY, make_broker

CALLBACKS = ("_on_socket_open", "_on_disconnect", "_on_publish", "_on_message")
OVERRIDDEN = (*CALLBACKS, "_wait_for")


def make_connection() -> Connection:
    return Connection(
        make_broker(1883),
        "5",
        will_topic=AVAILABILITY,
        limits=Limits(),
        stats=LinkStats(),
    )


@pytest.mark.parametrize("name", OVERRIDDEN)
async def test_overridden_methods_exist_with_the_same_parameters(name: str) -> None:
    theirs, ours = getattr(aiomqtt.Client, name), getattr(Connection, name)
    assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)


@pytest.mark.parametrize("name", CALLBACKS)
async def test_paho_calls_the_overriding_callbacks(name: str) -> None:
    connection = make_connection()
    assert getattr(connection._client, name.removeprefix("_")) == getattr(connection, name)


async def test_attributes_of_aiomqtt() -> None:
    connection = make_connection()
    assert isinstance(connection._client, paho.Client)
    assert not connection._connected.done()
    assert not connection._disconnected.done()
    assert connection._loop.is_running()


def test_paho_can_be_closed_and_acknowledges_on_demand() -> None:
    assert list(inspect.signature(paho.Client._sock_close).parameters) == ["self"]
    assert list(inspect.signature(paho.Client.ack).parameters) == ["self", "mid", "qos"]
    assert list(inspect.signature(paho.Client.manual_ack_set).parameters) == ["self", "on"]

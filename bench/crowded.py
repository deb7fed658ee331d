"""A broker that is busy with others: a process that publishes what a town's nodes say."""

import itertools
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.broker import HOST

MESSAGES_PER_S = 500
PAYLOAD = b"x" * 400
TOPICS = 1000
_TICK_S = 0.01


@contextmanager
def crowded(port: int) -> Iterator[None]:
    """Keep a broker busy meanwhile, with somebody who listens to all of it."""
    process = multiprocessing.get_context("spawn").Process(target=_talk, args=(port,), daemon=True)
    process.start()
    yield
    process.kill()
    process.join()


def _talk(port: int) -> None:
    listener = _client(port)
    listener.subscribe("town/#", qos=0)
    speaker = _client(port)
    begun_s = time.monotonic()
    sent = 0
    for tick in itertools.count(1):
        time.sleep(max(0.0, begun_s + tick * _TICK_S - time.monotonic()))
        while sent < (time.monotonic() - begun_s) * MESSAGES_PER_S:
            speaker.publish(f"town/{sent % TOPICS}/state", PAYLOAD, qos=1, retain=True)
            sent += 1


def _client(port: int) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect(HOST, port)
    client.loop_start()
    return client

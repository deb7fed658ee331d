"""Whatever bytes arrive on whatever topic: no lamp changes, nothing grows, nothing ends.

At least 100,000 messages: bytes without sense, and messages with sense that were damaged.
"""

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from controller.bookkeeping import Bookkeeper
from controller.commanding import MOST_REMEMBERED, Commands
from controller.configuration import Configuration
from controller.core.profile import Profile
from controller.inbox import DEVICE_LIMIT, NETWORK_LIMIT, Inbox
from controller.listening import Listener, Neighbours
from controller.mqtt.broker import Inbound
from controller.mqtt.topics import Topics
from controller.mqtt.wire import PayloadError
from controller.store.store import Store
from tests.core.build import straight_path
from tests.shell.fakes import BOOT, ZONE, Kept
from tests.shell.test_commanding import Desk

TOPICS = Topics("soest", "test", "n1")
EXAMPLES, MESSAGES = 50, 2000

SENSE: tuple[Mapping[str, Any], ...] = (
    {"version": 3, "profile": {"levels": {"base_pct": 400}, "rules": [{"name": "x"}]}},
    {"version": 3, "patch": {"levels": None}, "if_version": 77},
    {"id": "x", "name": "override", "args": {"level_pct": -1}},
    {"id": "x", "name": "emergency", "args": {"duration_s": 1e9}},
    {"id": "x", "name": "explain", "args": {"lamp": "L99"}},
    {"id": "x", "name": "identify", "args": {"lamp": "M05"}},
    {"state": "ON", "brightness": 400},
    {"sensor": "M99", "boot": "b", "seq": 1, "active": True, "age_s": 0.0},
    {"sensor": "M03", "boot": "b", "seq": -1, "active": True, "age_s": 0.0},
)
WHOLE = tuple(json.dumps(one).encode() for one in SENSE)


def damaged(data: bytes, at: int, byte: int) -> bytes:
    """Cut a message, or change one byte of it, so that it can never be sound."""
    place = at % len(data)
    if at % 2:
        return data[:place]
    return data[:place] + bytes([byte | 0x80]) + data[place + 1 :]


class Node:
    """All of a node that listens, with real parts; the lamps are the core's."""

    def __init__(self, folder: Path, executor: ThreadPoolExecutor) -> None:
        self.store = Store(folder)
        self.inbox = Inbox()
        self.desk = Desk()
        self.kept = Kept()
        self.configuration = Configuration(
            Profile(),
            {},
            path=straight_path(),
            topics=TOPICS,
            inbox=self.inbox,
            books=Bookkeeper(self.store, lambda: self.store, executor, boot=BOOT, zone=ZONE),
            keeper=self.kept,
        )
        self.commands: Commands = self.desk.commands
        self.listener = Listener(
            Neighbours(self.desk.state.site, TOPICS, self.inbox),
            {
                **dict.fromkeys(TOPICS.config_desired, self.configuration.take),
                **dict.fromkeys(TOPICS.command, self.commands.take),
                **dict.fromkeys(self.commands.lamp_topics, self.commands.take_lamp_set),
            },
        )
        self.topics = sorted(self.listener.subscriptions)

    async def take(self, messages: list[tuple[str, bytes, bool]]) -> None:
        for topic, payload, retained in messages:
            try:
                await self.listener.take(Inbound(topic, payload, retained, 1))
            except PayloadError:
                continue

    @property
    def size(self) -> int:
        """What a node keeps of what it heard."""
        return len(self.commands._seen) + len(self.configuration._refused)


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
)
@given(seed=st.integers(0, 2**32), nonsense=st.lists(st.binary(max_size=400)))
def test_any_bytes_change_nothing(
    tmp_path_factory: Any,  # noqa: ANN401 - pytest's own
    seed: int,
    nonsense: list[bytes],
) -> None:
    random = Random(seed)  # noqa: S311 - can be repeated

    def payload() -> bytes:
        match random.randrange(4):
            case 0 if nonsense:
                return bytes(random.choice(nonsense))
            case 1:
                return bytes(random.choice(WHOLE))
            case 2:
                return random.randbytes(random.randrange(200))
            case _:
                whole = random.choice(WHOLE)
                return damaged(whole, random.randrange(1 << 16), random.randrange(256))

    with ThreadPoolExecutor(1) as executor, capture_logs():
        node = Node(tmp_path_factory.mktemp("state"), executor)
        messages = [
            (random.choice(node.topics), payload(), random.random() < 0.1) for _ in range(MESSAGES)
        ]
        asyncio.run(node.take(messages))
        assert node.desk.orders == []
        # Only whole words of who is there may mean something, and those are levels.
        assert node.inbox.lost == 0
        assert len(node.inbox._devices) <= DEVICE_LIMIT
        assert len(node.inbox._network) <= NETWORK_LIMIT
        assert not node.inbox._devices
        assert node.size <= MOST_REMEMBERED + len(TOPICS.config_desired)
        assert node.store.kept("layers") is None
        node.store.close()


def test_so_many_messages_are_tried() -> None:
    assert EXAMPLES * MESSAGES >= 100_000

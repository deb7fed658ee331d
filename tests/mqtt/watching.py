"""Wait for what must happen, and see what a broker passes on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import aiomqtt

from controller.concurrency import end
from tests.support.broker import HOST

DEADLINE_S = 30.0


async def until(condition: Callable[[], object], what: str) -> None:
    """Return as soon as the condition holds; fail when it does not for a long time."""
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + DEADLINE_S
    while not condition():
        assert loop.time() < deadline_s, f"still waiting for: {what}"
        await asyncio.sleep(0.002)


@dataclass
class Watch:
    """Everything that a subscriber has received, in order."""

    messages: list[aiomqtt.Message] = field(default_factory=list)

    @property
    def texts(self) -> list[tuple[str, str]]:
        return [(m.topic.value, bytes(m.payload).decode()) for m in self.messages]

    def of(self, topic: str) -> list[str]:
        return [text for where, text in self.texts if where == topic]

    async def until_seen(self, topic: str, text: str) -> None:
        await until(lambda: text in self.of(topic), f"{text!r} on {topic}")


@contextlib.asynccontextmanager
async def watching(port: int, topics: str = "#") -> AsyncIterator[Watch]:
    watch = Watch()

    async def receive(client: aiomqtt.Client) -> None:
        async for message in client.messages:
            watch.messages.append(message)

    async with aiomqtt.Client(HOST, port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.subscribe(topics, qos=1)
        receiving = asyncio.create_task(receive(client))
        try:
            yield watch
        finally:
            await end(receiving)


async def publish(port: int, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
    async with aiomqtt.Client(HOST, port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.publish(topic, payload, qos=qos, retain=retain)

"""A cable between the link and the broker that tests can cut, freeze, slow down and look into."""

import asyncio
import contextlib
from typing import Self

from tests.support.broker import HOST

PUBACK = 4
DISCONNECT = 14
_PROTOCOL_LEVEL_AT = 8  # of a CONNECT whose length fits in one byte
MQTT_5 = 5


class Relay:
    """Passes bytes on between connections to `port` and a broker on `target_port`.

    `hangs_up_on_5` makes it close a connection that begins with a CONNECT of MQTT 5.
    """

    def __init__(self, target_port: int, *, hangs_up_on_5: bool = False) -> None:
        self._target_port = target_port
        self._hangs_up_on_5 = hangs_up_on_5
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._sent_to_broker = bytearray()
        self._bytes_per_s: float | None = None
        self.knocked_s: list[float] = []
        self.port = 0

    async def __aenter__(self) -> Self:
        self._flowing.set()
        self._server = await asyncio.start_server(self._accept, HOST)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def connections(self) -> int:
        """How many there were so far."""
        return len(self.knocked_s)

    def cut(self) -> None:
        """End all connections abruptly, on both sides."""
        for writer in self._writers:
            writer.transport.abort()

    def freeze(self) -> None:
        """Keep the connections open and let nothing through any more."""
        self._flowing.clear()

    def heal(self) -> None:
        """Let everything through again, as fast as it comes."""
        self._bytes_per_s = None
        self._flowing.set()

    def crawl(self, bytes_per_s: float) -> None:
        """Let so much through in each direction of a connection."""
        self._bytes_per_s = bytes_per_s

    def types_sent(self) -> list[int]:
        """The types of the MQTT packets that went to the broker."""
        types, at = [], 0
        while at < len(self._sent_to_broker):
            types.append(self._sent_to_broker[at] >> 4)
            length, shift, at = 0, 0, at + 1
            while True:
                byte = self._sent_to_broker[at]
                length |= (byte & 0x7F) << shift
                shift, at = shift + 7, at + 1
                if byte < 0x80:
                    break
            at += length
        return types

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.knocked_s.append(asyncio.get_running_loop().time())
        this_task = asyncio.current_task()
        assert this_task is not None
        self._tasks.add(this_task)
        self._writers.add(writer)
        with contextlib.suppress(OSError):
            first = await reader.read(65536)
            if not (self._hangs_up_on_5 and first[_PROTOCOL_LEVEL_AT] == MQTT_5):
                await self._connect_through(first, reader, writer)
        writer.transport.abort()

    async def _connect_through(
        self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        broker_reader, broker_writer = await asyncio.open_connection(HOST, self._target_port)
        self._writers.add(broker_writer)
        self._sent_to_broker += first
        broker_writer.write(first)
        await asyncio.gather(
            self._pump(reader, broker_writer, self._sent_to_broker),
            self._pump(broker_reader, writer, bytearray()),
        )

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, record: bytearray
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                await self._flowing.wait()
                if self._bytes_per_s is not None:
                    await asyncio.sleep(len(data) / self._bytes_per_s)
                record += data
                sink.write(data)
        sink.transport.abort()

"""As much of MQTT 3.1.1 as it takes to load a broker: packets made beforehand, answers not read."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator

from tests.support.broker import HOST, TlsFiles

_CONNACK = b"\x20\x02\x00\x00"
_CHUNK = 1 << 16


async def opened(
    port: int, tls: TlsFiles, filters: list[str]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect by certificate and subscribe at QoS 0; the answer to that is still to come."""
    context = ssl.create_default_context(cafile=tls.ca_file)
    context.load_cert_chain(tls.cert_file, tls.key_file)
    reader, writer = await asyncio.open_connection(HOST, port, ssl=context)
    body = _text("MQTT") + b"\x04\x02" + struct.pack("!H", 600) + _text("bench")
    writer.write(_packet(0x10, body))
    answer = await reader.readexactly(len(_CONNACK))
    if answer != _CONNACK:
        raise ConnectionError(f"refused: {answer.hex()}")
    if filters:
        wanted = b"".join(_text(one) + b"\x00" for one in filters)
        writer.write(_packet(0x82, b"\x00\x01" + wanted))
    return reader, writer


def publication(topic: str, payload: bytes, *, qos: int, retained: bool) -> bytes:
    """Return a PUBLISH. All of QoS 1 have the same number: it is taken before the next is read."""
    number = b"\x00\x01" if qos else b""
    return _packet(0x30 | qos << 1 | retained, _text(topic) + number + payload)


async def ignore(reader: asyncio.StreamReader) -> None:
    """Take in whatever comes, as fast as it comes."""
    while await reader.read(_CHUNK):
        pass


async def publications(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Give the bytes of every PUBLISH that comes, topic first."""
    while True:
        kind = (await reader.readexactly(1))[0]
        body = await reader.readexactly(await _length(reader))
        if kind >> 4 == 0x3:  # noqa: PLR2004 PUBLISH
            yield body


async def _length(reader: asyncio.StreamReader) -> int:
    value, shift = 0, 0
    while True:
        byte = (await reader.readexactly(1))[0]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 the last byte of it
            return value
        shift += 7


def _packet(kind: int, body: bytes) -> bytes:
    left, length = len(body), b""
    while True:
        left, byte = divmod(left, 128)
        length += bytes([byte | (0x80 if left else 0)])
        if not left:
            return bytes([kind]) + length + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("!H", len(encoded)) + encoded

"""Finding the words in which a broker wants to be spoken to."""

import contextlib
from collections.abc import AsyncIterator

from controller.mqtt.broker import Broker, Limits, LinkStats, Version
from controller.mqtt.connection import LINK_ERRORS, Connection, refusal_code

_VERSIONS: dict[str, tuple[Version, ...]] = {
    "auto": ("5", "3.1.1"),
    "5": ("5",),
    "3.1.1": ("3.1.1",),
}

_UNSUPPORTED_VERSION = 0x84
_DENIALS = frozenset({0x86, 0x87, 0x8A})  # bad login, not authorised, banned


@contextlib.asynccontextmanager
async def connected(
    broker: Broker,
    *,
    will_topic: str | None,
    limits: Limits,
    stats: LinkStats,
) -> AsyncIterator[Connection]:
    """Hold a connection that the broker has accepted; raises one of `LINK_ERRORS`.

    With "auto" a broker that turns MQTT 5 down is asked again with 3.1.1 at once. Some brokers
    do not refuse it: they hang up, or read on and stay silent. Both count as turning it down.
    """
    versions = _VERSIONS[broker.protocol]
    async with contextlib.AsyncExitStack() as stack:
        for version in versions:
            is_last = version == versions[-1]
            connection = Connection(
                broker, version, will_topic=will_topic, limits=limits, stats=stats
            )
            connection.timeout = limits.reply_s if is_last else limits.silence_s
            try:
                await stack.enter_async_context(connection)
                break
            except LINK_ERRORS as error:
                if is_last or not _turns_version_down(connection, error):
                    raise
        connection.timeout = limits.reply_s
        yield connection


def is_denied(error: Exception) -> bool:
    """Whether the broker knows us and does not want us, which only a person can mend."""
    return refusal_code(error) in _DENIALS


def describe(error: Exception) -> str:
    """Say in one line why a connection failed or ended."""
    return str(error.__cause__ or error)


def _turns_version_down(connection: Connection, error: Exception) -> bool:
    code = refusal_code(error)
    if code is None:
        return connection.reached
    return code == _UNSUPPORTED_VERSION

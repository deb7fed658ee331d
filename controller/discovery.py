"""Announces the node's lamps and figures to Home Assistant, and takes back what is gone."""

from collections.abc import Callable, Collection

import structlog

from controller import __version__
from controller.bookkeeping import Bookkeeper
from controller.core.path import Path
from controller.core.profile import Profile
from controller.mqtt.broker import Inbound
from controller.mqtt.homeassistant import discovery, is_birth, removed
from controller.mqtt.topics import Topics
from controller.reporting import Keeper
from controller.store.store import StoreError

_log = structlog.get_logger()

STORED = "discovery"


class Discovery:
    """What Home Assistant is told to show of one node.

    `announced`: topics of before the restart; what the path file no longer has is removed.
    """

    def __init__(  # noqa: PLR0913 each has a meaning of its own
        self,
        path: Path,
        topics: Topics,
        profile: Callable[[], Profile],
        announced: Collection[str],
        *,
        books: Bookkeeper,
        keeper: Keeper,
    ) -> None:
        """`profile`: gives the one in use."""
        self._path = path
        self._topics = topics
        self._profile = profile
        self._announced = frozenset(announced)
        self._told: dict[str, bytes] = {}
        self._books = books
        self._keeper = keeper

    async def announce(self, *, again: bool = False) -> None:
        """Tell what is there now, and take back what was told before and is not any more.

        `again`: also if nothing has changed.
        """
        profile = self._profile()
        now = discovery(
            self._path,
            self._topics.node,
            self._topics,
            tell_presence=profile.privacy.tell_presence,
            co2_g_per_kwh=profile.co2_g_per_kwh.value,
            version=__version__,
        )
        if now == self._told and not again:
            return
        gone = removed(self._announced | self._told.keys(), now)
        for topic, payload in {**gone, **now}.items():
            self._keeper.keep(topic, payload)
        self._told = now
        if self._announced != frozenset(now):
            await self._remember(frozenset(now))

    async def take(self, message: Inbound) -> None:
        """Tell everything again when Home Assistant has started."""
        if is_birth(message.payload):
            await self.announce(again=True)

    async def _remember(self, announced: frozenset[str]) -> None:
        try:
            await self._books.keep(STORED, {"topics": sorted(announced)})
        except StoreError as error:
            _log.error("discovery_not_kept", error=str(error))
        else:
            self._announced = announced


def stored_topics(document: object) -> list[str]:
    """Read what was kept of the topics announced; nothing where it is something else."""
    match document:
        case {"topics": list(topics)}:
            return [topic for topic in topics if isinstance(topic, str)]
        case _:
            return []

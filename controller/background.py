"""All that may be slow or fail without a lamp noticing: store, books and MQTT.

It takes from the control loop what concerns no lamp, and hands it on as far as things work.
"""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any

import structlog

from controller.bookkeeping import Bookkeeper
from controller.core.effects import AnnouncePassage, RecordEnergy
from controller.core.events import ProfileChanged
from controller.core.moment import Moment
from controller.core.profile import Profile
from controller.core.state import State
from controller.inbox import Inbox
from controller.settings.faults import SettingsError
from controller.settings.profile import parse_profile
from controller.settings.site import Installation
from controller.store.store import Store, StoreError
from controller.talking import Talk

_log = structlog.get_logger()

RESTART_S = 30.0


class Background:
    """What runs beside the control loop. Its methods belong to the event loop's thread."""

    def __init__(
        self,
        installation: Installation,
        executor: Executor,
        inbox: Inbox,
        moment: Callable[[], Moment],
    ) -> None:
        """`executor` has one thread, for the store alone."""
        state_dir = installation.settings.state_dir
        self._installation = installation
        self._executor = executor
        self._inbox = inbox
        self._moment = moment
        self._books = Bookkeeper(None, lambda: Store(state_dir), executor, moment)
        self._recalling: asyncio.Future[tuple[Store | None, Profile]] | None = None
        self._talk: Talk | None = None
        self._state: State | None = None
        self._changed = asyncio.Event()

    def announce(self, passage: AnnouncePassage) -> None:
        """Tell the neighbours."""
        if self._talk is not None:
            self._talk.announce(passage)

    def record(self, record: RecordEnergy) -> None:
        """Keep a closed energy record."""
        self._books.record(record)

    def changed(self, state: State) -> None:
        """Report the new state when there is time."""
        self._state = state
        self._changed.set()
        if self._talk is not None:
            self._talk.changed(state)

    async def run(self) -> None:
        """Remember what was before the start, then keep books and talk, for ever."""
        loop = asyncio.get_running_loop()
        self._recalling = loop.run_in_executor(self._executor, recall, self._installation)
        store, profile = await asyncio.shield(self._recalling)
        self._books.adopt(store)
        await self._apply(profile)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(kept_going("books", self._books.run))
            if self._installation.settings.mqtt is not None:
                tasks.create_task(kept_going("mqtt", self._talking))

    async def _apply(self, profile: Profile) -> None:
        """Let the control loop take the profile, and wait until it has."""
        self._inbox.put(ProfileChanged(profile))
        while self._state is None or self._state.profile != profile:
            self._changed.clear()
            await self._changed.wait()

    async def _talking(self) -> None:
        mqtt, state = self._installation.settings.mqtt, self._state
        if mqtt is not None and state is not None:
            books, moment = self._books, self._moment
            self._talk = Talk(mqtt, state, inbox=self._inbox, books=books, moment=moment)
            self._talk.changed(state)
            await self._talk.run()

    async def close(self) -> None:
        """Store what is pending. Call it when `run` has ended."""
        if self._recalling is not None:
            store, _ = await self._recalling
            self._books.adopt(store)
        await self._books.close()


async def kept_going(name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run `work`, which goes on for ever. A fault of ours in it must not take the lamps along.

    It is logged with its traceback and `work` begins again after a pause.
    """
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - whatever it is, it must not darken the path
            _log.exception("task_failed", task=name, begins_again_in_s=RESTART_S)
        await asyncio.sleep(RESTART_S)


def recall(installation: Installation) -> tuple[Store | None, Profile]:
    """Open the store and return it with the profile to run on. Blocks; never raises.

    The last good profile from the operators comes before that of the files.
    """
    try:
        store = Store(installation.settings.state_dir)
    except StoreError as error:
        _log.error("store_unusable", error=str(error))
        return None, installation.profile
    if store.set_aside is not None:
        _log.error("store_damaged", put_aside=str(store.set_aside))
    return store, _last_profile(store) or installation.profile


def _last_profile(store: Store) -> Profile | None:
    try:
        stored = store.last_profile()
        if stored is None:
            return None
        return parse_profile(stored.document, version=stored.version, source="last good profile")
    except (StoreError, SettingsError) as error:
        _log.error("stored_profile_unusable", error=str(error))
        return None

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
from controller.memory import Memory, recall
from controller.orders import OrderKeeper
from controller.settings.site import Installation
from controller.store.store import Store
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
        self._recalling: asyncio.Future[Memory] | None = None
        self._orders: OrderKeeper | None = None
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
        if self._orders is not None:
            self._orders.changed(state)
        if self._talk is not None:
            self._talk.changed(state)

    async def run(self) -> None:
        """Remember what was before the start, then keep books and talk, for ever."""
        loop = asyncio.get_running_loop()
        self._recalling = loop.run_in_executor(self._executor, recall, self._installation)
        memory = await asyncio.shield(self._recalling)
        self._books.adopt(memory.store)
        state = await self._applied(memory.profile)
        orders = self._restored(memory, state)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(kept_going("books", self._books.run))
            tasks.create_task(kept_going("orders", orders.run))
            if self._installation.settings.mqtt is not None:
                tasks.create_task(kept_going("mqtt", lambda: self._talking(memory, orders)))

    def _restored(self, memory: Memory, state: State) -> OrderKeeper:
        """Give back the orders of before the start, under the profile they are bounded by."""
        self._orders = OrderKeeper(
            memory.orders,
            state,
            inbox=self._inbox,
            books=self._books,
            moment=self._moment,
            boot=memory.boot,
        )
        self._orders.restore()
        return self._orders

    async def _applied(self, profile: Profile) -> State:
        """Let the control loop take the profile; return its state when it has."""
        self._inbox.put(ProfileChanged(profile))
        while self._state is None or self._state.profile != profile:
            self._changed.clear()
            await self._changed.wait()
        return self._state

    async def _talking(self, memory: Memory, orders: OrderKeeper) -> None:
        mqtt, state = self._installation.settings.mqtt, self._state
        if mqtt is not None and state is not None:
            self._talk = Talk(
                mqtt,
                self._installation,
                memory,
                state,
                inbox=self._inbox,
                books=self._books,
                orders=orders,
                moment=self._moment,
            )
            self._talk.changed(state)
            await self._talk.run()

    async def close(self) -> None:
        """Store what is pending. Call it when `run` has ended."""
        if self._recalling is not None:
            memory = await self._recalling
            self._books.adopt(memory.store)
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

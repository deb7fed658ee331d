"""All that may be slow or fail without a lamp noticing: store, books and MQTT.

It takes from the control loop what concerns no lamp, and hands it on as far as things work.
"""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from controller.bookkeeping import Bookkeeper, Prepared
from controller.core.effects import AnnouncePassage, RecordEnergy
from controller.core.events import BurnHoursRecalled, ProfileChanged
from controller.core.health.alarms import AlarmChange
from controller.core.moment import Moment
from controller.core.profile import Profile
from controller.core.state import State
from controller.housekeeping import Housekeeper
from controller.inbox import Inbox
from controller.memory import Memory, recall
from controller.orders import OrderKeeper, boot_id
from controller.settings.site import Installation
from controller.store.store import Store, StoreError
from controller.talking import Talk
from controller.vitals import STORED as STARTS
from controller.vitals import Host, started
from controller.vitals import starts as starts_of
from controller.watching import Watching

_log = structlog.get_logger()

RESTART_S = 30.0
SAMPLE_S = 60.0


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
        self._books = Bookkeeper(
            None,
            lambda: Store(state_dir),
            executor,
            boot=boot_id(),
            zone=ZoneInfo(installation.path.timezone),
            prepare=self._prepared,
        )
        self._house: Housekeeper | None = None
        self._watching: Watching | None = None
        self._host = Host(state_dir)
        self._lamp_faults: dict[str, str] = {}
        self._vitals_thread = ThreadPoolExecutor(1, "vitals")
        self._recalling: asyncio.Future[Memory] | None = None
        self._orders: OrderKeeper | None = None
        self._talk: Talk | None = None
        self._state: State | None = None
        self._changed = asyncio.Event()

    def lamp_told(self, lamp: str, fault: str | None) -> None:
        """Take what a lamp's driver says is wrong with it, None if nothing is any more."""
        self._lamp_faults.pop(lamp, None)
        if fault is not None:
            self._lamp_faults[lamp] = fault

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
        if self._house is not None:
            self._house.changed(state)
        if self._watching is not None:
            self._watching.changed(state)
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
        if memory.burned_h is not None:
            self._inbox.put(BurnHoursRecalled(memory.burned_h))
        state = await self._applied(memory.profile)
        orders = self._restored(memory, state)
        self._house = house = Housekeeper(state, memory.documents.get, self._moment)
        self._watching = watching = await self._watch(memory, state)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(kept_going("health", watching.run))
            tasks.create_task(kept_going("meters", self._sampling))
            tasks.create_task(kept_going("books", self._books.run))
            tasks.create_task(kept_going("orders", orders.run))
            if self._installation.settings.mqtt is not None:
                tasks.create_task(kept_going("mqtt", lambda: self._talking(memory, orders, house)))

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

    def _prepared(self, record: RecordEnergy) -> Prepared:
        return Prepared() if self._house is None else self._house.prepared(record)

    # --- health -----------------------------------------------------------------------------------

    async def _watch(self, memory: Memory, state: State) -> Watching:
        """Begin to watch over the node's health."""
        starts = started(memory.documents.get(STARTS), memory.boot, self._moment().mono_s)
        try:
            await self._books.keep(STARTS, starts)
        except StoreError as error:
            _log.error("start_not_noted", error=str(error))
        starts_s = starts_of(starts)
        return Watching(
            state,
            moment=self._moment,
            vitals=lambda: replace(
                self._host.vitals(starts_s, store_fails=self._books.fails),
                lamp_faults=dict(self._lamp_faults),
            ),
            executor=self._vitals_thread,
            told=self._alarm_changed,
        )

    def _alarms(self) -> tuple[str, ...]:
        return () if self._watching is None else self._watching.alarms

    def _alarm_changed(self, change: AlarmChange) -> None:
        if self._house is not None and change.raised:
            self._house.alarm_raised(f"{change.code}:{change.subject}")
        if self._talk is not None:
            self._talk.alarm_changed(change)

    async def _sampling(self) -> None:
        """Compare meters with the model, once a minute."""
        while True:
            await asyncio.sleep(SAMPLE_S)
            if self._house is not None:
                self._house.sample()

    async def _applied(self, profile: Profile) -> State:
        """Let the control loop take the profile; return its state when it has."""
        self._inbox.put(ProfileChanged(profile))
        while self._state is None or self._state.profile != profile:
            self._changed.clear()
            await self._changed.wait()
        return self._state

    async def _talking(self, memory: Memory, orders: OrderKeeper, house: Housekeeper) -> None:
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
                house=house,
                alarms=self._alarms,
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
        self._vitals_thread.shutdown(wait=False)


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

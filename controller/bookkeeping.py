"""Carries closed energy records into the store without holding up the lamps.

What the store will not take now is kept, merged into one record, and offered again with the next:
a full disk costs no watt-hour as long as the controller runs. Totals are told only when committed.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import TypeVar

import structlog

from controller.core.effects import LampEnergy, RecordEnergy
from controller.core.moment import Moment
from controller.store.store import Store, StoreError, Totals

_log = structlog.get_logger()
_T = TypeVar("_T")


def merged(first: RecordEnergy, second: RecordEnergy) -> RecordEnergy:
    """Return one record for both stretches of time."""
    lamps = {x.lamp: x for x in first.lamps}
    for x in second.lamps:
        before = lamps.get(x.lamp, LampEnergy(x.lamp, 0.0, 0.0, 0.0, 0))
        lamps[x.lamp] = LampEnergy(
            x.lamp,
            before.active_energy_wh + x.active_energy_wh,
            before.baseline_wh + x.baseline_wh,
            before.burn_s + x.burn_s,
            before.switches + x.switches,
            before.bright_s + x.bright_s,
        )
    return RecordEnergy(
        first.duration_s + second.duration_s,
        tuple(lamps.values()),
        first.overhead_wh + second.overhead_wh,
    )


class Bookkeeper:
    """Owns the store's thread of work. `store` may be None: then it is opened when it can be."""

    def __init__(
        self,
        store: Store | None,
        open_store: Callable[[], Store],
        executor: Executor,
        moment: Callable[[], Moment],
    ) -> None:
        """`executor` has one thread."""
        self._store = store
        self._open_store = open_store
        self._executor = executor
        self._moment = moment
        self._told: Callable[[Totals], None] = lambda _: None
        self._pending: RecordEnergy | None = None
        self._arrived = asyncio.Event()
        self._offer: asyncio.Task[None] | None = None
        self._complaint = ""

    def record(self, record: RecordEnergy) -> None:
        """Take a closed record. Never blocks, never raises."""
        self._pending = record if self._pending is None else merged(self._pending, record)
        self._arrived.set()

    async def run(self) -> None:
        """Store what arrives, for ever."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            await self.flush()

    def adopt(self, store: Store | None) -> None:
        """Take over a store that was opened in the thread, if there is none yet."""
        self._store = self._store or store

    async def tell(self, told: Callable[[Totals], None]) -> None:
        """Tell the totals now, if there is a store, and from now on after every commit."""
        self._told = told
        if self._store is not None:
            await self._tell_totals()

    async def flush(self) -> None:
        """Store what is pending, or keep it and say once why not.

        Cancelled, it leaves behind an offer under way; the next call waits for that one first.
        """
        if self._offer is not None and not self._offer.done():
            await asyncio.shield(self._offer)
        if self._pending is None:
            return
        offered, self._pending = self._pending, None
        self._offer = asyncio.create_task(self._offered(offered))
        await asyncio.shield(self._offer)

    async def _offered(self, record: RecordEnergy) -> None:
        closed_utc_s = self._moment().utc_s
        try:
            await self._in_thread(lambda: self._opened().add(record, closed_utc_s))
        except StoreError as error:
            self._pending = record if self._pending is None else merged(record, self._pending)
            self._complain(error)
        else:
            self._complaint = ""
            await self._tell_totals()

    async def _tell_totals(self) -> None:
        try:
            totals = await self._in_thread(lambda: self._opened().totals())
        except StoreError as error:
            self._complain(error)
        else:
            self._told(totals)

    def _complain(self, error: StoreError) -> None:
        if str(error) != self._complaint:
            _log.error("store_fails", error=str(error))
        self._complaint = str(error)

    @property
    def fails(self) -> bool:
        """Whether the store did not take the last record."""
        return bool(self._complaint)

    async def keep(self, name: str, document: Mapping[str, object]) -> None:
        """Replace a document in the store. Raises StoreError; then the one before stays."""
        await self._in_thread(lambda: self._opened().keep(name, document))

    def _opened(self) -> Store:
        """Return the store, opened if it was not. In the thread."""
        if self._store is None:
            self._store = self._open_store()
        return self._store

    async def close(self) -> None:
        """Store what is pending and close the store."""
        await self.flush()
        if self._store is not None:
            await self._in_thread(self._store.close)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

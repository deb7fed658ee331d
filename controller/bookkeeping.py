"""Carries closed energy records into the store without holding up the lamps.

What the store will not take now is kept, record by record as far as there is room, and offered
again with the next: a full disk costs no watt-hour as long as the controller runs. Totals are told
only when committed.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog

from controller.core.effects import RecordEnergy
from controller.store.outbox import MOST_MESSAGES
from controller.store.records import lamp_sums, meter_sums
from controller.store.store import Store, StoreError, Totals

_log = structlog.get_logger()
_T = TypeVar("_T")

# So many records wait for a store that fails, two days of quarter hours; beyond that two are one.
MOST_PENDING = 200


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be written along with a record: messages to be sent, and documents."""

    messages: Sequence[tuple[str, bytes]] = ()
    documents: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Pending:
    record: RecordEnergy
    prepared: Prepared


def nothing_prepared(_: RecordEnergy) -> Prepared:
    """Write nothing along with a record."""
    return Prepared()


def merged(first: RecordEnergy, second: RecordEnergy) -> RecordEnergy:
    """Return one record for two that follow one another; clock and baseline are the second's."""
    known = first.clock_offset_s if second.clock_offset_s is None else second.clock_offset_s
    return RecordEnergy(
        start_s=first.start_s,
        end_s=second.end_s,
        clock_offset_s=known,
        lamps=tuple(lamp_sums(first.lamps, second.lamps).values()),
        overhead_wh=first.overhead_wh + second.overhead_wh,
        baseline=second.baseline,
        dark_s=first.dark_s + second.dark_s,
        late_s=first.late_s + second.late_s,
        passages={
            sensor: first.passages.get(sensor, 0) + second.passages.get(sensor, 0)
            for sensor in {**first.passages, **second.passages}
        },
        meters=tuple(meter_sums(first.meters, second.meters).values()),
    )


def _merged_pending(first: _Pending, second: _Pending) -> _Pending:
    messages = [*first.prepared.messages, *second.prepared.messages][-MOST_MESSAGES:]
    documents = {**first.prepared.documents, **second.prepared.documents}
    return _Pending(merged(first.record, second.record), Prepared(messages, documents))


class Bookkeeper:
    """Owns the store's thread of work. `store` may be None: then it is opened when it can be."""

    def __init__(  # noqa: PLR0913 each has a meaning of its own
        self,
        store: Store | None,
        open_store: Callable[[], Store],
        executor: Executor,
        *,
        boot: str,
        zone: ZoneInfo,
        prepare: Callable[[RecordEnergy], Prepared] = nothing_prepared,
    ) -> None:
        """`executor` has one thread. `boot` and `zone` are those of `Store.add`.

        `prepare` is called once a record, in the order in which they are closed.
        """
        self._store = store
        self._open_store = open_store
        self._executor = executor
        self._boot = boot
        self._zone = zone
        self._prepare = prepare
        self._told: Callable[[Totals], None] = lambda _: None
        self._pending = deque[_Pending]()
        self._corrected = False
        self._arrived = asyncio.Event()
        self._offer: asyncio.Task[None] | None = None
        self._complaint = ""

    def record(self, record: RecordEnergy) -> None:
        """Take a closed record. Never blocks, never raises."""
        self._pending.append(_Pending(record, self._prepared(record)))
        if len(self._pending) > MOST_PENDING:
            first, second = self._pending.popleft(), self._pending.popleft()
            self._pending.appendleft(_merged_pending(first, second))
        self._arrived.set()

    def _prepared(self, record: RecordEnergy) -> Prepared:
        try:
            return self._prepare(record)
        except Exception:  # noqa: BLE001 - a fault in what goes along must not cost the record
            _log.exception("preparing_failed")
            return Prepared()

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
        if self._pending:
            self._offer = asyncio.create_task(self._offered())
            await asyncio.shield(self._offer)

    async def _offered(self) -> None:
        """Offer what is pending, in order, until the store refuses one."""
        while self._pending:
            offered = self._pending.popleft()
            try:
                await self.ask(partial(self._add, offered))
            except StoreError as error:
                self._pending.appendleft(offered)
                self._complain(error)
                return
            self._complaint = ""
        await self._tell_totals()

    def _add(self, pending: _Pending, store: Store) -> None:
        """Add a record. The first with a clock tells when those before it were. In the thread."""
        offset_s = pending.record.clock_offset_s
        if offset_s is not None and not self._corrected:
            store.correct_times(self._boot, offset_s, self._zone)
            self._corrected = True
        store.add(
            pending.record,
            boot=self._boot,
            zone=self._zone,
            messages=pending.prepared.messages,
            documents=pending.prepared.documents,
        )

    async def _tell_totals(self) -> None:
        try:
            totals = await self.ask(Store.totals)
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
        await self.ask(lambda store: store.keep(name, document))

    async def ask(self, question: Callable[[Store], _T]) -> _T:
        """Let the store do something in its thread. Raises StoreError."""
        return await self._in_thread(lambda: question(self._opened()))

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

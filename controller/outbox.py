"""From the ledger to the broker: closed records and counts, in order, until each has arrived.

A record whose time is not known waits as long as this boot may still learn it, a day of records at
most: sent once, it is never corrected.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

import structlog

from controller.bookkeeping import Bookkeeper
from controller.mqtt.energy import EnergyIntervalPayload, LampInterval, MeterInterval
from controller.mqtt.outbound import Delivery
from controller.store.records import ClosedRecord, Message
from controller.store.store import Store, StoreError

_log = structlog.get_logger()

RECORD = "interval"
MOST_AT_ONCE = 50
MOST_UNTIMED = 96
RETRY_S = 60.0


class LedgerOutbox:
    """What the ledger has for the broker. `news` says that there may be more."""

    def __init__(
        self,
        books: Bookkeeper,
        topics: Mapping[str, str],
        zone: tzinfo,
        boot: str,
    ) -> None:
        """`topics`: where each kind of message goes, `RECORD` among them. `boot`: this one."""
        self._books = books
        self._topics = topics
        self._zone = zone
        self._boot = boot
        self._waiting = deque[tuple[Delivery, Callable[[Store], None]]]()
        self._arrived: Callable[[Store], None] | None = None
        self._news = asyncio.Event()

    def news(self) -> None:
        """Look again: something was committed."""
        self._news.set()

    async def next(self) -> Delivery:
        """Wait for the oldest that is not known to have arrived."""
        while True:
            try:
                await self._settled()
                if not self._waiting:
                    self._news.clear()
                    self._waiting.extend(await self._books.ask(self._fetched))
            except StoreError as error:
                _log.warning("outbox_waits", error=str(error))
                await asyncio.sleep(RETRY_S)
                continue
            if self._waiting:
                return self._waiting[0][0]
            await self._news.wait()

    def delivered(self, delivery: Delivery) -> None:
        """Take note that the broker has what `next` returned last."""
        first, self._arrived = self._waiting.popleft()
        if first is not delivery:
            raise ValueError("delivered out of order")

    async def _settled(self) -> None:
        """Let the store know what has arrived."""
        if self._arrived is not None:
            await self._books.ask(self._arrived)
            self._arrived = None

    def _fetched(self, store: Store) -> list[tuple[Delivery, Callable[[Store], None]]]:
        """Read what comes next. In the store's thread."""
        messages = store.messages(MOST_AT_ONCE)
        if messages:
            return [(self._message(x), _message_sent(x)) for x in messages]
        records = _timely(store.unsent(MOST_UNTIMED), self._boot)[:MOST_AT_ONCE]
        ledger = store.ledger_id
        return [(self._record(x, ledger), _record_sent(x)) for x in records]

    def _message(self, message: Message) -> Delivery:
        return Delivery(self._topics[message.name], message.payload, message.number)

    def _record(self, record: ClosedRecord, ledger: str) -> Delivery:
        payload = interval_payload(record, ledger, self._zone)
        return Delivery(self._topics[RECORD], payload.to_bytes(), record.seq)


def _message_sent(message: Message) -> Callable[[Store], None]:
    return lambda store: store.message_sent(message.number)


def _record_sent(record: ClosedRecord) -> Callable[[Store], None]:
    return lambda store: store.sent(record.seq)


def _timely(records: Sequence[ClosedRecord], boot: str) -> Sequence[ClosedRecord]:
    """Leave out everything from the first record on that may still learn its time."""
    if len(records) >= MOST_UNTIMED:
        return records
    for number, record in enumerate(records):
        if record.start_utc_s is None and record.boot == boot:
            return records[:number]
    return records


def interval_payload(record: ClosedRecord, ledger: str, zone: tzinfo) -> EnergyIntervalPayload:
    """Describe a closed record. `ledger`: the id of the ledger it is in."""

    def at(utc_s: float | None) -> datetime | None:
        return None if utc_s is None else datetime.fromtimestamp(utc_s, UTC).astimezone(zone)

    return EnergyIntervalPayload(
        id=f"{ledger}-{record.seq}",
        boot_id=record.boot,
        seq=record.seq,
        start=at(record.start_utc_s),
        end=at(record.end_utc_s),
        duration_s=record.duration_s,
        baseline=record.baseline,
        dark_s=record.dark_s,
        overhead_wh=record.overhead_wh,
        lamps={
            x.lamp: LampInterval(
                active_energy_wh=x.active_energy_wh,
                baseline_wh=x.baseline_wh,
                saved_wh=x.baseline_wh - x.active_energy_wh,
                burn_s=x.burn_s,
                switches=x.switches,
                source="measured" if x.measured else "modelled",
            )
            for x in record.lamps.values()
        },
        meters={
            x.meter: MeterInterval(energy_wh=x.energy_wh, known_s=x.known_s)
            for x in record.meters.values()
        },
    )

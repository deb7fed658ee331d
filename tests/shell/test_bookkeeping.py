import asyncio
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

import pytest
from structlog.testing import capture_logs

from controller.bookkeeping import Bookkeeper, merged
from controller.core.effects import LampEnergy, RecordEnergy
from controller.store.store import Store, StoreError, Totals
from tests.core.build import NIGHT
from tests.shell.fakes import Clock, record, until

BOOKED_S = 300.0


@dataclass
class Disk:
    """A way to a real store whose disk can fail, as seen by the bookkeeper."""

    folder: Path
    fault: str = ""
    opened: int = 0
    profiles: list[int] = field(default_factory=list)

    def open(self) -> Store:
        self.opened += 1
        self.check()
        return Shaky(self)

    def check(self) -> None:
        if self.fault:
            raise StoreError(self.fault)


class Shaky(Store):
    """A store on a disk that can fail."""

    instances: ClassVar[list["Shaky"]] = []

    def __init__(self, disk: Disk) -> None:
        super().__init__(disk.folder)
        self._disk = disk
        self.closed = False
        self.instances.append(self)

    def add(self, record: RecordEnergy, closed_utc_s: float | None) -> None:
        self._disk.check()
        super().add(record, closed_utc_s)

    def keep(self, name: str, document: Mapping[str, object]) -> None:
        self._disk.check()
        super().keep(name, document)

    def close(self) -> None:
        self.closed = True
        super().close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    yield Disk(tmp_path)
    while Shaky.instances:
        Shaky.instances.pop().close()


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


def bookkeeper(disk: Disk, executor: Executor, *, opened: bool = True) -> Bookkeeper:
    return Bookkeeper(disk.open() if opened else None, disk.open, executor, Clock().moment)


def stored(disk: Disk) -> Totals:
    store = Store(disk.folder)
    totals = store.totals()
    store.close()
    return totals


def test_merged_records_add_up_by_lamp_and_miss_none() -> None:
    first = RecordEnergy(300.0, (LampEnergy("L1", 1, 2, 3, 4), LampEnergy("L2", 5, 6, 7, 8)), 0.5)
    second = RecordEnergy(60.0, (LampEnergy("L2", 10, 20, 30, 40), LampEnergy("L3", 1, 1, 1, 1)), 1)
    assert merged(first, second) == RecordEnergy(
        360.0,
        (
            LampEnergy("L1", 1, 2, 3, 4),
            LampEnergy("L2", 15, 26, 37, 48),
            LampEnergy("L3", 1, 1, 1, 1),
        ),
        1.5,
    )


async def test_a_record_is_committed_before_its_totals_are_told(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    books, told = bookkeeper(disk, executor), list[Totals]()
    seen_by_others = list[Totals]()

    def tell(totals: Totals) -> None:
        told.append(totals)
        seen_by_others.append(stored(disk))

    await books.tell(tell)
    books.record(record({"L1": 2.0}))
    assert len(told) == 1
    await books.flush()
    assert told[-1].lamps["L1"].active_energy_wh == 2.0
    assert seen_by_others == told
    await books.close()


async def test_the_totals_of_before_are_told_at_the_start(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    store = Store(disk.folder)
    store.add(record({"L1": 2.0}), None)
    before = store.totals()
    store.close()
    books, told = bookkeeper(disk, executor), list[Totals]()
    await books.tell(told.append)
    assert told == [before]
    await books.close()


async def test_without_a_store_nothing_is_told_until_there_is_one(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    disk.fault = "read-only"
    books, told = bookkeeper(disk, executor, opened=False), list[Totals]()
    await books.tell(told.append)
    books.record(record({"L1": 2.0}))
    await books.flush()
    assert told == []
    disk.fault = ""
    books.record(record({"L1": 4.0}))
    await books.flush()
    assert [x.lamps["L1"].active_energy_wh for x in told] == [6.0]
    assert told[0].duration_s == 2 * BOOKED_S
    assert disk.opened == 2
    await books.close()


async def test_the_recorders_clock_says_since_when(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    books = bookkeeper(disk, executor)
    books.record(record(duration_s=BOOKED_S))
    await books.close()
    assert stored(disk).since_utc_s == NIGHT - BOOKED_S


async def test_a_disk_that_fails_costs_no_watt_hour_and_one_line_a_complaint(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    books, told = bookkeeper(disk, executor), list[Totals]()
    await books.tell(told.append)
    with capture_logs() as lines:
        for fault in ("full", "full", "full", "read-only", "full"):
            disk.fault = fault
            books.record(record({"L1": 2.0}))
            await books.flush()
            assert len(told) == 1
            assert stored(disk).lamps == {}
        disk.fault = ""
        books.record(record({"L1": 2.0}))
        await books.flush()
    assert [x["error"] for x in lines if x["log_level"] == "error"] == ["full", "read-only", "full"]
    assert told[-1].lamps["L1"].active_energy_wh == 6 * 2.0
    assert told[-1].lamps["L1"].switches == 6
    assert told[-1].duration_s == 6 * BOOKED_S
    assert stored(disk) == told[-1]
    await books.close()


async def test_a_complaint_that_comes_back_is_told_again(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    books = bookkeeper(disk, executor)
    with capture_logs() as lines:
        for fault in ("full", "", "full"):
            disk.fault = fault
            books.record(record())
            await books.flush()
    assert [x["error"] for x in lines if x["log_level"] == "error"] == ["full", "full"]
    disk.fault = ""
    await books.close()


async def test_what_arrives_while_a_commit_fails_is_kept_too(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    books = bookkeeper(disk, executor)
    disk.fault = "full"
    books.record(record({"L1": 2.0}))
    go_on = threading.Event()
    executor.submit(go_on.wait)
    flushing = asyncio.create_task(books.flush())
    await asyncio.sleep(0)
    books.record(record({"L1": 4.0, "L2": 8.0}))
    go_on.set()
    await flushing
    disk.fault = ""
    await books.close()
    assert {x: y.active_energy_wh for x, y in stored(disk).lamps.items()} == {"L1": 6.0, "L2": 8.0}


async def test_nothing_pending_bothers_nobody(disk: Disk, executor: ThreadPoolExecutor) -> None:
    books, told = bookkeeper(disk, executor), list[Totals]()
    await books.tell(told.append)
    await books.flush()
    assert len(told) == 1
    await books.close()


async def test_it_stores_what_arrives_by_itself(disk: Disk, executor: ThreadPoolExecutor) -> None:
    books, told = bookkeeper(disk, executor), list[Totals]()
    await books.tell(told.append)
    running = asyncio.create_task(books.run())
    for number in range(1, 4):
        books.record(record({"L1": 2.0}))
        await until(lambda n=number: told[-1].duration_s == n * BOOKED_S)  # type: ignore[misc]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await books.close()


async def test_closing_stores_what_is_pending_and_closes_the_file(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    books = bookkeeper(disk, executor)
    books.record(record({"L1": 2.0}))
    await books.close()
    assert Shaky.instances[-1].closed
    assert stored(disk).lamps["L1"].active_energy_wh == 2.0


async def test_closing_with_a_disk_that_fails_still_closes_the_file(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    books = bookkeeper(disk, executor)
    disk.fault = "full"
    books.record(record())
    with capture_logs() as lines:
        await books.close()
    assert Shaky.instances[-1].closed
    assert [x["event"] for x in lines] == ["store_fails"]


async def test_closing_without_a_store_is_no_fault(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    await bookkeeper(disk, executor, opened=False).close()
    assert disk.opened == 0


async def test_stopping_while_a_record_waits_for_the_thread_loses_nothing(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    # As the daemon stops: it cancels `run` and then closes. The thread is busy with a profile.
    books = bookkeeper(disk, executor)
    running = asyncio.create_task(books.run())
    go_on = threading.Event()
    executor.submit(go_on.wait)
    books.record(record({"L1": 2.0}))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    go_on.set()
    await books.close()
    assert {x: y.active_energy_wh for x, y in stored(disk).lamps.items()} == {"L1": 2.0}


async def test_stopping_in_the_middle_of_a_commit_adds_the_record_once(
    disk: Disk, executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = bookkeeper(disk, executor)
    begun, go_on = threading.Event(), threading.Event()
    add = Shaky.add

    def slow(store: Shaky, record: RecordEnergy, closed_utc_s: float | None) -> None:
        begun.set()
        go_on.wait()
        add(store, record, closed_utc_s)

    monkeypatch.setattr(Shaky, "add", slow)
    running = asyncio.create_task(books.run())
    books.record(record({"L1": 2.0}))
    await until(begun.is_set)
    running.cancel()
    asyncio.get_running_loop().call_soon(go_on.set)
    await asyncio.gather(running, return_exceptions=True)
    await books.close()
    assert stored(disk).lamps["L1"].active_energy_wh == 2.0


async def test_a_store_that_cannot_be_read_does_not_keep_mqtt_away(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    # `Talk.run` begins with `tell`: if it raises, there is no link, no state, no neighbours.
    books = bookkeeper(disk, executor)
    store = Shaky.instances[-1]
    store._db.execute("DROP TABLE lamp_total")
    await books.tell(lambda _: None)
    await books.close()


async def test_a_record_that_was_stored_is_not_stored_again_when_the_totals_cannot_be_read(
    disk: Disk, executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = bookkeeper(disk, executor)

    def fail(_: Store) -> Totals:
        raise StoreError("disk I/O error")

    with monkeypatch.context() as failing:
        failing.setattr(Shaky, "totals", fail)
        books.record(record({"L1": 2.0}))
        await books.flush()
    await books.close()
    assert stored(disk).lamps["L1"].active_energy_wh == 2.0


async def test_a_fault_in_telling_does_not_keep_later_records_from_the_store(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    # A fault of ours is logged by whoever runs the books; it must not come up for ever.
    def fail(_: Totals) -> None:
        raise RuntimeError("a fault of ours")

    books = bookkeeper(disk, executor)
    with pytest.raises(RuntimeError):
        await books.tell(fail)
    books.record(record({"L1": 2.0}))
    with pytest.raises(RuntimeError):
        await books.flush()
    await books.tell(lambda _: None)
    books.record(record({"L1": 3.0}))
    await books.close()
    assert stored(disk).lamps["L1"].active_energy_wh == 5.0


async def test_a_document_is_kept_or_refused(disk: Disk, executor: ThreadPoolExecutor) -> None:
    books = bookkeeper(disk, executor, opened=False)
    await books.keep("layers", {"levels": {}})
    disk.fault = "full"
    with pytest.raises(StoreError, match="full"):
        await books.keep("layers", {"levels": {"base_pct": 20.0}})
    disk.fault = ""
    await books.close()
    store = Store(disk.folder)
    assert store.kept("layers") == {"levels": {}}
    store.close()


async def test_merging_is_the_same_in_one_piece_or_in_many() -> None:
    pieces = [record({f"L{n % 3}": 2.0}, duration_s=float(n)) for n in range(1, 8)]
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = merged(whole, piece)
    later = merged(pieces[1], pieces[2])
    for piece in pieces[3:]:
        later = merged(later, piece)
    other = merged(pieces[0], later)
    in_order = replace(other, lamps=tuple(sorted(other.lamps, key=lambda x: x.lamp)))
    assert replace(whole, lamps=tuple(sorted(whole.lamps, key=lambda x: x.lamp))) == in_order

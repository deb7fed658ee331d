import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from controller.bookkeeping import (
    MOST_PENDING,
    Bookkeeper,
    Prepared,
    merged,
    nothing_prepared,
)
from controller.core.effects import LampEnergy, MeterEnergy, RecordEnergy
from controller.store.store import Store, StoreError, Totals
from tests.core.build import NIGHT
from tests.shell.fakes import BOOT, ZONE, record, until

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

    def add(self, record: RecordEnergy, **rest: Any) -> None:  # noqa: ANN401 - as given
        self._disk.check()
        super().add(record, **rest)

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


def bookkeeper(
    disk: Disk,
    executor: Executor,
    *,
    opened: bool = True,
    prepare: Callable[[RecordEnergy], Prepared] = nothing_prepared,
) -> Bookkeeper:
    return Bookkeeper(
        disk.open() if opened else None,
        disk.open,
        executor,
        boot=BOOT,
        zone=ZONE,
        prepare=prepare,
    )


def stored(disk: Disk) -> Totals:
    store = Store(disk.folder)
    totals = store.totals()
    store.close()
    return totals


def closed(store: Store) -> list[tuple[float, float]]:
    """Begin and end of every record in a store, in order."""
    return store._db.execute("SELECT start_mono_s, end_mono_s FROM record ORDER BY seq").fetchall()


def quarters(count: int, first: int = 0) -> list[RecordEnergy]:
    return [
        record({"L1": 2.0}, BOOKED_S, start_s=n * BOOKED_S) for n in range(first, first + count)
    ]


def test_merged_records_add_up_by_lamp_and_miss_none() -> None:
    first = RecordEnergy(
        start_s=100.0,
        end_s=400.0,
        clock_offset_s=None,
        lamps=(
            LampEnergy("L1", 1, 2, 3, 4, 5, 6, 7, measured=True),
            LampEnergy("L2", 5, 6, 7, 8, 9, 10, 11, measured=True),
        ),
        overhead_wh=0.5,
        dark_s=300.0,
        late_s=100.0,
        passages={"M1": 2, "M2": 1},
        meters=(MeterEnergy("P1", 1, 290.0),),
    )
    second = RecordEnergy(
        start_s=400.0,
        end_s=460.0,
        clock_offset_s=NIGHT,
        lamps=(LampEnergy("L2", 10, 20, 30, 40, 50, 60, 70), LampEnergy("L3", 1, 1, 1, 1)),
        overhead_wh=1.0,
        baseline="half_night/2",
        dark_s=60.0,
        late_s=30.0,
        passages={"M2": 3},
        meters=(MeterEnergy("P1", 2, 60.0), MeterEnergy("P2", 4, 50.0)),
    )
    assert merged(first, second) == RecordEnergy(
        start_s=100.0,
        end_s=460.0,
        clock_offset_s=NIGHT,
        lamps=(
            LampEnergy("L1", 1, 2, 3, 4, 5, 6, 7, measured=True),
            LampEnergy("L2", 15, 26, 37, 48, 59, 70, 81),
            LampEnergy("L3", 1, 1, 1, 1),
        ),
        overhead_wh=1.5,
        baseline="half_night/2",
        dark_s=360.0,
        late_s=130.0,
        passages={"M1": 2, "M2": 4},
        meters=(MeterEnergy("P1", 3, 350.0), MeterEnergy("P2", 4, 50.0)),
    )
    assert merged(second, first).clock_offset_s == NIGHT


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
    store.add(record({"L1": 2.0}), boot=BOOT, zone=ZONE)
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


async def test_the_records_clock_says_since_when(disk: Disk, executor: ThreadPoolExecutor) -> None:
    books = bookkeeper(disk, executor)
    books.record(record(duration_s=BOOKED_S, clock_offset_s=NIGHT))
    await books.close()
    assert stored(disk).since_utc_s == NIGHT


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


async def test_records_that_wait_are_stored_one_by_one_in_order(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    books, told = bookkeeper(disk, executor), list[Totals]()
    await books.tell(told.append)
    disk.fault = "full"
    for waiting in quarters(50):
        books.record(waiting)
        await books.flush()
    disk.fault = ""
    for last in quarters(1, first=50):
        books.record(last)
    await books.flush()
    assert closed(Shaky.instances[-1]) == [(x.start_s, x.end_s) for x in quarters(51)]
    assert [x.duration_s for x in told] == [0.0, 51 * BOOKED_S]
    await books.close()


async def test_of_too_many_that_wait_the_oldest_become_one(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    books = bookkeeper(disk, executor)
    disk.fault = "full"
    for waiting in quarters(MOST_PENDING + 30):
        books.record(waiting)
        await books.flush()
    disk.fault = ""
    await books.flush()
    found = closed(Shaky.instances[-1])
    assert found[0] == (0.0, 31 * BOOKED_S)
    assert found[1:] == [(x.start_s, x.end_s) for x in quarters(MOST_PENDING - 1, first=31)]
    await books.close()
    assert stored(disk).lamps["L1"].switches == MOST_PENDING + 30


async def test_a_disk_that_fails_half_way_gets_the_rest_later_and_nothing_twice(
    disk: Disk, executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    books, add = bookkeeper(disk, executor), Shaky.add

    def until_full(store: Shaky, record: RecordEnergy, **rest: Any) -> None:  # noqa: ANN401 - as given
        if record.start_s == 3 * BOOKED_S:
            disk.fault = "full"
        add(store, record, **rest)

    monkeypatch.setattr(Shaky, "add", until_full)
    for waiting in quarters(6):
        books.record(waiting)
    await books.flush()
    assert len(closed(Shaky.instances[-1])) == 3
    assert books.fails
    monkeypatch.setattr(Shaky, "add", add)
    disk.fault = ""
    await books.flush()
    assert closed(Shaky.instances[-1]) == [(x.start_s, x.end_s) for x in quarters(6)]
    assert not books.fails
    await books.close()


async def test_the_first_record_with_a_clock_tells_when_those_before_were(
    disk: Disk, executor: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    corrected, correct = [], Shaky.correct_times

    def noted(store: Shaky, boot: str, clock_offset_s: float, zone: ZoneInfo) -> None:
        corrected.append((boot, clock_offset_s))
        correct(store, boot, clock_offset_s, zone)

    monkeypatch.setattr(Shaky, "correct_times", noted)
    books = bookkeeper(disk, executor)
    books.record(record(duration_s=BOOKED_S))
    await books.close()
    books = bookkeeper(disk, executor)  # the controller begins anew, in the same boot
    for number in range(1, 4):
        offset_s = None if number == 1 else NIGHT
        start_s = number * BOOKED_S
        books.record(record(duration_s=BOOKED_S, start_s=start_s, clock_offset_s=offset_s))
    await books.flush()
    assert corrected == [(BOOT, NIGHT)]
    assert Shaky.instances[-1]._db.execute("SELECT start_utc_s FROM record").fetchall() == [
        (NIGHT + number * BOOKED_S,) for number in range(4)
    ]
    await books.close()
    assert stored(disk).since_utc_s == NIGHT


async def test_what_is_prepared_is_written_with_its_record(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    def prepare(record: RecordEnergy) -> Prepared:
        number = b"%d" % record.start_s
        return Prepared([("count", number)], {"counts": {"last": record.start_s}})

    books = bookkeeper(disk, executor, prepare=prepare)
    disk.fault = "full"
    for waiting in quarters(MOST_PENDING + 2):
        books.record(waiting)
    await books.flush()
    store = Shaky.instances[-1]
    assert (store.messages(9), store.kept("counts")) == ([], None)
    disk.fault = ""
    await books.flush()
    expected = [b"%d" % x.start_s for x in quarters(MOST_PENDING + 2)]
    assert [x.payload for x in store.messages(999)] == expected
    assert store.kept("counts") == {"last": (MOST_PENDING + 1) * BOOKED_S}
    await books.close()


async def test_a_fault_in_preparing_does_not_cost_the_record(
    disk: Disk, executor: ThreadPoolExecutor
) -> None:
    def fail(_: RecordEnergy) -> Prepared:
        raise ZeroDivisionError("ours")

    books = bookkeeper(disk, executor, prepare=fail)
    with capture_logs() as lines:
        books.record(record({"L1": 2.0}))
    assert [(x["event"], x["exc_info"]) for x in lines] == [("preparing_failed", True)]
    await books.close()
    assert stored(disk).lamps["L1"].active_energy_wh == 2.0


async def test_the_store_is_asked_in_its_thread(disk: Disk, executor: ThreadPoolExecutor) -> None:
    books = bookkeeper(disk, executor, opened=False)
    books.record(record())
    await books.flush()
    assert [x.seq for x in await books.ask(lambda store: store.unsent(9))] == [1]
    await books.ask(lambda store: store.sent(1))
    assert await books.ask(lambda store: store.unsent(9)) == []
    threads = {await books.ask(lambda _: threading.get_ident()) for _ in range(3)}
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    await books.close()


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

    def slow(store: Shaky, record: RecordEnergy, **rest: Any) -> None:  # noqa: ANN401 - as given
        begun.set()
        go_on.wait()
        add(store, record, **rest)

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
    pieces = [record({f"L{n % 3}": 2.0}, float(n), start_s=n * (n - 1) / 2) for n in range(1, 8)]
    whole = pieces[0]
    for piece in pieces[1:]:
        whole = merged(whole, piece)
    later = merged(pieces[1], pieces[2])
    for piece in pieces[3:]:
        later = merged(later, piece)
    other = merged(pieces[0], later)
    in_order = replace(other, lamps=tuple(sorted(other.lamps, key=lambda x: x.lamp)))
    assert replace(whole, lamps=tuple(sorted(whole.lamps, key=lambda x: x.lamp))) == in_order

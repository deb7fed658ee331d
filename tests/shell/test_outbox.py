"""From the ledger to the broker: everything, in order, and nothing twice for who drops doubles."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from controller import outbox as module
from controller.bookkeeping import Bookkeeper, Prepared
from controller.core.effects import RecordEnergy
from controller.mqtt.outbound import Delivery
from controller.outbox import MOST_UNTIMED, RECORD, LedgerOutbox
from controller.store.store import Store, StoreError
from tests.core.build import NIGHT
from tests.shell.fakes import BOOT, LIMIT_S, ZONE, record

TOPICS = {RECORD: "t/energy/interval", "count": "t/count"}


class Node:
    """A ledger with its outbox, and what a broker has got from it."""

    def __init__(self, folder: Path, executor: ThreadPoolExecutor) -> None:
        self.folder, self.executor = folder, executor
        self.store = Store(folder)
        self.messages: list[tuple[str, bytes]] = []
        self.got: list[Delivery] = []
        self.restart()

    def restart(self) -> None:
        """Begin anew, as after a crash: what only memory knew is gone."""
        self.books = Bookkeeper(
            self.store,
            lambda: Store(self.folder),
            self.executor,
            boot=BOOT,
            zone=ZONE,
            prepare=self.prepared,
        )
        self.outbox = LedgerOutbox(self.books, TOPICS, ZONE, BOOT)

    def prepared(self, _: RecordEnergy) -> Prepared:
        messages, self.messages = self.messages, []
        return Prepared(messages)

    async def add(self, number: int, *, clock_offset_s: float | None = NIGHT) -> None:
        for _ in range(number):
            self.books.record(record({"L1": 2.0}, clock_offset_s=clock_offset_s))
        await self.books.flush()
        self.outbox.news()

    async def take(self, number: int) -> None:
        """Let the broker take so many."""
        async with asyncio.timeout(LIMIT_S):
            for _ in range(number):
                delivery = await self.outbox.next()
                self.got.append(delivery)
                self.outbox.delivered(delivery)

    async def nothing_more(self) -> bool:
        try:
            async with asyncio.timeout(0.05):
                await self.outbox.next()
        except TimeoutError:
            return True
        return False

    @property
    def seqs(self) -> list[int]:
        return [json.loads(x.payload)["seq"] for x in self.got if x.topic == TOPICS[RECORD]]


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


@pytest.fixture
async def node(tmp_path: Path, executor: ThreadPoolExecutor) -> AsyncIterator[Node]:
    node = Node(tmp_path, executor)
    yield node
    await node.books.close()


async def test_a_record_stands_on_the_wire_as_it_was_closed(node: Node) -> None:
    await node.add(1)
    await node.take(1)
    (delivery,) = node.got
    told = json.loads(delivery.payload)
    ledger = await node.books.ask(lambda store: store.ledger_id)
    assert (delivery.topic, told["id"]) == (TOPICS[RECORD], f"{ledger}-1")
    assert (told["boot_id"], told["baseline"]) == (BOOT, "dusk_to_dawn/1")
    assert told["lamps"]["L1"] == {
        "active_energy_wh": 2.0,
        "baseline_wh": 4.0,
        "saved_wh": 2.0,
        "burn_s": 20.0,
        "switches": 1,
        "source": "modelled",
    }


async def test_records_come_in_order_and_counts_before_them(node: Node) -> None:
    node.messages = [("count", b"1"), ("count", b"2")]
    await node.add(190)
    await node.take(192)
    assert [x.payload for x in node.got[:2]] == [b"1", b"2"]
    assert {x.topic for x in node.got[:2]} == {TOPICS["count"]}
    assert node.seqs == list(range(1, 191))
    assert await node.nothing_more()


async def test_what_comes_later_is_waited_for(node: Node) -> None:
    await node.add(1)
    await node.take(1)
    taking = asyncio.create_task(node.take(1))
    await asyncio.sleep(0.01)
    await node.add(1)
    await taking
    assert node.seqs == [1, 2]


async def test_what_was_not_taken_is_offered_again(node: Node) -> None:
    await node.add(2)
    assert await node.outbox.next() == await node.outbox.next()
    await node.take(2)
    assert node.seqs == [1, 2]


async def test_what_is_taken_out_of_order_is_a_mistake(node: Node) -> None:
    await node.add(2)
    await node.outbox.next()
    with pytest.raises(ValueError, match="order"):
        node.outbox.delivered(Delivery("t", b"", 1))


async def test_a_crash_sends_some_again_under_the_same_ids_and_loses_none(node: Node) -> None:
    await node.add(150)
    await node.take(120)
    node.store = Store(node.folder)
    node.restart()
    node.outbox.news()
    again = 150 - 100
    await node.take(again)
    assert len(node.got) == 120 + again
    ids = [json.loads(x.payload)["id"] for x in node.got]
    assert len(set(ids)) == 150


async def test_records_without_a_time_wait_for_it(node: Node) -> None:
    await node.add(3, clock_offset_s=None)
    assert await node.nothing_more()
    await node.add(1)
    await node.take(4)
    assert node.seqs == [1, 2, 3, 4]
    assert all(json.loads(x.payload)["start"] for x in node.got)


async def test_a_node_that_never_learns_the_time_tells_all_the_same(node: Node) -> None:
    await node.add(MOST_UNTIMED - 1, clock_offset_s=None)
    assert await node.nothing_more()
    await node.add(1, clock_offset_s=None)
    await node.take(1)
    assert json.loads(node.got[0].payload)["start"] is None
    assert json.loads(node.got[0].payload)["duration_s"] == 300.0


async def test_what_an_earlier_boot_never_dated_is_told_at_once(
    node: Node, executor: ThreadPoolExecutor
) -> None:
    await node.add(2, clock_offset_s=None)
    other = Bookkeeper(node.store, lambda: node.store, executor, boot="other", zone=ZONE)
    node.outbox = LedgerOutbox(other, TOPICS, ZONE, "other")
    await node.take(2)
    assert node.seqs == [1, 2]


async def test_a_store_that_fails_is_asked_again(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.001)
    await node.add(2)
    unsent, faults = Store.unsent, ["disk", "disk"]

    def shaky(store: Store, most: int) -> object:
        if faults:
            raise StoreError(faults.pop())
        return unsent(store, most)

    monkeypatch.setattr(Store, "unsent", shaky)
    await node.take(2)
    assert node.seqs == [1, 2]

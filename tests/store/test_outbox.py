"""What is handed out to be sent, and what a crash makes be sent again."""

from pathlib import Path

import pytest

from controller.store import outbox
from controller.store.outbox import BATCH, MOST_MESSAGES
from controller.store.records import ClosedRecord
from controller.store.store import Store, StoreError
from tests.shell.fakes import record
from tests.store.build import add, quarter, rows, seeded, sums, total_sums

MONTH = 30 * 96


class Consumer:
    """Somebody who adds up what arrives, and drops what has an id that was seen before."""

    def __init__(self) -> None:
        self.seen: dict[int, ClosedRecord] = {}
        self.heard: list[int] = []

    def take(self, closed: ClosedRecord) -> None:
        self.heard.append(closed.seq)
        self.seen.setdefault(closed.seq, closed)


def drain(store: Store, consumer: Consumer, batch: int = 20) -> None:
    while found := store.unsent(batch):
        for closed in found:
            consumer.take(closed)
            store.sent(closed.seq)


def test_what_is_unsent_comes_in_order_and_only_once_acknowledged_no_more(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(5):
        add(store, quarter(number))
    assert [x.seq for x in store.unsent(3)] == [1, 2, 3]
    assert [x.seq for x in store.unsent(3)] == [1, 2, 3]
    store.sent(2)
    assert [x.seq for x in store.unsent(9)] == [3, 4, 5]
    store.sent(1)
    assert [x.seq for x in store.unsent(9)] == [3, 4, 5]
    store.sent(5)
    assert store.unsent(9) == []
    store.close()


def test_what_was_not_there_yet_is_not_acknowledged(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store, quarter(0))
    store.sent(10**9)
    add(store, quarter(1))
    assert [x.seq for x in store.unsent(9)] == [2]
    store.close()


def test_the_mark_is_written_with_the_next_record(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(5):
        add(store, quarter(number))
    store.sent(3)
    after_a_crash = Store(tmp_path)
    assert [x.seq for x in after_a_crash.unsent(9)] == [1, 2, 3, 4, 5]
    after_a_crash.close()
    add(store, quarter(5))
    after_a_crash = Store(tmp_path)
    assert [x.seq for x in after_a_crash.unsent(9)] == [4, 5, 6]
    after_a_crash.close()
    store.close()


def test_the_mark_is_written_by_itself_when_it_is_a_batch_ahead(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(3 * BATCH):
        add(store, quarter(number))
    for seq in range(1, 2 * BATCH + 50):
        store.sent(seq)
        again = Store(tmp_path)
        assert seq - BATCH < again.unsent(1)[0].seq <= seq + 1
        again.close()
    store.close()


def test_no_more_than_a_batch_is_handed_out_beyond_what_is_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(3 * BATCH):
        add(store, quarter(number))
    assert len(store.unsent(10 * BATCH)) == BATCH
    store.sent(BATCH - 1)
    assert [x.seq for x in store.unsent(10)] == [BATCH]
    store._db.execute("PRAGMA query_only = ON")  # as a card that turned read-only
    with pytest.raises(StoreError):
        store.sent(BATCH)
    assert store.unsent(10) == []
    store._db.execute("PRAGMA query_only = OFF")
    store.sent(BATCH)
    assert [x.seq for x in store.unsent(10)][:2] == [BATCH + 1, BATCH + 2]
    store.close()


@pytest.mark.parametrize("keep_days", [400, 3])
def test_after_thirty_days_without_a_broker_everything_is_sent_in_order(
    tmp_path: Path, keep_days: int
) -> None:
    store, consumer = Store(tmp_path, keep_days=keep_days), Consumer()
    for number in range(MONTH):
        add(store, quarter(number))
    drain(store, consumer)
    assert consumer.heard == [x.seq for x in rows(store)]
    assert consumer.heard == sorted(set(consumer.heard))
    assert sums(list(consumer.seen.values())) == total_sums(store)
    if keep_days == 400:
        assert consumer.heard == list(range(1, MONTH + 1))
    else:
        assert len(consumer.heard) < 600
    add(store, quarter(MONTH))
    store.close()
    store = Store(tmp_path, keep_days=keep_days)
    assert [x.seq for x in store.unsent(9)] == [MONTH + 1]
    store.close()


def test_who_drops_doubles_counts_everything_once_however_often_it_crashes(
    tmp_path: Path,
) -> None:
    chance, consumer = seeded(3), Consumer()
    store = Store(tmp_path, keep_days=1)
    for number in range(3000):
        add(store, quarter(number, wh=float(1 + number % 5)))
        if chance.random() < 0.05:
            for closed in store.unsent(chance.choice((1, 40, 500))):
                consumer.take(closed)
                if chance.random() < 0.9:  # the acknowledgement can be lost
                    store.sent(closed.seq)
        if chance.random() < 0.02:
            store._db.close()
            store = Store(tmp_path, keep_days=1)
    assert len(consumer.heard) > len(consumer.seen)
    drain(store, consumer)
    assert sums(list(consumer.seen.values())) == total_sums(store)
    assert len(rows(store)) < 300
    store.close()


# messages


def payloads(store: Store) -> list[bytes]:
    return [x.payload for x in store.messages(MOST_MESSAGES + 1)]


def test_messages_come_in_order_until_they_are_sent(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store, record(), messages=[("count", b"1"), ("night", b"2")])
    add(store, record(), messages=[("alarm", b"3")])
    found = store.messages(2)
    assert [(x.name, x.payload) for x in found] == [("count", b"1"), ("night", b"2")]
    store.message_sent(found[0].number)
    assert payloads(store) == [b"2", b"3"]
    assert [x.payload for x in store.messages(1)] == [b"2"]
    store.close()


def test_a_message_is_gone_with_the_next_record(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store, record(), messages=[("count", b"1"), ("count", b"2")])
    store.message_sent(store.messages(1)[0].number)
    after_a_crash = Store(tmp_path)
    assert payloads(after_a_crash) == [b"1", b"2"]
    after_a_crash.close()
    add(store, record(), messages=[("count", b"3")])
    after_a_crash = Store(tmp_path)
    assert payloads(after_a_crash) == payloads(store) == [b"2", b"3"]
    after_a_crash.close()
    store.close()


def test_numbers_of_messages_do_not_come_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    numbers = []
    for _ in range(3):
        add(store, record(), messages=[("count", b"x")])
        (message,) = store.messages(9)
        numbers.append(message.number)
        store.message_sent(message.number)
        add(store, record())
        store.message_sent(message.number)  # said twice
        assert store.messages(9) == []
    assert numbers == sorted(set(numbers))
    store.close()


def test_the_oldest_messages_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "MOST_MESSAGES", 5)
    store = Store(tmp_path)
    for number in range(8):
        add(store, record(), messages=[("count", b"%d" % number)])
    assert payloads(store) == [b"3", b"4", b"5", b"6", b"7"]
    add(store, record(), messages=[("count", b"%d" % number) for number in range(10, 20)])
    assert payloads(store) == [b"15", b"16", b"17", b"18", b"19"]
    store.close()


def test_a_message_whose_taking_out_failed_is_taken_out_later(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store, record(), messages=[("count", b"1")])
    store.message_sent(store.messages(1)[0].number)
    store.sent(1)
    with pytest.raises(StoreError):
        add(store, record(overhead_wh=float("nan")))
    assert payloads(store) == []
    assert store.unsent(9) == []
    add(store, record())
    after_a_crash = Store(tmp_path)
    assert payloads(after_a_crash) == []
    assert [x.seq for x in after_a_crash.unsent(9)] == [2]
    after_a_crash.close()
    store.close()

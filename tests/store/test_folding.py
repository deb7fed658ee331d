"""Old records become nights, old nights months: sums stay, and the file stays within its bounds."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from controller.core.effects import LampEnergy, MeterEnergy
from controller.store import folding, outbox
from controller.store.folding import used_bytes
from controller.store.store import Store
from tests.shell.fakes import BOOT, ZONE, record
from tests.store.build import QUARTER_S, T0, add, quarter, rows, sums, total_sums

DAY_S = 86_400.0
# 2026-01-10 12:00 in Berlin: records from here on fill whole nights.
NOON = T0 + 43_200.0 - 400.0
FIRST = date(2026, 1, 10)


def all_sent(store: Store) -> None:
    while found := store.unsent(1000):
        store.sent(found[-1].seq)


def filled(store: Store, quarters: range, *, sent: bool = True) -> None:
    for number in quarters:
        add(store, quarter(number, utc_s=NOON))
        if sent:
            store.sent(number + 1)


def test_nights_older_than_is_kept_become_one_record_each(tmp_path: Path) -> None:
    store = Store(tmp_path, keep_days=3)
    filled(store, range(96 * 6))
    nights = {x: store.of_nights(x, x) for x in store.nights()}
    assert list(nights) == [FIRST + timedelta(days=n) for n in range(6)]
    assert [len(x) for x in nights.values()] == [1, 1, 96, 96, 96, 96]
    (first,) = nights[FIRST]
    assert (first.start_utc_s, first.end_utc_s) == (NOON, NOON + DAY_S)
    assert (first.seq, first.boot, first.duration_s) == (96, BOOT, DAY_S)
    assert (first.dark_s, first.late_s) == (96 * 900.0, 96 * 450.0)
    assert first.overhead_wh == 96 * 0.25
    assert first.lamps["L1"] == LampEnergy(
        "L1", 96.0, 192.0, 86_400.0, 96, 43_200.0, 21_600.0, 10_800.0, measured=True
    )
    assert first.meters == {"P1": MeterEnergy("P1", 144.0, 86_400.0)}
    assert sums(rows(store)) == total_sums(store)
    store.close()


def test_a_night_is_folded_with_one_record_at_a_time(tmp_path: Path) -> None:
    store = Store(tmp_path, keep_days=10_000)
    filled(store, range(96 * 4))
    store.close()
    store = Store(tmp_path, keep_days=1)
    for night in range(2):
        add(store, quarter(96 * 4 + night, utc_s=NOON))
        lengths = [len(store.of_nights(x, x)) for x in store.nights()]
        assert lengths[: night + 2] == [*(night + 1) * [1], 96]
    store.close()


def test_a_sum_is_measured_only_if_all_of_it_is(tmp_path: Path) -> None:
    store = Store(tmp_path, keep_days=1)
    filled(store, range(96))
    with store._db:
        store._db.execute("UPDATE record SET lamps = replace(lamps, ',1]', ',0]') WHERE seq = 5")
    filled(store, range(96, 96 * 4))
    first, second = store.of_nights(FIRST, FIRST), store.of_nights(FIRST, FIRST + timedelta(days=1))
    assert [x.lamps["L1"].measured for x in first] == [False]
    assert [x.lamps["L1"].measured for x in second] == [False, True]
    store.close()


def test_records_of_different_baselines_are_not_added_up(tmp_path: Path) -> None:
    store = Store(tmp_path, keep_days=1)
    for number in range(96):
        baseline = "dusk_to_dawn/1" if number < 40 else "half_night/2"
        closed = record(duration_s=QUARTER_S, baseline=baseline)
        add(store, closed, NOON + (number + 1) * QUARTER_S)
        store.sent(number + 1)
    filled(store, range(96, 96 * 3))
    found = store.of_nights(FIRST, FIRST)
    assert [(x.seq, x.baseline, x.duration_s / QUARTER_S) for x in found] == [
        (40, "dusk_to_dawn/1", 40.0),
        (96, "half_night/2", 56.0),
    ]
    store.close()


def test_what_may_have_been_delivered_and_may_not_is_left_as_it_is(tmp_path: Path) -> None:
    store = Store(tmp_path, keep_days=1)
    filled(store, range(50))
    filled(store, range(50, 96 * 5), sent=False)
    seqs = [x.seq for x in rows(store)]
    held = list(range(51, 151))
    # Up to the mark one record; a batch as it was; the rest of the second night, the third night.
    assert seqs[: 1 + len(held) + 2] == [50, *held, 192, 288]
    assert [x.seq for x in store.unsent(1000)] == held
    all_sent(store)
    filled(store, range(96 * 5, 96 * 5 + 3))
    assert [x.seq for x in rows(store)][:3] == [96, 192, 288]
    assert sums(rows(store)) == total_sums(store)
    store.close()


def test_records_without_times_are_folded_by_boot(tmp_path: Path) -> None:
    store = Store(tmp_path, keep_days=1)
    for boot in ("a", "b"):
        for number in range(10):
            add(store, quarter(number, utc_s=None), boot=boot)
    store.sent(20)
    filled(store, range(96))
    assert len(rows(store)) == 20 + 96
    filled(store, range(96, 96 * 3 + 4))
    all_sent(store)
    filled(store, range(96 * 3 + 4, 96 * 3 + 8))
    found = [x for x in rows(store) if x.night is None]
    assert [(x.seq, x.boot, x.duration_s) for x in found] == [
        (10, "a", 10 * QUARTER_S),
        (20, "b", 10 * QUARTER_S),
    ]
    store.close()


def test_a_boot_that_was_folded_is_still_corrected(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(60):
        add(store, quarter(number, utc_s=None))
        all_sent(store)
    most_bytes = used_bytes(store._db) - 5000
    store.close()
    store = Store(tmp_path, most_bytes=most_bytes)
    add(store, quarter(60, utc_s=None))
    assert [x.seq for x in rows(store)] == [59, 60, 61]
    store.correct_times(BOOT, NOON, ZONE)
    found = rows(store)
    assert (found[0].start_utc_s, found[-1].end_utc_s) == (NOON, NOON + 61 * QUARTER_S)
    assert {x.night for x in found} == {FIRST}
    assert store.totals().since_utc_s == NOON
    store.close()


def test_the_oldest_records_make_room_when_the_file_is_full(tmp_path: Path) -> None:
    most_bytes = 100_000
    store = Store(tmp_path, most_bytes=most_bytes)
    sizes = []
    for number in range(96 * 40):
        add(store, quarter(number, utc_s=NOON))
        store.sent(number + 1)
        sizes.append(used_bytes(store._db))
    assert max(sizes) < most_bytes + 10_000
    lengths = [len(store.of_nights(x, x)) for x in store.nights()]
    assert lengths[:30] == 30 * [1]
    assert lengths[-2:] == [96, 96]
    assert sums(rows(store)) == total_sums(store)
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    assert pages * 1024 < 1.5 * most_bytes  # free pages are used again
    store.close()


def test_what_was_not_sent_makes_room_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BATCH", 10)
    most_bytes = 50_000
    store = Store(tmp_path, most_bytes=most_bytes)
    for number in range(96 * 20):
        add(store, quarter(number, utc_s=NOON))
        assert used_bytes(store._db) < most_bytes + 10_000
    heard = 0.0
    while found := store.unsent(1000):
        heard += sum(x.duration_s for x in found)
        store.sent(found[-1].seq)
    assert heard == 96 * 20 * QUARTER_S
    store.close()


def test_nights_become_months_when_nothing_else_makes_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BATCH", 2)
    store = Store(tmp_path, most_bytes=1)
    for boot in ("a", "b"):
        add(store, record(), boot=boot)
        all_sent(store)
    for number in range(100 * 4):
        add(store, quarter(number * 24, utc_s=NOON))
        all_sent(store)
    found = rows(store)
    assert (found[0].boot, found[0].duration_s) == ("", 600.0)
    assert [x.duration_s / QUARTER_S for x in found[1:4]] == [22 * 4.0, 28 * 4.0, 31 * 4.0]
    assert [x.night for x in found[:4]] == 4 * [None]
    assert len(found) < 10
    assert sums(found) == total_sums(store)
    assert store.of_nights(date(2025, 1, 1), FIRST + timedelta(days=80)) == []
    store.close()


def test_nights_older_than_ten_years_become_months(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "KEEP_NIGHTS", timedelta(days=50))
    store = Store(tmp_path, keep_days=1)
    for day in range(141):
        for number in range(4):
            add(store, quarter(day * 96 + number, utc_s=NOON))
            all_sent(store)
    months = [x for x in rows(store) if x.night is None]
    assert [x.duration_s / QUARTER_S for x in months] == [22 * 4.0, 28 * 4.0, 31 * 4.0]
    assert (months[0].start_utc_s, months[0].seq) == (NOON, 22 * 4)
    assert min(store.nights()) == date(2026, 4, 1)
    assert sums(rows(store)) == total_sums(store)
    store.close()


def test_a_record_dated_years_ahead_does_not_hold_up_those_after_it(tmp_path: Path) -> None:
    store = Store(tmp_path, keep_days=2)
    add(store, quarter(0, utc_s=NOON + 2000 * DAY_S))
    store.sent(1)
    filled(store, range(1, 96 * 6))
    assert len(store.of_nights(FIRST, FIRST)) == 1
    store.close()

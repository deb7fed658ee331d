"""What the ledger holds of a record, when that was, and who may read it."""

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from controller.core.effects import LampEnergy, MeterEnergy, RecordEnergy
from controller.store.ledger import Ledger
from controller.store.records import ClosedRecord
from controller.store.store import FILE_NAME, LAYOUT, Store, StoreError
from tests.shell.fakes import BOOT, ZONE, record
from tests.store.build import QUARTER_S, T0, add, quarter, rows, sums, total_sums

YEAR_S = 365.25 * 86_400.0


def utc_s(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def hours(ledger: Ledger) -> list[tuple[float | None, float | None]]:
    return [(x.start_utc_s, x.end_utc_s) for x in rows(ledger)]


# what is written


def test_a_record_is_read_as_it_was_closed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    lamp = LampEnergy("L1", 1.5, 3.0, 600.0, 3, 300.0, 150.0, 75.0, measured=True)
    other = LampEnergy("L2", 0.25, 3.0, 0.0, 0)
    add(
        store,
        RecordEnergy(
            start_s=100.0,
            end_s=1000.0,
            clock_offset_s=T0,
            lamps=(lamp, other),
            overhead_wh=0.75,
            baseline="half_night/2",
            dark_s=900.0,
            late_s=450.0,
            passages={"M1": 3},
            meters=(MeterEnergy("P1", 1.75, 890.0),),
        ),
    )
    assert rows(store) == [
        ClosedRecord(
            seq=1,
            boot=BOOT,
            start_utc_s=T0 + 100.0,
            end_utc_s=T0 + 1000.0,
            duration_s=900.0,
            night=date(2026, 1, 9),
            baseline="half_night/2",
            dark_s=900.0,
            late_s=450.0,
            overhead_wh=0.75,
            lamps={"L1": lamp, "L2": other},
            meters={"P1": MeterEnergy("P1", 1.75, 890.0)},
        )
    ]
    assert store.totals().lamps["L1"] == replace(lamp, measured=False)
    assert store.unsent(10) == rows(store)
    store.close()


def test_figures_are_added_up_as_they_are_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    third = LampEnergy("L1", 1 / 3, 1 / 7, 100 / 3, 1, 100 / 7, 10 / 3, 10 / 7)
    for _ in range(30):
        add(store, replace(record(), lamps=(third,)))
    assert rows(store)[0].lamps["L1"].active_energy_wh == 0.333333
    assert rows(store)[0].lamps["L1"].burn_s == 33.333
    assert sums(rows(store)) == total_sums(store)
    assert store.totals().lamps["L1"].active_energy_wh == pytest.approx(10.0, rel=1e-5)
    store.close()


def test_a_record_its_messages_and_documents_are_there_together_or_not_at_all(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    store.keep("counts", {"M1": 0})
    wrong = record(overhead_wh=float("nan"))
    with pytest.raises(StoreError):
        add(store, wrong, messages=[("count", b"1")], documents={"counts": {"M1": 1}})
    assert (rows(store), store.messages(9), store.kept("counts")) == ([], [], {"M1": 0})
    add(store, record(), messages=[("count", b"1")], documents={"counts": {"M1": 1}})
    assert [(x.name, x.payload) for x in store.messages(9)] == [("count", b"1")]
    assert store.kept("counts") == {"M1": 1}
    store.close()


@pytest.mark.parametrize("text", ["[", '[["L1"]]', "{}", '"x"', "7", "[7]", "[[]]", "null"])
def test_figures_that_rotted_count_as_nothing_and_hold_nothing_up(
    tmp_path: Path, text: str
) -> None:
    store = Store(tmp_path, keep_days=1)
    add(store, quarter(0))
    with store._db:
        store._db.execute("UPDATE record SET lamps = ?, meters = ?", (text, text))
    (rotten,) = store.unsent(1)
    assert (rotten.duration_s, rotten.lamps, rotten.meters) == (QUARTER_S, {}, {})
    add(store, quarter(1))
    store.sent(2)
    add(store, quarter(500))
    add(store, quarter(501))
    assert len(rows(store)) == 3
    assert total_sums(store)[2]["L1"].switches == 4
    store.close()


def test_a_night_that_rotted_is_none(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store, quarter(0))
    with store._db:
        store._db.execute("UPDATE record SET night = '2026-01-0}'")
    assert [x.night for x in store.unsent(1)] == [None]
    assert store.nights() == []
    store.close()


def test_the_ledger_has_a_name_of_its_own_for_ever(tmp_path: Path) -> None:
    store = Store(tmp_path / "a")
    name = store.ledger_id
    store.close()
    assert len(name) == 16
    assert int(name, 16) >= 0
    for folder, same in (("a", True), ("b", False)):
        store = Store(tmp_path / folder)
        assert (store.ledger_id == name) is same
        store.close()


# nights


@pytest.mark.parametrize(
    ("begin", "night"),
    [
        ("2026-01-15T10:45", "2026-01-14"),  # noon in Berlin is at 11:00 UTC
        ("2026-01-15T10:52", "2026-01-14"),
        ("2026-01-15T10:53", "2026-01-15"),  # its middle lies after noon
        ("2026-01-15T23:00", "2026-01-15"),
        ("2026-01-16T03:00", "2026-01-15"),
        ("2026-07-15T09:45", "2026-07-14"),  # in summer at 10:00 UTC
        ("2026-07-15T10:00", "2026-07-15"),
        ("2026-03-29T00:45", "2026-03-28"),  # the hour that is skipped
        ("2026-03-29T09:45", "2026-03-28"),
        ("2026-03-29T10:00", "2026-03-29"),
        ("2026-10-25T00:15", "2026-10-24"),  # the hour that comes twice
        ("2026-10-25T01:15", "2026-10-24"),
        ("2026-10-25T10:45", "2026-10-24"),
        ("2026-10-25T11:00", "2026-10-25"),
    ],
)
def test_a_record_belongs_to_the_night_of_its_middle(
    tmp_path: Path, begin: str, night: str
) -> None:
    store = Store(tmp_path)
    add(store, record(duration_s=QUARTER_S), utc_s(begin) + QUARTER_S)
    assert store.nights() == [date.fromisoformat(night)]
    store.close()


@pytest.mark.parametrize(("day", "quarters"), [("2026-03-28", 92), ("2026-10-24", 100)])
def test_the_nights_in_which_clocks_change_are_whole(
    tmp_path: Path, day: str, quarters: int
) -> None:
    store = Store(tmp_path)
    night = date.fromisoformat(day)
    for number in range(300):
        add(store, quarter(number, utc_s=utc_s(f"{day}T00:00") - 86_400.0 / 2))
    of_night = store.of_nights(night, night)
    assert len(of_night) == quarters
    assert {x.night for x in of_night} == {night}
    store.close()


def test_nights_are_read_from_the_first_to_the_last(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for day in (15, 14, 17):
        add(store, record({f"L{day}": 1.0}), utc_s(f"2026-01-{day}T22:00"))
    add(store, record())
    assert store.nights() == [date(2026, 1, day) for day in (14, 15, 17)]
    found = store.of_nights(date(2026, 1, 14), date(2026, 1, 16))
    assert [list(x.lamps) for x in found] == [["L15"], ["L14"]]
    assert store.of_nights(date(2026, 1, 16), date(2026, 1, 16)) == []
    store.close()


def test_a_record_of_more_than_a_day_belongs_to_no_night(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store, record(duration_s=90_000.0), T0)
    assert store.nights() == []
    assert hours(store) == [(T0 - 90_000.0, T0)]
    store.close()


# clocks


@pytest.mark.parametrize("step_s", [-5 * YEAR_S, 5 * YEAR_S])
def test_a_clock_that_steps_by_years_costs_and_doubles_nothing(
    tmp_path: Path, step_s: float
) -> None:
    store = Store(tmp_path, keep_days=2)
    for number in range(900):
        stepped = 300 <= number < 600
        add(store, quarter(number, utc_s=T0 + (step_s if stepped else 0.0)))
        if number % 7 == 0:
            store.sent(number)
    assert sums(rows(store)) == total_sums(store)
    assert store.totals().duration_s == 900 * QUARTER_S
    assert store.totals().since_utc_s == T0
    assert sorted(store.nights()) == store.nights()
    assert {x.year for x in store.nights()} == {2026, 2021 if step_s < 0 else 2031}
    seen = [x.seq for x in rows(store)]
    assert seen == sorted(seen)
    store.close()


def test_times_are_corrected_once_there_is_a_clock(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store, quarter(0, utc_s=None), boot="before")
    for number in range(3):
        add(store, quarter(number, utc_s=None))
    store.correct_times(BOOT, T0, ZONE)
    add(store, quarter(3))
    assert hours(store) == [
        (None, None),
        *((T0 + n * QUARTER_S, T0 + (n + 1) * QUARTER_S) for n in range(4)),
    ]
    assert [x.night for x in rows(store)] == [None, *4 * [date(2026, 1, 9)]]
    assert store.totals().since_utc_s == T0 - QUARTER_S
    assert sums(rows(store)) == total_sums(store)
    store.close()


def test_times_that_are_known_are_not_corrected(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store, record(duration_s=90_000.0), T0)  # belongs to no night
    add(store, quarter(0))
    before = rows(store), store.totals()
    for boot in (BOOT, "other", ""):
        store.correct_times(boot, 0.0, ZONE)
    assert (rows(store), store.totals()) == before
    store.close()


def test_recording_began_with_the_first_record_although_the_controller_was_away(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    add(store, quarter(0, utc_s=None))
    store.correct_times(BOOT, T0, ZONE)
    add(store, quarter(10))
    assert store.totals().since_utc_s == T0
    store.close()


def test_a_boot_that_the_kernel_does_not_name_is_not_corrected(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store, quarter(0, utc_s=None), boot="")
    store.correct_times("", T0, ZONE)
    assert hours(store) == [(None, None)]
    store.close()


# reading beside a writer


def test_a_ledger_is_read_beside_its_writer(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store, quarter(0))
    reader = Store.read_only(tmp_path)
    assert rows(reader) == rows(store)
    add(store, quarter(1))
    assert reader.of_nights(date(2026, 1, 9), date(2026, 1, 9)) == rows(store)
    assert (reader.totals(), reader.ledger_id) == (store.totals(), store.ledger_id)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._db.execute("DELETE FROM record")
    reader.close()
    store.close()


def test_reading_a_ledger_creates_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store, quarter(0))
    expected = rows(store)
    store.close()
    before = {x.name: x.read_bytes() for x in tmp_path.iterdir()}
    reader = Store.read_only(tmp_path)
    assert rows(reader) == expected
    assert {x.name for x in tmp_path.iterdir()} == {FILE_NAME}
    reader.close()
    assert {x.name: x.read_bytes() for x in tmp_path.iterdir()} == before


def test_where_there_is_no_store_reading_says_so_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no store here.*state_dir"):
        Store.read_only(tmp_path / "state")
    assert not (tmp_path / "state").exists()


def test_what_is_no_store_is_not_read(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 300)
    with pytest.raises(StoreError, match="not a database"):
        Store.read_only(tmp_path)
    assert [x.name for x in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize(("layout", "whose"), [(LAYOUT - 1, "older"), (LAYOUT + 1, "newer")])
def test_another_layout_is_not_read(tmp_path: Path, layout: int, whose: str) -> None:
    store = Store(tmp_path)
    store._db.execute(f"PRAGMA user_version = {layout}")
    store.close()
    with pytest.raises(StoreError, match=f"{whose} cyclelight"):
        Store.read_only(tmp_path)


# of older layouts

LAYOUT_3 = """
PRAGMA journal_mode = WAL;
CREATE TABLE lamp_total (lamp TEXT PRIMARY KEY, active_energy_wh REAL NOT NULL,
    baseline_wh REAL NOT NULL, burn_s REAL NOT NULL, switches INTEGER NOT NULL,
    bright_s REAL NOT NULL DEFAULT 0) STRICT;
CREATE TABLE node_total (only INTEGER PRIMARY KEY CHECK (only = 1), duration_s REAL NOT NULL,
    overhead_wh REAL NOT NULL, since_utc_s REAL) STRICT;
CREATE TABLE document (name TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;
PRAGMA user_version = 3;
"""


def test_what_the_third_layout_had_added_up_begins_the_ledger(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / FILE_NAME)
    db.executescript(LAYOUT_3)
    with db:
        db.execute("INSERT INTO node_total VALUES (1, 9000, 7.5, 1700000000)")
        db.execute("INSERT INTO lamp_total VALUES ('L1', 2.5, 5, 20, 1, 10)")
        db.execute("INSERT INTO document VALUES ('layers', ?)", (json.dumps({"a": 1}),))
    db.close()
    store = Store(tmp_path)
    assert store.totals().since_utc_s == 1_700_000_000.0
    assert store.totals().lamps == {"L1": LampEnergy("L1", 2.5, 5.0, 20.0, 1, 10.0)}
    assert store.kept("layers") == {"a": 1}
    assert sums(rows(store)) == total_sums(store)
    assert store.unsent(10) == []
    add(store, quarter(0))
    assert [x.seq for x in store.unsent(10)] == [2]
    assert sums(rows(store)) == total_sums(store)
    assert store._db.execute("PRAGMA page_size").fetchone() == (1024,)
    store.close()


def test_a_third_layout_without_records_begins_an_empty_ledger(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / FILE_NAME)
    db.executescript(LAYOUT_3)
    with db:
        db.execute("INSERT INTO node_total VALUES (1, 0, 0, NULL)")
    db.close()
    store = Store(tmp_path)
    assert rows(store) == []
    add(store, quarter(0))
    assert [x.seq for x in store.unsent(10)] == [1]
    store.close()

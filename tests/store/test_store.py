import json
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from controller.core.effects import LampEnergy, RecordEnergy
from controller.store.store import FILE_NAME, LAYOUT, Store, StoreError
from tests.shell.fakes import record
from tests.store.build import ROOT, T0, add, in_a_process_that_dies

DOCUMENT = {"levels": {"base_pct": 20.0}, "presence": {"hold_s": 30.0}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def _of(duration_s: float, *lamps: LampEnergy) -> RecordEnergy:
    return RecordEnergy(0.0, duration_s, None, lamps, 1.0)


def wh(store: Store) -> dict[str, float]:
    return {lamp: x.active_energy_wh for lamp, x in store.totals().lamps.items()}


# layout and sums


def test_a_new_store_knows_nothing_and_makes_its_folder(folder: Path) -> None:
    store = Store(folder / "deep")
    totals = store.totals()
    assert (totals.duration_s, totals.overhead_wh, totals.since_utc_s) == (0.0, 0.0, None)
    assert totals.lamps == {}
    assert store.kept("layers") is None
    assert store.set_aside is None
    assert store.file == folder / "deep" / FILE_NAME
    store.close()


def test_the_file_survives_power_cuts_and_says_its_layout(folder: Path) -> None:
    store = Store(folder)
    assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._db.execute("PRAGMA user_version").fetchone() == (LAYOUT,)
    store.close()


def test_totals_add_up_by_lamp(folder: Path) -> None:
    store = Store(folder)
    add(
        store,
        _of(300.0, LampEnergy("L1", 1.5, 3.75, 60.0, 2), LampEnergy("L2", 1, 2, 3, 4)),
    )
    add(store, _of(150.0, LampEnergy("L1", 0.25, 1.25, 30.0, 1)))
    totals = store.totals()
    assert totals.lamps == {
        "L1": LampEnergy("L1", 1.75, 5.0, 90.0, 3),
        "L2": LampEnergy("L2", 1.0, 2.0, 3.0, 4),
    }
    assert (totals.duration_s, totals.overhead_wh) == (450.0, 2.0)
    store.close()


def test_totals_last_over_closing(folder: Path) -> None:
    for _ in range(3):
        store = Store(folder)
        add(store, record({"L1": 2.0}))
        store.close()
    store = Store(folder)
    assert wh(store) == {"L1": 6.0}
    store.close()


# since when


def test_recording_began_when_the_first_record_began(folder: Path) -> None:
    store = Store(folder)
    add(store, record(duration_s=300.0), T0)
    assert store.totals().since_utc_s == T0 - 300.0
    add(store, record(duration_s=300.0), T0 + 300.0)
    assert store.totals().since_utc_s == T0 - 300.0
    store.close()


def test_the_beginning_is_told_once_the_clock_is_trusted(folder: Path) -> None:
    store = Store(folder)
    for _ in range(2):
        add(store, record(duration_s=300.0))
        assert store.totals().since_utc_s is None
    add(store, record(duration_s=100.0), T0)
    assert store.totals().since_utc_s == T0 - 700.0
    add(store, record(duration_s=100.0))
    assert store.totals().since_utc_s == T0 - 700.0
    store.close()


# all or nothing

SPILLED = """
store._db.execute('PRAGMA cache_size = 1')
store._db.execute('UPDATE lamp_total SET active_energy_wh = 999')
rows = ((str(n),) for n in range(5000))
store._db.executemany('INSERT INTO lamp_total VALUES (?, 1, 1, 1, 1, 1, 1, 1)', rows)
assert Path(str(store.file) + '-wal').stat().st_size > 100_000
"""


def test_a_record_that_fails_half_way_adds_nothing(folder: Path) -> None:
    store = Store(folder)
    add(store, record({"L1": 2.0}), T0)
    before = store.totals()
    with pytest.raises(StoreError, match=FILE_NAME):
        add(store, record({"L1": 1.0, "L2": float("nan")}), T0)
    assert store.totals() == before
    add(store, record({"L1": 1.0}), T0)
    assert wh(store) == {"L1": 3.0}
    store.close()


def test_a_record_whose_last_statement_fails_adds_nothing(folder: Path) -> None:
    store = Store(folder)
    add(store, record({"L1": 2.0}), T0)
    before = store.totals()
    with pytest.raises(StoreError):
        add(store, record({"L1": 1.0}, overhead_wh=float("nan")), T0)
    assert store.totals() == before
    store.close()


@pytest.mark.parametrize(
    "script",
    [
        "pass",
        "store._db.execute('UPDATE lamp_total SET active_energy_wh = 999')",
        "store._db.execute('BEGIN IMMEDIATE'); store._db.execute('DELETE FROM node_total')",
        SPILLED,
    ],
    ids=["idle", "open transaction", "everything deleted", "spilled to disk"],
)
def test_what_was_committed_is_there_after_a_kill_and_nothing_else(
    folder: Path, script: str
) -> None:
    committed = f"add(store, record({{'L1': 2.0}}), {T0})\nstore.keep('layers', {DOCUMENT!r})\n"
    in_a_process_that_dies(folder, committed + script)
    store = Store(folder)
    assert store.set_aside is None
    assert wh(store) == {"L1": 2.0}
    assert store.totals().duration_s == 300.0
    assert store.kept("layers") == DOCUMENT
    add(store, record({"L1": 2.0}), T0)
    assert wh(store) == {"L1": 4.0}
    store.close()


def test_a_kill_within_a_record_adds_all_of_it_or_nothing(folder: Path) -> None:
    # The progress handler dies after so many SQLite operations: between any two of them.
    left = []
    for operations in range(1, 4000, 48):
        in_a_process_that_dies(
            folder,
            f"""
            store._db.set_progress_handler(lambda: os._exit(9), {operations})
            add(store, record({{'L1': 2.0, 'L2': 4.0}}))
            """,
        )
        store = Store(folder)
        assert store.set_aside is None
        used, seconds = wh(store), store.totals().duration_s
        store.close()
        records = seconds / 300.0
        assert used == ({"L1": 2.0 * records, "L2": 4.0 * records} if records else {})
        left.append(records)
        if records:
            break
    assert left[0] == 0
    assert left[-1] == 1


def test_a_power_cut_in_the_middle_of_a_write_leaves_a_whole_number_of_records(
    folder: Path,
) -> None:
    in_a_process_that_dies(
        folder,
        """
        store._db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        for _ in range(3):
            add(store, record({'L1': 2.0, 'L2': 4.0}))
        """,
    )
    names = [FILE_NAME, f"{FILE_NAME}-wal"]
    main, wal = [(folder / name).read_bytes() for name in names]
    left = []
    for cut in (*range(0, len(wal), 1024), len(wal)):
        torn = folder / f"cut-{cut}"
        torn.mkdir()
        for name, content in zip(names, (main, wal[:cut]), strict=True):
            (torn / name).write_bytes(content)
        store = Store(torn)
        assert store.set_aside is None
        records = store.totals().duration_s / 300.0
        expected = {"L1": 2.0 * records, "L2": 4.0 * records} if records else {}
        assert wh(store) == expected
        store.close()
        left.append(records)
    assert left == sorted(left)
    assert set(left) == {0, 1, 2, 3}


def test_a_kill_while_the_tables_are_made_leaves_a_store_that_opens(folder: Path) -> None:
    folder.mkdir()
    script = f"""
import os, sqlite3
db = sqlite3.connect({str(folder / FILE_NAME)!r})
db.execute("PRAGMA journal_mode = WAL")
db.executescript("BEGIN; CREATE TABLE lamp_total (lamp TEXT PRIMARY KEY) STRICT;")
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    store = Store(folder)
    add(store, record())
    store.close()


# damage


def damage(folder: Path, content: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / FILE_NAME).write_bytes(content)


def test_damaged_files_are_put_aside_each_under_a_name_of_its_own(folder: Path) -> None:
    contents = [b"%d was a database once" % number * 300 for number in (1, 2, 3)]
    for number, content in enumerate(contents, 1):
        damage(folder, content)
        store = Store(folder)
        assert store.set_aside == folder / f"{FILE_NAME}.damaged-{number}"
        add(store, record())
        assert wh(store) == {"L1": 2.0}
        store.close()
    asides = [folder / f"{FILE_NAME}.damaged-{number}" for number in (1, 2, 3)]
    assert [aside.read_bytes() for aside in asides] == contents


def test_what_a_damaged_file_had_not_taken_over_yet_is_not_lost(folder: Path) -> None:
    in_a_process_that_dies(
        folder,
        """
        store._db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        add(store, record({'IN_THE_WAL': 2.0}))
        """,
    )
    whole = (folder / FILE_NAME).read_bytes()
    assert b"IN_THE_WAL" not in whole
    damage(folder, b"x" * 100 + whole[100:])
    store = Store(folder)
    assert store.set_aside is not None
    assert wh(store) == {}
    aside = [file.read_bytes() for file in folder.glob(f"{FILE_NAME}.damaged-1*")]
    assert any(b"IN_THE_WAL" in content for content in aside)
    store.close()


def test_a_page_that_rotted_is_found_when_the_store_is_opened(folder: Path) -> None:
    store = Store(folder)
    add(store, record({f"L{number:04}": 2.0 for number in range(500)}))
    store.close()
    whole = (folder / FILE_NAME).read_bytes()
    half = len(whole) // 2
    damage(folder, whole[:half] + bytes([0xA5]) * 4096 + whole[half + 4096 :])
    store = Store(folder)
    assert store.set_aside is not None
    assert wh(store) == {}
    store.close()


def test_a_file_that_was_cut_off_is_put_aside(folder: Path) -> None:
    store = Store(folder)
    add(store, record({f"L{number:04}": 2.0 for number in range(500)}))
    store.close()
    whole = (folder / FILE_NAME).read_bytes()
    damage(folder, whole[: len(whole) // 2])
    store = Store(folder)
    assert store.set_aside is not None
    store.close()


def test_an_empty_file_is_a_new_store(folder: Path) -> None:
    damage(folder, b"")
    store = Store(folder)
    assert store.set_aside is None
    add(store, record())
    store.close()


def test_a_damaged_file_that_cannot_be_put_aside_is_a_store_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A card that turned read-only: the daemon must start without a store, not end.
    damage(folder, b"not a database" * 300)

    def refuse(*_: object) -> None:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StoreError, match="Read-only"):
        Store(folder)


@pytest.mark.parametrize("text", ["{", "", "[]", '{"levels":', "\x00\x00"])
def test_a_document_that_rotted_is_not_the_end(folder: Path, text: str) -> None:
    # SQLite has no checksum of contents: quick_check finds nothing wrong with a flipped bit.
    store = Store(folder)
    store.keep("layers", DOCUMENT)
    with store._db:
        store._db.execute("UPDATE document SET document = ?", (text,))
    store.close()
    store = Store(folder)
    try:
        assert store.kept("layers") is None
    except StoreError:
        pass
    finally:
        store.close()


@pytest.mark.parametrize("table", ["node_total", "lamp_total", "document"])
def test_reading_a_store_that_fails_is_a_store_error(folder: Path, table: str) -> None:
    # Stands for a card that gives I/O errors: whatever SQLite raises, callers know StoreError.
    store = Store(folder)
    store._db.execute(f"DROP TABLE {table}")
    with pytest.raises(StoreError):
        store.kept("layers") if table == "document" else store.totals()
    store.close()


# places where nothing can be written


def test_a_newer_layout_is_left_alone_with_a_clear_word(folder: Path) -> None:
    store = Store(folder)
    add(store, record())
    store._db.execute(f"PRAGMA user_version = {LAYOUT + 1}")
    store.close()
    before = (folder / FILE_NAME).read_bytes()
    with pytest.raises(StoreError, match=rf"newer cyclelight \(layout {LAYOUT + 1}.*state_dir"):
        Store(folder)
    assert (folder / FILE_NAME).read_bytes() == before
    assert not list(folder.glob("*.damaged*"))


def test_a_file_where_the_folder_should_be_is_a_store_error(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(StoreError, match=r"state: .*|writable directory"):
        Store(folder)
    assert folder.read_text() == "a file"


def test_a_folder_where_the_file_should_be_is_a_store_error(folder: Path) -> None:
    (folder / FILE_NAME).mkdir(parents=True)
    with pytest.raises(StoreError, match="writable directory"):
        Store(folder)


def test_a_full_disk_refuses_the_record_and_takes_it_once_there_is_room(folder: Path) -> None:
    store = Store(folder)
    add(store, record({"L1": 2.0}))
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    many = record({f"L{number:04}": 2.0 for number in range(500)})
    before = store.totals()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"full.*free space"):
            add(store, many)
        assert store.totals() == before
    with pytest.raises(StoreError, match="full"):
        store.keep("layers", {"text": "x" * 100_000})
    assert store.kept("layers") is None
    store._db.execute(f"PRAGMA max_page_count = {2**30}")
    add(store, many)
    assert len(store.totals().lamps) == 501
    store.close()


def test_a_write_that_the_system_refuses_adds_nothing_and_heals(folder: Path) -> None:
    # RLIMIT_FSIZE makes write(2) itself fail, in the middle of a commit.
    in_a_process_that_dies(
        folder,
        """
        import resource
        from controller.store.store import StoreError
        add(store, record({'L1': 2.0}))
        many = record({f'L{n:04}': 2.0 for n in range(2000)})
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
        size = Path(str(store.file) + '-wal').stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10_000, unlimited[1]))
        before = store.totals()
        for _ in range(2):
            try:
                add(store, many)
            except StoreError as error:
                assert 'free space' in str(error), error
            else:
                raise AssertionError('written beyond the limit')
            assert store.totals() == before
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        add(store, many)
        """,
    )
    store = Store(folder)
    assert store.set_aside is None
    assert len(store.totals().lamps) == 2001
    assert store.totals().duration_s == 600.0
    store.close()


def test_without_room_for_the_tables_it_is_a_store_error_and_later_it_opens(folder: Path) -> None:
    folder.mkdir()
    script = f"""
import resource
from pathlib import Path
from controller.store.store import Store, StoreError
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, unlimited[1]))
try:
    Store(Path({str(folder)!r}))
except StoreError:
    pass
else:
    raise AssertionError('opened')
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
store = Store(Path({str(folder)!r}))
assert store.set_aside is None, store.set_aside
store.close()
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


def test_a_store_that_another_process_writes_to_is_a_store_error(folder: Path) -> None:
    store = Store(folder)
    add(store, record())
    store._db.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(folder / FILE_NAME)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        add(store, record())
    other.rollback()
    other.close()
    add(store, record())
    assert wh(store) == {"L1": 4.0}
    store.close()


# documents


def test_the_last_good_document_is_kept(folder: Path) -> None:
    store = Store(folder)
    store.keep("layers", DOCUMENT)
    store.keep("layers", {"levels": {}})
    assert store.kept("layers") == {"levels": {}}
    store.keep("layers", DOCUMENT)
    store.close()
    store = Store(folder)
    assert store.kept("layers") == DOCUMENT
    store.close()


def test_a_document_that_cannot_be_kept_leaves_the_one_before(folder: Path) -> None:
    store = Store(folder)
    store.keep("layers", DOCUMENT)
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError):
        store.keep("layers", {"text": "x" * 100_000})
    assert store.kept("layers") == DOCUMENT
    store.close()
    store = Store(folder)
    assert store.kept("layers") == DOCUMENT
    store.close()


def test_letters_of_every_script_survive(folder: Path) -> None:
    store = Store(folder)
    document = {"price_per_kwh": {"source": "Münster, 水 \U0001f4a1"}}
    store.keep("layers", document)
    assert store.kept("layers") == document
    assert json.loads(json.dumps(document)) == document
    store.close()


# SD cards


def test_a_copy_of_the_closed_file_is_whole(folder: Path, tmp_path: Path) -> None:
    store = Store(folder)
    add(store, record({"L1": 2.0}))
    store.close()
    (tmp_path / "copy").mkdir()
    shutil.copy(folder / FILE_NAME, tmp_path / "copy" / FILE_NAME)
    store = Store(tmp_path / "copy")
    assert wh(store) == {"L1": 2.0}
    store.close()


def test_many_records_do_not_let_the_files_grow(folder: Path) -> None:
    store = Store(folder)
    for _ in range(200):
        add(store, record({f"L{number:02}": 2.0 for number in range(20)}))
    sizes = sum(file.stat().st_size for file in folder.iterdir())
    for _ in range(200):
        add(store, record({f"L{number:02}": 2.0 for number in range(20)}))
    later = sum(file.stat().st_size for file in folder.iterdir())
    store.close()
    page_bytes = resource.getpagesize()
    wal_pages_until_checkpoint = 1000
    assert later <= sizes + wal_pages_until_checkpoint * (page_bytes + 24)


LAYOUT_1 = """
CREATE TABLE lamp_total (lamp TEXT PRIMARY KEY, active_energy_wh REAL NOT NULL,
    baseline_wh REAL NOT NULL, burn_s REAL NOT NULL, switches INTEGER NOT NULL) STRICT;
CREATE TABLE node_total (only INTEGER PRIMARY KEY CHECK (only = 1), duration_s REAL NOT NULL,
    overhead_wh REAL NOT NULL, since_utc_s REAL) STRICT;
INSERT INTO node_total VALUES (1, 300, 0.25, NULL);
INSERT INTO lamp_total VALUES ('L1', 2, 4, 20, 1);
CREATE TABLE profile (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER NOT NULL,
    document TEXT NOT NULL) STRICT;
PRAGMA user_version = 1;
"""


@pytest.mark.parametrize("with_profile", [True, False])
def test_a_store_of_the_first_layout_goes_on(folder: Path, *, with_profile: bool) -> None:
    folder.mkdir()
    db = sqlite3.connect(folder / FILE_NAME)
    db.executescript(LAYOUT_1)
    if with_profile:
        with db:
            db.execute("INSERT INTO profile VALUES (1, 7, ?)", (json.dumps(DOCUMENT),))
    db.close()
    store = Store(folder)
    assert wh(store) == {"L1": 2.0}
    expected = {"node": {"version": 7, "profile": DOCUMENT}} if with_profile else None
    assert store.kept("layers") == expected
    assert store._db.execute("PRAGMA user_version").fetchone() == (LAYOUT,)
    store.close()
    Store(folder).close()


def test_a_store_of_the_second_layout_goes_on(folder: Path) -> None:
    folder.mkdir()
    db = sqlite3.connect(folder / FILE_NAME)
    db.executescript(LAYOUT_1.replace("user_version = 1", "user_version = 2"))
    db.executescript(
        "DROP TABLE profile; CREATE TABLE document (name TEXT PRIMARY KEY, document TEXT NOT NULL)"
        " STRICT; INSERT INTO document VALUES ('orders', '{}')"
    )
    db.close()
    store = Store(folder)
    add(store, _of(300.0, LampEnergy("L1", 1.0, 2.0, 3.0, 4, 5.0)))
    assert store.totals().lamps["L1"] == LampEnergy("L1", 3.0, 6.0, 23.0, 5, 5.0)
    assert store.kept("orders") == {}
    store.close()

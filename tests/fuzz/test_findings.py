"""What fuzzing has found, each told as what it was: an end by an exception that nobody expects."""

import gzip
import json
import sqlite3
from pathlib import Path

import pytest

from controller.accounts.site import SheetError
from controller.accounts.site import from_document as from_sheet
from controller.core.reconcile_document import from_document
from controller.counting import Tally, stored_tally
from controller.nightly import stored_diary
from controller.orders import stored_orders
from controller.outbox import interval_payload
from controller.reporting import energy_total
from controller.settings.check import check_files
from controller.settings.faults import MOST_FAULTS, SettingsError
from controller.settings.node import load_node
from controller.store.ledger import Ledger
from controller.store.records import read_lamps, read_meters, read_night
from controller.store.store import FILE_NAME, Store, StoreError
from firmware_sim.board.link import BoardLink
from firmware_sim.board.socket_file import BoardError
from firmware_sim.compare.finished import FILE_NAME as NIGHTS
from firmware_sim.compare.finished import Finished
from firmware_sim.counts import read_rows
from tests.core.build import NIGHT
from tests.fuzz.file_targets import NODE
from tests.fuzz.ledgers import SHEET
from tests.fuzz.stand_ins import Answers
from tests.shell.fakes import BOOT, ZONE, record
from tests.sim.test_counts import HEADER


def _refused(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        load_node(NODE, environ)
    return str(caught.value)


@pytest.mark.parametrize(
    "name", ["CYCLELIGHT_\x1b[2J", "CYCLELIGHT_\x7f__\udce6", "CYCLELIGHT_" * 99]
)
def test_a_strange_name_in_the_environment_upsets_no_terminal(name: str) -> None:
    told = _refused({name: "x"})
    assert "is not a known setting" in told
    assert all(line.isprintable() and len(line) < 400 for line in told.split("\n"))


def test_a_file_name_that_no_file_can_have_is_a_file_that_is_not_there() -> None:
    variables = {f"CYCLELIGHT_MQTT__{x}_FILE": "x" * 300 for x in ("CERT", "KEY")}
    assert "there is no file" in _refused(variables)


def test_a_strange_file_name_in_a_node_file_upsets_no_terminal(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text('path_file = "\\u001b[2J\\u0000"\nnode = "n1"\nstate_dir = "s"\n')
    (report,) = check_files([file], {})
    assert len(report.faults) == 1
    assert all(line.isprintable() for line in report.lines())


def test_a_damaged_file_may_speak_no_utf_8(tmp_path: Path) -> None:
    Store(tmp_path).close()
    file = tmp_path / FILE_NAME
    file.write_bytes(file.read_bytes().replace(b"CREATE TABLE record", b"CREATE TABL\xff record"))
    store = Store(tmp_path)
    assert store.set_aside is not None
    store.close()


def test_the_words_of_a_damaged_file_upset_no_terminal(tmp_path: Path) -> None:
    Store(tmp_path).close()
    file = tmp_path / FILE_NAME
    file.write_bytes(file.read_bytes().replace(b"CREATE TABLE record", b"CREATE TABLE \x7fecord"))
    with pytest.raises(StoreError) as caught:
        Ledger.read_only(tmp_path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(("table", "column"), [("lamp_total", "bright_s"), ("record", "dark_s")])
def test_a_table_that_lost_a_column_is_a_store_error(
    tmp_path: Path, table: str, column: str
) -> None:
    store = Store(tmp_path)
    store.add(record({"L1": 2.0}, clock_offset_s=NIGHT), boot=BOOT, zone=ZONE)
    store._db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    with pytest.raises(StoreError):
        store.of_nights(*store.nights() * 2) if table == "record" else store.totals()
    store.close()


def test_an_order_of_more_than_full_light_is_none() -> None:
    order = {"lamp": "L1", "level_pct": 40.0, "mono_s": 500.0, "utc_s": None}
    assert len(stored_orders({"boot": BOOT, "orders": [order]}, BOOT)) == 1
    for level_pct in (-1.0, 101.0, 1e308):
        wrong = {**order, "level_pct": level_pct}
        assert stored_orders({"boot": BOOT, "orders": [wrong]}, BOOT) == []


def test_a_tally_and_a_diary_that_could_not_be_told_begin_anew() -> None:
    bin_ = {"start_s": 0.0, "end_s": 3600.0, "dark": True, "counts": {"M1": 5, "M2": -5}}
    assert stored_tally(bin_).counts == {"M1": 5}
    assert stored_tally({**bin_, "end_s": 1e300}) == Tally()
    page = {"passages": 7, "untold_bins": 1, "alarms": ["a"]}
    wrong = ({"passages": -7}, {"untold_bins": 10**15})
    (kept,) = stored_diary({"2026-01-15": {**page, "alarms": ["a", 7]}}).pages.values()
    assert (kept.passages, kept.alarms) == (7, ("a",))
    assert not any(stored_diary({"2026-01-15": {**page, **one}}).pages for one in wrong)


def test_a_layout_that_no_version_wrote_is_damage(tmp_path: Path) -> None:
    Store(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        db.execute("PRAGMA user_version = -7")
    db.close()
    store = Store(tmp_path)
    assert store.set_aside is not None
    store.close()


def test_a_document_nested_without_end_is_a_store_error(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.keep("layers", {})
    with store._db:
        store._db.execute("UPDATE document SET document = ?", ("[" * 200_000,))
    with pytest.raises(StoreError):
        store.kept("layers")
    store.close()


@pytest.mark.parametrize(
    "row",
    [
        ["L1", "x", 3.0, 900.0, 2, 0.0, 0.0, 0.0, 1],
        ["L1", 1e308, 3.0, 900.0, 2, 0.0, 0.0, 0.0, 1],
        ["L1", -1.0, 3.0, 900.0, 2, 0.0, 0.0, 0.0, 1],
        ["L1", float("nan"), 3.0, 900.0, 2, 0.0, 0.0, 0.0, 1],
        ["L1", 1.0, 3.0, 900.0, 1],
        [7, 1.0, 3.0, 900.0, 2, 0.0, 0.0, 0.0, 1],
    ],
)
def test_figures_that_no_controller_wrote_count_as_nothing(row: list[object]) -> None:
    sound = ["L2", 1.0, 3.0, 900.0, 2, 0.0, 0.0, 0.0, 1]
    assert read_lamps(json.dumps([sound])).keys() == {"L2"}
    assert read_lamps(json.dumps([sound, row])) == {}


@pytest.mark.parametrize("text", ['[["P1",1e308,2.0]]', '[["P1","x",2.0]]', "[" * 200_000])
def test_so_do_those_of_meters(text: str) -> None:
    assert read_meters(text) == {}


@pytest.mark.parametrize(
    "damage",
    [
        "overhead_wh = 9e999",
        "duration_s = -9e999",
        "start_utc_s = 1e300, end_utc_s = 9e999",
        "baseline = CAST(x'64ff' AS TEXT)",
        "lamps = CAST(x'5bff5d' AS TEXT)",
    ],
)
def test_a_rotten_record_can_be_told_and_holds_nothing_up(tmp_path: Path, damage: str) -> None:
    store = Store(tmp_path)
    store.add(record(start_s=0.25, clock_offset_s=NIGHT), boot=BOOT, zone=ZONE)
    store.add(record(start_s=300.25, clock_offset_s=NIGHT), boot=BOOT, zone=ZONE)
    with store._db:
        store._db.execute(f"UPDATE record SET {damage} WHERE seq = 1")  # noqa: S608 - ours
    told = [interval_payload(x, store.ledger_id, ZONE).to_bytes() for x in store.unsent(9)]
    assert len(told) == 2
    store.close()


def test_a_night_of_another_type_is_none() -> None:
    assert read_night(7) is None  # type: ignore[arg-type]


def test_a_damaged_sheet_upsets_no_terminal() -> None:
    sheet = {**SHEET.to_document(), "timezone": "/\x1b[2J"}
    with pytest.raises(SheetError) as caught:
        from_sheet(sheet)
    assert str(caught.value).isprintable()


def test_totals_that_rotted_can_be_told(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.add(record({"L1": 2.0}), boot=BOOT, zone=ZONE)
    with store._db:
        store._db.execute("UPDATE lamp_total SET burn_s = 9e999")
        store._db.execute("UPDATE node_total SET since_utc_s = -9e999")
    totals = store.totals()
    assert (totals.lamps["L1"].active_energy_wh, totals.lamps["L1"].burn_s) == (2.0, 0)
    assert energy_total(totals, ZONE).to_bytes()
    store.close()


def test_a_whole_number_too_great_to_reckon_with_is_no_comparison() -> None:
    sums = {"model": "", "bins": [], "weeks": [], "sums": [10**400] * 5}
    with pytest.raises(ValueError, match="numbers"):
        from_document({"version": 1, "meters": {"P1": sums}})


@pytest.mark.parametrize(
    "said", [b'{"inputs":{}}\n', b'{"inputs":{"x":1},"lux":null,"power_w":{}}\n', b'{"inputs":7}\n']
)
def test_a_board_that_answers_something_else_is_none(said: bytes) -> None:
    with pytest.raises(BoardError, match="does not answer"):
        BoardLink(Answers(said))


def test_the_words_of_a_board_upset_no_terminal() -> None:
    with pytest.raises(BoardError) as caught:
        BoardLink(Answers(b'{"error":"\\u001b[2J"}\n'))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "record", ['{"key": "a"}', '{"key": "a", "world": {"x": "1"}, "schemes": {}}']
)
def test_a_night_without_figures_is_not_a_finished_one(tmp_path: Path, record: str) -> None:
    (tmp_path / NIGHTS).write_text(f'{{"version": "v", "record": {record}}}\n')
    with pytest.raises(SettingsError, match="line 1"):
        Finished(tmp_path, "v")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (HEADER + "\n" + "1" * 9_000_000, "20000 characters or more"),
        (HEADER + "\n" + "\n" * 1_000_001, "more than 1000000 lines"),
        (HEADER + "\n" + "x,1\n" * 3000, "line 1002: is where reading ended"),
    ],
    ids=["line", "lines", "faults"],
)
def test_a_small_packed_file_cannot_fill_the_memory(
    tmp_path: Path, content: str, told: str
) -> None:
    file = tmp_path / "counts.csv.gz"
    file.write_bytes(gzip.compress(content.encode(), mtime=0))
    assert file.stat().st_size < 20_000
    with pytest.raises(SettingsError, match=told) as caught:
        read_rows(file)
    assert len(caught.value.faults) <= MOST_FAULTS + 1

"""What the file of the store looks like, and how older ones are made to look like that."""

import sqlite3
from pathlib import Path

from controller.store.errors import StoreError

LAYOUT = 4
# Every commit writes whole pages; SQLite's usual 4096 bytes would mean three times as many bytes.
PAGE_BYTES = 1024

_LAYOUT_3 = """
CREATE TABLE lamp_total (
    lamp TEXT PRIMARY KEY,
    active_energy_wh REAL NOT NULL,
    baseline_wh REAL NOT NULL,
    burn_s REAL NOT NULL,
    switches INTEGER NOT NULL,
    bright_s REAL NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE node_total (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    duration_s REAL NOT NULL,
    overhead_wh REAL NOT NULL,
    since_utc_s REAL
) STRICT;
INSERT INTO node_total VALUES (1, 0, 0, NULL);
CREATE TABLE document (
    name TEXT PRIMARY KEY,
    document TEXT NOT NULL
) STRICT;
"""

# Layout 1 knew one profile, which was the node's own.
_FROM_LAYOUT_1 = """
CREATE TABLE document (
    name TEXT PRIMARY KEY,
    document TEXT NOT NULL
) STRICT;
INSERT INTO document
    SELECT 'layers',
        json_object('node', json_object('version', version, 'profile', json(document)))
    FROM profile;
DROP TABLE profile;
"""
_FROM_LAYOUT_2 = "ALTER TABLE lamp_total ADD COLUMN bright_s REAL NOT NULL DEFAULT 0;"

# `ledger` names this file for ever, `sent_seq` is the mark: they stand in the one row that is
# written with every record anyway. `folded`: 0 a record as it was closed, 1 those of a night (or,
# without times, of a boot), 2 those of a month (of all boots); `night` is then a month, 2026-01.
# What older layouts had added up begins the ledger as a record that nobody needs to be sent.
_FROM_LAYOUT_3 = """
ALTER TABLE lamp_total ADD COLUMN full_load_s REAL NOT NULL DEFAULT 0;
ALTER TABLE lamp_total ADD COLUMN detected_s REAL NOT NULL DEFAULT 0;
ALTER TABLE node_total ADD COLUMN ledger TEXT NOT NULL DEFAULT '';
ALTER TABLE node_total ADD COLUMN sent_seq INTEGER NOT NULL DEFAULT 0;
UPDATE node_total SET ledger = lower(hex(randomblob(8)));
CREATE TABLE record (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    boot TEXT NOT NULL,
    start_mono_s REAL NOT NULL,
    end_mono_s REAL NOT NULL,
    start_utc_s REAL,
    end_utc_s REAL,
    duration_s REAL NOT NULL,
    night TEXT,
    folded INTEGER NOT NULL DEFAULT 0,
    baseline TEXT NOT NULL,
    dark_s REAL NOT NULL,
    late_s REAL NOT NULL,
    overhead_wh REAL NOT NULL,
    lamps TEXT NOT NULL,
    meters TEXT NOT NULL
) STRICT;
CREATE INDEX record_by_night ON record (folded, night);
CREATE TABLE message (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    payload BLOB NOT NULL
) STRICT;
INSERT INTO record
    SELECT 1, '', 0, duration_s, NULL, NULL, duration_s, NULL, 2, 'dusk_to_dawn/1', 0, 0,
        overhead_wh,
        (SELECT json_group_array(json_array(
            lamp, active_energy_wh, baseline_wh, burn_s, switches, bright_s, 0.0, 0.0, 0))
        FROM lamp_total),
        '[]'
    FROM node_total WHERE duration_s > 0;
UPDATE node_total SET sent_seq = (SELECT coalesce(max(seq), 0) FROM record);
"""
_CHANGES = (
    _LAYOUT_3 + _FROM_LAYOUT_3,
    _FROM_LAYOUT_1 + _FROM_LAYOUT_2 + _FROM_LAYOUT_3,
    _FROM_LAYOUT_2 + _FROM_LAYOUT_3,
    _FROM_LAYOUT_3,
)
"""What makes the present layout of each older one; of nothing first."""


def check_layout(db: sqlite3.Connection, file: Path) -> int:
    """Return the layout of a file. Raises StoreError where a newer version wrote it.

    Raises DatabaseError for a number that no version ever wrote.
    """
    layout = int(db.execute("PRAGMA user_version").fetchone()[0])
    if layout < 0:
        raise sqlite3.DatabaseError(f"layout {layout} is none")
    if layout > LAYOUT:
        raise StoreError(
            f"{file}: written by a newer cyclelight (layout {layout}, this one knows {LAYOUT}). "
            "Install that version again, or name another state_dir."
        )
    return layout


def size_pages(db: sqlite3.Connection, layout: int) -> None:
    """Give a new file, or one of an older layout, pages of the right size."""
    if layout > 0:
        db.execute("PRAGMA journal_mode = DELETE")  # in WAL mode pages stay what they are
    db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    if layout > 0:
        db.execute("VACUUM")


def lay_out(db: sqlite3.Connection, layout: int) -> None:
    """Make the present layout of an older one, all of it or nothing."""
    db.executescript(f"BEGIN; {_CHANGES[layout]} PRAGMA user_version = {LAYOUT}; COMMIT;")

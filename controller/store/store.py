"""What must survive a restart: energy totals and documents (settings, orders), in one SQLite file.

Written rarely and in one transaction each time, because a node lives on an SD card. WAL with full
synchronisation: what was committed is there after a power cut, so published totals never fall.
All calls block and belong into one thread.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.core.effects import LampEnergy, RecordEnergy

FILE_NAME = "cyclelight.sqlite"
LAYOUT = 3

_TABLES = """
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
_CHANGES = (_TABLES, _FROM_LAYOUT_1 + _FROM_LAYOUT_2, _FROM_LAYOUT_2)
"""What makes the present layout of each older one; of nothing first."""


class StoreError(Exception):
    """The store cannot be used; the message names the file and the remedy."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Everything ever recorded: one entry a lamp, and the controller's own share.

    `since_utc_s`: when recording began (POSIX seconds), None while no clock was ever trusted.
    """

    duration_s: float
    overhead_wh: float
    since_utc_s: float | None
    lamps: Mapping[str, LampEnergy]


class Store:
    """The store of one node."""

    def __init__(self, state_dir: Path) -> None:
        """Open or create the store in `state_dir`. A damaged file is put aside, never deleted.

        Raises StoreError where nothing can be written, or a newer version wrote the file.
        """
        self.file = state_dir / FILE_NAME
        self.set_aside: Path | None = None
        with self._explained():
            state_dir.mkdir(parents=True, exist_ok=True)
            try:
                self._db = self._open()
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self.set_aside = _put_aside(self.file)
                self._db = self._open()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn whatever the disk or SQLite has against it into a StoreError."""
        try:
            yield
        except (sqlite3.Error, OSError, json.JSONDecodeError) as error:
            raise StoreError(
                f"{self.file}: {error}. Make state_dir a writable directory with free space on a "
                "sound disk."
            ) from error

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.file, timeout=5.0, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            _check_whole(db)
            self._lay_out(db)
        except BaseException:
            db.close()
            raise
        return db

    def _lay_out(self, db: sqlite3.Connection) -> None:
        (layout,) = db.execute("PRAGMA user_version").fetchone()
        if layout > LAYOUT:
            raise StoreError(
                f"{self.file}: written by a newer cyclelight (layout {layout}, this one knows "
                f"{LAYOUT}). Install that version again, or name another state_dir."
            )
        if layout < LAYOUT:
            db.executescript(f"BEGIN; {_CHANGES[layout]} PRAGMA user_version = {LAYOUT}; COMMIT;")

    def add(self, record: RecordEnergy, closed_utc_s: float | None) -> None:
        """Add a record, closed at `closed_utc_s` if that is known, to the totals.

        Raises StoreError; then nothing was added.
        """
        lamps = [
            (x.lamp, x.active_energy_wh, x.baseline_wh, x.burn_s, x.switches, x.bright_s)
            for x in record.lamps
        ]
        with self._explained(), self._db:
            self._db.executemany(
                "INSERT INTO lamp_total VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (lamp) DO UPDATE SET"
                " active_energy_wh = active_energy_wh + excluded.active_energy_wh,"
                " baseline_wh = baseline_wh + excluded.baseline_wh,"
                " burn_s = burn_s + excluded.burn_s,"
                " switches = switches + excluded.switches,"
                " bright_s = bright_s + excluded.bright_s",
                lamps,
            )
            self._db.execute(
                "UPDATE node_total SET duration_s = duration_s + ?1,"
                " overhead_wh = overhead_wh + ?2,"
                " since_utc_s = coalesce(since_utc_s, ?3 - duration_s - ?1)",
                (record.duration_s, record.overhead_wh, closed_utc_s),
            )

    def totals(self) -> Totals:
        """Return the totals as committed. Raises StoreError."""
        with self._explained():
            duration_s, overhead_wh, since_utc_s = self._db.execute(
                "SELECT duration_s, overhead_wh, since_utc_s FROM node_total"
            ).fetchone()
            rows = self._db.execute("SELECT * FROM lamp_total ORDER BY lamp")
            lamps = {row[0]: LampEnergy(*row) for row in rows}
        return Totals(duration_s, overhead_wh, since_utc_s, lamps)

    def keep(self, name: str, document: Mapping[str, object]) -> None:
        """Replace a document. Raises StoreError; then the old one stays."""
        with self._explained(), self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO document VALUES (?, ?)",
                (name, json.dumps(document, sort_keys=True)),
            )

    def kept(self, name: str) -> dict[str, Any] | None:
        """Return a document, None if there is none of the name. Raises StoreError."""
        with self._explained():
            row = self._db.execute(
                "SELECT document FROM document WHERE name = ?", (name,)
            ).fetchone()
            document = None if row is None else json.loads(row[0])
        return document if isinstance(document, dict) else None

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _check_whole(db: sqlite3.Connection) -> None:
    (answer,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise sqlite3.DatabaseError(answer)


def _put_aside(file: Path) -> Path:
    number = 1
    while (aside := file.with_name(f"{file.name}.damaged-{number}")).exists():
        number += 1
    file.rename(aside)
    for tail in ("-wal", "-shm"):
        companion = file.with_name(file.name + tail)
        if companion.exists():
            companion.rename(aside.with_name(aside.name + tail))
    return aside

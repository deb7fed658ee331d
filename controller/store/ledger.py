"""Reading the ledger: totals, records by night, documents. All calls block; one thread at a time.

Totals are what all records ever closed add up to, however they were folded since.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from controller.core.effects import LampEnergy
from controller.store.errors import explained
from controller.store.opening import FILE_NAME, open_for_reading
from controller.store.records import ClosedRecord, lamp_energy, read_lamps, read_meters, read_night
from controller.store.rotten import document, figure, utc_s

RAW, NIGHT, MONTH = 0, 1, 2
"""What a record may be folded to."""
COLUMNS = 15
"""Of the table `record`."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Everything ever recorded: one entry a lamp, and the controller's own share.

    `since_utc_s`: when recording began (POSIX seconds), None while no clock was ever trusted.
    """

    duration_s: float
    overhead_wh: float
    since_utc_s: float | None
    lamps: Mapping[str, LampEnergy]


class Ledger:
    """The ledger of one node. `ledger_id` names the file: with `seq` it names a record for ever."""

    def __init__(self, file: Path, db: sqlite3.Connection) -> None:
        """Read from an open file of the present layout. Raises StoreError."""
        self.file = file
        self._db = db
        with self._explained():
            (self.ledger_id,) = db.execute("SELECT ledger FROM node_total").fetchone()

    @classmethod
    def read_only(cls, state_dir: Path) -> "Ledger":
        """Open the ledger in `state_dir` beside the controller that writes it.

        Creates nothing. Raises StoreError, also where there is no store.
        """
        file = state_dir / FILE_NAME
        return Ledger(file, open_for_reading(file))

    def _explained(self) -> AbstractContextManager[None]:
        return explained(self.file)

    def totals(self) -> Totals:
        """Return the totals as committed. Raises StoreError."""
        with self._explained():
            duration_s, overhead_wh, since_utc_s = self._db.execute(
                "SELECT duration_s, overhead_wh, since_utc_s FROM node_total"
            ).fetchone()
            rows = self._db.execute(
                "SELECT lamp, active_energy_wh, baseline_wh, burn_s, switches, bright_s,"
                " full_load_s, detected_s FROM lamp_total ORDER BY lamp"
            )
            lamps = {lamp: lamp_energy(lamp, map(figure, row)) for lamp, *row in rows}
        return Totals(figure(duration_s), figure(overhead_wh), utc_s(since_utc_s), lamps)

    def nights(self) -> list[date]:
        """Return the nights of which there are records, in order. Raises StoreError."""
        with self._explained():
            rows = self._db.execute(
                "SELECT DISTINCT night FROM record WHERE folded IN (0, 1) AND night IS NOT NULL"
                " ORDER BY night"
            ).fetchall()
        return [night for (text,) in rows if (night := read_night(text)) is not None]

    def of_nights(self, first: date, last: date) -> list[ClosedRecord]:
        """Return the records of the nights from `first` to `last`, by `seq`. Raises StoreError."""
        with self._explained():
            rows = self._db.execute(
                "SELECT * FROM record WHERE folded IN (0, 1) AND night BETWEEN ? AND ?"
                " ORDER BY seq",
                (first.isoformat(), last.isoformat()),
            )
            return [closed_record(row) for row in rows]

    def kept(self, name: str) -> dict[str, Any] | None:
        """Return a document, None if there is none of the name. Raises StoreError."""
        with self._explained():
            row = self._db.execute(
                "SELECT document FROM document WHERE name = ?", (name,)
            ).fetchone()
            try:
                return None if row is None else document(row[0])
            except ValueError as error:
                raise sqlite3.DataError(f"the document {name} is damaged ({error})") from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def closed_record(row: tuple[Any, ...]) -> ClosedRecord:
    """Read a whole row of the table `record`; what rotted in it counts as nothing.

    Raises DatabaseError where the table is another one.
    """
    if len(row) != COLUMNS:
        raise sqlite3.DatabaseError("the table of records is damaged")
    seq, boot, _, _, start_utc_s, end_utc_s, duration_s, night, _, *rest = row
    baseline, dark_s, late_s, overhead_wh, lamps, meters = rest
    return ClosedRecord(
        seq,
        boot,
        utc_s(start_utc_s),
        utc_s(end_utc_s),
        figure(duration_s),
        read_night(night),
        baseline,
        figure(dark_s),
        figure(late_s),
        figure(overhead_wh),
        read_lamps(lamps),
        read_meters(meters),
    )

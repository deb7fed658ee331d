"""The store of one node: the ledger, what is to be sent, and documents, in one SQLite file.

A closed record is written in one transaction with all that follows from it, because a node lives
on an SD card. What was committed is there after a power cut, so published totals never fall.
All calls block and belong into one thread.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from controller.core.effects import LampEnergy, RecordEnergy
from controller.store.errors import StoreError
from controller.store.folding import Bounds, fold
from controller.store.layout import LAYOUT
from controller.store.ledger import Ledger, Totals
from controller.store.opening import FILE_NAME, open_for_writing
from controller.store.outbox import Outbox
from controller.store.records import (
    ClosedRecord,
    Message,
    as_written,
    figures,
    lamps_text,
    meters_text,
    night_of,
)

__all__ = ["FILE_NAME", "LAYOUT", "Store", "StoreError", "Totals"]

KEEP_DAYS = 400
MOST_BYTES = 64 * 1024 * 1024
_NOTHING: Mapping[str, Mapping[str, object]] = MappingProxyType({})


class Store(Ledger):
    """The store of one node, open for writing."""

    def __init__(
        self, state_dir: Path, keep_days: int = KEEP_DAYS, most_bytes: int = MOST_BYTES
    ) -> None:
        """Open or create the store in `state_dir`. A damaged file is put aside, never deleted.

        Records older than `keep_days`, or the oldest beyond `most_bytes`, are folded into nights.
        Raises StoreError where nothing can be written, or a newer version wrote the file.
        """
        file = state_dir / FILE_NAME
        db, self.set_aside = open_for_writing(file)
        try:
            super().__init__(file, db)
            with self._explained():
                self._outbox = Outbox(db)
        except StoreError:
            db.close()
            raise
        self._bounds = Bounds(keep_days, most_bytes)

    def add(
        self,
        record: RecordEnergy,
        *,
        boot: str,
        zone: ZoneInfo,
        messages: Sequence[tuple[str, bytes]] = (),
        documents: Mapping[str, Mapping[str, object]] = _NOTHING,
    ) -> None:
        """Add a record closed in a `boot` of the machine, and what follows from it: all or nothing.

        `zone` is where its night begins. `messages`, a name and a payload each, are to be sent;
        `documents` replace those of their names. Raises StoreError; then nothing was added.
        """
        lamps = [as_written(x) for x in record.lamps]
        offset_s = record.clock_offset_s
        end_utc_s = None if offset_s is None else record.end_s + offset_s
        with self._explained(), self._db:
            self._add_record(record, lamps, boot, zone)
            self._add_to_totals(record, lamps, end_utc_s)
            for name, document in documents.items():
                self._replace(name, document)
            self._outbox.add(messages)
            self._outbox.write()
            fold(self._db, self._bounds, self._outbox.held(), end_utc_s)
        self._outbox.written()

    def _add_record(
        self, record: RecordEnergy, lamps: Iterable[LampEnergy], boot: str, zone: ZoneInfo
    ) -> None:
        times = _times(record.start_s, record.end_s, record.clock_offset_s, zone)
        self._db.execute(
            "INSERT INTO record (boot, start_mono_s, end_mono_s, start_utc_s, end_utc_s, night,"
            " duration_s, baseline, dark_s, late_s, overhead_wh, lamps, meters)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                boot,
                record.start_s,
                record.end_s,
                *times,
                record.duration_s,
                record.baseline,
                record.dark_s,
                record.late_s,
                record.overhead_wh,
                lamps_text(lamps),
                meters_text(record.meters),
            ),
        )

    def _add_to_totals(
        self, record: RecordEnergy, lamps: Iterable[LampEnergy], end_utc_s: float | None
    ) -> None:
        self._db.executemany(
            "INSERT INTO lamp_total VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (lamp) DO UPDATE"
            " SET active_energy_wh = active_energy_wh + excluded.active_energy_wh,"
            " baseline_wh = baseline_wh + excluded.baseline_wh,"
            " burn_s = burn_s + excluded.burn_s,"
            " switches = switches + excluded.switches,"
            " bright_s = bright_s + excluded.bright_s,"
            " full_load_s = full_load_s + excluded.full_load_s,"
            " detected_s = detected_s + excluded.detected_s",
            [figures(x) for x in lamps],
        )
        self._db.execute(
            "UPDATE node_total SET duration_s = duration_s + ?1,"
            " overhead_wh = overhead_wh + ?2,"
            " since_utc_s = coalesce(since_utc_s, ?3 - duration_s - ?1)",
            (record.duration_s, record.overhead_wh, end_utc_s),
        )

    def correct_times(self, boot: str, clock_offset_s: float, zone: ZoneInfo) -> None:
        """Say when the records of a boot were that had no clock: monotonic time plus the offset.

        Call it before the first record with a clock is added. Raises StoreError; then nothing
        changed.
        """
        with self._explained(), self._db:
            rows = self._db.execute(
                "SELECT seq, start_mono_s, end_mono_s FROM record WHERE folded IN (0, 1)"
                " AND night IS NULL AND boot = ? AND boot <> '' AND start_utc_s IS NULL",
                (boot,),
            ).fetchall()
            if not rows:
                return
            times = [
                (*_times(start_s, end_s, clock_offset_s, zone), seq) for seq, start_s, end_s in rows
            ]
            self._db.executemany(
                "UPDATE record SET start_utc_s = ?, end_utc_s = ?, night = ? WHERE seq = ?", times
            )
            starts_s, ends_s, *_ = zip(*times, strict=True)
            # Recording began before all of its time, and before the first record.
            self._db.execute(
                "UPDATE node_total SET since_utc_s = coalesce(since_utc_s, min(?, ? - duration_s))",
                (min(starts_s), max(ends_s)),
            )

    # --- outbox -----------------------------------------------------------------------------------

    def unsent(self, most: int) -> list[ClosedRecord]:
        """Return the first records that the broker has not acknowledged, by `seq`.

        Fewer than there are, even fewer than `most`, until those before are acknowledged.
        Raises StoreError.
        """
        with self._explained():
            return self._outbox.unsent(most)

    def sent(self, seq: int) -> None:
        """Take note that all up to `seq` was acknowledged; written with the next record as a rule.

        Raises StoreError; then it is noted, but not written.
        """
        with self._explained():
            if self._outbox.sent(seq):
                with self._db:
                    self._outbox.write()
                self._outbox.written()

    def messages(self, most: int) -> list[Message]:
        """Return the oldest messages that were not sent. Raises StoreError."""
        with self._explained():
            return self._outbox.messages(most)

    def message_sent(self, number: int) -> None:
        """Take a message out; written with the next record."""
        self._outbox.message_sent(number)

    # --- documents --------------------------------------------------------------------------------

    def keep(self, name: str, document: Mapping[str, object]) -> None:
        """Replace a document. Raises StoreError; then the old one stays."""
        with self._explained(), self._db:
            self._replace(name, document)

    def _replace(self, name: str, document: Mapping[str, object]) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO document VALUES (?, ?)",
            (name, json.dumps(document, sort_keys=True)),
        )


def _times(
    start_s: float, end_s: float, clock_offset_s: float | None, zone: ZoneInfo
) -> tuple[float | None, float | None, str | None]:
    """Return begin, end and night of a stretch of monotonic time, in POSIX seconds."""
    if clock_offset_s is None:
        return None, None, None
    start_utc_s, end_utc_s = start_s + clock_offset_s, end_s + clock_offset_s
    night = night_of(start_utc_s, end_utc_s, zone)
    return start_utc_s, end_utc_s, None if night is None else night.isoformat()

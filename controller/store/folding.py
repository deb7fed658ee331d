"""Folding: the oldest records become one a night, so that the ledger never outgrows its bounds.

1. Records older than `keep_days`, and the oldest while the file is larger than `most_bytes`,
   become one a night; those without times, one a boot of the machine.
2. Nights older than ten years, and the oldest while nothing else makes the file small enough,
   become one a month; those without times, one altogether.
3. Only records of the same baseline are added up, and only those on the same side of what may
   have been delivered and may not; of that none. Sums stay what they were.

One period at a time, so that no transaction is long. Pages that become free take the next records;
a file that shrinks (auto_vacuum) would have to move pages, which wears the card.
"""

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from controller.store.ledger import MONTH, NIGHT, RAW, closed_record
from controller.store.outbox import Held
from controller.store.records import ClosedRecord, lamps_text, meters_text, record_sum

KEEP_NIGHTS = timedelta(days=3653)
# Behind every night and month that can be written.
_ALL = "A"


class Bounds(NamedTuple):
    """How much is kept record by record: so many days, and so many bytes of everything."""

    keep_days: int
    most_bytes: int


class _Period(NamedTuple):
    """Records that become one: folded to `of` or already to `to`, of these nights or of none.

    Without nights they are of a `boot`, or of every one. `name` is the night or month they become.
    """

    of: int
    to: int
    first: str = ""
    last: str = ""
    name: str | None = None
    boot: str = ""


def fold(db: sqlite3.Connection, bounds: Bounds, held: Held, now_utc_s: float | None) -> None:
    """Fold one period, if it is time to. In a transaction. `now_utc_s`: None while unknown."""
    if used_bytes(db) > bounds.most_bytes:
        _make_room(db, bounds, held)
    elif now_utc_s is not None:
        _merge(db, _aged(db, bounds, held, datetime.fromtimestamp(now_utc_s, UTC)), held)


def _make_room(db: sqlite3.Connection, bounds: Bounds, held: Held) -> None:
    _merge(db, _oldest_raw(db, held), held)
    if used_bytes(db) > bounds.most_bytes and _oldest_raw(db, held) is None:
        _merge(db, _oldest_folded(db, held), held)


def used_bytes(db: sqlite3.Connection) -> int:
    """Return how large the file is without the pages in it that are free."""
    pages, free, page_bytes = (
        int(db.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * page_bytes


# --- what is next ---------------------------------------------------------------------------------


def _oldest_raw(db: sqlite3.Connection, held: Held) -> _Period | None:
    timed, untimed = _first_timed(db, held, RAW, _ALL), _first_untimed(db, held, RAW)
    if untimed is not None and (timed is None or untimed[0] < timed[0]):
        return _boot(untimed[1])
    return None if timed is None else _night(timed[1])


def _oldest_folded(db: sqlite3.Connection, held: Held) -> _Period | None:
    timed = _first_timed(db, held, NIGHT, _ALL)
    if timed is not None:
        return _month(timed[1])
    return None if _first_untimed(db, held, NIGHT) is None else _Period(NIGHT, MONTH)


def _aged(db: sqlite3.Connection, bounds: Bounds, held: Held, now: datetime) -> _Period | None:
    # A night ends a day after the one it is named after.
    timed = _first_timed(db, held, RAW, _day(now - timedelta(days=bounds.keep_days + 1)))
    if timed is not None:
        return _night(timed[1])
    # Nobody knows how old a record without times is: older than a later one that was folded.
    untimed = _first_untimed(db, held, RAW)
    if untimed is not None and _folded_after(db, untimed[0]):
        return _boot(untimed[1])
    whole_months = (now - KEEP_NIGHTS).replace(day=1)
    folded = _first_timed(db, held, NIGHT, _day(whole_months))
    return None if folded is None else _month(folded[1])


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


def _night(night: str) -> _Period:
    return _Period(RAW, NIGHT, night, night, name=night)


def _boot(boot: str) -> _Period:
    return _Period(RAW, NIGHT, boot=boot)


def _month(night: str) -> _Period:
    month = night[: len("2026-01")]
    return _Period(NIGHT, MONTH, month, f"{month}-31", name=month)


def _first_timed(
    db: sqlite3.Connection, held: Held, folded: int, before: str
) -> tuple[int, str] | None:
    """Return `seq` and night of the first record of the first night `before` a day."""
    row: tuple[int, str] | None = db.execute(
        "SELECT seq, night FROM record WHERE folded = ? AND night < ?"
        " AND (seq <= ? OR seq > ?) ORDER BY night, seq LIMIT 1",
        (folded, before, *held),
    ).fetchone()
    return row


def _first_untimed(db: sqlite3.Connection, held: Held, folded: int) -> tuple[int, str] | None:
    """Return `seq` and boot of the first record that belongs to no night."""
    row: tuple[int, str] | None = db.execute(
        "SELECT seq, boot FROM record WHERE folded = ? AND night IS NULL"
        " AND (seq <= ? OR seq > ?) ORDER BY seq LIMIT 1",
        (folded, *held),
    ).fetchone()
    return row


def _folded_after(db: sqlite3.Connection, seq: int) -> bool:
    row = db.execute(
        "SELECT 1 FROM record WHERE folded IN (1, 2) AND night IS NOT NULL AND seq > ? LIMIT 1",
        (seq,),
    ).fetchone()
    return row is not None


# --- adding up ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Group:
    """What is added up to one record: the sum, its monotonic times, and what it replaces."""

    record: ClosedRecord
    start_mono_s: float
    end_mono_s: float
    replaced: list[int] = field(default_factory=list)

    def take(self, record: ClosedRecord, start_mono_s: float, end_mono_s: float) -> None:
        self.replaced.append(self.record.seq)
        self.record = record_sum(self.record, record)
        self.start_mono_s = min(self.start_mono_s, start_mono_s)
        self.end_mono_s = max(self.end_mono_s, end_mono_s)


def _merge(db: sqlite3.Connection, period: _Period | None, held: Held) -> None:
    if period is None:
        return
    groups: dict[tuple[str, bool], _Group] = {}
    for row in _rows(db, period, held):
        record, start_mono_s, end_mono_s = closed_record(row), row[2], row[3]
        key = record.baseline, record.seq > held.to
        if key in groups:
            groups[key].take(record, start_mono_s, end_mono_s)
        else:
            groups[key] = _Group(record, start_mono_s, end_mono_s)
    for group in groups.values():
        _write(db, period, group)


def _rows(db: sqlite3.Connection, period: _Period, held: Held) -> sqlite3.Cursor:
    if period.name is not None:
        return db.execute(
            "SELECT * FROM record WHERE folded IN (?, ?) AND night BETWEEN ? AND ?"
            " AND (seq <= ? OR seq > ?) ORDER BY seq",
            (period.of, period.to, period.first, period.last, *held),
        )
    return db.execute(
        "SELECT * FROM record WHERE folded IN (?, ?) AND night IS NULL AND (boot = ? OR ?)"
        " AND (seq <= ? OR seq > ?) ORDER BY seq",
        (period.of, period.to, period.boot, period.to == MONTH, *held),
    )


def _write(db: sqlite3.Connection, period: _Period, group: _Group) -> None:
    x = group.record
    db.execute(
        "UPDATE record SET folded = ?, night = ?, boot = ?, start_mono_s = ?, end_mono_s = ?,"
        " start_utc_s = ?, end_utc_s = ?, duration_s = ?, dark_s = ?, late_s = ?, overhead_wh = ?,"
        " lamps = ?, meters = ? WHERE seq = ?",
        (
            period.to,
            period.name,
            x.boot if period.to == NIGHT else "",
            group.start_mono_s,
            group.end_mono_s,
            x.start_utc_s,
            x.end_utc_s,
            x.duration_s,
            x.dark_s,
            x.late_s,
            x.overhead_wh,
            lamps_text(x.lamps.values()),
            meters_text(x.meters.values()),
            x.seq,
        ),
    )
    db.executemany("DELETE FROM record WHERE seq = ?", [(seq,) for seq in group.replaced])

"""What the broker has not acknowledged yet: records beyond a mark, and messages.

The mark moves in memory and is written with the next record, to spare the card; by itself only
when it is `BATCH` records ahead. So a crash makes at most `BATCH` records be sent again, and those
who receive them drop doubles by their ids. The first `BATCH` records beyond the written mark may
have been delivered: they are handed out as they are and never folded, and no others are handed out.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from controller.store.ledger import closed_record
from controller.store.records import ClosedRecord, Message

BATCH = 100
MOST_MESSAGES = 2000


class Held(NamedTuple):
    """The records beyond `after` up to `to` (`seq`) may have been delivered, and may not yet."""

    after: int
    to: int


class Outbox:
    """The store's side of the outbox. Raises what SQLite raises."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Begin where the written mark is."""
        self._db = db
        (self._written_seq,) = db.execute("SELECT sent_seq FROM node_total").fetchone()
        self._sent_seq: int = self._written_seq
        self._sent_numbers = set[int]()

    # records

    def unsent(self, most: int) -> list[ClosedRecord]:
        """Return the first records beyond the mark."""
        rows = self._db.execute(
            "SELECT * FROM (SELECT * FROM record WHERE seq > ? ORDER BY seq LIMIT ?)"
            " WHERE seq > ? LIMIT ?",
            (self._written_seq, BATCH, self._sent_seq, most),
        )
        return [closed_record(row) for row in rows]

    def sent(self, seq: int) -> bool:
        """Move the mark up to `seq`. Return whether it is time to write it."""
        passed, last_seq = self._db.execute(
            "SELECT count(*), max(seq)"
            " FROM (SELECT seq FROM record WHERE seq > ? ORDER BY seq LIMIT ?) WHERE seq <= ?",
            (self._written_seq, BATCH, seq),
        ).fetchone()
        self._sent_seq = max(self._sent_seq, last_seq or 0)
        return int(passed) >= BATCH

    def held(self) -> Held:
        """Return which records are not to be folded, as soon as the mark is written."""
        (last_seq,) = self._db.execute(
            "SELECT max(seq) FROM (SELECT seq FROM record WHERE seq > ? ORDER BY seq LIMIT ?)",
            (self._sent_seq, BATCH),
        ).fetchone()
        return Held(self._sent_seq, last_seq or self._sent_seq)

    # messages

    def add(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Add messages; the oldest make room beyond `MOST_MESSAGES`. In a transaction."""
        if messages:
            self._db.executemany("INSERT INTO message (name, payload) VALUES (?, ?)", messages)
            self._db.execute(
                "DELETE FROM message WHERE number <= (SELECT max(number) FROM message) - ?",
                (MOST_MESSAGES,),
            )

    def messages(self, most: int) -> list[Message]:
        """Return the oldest messages that were not sent."""
        rows = self._db.execute(
            "SELECT number, name, payload FROM message ORDER BY number LIMIT ?",
            (most + len(self._sent_numbers),),
        )
        return [Message(*row) for row in rows if row[0] not in self._sent_numbers][:most]

    def message_sent(self, number: int) -> None:
        """Take a message out, with the next transaction."""
        self._sent_numbers.add(number)

    # both

    def write(self) -> None:
        """Write what was sent. In a transaction; call `written` when it is committed."""
        if self._sent_seq != self._written_seq:
            self._db.execute("UPDATE node_total SET sent_seq = ?", (self._sent_seq,))
        self._db.executemany(
            "DELETE FROM message WHERE number = ?", [(x,) for x in self._sent_numbers]
        )

    def written(self) -> None:
        """Take note that what `write` wrote is committed."""
        self._written_seq = self._sent_seq
        self._sent_numbers.clear()

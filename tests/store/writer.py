"""Processes that add records as fast as they can until they are killed: what the tests kill.

The record with `seq` n is the same whoever writes it, so what a ledger must hold is known. Each
`seq` is printed when it is committed. They acknowledge what is unsent, so that marks move, too.
"""

import os
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from controller.core.effects import LampEnergy, RecordEnergy
from controller.store.store import Store

ZONE = ZoneInfo("Europe/Berlin")
T0 = 1_768_000_000.0
RECORD_S = 7200.0
KEEP_DAYS = 3
DEAD = "dead"


def numbered(seq: int) -> RecordEnergy:
    """Two figures that tell together which records are there: `seq` and its square."""
    return RecordEnergy(
        start_s=(seq - 1) * RECORD_S,
        end_s=seq * RECORD_S,
        clock_offset_s=T0,
        lamps=(LampEnergy("L1", float(seq), float(seq * seq), 1.0, seq),),
        overhead_wh=1.0,
    )


def write_for_ever(folder: Path) -> None:
    """Go on where the ledger in the folder ends."""
    store = Store(folder, keep_days=KEEP_DAYS)
    (seq,) = store._db.execute("SELECT coalesce(max(seq), 0) FROM record").fetchone()
    while True:
        seq += 1
        store.add(numbered(seq), boot="boot", zone=ZONE, messages=[("count", b"%d" % seq)])
        _say(f"{seq}")
        if seq % 10 == 0:
            for record in store.unsent(100):
                store.sent(record.seq)
            for message in store.messages(100):
                store.message_sent(message.number)


def main() -> None:
    """Begin a writer for each line of standard input; say its process and when it is dead."""
    for _ in sys.stdin:
        process = os.fork()
        if not process:
            _say(f"{os.getpid()}")
            write_for_ever(Path(sys.argv[1]))
        os.waitpid(process, 0)
        _say(DEAD)


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

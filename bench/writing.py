"""What a node's ledger writes to its card in a day."""

import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from controller.core.effects import LampEnergy, RecordEnergy
from controller.store.store import Store

LAMPS = 11
RECORD_S = 900.0
RECORDS_A_DAY = 96
DAYS = 20
# The file has its ordinary shape after a week.
DAYS_BEFORE = 7
BEGIN_UTC_S = 1_767_265_200.0  # 2026-01-01, noon in Berlin
ZONE = ZoneInfo("Europe/Berlin")
BOOT = "00000000-0000-4000-8000-000000000000"
COUNT = b'{"at":"2026-01-01T12:00:00+01:00","counts":{"M01":7,"M02":9,"M03":8}}'


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes that the process handed to the kernel, and those that had to go to the disk.

    The second are what the card sees: the kernel counts whole pages of 4096 bytes, and so does
    the card at the least. Where files lie in memory they are none.
    """

    handed_over: float
    to_disk: float


def written_a_day(folder: Path) -> Written:
    """Write records of a node as it does, with a message an hour; all is acknowledged at once."""
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as state_dir:
        store = Store(Path(state_dir))
        records = _records()
        _days(store, records, DAYS_BEFORE)
        before = _written()
        _days(store, records, DAYS)
        after = _written()
        store.close()
    return Written(
        (after.handed_over - before.handed_over) / DAYS, (after.to_disk - before.to_disk) / DAYS
    )


def _days(store: Store, records: Iterator[RecordEnergy], days: int) -> None:
    for number in range(days * RECORDS_A_DAY):
        messages = [("count", COUNT)] if number % 4 == 0 else []
        store.add(next(records), boot=BOOT, zone=ZONE, messages=messages)
        for record in store.unsent(10):
            store.sent(record.seq)
        for message in store.messages(10):
            store.message_sent(message.number)


def _records() -> Iterator[RecordEnergy]:
    chance = random.Random(1)  # noqa: S311 - nothing secret

    def lamp(number: int) -> LampEnergy:
        used_wh, lit_s = chance.uniform(0.6, 3.8), chance.uniform(0.0, RECORD_S)
        return LampEnergy(
            f"L{number:02}", used_wh, 3.75, RECORD_S, chance.randrange(9), lit_s, lit_s / 2, lit_s
        )

    start_s = 0.0
    while True:
        yield RecordEnergy(
            start_s=start_s,
            end_s=start_s + RECORD_S,
            clock_offset_s=BEGIN_UTC_S,
            lamps=tuple(lamp(number) for number in range(LAMPS)),
            overhead_wh=0.15,
            dark_s=RECORD_S,
            late_s=RECORD_S,
        )
        start_s += RECORD_S


def _written() -> Written:
    text = Path("/proc/self/io").read_text(encoding="ascii")
    figures = dict(line.split(": ") for line in text.splitlines())
    return Written(float(figures["wchar"]), float(figures["write_bytes"]))

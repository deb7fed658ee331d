"""What the tests of the store share: adding, reading everything, dying."""

import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from controller.core.effects import LampEnergy, MeterEnergy, RecordEnergy
from controller.store.ledger import Ledger, closed_record
from controller.store.records import ClosedRecord, lamp_sums
from controller.store.store import Store
from tests.shell.fakes import BOOT, ZONE

ROOT = Path(__file__).parents[2]
T0 = 1_768_000_000.0  # 2026-01-09 23:06:40 UTC
QUARTER_S = 900.0


def add(  # noqa: PLR0913 each has a meaning of its own
    store: Store,
    record: RecordEnergy,
    closed_utc_s: float | None = None,
    *,
    boot: str = BOOT,
    messages: Sequence[tuple[str, bytes]] = (),
    documents: Mapping[str, Mapping[str, object]] | None = None,
) -> None:
    """Add a record that was closed at a time; without one it is added as it is."""
    if closed_utc_s is not None:
        record = replace(record, clock_offset_s=closed_utc_s - record.end_s)
    store.add(record, boot=boot, zone=ZONE, messages=messages, documents=documents or {})


def quarter(number: int, *, wh: float = 1.0, utc_s: float | None = T0) -> RecordEnergy:
    """The quarter hour of that number since `utc_s`: two lamps and a meter, exact in binary."""
    start_s = number * QUARTER_S
    return RecordEnergy(
        start_s=start_s,
        end_s=start_s + QUARTER_S,
        clock_offset_s=utc_s,
        lamps=(
            LampEnergy("L1", wh, 2.0 * wh, 900.0, 1, 450.0, 225.0, 112.5, measured=True),
            LampEnergy("L2", 0.5 * wh, wh, 450.0, 2),
        ),
        overhead_wh=0.25,
        dark_s=900.0,
        late_s=450.0,
        meters=(MeterEnergy("P1", 1.5 * wh, 900.0),),
    )


def rows(ledger: Ledger) -> list[ClosedRecord]:
    """Everything in the ledger, by `seq`."""
    return [closed_record(row) for row in ledger._db.execute("SELECT * FROM record ORDER BY seq")]


def sums(records: Sequence[ClosedRecord]) -> tuple[float, float, dict[str, LampEnergy]]:
    """Duration, overhead and lamps of records; which of them were measured does not matter."""
    lamps = lamp_sums(*(x.lamps.values() for x in records))
    return (
        sum(x.duration_s for x in records),
        sum(x.overhead_wh for x in records),
        {lamp: replace(x, measured=False) for lamp, x in sorted(lamps.items())},
    )


def total_sums(ledger: Ledger) -> tuple[float, float, dict[str, LampEnergy]]:
    """The totals, to be compared with `sums`."""
    totals = ledger.totals()
    return totals.duration_s, totals.overhead_wh, dict(totals.lamps)


def seeded(seed: int) -> Random:
    """Chance that can be repeated."""
    return Random(seed)  # noqa: S311 - nothing secret


def in_a_process_that_dies(folder: Path, script: str) -> None:
    """Run a script on an open `store` in a process that ends as kill -9 would end it."""
    whole = f"""
import os
from pathlib import Path
from controller.store.store import Store
from tests.shell.fakes import record
from tests.store.build import add
store = Store(Path({str(folder)!r}))
{textwrap.dedent(script)}
os._exit(9)
"""
    done = subprocess.run([sys.executable, "-c", whole], check=False, cwd=ROOT)
    assert done.returncode == 9

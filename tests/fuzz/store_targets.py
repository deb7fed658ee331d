"""The ledger on an SD card that rots: its file, and what stands in its rows."""

import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from controller.accounts.accounting import night_account
from controller.outbox import interval_payload
from controller.reporting import energy_total
from controller.store import layout, ledger, opening, records, rotten, store
from controller.store.ledger import Ledger
from controller.store.records import (
    lamp_sums,
    lamps_text,
    meter_sums,
    meters_text,
    read_lamps,
    read_meters,
)
from controller.store.store import FILE_NAME, Store, StoreError
from tests.core.build import NIGHT
from tests.fuzz.engine import Target
from tests.fuzz.ledgers import SHEET, damaged, sound_record
from tests.shell.fakes import BOOT, ZONE, record


def _ledger_file(data: bytes, scratch: Path) -> None:
    """A store opens, or puts a damaged file aside; what it does then may fail in one word."""
    for left in scratch.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    (scratch / FILE_NAME).write_bytes(damaged(data))
    opened = Store(scratch)
    try:
        for use in _USES:
            try:
                use(opened)
            except StoreError:
                continue
    finally:
        opened.close()


def _read_beside(data: bytes, scratch: Path) -> None:
    for left in scratch.iterdir():
        left.unlink()
    (scratch / FILE_NAME).write_bytes(damaged(data))
    opened = Ledger.read_only(scratch)
    try:
        for use in _READS:
            use(opened)
    finally:
        opened.close()


def _nights(kept: Ledger) -> None:
    """Nights can be accounted for."""
    for night in kept.nights():
        night_account(kept.of_nights(night, night), SHEET, night)


def _outbox(kept: Store) -> None:
    """What waits can be told: a record that could not would hold up all that follow."""
    for one in kept.unsent(50):
        assert interval_payload(one, kept.ledger_id, ZONE).to_bytes()


_READS: tuple[Callable[[Any], object], ...] = (
    lambda kept: energy_total(kept.totals(), ZONE).to_bytes(),
    _nights,
    lambda kept: kept.kept("layers"),
)
_USES: tuple[Callable[[Any], object], ...] = (
    *_READS,
    _outbox,
    lambda kept: kept.messages(50),
    lambda kept: kept.correct_times(BOOT, NIGHT, ZONE),
    lambda kept: kept.add(
        record(start_s=500_000.0, clock_offset_s=NIGHT), boot=BOOT, zone=ZONE, messages=[("x", b"")]
    ),
    lambda kept: kept.sent(2),
    lambda kept: kept.keep("layers", {}),
)


def _rows(data: bytes, _scratch: Path) -> None:
    """What can be read of a row can be added up, told and written again."""
    text = data.decode(errors="replace")
    lamps, meters = read_lamps(text), read_meters(text)
    assert interval_payload(
        replace(sound_record(), lamps=lamps, meters=meters), "x", ZONE
    ).to_bytes()
    for lamp in lamp_sums(lamps.values(), lamps.values()).values():
        assert all(math.isfinite(x) for x in records.figures(lamp)[1:])
    assert read_lamps(lamps_text(lamps.values())).keys() == lamps.keys()
    for meter in meter_sums(meters.values(), meters.values()).values():
        assert math.isfinite(meter.energy_wh + meter.known_s)
    assert read_meters(meters_text(meters.values())).keys() == meters.keys()


_STORE = (store, ledger, opening, layout, records)
TARGETS = (
    Target("ledger_file", _STORE, _ledger_file, (StoreError,), 300),
    Target("ledger_beside", (ledger, opening, layout, records), _read_beside, (StoreError,), 300),
    Target("ledger_rows", (records, rotten), _rows),
)

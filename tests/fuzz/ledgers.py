"""A small sound ledger, what it comes to, and how an input damages it."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from controller.accounts.account import Account
from controller.accounts.accounting import night_account
from controller.accounts.site import sheet_of
from controller.core.profile import Profile
from controller.core.site import build_site
from controller.store.ledger import Ledger
from controller.store.records import (
    ClosedRecord,
)
from controller.store.store import FILE_NAME, Store
from tests.core.build import NIGHT, straight_path
from tests.shell.fakes import BOOT, ZONE, record

SITE = build_site(straight_path(), "n1")
SHEET = sheet_of(SITE, Profile())


@cache
def sound_file() -> bytes:
    """Return a ledger of two nights with all that it can hold."""
    with TemporaryDirectory() as folder:
        kept = Store(Path(folder))
        for number, offset_s in enumerate((NIGHT, NIGHT, None)):
            # Times and figures are no whole numbers: those would be written in another way.
            at_s = 86400.25 * number + 0.25
            kept.add(
                record({"L1": 2.1, "L2": 1.2}, 300.125, 0.3, start_s=at_s, clock_offset_s=offset_s),
                boot=BOOT,
                zone=ZONE,
                messages=[("count", b"{}")],
                documents={"layers": {"node": {"version": 1, "profile": {}}}},
            )
        kept.close()
        return (Path(folder) / FILE_NAME).read_bytes()


def damaged(data: bytes) -> bytes:
    """Damage a ledger as an input says: pieces of two bytes place, one byte length, the bytes.

    Length 0 cuts the file off at the place.
    """
    file = bytearray(sound_file())
    while len(data) >= 3:
        place, length = int.from_bytes(data[:2], "big") % len(file), data[2]
        piece, data = data[3 : 3 + length], data[3 + length :]
        if length == 0:
            del file[max(1, place) :]
        file[place : place + len(piece)] = piece
    return bytes(file)


@cache
def sound_record() -> ClosedRecord:
    """Return the first record of the sound ledger."""
    with TemporaryDirectory() as folder:
        (Path(folder) / FILE_NAME).write_bytes(sound_file())
        kept = Ledger.read_only(Path(folder))
        night, *_ = kept.nights()
        first, *_ = kept.of_nights(night, night)
        kept.close()
        return first


@cache
def account() -> Account:
    """Return the account of a night of the sound record."""
    one = sound_record()
    assert one.night is not None
    return night_account([one], SHEET, one.night)

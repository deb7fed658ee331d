"""State directories as a report reads them: which nodes they are of, and what they hold."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from controller.accounts.accounting import Source
from controller.accounts.condensing import condensed
from controller.accounts.period import Period, parts
from controller.accounts.site import DOCUMENT, SheetError, SiteSheet, from_document
from controller.settings.faults import Fault, SettingsError
from controller.store.ledger import Ledger
from controller.store.records import ClosedRecord


class Opened(NamedTuple):
    """A ledger with the sheet of the site it is of. `place`: its directory."""

    place: Path
    ledger: Ledger
    sheet: SiteSheet

    def source(self, period: Period, *, by_record: bool) -> Source:
        """Return what there is of a period. `by_record`: as it was closed, else night by night.

        Raises StoreError.
        """
        records: list[ClosedRecord] = []
        for part in parts(period):
            raw = self.ledger.of_nights(part.first, part.last)
            records += raw if by_record else condensed(raw)
        return Source(self.sheet, records)


def with_sheets(ledgers: Sequence[tuple[Path, Ledger]]) -> list[Opened]:
    """Read the sheets, and see that the ledgers are of one path and each of a node of its own.

    Raises SettingsError with every fault.
    """
    opened, faults = [], []
    for place, ledger in ledgers:
        sheet = _sheet(place, ledger)
        if isinstance(sheet, Fault):
            faults.append(sheet)
        else:
            opened.append(Opened(place, ledger, sheet))
    faults += _doubles(opened)
    if faults:
        raise SettingsError("--state", faults)
    return opened


def _sheet(place: Path, ledger: Ledger) -> SiteSheet | Fault:
    document = ledger.kept(DOCUMENT)
    hint = "start this version's controller of that node once: it writes what the report needs"
    if document is None:
        return Fault(str(place), "does not say of which site its records are", hint)
    try:
        return from_document(document)
    except SheetError as error:
        return Fault(str(place), f"its site sheet cannot be read: {error}", hint)


def _doubles(opened: Sequence[Opened]) -> list[Fault]:
    """Return what would make sums wrong: a node twice, or nodes of different paths."""
    faults = []
    for number, one in enumerate(opened):
        sheet = one.sheet
        for before in opened[:number]:
            other = before.sheet
            if one.ledger.ledger_id == before.ledger.ledger_id or other.node == sheet.node:
                problem = f"is of the same node as {before.place}: {sheet.node}"
                faults.append(Fault(str(one.place), problem, "name each node once"))
            elif (other.tenant, other.path) != (sheet.tenant, sheet.path):
                problem = (
                    f"is of path {sheet.tenant}/{sheet.path}, "
                    f"{before.place} of {other.tenant}/{other.path}"
                )
                faults.append(Fault(str(one.place), problem, "make a report for each path"))
    return faults

"""What else a ledger keeps, as it is read again at a start or for a report: documents of JSON."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from controller import counting, housekeeping, nightly, orders, vitals
from controller.accounts import accounting, site
from controller.accounts.site import SheetError
from controller.core import reconcile_document
from controller.core.moment import Moment
from controller.core.profile import Privacy
from controller.counting import stored_tally
from controller.discovery import stored_topics
from controller.housekeeping import _stored_meters
from controller.nightly import stored_diary
from controller.orders import left_s, stored_orders
from controller.settings import layers
from controller.settings.faults import SettingsError
from controller.settings.layers import layers_document, stored_layers
from controller.store import rotten
from controller.vitals import started, starts
from tests.core.build import NIGHT
from tests.fuzz.engine import Target
from tests.fuzz.ledgers import SITE, account
from tests.shell.fakes import BOOT, ZONE, record

Document = dict[str, Any]
DARK = replace(record(clock_offset_s=NIGHT), dark_s=300.0)


def _document(read: Callable[[Document], object]) -> Callable[[bytes, Path], None]:
    """Let a reader have what the store reads."""

    def take(data: bytes, _scratch: Path) -> None:
        try:
            document = rotten.document(rotten.text(data))
        except ValueError:
            return
        if document is not None:
            with capture_logs():
                read(document)

    return take


def _layers(document: Document) -> None:
    assert stored_layers(layers_document(stored_layers(document))) == stored_layers(document)


def _orders(document: Document) -> None:
    for order in stored_orders(document, BOOT):
        assert math.isfinite(left_s(order, Moment(100.0, NIGHT)) or 0.0)
        assert 0.0 <= order.level_pct <= 100.0
        assert stored_orders({"boot": BOOT, "orders": [order.document()]}, BOOT)


def _small(document: Document) -> None:
    """The documents of a few numbers each."""
    tally = stored_tally(document)
    assert stored_tally(tally.document()) == tally
    _, told = counting.counted(tally, DARK, ["M1", "M2"], Privacy(), ZONE)
    assert told is None or told.to_bytes()
    diary = stored_diary(document)
    assert stored_diary(diary.document()) == diary
    for page in diary.pages.values():
        assert nightly.night_payload(account(), page, (), SITE, ZONE).to_bytes()
    assert stored_topics({"topics": stored_topics(document)}) == stored_topics(document)
    assert len(starts(started(document, BOOT, 1.0))) <= vitals.KEPT_STARTS


def _meters(document: Mapping[str, object]) -> None:
    known = _stored_meters(document)
    assert _stored_meters(reconcile_document.to_document(known)) == known


def _sheet(document: Document) -> None:
    sheet = site.from_document(document)
    assert site.from_document(json.loads(json.dumps(sheet.to_document()))) == sheet


TARGETS = (
    Target("stored_layers", (layers,), _document(_layers), (SettingsError,)),
    Target("stored_orders", (orders,), _document(_orders)),
    Target("stored_small", (counting, nightly, vitals), _document(_small)),
    Target("stored_meters", (housekeeping, reconcile_document), _document(_meters)),
    Target("site_sheet", (site, accounting), _document(_sheet), (SheetError,)),
)

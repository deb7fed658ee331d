"""What goes into the ledger along with each record, and the night's account that comes out of it.

Counts of passages, the diary of the last nights, the site sheet for reports and the comparison of
meters with the model are documents of the store: written with a record, never by themselves, to
spare the card.
"""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

import structlog

from controller.accounts.accounting import night_account
from controller.accounts.site import DOCUMENT as SHEET
from controller.accounts.site import sheet_of
from controller.bookkeeping import Prepared
from controller.core.agreement import agreements
from controller.core.comparison import Reconciliation
from controller.core.effects import RecordEnergy
from controller.core.moment import Moment
from controller.core.reconcile import sampled
from controller.core.reconcile_document import from_document, to_document
from controller.core.state import State
from controller.counting import STORED as TALLY
from controller.counting import counted, stored_tally
from controller.mqtt.energy import CountPayload, NightPayload
from controller.nightly import STORED as DIARY
from controller.nightly import last_night, night_payload, stored_diary
from controller.settings.documents import Document
from controller.store.records import night_at
from controller.store.store import Store

_log = structlog.get_logger()

COUNT = "count"
METERS = "meters"
METERS_EVERY_S = 6 * 3600.0
"""A few kilobytes: often enough for what is learned over weeks."""


class Housekeeper:
    """Keeps what records alone do not say. All but `night` belongs to the event loop's thread."""

    def __init__(
        self,
        state: State,
        kept: Callable[[str], Mapping[str, object] | None],
        moment: Callable[[], Moment],
    ) -> None:
        """Begin with what was `kept`, a document by its name."""
        self._state = state
        self._moment = moment
        self._zone = ZoneInfo(state.site.path.timezone)
        self._tally = stored_tally(kept(TALLY))
        self._diary = stored_diary(kept(DIARY))
        self._meters = _stored_meters(kept(METERS))
        self._meters_kept_s = moment().mono_s
        self._given: dict[str, object] = {}

    def changed(self, state: State) -> None:
        """Take the newest state."""
        self._state = state

    def sample(self) -> None:
        """Compare meters with the model. Call it about once a minute."""
        if self._state.meters:
            self._meters = sampled(self._meters, self._state, self._moment())

    def alarm_raised(self, alarm: str) -> None:
        """Write an alarm into tonight's diary; while the time is unknown there is no tonight."""
        utc_s = self._moment().utc_s
        if utc_s is not None:
            self._diary = self._diary.with_alarm(night_at(utc_s, self._zone), alarm)

    def prepared(self, record: RecordEnergy) -> Prepared:
        """Give what is to be written along with a record."""
        documents: dict[str, Document] = {}
        messages: list[tuple[str, bytes]] = []
        count = self._counted(record)
        if count is not None:
            messages.append((COUNT, count.to_bytes()))
        # Of a large path the sheet takes a while, and lamps wait for this.
        if self._is_news(SHEET, (self._state.profile, self._state.site.lamps)):
            sheet = sheet_of(self._state.site, self._state.profile)
            documents[SHEET] = sheet.to_document()
        if self._is_news(TALLY, self._tally):
            documents[TALLY] = self._tally.document()
        if self._is_news(DIARY, self._diary):
            documents[DIARY] = self._diary.document()
        if record.end_s >= self._meters_kept_s + METERS_EVERY_S and self._state.meters:
            documents[METERS], self._meters_kept_s = to_document(self._meters), record.end_s
        return Prepared(messages, documents)

    def _is_news(self, name: str, content: object) -> bool:
        """Whether a document is to be written, because it says something else than the last."""
        if self._given.get(name) == content:
            return False
        self._given[name] = content
        return True

    def _counted(self, record: RecordEnergy) -> CountPayload | None:
        site, privacy = self._state.site, self._state.profile.privacy
        sensors = sorted(site.own_sensors)
        self._tally, count = counted(self._tally, record, sensors, privacy, self._zone)
        if count is not None:
            night = night_at((count.start.timestamp() + count.end.timestamp()) / 2.0, self._zone)
            self._diary = self._diary.with_count(night, count)
        return count

    def night(self, store: Store) -> NightPayload | None:
        """Account for the last night, None without a clock or records of it. In the store's thread.

        Raises StoreError.
        """
        utc_s, state = self._moment().utc_s, self._state
        if utc_s is None:
            return None
        day = last_night(utc_s, self._zone)
        records = store.of_nights(day, day)
        if not records:
            return None
        account = night_account(records, sheet_of(state.site, state.profile), day)
        known = agreements(self._meters, state)
        return night_payload(account, self._diary.of(day), known, state.site, self._zone)


def _stored_meters(document: Mapping[str, object] | None) -> Reconciliation:
    if document is None:
        return Reconciliation()
    try:
        return from_document(document)
    except ValueError as error:
        _log.error("stored_meters_unusable", error=str(error))
        return Reconciliation()

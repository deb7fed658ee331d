"""The account of a night as a payload: what the ledger has of it, and what else was told in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from controller.accounts.account import Account
from controller.accounts.saving import Saving
from controller.core.agreement import Agreement
from controller.core.profile import Figure
from controller.core.proposal import proposal_text
from controller.core.site import Site
from controller.mqtt.energy import (
    LONGEST_PROPOSAL,
    CountPayload,
    MeterNight,
    NightPayload,
    SavingNight,
    SectionNight,
    SourcedFigure,
)
from controller.settings.documents import Document
from controller.store.records import night_at
from controller.store.rotten import checked_figure

STORED = "diary"
MOST_ALARMS = 50
NIGHTS_KEPT = 3


@dataclass(frozen=True, slots=True)
class Page:
    """What was told in one night: passages, sums of them that were not told, alarms."""

    passages: int = 0
    untold_bins: int = 0
    alarms: tuple[str, ...] = ()

    def document(self) -> Document:
        """Give the page as a store can keep it."""
        return {
            "passages": self.passages,
            "untold_bins": self.untold_bins,
            "alarms": list(self.alarms),
        }


@dataclass(frozen=True, slots=True)
class Diary:
    """The pages of the last nights, by the day on which each began."""

    pages: Mapping[date, Page]

    def of(self, night: date) -> Page:
        """Return a night's page, an empty one where nothing was told."""
        return self.pages.get(night, Page())

    def with_count(self, night: date, count: CountPayload) -> "Diary":
        """Add what was told of passages."""
        page, told = self.of(night), [x for x in count.sensors.values() if x is not None]
        untold = len(count.sensors) - len(told)
        return self._with(
            night,
            replace(
                page,
                passages=page.passages + sum(told),
                untold_bins=page.untold_bins + untold,
            ),
        )

    def with_alarm(self, night: date, alarm: str) -> "Diary":
        """Add an alarm that was raised, once."""
        page = self.of(night)
        if alarm in page.alarms or len(page.alarms) >= MOST_ALARMS:
            return self
        return self._with(night, replace(page, alarms=(*page.alarms, alarm)))

    def _with(self, night: date, page: Page) -> "Diary":
        pages = {**self.pages, night: page}
        return Diary({x: pages[x] for x in sorted(pages)[-NIGHTS_KEPT:]})

    def document(self) -> Document:
        """Give the diary as a store can keep it."""
        return {night.isoformat(): page.document() for night, page in self.pages.items()}


def stored_diary(document: Mapping[str, object] | None) -> Diary:
    """Read a diary that was kept; pages that cannot be read are left out."""
    pages = {}
    for night, page in (document or {}).items():
        match page:
            case {
                "passages": int() as passages,
                "untold_bins": int() as untold,
                "alarms": list() as alarms,
            }:
                try:
                    counts = int(checked_figure(passages)), int(checked_figure(untold))
                    told = tuple(x for x in alarms if isinstance(x, str))
                    pages[date.fromisoformat(night)] = Page(*counts, told)
                except (TypeError, ValueError):
                    continue
    return Diary(pages)


def last_night(utc_s: float, zone: tzinfo) -> date:
    """Return the day on which the last night began that is over."""
    return night_at(utc_s, zone) - timedelta(days=1)


def night_payload(
    account: Account, page: Page, agreements: Sequence[Agreement], site: Site, zone: ZoneInfo
) -> NightPayload:
    """Describe one night of one node."""
    declared, told = account.declared, page.passages > 0
    start_s, end_s = account.period.bounds_s(zone)
    return NightPayload(
        night=account.period.first.isoformat(),
        start=datetime.fromtimestamp(start_s, UTC).astimezone(zone),
        end=datetime.fromtimestamp(end_s, UTC).astimezone(zone),
        coverage=account.coverage,
        dark_s=account.dark_s,
        late_s=account.late_s,
        active_energy_wh=declared.active_wh,
        overhead_wh=declared.overhead_wh,
        baseline=tuple(x.name for x in account.by_label),
        baseline_wh=declared.baseline_wh,
        saved_wh=declared.gross_wh,
        net_saved_wh=declared.net_wh,
        baselines={x.name: _saving(x) for x in account.standard},
        co2_kg=account.co2_kg,
        co2_g_per_kwh=_figure(account.co2_figures[0]),
        cost_eur=account.cost_eur,
        price_per_kwh=_figure(account.price_figures[0]),
        measured_share=account.measured_share,
        # Of few people even a share would tell that there was somebody.
        detection_share=account.p_det if told else None,
        d_p=account.indicators.d_p,
        d_e=account.indicators.d_e if told else None,
        sections={
            x.section: SectionNight(
                lamps=x.lamps,
                active_energy_wh=x.active_wh,
                burn_s=x.burn_s,
                bright_s=x.bright_s,
            )
            for x in account.sections
        },
        meters=_meters(account, agreements, site),
        passages=page.passages,
        untold_bins=page.untold_bins,
        alarms=page.alarms,
    )


def _saving(saving: Saving) -> SavingNight:
    return SavingNight(
        baseline_wh=saving.baseline_wh, saved_wh=saving.gross_wh, net_saved_wh=saving.net_wh
    )


def _figure(figure: Figure) -> SourcedFigure:
    return SourcedFigure(value=figure.value, year=figure.year, source=figure.source)


def _meters(account: Account, agreements: Sequence[Agreement], site: Site) -> dict[str, MeterNight]:
    known = {x.meter.id: x for x in agreements}
    return {
        x.meter: _meter(x.energy_wh, x.known_s, known.get(x.meter), site) for x in account.meters
    }


def _meter(energy_wh: float, known_s: float, agreement: Agreement | None, site: Site) -> MeterNight:
    if agreement is None:
        return MeterNight(
            energy_wh=energy_wh,
            known_s=known_s,
            explained_pct=None,
            drift_pct_week=None,
            proposal="",
        )
    return MeterNight(
        energy_wh=energy_wh,
        known_s=known_s,
        explained_pct=agreement.explained_pct,
        drift_pct_week=agreement.drift_pct_week,
        proposal=proposal_text(agreement, site)[:LONGEST_PROPOSAL],
    )

"""Baselines: what conventional lamps would have used, and what was saved against them."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import fsum

from controller.accounts.site import LampSheet, SiteSheet
from controller.core.energy import SECONDS_PER_HOUR, power_w
from controller.core.fade import FULL_PCT
from controller.store.records import ClosedRecord

STANDARD: tuple[tuple[str, float], ...] = (
    ("dusk_to_dawn", FULL_PCT),
    ("part_night", 0.0),
    ("half_night", 50.0),
)
"""The customary baselines, and the level of each in the late hours; otherwise lamps are full."""


@dataclass(frozen=True, slots=True)
class Saving:
    """What was used against one baseline, in Wh.

    `name`: the baseline, with its version where the profile declared it (`half_night/2`).
    `active_wh` is what the lamps used by night and day, `overhead_wh` the controllers.
    """

    name: str
    baseline_wh: float
    active_wh: float
    overhead_wh: float

    @property
    def gross_wh(self) -> float:
        """Baseline less lamps."""
        return self.baseline_wh - self.active_wh

    @property
    def net_wh(self) -> float:
        """Baseline less lamps and controllers."""
        return self.gross_wh - self.overhead_wh

    @property
    def gross_pct(self) -> float | None:
        """Gross saving in percent of the baseline, None where that is nothing."""
        return None if self.baseline_wh <= 0.0 else 100.0 * self.gross_wh / self.baseline_wh

    @property
    def net_pct(self) -> float | None:
        """Net saving in percent of the baseline, None where that is nothing."""
        return None if self.baseline_wh <= 0.0 else 100.0 * self.net_wh / self.baseline_wh


def added(name: str, savings: Iterable[Saving]) -> Saving:
    """Add savings up."""
    those = list(savings)
    return Saving(
        name,
        fsum(x.baseline_wh for x in those),
        fsum(x.active_wh for x in those),
        fsum(x.overhead_wh for x in those),
    )


def declared(record: ClosedRecord) -> Saving:
    """Return a record's saving against the baseline that was declared when it was closed."""
    return Saving(
        record.baseline,
        fsum(x.baseline_wh for x in record.lamps.values()),
        fsum(x.active_energy_wh for x in record.lamps.values()),
        record.overhead_wh,
    )


def standard(record: ClosedRecord, sheet: SiteSheet) -> list[Saving]:
    """Return a record's savings against the standard baselines, in their order.

    Conventional lamps are those of the sheet, cut off by day. Raises KeyError for a lamp that the
    sheet lacks.
    """
    used = declared(record)
    lamps = [sheet.lamps[x] for x in record.lamps]
    return [
        Saving(name, _conventional_wh(record, lamps, late_pct), used.active_wh, used.overhead_wh)
        for name, late_pct in STANDARD
    ]


def _conventional_wh(record: ClosedRecord, lamps: list[LampSheet], late_pct: float) -> float:
    full_w = fsum(power_w(x.power, FULL_PCT) for x in lamps)
    late_w = fsum(power_w(x.power, late_pct) for x in lamps) if late_pct > 0.0 else 0.0
    early_s = record.dark_s - record.late_s
    return (full_w * early_s + late_w * record.late_s) / SECONDS_PER_HOUR

"""Site sheets and closed records, made by hand so that every sum can be done in one's head."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from controller.accounts.account import Account
from controller.accounts.accounting import Source, account
from controller.accounts.period import month, year
from controller.accounts.site import LampSheet, SectionSheet, SiteSheet
from controller.core.effects import LampEnergy, MeterEnergy
from controller.core.path import PowerTable
from controller.core.profile import Baseline, Figure
from controller.store.records import ClosedRecord

DAY = date(2025, 1, 15)
HOUR_S = 3600.0
# 100 W at full, 60 W at half, 28 W at a tenth, 20 W just lit, 1 W off.
POWER = PowerTable(1.0, ((0.0, 20.0), (100.0, 100.0)))


def sheet(
    node: str = "n1",
    lamps: tuple[str, ...] = ("L1", "L2"),
    *,
    width_m: float | None = 2.0,
    illuminance_lx: float | None = 5.0,
    **changes: object,
) -> SiteSheet:
    """A node in Soest with 100 W lamps, each of which lights 50 m of section "s"."""
    given: dict[str, Any] = {
        "tenant": "soest",
        "path": "small",
        "path_name": "Small path",
        "node": node,
        "timezone": "Europe/Berlin",
        "latitude_deg": 51.57,
        "longitude_deg": 8.11,
        "controller_w": 3.0,
        "lamps": {x: LampSheet("s", 50.0 * i, 100.0, 50.0, POWER) for i, x in enumerate(lamps)},
        "sections": {"s": SectionSheet(100.0, width_m, illuminance_lx)},
        "on_elevation_deg": -2.5,
        "off_elevation_deg": -2.0,
        "base_pct": 10.0,
        "presence_pct": 100.0,
        "baseline": Baseline("half_night", 2, level_pct=50.0),
        "co2_g_per_kwh": Figure(400.0, 2024, "agency"),
        "price_per_kwh": Figure(0.25, 2025, "contract"),
    }
    return SiteSheet(**(given | changes))


def lamp(lamp_id: str = "L1", **changes: object) -> LampEnergy:
    """Ten hours of darkness: 400 Wh used where 1,000 Wh would have been."""
    given: dict[str, Any] = {
        "lamp": lamp_id,
        "active_energy_wh": 400.0,
        "baseline_wh": 1000.0,
        "burn_s": 10.0 * HOUR_S,
        "switches": 1,
        "bright_s": 2.0 * HOUR_S,
        "full_load_s": 3.0 * HOUR_S,
        "detected_s": 1.0 * HOUR_S,
    }
    return LampEnergy(**(given | changes))


def record(
    *lamps: LampEnergy,
    night: date | None = DAY,
    meters: Mapping[str, MeterEnergy] | None = None,
    **changes: object,
) -> ClosedRecord:
    """A whole night of lamps L1 and L2, if not told otherwise: 10 h dark, 4 h of them late."""
    given: dict[str, Any] = {
        "seq": 1,
        "boot": "b",
        "start_utc_s": 1736938800.0,
        "end_utc_s": 1737025200.0,
        "duration_s": 24.0 * HOUR_S,
        "baseline": "half_night/2",
        "dark_s": 10.0 * HOUR_S,
        "late_s": 4.0 * HOUR_S,
        "overhead_wh": 72.0,
    }
    those = lamps or (lamp("L1"), lamp("L2"))
    return ClosedRecord(
        night=night, lamps={x.lamp: x for x in those}, meters=meters or {}, **(given | changes)
    )


def month_account(records: Sequence[ClosedRecord], sheet: SiteSheet, first: date) -> Account:
    """Account for one node's nights of the month of a day."""
    return account([Source(sheet, records)], month(first.year, first.month))


def year_account(records: Sequence[ClosedRecord], sheet: SiteSheet, number: int) -> Account:
    """Account for one node's nights of a year."""
    return account([Source(sheet, records)], year(number))

"""Energy performance indicators of road lighting by EN 13201-5: D_P and D_E.

D_P = P / sum(E_i A_i): the system's power at full light over illuminance and area.

D_E = fsum(P_j t_j) / A over a year's periods of operation. Here these are the night, with
P = p_det P_full + (1 - p_det) P_red + P_additional, and the day, when lamps draw their standby
power; P_additional is the controllers' power, by night and by day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Literal

from controller.accounts.darkness import dark_h_of_year
from controller.accounts.site import LampSheet, SiteSheet
from controller.core.energy import power_w
from controller.core.fade import FULL_PCT

DAY_H = 24.0


@dataclass(frozen=True, slots=True)
class Lack:
    """Why an indicator is not known: `what` of which section is missing, or the sun's `dark_s`."""

    what: Literal["width_m", "illuminance_lx", "dark_s"]
    section: str = ""


@dataclass(frozen=True, slots=True)
class Indicators:
    """D_P in W/(lx m2) and D_E in Wh/(m2 a), with everything that they were worked out from.

    Powers in W: `lamps_w` of all lamps at full light, `full_w` and `reduced_w` at the levels where
    somebody and where nobody is, `standby_w` by day. `area_m2` is to be lit, `flux_lm` the sum of
    illuminance times area. `p_det`: the measured share of the dark time in which a lamp was needed.
    What could not be known is None; `lacks` says why.
    """

    d_p: float | None
    d_e: float | None
    lamps_w: float
    full_w: float
    reduced_w: float
    standby_w: float
    controllers_w: float
    area_m2: float | None
    flux_lm: float | None
    p_det: float | None
    year: int
    dark_h: float
    day_h: float
    lacks: tuple[Lack, ...]


def indicators(sheets: Sequence[SiteSheet], p_det: float | None, year: int) -> Indicators:
    """Work out the indicators of one or more nodes of a path, for the darkness of a year."""
    lamps_w = fsum(power_w(x.power, FULL_PCT) for x in _lamps(sheets))
    full_w = fsum(power_w(x.power, s.presence_pct) for s in sheets for x in s.lamps.values())
    reduced_w = fsum(power_w(x.power, s.base_pct) for s in sheets for x in s.lamps.values())
    standby_w = fsum(x.power.standby_w for x in _lamps(sheets))
    controllers_w = fsum(s.controller_w for s in sheets)
    dark_h, day_h = _hours(sheets[0], year)
    area_m2, flux_lm = _area_m2(sheets), _flux_lm(sheets)
    d_e = None
    if area_m2 is not None and p_det is not None:
        night_w = p_det * full_w + (1.0 - p_det) * reduced_w + controllers_w
        d_e = (night_w * dark_h + (standby_w + controllers_w) * day_h) / area_m2
    return Indicators(
        d_p=None if flux_lm is None else (lamps_w + controllers_w) / flux_lm,
        d_e=d_e,
        lamps_w=lamps_w,
        full_w=full_w,
        reduced_w=reduced_w,
        standby_w=standby_w,
        controllers_w=controllers_w,
        area_m2=area_m2,
        flux_lm=flux_lm,
        p_det=p_det,
        year=year,
        dark_h=dark_h,
        day_h=day_h,
        lacks=tuple(dict.fromkeys(_lacks(sheets, p_det))),
    )


def _lamps(sheets: Sequence[SiteSheet]) -> Iterator[LampSheet]:
    return (lamp for sheet in sheets for lamp in sheet.lamps.values())


def _hours(sheet: SiteSheet, year: int) -> tuple[float, float]:
    """Return the hours of a year with darkness and those without."""
    place_deg = (sheet.latitude_deg, sheet.longitude_deg)
    switching_deg = (sheet.on_elevation_deg, sheet.off_elevation_deg)
    dark_h = dark_h_of_year(place_deg, switching_deg, year)
    return dark_h, DAY_H * days_of(year) - dark_h


def days_of(year: int) -> int:
    """Return how many days a year has."""
    return 366 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 365


def _area_m2(sheets: Sequence[SiteSheet]) -> float | None:
    """Return the area to be lit: the lamps' stretches of their sections times the width."""
    area_m2 = 0.0
    for sheet in sheets:
        for lamp in sheet.lamps.values():
            width_m = sheet.sections[lamp.section].width_m
            if width_m is None:
                return None
            area_m2 += lamp.stretch_m * width_m
    return area_m2 or None


def _flux_lm(sheets: Sequence[SiteSheet]) -> float | None:
    """Return the sum of illuminance times area."""
    flux_lm = 0.0
    for sheet in sheets:
        for lamp in sheet.lamps.values():
            section = sheet.sections[lamp.section]
            if section.width_m is None or section.illuminance_lx is None:
                return None
            flux_lm += lamp.stretch_m * section.width_m * section.illuminance_lx
    return flux_lm or None


def _lacks(sheets: Sequence[SiteSheet], p_det: float | None) -> Iterator[Lack]:
    for sheet in sheets:
        for name, section in sheet.sections.items():
            if section.width_m is None:
                yield Lack("width_m", name)
            if section.illuminance_lx is None:
                yield Lack("illuminance_lx", name)
    if p_det is None:
        yield Lack("dark_s")

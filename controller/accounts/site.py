"""The site sheet: what does not stand in records but is needed to account for them.

A node keeps its own beside its records, as a document, so that a copy of the state directory can
be accounted for without any other file. It says how the site is now: old records are judged by
today's power tables and figures.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, get_args
from zoneinfo import ZoneInfo

from controller.core.path import Lamp, Path, PowerTable
from controller.core.path import Section as PathSection
from controller.core.profile import Baseline, BaselineKind, Figure, NightTime, Profile, SunEvent
from controller.core.site import Site
from controller.printable import printable

DOCUMENT = "site"
"""The name under which a node keeps its sheet."""
LAYOUT = 1


class SheetError(ValueError):
    """A document that is no site sheet; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class LampSheet:
    """A lamp: where it stands, what it draws, and the metres of its section that it lights.

    `stretch_m`: half way to the next lamp on either side, or to the section's end.
    """

    section: str
    at_m: float
    rated_w: float
    stretch_m: float
    power: PowerTable


@dataclass(frozen=True, slots=True)
class SectionSheet:
    """A section; `width_m` and `illuminance_lx` (at full light) are None where not known."""

    length_m: float
    width_m: float | None
    illuminance_lx: float | None


@dataclass(frozen=True, slots=True)
class SiteSheet:
    """One node's site: own lamps, and the sections they stand on, by id.

    Levels in %: of a lamp where nobody is (`base_pct`) and where somebody is (`presence_pct`).
    Elevations of the sun in degrees between which lamps are on. `co2_g_per_kwh`, `price_per_kwh`
    (EUR): each with year and source.
    """

    tenant: str
    path: str
    path_name: str
    node: str
    timezone: str
    latitude_deg: float
    longitude_deg: float
    controller_w: float
    lamps: Mapping[str, LampSheet]
    sections: Mapping[str, SectionSheet]
    on_elevation_deg: float
    off_elevation_deg: float
    base_pct: float
    presence_pct: float
    baseline: Baseline
    co2_g_per_kwh: Figure
    price_per_kwh: Figure

    def to_document(self) -> dict[str, Any]:
        """Return what `from_document` would make this sheet of, as JSON can carry it."""
        return {"layout": LAYOUT, **asdict(self)}


def sheet_of(site: Site, profile: Profile) -> SiteSheet:
    """Return the sheet of a node that runs on a profile."""
    path, own = site.path, site.lamps.values()
    stretches_m = _stretches_m(path)
    return SiteSheet(
        tenant=path.tenant,
        path=path.id,
        path_name=path.name,
        node=site.node,
        timezone=path.timezone,
        latitude_deg=path.latitude_deg,
        longitude_deg=path.longitude_deg,
        controller_w=site.controller_w,
        lamps={
            x.id: LampSheet(x.section, x.at_m, x.rated_w, stretches_m[x.id], x.power) for x in own
        },
        sections={
            x.id: SectionSheet(x.length_m, x.width_m, x.illuminance_lx)
            for x in path.sections
            if x.id in {lamp.section for lamp in own}
        },
        on_elevation_deg=profile.daylight.on_elevation_deg,
        off_elevation_deg=profile.daylight.off_elevation_deg,
        base_pct=profile.levels.base_pct,
        presence_pct=profile.levels.presence_pct,
        baseline=profile.baseline,
        co2_g_per_kwh=profile.co2_g_per_kwh,
        price_per_kwh=profile.price_per_kwh,
    )


def _stretches_m(path: Path) -> dict[str, float]:
    """Divide every section among all its lamps, those of other nodes too."""
    standing: dict[str, list[Lamp]] = {section.id: [] for section in path.sections}
    for lamp in path.lamps:
        standing[lamp.section].append(lamp)
    return {
        lamp: stretch_m
        for section in path.sections
        for lamp, stretch_m in _divided(section, standing[section.id])
    }


def _divided(section: PathSection, lamps: list[Lamp]) -> list[tuple[str, float]]:
    along = sorted(lamps, key=lambda x: x.at_m)
    bounds_m = [0.0, *((a.at_m + b.at_m) / 2.0 for a, b in pairwise(along)), section.length_m]
    return [(x.id, b - a) for x, (a, b) in zip(along, pairwise(bounds_m), strict=False)]


def from_document(document: Mapping[str, Any]) -> SiteSheet:
    """Read a sheet. Raises SheetError for what is none, or is of another layout."""
    if document.get("layout") != LAYOUT:
        raise SheetError(f"its layout is {document.get('layout')!r:.40}, not {LAYOUT}")
    try:
        return _read(document)
    except KeyError as error:
        raise SheetError(f"it lacks, or does not know, {error}") from error
    except (TypeError, ValueError, AttributeError, OSError, OverflowError) as error:
        # It repeats what stands there, which may be anything.
        raise SheetError(f"it is damaged ({printable(str(error))})") from error


def _read(document: Mapping[str, Any]) -> SiteSheet:
    return SiteSheet(
        tenant=str(document["tenant"]),
        path=str(document["path"]),
        path_name=str(document["path_name"]),
        node=str(document["node"]),
        timezone=ZoneInfo(document["timezone"]).key,
        latitude_deg=float(document["latitude_deg"]),
        longitude_deg=float(document["longitude_deg"]),
        controller_w=float(document["controller_w"]),
        lamps={x: _lamp(one) for x, one in document["lamps"].items()},
        sections={x: _section(one) for x, one in document["sections"].items()},
        on_elevation_deg=float(document["on_elevation_deg"]),
        off_elevation_deg=float(document["off_elevation_deg"]),
        base_pct=float(document["base_pct"]),
        presence_pct=float(document["presence_pct"]),
        baseline=_baseline(document["baseline"]),
        co2_g_per_kwh=_figure(document["co2_g_per_kwh"]),
        price_per_kwh=_figure(document["price_per_kwh"]),
    )


def _lamp(one: Mapping[str, Any]) -> LampSheet:
    points = tuple((float(flux_pct), float(watts)) for flux_pct, watts in one["power"]["points"])
    return LampSheet(
        section=str(one["section"]),
        at_m=float(one["at_m"]),
        rated_w=float(one["rated_w"]),
        stretch_m=float(one["stretch_m"]),
        power=PowerTable(float(one["power"]["standby_w"]), points),
    )


def _section(one: Mapping[str, Any]) -> SectionSheet:
    return SectionSheet(
        float(one["length_m"]), _known(one["width_m"]), _known(one["illuminance_lx"])
    )


def _known(value: float | None) -> float | None:
    return None if value is None else float(value)


def _baseline(one: Mapping[str, Any]) -> Baseline:
    kinds: dict[str, BaselineKind] = {x: x for x in get_args(BaselineKind)}
    return Baseline(
        kind=kinds[one["kind"]],
        version=int(one["version"]),
        begin=_night_time(one["begin"]),
        end=_night_time(one["end"]),
        level_pct=float(one["level_pct"]),
        lamp_w=_known(one["lamp_w"]),
    )


def _night_time(one: Mapping[str, Any]) -> NightTime:
    events: dict[str | None, SunEvent | None] = {None: None, **{x: x for x in get_args(SunEvent)}}
    return NightTime(events[one["event"]], int(one["minutes"]))


def _figure(one: Mapping[str, Any]) -> Figure:
    return Figure(float(one["value"]), int(one["year"]), str(one["source"]))

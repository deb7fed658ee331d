"""What a night would look like under a profile: from dusk to dawn, section by section."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from controller.core.daylight import sun_elevation_deg
from controller.core.path import Path
from controller.core.profile import Profile, Rule
from controller.core.schedule import EXACT_S, Night, Orders, night_of, orders_in, windows_of

Window = tuple[Rule, float, float]
"""A rule and from when to when it applies."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is wanted of a section from one moment to another, POSIX seconds."""

    begin_s: float
    end_s: float
    orders: Orders


@dataclass(frozen=True, slots=True)
class Timeline:
    """The dark part of one night. Sections with lamps by name; no stretch where it stays light."""

    day: date
    zone: ZoneInfo
    sections: dict[str, tuple[Stretch, ...]]


def timeline(profile: Profile, path: Path, day: date) -> Timeline:
    """Work out the night that begins on a day, as a node with a trusted clock would."""
    night = night_of(path, day)
    dark = dark_s(profile, path, night)
    sections = sorted({lamp.section for lamp in path.lamps})
    found = {x: tuple(_stretches(profile, path, night, dark, x)) for x in sections}
    return Timeline(day, ZoneInfo(path.timezone), found)


def dark_s(profile: Profile, path: Path, night: Night) -> tuple[float, float] | None:
    """Return when the sun lets it be dark, None if it never is."""
    on_deg, off_deg = profile.daylight.on_elevation_deg, profile.daylight.off_elevation_deg
    if _elevation_deg(path, night.lowest_s) >= on_deg:
        return None
    dusk_s = _crossing_s(path, on_deg, night.lowest_s, night.begin_s)
    return dusk_s, _crossing_s(path, off_deg, night.lowest_s, night.end_s)


def _crossing_s(path: Path, wanted_deg: float, low_s: float, high_s: float) -> float:
    """Return when the sun crosses an elevation between its lowest point and a noon, or the noon."""
    if _elevation_deg(path, high_s) <= wanted_deg:
        return high_s
    while abs(high_s - low_s) > EXACT_S:
        middle_s = (low_s + high_s) / 2.0
        if _elevation_deg(path, middle_s) < wanted_deg:
            low_s = middle_s
        else:
            high_s = middle_s
    return high_s


def _elevation_deg(path: Path, utc_s: float) -> float:
    return sun_elevation_deg(path.latitude_deg, path.longitude_deg, utc_s)


def _stretches(
    profile: Profile,
    path: Path,
    night: Night,
    dark: tuple[float, float] | None,
    section: str,
) -> Iterator[Stretch]:
    """Yield a section's stretches; where nothing changes for it one goes on."""
    if dark is None:
        return
    dusk_s, dawn_s = dark
    windows = list(windows_of(profile.rules, night, path))
    bounds_s = {at_s for _, *window in windows for at_s in window if dusk_s < at_s < dawn_s}
    begin_s, orders = dusk_s, _orders_at(dusk_s, windows, section, profile)
    for at_s in sorted(bounds_s):
        now = _orders_at(at_s, windows, section, profile)
        if now != orders:
            yield Stretch(begin_s, at_s, orders)
            begin_s, orders = at_s, now
    yield Stretch(begin_s, dawn_s, orders)


def _orders_at(at_s: float, windows: Sequence[Window], section: str, profile: Profile) -> Orders:
    in_force = [rule for rule, begin_s, end_s in windows if begin_s <= at_s < end_s]
    return orders_in(section, in_force, profile.levels)

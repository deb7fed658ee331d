"""Who is on the path in a night: drawn from counts or from a traffic profile, or given."""

from dataclasses import dataclass
from pathlib import Path as FilePath

from controller.core.path import Path
from firmware_sim.counts import ATTRIBUTION, read_night
from firmware_sim.people import Person
from firmware_sim.riders import draw_people
from firmware_sim.span import NightSpan
from firmware_sim.traffic import draw_night, load_traffic
from firmware_sim.trajectories import read_trajectories


@dataclass(frozen=True, slots=True)
class Crowd:
    """People, and where the counts behind them come from (empty: from no published counts)."""

    people: tuple[Person, ...]
    attribution: str = ""


def counted_crowd(file: FilePath, path: Path, span: NightSpan, seed: int) -> Crowd:
    """Draw people from a counter's file. Raises SettingsError."""
    counter, bins = read_night(file, span)
    attribution = f"{ATTRIBUTION}, station {counter.station}; people drawn from quarter hours"
    return Crowd(draw_people(path, bins, seed), attribution)


def typical_crowd(file: FilePath, path: Path, span: NightSpan, seed: int) -> Crowd:
    """Draw people from an hourly traffic profile. Raises SettingsError."""
    profile = load_traffic(file)
    bins = draw_night(profile, span, seed)
    return Crowd(draw_people(path, bins, seed), str(profile.attribution))


def given_crowd(file: FilePath, path: Path) -> Crowd:
    """Read people's trajectories. Raises SettingsError."""
    return Crowd(read_trajectories(file, path))

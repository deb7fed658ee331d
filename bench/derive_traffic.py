"""Derive the hourly traffic profiles of config/traffic from the City of Muenster's counts.

    python bench/derive_traffic.py

reads the raw counts from the folder that CYCLELIGHT_DATA names, else from ../shared/data beside
the project, and writes config/traffic/*.toml, the same bytes every time.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from firmware_sim.counts import STAMP, read_rows

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "config" / "traffic"
DIGITS = 3
FRIDAY = 4


@dataclass(frozen=True)
class Profile:
    """One file to write: the mean weekday of some months at one station."""

    name: str
    counts: str
    months: tuple[int, ...]
    season: str


A5 = "counts/muenster_100053305_kanalpromenade5_adaptive_pilot_2025.csv.gz"
A6 = "counts/muenster_300037936_kanalpromenade6_quiet_2025.csv.gz"
PROFILES = (
    Profile("a5-winter", A5, (1, 12), "January and December 2025"),
    Profile("a6-winter", A6, (1, 12), "January and December 2025"),
    Profile("a5-june", A5, (6,), "June 2025"),
)


def data_folder() -> Path | None:
    """Return the folder of the raw data, None where there is none."""
    named = os.environ.get("CYCLELIGHT_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def derive(profile: Profile, data: Path) -> str:
    """Return the text of one profile."""
    counter, rows = read_rows(data / profile.counts)
    sums = {hour: [0, 0] for hour in range(24)}
    quarters = dict.fromkeys(sums, 0)
    for stamp, both in rows.items():
        when = datetime.strptime(stamp, STAMP)  # noqa: DTZ007 - local wall time, as counted
        if when.month in profile.months and when.weekday() <= FRIDAY:
            quarters[when.hour] += 1
            for direction, cyclists in enumerate(both):
                sums[when.hour][direction] += cyclists
    means = {
        hour: [round(4 * total / quarters[hour], DIGITS) for total in sums[hour]] for hour in sums
    }
    return "\n".join(_lines(profile, counter.station, counter.directions, means)) + "\n"


def _lines(
    profile: Profile, station: str, directions: tuple[str, str], means: dict[int, list[float]]
) -> Iterator[str]:
    yield "# Mean cyclists by hour of the local day and direction. Written by"
    yield "# bench/derive_traffic.py; change that, not this."
    yield f'name = "{profile.name}"'
    yield f'directions = ["{directions[0]}", "{directions[1]}"]'
    yield ""
    yield "[attribution]"
    yield 'publisher = "Stadt Münster"'
    yield 'dataset = "Radverkehrszählstellen"'
    yield 'licence = "Datenlizenz Deutschland - Namensnennung - Version 2.0 (dl-de/by-2-0)"'
    yield 'licence_url = "https://www.govdata.de/dl-de/by-2-0"'
    yield f'station = "{station}"'
    yield (
        f'changes = "mean of Monday to Friday, {profile.season}, from counts of bicycles'
        ' per 15 minutes"'
    )
    for hour, (first, second) in means.items():
        yield ""
        yield "[[hour]]"
        yield f"hour = {hour}"
        yield f"cyclists = [{first}, {second}]"


def main() -> int:
    data = data_folder()
    if data is None:
        print("no raw data: set CYCLELIGHT_DATA to the folder that holds counts/", file=sys.stderr)
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    for profile in PROFILES:
        file = OUT / f"{profile.name}.toml"
        file.write_text(derive(profile, data), encoding="utf-8")
        print(file.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Traffic profiles: mean cyclists by hour of the local day and direction (`config/traffic`).

The files are written by `bench/derive_traffic.py` from the City of Muenster's counts.
"""

from pathlib import Path as FilePath
from random import Random
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from controller.settings.documents import read_document
from controller.settings.faults import SettingsError
from controller.settings.shape import Table, refusal
from controller.settings.translate import findings
from firmware_sim.counts import Bin
from firmware_sim.span import NightSpan, quarter_hours

QUARTERS_PER_HOUR = 4
HOURS_PER_DAY = 24
GREATEST_PER_HOUR = 2000.0

Cyclists = Annotated[float, Field(ge=0, le=GREATEST_PER_HOUR)]


class Attribution(Table):
    """Where the counts come from and what was made of them."""

    publisher: str
    dataset: str
    licence: str
    licence_url: str
    station: str
    changes: str

    def __str__(self) -> str:
        """Return one line that names the source as the licence asks."""
        return (
            f"{self.publisher}, {self.dataset}, {self.licence} ({self.licence_url}),"
            f" {self.station}; {self.changes}"
        )


class Hour(Table):
    """Mean cyclists in the local hour that begins at `hour`, one figure a direction."""

    hour: Annotated[int, Field(ge=0, lt=HOURS_PER_DAY, description="hour of the day, 0 to 23")]
    cyclists: Annotated[
        tuple[Cyclists, Cyclists],
        Field(strict=False, description="mean cyclists in each direction, 0 to 2000"),
    ]


def _every_hour_once(hours: tuple[Hour, ...]) -> tuple[Hour, ...]:
    if [h.hour for h in hours] != list(range(HOURS_PER_DAY)):
        raise refusal("does not have every hour once", "give [[hour]] tables from 0 to 23 in order")
    return hours


class TrafficProfile(Table):
    """A day of mean traffic in two directions."""

    name: str
    directions: Annotated[
        tuple[str, str], Field(strict=False, description="the names of both directions")
    ]
    attribution: Attribution
    hour: Annotated[tuple[Hour, ...], AfterValidator(_every_hour_once)] = Field(strict=False)


def load_traffic(file: FilePath) -> TrafficProfile:
    """Read a traffic profile. Raises SettingsError with every fault of the file."""
    document = read_document(file)
    try:
        return TrafficProfile.model_validate(document)
    except ValidationError as error:
        found = findings(error, TrafficProfile, document)
        raise SettingsError(str(file), found.faults) from None


def draw_night(profile: TrafficProfile, span: NightSpan, seed: int) -> tuple[Bin, ...]:
    """Draw a Poisson number of cyclists for every quarter hour and direction of a night."""
    rng = Random(f"{seed}/traffic")
    bins = []
    for begin in quarter_hours(span):
        means = profile.hour[begin.astimezone(span.timezone).hour].cyclists
        first, second = (poisson(rng, mean / QUARTERS_PER_HOUR) for mean in means)
        bins.append(Bin((begin.timestamp() - span.zero_utc_s,), (first, second)))
    return tuple(bins)


def poisson(rng: Random, mean: float) -> int:
    """Draw a Poisson number by counting exponential gaps, which needs no table and no bound."""
    number, passed = 0, rng.expovariate(1.0)
    while passed <= mean:
        number += 1
        passed += rng.expovariate(1.0)
    return number

"""The profile: what operators may change while the controller runs.

Plain data with the defaults of the field. Whoever builds one from a file or a message validates
it first (`controller.settings.profile`); the core trusts it.
"""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Daylight:
    """When it is dark. The sun decides; a light sensor may only add light, for `advance_s`.

    The mean of the two elevations, -2.25 degrees, gives the 4,156 burn hours a year that
    Muenster publishes. Lux limits: customary switching levels of street lights.
    """

    on_elevation_deg: float = -2.5
    off_elevation_deg: float = -2.0
    on_lux: float = 35.0
    off_lux: float = 50.0
    advance_s: float = 1800.0
    lux_time_constant_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Levels:
    """Luminous flux in percent of full output.

    `safety_floor_pct`: no override takes a lamp below it while somebody is there.
    `fail_safe_pct`: the level where the controller knows too little to dim.
    """

    base_pct: float = 10.0
    presence_pct: float = 100.0
    safety_floor_pct: float = 10.0
    fail_safe_pct: float = 100.0


@dataclass(frozen=True, slots=True)
class Presence:
    """How far light runs ahead and how long it stays.

    `hold_s`: how long light stays where everybody should have left. `slowest_m_s` and
    `fastest_m_s` bound the people whose speed is not known yet. Light runs ahead by the stopping
    sight distance (`reaction_s`, `friction`, at most `preview_cap_m`; AASHTO). `behind_m`: light
    kept behind a person (Haans and de Kort 2012). `calm_s`: a lamp is not dimmed if it will be
    needed again within that time.
    """

    hold_s: float = 0.0
    calm_s: float = 10.0
    behind_m: float = 8.0
    reaction_s: float = 2.5
    friction: float = 0.25
    preview_cap_m: float = 60.0
    slowest_m_s: float = 0.7
    fastest_m_s: float = 8.3
    fade_up_s: float = 1.0
    fade_down_s: float = 3.0


SunEvent = Literal["sunset", "sunrise", "dusk", "dawn"]
"""Sunset and sunrise of the sun's upper edge; dusk and dawn end and begin civil twilight."""


@dataclass(frozen=True, slots=True)
class NightTime:
    """A time of night: minutes after midnight by the wall clock, or from an event of the sun."""

    event: SunEvent | None
    minutes: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds at certain times and places. What is None or empty says nothing.

    `months` from 1, `weekdays` from Monday 0 and `dates` (month and day, first and last) are those
    of the day on which a night begins. `cap_pct` is the most that base and presence may be,
    `colour_k` the colour temperature in kelvin of lamps that can be tuned.
    `nature` marks rules that protect animals.
    """

    name: str
    months: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()
    dates: tuple[tuple[int, int], tuple[int, int]] | None = None
    begin: NightTime | None = None
    end: NightTime | None = None
    sections: tuple[str, ...] = ()
    base_pct: float | None = None
    presence_pct: float | None = None
    cap_pct: float | None = None
    colour_k: float | None = None
    nature: bool = False


@dataclass(frozen=True, slots=True)
class Override:
    """Expiry of what operators order: the default and the greatest."""

    default_s: float = 7200.0
    greatest_s: float = 86400.0


@dataclass(frozen=True, slots=True)
class Privacy:
    """What may be told of people.

    `tell_presence`: that somebody is on a node's stretch. Passages are told in bins of `bin_h`
    hours, and not at all where there were fewer than `least_count`.
    """

    tell_presence: bool = False
    bin_h: int = 1
    least_count: int = 5


BaselineKind = Literal["dusk_to_dawn", "part_night", "half_night", "own"]


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the town would burn without the controller: lamps that are full from dusk to dawn.

    Between `begin` and `end` they are at `level_pct` (0: cut off). `lamp_w`: what such a lamp
    draws at full, None: as much as the one in its place does. Whoever changes what is compared
    with gives it another `version`.
    """

    kind: BaselineKind = "dusk_to_dawn"
    version: int = 1
    begin: NightTime = NightTime(None, 23 * 60)
    end: NightTime = NightTime(None, 5 * 60)
    level_pct: float = 100.0
    lamp_w: float | None = None

    @property
    def label(self) -> str:
        """What it is called in accounts."""
        return f"{self.kind}/{self.version}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A published figure with the year and the source it is quoted from."""

    value: float
    year: int
    source: str


@dataclass(frozen=True, slots=True)
class Profile:
    """All operational settings. `version` is the operator's, 0 for the built-in defaults."""

    version: int = 0
    daylight: Daylight = field(default_factory=Daylight)
    levels: Levels = field(default_factory=Levels)
    presence: Presence = field(default_factory=Presence)
    rules: tuple[Rule, ...] = ()
    override: Override = field(default_factory=Override)
    privacy: Privacy = field(default_factory=Privacy)
    baseline: Baseline = field(default_factory=Baseline)
    co2_g_per_kwh: Figure = Figure(363.0, 2024, "Umweltbundesamt, German electricity mix")
    price_per_kwh: Figure = Figure(0.30, 2025, "assumption, EUR")

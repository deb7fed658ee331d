"""The profile: a TOML file on disk, JSON in MQTT; the same rules for both.

Every setting may be left out: its default is the one of `controller.core.profile`.
"""

import dataclasses
import pathlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationError

from controller.core import profile as core
from controller.core.path import Path
from controller.settings.baseline import (
    BaselineSettings,
    baseline_document,
    baseline_faults,
    core_baseline,
)
from controller.settings.documents import Document, read_document
from controller.settings.entries import Entry
from controller.settings.faults import Fault, SettingsError, first_faults
from controller.settings.rule_checks import rule_faults
from controller.settings.rules import MOST_RULES, RuleSettings, core_rule, rule_document
from controller.settings.shape import Loc, Table
from controller.settings.translate import Findings, findings

GREATEST_VERSION = 2**53 - 1
"""The greatest whole number that every JSON reader keeps exactly."""

LEAST_FLOOR_PCT = 5.0
"""Some light for whoever is there, whatever an operator sets."""

LEAST_COUNT = 5
"""Of fewer passages somebody who knows the place could say whose they are."""

_DEFAULT = core.Profile()
_Model = TypeVar("_Model", bound="ProfileSettings")

Level = Annotated[
    float, Field(ge=0, le=100, description="luminous flux in percent of full output, 0 to 100")
]
Elevation = Annotated[
    float, Field(ge=-18, le=0, description="elevation of the sun in degrees, -18 to 0")
]
Lux = Annotated[float, Field(gt=0, le=1000, description="lux, above 0 and up to 1000")]
FadeTime = Annotated[float, Field(ge=0, le=60, description="seconds, 0 to 60")]
OrderTime = Annotated[float, Field(gt=0, le=86400, description="seconds, above 0 up to 86400")]


class Daylight(Table):
    """When it is dark: the sun decides, a light sensor may add light."""

    on_elevation_deg: Elevation = _DEFAULT.daylight.on_elevation_deg
    off_elevation_deg: Elevation = _DEFAULT.daylight.off_elevation_deg
    on_lux: Lux = _DEFAULT.daylight.on_lux
    off_lux: Lux = _DEFAULT.daylight.off_lux
    advance_s: float = Field(
        default=_DEFAULT.daylight.advance_s,
        ge=0,
        le=3600,
        description="seconds by which a light sensor may lengthen the night at each end, 0 to 3600",
    )
    lux_time_constant_s: float = Field(
        default=_DEFAULT.daylight.lux_time_constant_s,
        ge=0,
        le=3600,
        description="seconds over which lux readings are smoothed, 0 to 3600",
    )


class Levels(Table):
    """How bright, in percent of full luminous flux."""

    base_pct: Level = _DEFAULT.levels.base_pct
    presence_pct: Level = _DEFAULT.levels.presence_pct
    safety_floor_pct: float = Field(
        default=_DEFAULT.levels.safety_floor_pct,
        ge=LEAST_FLOOR_PCT,
        le=100,
        description="luminous flux in percent of full output, 5 to 100: nobody is left in the dark",
    )
    fail_safe_pct: Level = _DEFAULT.levels.fail_safe_pct


class Presence(Table):
    """How far light runs ahead of people and how long it stays."""

    hold_s: float = Field(
        default=_DEFAULT.presence.hold_s,
        ge=0,
        le=3600,
        description="seconds that light stays where everybody should have left, 0 to 3600",
    )
    calm_s: float = Field(
        default=_DEFAULT.presence.calm_s,
        ge=0,
        le=60,
        description="a lamp needed again within so many seconds is not dimmed, 0 to 60",
    )
    behind_m: float = Field(
        default=_DEFAULT.presence.behind_m,
        ge=0,
        le=100,
        description="metres lit behind a person, 0 to 100",
    )
    reaction_s: float = Field(
        default=_DEFAULT.presence.reaction_s,
        ge=0,
        le=10,
        description="seconds a rider needs to react, 0 to 10",
    )
    friction: float = Field(
        default=_DEFAULT.presence.friction,
        ge=0.05,
        le=1,
        description="braking friction of the wet surface, 0.05 to 1",
    )
    preview_cap_m: float = Field(
        default=_DEFAULT.presence.preview_cap_m,
        ge=0,
        le=300,
        description="metres that light runs ahead at most, 0 to 300",
    )
    slowest_m_s: float = Field(
        default=_DEFAULT.presence.slowest_m_s,
        ge=0.2,
        le=15,
        description="speed of the slowest people served in m/s, from 0.2",
    )
    fastest_m_s: float = Field(
        default=_DEFAULT.presence.fastest_m_s,
        ge=0.2,
        le=15,
        description="speed of the fastest people served in m/s, up to 15",
    )
    fade_up_s: FadeTime = _DEFAULT.presence.fade_up_s
    fade_down_s: FadeTime = _DEFAULT.presence.fade_down_s


class Override(Table):
    """How long an operator's order lasts."""

    default_s: OrderTime = _DEFAULT.override.default_s
    greatest_s: OrderTime = _DEFAULT.override.greatest_s


class Privacy(Table):
    """What may be told of people."""

    tell_presence: bool = Field(
        default=_DEFAULT.privacy.tell_presence,
        description="whether Home Assistant is shown that somebody is on a node's stretch",
    )
    bin_h: Literal[1, 2, 3, 4, 6, 8, 12, 24] = Field(
        default=1, description="hours for which passages are counted together, from 1 up to 24"
    )
    least_count: int = Field(
        default=_DEFAULT.privacy.least_count,
        ge=LEAST_COUNT,
        le=1000,
        description=f"fewer passages than this in a bin are not told, {LEAST_COUNT} to 1000",
    )


class Figure(Table):
    """A published figure, never without its year and source."""

    value: float = Field(ge=0, le=10_000, description="the figure, 0 to 10000")
    year: int = Field(ge=1990, le=2100, description="the year the figure holds for")
    source: str = Field(min_length=1, max_length=200, description="who published the figure")


def _figure(figure: core.Figure) -> Figure:
    return Figure(**dataclasses.asdict(figure))


class ProfileSettings(Table):
    """The operator's settings: what a profile says besides its version."""

    daylight: Daylight = Daylight()
    levels: Levels = Levels()
    presence: Presence = Presence()
    rules: tuple[RuleSettings, ...] = Field(
        default=(),
        strict=False,
        max_length=MOST_RULES,
        description=f"[[rules]] tables, at most {MOST_RULES}: the general first, exceptions below",
    )
    override: Override = Override()
    privacy: Privacy = Privacy()
    baseline: BaselineSettings = BaselineSettings()
    co2_g_per_kwh: Figure = Field(
        default=_figure(_DEFAULT.co2_g_per_kwh),
        description="grams of CO2 per kWh: { value = ..., year = ..., source = ... }",
    )
    price_per_kwh: Figure = Field(
        default=_figure(_DEFAULT.price_per_kwh),
        description="price per kWh: { value = ..., year = ..., source = ... }",
    )


class ProfileFile(ProfileSettings):
    """A profile file."""

    version: int = Field(
        default=_DEFAULT.version,
        ge=0,
        le=GREATEST_VERSION,
        description="the operator's number of this profile, a whole number from 0",
    )


def load_profile(file: pathlib.Path, path: Path | None = None) -> core.Profile:
    """Read a profile file, for a certain path or for any.

    Raises SettingsError with every fault of the file, and of its rules on that path.
    """
    return _core_profile(_validated(ProfileFile, read_document(file), str(file), path))


def parse_profile(
    data: object, *, version: int, source: str, path: Path | None = None
) -> core.Profile:
    """Make a profile of data as JSON gives them, for a certain path or for any.

    The version stands outside. `source` is the topic they came on. Raises SettingsError with every
    fault of the data, and of the rules on that path.
    """
    settings = _validated(ProfileSettings, data, source, path)
    return dataclasses.replace(_core_profile(settings), version=version)


def profile_document(profile: core.Profile) -> Document:
    """Give what `parse_profile` would make this profile of, as JSON can carry it."""
    document = dataclasses.asdict(profile)
    del document["version"]
    document["rules"] = [rule_document(rule) for rule in profile.rules]
    document["baseline"] = baseline_document(profile.baseline)
    return document


def _validated(model: type[_Model], data: object, source: str, path: Path | None) -> _Model:
    found = Findings()
    try:
        settings = model.model_validate(data)
    except ValidationError as error:
        settings = None
        found = findings(error, model, data)
    contradictions = _contradictions(data, found.unsound, path) if isinstance(data, Mapping) else ()
    faults = first_faults(found.faults, contradictions)
    if settings is None or faults:
        raise SettingsError(source, faults)
    return settings


_ASCENDING = (
    ("levels", "base_pct", "presence_pct"),
    ("levels", "safety_floor_pct", "presence_pct"),
    ("levels", "base_pct", "fail_safe_pct"),
    ("levels", "safety_floor_pct", "fail_safe_pct"),
    ("daylight", "on_elevation_deg", "off_elevation_deg"),
    ("presence", "slowest_m_s", "fastest_m_s"),
    ("override", "default_s", "greatest_s"),
)
"""Pairs of settings of a table of which the first may at most equal the second."""


def _contradictions(
    document: Mapping[str, object], unsound: frozenset[Loc], path: Path | None
) -> Iterator[Fault]:
    """Give what cannot hold together, where both values are sound or left to their defaults."""
    for table, lower, upper in _ASCENDING:
        section = Entry(document, (table,), unsound)
        low, high = _effective(section, lower), _effective(section, upper)
        if low is not None and high is not None and low > high:
            problem = f"{low:g} is above {upper} ({high:g})"
            yield Fault(section.place(lower), problem, f"lower it, or raise {upper}")
    daylight = Entry(document, ("daylight",), unsound)
    on_lux, off_lux = _effective(daylight, "on_lux"), _effective(daylight, "off_lux")
    if on_lux is not None and off_lux is not None and on_lux >= off_lux:
        problem = f"{on_lux:g} is not below off_lux ({off_lux:g})"
        hint = "leave room between them, or lamps switch to and fro at dusk"
        yield Fault(daylight.place("on_lux"), problem, hint)
    yield from baseline_faults(document, unsound)
    yield from rule_faults(document, unsound, path)


def _effective(section: Entry, name: str) -> float | None:
    """Give a value, or its default where the document leaves it out; None where it is faulty."""
    default = getattr(getattr(_DEFAULT, str(section.loc[0])), name)
    return section.number_or(name, float(default))


def _core_profile(settings: ProfileSettings) -> core.Profile:
    return core.Profile(
        version=settings.version if isinstance(settings, ProfileFile) else _DEFAULT.version,
        daylight=core.Daylight(**settings.daylight.model_dump()),
        levels=core.Levels(**settings.levels.model_dump()),
        presence=core.Presence(**settings.presence.model_dump()),
        rules=tuple(core_rule(rule) for rule in settings.rules),
        override=core.Override(**settings.override.model_dump()),
        privacy=core.Privacy(**settings.privacy.model_dump()),
        baseline=core_baseline(settings.baseline),
        co2_g_per_kwh=core.Figure(**settings.co2_g_per_kwh.model_dump()),
        price_per_kwh=core.Figure(**settings.price_per_kwh.model_dump()),
    )

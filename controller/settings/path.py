"""The path file: what was built along the path, and where."""

import itertools
import pathlib
import zoneinfo
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from controller.core import path as core
from controller.settings.documents import Document, read_document
from controller.settings.faults import SettingsError, first_faults, nearest
from controller.settings.path_rules import path_faults
from controller.settings.shape import Identifier, Table, TopicIdentifier, refusal
from controller.settings.translate import Findings, findings

MOST_ENTRIES = 2000


def _known_timezone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        hint = nearest(name, zoneinfo.available_timezones())
        raise refusal("is not a time zone", hint) from None
    return name


def _rising_table(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    fluxes = [flux_pct for flux_pct, _ in points]
    powers = [power_w for _, power_w in points]
    if (fluxes[0], fluxes[-1]) != (0, 100):
        problem = f"runs from {fluxes[0]:g} to {fluxes[-1]:g} % of flux"
        raise refusal(problem, "the first point is at 0, the last at 100")
    if any(later <= earlier for earlier, later in itertools.pairwise(fluxes)):
        raise refusal("is not sorted by flux", "let each point have more flux than the one before")
    if any(later < earlier for earlier, later in itertools.pairwise(powers)):
        raise refusal("has power falling while flux rises", "measure again, or swap the values")
    return points


def _warm_first(range_k: tuple[float, float]) -> tuple[float, float]:
    if range_k[0] >= range_k[1]:
        raise refusal("does not go from warm to cold", "warm light has fewer kelvin: [2200, 4000]")
    return range_k


Timezone = Annotated[str, Field(max_length=64), AfterValidator(_known_timezone)]
Chainage = Annotated[
    float, Field(ge=0, description="metres along the section, from the junction it comes from")
]
Percent = Annotated[float, Field(ge=0, le=100)]
Kelvin = Annotated[float, Field(ge=1500, le=10_000)]
Watts = Annotated[float, Field(ge=0, le=1000)]
Point = Annotated[tuple[Percent, Watts], Field(strict=False)]


class Header(Table):
    """Whose path it is and where on earth."""

    tenant: TopicIdentifier
    id: TopicIdentifier
    name: str = Field(min_length=1, max_length=100, description="the path's name for people")
    latitude: float = Field(ge=-90, le=90, description="degrees north, -90 to 90")
    longitude: float = Field(ge=-180, le=180, description="degrees east, -180 to 180")
    timezone: Timezone = Field(description='a name of the IANA list, like "Europe/Berlin"')


class Junction(Table):
    """A place where sections begin, end or meet."""

    id: Identifier


class Section(Table):
    """A stretch of path between two junctions."""

    id: Identifier
    start: Identifier = Field(alias="from", description="the junction at 0 m")
    end: Identifier = Field(alias="to", description="the junction at the far end")
    length_m: float = Field(gt=0, le=100_000, description="metres, above 0 and up to 100000")
    width_m: float | None = Field(
        default=None,
        gt=0,
        le=100,
        description="metres of width to be lit, above 0 up to 100; leave it out if unknown",
    )
    illuminance_lx: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="mean lux on the path with all lamps at full light, above 0 up to 1000; leave "
        "it out if unknown",
    )


class Node(Table):
    """One controller."""

    id: TopicIdentifier
    controller_w: float = Field(
        default=core.Node("").controller_w,
        ge=0,
        le=100,
        description="watts the controller itself draws, around the clock, 0 to 100",
    )


class Power(Table):
    """What a lamp draws: when off, and at points of (flux in %, W), linear between them."""

    standby_w: Watts = Field(description="watts while the lamp is off, 0 to 1000")
    points: Annotated[tuple[Point, ...], AfterValidator(_rising_table)] = Field(
        strict=False,
        min_length=2,
        max_length=101,
        description="points of [flux in %, watts], rising from 0 to 100 %",
    )


class Lamp(Table):
    """One luminaire."""

    id: Identifier
    section: Identifier
    at_m: Chainage
    node: Identifier = Field(description="the node that drives the lamp")
    rated_w: float = Field(gt=0, le=1000, description="watts at full light, above 0 up to 1000")
    power: Power | None = Field(
        default=None, description="a measured table { standby_w = ..., points = [[0, ...], ...] }"
    )
    cct_k: (
        Annotated[tuple[Kelvin, Kelvin], Field(strict=False), AfterValidator(_warm_first)] | None
    ) = Field(
        default=None,
        description="[warm, cold] in kelvin, 1500 to 10000, of a lamp that can be tuned",
    )


class MotionSensor(Table):
    """One motion sensor."""

    id: Identifier
    section: Identifier
    at_m: Chainage
    node: Identifier = Field(description="the node that the sensor is wired to")
    reach_m: float = Field(gt=0, le=100, description="metres it sees, above 0 up to 100")


class LightSensor(Table):
    """One light sensor."""

    id: Identifier
    node: Identifier = Field(description="the node that the sensor is wired to")


class PathFile(Table):
    """A whole path file."""

    path: Header = Field(description="add a table [path]: tenant, id, name, place, time zone")
    junction: tuple[Junction, ...] = Field(
        strict=False, min_length=1, max_length=MOST_ENTRIES, description="add [[junction]] tables"
    )
    section: tuple[Section, ...] = Field(
        strict=False, min_length=1, max_length=MOST_ENTRIES, description="add [[section]] tables"
    )
    node: tuple[Node, ...] = Field(
        strict=False, min_length=1, max_length=MOST_ENTRIES, description="add [[node]] tables"
    )
    lamp: tuple[Lamp, ...] = Field(
        strict=False,
        min_length=1,
        max_length=MOST_ENTRIES,
        description=f"add [[lamp]] tables, at most {MOST_ENTRIES}",
    )
    motion_sensor: tuple[MotionSensor, ...] = Field(
        default=(), strict=False, max_length=MOST_ENTRIES, description="[[motion_sensor]] tables"
    )
    light_sensor: tuple[LightSensor, ...] = Field(
        default=(), strict=False, max_length=MOST_ENTRIES, description="[[light_sensor]] tables"
    )


def load_path(file: pathlib.Path) -> core.Path:
    """Read a path file.

    Raises SettingsError with every fault of the file.
    """
    return path_from(read_document(file), source=str(file))


def path_from(document: Document, *, source: str) -> core.Path:
    """Make a path of a document in the layout of a path file; else as `load_path`."""
    found = Findings()
    try:
        model = PathFile.model_validate(document)
    except ValidationError as error:
        model = None
        found = findings(error, PathFile, document)
    faults = first_faults(found.faults, path_faults(document, found.unsound))
    if model is None or faults:
        raise SettingsError(source, faults)
    return _core_path(model)


def _core_path(model: PathFile) -> core.Path:
    header = model.path
    return core.Path(
        tenant=header.tenant,
        id=header.id,
        name=header.name,
        latitude_deg=header.latitude,
        longitude_deg=header.longitude,
        timezone=header.timezone,
        junctions=tuple(junction.id for junction in model.junction),
        sections=tuple(core.Section(**section.model_dump()) for section in model.section),
        nodes=tuple(core.Node(**node.model_dump()) for node in model.node),
        lamps=tuple(_core_lamp(lamp) for lamp in model.lamp),
        motion_sensors=tuple(core.MotionSensor(**one.model_dump()) for one in model.motion_sensor),
        light_sensors=tuple(core.LightSensor(**one.model_dump()) for one in model.light_sensor),
    )


def _core_lamp(lamp: Lamp) -> core.Lamp:
    power = core.PowerTable.for_rated(lamp.rated_w)
    if lamp.power is not None:
        power = core.PowerTable(lamp.power.standby_w, lamp.power.points)
    return core.Lamp(lamp.id, lamp.section, lamp.at_m, lamp.node, lamp.rated_w, power, lamp.cct_k)

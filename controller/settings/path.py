"""The path file: what was built along the path, and where."""

import pathlib
import zoneinfo
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from controller.core import path as core
from controller.settings.documents import Document, read_document
from controller.settings.faults import SettingsError, first_faults, nearest
from controller.settings.path_lamp import Chainage, Lamp, core_lamp
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


Timezone = Annotated[str, Field(max_length=64), AfterValidator(_known_timezone)]


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
        lamps=tuple(core_lamp(lamp) for lamp in model.lamp),
        motion_sensors=tuple(core.MotionSensor(**one.model_dump()) for one in model.motion_sensor),
        light_sensors=tuple(core.LightSensor(**one.model_dump()) for one in model.light_sensor),
    )

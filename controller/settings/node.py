"""The node file: where one Raspberry Pi keeps its things and how everything is wired to it.

The environment overrides the file: `CYCLELIGHT_MQTT__HOST=broker` sets `mqtt.host`.
"""

import pathlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from controller.core.state import RECORD_S
from controller.settings.documents import Document, read_document
from controller.settings.environment import PREFIX, SEPARATOR, overridden
from controller.settings.faults import Fault, SettingsError, first_faults
from controller.settings.meter_rules import meter_faults
from controller.settings.node_rules import CREDENTIALS, node_faults
from controller.settings.shape import Identifier, Loc, Table
from controller.settings.translate import Findings, findings
from controller.settings.wiring import LampWiring, LightWiring, MeterWiring, MotionWiring

PLAIN_PORT = 1883
TLS_PORT = 8883
TLS_FILES = ("ca_file", "cert_file", "key_file")

FileName = Annotated[
    pathlib.Path,
    Field(strict=False, description="a file name, absolute or seen from the node file"),
]
ShortText = Annotated[str, Field(min_length=1, max_length=255)]


class Clock(Table):
    """When the wall clock may be believed."""

    trust: Literal["kernel", "always"] = Field(
        default="kernel",
        description="kernel: only while the kernel calls the clock synchronised; or always",
    )


class Ledger(Table):
    """How energy is written down."""

    record_s: float = Field(
        default=RECORD_S,
        ge=1,
        le=3600,
        description="seconds of an energy record, 1 to 3600; records end at multiples of it by UTC",
    )


def _usual_port(mqtt: Mapping[str, object]) -> int:
    return TLS_PORT if any(mqtt.get(name) for name in TLS_FILES) else PLAIN_PORT


class Mqtt(Table):
    """The broker and how to get in."""

    host: ShortText = Field(description="the broker's name or address")
    protocol: Literal["auto", "5", "3.1.1"] = Field(
        default="auto", description="the MQTT version, in quotes; auto takes 5 where it can"
    )
    username: ShortText | None = Field(default=None, description="the broker's name for this node")
    password_file: FileName | None = None
    ca_file: FileName | None = None
    cert_file: FileName | None = None
    key_file: FileName | None = None
    keepalive_s: int = Field(
        default=12,
        ge=5,
        le=600,
        description="whole seconds, 5 to 600; a dead link shows after twice as long",
    )
    port: int = Field(
        default_factory=_usual_port,
        ge=1,
        le=65535,
        description=f"1 to 65535; left out: {PLAIN_PORT}, with TLS files {TLS_PORT}",
    )


class NodeSettings(BaseSettings):
    """A whole node file. `load_node` gives one with every file name made absolute."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        case_sensitive=True,
        env_prefix=PREFIX,
        env_nested_delimiter=SEPARATOR,
    )

    path_file: FileName
    node: Identifier = Field(description="the id this node has in the path file")
    state_dir: FileName = Field(
        description="a folder for the ledger and the last profile, absolute or seen from this file"
    )
    profile_file: FileName | None = None
    clock: Clock = Clock()
    ledger: Ledger = Ledger()
    mqtt: Mqtt | None = Field(default=None, description="a table [mqtt] with at least host")
    lamps: dict[Identifier, LampWiring] = Field(
        default_factory=dict, description='tables [lamps.ID] with a kind, like "gpio_pwm"'
    )
    motion: dict[Identifier, MotionWiring] = Field(
        default_factory=dict, description='tables [motion.ID] with a kind, like "gpio"'
    )
    light: dict[Identifier, LightWiring] = Field(
        default_factory=dict, description='tables [light.ID] with a kind, like "bh1750"'
    )
    meter: dict[Identifier, MeterWiring] = Field(
        default_factory=dict, description='tables [meter.ID] with a kind, like "ina226"'
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let nothing in behind the caller's back: `load_node` is given the environment."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class NodeReading:
    """All that a node file and its overrides say, sound or not.

    `settings` is None where the structure is at fault; what is sound of `document` can still be
    compared with other files.
    """

    document: Document
    unsound: frozenset[Loc]
    faults: tuple[Fault, ...]
    settings: NodeSettings | None


def load_node(file: pathlib.Path, environ: Mapping[str, str]) -> NodeSettings:
    """Read a node file under the environment's overrides.

    File names in the result are absolute. Raises SettingsError with every fault of the file and
    of the environment.
    """
    reading = read_node(file, environ)
    if reading.settings is None or reading.faults:
        raise SettingsError(str(file), reading.faults)
    return reading.settings


def read_node(file: pathlib.Path, environ: Mapping[str, str]) -> NodeReading:
    """Read what can be read of a node file. Raises SettingsError if that is nothing."""
    overrides = overridden(NodeSettings, read_document(file), environ)
    found = Findings()
    folder = file.absolute().parent
    try:
        settings = _anchored(_validated(overrides.document), folder)
    except ValidationError as error:
        settings = None
        found = findings(error, NodeSettings, overrides.document, overrides.origin)
    rules = node_faults(overrides.document, found.unsound, folder)
    metering = meter_faults(overrides.document, found.unsound)
    faults = first_faults(overrides.faults, found.faults, rules, metering)
    return NodeReading(overrides.document, found.unsound, tuple(faults), settings)


def _validated(document: Document) -> NodeSettings:
    # As a source, because BaseSettings takes arguments with an underscore as its own.
    source = InitSettingsSource(NodeSettings, document)
    return NodeSettings(_build_sources=((source,), {}))


def _anchored(settings: NodeSettings, folder: pathlib.Path) -> NodeSettings:
    """Make the file names absolute. They are valid, so the copies need no validation."""
    mqtt = settings.mqtt
    if mqtt is not None:
        mqtt = mqtt.model_copy(update=_absolute(mqtt, CREDENTIALS, folder))
    names = _absolute(settings, ("path_file", "state_dir", "profile_file"), folder)
    return settings.model_copy(update={**names, "mqtt": mqtt})


def _absolute(
    table: BaseModel, names: tuple[str, ...], folder: pathlib.Path
) -> dict[str, pathlib.Path]:
    given = {name: getattr(table, name) for name in names}
    return {name: folder / value for name, value in given.items() if value is not None}

"""The payloads of commands and their replies, and of a light switched in Home Assistant.

A command is `{id, name, args, expires_at}`. What `args` may hold depends on the name; every command
gets a reply on the node's `reply` topic, and one that is refused changes nothing.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BeforeValidator, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from controller.mqtt.config import Trouble
from controller.mqtt.payloads import Name, Payload, Percent, Seconds, Timestamp, parse

COMMAND_LIMIT_BYTES = 8 * 1024
MOST_LAMPS = 500
GREATEST_OVERRIDE_S = 86400.0
GREATEST_EMERGENCY_S = 43200.0
GREATEST_IDENTIFY_S = 600.0

CommandName = Literal[
    "override", "clear_override", "emergency", "explain", "identify", "selftest", "report", "ping"
]


# Python reads more than that: weeks, days of the year, times without seconds.
_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def _moment(value: object) -> object:
    """Read RFC 3339; a number, which may be anything, is not taken for a time."""
    if not isinstance(value, str) or _RFC_3339.fullmatch(value) is None:
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return value  # a day that no calendar has


RungName = Literal["emergency", "fail_safe", "override", "presence", "base", "day"]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
Level = Annotated[
    float, Field(ge=0.0, le=100.0, description="luminous flux in percent of full output")
]
Lamps = Annotated[
    list[Name], Field(min_length=1, max_length=MOST_LAMPS, description="left out: every lamp")
]


Kelvin = Annotated[float, Field(ge=1500, le=6500)]


class Command(Payload):
    """`command`: what an operator wants done now.

    `id`: any text of the sender's, never used twice. After `expires_at` it is not carried out any
    more; without it the command does not expire, but it is never carried out from a retained
    message.
    """

    id: Name
    name: CommandName
    args: dict[str, JsonValue] = Field(default_factory=dict)
    expires_at: Moment | None = None


class OverrideArgs(Payload):
    """Take lamps to a level. Without `duration_s` for the profile's default time."""

    lamps: Lamps | None = None
    level_pct: Level
    duration_s: Annotated[float, Field(gt=0.0, le=GREATEST_OVERRIDE_S)] | None = None


class ClearOverrideArgs(Payload):
    """Hand lamps back to automatic control."""

    lamps: Lamps | None = None


class EmergencyArgs(Payload):
    """Full light above everything, or (`active` false) its end before its time."""

    active: bool = True
    duration_s: Annotated[float, Field(gt=0.0, le=GREATEST_EMERGENCY_S)] | None = None


class ExplainArgs(Payload):
    """Say why a lamp is as it is."""

    lamp: Name


class IdentifyArgs(Payload):
    """Let a lamp pulse calmly, to find it outside."""

    lamp: Name
    duration_s: Annotated[float, Field(gt=0.0, le=GREATEST_IDENTIFY_S)] = 30.0


class NoArgs(Payload):
    """Of commands that need nothing further."""


ARGUMENTS: Mapping[CommandName, type[Payload]] = MappingProxyType(
    {
        "override": OverrideArgs,
        "clear_override": ClearOverrideArgs,
        "emergency": EmergencyArgs,
        "explain": ExplainArgs,
        "identify": IdentifyArgs,
        "selftest": NoArgs,
        "report": NoArgs,
        "ping": NoArgs,
    }
)


class Reply(Payload):
    """`reply`: the answer to the command `id`, None where none could be read.

    `result` depends on the command's name: see the models below. `errors` are empty if `ok`.
    """

    id: Name | None
    ok: bool
    result: dict[str, JsonValue] | None = None
    errors: tuple[Trouble, ...] = ()


class OrderResult(Payload):
    """Of `override`, `clear_override`, `emergency` and `identify`: which lamps, and until when.

    `until` is None without a trusted clock, and of what has just ended; `seconds` is None then too.
    """

    lamps: list[Name]
    seconds: Seconds | None = None
    until: Timestamp | None = None


class ProposalReport(Payload):
    """What one rung of the ladder wants of a lamp: see `docs/mqtt.md` for the rungs.

    `rule`: the rule of the profile that says so, empty if none does.
    """

    rung: RungName
    level_pct: Percent
    reason: str
    rule: str = ""
    until: Timestamp | None = None


class ExplainResult(Payload):
    """Of `explain`: who won, who lost, and what they were decided on.

    `colour_k`: the colour temperature in kelvin that a rule of the profile wants, null without one.
    """

    lamp: Name
    level_pct: Percent
    colour_k: Kelvin | None
    winner: ProposalReport
    losers: list[ProposalReport]
    dark: bool
    daylight: str
    unknown: str
    profile_version: int


class SelftestResult(Payload):
    """Of `selftest`: what the node can say of itself without changing any light."""

    lamps: dict[Name, Literal["driven", "not_driven"]]
    sensors: dict[Name, Literal["read", "unreadable"]]
    neighbours: dict[Name, Literal["online", "silent"]]
    clock_trusted: bool
    store: Literal["writable", "failing"]


class PingResult(Payload):
    """Of `ping`."""

    at: Timestamp | None
    uptime_s: Seconds
    version: str


class LampSet(Payload):
    """`lamp/{lamp}/set`: a light switched in Home Assistant.

    An override with the default expiry; `effect: automatic` ends it. `OFF` is level 0, `ON` without
    `brightness` full light. `transition` and `flash`, which some versions of Home Assistant send to
    every light, are ignored: the profile's fades hold.
    """

    state: Literal["ON", "OFF"] | None = None
    brightness: Annotated[int, Field(ge=0, le=100)] | None = None
    effect: Literal["automatic"] | None = None
    transition: float | None = None
    flash: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.state is None and self.effect is None:
            raise PydanticCustomError("nothing", "needs state or effect")
        return self


def parse_lamp_set(data: bytes) -> LampSet:
    """Read what Home Assistant wants of a lamp; raises PayloadError for anything else."""
    return parse(LampSet, data, COMMAND_LIMIT_BYTES)

"""The payloads of every topic. What comes in is read strictly, what goes out is bounded.

Numbers are rounded to what is worth telling; times are RFC 3339 with an offset, or null while
the clock is not to be trusted.
"""

from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from controller.mqtt.wire import GREATEST_INTEGER, PayloadError, decode_json, encode_json

ONLINE = b"online"
OFFLINE = b"offline"

PASSAGE_LIMIT_BYTES = 512

GREATEST_AGE_S = 5.0
"""Where somebody was longer ago than this says nothing about where they are now."""

GREATEST_STAY_S = 86400.0
"""The longest that somebody is told to have been at a sensor."""

_LONGEST_TEXT = 300


def _rounded(digits: int) -> AfterValidator:
    # Adding zero turns the -0.0 that rounding may leave into 0.0.
    return AfterValidator(lambda value: round(value, digits) + 0.0)


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 3] + "..."


Percent = Annotated[float, _rounded(1)]
Watts = Annotated[float, _rounded(2)]
WattHours = Annotated[float, _rounded(3)]
Seconds = Annotated[float, _rounded(1)]
Fine = Annotated[float, _rounded(4)]
Share = Annotated[float, Field(ge=0.0, le=1.0), _rounded(4)]
Clipped = Annotated[str, AfterValidator(_clipped)]
Timestamp = Annotated[AwareDatetime, PlainSerializer(lambda at: at.isoformat(timespec="seconds"))]
Count = Annotated[int, Field(ge=0, le=GREATEST_INTEGER)]
OrderName = Literal["automatic", "override", "emergency"]
LONGEST_NAME = 64
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class Payload(BaseModel):
    """What all payloads have in common: frozen, strict, no unknown fields, finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def to_bytes(self) -> bytes:
        """Compact UTF-8 JSON; equal payloads give equal bytes."""
        return encode_json(self.model_dump(mode="json"))


_PayloadT = TypeVar("_PayloadT", bound=Payload)


class DaylightReport(Payload):
    """Whether it is dark, which rule says so, and what it was decided on."""

    dark: bool
    reason: str
    sun_elevation_deg: Annotated[float, _rounded(2)] | None
    lux: Annotated[float, _rounded(1)] | None


class LampReport(Payload):
    """What a lamp should do, is believed to do and draws, and why.

    `until`: when the order of an operator ends, None if no order decides.
    """

    target_pct: Percent
    level_pct: Percent
    power_w: Watts
    reason: str
    until: Timestamp | None = None


class StatePayload(Payload):
    """`state`: the node as a whole; lamps by their identifiers."""

    at: Timestamp | None
    clock_trusted: bool
    uptime_s: Seconds
    version: str
    daylight: DaylightReport
    profile_version: Count
    alarms: tuple[str, ...] = ()
    lamps: dict[str, LampReport]


class LampStatePayload(Payload):
    """`lamp/{lamp}/state`: the JSON light of Home Assistant with a brightness scale of 100.

    `effect` is `automatic` while no operator has ordered anything, else what was ordered.
    """

    state: Literal["ON", "OFF"]
    brightness: Annotated[int, Field(ge=0, le=100)]
    effect: OrderName

    @classmethod
    def of_level(cls, level_pct: float, effect: OrderName) -> Self:
        """Describe a lamp at `level_pct`; one that is lit at all has a brightness of at least 1."""
        if level_pct <= 0.0:
            return cls(state="OFF", brightness=0, effect=effect)
        return cls(state="ON", brightness=min(100, max(1, round(level_pct))), effect=effect)


class LampEnergyTotal(Payload):
    """Totals of one lamp. `bright_s`: the time with more than a quarter of full light."""

    active_energy_wh: WattHours
    baseline_wh: WattHours
    saved_wh: WattHours
    burn_s: Seconds
    bright_s: Seconds
    switches: Count


class EnergyTotalPayload(Payload):
    """`energy/total`: sums over the node's lamps, `overhead_wh` for the controller itself."""

    active_energy_wh: WattHours
    baseline_wh: WattHours
    saved_wh: WattHours
    overhead_wh: WattHours
    burn_s: Seconds
    bright_s: Seconds
    switches: Count
    since: Timestamp | None
    lamps: dict[str, LampEnergyTotal]


class PassagePayload(Payload):
    """`passage`: what a motion sensor sees.

    `active`: somebody has been at `sensor` for `age_s` seconds; otherwise somebody was there, and
    was last seen `age_s` seconds ago. `boot` and `seq` identify the announcement: within one boot
    of the sender `seq` only grows.
    """

    sensor: Name
    boot: Annotated[str, Field(min_length=1, max_length=36)]
    seq: Count
    active: bool = False
    age_s: Annotated[float, Field(ge=0.0, le=GREATEST_STAY_S), _rounded(3)]

    @field_validator("age_s")
    @classmethod
    def _is_worth_telling(cls, age_s: float, info: ValidationInfo) -> float:
        if age_s > GREATEST_AGE_S and not info.data.get("active"):
            raise PydanticCustomError(
                "stale",
                "Input should be less than or equal to {most} unless somebody is there (active)",
                {"most": f"{GREATEST_AGE_S:g}"},
            )
        return age_s


def parse_passage(data: bytes) -> PassagePayload:
    """Read a neighbour's announcement; raises PayloadError for anything that is not one."""
    return parse(PassagePayload, data, PASSAGE_LIMIT_BYTES)


def parse_availability(data: bytes) -> bool:
    """Read whether a node is there; raises PayloadError for what says neither.

    No payload means that the retained word was removed: nobody says that the node is there.
    """
    if data not in (ONLINE, OFFLINE, b""):
        raise PayloadError(f"{data[:20]!a} is neither {ONLINE.decode()!r} nor {OFFLINE.decode()!r}")
    return data == ONLINE


def parse(model: type[_PayloadT], data: bytes, limit_bytes: int) -> _PayloadT:
    """Read a payload of one kind; raises PayloadError for anything else."""
    value = decode_json(data, limit_bytes=limit_bytes)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise PayloadError(_in_one_line(error)) from None


def place_of(loc: tuple[str | int, ...]) -> str:
    """Name a place in a payload; empty for the whole of it.

    Names are somebody else's text: nothing in them is to upset a terminal.
    """
    return ascii(".".join(str(step)[:40] for step in loc))[1:-1]


def _in_one_line(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    first = faults[0]
    place = place_of(first["loc"])
    more = f" (and {len(faults) - 1} more faults)" if len(faults) > 1 else ""
    return f"{place or 'payload'}: {first['msg']}{more}"

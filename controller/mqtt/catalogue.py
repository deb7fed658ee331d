"""What is said on which topic, by whom and how: the one table behind the documents on MQTT."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from controller.mqtt.commands import (
    ARGUMENTS,
    Command,
    CommandName,
    ExplainResult,
    LampSet,
    NoArgs,
    OrderResult,
    PingResult,
    Reply,
    SelftestResult,
)
from controller.mqtt.config import MOST_ERRORS, DesiredConfig, ReportedConfig, Trouble
from controller.mqtt.energy import (
    AlarmPayload,
    CountPayload,
    EnergyIntervalPayload,
    NightPayload,
)
from controller.mqtt.payloads import (
    GREATEST_AGE_S,
    OFFLINE,
    ONLINE,
    EnergyTotalPayload,
    LampStatePayload,
    PassagePayload,
    Payload,
    StatePayload,
)
from controller.mqtt.topics import Topics

Publisher = Literal["node", "operator", "Home Assistant"]
Fragment = Mapping[str, object]
"""A piece of JSON Schema."""

SCHEMA_PLACE = "#/components/schemas/{model}"
"""Where a document keeps the schema of a model."""

TEMPLATE = Topics("{tenant}", "{path}", "{node}")
"""The topics of a node that is not named yet."""

PASSAGE_EXPIRY_S = int(GREATEST_AGE_S)
REPLY_EXPIRY_S = 60
ALARM_EXPIRY_S = 86_400
"""How long a broker keeps what it could not deliver yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One kind of message.

    `model`: of its payload; where there is none, `schema` says everything. `narrowed`: fields of
    which less is allowed here than the model allows, each as a model or a piece of schema.
    `needed`: fields that the model lets be left out and that this message needs. `rules`: what
    the model checks besides field by field. `correlation`: the field that an answer repeats.
    """

    name: str
    summary: str
    model: type[Payload] | None = None
    schema: Fragment = field(default_factory=dict)
    content_type: str = "application/json"
    narrowed: Mapping[str, type[Payload] | Fragment] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    rules: Fragment = field(default_factory=dict)
    correlation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One topic, or one for a node, its path and its tenant each.

    `addresses`: with places to fill in, the most general first. `heard`: nodes of the same path
    listen to it too. `answered_on`: the row on which the node answers, and `answers` with what.
    `expiry_s`: after so many seconds the broker forgets the message.
    """

    name: str
    addresses: tuple[str, ...]
    publisher: Publisher
    qos: Literal[0, 1]
    retained: bool
    what: str
    messages: tuple[Message, ...]
    heard: bool = False
    answered_on: str | None = None
    answers: tuple[Message, ...] = ()
    expiry_s: int | None = None


# --- messages -------------------------------------------------------------------------------------

_NULL: Fragment = {"type": "null"}
_OBJECT: Fragment = {"type": "object"}

_AVAILABILITY = Message(
    name="availability",
    summary="Whether the node is there. The broker itself says offline when it is lost.",
    schema={"type": "string", "enum": [ONLINE.decode(), OFFLINE.decode()]},
    content_type="text/plain",
)
_STATE = Message(
    name="state", summary="What the node and its lamps do, and why.", model=StatePayload
)
_LAMP_STATE = Message(
    name="lampState",
    summary="One lamp as a JSON light of Home Assistant, with a brightness scale of 100.",
    model=LampStatePayload,
)
_LAMP_SET = Message(
    name="lampSet",
    summary="Switches a lamp: an override with the default expiry, or its end.",
    model=LampSet,
    rules={
        "anyOf": [
            {"properties": {"state": {"type": "string"}}, "required": ["state"]},
            {"properties": {"effect": {"type": "string"}}, "required": ["effect"]},
        ]
    },
)
_ENERGY_TOTAL = Message(
    name="energyTotal",
    summary="Totals that only grow, of all lamps and of each.",
    model=EnergyTotalPayload,
)
_ENERGY_INTERVAL = Message(
    name="energyInterval",
    summary="One closed record, a quarter hour as a rule. Drop an id that you have already.",
    model=EnergyIntervalPayload,
)
_NIGHT = Message(
    name="night",
    summary="The account of the last whole night, from noon to noon.",
    model=NightPayload,
)
_COUNT = Message(
    name="count",
    summary="How often somebody came to each motion sensor, where that was often enough.",
    model=CountPayload,
)
_ALARM = Message(
    name="alarm",
    summary="Something broke, or is well again, and on what evidence.",
    model=AlarmPayload,
)
_PASSAGE = Message(
    name="passage",
    summary="Somebody is at a motion sensor, or was.",
    model=PassagePayload,
    rules={
        "anyOf": [
            {"properties": {"active": {"const": True}}, "required": ["active"]},
            {"properties": {"age_s": {"maximum": GREATEST_AGE_S}}},
        ]
    },
)
_DESIRED_PROFILE = Message(
    name="desiredProfile",
    summary="Replaces what this layer says; config/schema says what may stand in it.",
    model=DesiredConfig,
    narrowed={"profile": _OBJECT, "patch": _NULL},
    needed=("profile",),
    correlation="version",
)
_DESIRED_PATCH = Message(
    name="desiredPatch",
    summary="Changes what this layer says, as a merge patch (RFC 7396).",
    model=DesiredConfig,
    narrowed={
        "profile": _NULL,
        "patch": _OBJECT,
        "if_version": {"type": "integer", "minimum": 0},
    },
    needed=("patch", "if_version"),
    correlation="version",
)
_CONFIG_REPORTED = Message(
    name="configReported",
    summary="The profile in use, and the answer to a desired one.",
    model=ReportedConfig,
    correlation="version",
)
_CONFIG_SCHEMA = Message(
    name="configSchema",
    summary="What a profile may say, as JSON Schema 2020-12.",
    schema=_OBJECT,
    content_type="application/schema+json",
)


def _reply(name: str, summary: str, result: type[Payload]) -> Message:
    """Describe the answer to a command that was carried out."""
    return Message(
        name=name,
        summary=summary,
        model=Reply,
        narrowed={
            "id": {"type": "string"},
            "ok": {"const": True},
            "result": result,
            "errors": {"type": "array", "maxItems": 0},
        },
        correlation="id",
    )


_ORDERED = _reply(
    "ordered", "Which lamps were ordered to do something, and until when.", OrderResult
)
_EXPLAINED = _reply("explained", "Who won, who lost, and on what that was decided.", ExplainResult)
_TESTED = _reply("tested", "What the node finds working and what not.", SelftestResult)
_REPORTED = _reply("reported", "The state is told again.", NoArgs)
_ANSWERED = _reply("answered", "The node is there.", PingResult)
_REFUSED = Message(
    name="refused",
    summary="Nothing was changed, and why. No id where none could be read.",
    model=Reply,
    narrowed={
        "ok": {"const": False},
        "result": _NULL,
        "errors": {
            "type": "array",
            "items": {"$ref": SCHEMA_PLACE.format(model=Trouble.__name__)},
            "minItems": 1,
            "maxItems": MOST_ERRORS,
        },
    },
    correlation="id",
)
_REPLIES = (_ORDERED, _EXPLAINED, _TESTED, _REPORTED, _ANSWERED, _REFUSED)

_PURPOSES: Mapping[CommandName, tuple[str, Message]] = {
    "override": ("Take lamps to a level for a while.", _ORDERED),
    "clear_override": ("Hand lamps back to automatic control.", _ORDERED),
    "emergency": ("Full light above everything, or its end.", _ORDERED),
    "explain": ("Say why a lamp is as it is.", _EXPLAINED),
    "identify": ("Let a lamp pulse calmly, to find it outside.", _ORDERED),
    "selftest": ("Say what works and what not, without changing any light.", _TESTED),
    "report": ("Tell the state again.", _REPORTED),
    "ping": ("Say that the node is there.", _ANSWERED),
}


def _command(name: CommandName) -> Message:
    """Describe one command, with the arguments that belong to its name."""
    purpose, answer = _PURPOSES[name]
    arguments = ARGUMENTS[name]
    needs_some = any(known.is_required() for known in arguments.model_fields.values())
    return Message(
        name=name,
        summary=f"{purpose} Answered by {answer.name} or {_REFUSED.name}.",
        model=Command,
        narrowed={"name": {"const": name}, "args": arguments},
        needed=("args",) if needs_some else (),
        correlation="id",
    )


# --- the table ------------------------------------------------------------------------------------

ROWS: tuple[Row, ...] = (
    Row(
        name="availability",
        addresses=(TEMPLATE.availability,),
        publisher="node",
        qos=1,
        retained=True,
        what="Whether the node is there.",
        messages=(_AVAILABILITY,),
        heard=True,
    ),
    Row(
        name="state",
        addresses=(TEMPLATE.state,),
        publisher="node",
        qos=1,
        retained=True,
        what="What the node and its lamps do.",
        messages=(_STATE,),
    ),
    Row(
        name="lampState",
        addresses=(TEMPLATE.lamp_state("{lamp}"),),
        publisher="node",
        qos=1,
        retained=True,
        what="One lamp, as Home Assistant reads it.",
        messages=(_LAMP_STATE,),
    ),
    Row(
        name="lampSet",
        addresses=(TEMPLATE.lamp_set("{lamp}"),),
        publisher="Home Assistant",
        qos=1,
        retained=False,
        what="One lamp, as it is switched in Home Assistant.",
        messages=(_LAMP_SET,),
    ),
    Row(
        name="energyTotal",
        addresses=(TEMPLATE.energy_total,),
        publisher="node",
        qos=1,
        retained=True,
        what="Totals of energy.",
        messages=(_ENERGY_TOTAL,),
    ),
    Row(
        name="energyInterval",
        addresses=(TEMPLATE.energy_interval,),
        publisher="node",
        qos=1,
        retained=False,
        what="Closed quarter hours, in order, each once or more.",
        messages=(_ENERGY_INTERVAL,),
    ),
    Row(
        name="night",
        addresses=(TEMPLATE.night,),
        publisher="node",
        qos=1,
        retained=True,
        what="The account of the last night.",
        messages=(_NIGHT,),
    ),
    Row(
        name="count",
        addresses=(TEMPLATE.count,),
        publisher="node",
        qos=1,
        retained=False,
        what="Passages by the hour.",
        messages=(_COUNT,),
    ),
    Row(
        name="alarm",
        addresses=(TEMPLATE.alarm,),
        publisher="node",
        qos=1,
        retained=False,
        what="Faults, when they are found and when they are over.",
        messages=(_ALARM,),
        expiry_s=ALARM_EXPIRY_S,
    ),
    Row(
        name="passage",
        addresses=(TEMPLATE.passage,),
        publisher="node",
        qos=0,
        retained=False,
        what="Somebody at a motion sensor, for the neighbouring nodes and nobody else.",
        messages=(_PASSAGE,),
        heard=True,
        expiry_s=PASSAGE_EXPIRY_S,
    ),
    Row(
        name="configDesired",
        addresses=TEMPLATE.config_desired,
        publisher="operator",
        qos=1,
        retained=True,
        what="The profile that is wanted.",
        messages=(_DESIRED_PROFILE, _DESIRED_PATCH),
        answered_on="configReported",
        answers=(_CONFIG_REPORTED,),
    ),
    Row(
        name="configReported",
        addresses=(TEMPLATE.config_reported,),
        publisher="node",
        qos=1,
        retained=True,
        what="The profile in use, and what was wrong with the one that is wanted.",
        messages=(_CONFIG_REPORTED,),
    ),
    Row(
        name="configSchema",
        addresses=(TEMPLATE.config_schema,),
        publisher="node",
        qos=1,
        retained=True,
        what="What a profile may say.",
        messages=(_CONFIG_SCHEMA,),
    ),
    Row(
        name="command",
        addresses=TEMPLATE.command,
        publisher="operator",
        qos=1,
        retained=False,
        what="What is to be done now.",
        messages=tuple(_command(name) for name in ARGUMENTS),
        answered_on="reply",
        answers=_REPLIES,
    ),
    Row(
        name="reply",
        addresses=(TEMPLATE.reply,),
        publisher="node",
        qos=1,
        retained=False,
        what="The answer to every command.",
        messages=_REPLIES,
        expiry_s=REPLY_EXPIRY_S,
    ),
)
"""Every topic of a node. docs/mqtt.md and docs/asyncapi.json say the same."""


def messages(rows: Iterable[Row] = ROWS) -> dict[str, Message]:
    """Return every kind of message by its name."""
    return {message.name: message for row in rows for message in row.messages}

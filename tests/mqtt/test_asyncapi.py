"""docs/asyncapi.json is current, says what the code says, and is what AsyncAPI 3.0.0 prescribes."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from controller import __version__
from controller.mqtt.asyncapi import document, examples, text
from controller.mqtt.catalogue import ROWS, TEMPLATE, Row, messages
from controller.mqtt.payloads import GREATEST_AGE_S
from controller.mqtt.topics import Topics
from controller.talking import ALARM_EXPIRY_S, REPLY_EXPIRY_S
from tests.mqtt.examples import EXAMPLES, MESSAGE_OF
from tests.mqtt.schemas import Json, mismatches, resolved, unsound

COMMITTED = Path(__file__).parents[2] / "docs" / "asyncapi.json"
DOCUMENT = document(__version__)

# --- what the specification prescribes ------------------------------------------------------------

KEY = re.compile(r"[A-Za-z0-9._-]+")
EXPRESSION = re.compile(r"\$message\.(header|payload)#(/([^/~]|~[01])*)*")

REQUIRED_AND_ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "asyncapi": (
        {"asyncapi", "info"},
        {"id", "servers", "defaultContentType", "channels", "operations", "components"},
    ),
    "info": (
        {"title", "version"},
        {"description", "termsOfService", "contact", "license", "tags", "externalDocs"},
    ),
    "license": ({"name"}, {"url"}),
    "server": (
        {"host", "protocol"},
        {"protocolVersion", "pathname", "description", "title", "summary", "variables"}
        | {"security", "tags", "externalDocs", "bindings"},
    ),
    "server variable": (set(), {"enum", "default", "description", "examples"}),
    "channel": (
        set(),
        {"address", "messages", "title", "summary", "description", "servers", "parameters"}
        | {"tags", "externalDocs", "bindings"},
    ),
    "parameter": (set(), {"enum", "default", "description", "examples", "location"}),
    "operation": (
        {"action", "channel"},
        {"title", "summary", "description", "security", "tags", "externalDocs", "bindings"}
        | {"traits", "messages", "reply"},
    ),
    "reply": (set(), {"address", "channel", "messages"}),
    "message": (
        set(),
        {"headers", "payload", "correlationId", "contentType", "name", "title", "summary"}
        | {"description", "tags", "externalDocs", "bindings", "examples", "traits"},
    ),
    "example": (set(), {"headers", "payload", "name", "summary"}),
    "correlation id": ({"location"}, {"description"}),
    "components": (
        set(),
        {"schemas", "servers", "channels", "operations", "messages", "securitySchemes"}
        | {"serverVariables", "parameters", "correlationIds", "replies", "replyAddresses"}
        | {"externalDocs", "tags", "operationTraits", "messageTraits", "serverBindings"}
        | {"channelBindings", "operationBindings", "messageBindings"},
    ),
    "reference": ({"$ref"}, set()),
    "mqtt server binding": (
        {"bindingVersion"},
        {"clientId", "cleanSession", "lastWill", "keepAlive", "sessionExpiryInterval"}
        | {"maximumPacketSize"},
    ),
    "mqtt last will": ({"topic", "qos", "message", "retain"}, set()),
    "mqtt operation binding": ({"bindingVersion"}, {"qos", "retain", "messageExpiryInterval"}),
}

Problems = Iterator[str]


def fields(kind: str, found: Json, at: str) -> Problems:
    required, allowed = REQUIRED_AND_ALLOWED[kind]
    yield from (f"{at}: {kind} lacks {name}" for name in required - found.keys())
    yield from (f"{at}: {kind} has {name}" for name in found.keys() - required - allowed)


def keys(found: Json, at: str) -> Problems:
    yield from (f"{at}: the name {name!r}" for name in found if not KEY.fullmatch(name))


def problems(found: Json) -> Problems:
    """Yield everything that is not as AsyncAPI 3.0.0 prescribes."""
    yield from fields("asyncapi", found, "document")
    if found.get("asyncapi") != "3.0.0":
        yield "document: not of version 3.0.0"
    yield from fields("info", found["info"], "info")
    yield from fields("license", found["info"]["license"], "info")
    yield from references(found)
    for part, judge in PARTS.items():
        yield from keys(found[part], part)
        for name, one in found[part].items():
            yield from judge(one, found, f"{part}.{name}")
    yield from components(found["components"], found)


def references(found: Json) -> Problems:
    open_ends: list[Any] = [found]
    while open_ends:
        one = open_ends.pop()
        if isinstance(one, dict):
            open_ends.extend(one.values())
            if "$ref" in one:
                yield from fields("reference", one, "reference")
                try:
                    resolved(found, one["$ref"])
                except KeyError:
                    yield f"{one['$ref']} leads nowhere"
        elif isinstance(one, list):
            open_ends.extend(one)


def server(one: Json, _: Json, at: str) -> Problems:
    yield from fields("server", one, at)
    variables = one.get("variables", {})
    if set(re.findall(r"{([^}]+)}", one["host"])) != variables.keys():
        yield f"{at}: variables do not match the host"
    for variable in variables.values():
        yield from fields("server variable", variable, at)
    binding = one["bindings"]["mqtt"]
    yield from fields("mqtt server binding", binding, at)
    yield from fields("mqtt last will", binding["lastWill"], at)
    yield from mqtt(binding, at)


def mqtt(binding: Json, at: str) -> Problems:
    if binding.get("bindingVersion") != "0.2.0":
        yield f"{at}: the binding's version"
    if binding.get("qos", 0) not in {0, 1, 2}:
        yield f"{at}: the binding's QoS"
    if not isinstance(binding.get("retain", False), bool):
        yield f"{at}: the binding's retain"
    expiry_s = binding.get("messageExpiryInterval", 0)
    if not (isinstance(expiry_s, int) and 0 <= expiry_s < 2**32):
        yield f"{at}: the binding's expiry"


def channel(one: Json, _: Json, at: str) -> Problems:
    yield from fields("channel", one, at)
    parameters = one.get("parameters", {})
    if set(re.findall(r"{([^}]+)}", one["address"])) != parameters.keys():
        yield f"{at}: parameters do not match the address"
    if re.search(r"[?#]", one["address"]):
        yield f"{at}: a query or fragment in the address"
    yield from keys(parameters, at)
    yield from keys(one["messages"], at)
    for parameter in parameters.values():
        yield from fields("parameter", parameter, at)
        if not all(isinstance(x, str) for x in parameter.get("examples", [])):
            yield f"{at}: examples of a parameter are texts"


def operation(one: Json, found: Json, at: str) -> Problems:
    yield from fields("operation", one, at)
    if one.get("action") not in {"send", "receive"}:
        yield f"{at}: the action"
    yield from of_its_channel(one, found, at)
    if "reply" in one:
        yield from fields("reply", one["reply"], f"{at}.reply")
        yield from of_its_channel(one["reply"], found, f"{at}.reply")
    binding = one["bindings"]["mqtt"]
    yield from fields("mqtt operation binding", binding, at)
    yield from mqtt(binding, at)


def of_its_channel(one: Json, found: Json, at: str) -> Problems:
    """The channel is one of the document's, and the messages are some of the channel's own."""
    place = one["channel"]["$ref"]
    names = [name for name in found["channels"] if place == f"#/channels/{name}"]
    if not names:
        yield f"{at}: {place} is no channel"
        return
    own = {f"{place}/messages/{name}" for name in found["channels"][names[0]]["messages"]}
    yield from (f"{at}: {x['$ref']}" for x in one["messages"] if x["$ref"] not in own)


def components(one: Json, found: Json) -> Problems:
    yield from fields("components", one, "components")
    for part in one.values():
        yield from keys(part, "components")
    for name, schema in one["schemas"].items():
        yield from (f"schemas.{name}: {x}" for x in unsound(schema, found))
    for name, message in one["messages"].items():
        yield from message_problems(message, found, f"messages.{name}")


def message_problems(one: Json, found: Json, at: str) -> Problems:
    yield from fields("message", one, at)
    yield from (f"{at}: {x}" for x in unsound(one["payload"], found))
    if not re.fullmatch(r"[a-z]+/[a-z+]+", one["contentType"]):
        yield f"{at}: the content type"
    if "correlationId" in one:
        yield from fields("correlation id", one["correlationId"], at)
        if not EXPRESSION.fullmatch(one["correlationId"]["location"]):
            yield f"{at}: the correlation id's location"
    for example in one["examples"]:
        yield from fields("example", example, at)
        yield from (
            f"{at}: example {x}" for x in mismatches(example["payload"], one["payload"], found)
        )


PARTS: dict[str, Callable[[Json, Json, str], Problems]] = {
    "servers": server,
    "channels": channel,
    "operations": operation,
}


def test_the_committed_document_is_current() -> None:
    assert COMMITTED.read_text() == text(__version__), "run: make asyncapi"


def test_the_document_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "controller.mqtt.asyncapi"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == text(__version__)


def test_the_version_is_the_controllers() -> None:
    assert document("7.8.9")["info"]["version"] == "7.8.9"


def test_the_document_is_what_the_specification_prescribes() -> None:
    assert list(problems(json.loads(COMMITTED.read_text()))) == []


Damage = Callable[[Json], object]


def until_it_breaks(found: Problems) -> Problems:
    try:
        yield from found
    except KeyError as error:
        yield f"{error} was needed to go on"


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda d: d.pop("asyncapi"), "lacks asyncapi"),
        (lambda d: d.update(asyncapi="2.6.0"), "3.0.0"),
        (lambda d: d.update(topics={}), "has topics"),
        (lambda d: d["info"].pop("version"), "lacks version"),
        (lambda d: d["info"]["license"].pop("name"), "lacks name"),
        (lambda d: d["servers"]["broker"].update(host="{host}"), "variables"),
        (lambda d: d["servers"]["broker"]["bindings"]["mqtt"]["lastWill"].pop("qos"), "lacks qos"),
        (lambda d: d["channels"].update({"a b": d["channels"]["state"]}), "the name 'a b'"),
        (lambda d: d["channels"]["state"]["parameters"].pop("node"), "parameters"),
        (lambda d: d["channels"]["state"].update(qos=1), "has qos"),
        (lambda d: d["channels"]["state"]["parameters"]["node"].update(schema={}), "has schema"),
        (lambda d: d["operations"]["sendState"].update(action="publish"), "action"),
        (lambda d: d["operations"]["sendState"].pop("channel") and None, "channel"),
        (
            lambda d: d["operations"]["sendState"]["messages"].append(
                {"$ref": "#/components/messages/state"}
            ),
            "#/components/messages/state",
        ),
        (
            lambda d: d["operations"]["receiveCommand"]["reply"]["messages"].append(
                {"$ref": "#/channels/command/messages/ping"}
            ),
            "#/channels/command/messages/ping",
        ),
        (
            lambda d: d["operations"]["receiveCommand"]["reply"].update(
                channel={"$ref": "#/components/messages/ping"}
            ),
            "no channel",
        ),
        (
            lambda d: d["operations"]["sendState"]["bindings"]["mqtt"].update(
                bindingVersion="0.1.0"
            ),
            "version",
        ),
        (lambda d: d["operations"]["sendState"]["bindings"]["mqtt"].update(qos=3), "QoS"),
        (lambda d: d["operations"]["sendState"]["bindings"]["mqtt"].update(retained=1), "retained"),
        (lambda d: d["components"]["messages"].pop("ping"), "leads nowhere"),
        (lambda d: d["components"]["schemas"].pop("Trouble"), "leads nowhere"),
        (lambda d: d["components"]["messages"]["ping"].update(payloads={}), "has payloads"),
        (lambda d: d["components"]["messages"]["ping"].update(contentType="json"), "content type"),
        (
            lambda d: d["components"]["messages"]["ping"]["correlationId"].update(location="id"),
            "location",
        ),
        (
            lambda d: d["components"]["messages"]["ping"]["examples"][0]["payload"].update(x=1),
            "does not belong",
        ),
        (
            lambda d: d["components"]["schemas"]["StatePayload"].update(type="record"),
            "type: 'record'",
        ),
        (
            lambda d: d["components"]["schemas"]["StatePayload"].update(prefixItems=[]),
            "unknown keyword",
        ),
    ],
)
def test_the_rules_find_what_is_wrong(damage: Damage, named: str) -> None:
    damaged = deepcopy(DOCUMENT)
    damage(damaged)
    found = list(until_it_breaks(problems(damaged)))
    assert any(named in problem for problem in found), found


# --- payloads -------------------------------------------------------------------------------------


def payload_of(message: str) -> Json:
    return dict(DOCUMENT["components"]["messages"][message]["payload"])


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_on_the_wire_fits_its_schema(name: str) -> None:
    golden = json.loads((Path(__file__).parent / "golden" / f"{name}.json").read_bytes())
    assert list(mismatches(golden, payload_of(MESSAGE_OF[name]), DOCUMENT)) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_payload_is_one_of_its_channels_messages_and_only_one(row: Row) -> None:
    for message in row.messages:
        for payload in examples(message).values():
            fitting = [
                x.name
                for x in row.messages
                if not list(mismatches(payload, payload_of(x.name), DOCUMENT))
            ]
            assert fitting == [message.name]


@pytest.mark.parametrize(
    ("message", "payload"),
    [
        ("desiredProfile", {"version": 1}),
        ("desiredProfile", {"version": 0, "profile": {}}),
        ("desiredProfile", {"version": 1, "profile": {}, "patch": {}}),
        ("desiredProfile", {"version": 1, "profile": {}, "more": 1}),
        ("desiredPatch", {"version": 2, "patch": {}}),
        ("desiredPatch", {"version": 2, "patch": {}, "if_version": None}),
        ("desiredPatch", {"version": 2, "patch": {}, "if_version": -1}),
        ("override", {"id": "a", "name": "override"}),
        ("override", {"id": "a", "name": "override", "args": {}}),
        ("override", {"id": "a", "name": "override", "args": {"level_pct": 101}}),
        ("override", {"id": "", "name": "override", "args": {"level_pct": 40}}),
        ("override", {"id": "a", "name": "override", "args": {"level_pct": 4, "duration_s": 0}}),
        ("emergency", {"id": "a", "name": "emergency", "args": {"duration_s": 43201}}),
        ("ping", {"id": "a", "name": "ping", "args": {"lamp": "L01"}}),
        ("ping", {"id": "a", "name": "ping", "expires_at": "tomorrow"}),
        ("lampSet", {"brightness": 40}),
        ("lampSet", {"state": None}),
        ("lampSet", {"state": "ON", "brightness": 101}),
        ("passage", {"sensor": "M01", "boot": "b", "seq": 1, "age_s": 5.1}),
        ("state", {}),
        ("refused", {"id": None, "ok": False, "result": None, "errors": []}),
        ("ordered", {"id": "a", "ok": True, "result": {}, "errors": []}),
        ("availability", "away"),
    ],
)
def test_what_is_refused_does_not_fit_the_schema(message: str, payload: object) -> None:
    assert list(mismatches(payload, payload_of(message), DOCUMENT))


def test_nothing_in_the_document_is_unused() -> None:
    written = json.dumps(DOCUMENT)
    for name in DOCUMENT["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in written
    for name in DOCUMENT["components"]["messages"]:
        assert f'"#/components/messages/{name}"' in written


# --- the table ------------------------------------------------------------------------------------


def test_every_topic_of_a_node_is_in_the_table() -> None:
    properties = [name for name, x in vars(Topics).items() if isinstance(x, property)]
    found = [getattr(TEMPLATE, name) for name in properties]
    addresses = {x for one in found for x in ([one] if isinstance(one, str) else one)}
    addresses |= {TEMPLATE.lamp_state("{lamp}"), TEMPLATE.lamp_set("{lamp}")}
    listed = [address for row in ROWS for address in row.addresses]
    assert len(listed) == len(set(listed))
    assert set(listed) == addresses
    assert {x["address"] for x in DOCUMENT["channels"].values()} == addresses


def test_every_operation_says_how_it_is_done() -> None:
    for row in ROWS:
        for name, one in DOCUMENT["operations"].items():
            if one["channel"]["$ref"].removeprefix("#/channels/").startswith(row.name):
                binding = one["bindings"]["mqtt"]
                assert (binding["qos"], binding["retain"]) == (row.qos, row.retained), name
                heard = name.startswith("hear")
                assert (one["action"] == "send") == (row.publisher == "node" and not heard)


def test_the_broker_is_told_when_to_forget_what_the_document_says() -> None:
    expiries_s = {row.name: row.expiry_s for row in ROWS if row.expiry_s is not None}
    assert expiries_s == {
        "alarm": ALARM_EXPIRY_S,
        "passage": GREATEST_AGE_S,
        "reply": REPLY_EXPIRY_S,
    }


def test_operators_speak_in_three_scopes_and_are_answered() -> None:
    for name, answer in (("Command", "reply"), ("ConfigDesired", "configReported")):
        for scope in ("Tenant", "Path", ""):
            one = DOCUMENT["operations"][f"receive{name}{scope}"]
            assert one["reply"]["channel"] == {"$ref": f"#/channels/{answer}"}


def test_every_message_has_an_example_and_every_example_a_message() -> None:
    assert all(examples(message) for message in messages().values())
    assert set(MESSAGE_OF.values()) <= messages().keys()

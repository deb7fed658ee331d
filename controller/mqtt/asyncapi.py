"""The MQTT side of a node as an AsyncAPI 3.0 document, built from the topics and the payloads.

`python -m controller.mqtt.asyncapi` prints it; `make asyncapi` writes it to docs/asyncapi.json.
"""

import json
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from controller import __version__
from controller.core.layers import LAYERS
from controller.mqtt.catalogue import ROWS, SCHEMA_PLACE, TEMPLATE, Message, Row, messages
from controller.mqtt.examples import EXAMPLES
from controller.mqtt.payloads import OFFLINE, ONLINE, Payload

ASYNCAPI = "3.0.0"
BINDING = "0.2.0"
"""The versions of the specification and of its MQTT bindings."""

Json = dict[str, Any]

_DESCRIPTION = """\
An edge controller of the lamps along a cycle path. Operations are named from the node's view: it \
sends what it publishes and receives what it subscribes to.

Payloads are JSON in UTF-8, apart from `availability`. Times are RFC 3339 with an offset, and null \
while the node does not trust its clock. What a node receives is read strictly: an unknown field, \
a wrong type or a value out of bounds refuses the whole message, and the lamps go on.

`all` in the place of a node stands for every node of the path, and in the places of path and node \
for every node of the tenant.

The node also announces itself to Home Assistant by MQTT discovery, below `homeassistant/`, in the \
form that Home Assistant prescribes."""

_PARAMETERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "tenant": ("Who runs the path: `path.tenant` of the path file.", "stadt"),
        "path": ("The path: `path.id` of the path file.", "kanal"),
        "node": ("One of the path's nodes, by its `id` in the path file.", "n07"),
        "lamp": ("One of the node's lamps, by its `id` in the path file.", "L01"),
    }
)

_SCOPES: Mapping[str, str] = MappingProxyType(
    {"tenant": "For every node of the tenant.", "path": "For every node of the path.", "node": ""}
)

_EXAMPLES_WITHOUT_MODEL: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "availability": {ONLINE.decode(): ONLINE.decode(), OFFLINE.decode(): OFFLINE.decode()},
        "configSchema": {
            "config-schema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": {"levels": {"type": "object"}},
            }
        },
    }
)


def document(version: str) -> Json:
    """Build the whole document for a version of the controller."""
    return {
        "asyncapi": ASYNCAPI,
        "info": _info(version),
        "defaultContentType": "application/json",
        "servers": {"broker": _server()},
        "channels": {name: _channel(row, at) for row in ROWS for name, at in _channels(row)},
        "operations": dict(_operations()),
        "components": _components(),
    }


def text(version: str) -> str:
    """Write the document as it is kept in docs/asyncapi.json."""
    return json.dumps(document(version), indent=2) + "\n"


def _info(version: str) -> Json:
    return {
        "title": "cyclelight node",
        "version": version,
        "description": _DESCRIPTION,
        "license": {
            "name": "Apache-2.0",
            "url": "https://www.apache.org/licenses/LICENSE-2.0",
        },
    }


def _server() -> Json:
    will = {
        "topic": TEMPLATE.availability,
        "qos": 1,
        "message": OFFLINE.decode(),
        "retain": True,
    }
    return {
        "host": "{broker}",
        "protocol": "mqtt",
        "protocolVersion": "5",
        "description": "MQTT 5 where the broker has it, else 3.1.1. With TLS if a CA file is set.",
        "variables": {
            "broker": {
                "default": "localhost:1883",
                "description": "Host and port: `mqtt.host` and `mqtt.port` of the node file.",
            }
        },
        "bindings": {"mqtt": {"lastWill": will, "bindingVersion": BINDING}},
    }


# --- channels and operations ----------------------------------------------------------------------


def _channels(row: Row) -> Iterator[tuple[str, int]]:
    """Yield the channels of a row: the name, and which of the addresses it is."""
    for at in range(len(row.addresses)):
        last = at == len(row.addresses) - 1
        yield row.name if last else row.name + LAYERS[at].capitalize(), at


def _channel(row: Row, at: int) -> Json:
    address = row.addresses[at]
    scope = _SCOPES[LAYERS[at]] if len(row.addresses) > 1 else ""
    return {
        "address": address,
        "summary": f"{row.what} {scope}".rstrip(),
        "messages": {x.name: _ref("components", "messages", x.name) for x in row.messages},
        "parameters": {name: _parameter(name) for name in re.findall(r"{(\w+)}", address)},
    }


def _parameter(name: str) -> Json:
    description, example = _PARAMETERS[name]
    return {"description": description, "examples": [example]}


def _operations() -> Iterator[tuple[str, Json]]:
    for row in ROWS:
        action = "send" if row.publisher == "node" else "receive"
        for channel, _ in _channels(row):
            yield _named(action, channel), _operation(row, channel, action, row.what)
        if row.heard:
            summary = f"{row.what} Of another node of the path."
            yield _named("hear", row.name), _operation(row, row.name, "receive", summary)


def _named(verb: str, channel: str) -> str:
    return f"{verb}{channel[0].upper()}{channel[1:]}"


def _operation(row: Row, channel: str, action: str, summary: str) -> Json:
    operation = {
        "action": action,
        "channel": _ref("channels", channel),
        "summary": summary,
        "messages": [_ref("channels", channel, "messages", x.name) for x in row.messages],
        "bindings": {"mqtt": _binding(row)},
    }
    if row.answered_on is not None:
        operation["reply"] = {
            "channel": _ref("channels", row.answered_on),
            "messages": [
                _ref("channels", row.answered_on, "messages", x.name) for x in row.answers
            ],
        }
    return operation


def _binding(row: Row) -> Json:
    binding: Json = {"qos": row.qos, "retain": row.retained}
    if row.expiry_s is not None:
        binding["messageExpiryInterval"] = row.expiry_s
    return binding | {"bindingVersion": BINDING}


def _ref(*steps: str) -> Json:
    return {"$ref": "/".join(["#", *steps])}


# --- messages and schemas -------------------------------------------------------------------------


class _Schemas(GenerateJsonSchema):
    """Schemas without titles that only repeat the field's name."""

    def field_title_should_be_set(self, schema: object) -> bool:
        """Leave them out."""
        del schema
        return False


def _mode(message: Message) -> JsonSchemaMode:
    """Say whether a schema is for who writes the message or for who reads it.

    A message that nodes send to one another is described as it is read.
    """
    sent_only = all(
        row.publisher == "node" and not row.heard for row in ROWS if message in row.messages
    )
    return "serialization" if sent_only else "validation"


def _components() -> Json:
    known = messages()
    schemas = _schemas(known.values())
    # What is narrowed stands in its message; the model as a whole is nowhere on the wire.
    whole = {x.model.__name__ for x in known.values() if x.model is not None and _is_own(x)}
    return {
        "messages": {name: _message(x, schemas) for name, x in known.items()},
        "schemas": {name: schema for name, schema in schemas.items() if name not in whole},
    }


def _schemas(known: Collection[Message]) -> dict[str, Json]:
    """Return the schemas of all models, and of the models within them, by their names."""
    taken, sent = (_schemas_of(known, mode) for mode in ("validation", "serialization"))
    for schema in sent.values():
        if schema.get("properties"):
            # The node leaves nothing out.
            schema["required"] = list(schema["properties"])
    clashes = sorted(name for name in taken.keys() & sent.keys() if taken[name] != sent[name])
    if clashes:
        raise ValueError(f"both sent and taken, in different forms: {', '.join(clashes)}")
    return taken | sent


def _schemas_of(known: Collection[Message], mode: JsonSchemaMode) -> dict[str, Json]:
    models = [x for message in known if _mode(message) == mode for x in _models(message)]
    _, found = models_json_schema(
        [(model, mode) for model in dict.fromkeys(models)],
        ref_template=SCHEMA_PLACE,
        schema_generator=_Schemas,
    )
    schemas: dict[str, Json] = found["$defs"]
    return schemas


def _models(message: Message) -> Iterator[type[Payload]]:
    """Yield the models of a message's payload."""
    for part in (message.model, *message.narrowed.values()):
        if isinstance(part, type):
            yield part


def _is_own(message: Message) -> bool:
    """Tell whether a message has a schema of its own, besides its model's."""
    return bool(message.narrowed or message.rules)


def _message(message: Message, schemas: Mapping[str, Json]) -> Json:
    found: Json = {
        "name": message.name,
        "title": message.name,
        "summary": message.summary,
        "contentType": message.content_type,
        "payload": _payload(message, schemas),
        "examples": [{"name": x, "payload": y} for x, y in examples(message).items()],
    }
    if message.correlation is not None:
        found["correlationId"] = {"location": f"$message.payload#/{message.correlation}"}
    return found


def _payload(message: Message, schemas: Mapping[str, Json]) -> Json:
    if message.model is None:
        return dict(message.schema)
    if not _is_own(message):
        return {"$ref": _place(message.model)}
    schema = deepcopy(schemas[message.model.__name__])
    for name, part in message.narrowed.items():
        narrower = {"$ref": _place(part)} if isinstance(part, type) else dict(part)
        schema["properties"][name] = narrower
    needed = [*schema.get("required", []), *message.needed]
    return schema | ({"required": needed} if needed else {}) | dict(message.rules)


def _place(model: type[Payload]) -> str:
    return SCHEMA_PLACE.format(model=model.__name__)


def examples(message: Message) -> dict[str, object]:
    """Return examples of a message's payload by their names.

    What others write is shown as short as they may write it.
    """
    if message.model is None:
        return dict(_EXAMPLES_WITHOUT_MODEL[message.name])
    short = _mode(message) == "validation"
    return {
        name: payload.model_dump(mode="json", exclude_unset=short)
        for name, payload in EXAMPLES[message.name].items()
    }


if __name__ == "__main__":
    sys.stdout.write(text(__version__))

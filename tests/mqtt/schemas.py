"""As much of JSON Schema (draft 7) as the payloads' schemas need; anything else is a mistake."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

Json = dict[str, Any]
Schema = Json | bool

TYPES: dict[str, Callable[[object], bool]] = {
    "null": lambda x: x is None,
    "boolean": lambda x: isinstance(x, bool),
    "integer": lambda x: isinstance(x, int) and not isinstance(x, bool),
    "number": lambda x: isinstance(x, int | float) and not isinstance(x, bool),
    "string": lambda x: isinstance(x, str),
    "array": lambda x: isinstance(x, list),
    "object": lambda x: isinstance(x, dict),
}


def resolved(document: Json, pointer: str) -> Json:
    """Follow a reference within the document; raises KeyError where it leads nowhere."""
    steps = pointer.split("/")
    if steps[0] != "#":
        raise KeyError(pointer)
    found = document
    for step in steps[1:]:
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


def _is_time(value: str) -> bool:
    return re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", value) is not None and (
        datetime.fromisoformat(value).tzinfo is not None
    )


def same(one: object, other: object) -> bool:
    """Tell whether two values are the same in JSON, where true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


CHECKS: dict[str, Callable[[Any, Any], bool]] = {
    "type": lambda value, name: TYPES[name](value),
    "enum": lambda value, among: any(same(value, one) for one in among),
    "const": same,
    "required": lambda value, names: not isinstance(value, dict) or value.keys() >= set(names),
    "minimum": lambda value, least: not TYPES["number"](value) or value >= least,
    "maximum": lambda value, most: not TYPES["number"](value) or value <= most,
    "exclusiveMinimum": lambda value, above: not TYPES["number"](value) or value > above,
    "minLength": lambda value, least: not isinstance(value, str) or len(value) >= least,
    "maxLength": lambda value, most: not isinstance(value, str) or len(value) <= most,
    "minItems": lambda value, least: not isinstance(value, list) or len(value) >= least,
    "maxItems": lambda value, most: not isinstance(value, list) or len(value) <= most,
    "format": lambda value, name: (
        not isinstance(value, str) or (name == "date-time" and _is_time(value))
    ),
}
"""The keywords that judge a value by themselves."""

SOUND: dict[str, Callable[[Any], bool]] = {
    "type": lambda x: x in TYPES,
    "enum": lambda x: isinstance(x, list) and len(x) > 0,
    "const": lambda _: True,
    "required": lambda x: (
        isinstance(x, list) and len(set(x)) == len(x) and all(isinstance(name, str) for name in x)
    ),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum"), TYPES["number"]),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems"),
        lambda x: TYPES["integer"](x) and x >= 0,
    ),
    "format": lambda x: x == "date-time",
    **dict.fromkeys(("title", "description"), TYPES["string"]),
    "default": lambda _: True,
}
"""What may stand behind a keyword that holds no schema."""

ONE_SCHEMA = ("items", "additionalProperties", "propertyNames")


def below(schema: Json) -> Iterator[Schema]:
    """Yield the schemas within a schema."""
    yield from schema.get("properties", {}).values()
    yield from schema.get("anyOf", [])
    yield from (schema[keyword] for keyword in ONE_SCHEMA if keyword in schema)


def unsound(schema: Schema, document: Json) -> Iterator[str]:
    """Yield what is wrong with a schema itself."""
    if isinstance(schema, bool):
        return
    for keyword, value in schema.items():
        if keyword == "$ref":
            try:
                resolved(document, value)
            except (KeyError, TypeError):
                yield f"{value} leads nowhere"
        elif keyword in SOUND:
            if not SOUND[keyword](value):
                yield f"{keyword}: {value!r}"
        elif keyword not in {"properties", "anyOf", *ONE_SCHEMA}:
            yield f"unknown keyword {keyword}"
    if "$ref" in schema and len(schema) > 1:
        yield "what stands beside $ref is ignored"
    for inner in below(schema):
        yield from unsound(inner, document)


def mismatches(value: object, schema: Schema, document: Json, at: str = "") -> Iterator[str]:
    """Yield where a value is not what a sound schema says."""
    if isinstance(schema, bool):
        if not schema:
            yield f"{at}: does not belong there"
        return
    if "$ref" in schema:
        yield from mismatches(value, resolved(document, schema["$ref"]), document, at)
        return
    for keyword, argument in schema.items():
        if keyword in CHECKS and not CHECKS[keyword](value, argument):
            yield f"{at}: {keyword} {argument}"
    if "anyOf" in schema and all(any(mismatches(value, x, document)) for x in schema["anyOf"]):
        yield f"{at}: anyOf"
    for name, inner, part in _parts(value, schema):
        yield from mismatches(part, inner, document, f"{at}/{name}")


def _parts(value: object, schema: Json) -> Iterator[tuple[str, Schema, object]]:
    """Yield the parts of an object or array, each with the schema that it must fit."""
    if isinstance(value, list):
        yield from ((str(i), schema.get("items", True), part) for i, part in enumerate(value))
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        for name, part in value.items():
            yield name, known.get(name, schema.get("additionalProperties", True)), part
            yield name, schema.get("propertyNames", True), name

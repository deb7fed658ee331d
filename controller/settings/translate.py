"""Say in plain words what pydantic found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from controller.settings.faults import MOST_FAULTS, Fault, nearest, quoted, shortened
from controller.settings.places import place_of
from controller.settings.shape import Loc, annotation_at, kinds_in, names_in, value_at, without_tags


@dataclass(frozen=True, slots=True)
class Findings:
    """The faults of a document's structure, and the places that are not to be relied on."""

    faults: tuple[Fault, ...] = ()
    unsound: frozenset[Loc] = frozenset()


def findings(
    error: ValidationError,
    model: type[BaseModel],
    document: object,
    origin: Mapping[Loc, str] = MappingProxyType({}),
) -> Findings:
    """Translate what validating `document` as `model` brought to light. Shows no secrets.

    Values are repeated only where a number is out of bounds or a name is no identifier. `origin`
    names places that were set from elsewhere, by what set them.
    """
    errors = error.errors(include_url=False, include_input=False)
    details = [detail for detail in errors if not _is_consequence(detail, document)]
    told = details[: MOST_FAULTS + 1]
    faults = tuple(_fault(detail, model, document, origin) for detail in told)
    unsound = frozenset(without_tags(document, detail["loc"]) for detail in details)
    return Findings(faults, unsound)


def _is_consequence(detail: ErrorDetails, document: object) -> bool:
    """Say whether an error only follows from others that are told.

    A default that depends on a faulty field is one; so is a list called short because pydantic
    counts its sound entries only.
    """
    match detail["type"]:
        case "default_factory_not_called":
            return True
        case "too_short":
            value = value_at(document, without_tags(document, detail["loc"]))
            return isinstance(value, list) and len(value) >= detail["ctx"]["min_length"]
        case _:
            return False


def _fault(
    detail: ErrorDetails, model: type[BaseModel], document: object, origin: Mapping[Loc, str]
) -> Fault:
    loc = without_tags(document, detail["loc"])
    problem, hint = _wording(detail, model, value_at(document, loc))
    return Fault(origin.get(loc) or place_of(document, loc), problem, hint)


def _wording(detail: ErrorDetails, model: type[BaseModel], value: object) -> tuple[str, str]:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return "is missing", _meaning(model, detail["loc"])
        case "extra_forbidden":
            return "is not a known setting", _known_names(model, detail["loc"])
        case "refused":
            return context["problem"], context["hint"]
        case "literal_error":
            meaning = _meaning(model, detail["loc"])
            return "is not one of the choices", f"choose {context['expected']} ({meaning})"
        case "union_tag_not_found":
            choice = ", ".join(kinds_in(annotation_at(model, detail["loc"])))
            return "has no kind", f"add kind = one of {choice}"
        case "union_tag_invalid":
            kind = quoted(str(context["tag"]))
            return f"has the unknown kind {kind}", f"choose one of {context['expected_tags']}"
        case _:
            return _wrong_value(detail, value), _meaning(model, detail["loc"])


def _wrong_value(detail: ErrorDetails, value: object) -> str:
    kind = detail["type"]
    context = detail.get("ctx", {})
    if kind in _BOUNDS:
        return f"{shortened(repr(value))} {_BOUNDS[kind](context)}"
    if kind in _WANTED:
        return f"is {_what(value)}, not {_WANTED[kind]}"
    if kind == "string_pattern_mismatch":
        return f"{quoted(str(value))} is not a valid name"
    return _OTHER.get(kind, detail["msg"])


_BOUNDS: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "greater_than_equal": lambda context: f"is below the least value, {context['ge']:g}",
    "greater_than": lambda context: f"is not above {context['gt']:g}",
    "less_than_equal": lambda context: f"is above the greatest value, {context['le']:g}",
    "less_than": lambda context: f"is not below {context['lt']:g}",
    "finite_number": lambda _: "is not a finite number",
}
_WANTED: Mapping[str, str] = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "string_type": "text",
    "string_unicode": "text",
    "path_type": "the name of a file",
    "tuple_type": "a list",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dict_type": "a table",
}
_OTHER: Mapping[str, str] = {
    "too_short": "has too few entries",
    "too_long": "has too many entries",
    "string_too_short": "is empty",
    "string_too_long": "is too long",
    "int_parsing_size": "is too large a number",
    "invalid_key": "has a key that is not text",
}


def _what(value: object) -> str:
    match value:
        case bool():
            return "a truth value"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case Mapping():
            return "a table"
        case list() | tuple():
            return "a list"
        case None:
            return "nothing"
        case _:
            return "something else"


def _meaning(model: type[BaseModel], loc: Loc) -> str:
    """Give what a setting means, from its model, else from the nearest one that contains it."""
    for end in range(len(loc), 0, -1):
        field = names_in(annotation_at(model, loc[: end - 1])).get(str(loc[end - 1]))
        if field is not None and field.description:
            return field.description
    return "see the example files"


def _known_names(model: type[BaseModel], loc: Loc) -> str:
    return nearest(str(loc[-1]), names_in(annotation_at(model, loc[:-1])))

"""Find one's way through the models: which settings exist at a place, and what they mean."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

Loc = tuple[str | int, ...]
"""The keys and indices that lead from the top of a document to a value, as pydantic gives them."""

ID_PATTERN = r"^[A-Za-z0-9_-]{1,32}$"
RESERVED_ID = "all"

Identifier = Annotated[
    str,
    Field(
        pattern=ID_PATTERN,
        description="a name of 1 to 32 letters, digits, hyphens and underscores",
    ),
]


class Table(BaseModel):
    """A table of a settings file: nothing unknown, nothing converted, nothing infinite."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def refusal(problem: str, hint: str) -> PydanticCustomError:
    """Give the error with which a validator of ours refuses a value."""
    return PydanticCustomError("refused", "{problem}", {"problem": problem, "hint": hint})


def _not_reserved(name: str) -> str:
    if name == RESERVED_ID:
        problem = f'is "{RESERVED_ID}", which stands for every node or path in MQTT topics'
        raise refusal(problem, "choose another name")
    return name


TopicIdentifier = Annotated[Identifier, AfterValidator(_not_reserved)]
"""An identifier that is a level of the MQTT topics of its own."""


def is_identifier(value: object) -> bool:
    """Say whether a value could be the id of an entry."""
    return isinstance(value, str) and re.fullmatch(ID_PATTERN, value) is not None


def tables_in(annotation: object) -> Iterator[type[BaseModel]]:
    """Give every model that an annotation allows."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    else:
        for argument in get_args(annotation):
            yield from tables_in(argument)


def is_mapping(annotation: object) -> bool:
    """Say whether the keys below are chosen by the file's author (`[lamps.ID]`)."""
    return get_origin(annotation) is dict


def names_in(annotation: object) -> dict[str, FieldInfo]:
    """Give the settings of a table by the names they have in a file."""
    if is_mapping(annotation):
        return {}
    return {
        field.alias or name: field
        for model in tables_in(annotation)
        for name, field in model.model_fields.items()
    }


def below(annotation: object, item: str | int) -> object:
    """Go one step down: to a field, an entry, or the kind of entry that a tag stands for.

    Gives None where there is no such thing.
    """
    match get_origin(annotation), get_args(annotation):
        case (origin, (_, value)) if origin is dict:
            return value
        case (origin, (value, _)) if origin is tuple:
            return value
        case _:
            pass
    known = names_in(annotation)
    if item in known:
        return known[str(item)].annotation
    return next((model for model in tables_in(annotation) if item in kinds_in(model)), None)


def kinds_in(annotation: object) -> list[str]:
    """Give the kinds that an entry can be of, in the order of the union."""
    fields = [model.model_fields.get("kind") for model in tables_in(annotation)]
    return [str(kind) for field in fields if field for kind in get_args(field.annotation)]


def annotation_at(model: type[BaseModel], loc: Loc) -> object:
    """Give what the model wants at a place, None where it knows nothing."""
    annotation: object = model
    for item in loc:
        annotation = below(annotation, item)
    return annotation


def without_tags(document: object, loc: Loc) -> Loc:
    """Leave out what pydantic puts into a place to say which kind of a union it tried."""
    plain: list[str | int] = []
    here = document
    for at, item in enumerate(loc):
        last = at == len(loc) - 1
        if not last and isinstance(here, Mapping) and here.get("kind") == item:
            continue
        plain.append(item)
        here = value_at(here, (item,))
    return tuple(plain)


def value_at(document: object, loc: Loc) -> object:
    """Give what the document has at a place, None where it has nothing."""
    here = document
    for item in loc:
        match here:
            case Mapping():
                here = here.get(item)
            case list() if isinstance(item, int) and item < len(here):
                here = here[item]
            case _:
                return None
    return here

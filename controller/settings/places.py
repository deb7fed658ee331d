"""Name the places of a document the way its author sees them."""

from collections.abc import Mapping

from controller.settings.faults import quoted
from controller.settings.shape import Loc, is_identifier, value_at

WHOLE = "document"


def place_of(document: object, loc: Loc) -> str:
    """Name a place: `mqtt.port`, `lamp "L04" at_m`, or `lamp #4 id`, counted from 1.

    Entries are known by their `id`, those that have none by their `name`.
    """
    place = ""
    for at, item in enumerate(loc):
        if isinstance(item, int):
            place += f" {_entry_name(value_at(document, loc[: at + 1]), item)}"
        else:
            name = item if is_identifier(item) else quoted(str(item))
            place += f"{_joint(loc[:at])}{name}"
    return place or WHOLE


def _joint(before: Loc) -> str:
    match before:
        case ():
            return ""
        case (*_, int()):
            return " "
        case _:
            return "."


def _entry_name(entry: object, index: int) -> str:
    name = entry.get("id", entry.get("name")) if isinstance(entry, Mapping) else None
    return quoted(str(name)) if is_identifier(name) else f"#{index + 1}"

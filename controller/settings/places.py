"""Name the places of a document the way its author sees them."""

from collections.abc import Mapping

from controller.settings.faults import quoted
from controller.settings.shape import Loc, is_identifier, value_at

WHOLE = "document"


def place_of(document: object, loc: Loc) -> str:
    """Name a place: `mqtt.port`, `lamp "L04" at_m`, or `lamp #4 id`, counted from 1."""
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
    if isinstance(entry, Mapping) and is_identifier(entry.get("id")):
        return quoted(str(entry["id"]))
    return f"#{index + 1}"

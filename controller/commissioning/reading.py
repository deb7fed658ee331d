"""From the text of an answer to what it means. Every function raises RefusedError."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from controller.commissioning.refusing import check_entry, refused
from controller.settings.documents import is_file
from controller.settings.faults import counted, quoted
from controller.settings.path import MOST_ENTRIES

NONE = "none"
YES, NO = ("y", "yes", "true"), ("n", "no", "false")
GPIO_PINS = range(28)


class Stretch(NamedTuple):
    """A section as it was answered."""

    id: str
    start: str
    end: str
    length_m: float


def number(text: str) -> float | str:
    """Return a number, or the text where it is none, for the models to refuse."""
    try:
        value = float(text)
    except ValueError:
        return text
    return value if math.isfinite(value) else text


def words(text: str) -> list[str]:
    """Divide a list at its commas."""
    return [word for part in text.split(",") if (word := part.strip())]


def yes(text: str, place: str) -> bool:
    """Read y or n."""
    if text.lower() not in (*YES, *NO):
        raise refused(place, f"{quoted(text)} is neither y nor n", "type y or n")
    return text.lower() in YES


def optional(text: str) -> str | None:
    """Read a text that may be left out."""
    return None if text.lower() == NONE else text


def stretches(text: str) -> list[Stretch]:
    """Read a length in metres, or sections like `s1 west mid 140; s2 mid east 60`."""
    parts = [part.split() for part in text.split(";") if part.strip()]
    if len(parts) == 1 and len(parts[0]) == 1:
        parts = [["s1", "start", "end", parts[0][0]]]
    found: list[Stretch] = []
    for part in parts:
        if len(part) != len(Stretch._fields):
            problem = f"{quoted(' '.join(part))} is no section"
            hint = "write one length in metres, or ID FROM TO METRES with ; between sections"
            raise refused("sections", problem, hint)
        name, start, end, length = part
        entry = {"id": name, "from": start, "to": end, "length_m": number(length)}
        for field in ("id", "from", "to", "length_m"):
            check_entry("section", entry, field)
        found.append(Stretch(name, start, end, float(length)))
    if not found:
        raise refused("sections", "there is none", "write one length in metres, like 140")
    return found


def counts(text: str, place: str, wanted: int, of: str) -> list[int]:
    """Read whole numbers, one for each of `wanted` things; `of` names these."""
    numbers = words(text)
    if not all(x.isascii() and x.isdigit() and len(x) <= len(str(MOST_ENTRIES)) for x in numbers):
        problem = f"{quoted(text)} is not a list of whole numbers"
        raise refused(place, problem, f"write {counted(wanted, 'number')} with commas between")
    if len(numbers) != wanted:
        problem = f"has {counted(len(numbers), 'number')} for {counted(wanted, of)}"
        raise refused(place, problem, f"write one number for each {of}")
    return [int(x) for x in numbers]


def pins(text: str, place: str, taken: Sequence[int], least: int) -> list[int]:
    """Read GPIO numbers, each free and only once, for as many devices as a node has."""
    numbers = words(text)
    known = {str(pin) for pin in GPIO_PINS}
    for word in numbers:
        if word not in known:
            hint = "a GPIO in BCM numbering, 0 to 27 (not the header's pin)"
            raise refused(place, f"{quoted(word)} is no pin", hint)
    found = [int(word) for word in numbers]
    for at, pin in enumerate(found):
        if pin in taken or pin in found[:at]:
            raise refused(place, f"pin {pin} is already used", "wire each to a pin of its own")
    if len(found) < least:
        problem = f"names {counted(len(found), 'pin')}, but a node has {least} of these"
        raise refused(place, problem, "name more pins, or share the lamps out to more nodes")
    return found


def existing(text: str, place: str, folder: Path) -> str | None:
    """Read the name of a file that is there, seen from where the node files will lie."""
    name = optional(text)
    if name is not None and not is_file(folder / name):
        raise refused(place, f"there is no file {quoted(name)}", "create it")
    return name

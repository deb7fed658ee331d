"""Single settings of a profile with their places: what sets two apart, and how to write them."""

import json
from collections.abc import Iterator, Mapping

from controller.settings.faults import quoted, shortened

Leaves = dict[str, object]


def leaves(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    """Yield every single setting with its place; tables in a list go by their names."""
    match value:
        case Mapping():
            for name, below in value.items():
                yield from leaves(below, f"{place}.{name}" if place else str(name))
        case [Mapping(), *_]:
            for number, entry in enumerate(value, start=1):
                name = entry.get("name") if isinstance(entry, Mapping) else None
                shown = f"#{number}" if name is None else quoted(str(name))
                yield from leaves(entry, f"{place} {shown}")
        case _:
            yield place, value


def differences(reported: Mapping[str, object], wanted: Mapping[str, object]) -> list[str]:
    """Say what a file would change, a line a setting.

    Settings that the file leaves out are not compared: they come from a layer below. A list is
    replaced as a whole, so what stands in it only at the node is.
    """
    here, there = dict(leaves(wanted)), dict(leaves(reported))
    lists = [name for name, value in wanted.items() if isinstance(value, list)]
    gone = {x for x in there if any(x == name or x.startswith(f"{name} ") for name in lists)}
    lines = []
    for place in [*here, *sorted(gone - here.keys())]:
        if here.get(place, there) != there.get(place, here):
            old, new = _shown(there, place, "reported"), _shown(here, place, "in the file")
            lines.append(f"{place}: {old}, {new}")
    return lines


def as_toml(document: Mapping[str, object]) -> list[str]:
    """Write a profile as TOML, a line a setting, so that it can be edited and sent back."""
    return [f"{place} = {toml_value(value)}" for place, value in _toml_leaves(document)]


def toml_value(value: object) -> str:
    """Write a value of JSON as TOML."""
    match value:
        case Mapping():
            inside = (f"{k} = {toml_value(v)}" for k, v in value.items() if v is not None)
            return "{ " + ", ".join(inside) + " }" if value else "{}"
        case list() | tuple():
            return "[" + ", ".join(toml_value(entry) for entry in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml_leaves(value: Mapping[str, object], place: str = "") -> Iterator[tuple[str, object]]:
    for name, below in value.items():
        here = f"{place}.{name}" if place else name
        if isinstance(below, Mapping):
            yield from _toml_leaves(below, here)
        elif below is not None:
            yield here, below


def _shown(settings: Leaves, place: str, where: str) -> str:
    if place not in settings:
        return f"not {where}"
    return f"{shortened(json.dumps(settings[place], ensure_ascii=False))} {where}"

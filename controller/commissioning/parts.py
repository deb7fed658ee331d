"""What a node's wiring consists of, whatever the kinds."""

from collections.abc import Iterator

from pydantic import BaseModel

from controller.settings.node import NodeSettings


def parts(wiring: BaseModel) -> Iterator[BaseModel]:
    """Give a table of a node file and every table within it, like a lamp's two channels."""
    yield wiring
    for name in type(wiring).model_fields:
        value = getattr(wiring, name)
        if isinstance(value, BaseModel):
            yield from parts(value)


def all_parts(settings: NodeSettings) -> Iterator[BaseModel]:
    """Give the parts of everything that is wired to a node."""
    for table in (settings.lamps, settings.motion, settings.light, settings.meter):
        for wiring in table.values():
            yield from parts(wiring)


def numbers(settings: NodeSettings, name: str) -> set[int]:
    """Return what a field of this name says anywhere in the wiring."""
    return {x for x in _values(settings, name) if isinstance(x, int)}


def device_files(settings: NodeSettings) -> set[str]:
    """Return the device files at which something is wired; some have wildcards."""
    names = _values(settings, "port")
    return {x for x in names if isinstance(x, str) and x.startswith("/")}


def _values(settings: NodeSettings, name: str) -> Iterator[object]:
    return (getattr(part, name, None) for part in all_parts(settings))

"""An installation: a node file together with the path and profile files it names."""

import functools
import pathlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from controller.core.path import Path
from controller.core.profile import Profile
from controller.printable import printable
from controller.settings.entries import Entry
from controller.settings.faults import Fault, SettingsError, first_faults
from controller.settings.meter_rules import metered_faults
from controller.settings.node import NodeReading, NodeSettings, read_node
from controller.settings.node_rules import wiring_faults
from controller.settings.path import load_path
from controller.settings.profile import load_profile

_Loaded = TypeVar("_Loaded", Path, Profile)


@dataclass(frozen=True, slots=True)
class Installation:
    """All settings of one node, checked against one another."""

    settings: NodeSettings
    path: Path
    profile: Profile


def load_installation(node_file: pathlib.Path, environ: Mapping[str, str]) -> Installation:
    """Read a node file and the files it names.

    Without `profile_file` the profile is the built-in one. Raises SettingsError with every fault
    of all files and between them, those of the path and profile files under their names.
    """
    reading = read_node(node_file, environ)
    folder = node_file.absolute().parent
    faults = list(reading.faults)
    path = _named(reading, "path_file", folder, load_path, faults)
    load_for_path = functools.partial(load_profile, path=path)
    profile = _named(reading, "profile_file", folder, load_for_path, faults)
    if path is not None:
        known = reading.document, reading.unsound, path
        faults = first_faults(faults, wiring_faults(*known), metered_faults(*known))
    if reading.settings is None or path is None or faults:
        raise SettingsError(str(node_file), faults)
    return Installation(reading.settings, path, profile or Profile())


def _named(
    reading: NodeReading,
    name: str,
    folder: pathlib.Path,
    load: Callable[[pathlib.Path], _Loaded],
    faults: list[Fault],
) -> _Loaded | None:
    """Load a file that the node file names; add its faults to `faults`."""
    value = Entry(reading.document, (), reading.unsound).value(name)
    if value is None:
        return None
    try:
        return load(folder / str(value))
    except SettingsError as error:
        file = f"{name} {printable(str(value))}"
        faults += [Fault(f"{file}: {one.place}", one.problem, one.hint) for one in error.faults]
        return None
